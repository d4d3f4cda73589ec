//! Linear memory as an SVG: a bar to scale, and beside it insets that enlarge what is small.

use hostheap_core::module::{MemoryMap, RegionKind};
use svg::node::Text as Words;
use svg::node::element::{
    Definitions, Element, Group, Line, Path, Pattern, Rectangle, Style, Text, Title,
};
use svg::{Document, Node};

use super::scale::{self, Piece, Truth};
use super::{Mark, label, marks, marks_at, short_label, size};
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
/// Left edge, width and height of the bar of all memory.
const BAR: (f64, f64, f64) = (206.0, 210.0, 420.0);
/// The same of the insets.
const INSET: (f64, f64) = (556.0, 210.0);
const TOP: f64 = 86.0;
/// Height of a piece that is cut, with the break.
const CUT: f64 = 64.0;
/// Pieces lower than this have no room for a word and go into an inset.
const READABLE: f64 = 22.0;
/// Space between insets.
const GAP: f64 = 34.0;
const PIECES: usize = 16;
/// Distance of lines of text.
const LEADING: f64 = 15.0;
/// Characters of a line of notes.
const NOTE: usize = 128;

/// A piece and where it is drawn.
#[derive(Clone, Copy, Debug)]
struct Placed {
    piece: Piece,
    top: f64,
    height: f64,
    truth: Truth,
}

impl Placed {
    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Where an offset lies in it.
    fn at(&self, offset: u64) -> f64 {
        let into = offset.saturating_sub(self.piece.start) as f64;
        self.top + self.height * into / self.piece.bytes().max(1) as f64
    }
}

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
        .add(Style::new(STYLE))
        .add(patterns())
        .add(background)
        .add(heading)
        .add(words(24.0, 52.0, "n", &subtitle(map)))
        .add(drawing);
    format!("{document}\n")
}

/// All memory, strictly to scale but for what is cut.
fn main_bar(pieces: &[Piece], map: &MemoryMap) -> Vec<Placed> {
    let cut = pieces.iter().filter(|piece| scale::is_cut(piece, map)).count();
    let shown: u64 =
        pieces.iter().filter(|piece| !scale::is_cut(piece, map)).map(Piece::bytes).sum();
    let room = BAR.2 - CUT * cut as f64;
    let mut top = TOP;
    let place = |piece: &Piece| {
        let (height, truth) = match scale::is_cut(piece, map) {
            true => (CUT, Truth::Cut),
            false => (room * piece.bytes() as f64 / shown.max(1) as f64, Truth::Scaled),
        };
        let placed = Placed { piece: *piece, top, height, truth };
        top += height;
        placed
    };
    pieces.iter().map(place).collect()
}

/// Runs of pieces that are too low to be read.
fn clusters(bar: &[Placed]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in bar.iter().enumerate().filter(|(_, placed)| placed.height < READABLE) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// Each run enlarged, one below the other.
fn insets(bar: &[Placed], clusters: &[std::ops::Range<usize>]) -> Vec<Vec<Placed>> {
    let small: usize = clusters.iter().map(ExactSizeIterator::len).sum();
    let gaps = GAP * clusters.len().saturating_sub(1) as f64;
    // A fair height for each piece, as far as there is room.
    let each = ((BAR.2 - gaps) / small.max(1) as f64).min(64.0);
    let total = each * small as f64 + gaps;
    // As high as what they enlarge, if they would not leave the picture there.
    let wanted = clusters.first().and_then(|run| bar.get(run.start)).map_or(TOP, |it| it.top);
    let mut top = wanted.min(TOP + BAR.2 - total).max(TOP);
    let mut inset = |run: &std::ops::Range<usize>| {
        let placed = bar.get(run.clone()).unwrap_or_default();
        let pieces: Vec<Piece> = placed.iter().map(|placed| placed.piece).collect();
        let heights = scale::share(&pieces, each * pieces.len() as f64, READABLE.min(each));
        let place = |(piece, (height, truth)): (Piece, (f64, Truth))| {
            let placed = Placed { piece, top, height, truth };
            top += height;
            placed
        };
        let placed = pieces.into_iter().zip(heights).map(place).collect();
        top += GAP;
        placed
    };
    clusters.iter().map(&mut inset).collect()
}

/// The lines from a part of the bar to the inset that shows it.
fn fan(small: &[Placed], inset: &[Placed]) -> Group {
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
fn drawn_bar(placed: &[Placed], left: f64, width: f64) -> Group {
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

/// Where pieces start and end.
fn boundaries(placed: &[Placed]) -> Vec<(u64, f64)> {
    let starts = placed.iter().map(|it| (it.piece.start, it.top));
    let end = placed.last().map(|it| (it.piece.end, it.bottom()));
    starts.chain(end).collect()
}

/// What lies within a piece.
fn inner_marks(placed: &[Placed], marks: &[Mark]) -> Vec<(u64, f64)> {
    let within = |mark: &Mark| {
        let is_there = |it: &&Placed| mark.offset > it.piece.start && mark.offset < it.piece.end;
        placed.iter().find(is_there).map(|it| (mark.offset, it.at(mark.offset)))
    };
    marks.iter().filter_map(within).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Offsets beside a bar, moved apart where they would overlap.
fn offsets(places: &[(u64, f64)], marks: &[Mark], map: &MemoryMap, side: Side) -> Group {
    let mut places = places.to_vec();
    places.sort_by_key(|(offset, _)| *offset);
    places.dedup_by_key(|(offset, _)| *offset);
    let lines = |offset: u64| {
        let mut said = marks_at(marks, offset);
        if map.max_bytes.is_none() && map.regions.last().is_some_and(|last| last.end == offset) {
            said += if said.is_empty() { "no maximum" } else { ", no maximum" };
        }
        said
    };
    // Each label's height, and its middle where nothing is in its way.
    let says: Vec<String> = places.iter().map(|(offset, _)| lines(*offset)).collect();
    let height = |said: &String| if said.is_empty() { LEADING } else { LEADING * 2.0 };
    let heights: Vec<f64> = says.iter().map(height).collect();
    let wanted: Vec<f64> = places.iter().map(|(_, y)| *y).collect();
    let middles = apart(&wanted, &heights);

    let mut group = Group::new();
    for (((offset, y), said), (middle, height)) in
        places.iter().zip(&says).zip(middles.iter().zip(&heights))
    {
        let (edge, at, anchor) = match side {
            Side::Left => (BAR.0, BAR.0 - 16.0, "end"),
            Side::Right => (INSET.0 + INSET.1, INSET.0 + INSET.1 + 16.0, "start"),
        };
        let towards = if side == Side::Left { -1.0 } else { 1.0 };
        let tick = format!(
            "M{} {}h{}L{} {}",
            round(edge),
            round(*y),
            round(4.0 * towards),
            round(at - 3.0 * towards),
            round(*middle)
        );
        group.append(Path::new().set("class", "tick").set("d", tick));
        let is_false = marks.iter().any(|mark| mark.offset == *offset && mark.is_false);
        let class =
            |class: &str| if is_false { format!("{class} false") } else { class.to_owned() };
        let first = middle - height / 2.0 + 11.5;
        let mut number = Text::new(String::new())
            .set("class", class("m"))
            .set("x", round(at))
            .set("y", round(first))
            .set("text-anchor", anchor);
        let span = |text: String| {
            let mut span = Element::new("tspan");
            span.append(Words::new(text));
            span
        };
        // Spaces at the end of a text are not drawn: the second part is moved instead.
        let (mut hex, mut decimal) = (span(format!("{offset:#x}")), span(offset.to_string()));
        hex.assign("class", "x");
        if side == Side::Left {
            decimal.assign("dx", 9);
            number.append(hex);
            number.append(decimal);
        } else {
            hex.assign("dx", 9);
            number.append(decimal);
            number.append(hex);
        }
        group.append(number);
        if !said.is_empty() {
            let text = words(at, first + LEADING - 1.0, &class("s"), said);
            group.append(text.set("text-anchor", anchor));
        }
    }
    group
}

/// Moves middles so far apart that nothing overlaps, as little as that takes.
fn apart(wanted: &[f64], heights: &[f64]) -> Vec<f64> {
    // Blocks of labels that touch: the sum of where their first would like to be, how many they
    // are, and the height of each block.
    struct Block {
        sum: f64,
        count: usize,
        height: f64,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (y, height) in wanted.iter().zip(heights) {
        let mut block = Block { sum: y - height / 2.0, count: 1, height: *height };
        while let Some(before) = blocks.last() {
            let top = block.sum / block.count as f64;
            let above = before.sum / before.count as f64;
            if above + before.height <= top {
                break;
            }
            // What the later ones want, seen from the first of the joined block.
            let sum = before.sum + block.sum - block.count as f64 * before.height;
            let joined = Block {
                sum,
                count: before.count + block.count,
                height: before.height + block.height,
            };
            blocks.pop();
            block = joined;
        }
        blocks.push(block);
    }
    let mut middles = Vec::with_capacity(wanted.len());
    let mut heights = heights.iter();
    for block in &blocks {
        let mut top = (block.sum / block.count as f64).max(TOP - LEADING);
        for height in heights.by_ref().take(block.count) {
            middles.push(top + height / 2.0);
            top += height;
        }
    }
    middles
}

/// A line over a bar where something is claimed to be.
fn false_mark(mark: &Mark, placed: &[Placed], left: f64, width: f64) -> Group {
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
        RegionKind::OwnHeap => "the host's starts above",
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

const STYLE: &str = "
.bg{fill:#fff}.h{font-size:18px;font-weight:600;fill:#1f2328}.n{fill:#57606a}
.t{fill:#1f2328}.b{font-weight:600}.s{font-size:12px;fill:#57606a}
.m{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2328;white-space:pre}
.x{fill:#8c959f}.p{stroke:#57606a;stroke-width:.8}
.unused{fill:#f3f5f7}.stack{fill:#ffd59e}.data{fill:#8fb8f6}.bss{fill:#cbdffb}
.bss-and-stack{fill:url(#hatch-bss-and-stack)}.unknown{fill:url(#hatch-unknown)}.doubt{fill:#dde1e6}
.heap{fill:#a9dfb4}.own-heap{fill:#f4b9c8}.growth{fill:#ecf8ee;stroke-dasharray:4 3}
.fan{fill:#57606a;fill-opacity:.07}.edge{fill:none;stroke:#afb8c1;stroke-width:.8}
.tick{fill:none;stroke:#8c959f;stroke-width:.8}.arrow{fill:none;stroke:#57606a;stroke-width:1.4}
.zig{fill:none;stroke:#57606a;stroke-width:.8}.lie{stroke:#cf222e;stroke-width:2;stroke-dasharray:5 3}
.false{fill:#cf222e}
@media (prefers-color-scheme:dark){
.bg{fill:#0d1117}.h,.t,.m{fill:#e6edf3}.n,.s{fill:#9da7b3}.x{fill:#7d8590}.p{stroke:#7d8590}
.unused{fill:#1c2128}.stack{fill:#7a4d12}.data{fill:#2458a6}.bss{fill:#1c3a66}.doubt{fill:#30363d}
.heap{fill:#1f6b35}.own-heap{fill:#7d2d45}.growth{fill:#12261a}
.fan{fill:#9da7b3;fill-opacity:.08}.edge{stroke:#484f58}.tick{stroke:#6e7681}
.arrow,.zig{stroke:#9da7b3}.lie{stroke:#ff7b72}.false{fill:#ff7b72}}
";
