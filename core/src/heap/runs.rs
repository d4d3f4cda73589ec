//! Runs of units: the allocator of large blocks and of slabs.
//!
//! Free runs lie in bins, except for single units, the latest of which are remembered in a ring,
//! and for the wilderness: the free units at the very top. It is cut last, and it is what a growth
//! makes larger. No two free runs touch, and none touches the wilderness.

use super::bins::Bins;
use super::config::HeapConfig;
use super::error::ExtendError;
use super::extent::Extent;
use super::hardening::Random;
use super::map::{NIL, Run, UNIT, Unit};
use super::storage::Storage;
use super::tables::Tables;

/// How many single free units are remembered. A word has no room for the two links of a bin, so
/// those beyond only wait for a neighbour to become free.
const SINGLES: usize = 64;

/// The free runs, and the memory that all units stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs {
    pub(super) extent: Extent,
    bins: Bins,
    /// First unit of the wilderness, which reaches to the last unit.
    wild: u32,
    /// First unit that was never in use, and neither was any after it.
    fresh: u32,
    /// First unit that is known to be zero, as are all after it, if that is above `fresh`: units
    /// below were in use in a state that is no more.
    touched: Touched,
    /// Whether `take` leaves units alone that were never in use.
    below_fresh: bool,
    /// Units that were free on their own when they were put here, the latest at `next_single - 1`.
    singles: [u32; SINGLES],
    next_single: u32,
}

/// A unit. What the bytes of memory are like decides nothing about blocks, so two heaps that differ
/// in this alone are equal.
#[derive(Clone, Copy, Debug)]
struct Touched(u32);

impl PartialEq for Touched {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Touched {}

impl Runs {
    pub(super) fn new(config: &HeapConfig) -> Runs {
        Runs {
            extent: Extent::new(config),
            bins: Bins::new(),
            wild: 0,
            fresh: 0,
            touched: Touched(0),
            below_fresh: false,
            singles: [NIL; SINGLES],
            next_single: 0,
        }
    }

    pub(super) fn wild(&self) -> u32 {
        self.wild
    }

    /// First unit of those that never were part of anything.
    pub(super) fn untouched(&self) -> u32 {
        self.fresh.max(self.touched.0)
    }

    /// One past the last byte that ever was part of a block, or of a slab.
    pub(super) fn touched_top<S: Storage>(&self, tables: &Tables<S>) -> u64 {
        match self.untouched().checked_sub(1) {
            Some(last) => (u64::from(self.extent.place_of(tables, last)) + 1) * u64::from(UNIT),
            None => self.extent.base(),
        }
    }

    /// Makes `take` leave units alone that were never in use.
    pub(super) fn stay_below_fresh(&mut self, stay: bool) {
        self.below_fresh = stay;
    }

    pub(super) fn stays_below_fresh(&self) -> bool {
        self.below_fresh
    }

    /// Takes note that all units below `untouched` were in use.
    pub(super) fn touched_up_to(&mut self, untouched: u32) {
        self.touched = Touched(untouched);
    }

    pub(super) fn extend<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        config: &HeapConfig,
        start: u64,
        end: u64,
    ) -> Result<(), ExtendError> {
        let before = self.extent.units();
        if self.extent.extend(tables, config, start, end)? {
            // What was the wilderness is a free run like any other now.
            let rest = Run::new(self.wild, before - self.wild);
            self.insert(tables, rest);
            tables.set_unit(before, Unit::Gap);
            self.wild = before + 1;
            self.fresh = self.wild;
        }
        Ok(())
    }

    /// Takes `len` units whose place is a multiple of `align`. The run's words are `Inside`.
    /// With a generator of random numbers, the place within what is free is random.
    pub(super) fn take<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        len: u32,
        align: u32,
        random: Option<&mut Random>,
    ) -> Option<Run> {
        if len == 1
            && align == 1
            && random.is_none()
            && let Some(single) = self.take_single(tables)
        {
            return Some(single);
        }
        let (free, from_bin) = match self.bins.find(tables, len.checked_add(align - 1)?) {
            Some(free) => (free, true),
            None => {
                let end = if self.below_fresh { self.fresh } else { self.extent.units() };
                (Run::new(self.wild, end - self.wild), false)
            }
        };
        let mut lead = match align {
            1 => 0,
            _ => self.extent.place_of(tables, free.start).wrapping_neg() & (align - 1),
        };
        let room = free.len.checked_sub(lead.checked_add(len)?)?;
        if let Some(random) = random {
            // Not all over the wilderness: a heap that is twice as large is no safer.
            let most = if from_bin { room } else { room.min(8) };
            lead += random.below(most / align + 1) * align;
        }
        let taken = Run::new(free.start + lead, len);
        if from_bin {
            self.remove(tables, free);
            self.insert(tables, Run::new(taken.end(), free.end() - taken.end()));
        } else {
            self.wild = taken.end();
            self.fresh = self.fresh.max(self.wild);
        }
        self.insert(tables, Run::new(free.start, lead));
        Some(taken)
    }

    /// Takes the latest single unit that is still one.
    fn take_single<S: Storage>(&mut self, tables: &mut Tables<S>) -> Option<Run> {
        loop {
            let latest = self.next_single.wrapping_sub(1) as usize % SINGLES;
            let unit = core::mem::replace(&mut self.singles[latest], NIL);
            if unit == NIL {
                return None;
            }
            self.next_single = latest as u32;
            if unit < self.wild && tables.unit(unit) == Unit::Free1 {
                tables.set_unit(unit, Unit::Inside);
                return Some(Run::new(unit, 1));
            }
        }
    }

    /// Gives a run back. Its words are `Inside`.
    pub(super) fn release<S: Storage>(&mut self, tables: &mut Tables<S>, run: Run) {
        let mut free = run;
        if let Some(before) = tables.free_run_before(free.start) {
            self.remove(tables, before);
            free = Run::new(before.start, before.len + free.len);
        }
        if free.end() == self.wild {
            self.wild = free.start;
            return;
        }
        if let Some(after) = tables.free_run_at(free.end()) {
            self.remove(tables, after);
            free.len += after.len;
        }
        self.insert(tables, free);
    }

    /// Takes `more` units right behind unit `end`, if they are free.
    pub(super) fn take_at<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        end: u32,
        more: u32,
    ) -> bool {
        if end == self.wild {
            let enough = more <= self.extent.units() - self.wild;
            self.wild += if enough { more } else { 0 };
            self.fresh = self.fresh.max(self.wild);
            return enough;
        }
        match tables.free_run_at(end) {
            Some(free) if free.len >= more => {
                self.remove(tables, free);
                self.insert(tables, Run::new(end + more, free.len - more));
                true
            }
            _ => false,
        }
    }

    /// Makes everything free.
    pub(super) fn reset<S: Storage>(&mut self, tables: &mut Tables<S>) {
        tables.clear_map(self.wild);
        self.bins = Bins::new();
        self.singles = [NIL; SINGLES];
        self.next_single = 0;
        for region in 0..self.extent.regions() - 1 {
            let (start, end) = self.extent.region_units(tables, region);
            self.insert(tables, Run::new(start, end - start));
            tables.set_unit(end, Unit::Gap);
        }
        self.wild = self.extent.region_units(tables, self.extent.regions() - 1).0;
    }

    fn insert<S: Storage>(&mut self, tables: &mut Tables<S>, run: Run) {
        match run.len {
            0 => {}
            1 => {
                tables.set_unit(run.start, Unit::Free1);
                self.singles[self.next_single as usize % SINGLES] = run.start;
                self.next_single = (self.next_single + 1) % SINGLES as u32;
            }
            _ => self.bins.insert(tables, run),
        }
    }

    fn remove<S: Storage>(&mut self, tables: &mut Tables<S>, run: Run) {
        if run.len > 1 {
            self.bins.remove(tables, run);
        }
        tables.clear_free(run);
    }

    pub(super) fn bins(&self) -> &Bins {
        &self.bins
    }
}
