//! Linear memory as a column of lines.

use hostheap_core::module::{MemoryMap, RegionKind};

use super::scale::{self, Piece, Truth};
use super::{Mark, human, label, marks, marks_at};

/// Lines that are shared among the pieces in proportion to their bytes.
const LINES: u64 = 20;
/// Lines of a piece that is cut.
const CUT_LINES: u64 = 3;
/// Pieces at most.
const PIECES: usize = 16;
/// Characters between the edges of the bar.
const BAR: usize = 18;
/// Characters in front of the bar: an offset in decimal and in hexadecimal.
const MARGIN: usize = 24;

/// The picture, without a line's end at its end.
pub(crate) fn text(map: &MemoryMap) -> String {
    let pieces = scale::pieces(map, PIECES);
    let marks = marks(map);
    let shown: u64 =
        pieces.iter().filter(|piece| !scale::is_cut(piece, map)).map(Piece::bytes).sum();
    let unit = shown.div_ceil(LINES).max(1);
    let names = pieces.iter().map(|piece| name(piece).len()).max().unwrap_or(0);

    let mut lines =
        vec![format!("{:>10}  {:>12}{}bytes", "offset", "", " ".repeat(BAR + names + 7))];
    lines.push(format!("{:MARGIN$}┌{}┐", "", "─".repeat(BAR)));
    let (mut enlarged, mut is_cut) = (false, false);
    for piece in &pieces {
        let (rows, truth) = rows(piece, unit, map);
        enlarged |= truth == Truth::Enlarged;
        is_cut |= truth == Truth::Cut;
        if piece.start == map.min_bytes && piece.start > 0 {
            let what = marks_at(&marks, piece.start);
            lines.push(format!("{}╞{}╡ {what}", offset(piece.start), "═".repeat(BAR)));
        }
        lines.extend(drawn(piece, rows, truth, names, map, &marks));
    }
    let end = pieces.last().map_or(0, |piece| piece.end);
    let mut what = marks_at(&marks, end);
    if map.max_bytes.is_none() && end > map.min_bytes {
        what = "all that 32 bits can address: no maximum is declared".to_owned();
    } else if end == map.min_bytes {
        what += if map.max_bytes.is_some() { " and maximum: it cannot grow" } else { "" };
    }
    lines.push(format!("{}└{}┘ {what}", offset(end), "─".repeat(BAR)).trim_end().to_owned());

    let mut scale = format!("To scale: a line is {}", super::size(unit));
    if enlarged {
        scale += "; * is less, and drawn larger than it is";
    }
    if is_cut {
        scale += "; ~ is cut";
    }
    lines.push(format!("{scale}."));
    lines.join("\n")
}

/// How many lines a piece has.
fn rows(piece: &Piece, unit: u64, map: &MemoryMap) -> (u64, Truth) {
    if scale::is_cut(piece, map) {
        return (CUT_LINES, Truth::Cut);
    }
    match (piece.bytes() + unit / 2) / unit {
        0 => (1, Truth::Enlarged),
        rows => (rows, Truth::Scaled),
    }
}

/// The lines of a piece.
fn drawn(
    piece: &Piece,
    rows: u64,
    truth: Truth,
    names: usize,
    map: &MemoryMap,
    all: &[Mark],
) -> Vec<String> {
    // What is said on each line, right of the bar.
    let mut said = vec![String::new(); usize::try_from(rows).unwrap_or(1).max(1)];
    let last = said.len() - 1;
    if let Some(first) = said.first_mut() {
        let star = if truth == Truth::Enlarged { "*" } else { " " };
        let human = human(piece.bytes()).unwrap_or_default();
        *first = format!("{:names$} {:>10} {star} {human}", name(piece), piece.bytes());
    }
    let is_inside = |mark: &&Mark| mark.offset > piece.start && mark.offset < piece.end;
    for mark in all.iter().filter(is_inside) {
        let into = u128::from(mark.offset - piece.start) * u128::from(rows);
        let row = usize::try_from(into / u128::from(piece.bytes().max(1))).unwrap_or(last);
        let text = format!("◄ {} {}", mark.text, mark.offset);
        match said.get_mut(row.max(1).min(last)) {
            Some(line) if line.is_empty() => *line = text,
            Some(line) => *line = format!("{}  {text}", line.trim_end()),
            None => {}
        }
    }
    if let (true, Some(said)) = (last > 0, said.get_mut(last))
        && said.is_empty()
        && matches!(piece.kind, RegionKind::Stack | RegionKind::BssAndStack)
        && map.stack_pointer.map(u64::from) == Some(piece.end)
    {
        *said = format!("▲ starts at {} and grows towards 0", piece.end);
    }
    let middle = last / 2;
    let line = |(row, said): (usize, &String)| {
        let (edge, fill) = match truth {
            Truth::Cut if row == middle => ('~', "~".repeat(BAR)),
            _ => ('│', fill(piece.kind).repeat(BAR / 2)),
        };
        // The line of the initial size has the offset already.
        let has_offset = row == 0 && (piece.start != map.min_bytes || piece.start == 0);
        let margin = if has_offset { offset(piece.start) } else { " ".repeat(MARGIN) };
        format!("{margin}{edge}{fill}{edge} {said}").trim_end().to_owned()
    };
    said.iter().enumerate().map(line).collect()
}

/// Two characters that fill a bar.
fn fill(kind: RegionKind) -> &'static str {
    match kind {
        RegionKind::Stack => "▒▒",
        RegionKind::Data => "██",
        RegionKind::Bss => "▓▓",
        RegionKind::BssAndStack => "▓▒",
        RegionKind::Unknown => "??",
        RegionKind::Heap => "░░",
        RegionKind::OwnHeap => "xx",
        RegionKind::Growth => "· ",
        _ => "  ",
    }
}

fn name(piece: &Piece) -> String {
    match piece.regions {
        1 => label(piece.kind),
        n => format!("data, in {} pieces", n.div_ceil(2)),
    }
}

fn offset(offset: u64) -> String {
    format!("{offset:>10}  {:<12}", format!("{offset:#x}"))
}
