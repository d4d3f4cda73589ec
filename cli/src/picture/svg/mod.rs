//! Linear memory as an SVG: a bar to scale, and beside it insets that enlarge what is small.

mod bar;
mod offsets;
mod place;

use hostheap_core::module::{MemoryMap, RegionKind};
use svg::node::Text as Words;
use svg::node::element::{Definitions, Element, Group, Pattern, Rectangle, Style, Text};
use svg::{Document, Node};

use self::bar::{drawn_bar, false_mark, fan};
use self::offsets::{Side, offsets};
use self::place::{BAR, INSET, Placed, TOP, boundaries, clusters, inner_marks, insets, main_bar};
use super::scale::{self, Piece, Truth};
use super::{label, marks, short_label, size};
use crate::print::wrapped;

/// What stands around the picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caption {
    /// Whose memory it is.
    pub(crate) title: String,
    /// What there is to know about it; each is a paragraph under the picture.
    pub(crate) notes: Vec<String>,
}

const WIDTH: f64 = 960.0;
/// Pieces at most.
const PIECES: usize = 16;
/// Distance of lines of text.
const LEADING: f64 = 15.0;
/// Characters of a line of notes.
const NOTE: usize = 128;

/// The whole picture, with a line's end at its end.
pub(crate) fn svg(map: &MemoryMap, caption: &Caption) -> String {
    let pieces = scale::pieces(map, PIECES);
    let marks = marks(map);
    let bar = main_bar(&pieces, map);
    let clusters = clusters(&bar);
    let insets = insets(&bar, &clusters);

    let mut drawing = Group::new();
    for (cluster, inset) in clusters.iter().zip(&insets) {
        drawing.append(fan(&bar[cluster.clone()], inset));
    }
    drawing.append(drawn_bar(&bar, BAR.0, BAR.1));
    for inset in &insets {
        drawing.append(drawn_bar(inset, INSET.0, INSET.1));
    }
    // Offsets of what an inset shows stand there.
    let in_inset = |offset: u64| {
        insets.iter().any(|inset| match (inset.first(), inset.last()) {
            (Some(a), Some(b)) => offset > a.piece.start && offset < b.piece.end,
            _ => false,
        })
    };
    let mut places = boundaries(&bar);
    places.extend(inner_marks(&bar, &marks));
    places.retain(|(offset, _)| !in_inset(*offset));
    drawing.append(offsets(&places, &marks, map, Side::Left));
    for inset in &insets {
        let mut places = boundaries(inset);
        places.extend(inner_marks(inset, &marks));
        drawing.append(offsets(&places, &marks, map, Side::Right));
    }
    for mark in marks.iter().filter(|mark| mark.is_false) {
        drawing.append(false_mark(mark, &bar, BAR.0, BAR.1));
        for inset in &insets {
            drawing.append(false_mark(mark, inset, INSET.0, INSET.1));
        }
    }

    let lowest = bar.last().map_or(TOP, Placed::bottom);
    let (legend, mut bottom) = legend(&pieces, lowest + 52.0);
    drawing.append(legend);
    let mut says = vec![scale_note(&bar, &insets)];
    says.extend(caption.notes.iter().cloned());
    for note in &says {
        bottom += 6.0;
        for line in wrapped(note, NOTE) {
            bottom += LEADING + 2.0;
            drawing.append(words(24.0, bottom, "n", &line));
        }
    }
    let height = bottom + 22.0;

    let mut title = Element::new("title");
    title.append(Words::new(format!("Linear memory of {}", caption.title)));
    let mut desc = Element::new("desc");
    desc.append(Words::new(description(map)));
    let background =
        Rectangle::new().set("class", "bg").set("width", round(WIDTH)).set("height", round(height));
    let heading = words(24.0, 32.0, "h", &shortened(&caption.title, 70));
    let document = Document::new()
        .set("viewBox", format!("0 0 {} {}", round(WIDTH), round(height)))
        .set("role", "img")
        .set("font-family", "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif")
        .set("font-size", 13)
        .add(title)
        .add(desc)
        .add(Style::new(include_str!("style.css")))
        .add(patterns())
        .add(background)
        .add(heading)
        .add(words(24.0, 52.0, "n", &subtitle(map)))
        .add(drawing);
    format!("{document}\n")
}

/// What the colours mean, and where it ends.
fn legend(pieces: &[Piece], top: f64) -> (Group, f64) {
    let mut group = Group::new();
    let (mut x, mut y) = (24.0, top);
    let mut seen = Vec::new();
    for piece in pieces {
        if seen.contains(&piece.kind) {
            continue;
        }
        seen.push(piece.kind);
        let text = explained(piece.kind);
        let width = 22.0 + text.chars().count() as f64 * 6.6 + 22.0;
        if x > 24.0 && x + width > WIDTH - 12.0 {
            (x, y) = (24.0, y + 22.0);
        }
        let swatch = Rectangle::new()
            .set("class", format!("p {}", piece.kind.id()))
            .set("x", round(x))
            .set("y", round(y - 11.0))
            .set("width", 14)
            .set("height", 14)
            .set("rx", 2);
        group.append(swatch);
        group.append(words(x + 21.0, y + 1.0, "n", &text));
        x += width;
    }
    (group, y + 6.0)
}

fn explained(kind: RegionKind) -> String {
    let what = match kind {
        RegionKind::Unused => "below everything, so that NULL is nobody's",
        RegionKind::Stack => "grows towards offset 0",
        RegionKind::Data => "segments of the module",
        RegionKind::Bss => "data without a segment, and what alignment leaves",
        RegionKind::BssAndStack => "`__data_end` would tell where it starts",
        RegionKind::Unknown => "data, stack or nothing",
        RegionKind::Heap => "the host's",
        RegionKind::OwnHeap => "its own allocator takes it",
        RegionKind::Growth => "not there at the start",
        _ => return short_label(kind),
    };
    format!("{}: {what}", short_label(kind))
}

fn scale_note(bar: &[Placed], insets: &[Vec<Placed>]) -> String {
    let mut note = "Drawn to scale".to_owned();
    if let Some(cut) = bar.iter().find(|it| it.truth == Truth::Cut) {
        note +=
            &format!(" but for the break, which leaves out most of {}", size(cut.piece.bytes()));
    }
    if !insets.is_empty() {
        note += "; what is small is enlarged on the right, each inset to a scale of its own";
        if insets.iter().flatten().any(|it| it.truth == Truth::Enlarged) {
            note += " (* is still smaller than drawn)";
        }
    }
    note + "."
}

fn subtitle(map: &MemoryMap) -> String {
    let max = match map.max_bytes {
        Some(max) if max == map.min_bytes => "cannot grow".to_owned(),
        Some(max) => format!("can grow to {}", size(max)),
        None => "can grow to 4 GiB, as no maximum is declared".to_owned(),
    };
    format!("Linear memory: {} at the start, {max}", size(map.min_bytes))
}

/// For those who cannot see it.
fn description(map: &MemoryMap) -> String {
    let region = |region: &hostheap_core::module::Region| {
        format!("{} from {} to {}", label(region.kind), region.start, region.end)
    };
    map.regions.iter().map(region).collect::<Vec<_>>().join("; ")
}

fn name(piece: &Piece) -> String {
    match piece.regions {
        1 => short_label(piece.kind),
        n => format!("data, in {} pieces", n.div_ceil(2)),
    }
}

fn words(x: f64, y: f64, class: &str, text: &str) -> Text {
    Text::new(text).set("class", class).set("x", round(x)).set("y", round(y))
}

/// Tenths of a unit are enough, and the same on every machine.
fn round(n: f64) -> String {
    let text = format!("{n:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    // The end of a path tells more than its start.
    let skipped = text.chars().count() - most;
    ['…'].into_iter().chain(text.chars().skip(skipped)).collect()
}

/// Hatches for what is two things at once or not certain.
fn patterns() -> Definitions {
    let hatch = |id: &str, under: &str, over: &str| {
        Pattern::new()
            .set("id", id)
            .set("width", 10)
            .set("height", 10)
            .set("patternUnits", "userSpaceOnUse")
            .set("patternTransform", "rotate(45)")
            .add(Rectangle::new().set("class", under).set("width", 10).set("height", 10))
            .add(Rectangle::new().set("class", over).set("width", 5).set("height", 10))
    };
    Definitions::new().add(hatch("hatch-bss-and-stack", "bss", "stack")).add(hatch(
        "hatch-unknown",
        "unused",
        "doubt",
    ))
}
