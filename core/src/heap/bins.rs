//! Bins of free runs by length: two levels, as in TLSF.
//!
//! Runs of up to 15 units have a bin for each length; above, sixteen bins share each power of two.
//! A bit for every bin and a bit for every word of those make finding one a matter of two steps.

use super::map::{NIL, Run, Unit};
use super::storage::Storage;
use super::tables::Tables;

/// Runs of less than so many units have a bin for each length.
const EXACT: u32 = 16;
/// How many runs of a bin are looked at that may be too short.
const LOOK: u32 = 8;
const BINS: usize = 352;
const WORDS: usize = BINS / 32;

/// Heads of the lists, and which of them are not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bins {
    heads: [u32; BINS],
    filled: [u32; WORDS],
    summary: u32,
}

/// The bin of runs of `len` tables.
fn bin_of(len: u32) -> usize {
    if len < EXACT {
        return len as usize;
    }
    let power = len.ilog2();
    let bin = EXACT * (power - 3) + ((len >> (power - 4)) - EXACT);
    (bin as usize).min(BINS - 1)
}

/// The first bin of which every run has at least `len` tables.
fn bin_above(len: u32) -> usize {
    let step = if len < EXACT { 0 } else { (1 << (len.ilog2() - 4)) - 1 };
    bin_of(len + step)
}

impl Bins {
    pub(super) const fn new() -> Bins {
        Bins { heads: [NIL; BINS], filled: [0; WORDS], summary: 0 }
    }

    /// Puts a free run of two units or more at the front of its bin.
    pub(super) fn insert<S: Storage>(&mut self, tables: &mut Tables<S>, run: Run) {
        let bin = bin_of(run.len);
        let next = self.heads[bin];
        tables.mark_free(run, NIL, next);
        if next != NIL {
            tables.set_unit(next + 1, Unit::Prev { prev: run.start });
        }
        self.heads[bin] = run.start;
        self.filled[bin / 32] |= 1 << (bin % 32);
        self.summary |= 1 << (bin / 32);
    }

    /// Takes a run out of its bin. Its words are stale after that.
    pub(super) fn remove<S: Storage>(&mut self, tables: &mut Tables<S>, run: Run) {
        let (prev, next) = tables.links(run.start);
        if next != NIL {
            tables.set_unit(next + 1, Unit::Prev { prev });
        }
        if prev != NIL {
            tables.set_unit(prev, Unit::Next { next });
            return;
        }
        let bin = bin_of(run.len);
        self.heads[bin] = next;
        if next == NIL {
            self.filled[bin / 32] &= !(1 << (bin % 32));
            if self.filled[bin / 32] == 0 {
                self.summary &= !(1 << (bin / 32));
            }
        }
    }

    /// A run of at least `len` units, still in its bin.
    pub(super) fn find<S: Storage>(&self, tables: &Tables<S>, len: u32) -> Option<Run> {
        // The request's own bin has runs that fit and runs that do not: look at a few of them.
        let mut at = self.heads[bin_of(len)];
        for _ in 0..LOOK {
            let Some(run) = free_run(tables, at) else { break };
            if run.len >= len {
                return Some(run);
            }
            at = tables.links(run.start).1;
        }
        let bin = self.next_filled(bin_above(len))?;
        free_run(tables, self.heads[bin]).filter(|run| run.len >= len)
    }

    fn next_filled(&self, from: usize) -> Option<usize> {
        let word = from / 32;
        let here = self.filled[word] & (u32::MAX << (from % 32));
        if here != 0 {
            return Some(word * 32 + here.trailing_zeros() as usize);
        }
        let above = self.summary & (u32::MAX << word << 1);
        let word = above.trailing_zeros() as usize;
        let bits = *self.filled.get(word)?;
        Some(word * 32 + bits.trailing_zeros() as usize)
    }

    /// The runs of every bin: bin, whether its bits are set, and its list.
    pub(super) fn audit<S: Storage>(
        &self,
        tables: &Tables<S>,
        seen: &mut dyn FnMut(Run),
    ) -> Result<(), &'static str> {
        for (bin, &head) in self.heads.iter().enumerate() {
            let bit = self.filled[bin / 32] >> (bin % 32) & 1 == 1;
            if bit != (head != NIL) {
                return Err("a bin and its bit disagree");
            }
            let (mut prev, mut at) = (NIL, head);
            while at != NIL {
                let run = free_run(tables, at).ok_or("a bin holds what is no free run")?;
                if tables.links(run.start).0 != prev || bin_of(run.len) != bin {
                    return Err("a bin's list is broken");
                }
                seen(run);
                (prev, at) = (at, tables.links(run.start).1);
            }
        }
        for (word, &bits) in self.filled.iter().enumerate() {
            if (self.summary >> word & 1 == 1) != (bits != 0) {
                return Err("the bins' summary is wrong");
            }
        }
        Ok(())
    }
}

fn free_run<S: Storage>(tables: &Tables<S>, start: u32) -> Option<Run> {
    if start == NIL { None } else { tables.free_run_at(start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_rise_with_length_and_searching_never_falls_short() {
        let lengths = (2..5000).chain((13..25).flat_map(|p| [(1 << p) - 1, 1 << p, (1 << p) + 1]));
        let mut before = 0;
        for len in lengths {
            assert!(bin_of(len) >= before && bin_of(len) < BINS);
            before = bin_of(len);
            let above = bin_above(len);
            assert!(above >= bin_of(len) && above <= bin_of(len) + 1);
            assert!(bin_of(len - 1) < above, "a shorter run than {len} in bin {above}");
        }
    }
}
