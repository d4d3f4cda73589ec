//! The unit table: one word for every 128 bytes of the heap.
//!
//! A word is a tag and a 25-bit payload. What stretches over several units is told by the words at
//! its edges; words in between are zero, so nothing stale is ever read:
//!
//! ```text
//! used run      Used(len)  Back(start) ...           Back at O(log len) places, see `mark_used`
//! slab          Slab(id)   Slab(id) ... Slab(id)     in every unit
//! free run, 1   Free1                                in no bin
//! free run, 2   Next       PrevLast
//! free run, 3+  Next       Prev  Len ... Len         Len in the third and the last unit
//! gap           Gap                                  one unit stands for any hole between regions
//! ```

use super::words::{HostMemory, Words};

/// Bytes in a unit.
pub(super) const UNIT: u32 = 128;

/// No unit, and no slab.
pub(super) const NIL: u32 = PAYLOAD;

const TAG_SHIFT: u32 = 25;
const PAYLOAD: u32 = (1 << TAG_SHIFT) - 1;

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
    Slab { id: u32 },
    /// A free run of one unit.
    Free1,
    /// First unit of a free run: the next in its bin.
    Next { next: u32 },
    /// Second unit of a longer free run: the previous in its bin.
    Prev { prev: u32 },
    /// Second and last unit of a free run of two.
    PrevLast { prev: u32 },
    /// Third unit, and last unit, of a free run of three or more.
    Len { len: u32 },
    /// Memory of somebody else.
    Gap,
}

impl Unit {
    #[inline]
    fn encode(self) -> u32 {
        let (tag, payload) = match self {
            Unit::Inside => (0, 0),
            Unit::Used { len } => (1, len),
            Unit::Back { start } => (2, start),
            Unit::Slab { id } => (3, id),
            Unit::Free1 => (4, 0),
            Unit::Next { next } => (5, next),
            Unit::Prev { prev } => (6, prev),
            Unit::PrevLast { prev } => (7, prev),
            Unit::Len { len } => (8, len),
            Unit::Gap => (9, 0),
        };
        tag << TAG_SHIFT | payload & PAYLOAD
    }

    #[inline]
    fn decode(word: u32) -> Unit {
        let payload = word & PAYLOAD;
        match word >> TAG_SHIFT {
            1 => Unit::Used { len: payload },
            2 => Unit::Back { start: payload },
            3 => Unit::Slab { id: payload },
            4 => Unit::Free1,
            5 => Unit::Next { next: payload },
            6 => Unit::Prev { prev: payload },
            7 => Unit::PrevLast { prev: payload },
            8 => Unit::Len { len: payload },
            9 => Unit::Gap,
            _ => Unit::Inside,
        }
    }
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

/// The unit table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Units(Words);

impl Units {
    pub(super) const fn new() -> Self {
        Units(Words::new())
    }

    #[inline]
    pub(super) fn get(&self, unit: u32) -> Unit {
        Unit::decode(self.0.get(unit))
    }

    #[inline]
    pub(super) fn set(&mut self, unit: u32, is: Unit) {
        self.0.set(unit, is.encode());
    }

    pub(super) fn grow(&mut self, len: u32) -> Result<(), HostMemory> {
        self.0.grow(len)
    }

    pub(super) fn clear(&mut self, len: u32) {
        self.0.clear(len);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes()
    }

    /// Writes the words of a large block. The run's words are `Inside`.
    pub(super) fn mark_used(&mut self, run: Run) {
        self.set(run.start, Unit::Used { len: run.len });
        self.mark_back(run, Unit::Back { start: run.start });
    }

    /// Clears the words of a large block.
    pub(super) fn clear_used(&mut self, run: Run) {
        self.set(run.start, Unit::Inside);
        self.mark_back(run, Unit::Inside);
    }

    /// Writes the places where `run_containing` looks: counting units from 1, a path from any unit
    /// of the run clears one low bit after the other, and the last stop within the run is one of
    /// those that adding the low bit reaches from its second unit. (The two directions of a Fenwick
    /// tree; at most 25 steps each.)
    fn mark_back(&mut self, run: Run, mark: Unit) {
        let mut place = run.start + 2;
        while place <= run.end() {
            self.set(place - 1, mark);
            place += lowest_bit(place);
        }
    }

    /// The large block that `unit` belongs to.
    pub(super) fn run_containing(&self, unit: u32) -> Option<Run> {
        let mut place = unit + 1;
        while place > 0 {
            let start = match self.get(place - 1) {
                Unit::Inside => {
                    place -= lowest_bit(place);
                    continue;
                }
                Unit::Used { .. } => place - 1,
                Unit::Back { start } => start,
                _ => return None,
            };
            let Unit::Used { len } = self.get(start) else { return None };
            let run = Run::new(start, len);
            return (unit < run.end()).then_some(run);
        }
        None
    }

    /// Writes the words of a slab.
    pub(super) fn mark_slab(&mut self, run: Run, id: u32) {
        for unit in run.start..run.end() {
            self.set(unit, Unit::Slab { id });
        }
    }

    /// Clears the words of a slab.
    pub(super) fn clear_slab(&mut self, run: Run) {
        for unit in run.start..run.end() {
            self.set(unit, Unit::Inside);
        }
    }

    /// The free run whose first unit this is.
    pub(super) fn free_run_at(&self, start: u32) -> Option<Run> {
        let len = match self.get(start) {
            Unit::Free1 => 1,
            Unit::Next { .. } => match self.get(start + 1) {
                Unit::PrevLast { .. } => 2,
                _ => match self.get(start + 2) {
                    Unit::Len { len } => len,
                    _ => return None,
                },
            },
            _ => return None,
        };
        Some(Run::new(start, len))
    }

    /// The free run whose last unit comes before `end`.
    pub(super) fn free_run_before(&self, end: u32) -> Option<Run> {
        let last = end.checked_sub(1)?;
        let len = match self.get(last) {
            Unit::Free1 => 1,
            Unit::PrevLast { .. } => 2,
            Unit::Len { len } => len,
            _ => return None,
        };
        Some(Run::new(end.checked_sub(len)?, len))
    }

    /// Writes the words of a free run of two units or more.
    pub(super) fn mark_free(&mut self, run: Run, prev: u32, next: u32) {
        self.set(run.start, Unit::Next { next });
        self.set_prev(run, prev);
        if run.len > 2 {
            self.set(run.start + 2, Unit::Len { len: run.len });
            self.set(run.end() - 1, Unit::Len { len: run.len });
        }
    }

    /// Clears the words of a free run of any length.
    pub(super) fn clear_free(&mut self, run: Run) {
        for unit in run.start..run.start + run.len.min(3) {
            self.set(unit, Unit::Inside);
        }
        self.set(run.end() - 1, Unit::Inside);
    }

    pub(super) fn set_prev(&mut self, run: Run, prev: u32) {
        let word = if run.len == 2 { Unit::PrevLast { prev } } else { Unit::Prev { prev } };
        self.set(run.start + 1, word);
    }

    /// Links of a free run of two units or more: previous and next in its bin.
    pub(super) fn links(&self, run: Run) -> (u32, u32) {
        let prev = match self.get(run.start + 1) {
            Unit::Prev { prev } | Unit::PrevLast { prev } => prev,
            _ => NIL,
        };
        let next = match self.get(run.start) {
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

    #[test]
    fn words_decode_to_what_was_encoded() {
        for payload in [0, 1, 12345, NIL - 1, NIL] {
            for unit in [
                Unit::Inside,
                Unit::Used { len: payload },
                Unit::Back { start: payload },
                Unit::Slab { id: payload },
                Unit::Free1,
                Unit::Next { next: payload },
                Unit::Prev { prev: payload },
                Unit::PrevLast { prev: payload },
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
        for len in 1..70 {
            for start in 0..70 {
                let run = Run::new(start, len);
                let mut units = Units::new();
                units.grow(140).unwrap();
                units.mark_used(run);
                for unit in 0..140 {
                    let inside = (run.start..run.end()).contains(&unit);
                    assert_eq!(units.run_containing(unit), inside.then_some(run), "{unit} {run:?}");
                }
                units.clear_used(run);
                assert!((0..140).all(|unit| units.get(unit) == Unit::Inside));
            }
        }
    }
}
