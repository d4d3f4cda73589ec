//! Runs of units: the allocator of large blocks and of slabs.
//!
//! Free runs lie in bins, except for single units, which only wait for a neighbour, and for the
//! wilderness: the free units at the very top. It is cut last, and it is what a growth makes
//! larger. No two free runs touch, and none touches the wilderness.

use super::bins::Bins;
use super::config::HeapConfig;
use super::error::ExtendError;
use super::extent::Extent;
use super::units::{Run, Unit, Units};

/// The unit table, the free runs in it, and the memory it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runs {
    pub(super) extent: Extent,
    pub(super) units: Units,
    bins: Bins,
    /// First unit of the wilderness, which reaches to the last unit.
    wild: u32,
}

impl Runs {
    pub(super) fn new(config: &HeapConfig) -> Runs {
        Runs { extent: Extent::new(config), units: Units::new(), bins: Bins::new(), wild: 0 }
    }

    pub(super) fn wild(&self) -> u32 {
        self.wild
    }

    pub(super) fn extend(
        &mut self,
        config: &HeapConfig,
        start: u64,
        end: u64,
    ) -> Result<(), ExtendError> {
        let before = self.extent.units();
        let units = &mut self.units;
        if self.extent.extend(config, start, end, |len| units.grow(len))? {
            // What was the wilderness is a free run like any other now.
            let rest = Run::new(self.wild, before - self.wild);
            self.insert(rest);
            self.units.set(before, Unit::Gap);
            self.wild = before + 1;
        }
        Ok(())
    }

    /// Takes `len` units whose place is a multiple of `align`. The run's words are `Inside`.
    pub(super) fn take(&mut self, len: u32, align: u32) -> Option<Run> {
        let (free, from_bin) = match self.bins.find(&self.units, len.checked_add(align - 1)?) {
            Some(free) => (free, true),
            None => (Run::new(self.wild, self.extent.units() - self.wild), false),
        };
        let place = self.extent.place_of(free.start);
        let lead = place.wrapping_neg() & (align - 1);
        let taken = Run::new(free.start.checked_add(lead)?, len);
        if lead.checked_add(len)? > free.len {
            return None;
        }
        let rest = Run::new(taken.end(), free.len - lead - len);
        if from_bin {
            self.remove(free);
            self.insert(rest);
        } else {
            self.wild = rest.start;
        }
        self.insert(Run::new(free.start, lead));
        Some(taken)
    }

    /// Gives a run back. Its words are `Inside`.
    pub(super) fn release(&mut self, run: Run) {
        let mut free = run;
        if let Some(before) = self.units.free_run_before(free.start) {
            self.remove(before);
            free = Run::new(before.start, before.len + free.len);
        }
        if free.end() == self.wild {
            self.wild = free.start;
            return;
        }
        if let Some(after) = self.units.free_run_at(free.end()) {
            self.remove(after);
            free.len += after.len;
        }
        self.insert(free);
    }

    /// Takes `more` units right behind unit `end`, if they are free.
    pub(super) fn take_at(&mut self, end: u32, more: u32) -> bool {
        if end == self.wild {
            let enough = more <= self.extent.units() - self.wild;
            self.wild += if enough { more } else { 0 };
            return enough;
        }
        match self.units.free_run_at(end) {
            Some(free) if free.len >= more => {
                self.remove(free);
                self.insert(Run::new(end + more, free.len - more));
                true
            }
            _ => false,
        }
    }

    /// Makes everything free.
    pub(super) fn reset(&mut self) {
        self.units.clear(self.wild);
        self.bins = Bins::new();
        for region in 0..self.extent.regions() - 1 {
            let (start, end) = self.extent.region_units(region);
            self.insert(Run::new(start, end - start));
            self.units.set(end, Unit::Gap);
        }
        self.wild = self.extent.region_units(self.extent.regions() - 1).0;
    }

    fn insert(&mut self, run: Run) {
        match run.len {
            0 => {}
            1 => self.units.set(run.start, Unit::Free1),
            _ => self.bins.insert(&mut self.units, run),
        }
    }

    fn remove(&mut self, run: Run) {
        if run.len > 1 {
            self.bins.remove(&mut self.units, run);
        }
        self.units.clear_free(run);
    }

    pub(super) fn bins(&self) -> &Bins {
        &self.bins
    }
}
