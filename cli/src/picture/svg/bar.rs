//! Bars and their pieces, and what ties an inset to its place in the bar.

use hostheap_core::module::RegionKind;
use svg::Node;
use svg::node::element::{Group, Line, Path, Rectangle, Title};

use super::super::scale::Truth;
use super::super::{Mark, size};
use super::place::{BAR, INSET, Placed, READABLE};
use super::{name, round, words};

/// The lines from a part of the bar to the inset that shows it.
pub(super) fn fan(small: &[Placed], inset: &[Placed]) -> Group {
    let (Some(first), Some(last)) = (small.first(), small.last()) else { return Group::new() };
    let (Some(top), Some(bottom)) = (inset.first(), inset.last()) else { return Group::new() };
    let (left, right) = (BAR.0 + BAR.1, INSET.0);
    let middle = (left + right) / 2.0;
    let curve = |from: f64, to: f64| {
        format!(
            "C{m} {} {m} {} {} {}",
            round(from),
            round(to),
            round(right),
            round(to),
            m = round(middle)
        )
    };
    let back = format!(
        "C{m} {} {m} {} {} {}",
        round(bottom.bottom()),
        round(last.bottom()),
        round(left),
        round(last.bottom()),
        m = round(middle)
    );
    let upper = format!("M{} {}{}", round(left), round(first.top), curve(first.top, top.top));
    let lower = format!(
        "M{} {}{}",
        round(left),
        round(last.bottom()),
        curve(last.bottom(), bottom.bottom())
    );
    let area = format!("{upper}L{} {}{back}Z", round(right), round(bottom.bottom()));
    Group::new()
        .add(Path::new().set("class", "fan").set("d", area))
        .add(Path::new().set("class", "edge").set("d", upper))
        .add(Path::new().set("class", "edge").set("d", lower))
}

/// A column of pieces with their names.
pub(super) fn drawn_bar(placed: &[Placed], left: f64, width: f64) -> Group {
    let mut group = Group::new();
    for it in placed {
        let piece = &it.piece;
        let says = format!(
            "{}: {} to {} ({:#x} to {:#x}), {} bytes",
            name(piece),
            piece.start,
            piece.end,
            piece.start,
            piece.end,
            piece.bytes()
        );
        let rect = Rectangle::new()
            .set("class", format!("p {}", piece.kind.id()))
            .set("x", round(left))
            .set("y", round(it.top))
            .set("width", round(width))
            // Even a single byte is a line.
            .set("height", round(it.height.max(0.5)));
        group.append(Group::new().add(Title::new(says)).add(rect));
        if it.truth == Truth::Cut {
            group.append(break_mark(left, width, it.top + it.height * 0.74));
        }
        if it.height < READABLE.min(20.0) {
            continue;
        }
        let middle = match it.truth {
            Truth::Cut => it.top + it.height * 0.34,
            _ => it.top + it.height / 2.0,
        };
        let star = if it.truth == Truth::Enlarged { " *" } else { "" };
        let (name, size) = (name(piece), format!("{}{star}", size(piece.bytes())));
        let center = left + width / 2.0;
        let middle_of = |y: f64, class: &str, text: &str| {
            words(center, y, class, text).set("text-anchor", "middle")
        };
        if it.height >= 40.0 || it.truth == Truth::Cut {
            group.append(middle_of(middle - 3.0, "t b", &name));
            group.append(middle_of(middle + 13.0, "t", &size));
        } else {
            group.append(middle_of(middle + 4.5, "t", &format!("{name}, {size}")));
        }
        let has_stack = matches!(piece.kind, RegionKind::Stack | RegionKind::BssAndStack);
        if has_stack && it.height >= 56.0 {
            group.append(arrow(left + 16.0, it.bottom() - 10.0));
        }
    }
    group
}

/// An arrow towards lower offsets, where the stack grows.
fn arrow(x: f64, bottom: f64) -> Path {
    let d = format!("M{} {}v-34m-5 8l5-8l5 8", round(x), round(bottom));
    Path::new().set("class", "arrow").set("d", d)
}

/// Two parallel zigzags over the whole width.
fn break_mark(left: f64, width: f64, y: f64) -> Group {
    let teeth = 14;
    let step = (width + 12.0) / f64::from(teeth);
    let zigzag = |y: f64| {
        let mut d = format!("M{} {}", round(left - 6.0), round(y));
        for tooth in 0..teeth {
            let up = if tooth % 2 == 0 { -6.0 } else { 6.0 };
            d += &format!("l{} {}", round(step), round(up));
        }
        d
    };
    let gap = format!("{}L{} {}", zigzag(y), round(left + width + 6.0), round(y + 9.0));
    let mut back = format!("{gap} ");
    for tooth in 0..teeth {
        let up = if tooth % 2 == 0 { -6.0 } else { 6.0 };
        back += &format!("l{} {}", round(-step), round(up));
    }
    Group::new()
        .add(Path::new().set("class", "bg").set("d", format!("{back}Z")))
        .add(Path::new().set("class", "zig").set("d", zigzag(y)))
        .add(Path::new().set("class", "zig").set("d", zigzag(y + 9.0)))
}

/// A line over a bar where something is claimed to be.
pub(super) fn false_mark(mark: &Mark, placed: &[Placed], left: f64, width: f64) -> Group {
    let within = |it: &&Placed| mark.offset >= it.piece.start && mark.offset < it.piece.end;
    let Some(it) = placed.iter().find(within) else { return Group::new() };
    let y = round(it.at(mark.offset));
    // At both edges only: between them stands the region's name.
    let line = |from: f64| {
        let line = Line::new().set("class", "lie").set("x1", round(from)).set("y1", y.clone());
        line.set("x2", round(from + 30.0)).set("y2", y.clone())
    };
    Group::new().add(line(left - 6.0)).add(line(left + width - 24.0))
}
