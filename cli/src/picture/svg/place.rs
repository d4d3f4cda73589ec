//! What is drawn where: the bar of all memory, and the insets.

use std::ops::Range;

use hostheap_core::module::MemoryMap;

use super::super::Mark;
use super::super::scale::{self, Piece, Truth};

/// Left edge, width and height of the bar of all memory.
pub(super) const BAR: (f64, f64, f64) = (206.0, 210.0, 420.0);
/// Left edge and width of the insets.
pub(super) const INSET: (f64, f64) = (556.0, 210.0);
/// Upper edge of both.
pub(super) const TOP: f64 = 86.0;
/// Pieces lower than this have no room for a word and go into an inset.
pub(super) const READABLE: f64 = 22.0;
/// Height of a piece that is cut, with the break.
const CUT: f64 = 64.0;
/// Height of a piece in an inset, if there is room.
const ROOMY: f64 = 64.0;
/// Space between insets.
const GAP: f64 = 34.0;

/// A piece and where it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) piece: Piece,
    pub(super) top: f64,
    pub(super) height: f64,
    pub(super) truth: Truth,
}

impl Placed {
    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Where an offset lies in it.
    pub(super) fn at(&self, offset: u64) -> f64 {
        let into = offset.saturating_sub(self.piece.start) as f64;
        self.top + self.height * into / self.piece.bytes().max(1) as f64
    }
}

/// All memory, strictly to scale but for what is cut.
pub(super) fn main_bar(pieces: &[Piece], map: &MemoryMap) -> Vec<Placed> {
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
pub(super) fn clusters(bar: &[Placed]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in bar.iter().enumerate().filter(|(_, placed)| placed.height < READABLE) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// Each run enlarged, one below the other.
pub(super) fn insets(bar: &[Placed], clusters: &[Range<usize>]) -> Vec<Vec<Placed>> {
    let small: usize = clusters.iter().map(ExactSizeIterator::len).sum();
    let gaps = GAP * clusters.len().saturating_sub(1) as f64;
    // A fair height for each piece, as far as there is room.
    let each = ((BAR.2 - gaps) / small.max(1) as f64).min(ROOMY);
    let total = each * small as f64 + gaps;
    // As high as what they enlarge, if they would not leave the picture there.
    let wanted = clusters.first().and_then(|run| bar.get(run.start)).map_or(TOP, |it| it.top);
    let mut top = wanted.min(TOP + BAR.2 - total).max(TOP);
    let mut inset = |run: &Range<usize>| {
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

/// Where pieces start and end.
pub(super) fn boundaries(placed: &[Placed]) -> Vec<(u64, f64)> {
    let starts = placed.iter().map(|it| (it.piece.start, it.top));
    let end = placed.last().map(|it| (it.piece.end, it.bottom()));
    starts.chain(end).collect()
}

/// What lies within a piece.
pub(super) fn inner_marks(placed: &[Placed], marks: &[Mark]) -> Vec<(u64, f64)> {
    let within = |mark: &Mark| {
        let is_there = |it: &&Placed| mark.offset > it.piece.start && mark.offset < it.piece.end;
        placed.iter().find(is_there).map(|it| (mark.offset, it.at(mark.offset)))
    };
    marks.iter().filter_map(within).collect()
}
