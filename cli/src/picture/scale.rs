//! What is drawn as one piece, and how long each piece is.

use hostheap_core::module::{MemoryMap, RegionKind};

/// A part of memory that is drawn as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) kind: RegionKind,
    /// How many regions it stands for: more than one if data and zeros alternate too often to be
    /// shown one by one.
    pub(super) regions: usize,
}

impl Piece {
    pub(super) fn bytes(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// How true a length in a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    /// To scale.
    Scaled,
    /// Drawn larger than it is, so that it can be seen.
    Enlarged,
    /// Drawn smaller than it is, so that the rest can be seen.
    Cut,
}

/// The pieces of a picture, at most `most` if the module has any say in their number.
///
/// A linker makes some ten regions. More than `most` come from many segments of data with holes
/// between them: of these so many are drawn together as are needed, those with the smallest holes
/// first.
pub(super) fn pieces(map: &MemoryMap, most: usize) -> Vec<Piece> {
    let one = |region: &hostheap_core::module::Region| Piece {
        start: region.start,
        end: region.end,
        kind: region.kind,
        regions: 1,
    };
    let mut pieces: Vec<Piece> = map.regions.iter().map(one).collect();
    while pieces.len() > most {
        let hole = |at: &usize| match pieces.get(*at..*at + 3) {
            Some([a, hole, b])
                if hole.kind == RegionKind::Bss
                    && a.kind == RegionKind::Data
                    && b.kind == RegionKind::Data =>
            {
                Some(hole.bytes())
            }
            _ => None,
        };
        let smallest = (0..pieces.len()).filter(|at| hole(at).is_some()).min_by_key(hole);
        let Some(at) = smallest else { break };
        let regions = pieces[at..at + 3].iter().map(|piece| piece.regions).sum();
        let merged = Piece { end: pieces[at + 2].end, regions, ..pieces[at] };
        pieces.splice(at..at + 3, [merged]);
    }
    pieces
}

/// Whether the room to grow is so large that the rest could not be seen beside it.
pub(super) fn is_cut(piece: &Piece, map: &MemoryMap) -> bool {
    let is_long = piece.bytes() > piece.start.saturating_mul(2);
    // Memory that starts empty is nothing but room to grow.
    piece.kind == RegionKind::Growth && map.min_bytes > 0 && is_long
}

/// Splits a length among pieces in proportion to their bytes, none less than `least`. Those that
/// would be shorter are enlarged, and the others share what is left.
pub(super) fn share(pieces: &[Piece], length: f64, least: f64) -> Vec<(f64, Truth)> {
    let mut enlarged = vec![false; pieces.len()];
    loop {
        let small = enlarged.iter().filter(|is| **is).count();
        let left = length - least * small as f64;
        let others = pieces.iter().zip(&enlarged).filter(|(_, enlarged)| !**enlarged);
        let bytes: u64 = others.map(|(piece, _)| piece.bytes()).sum();
        let scaled = |piece: &Piece| left * piece.bytes() as f64 / bytes.max(1) as f64;
        let next = pieces.iter().zip(&enlarged);
        let next: Vec<bool> = next.map(|(piece, is)| *is || scaled(piece) < least).collect();
        if next == enlarged {
            let lengths = pieces.iter().zip(&enlarged).map(|(piece, is)| match is {
                true => (least, Truth::Enlarged),
                false => (scaled(piece), Truth::Scaled),
            });
            return lengths.collect();
        }
        enlarged = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start: u64, end: u64, kind: RegionKind) -> Piece {
        Piece { start, end, kind, regions: 1 }
    }

    #[test]
    fn what_is_small_is_enlarged_and_the_rest_is_to_scale() {
        let pieces = [
            piece(0, 10, RegionKind::Data),
            piece(10, 400, RegionKind::Stack),
            piece(400, 1180, RegionKind::Heap),
        ];
        let shares = share(&pieces, 100.0, 10.0);
        assert_eq!(shares, [(10.0, Truth::Enlarged), (30.0, Truth::Scaled), (60.0, Truth::Scaled)]);
    }

    #[test]
    fn sharing_ends_where_nothing_fits() {
        let pieces = vec![piece(0, 1, RegionKind::Data); 50];
        assert!(share(&pieces, 100.0, 10.0).iter().all(|share| *share == (10.0, Truth::Enlarged)));
        assert!(share(&[], 100.0, 10.0).is_empty());
    }
}
