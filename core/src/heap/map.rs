//! The map: what each unit of 256 bytes is, and where blocks start.
//!
//! Four words stand for a chunk of 512 bytes of linear memory, close together because they are
//! used together:
//!
//! ```text
//! | live: a bit per 16 bytes | seen: a bit per 16 bytes | word of unit 0 | word of unit 1 |
//! ```
//!
//! A *live* bit is set if and only if a live block starts there that its owner may free; a *seen*
//! bit, if a block ever started there. A unit's word has its topmost bit set in a slab, with class
//! and record; otherwise it is a tag and a 24-bit payload. What stretches over several units is
//! told by the words at its edges; words in between are zero, so nothing stale is ever read:
//!
//! ```text
//! slab          Slab Slab ... Slab                   in every unit
//! used run      Used(len)  Back(start) ...           Back at O(log len) places, see `mark_used`
//! free run, 1   Free1                                in no bin
//! free run, 2   Next       Prev
//! free run, 3+  Next       Prev  Len ... Len         Len in the third and the last unit
//! gap           Gap                                  one unit stands for any hole between regions
//! ```

use super::classes::Class;
use super::storage::{Storage, StorageFull};
use super::tables::{Table, Tables};

/// Bytes in a unit.
pub(super) const UNIT: u32 = 256;
/// Bytes that share a bit of the map: no two blocks start in the same.
pub(super) const GRAIN: u32 = 16;
/// Units in a chunk.
const PER_CHUNK: u32 = 2;
/// Words of the map for a chunk.
const CHUNK: u32 = 2 + PER_CHUNK;

/// No unit, and no slab.
pub(super) const NIL: u32 = PAYLOAD;

const TAG_SHIFT: u32 = 24;
const PAYLOAD: u32 = (1 << TAG_SHIFT) - 1;
const SLAB: u32 = 1 << 31;
const CLASS_SHIFT: u32 = 25;

const _: () = assert!(PER_CHUNK * UNIT == 32 * GRAIN, "a chunk has a word of bits");

/// What the word of one unit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing: the unit lies within a run, or above the heap's used part.
    Inside,
    /// First unit of a large block.
    Used { len: u32 },
    /// Some later unit of a large block.
    Back { start: u32 },
    /// Any unit of a slab.
    Slab { class: Class, id: u32 },
    /// A free run of one unit.
    Free1,
    /// First unit of a free run: the next in its bin.
    Next { next: u32 },
    /// Second unit of a longer free run: the previous in its bin.
    Prev { prev: u32 },
    /// Third unit, and last unit, of a free run of three or more.
    Len { len: u32 },
    /// Memory of somebody else.
    Gap,
}

impl Unit {
    #[inline]
    fn encode(self) -> u32 {
        let (tag, payload) = match self {
            Unit::Slab { class, id } => {
                return SLAB | (class.index() as u32) << CLASS_SHIFT | id & PAYLOAD;
            }
            Unit::Inside => (0, 0),
            Unit::Used { len } => (1, len),
            Unit::Back { start } => (2, start),
            Unit::Free1 => (3, 0),
            Unit::Next { next } => (4, next),
            Unit::Prev { prev } => (5, prev),
            Unit::Len { len } => (6, len),
            Unit::Gap => (7, 0),
        };
        tag << TAG_SHIFT | payload & PAYLOAD
    }

    #[inline]
    fn decode(word: u32) -> Unit {
        let payload = word & PAYLOAD;
        if let Some(class) = slab_class(word) {
            return Unit::Slab { class, id: payload };
        }
        match word >> TAG_SHIFT {
            1 => Unit::Used { len: payload },
            2 => Unit::Back { start: payload },
            3 => Unit::Free1,
            4 => Unit::Next { next: payload },
            5 => Unit::Prev { prev: payload },
            6 => Unit::Len { len: payload },
            7 => Unit::Gap,
            _ => Unit::Inside,
        }
    }
}

/// The class of a slab's unit, from the unit's word.
#[inline]
fn slab_class(word: u32) -> Option<Class> {
    (word & SLAB != 0).then(|| Class::from_index(word >> CLASS_SHIFT))
}

/// A stretch of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Run {
    #[inline]
    pub(super) fn new(start: u32, len: u32) -> Run {
        Run { start, len }
    }

    /// One past the last unit.
    #[inline]
    pub(super) fn end(self) -> u32 {
        self.start + self.len
    }
}

/// The words of a chunk, with what they say about one position in it.
pub(super) struct Spot<'a> {
    words: &'a mut [u32; CHUNK as usize],
    position: u32,
}

impl Spot<'_> {
    #[inline(always)]
    fn bit(&self) -> u32 {
        1u32.wrapping_shl(self.position / GRAIN)
    }

    #[inline(always)]
    pub(super) fn is_live(&self) -> bool {
        self.words[0] & self.bit() != 0
    }

    /// A block starts to live here.
    #[inline(always)]
    pub(super) fn set_live(&mut self) {
        self.words[0] |= self.bit();
        // Mostly a block was here before: no need to write.
        if self.words[1] & self.bit() == 0 {
            self.words[1] |= self.bit();
        }
    }

    #[inline(always)]
    pub(super) fn clear_live(&mut self) {
        self.words[0] &= !self.bit();
    }

    /// The length of the large block whose first unit the position lies in, if it is one.
    #[inline(always)]
    pub(super) fn used_len(&self) -> Option<u32> {
        match Unit::decode(self.words[2 + (self.position / UNIT % PER_CHUNK) as usize]) {
            Unit::Used { len } => Some(len),
            _ => None,
        }
    }

    /// The class, if the position lies in a slab of a class that is aligned to 16.
    #[inline(always)]
    pub(super) fn even_class(&self) -> Option<Class> {
        let word = self.words[2 + (self.position / UNIT % PER_CHUNK) as usize];
        Class::even((word >> CLASS_SHIFT).wrapping_sub(SLAB >> CLASS_SHIFT))
    }
}

#[inline]
fn word_of(unit: u32) -> u32 {
    unit / PER_CHUNK * CHUNK + 2 + unit % PER_CHUNK
}

/// How many words the map has for so many units.
fn words_for(units: u32) -> u32 {
    units.div_ceil(PER_CHUNK) * CHUNK
}

impl<S: Storage> Tables<S> {
    #[inline]
    pub(super) fn unit(&self, unit: u32) -> Unit {
        Unit::decode(self.get(Table::Map, word_of(unit)))
    }

    #[inline]
    pub(super) fn set_unit(&mut self, unit: u32, is: Unit) {
        self.set(Table::Map, word_of(unit), is.encode());
    }

    /// What the map says about a position, or `None` beyond its end.
    #[inline(always)]
    pub(super) fn spot(&mut self, position: u32) -> Option<Spot<'_>> {
        let words = self.map_chunk_mut(position / (PER_CHUNK * UNIT))?;
        Some(Spot { words, position })
    }

    /// Whether a block that may be freed starts in the 16 bytes of a position, and whether one
    /// ever did.
    #[inline]
    pub(super) fn bits(&self, position: u32) -> (bool, bool) {
        let chunk = self.map_chunk(position / (PER_CHUNK * UNIT));
        let [live, seen, ..] = chunk.copied().unwrap_or_default();
        let bit = position / GRAIN % 32;
        (live >> bit & 1 == 1, seen >> bit & 1 == 1)
    }

    /// The number of live bits in the map. For checks.
    pub(super) fn live_bits(&self) -> u32 {
        self.words(Table::Map).chunks(CHUNK as usize).map(|chunk| chunk[0].count_ones()).sum()
    }

    pub(super) fn grow_map(&mut self, units: u32) -> Result<(), StorageFull> {
        self.grow(Table::Map, words_for(units))
    }

    /// Forgets all units below `units`, and all live blocks. What was seen stays.
    pub(super) fn clear_map(&mut self, units: u32) {
        for chunk in 0..units.div_ceil(PER_CHUNK) {
            if let Some([live, _, words @ ..]) = self.map_chunk_mut(chunk) {
                *live = 0;
                words.fill(0);
            }
        }
    }

    /// Writes the words of a large block. The run's words are `Inside`.
    pub(super) fn mark_used(&mut self, run: Run) {
        self.set_unit(run.start, Unit::Used { len: run.len });
        self.mark_back(run, Unit::Back { start: run.start });
    }

    /// Clears the words of a large block.
    pub(super) fn clear_used(&mut self, run: Run) {
        self.set_unit(run.start, Unit::Inside);
        self.mark_back(run, Unit::Inside);
    }

    /// Writes the places where `run_containing` looks: counting units from 1, a path from any unit
    /// of the run clears one low bit after the other, and the last stop within the run is one of
    /// those that adding the low bit reaches from its second unit. (The two directions of a Fenwick
    /// tree; at most 24 steps each.)
    fn mark_back(&mut self, run: Run, mark: Unit) {
        let mut place = run.start + 2;
        while place <= run.end() {
            self.set_unit(place - 1, mark);
            place += lowest_bit(place);
        }
    }

    /// The large block that `unit` belongs to.
    pub(super) fn run_containing(&self, unit: u32) -> Option<Run> {
        let mut place = unit + 1;
        while place > 0 {
            let start = match self.unit(place - 1) {
                Unit::Inside => {
                    place -= lowest_bit(place);
                    continue;
                }
                Unit::Used { .. } => place - 1,
                Unit::Back { start } => start,
                _ => return None,
            };
            let Unit::Used { len } = self.unit(start) else { return None };
            let run = Run::new(start, len);
            return (unit < run.end()).then_some(run);
        }
        None
    }

    /// Writes the words of a slab, or clears them with `Unit::Inside`.
    pub(super) fn fill_units(&mut self, run: Run, is: Unit) {
        for unit in run.start..run.end() {
            self.set_unit(unit, is);
        }
    }

    /// The free run whose first unit this is.
    #[inline]
    pub(super) fn free_run_at(&self, start: u32) -> Option<Run> {
        let len = match self.unit(start) {
            Unit::Free1 => 1,
            // What follows a free run is never free, so it has no length.
            Unit::Next { .. } => match self.unit(start + 2) {
                Unit::Len { len } => len,
                _ => 2,
            },
            _ => return None,
        };
        Some(Run::new(start, len))
    }

    /// The free run whose last unit comes before `end`.
    #[inline]
    pub(super) fn free_run_before(&self, end: u32) -> Option<Run> {
        let last = end.checked_sub(1)?;
        let len = match self.unit(last) {
            Unit::Free1 => 1,
            Unit::Prev { .. } => 2,
            Unit::Len { len } => len,
            _ => return None,
        };
        Some(Run::new(end.checked_sub(len)?, len))
    }

    /// Writes the words of a free run of two units or more.
    #[inline]
    pub(super) fn mark_free(&mut self, run: Run, prev: u32, next: u32) {
        self.set_unit(run.start, Unit::Next { next });
        self.set_unit(run.start + 1, Unit::Prev { prev });
        if run.len > 2 {
            self.set_unit(run.start + 2, Unit::Len { len: run.len });
            self.set_unit(run.end() - 1, Unit::Len { len: run.len });
        }
    }

    /// Clears the words of a free run of any length.
    #[inline]
    pub(super) fn clear_free(&mut self, run: Run) {
        self.set_unit(run.start, Unit::Inside);
        if run.len > 1 {
            self.set_unit(run.start + 1, Unit::Inside);
        }
        if run.len > 2 {
            self.set_unit(run.start + 2, Unit::Inside);
            self.set_unit(run.end() - 1, Unit::Inside);
        }
    }

    /// Links of a free run of two units or more: previous and next in its bin.
    #[inline]
    pub(super) fn links(&self, start: u32) -> (u32, u32) {
        let prev = match self.unit(start + 1) {
            Unit::Prev { prev } => prev,
            _ => NIL,
        };
        let next = match self.unit(start) {
            Unit::Next { next } => next,
            _ => NIL,
        };
        (prev, next)
    }
}

fn lowest_bit(place: u32) -> u32 {
    place & place.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn words_say_what_was_encoded() {
        for payload in [0, 1, 12345, NIL - 1, NIL] {
            for unit in [
                Unit::Inside,
                Unit::Used { len: payload },
                Unit::Back { start: payload },
                Unit::Slab { class: Class::from_index(0), id: payload },
                Unit::Slab { class: Class::from_index(46), id: payload },
                Unit::Free1,
                Unit::Next { next: payload },
                Unit::Prev { prev: payload },
                Unit::Len { len: payload },
                Unit::Gap,
            ] {
                assert_eq!(Unit::decode(unit.encode()), unit);
            }
        }
        assert_eq!(Unit::decode(0), Unit::Inside);
    }

    #[test]
    fn a_run_is_found_from_each_of_its_units_and_from_no_other() {
        let step = if cfg!(miri) { 13 } else { 1 };
        for len in (1..70).step_by(step) {
            for start in (0..70).step_by(step) {
                let run = Run::new(start, len);
                let mut tables = Tables::new(Vec::new());
                tables.grow_map(140).unwrap();
                tables.mark_used(run);
                for unit in 0..140 {
                    let inside = (run.start..run.end()).contains(&unit);
                    assert_eq!(
                        tables.run_containing(unit),
                        inside.then_some(run),
                        "{unit} {run:?}"
                    );
                }
                tables.clear_used(run);
                assert!((0..140).all(|unit| tables.unit(unit) == Unit::Inside));
            }
        }
    }

    #[test]
    fn each_position_has_its_own_bits() {
        let mut tables = Tables::new(Vec::new());
        tables.grow_map(8).unwrap();
        tables.set_unit(3, Unit::Slab { class: Class::from_index(5), id: 7 });
        for position in (0..8 * UNIT).step_by(GRAIN as usize) {
            let mut spot = tables.spot(position).unwrap();
            assert!(!spot.is_live());
            spot.set_live();
            assert_eq!(spot.even_class().is_some(), position / UNIT == 3);
            assert_eq!(tables.bits(position), (true, true));
            assert_eq!(tables.live_bits(), 1);
            tables.spot(position).unwrap().clear_live();
            assert_eq!(tables.bits(position), (false, true));
        }
        assert!(tables.spot(8 * UNIT).is_none());
    }
}
