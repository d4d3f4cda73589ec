//! A check of every invariant, for tests.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::classes::{CLASSES, Class};
use super::ops::Heap;
use super::stats::Counters;
use super::units::{Run, UNIT, Unit};

impl Heap {
    /// Checks all of the heap's invariants. Takes time in proportion to the whole heap; for tests.
    ///
    /// # Errors
    /// What is wrong, and where.
    #[doc(hidden)]
    pub fn audit(&self) -> Result<(), String> {
        let Heap { runs, slabs, counters, config, lent } = self;
        let (wild, end) = (runs.wild(), runs.extent.units());
        let mut gaps: BTreeSet<u32> = (0..runs.extent.regions() - 1)
            .map(|region| runs.extent.region_units(region).1)
            .collect();
        let mut free = BTreeSet::new();
        let mut partial = BTreeSet::new();
        let mut found = Counters::default();
        let mut found_slabs = 0;
        let mut live_by_class = [0; CLASSES];

        let (mut unit, mut after_free) = (0, false);
        while unit < wild {
            let mut is_free = false;
            let inside = match runs.units.get(unit) {
                Unit::Used { len } => {
                    found.taken(u64::from(len) * u64::from(UNIT));
                    let run = Run::new(unit, len);
                    if len == 0 || run.end() > wild {
                        return Err(format!("{run:?} reaches over the used part"));
                    }
                    if let Some(lost) =
                        (unit..run.end()).find(|&at| runs.units.run_containing(at) != Some(run))
                    {
                        return Err(format!("unit {lost} does not lead back to {run:?}"));
                    }
                    run.end()
                }
                Unit::Slab { id } => {
                    let shape = slabs.shape(id);
                    let live = slabs.live(id);
                    found_slabs += 1;
                    if slabs.unit(id) != unit || id >= slabs.records() {
                        return Err(format!("slab {id} is not at unit {unit}"));
                    }
                    let next = unit + shape.units;
                    if next > wild || shape.slots * shape.class.size() > shape.units * UNIT {
                        return Err(format!("slab {id} is too small: {shape:?}"));
                    }
                    if (unit..next).any(|at| runs.units.get(at) != (Unit::Slab { id })) {
                        return Err(format!("slab {id} does not own all its units"));
                    }
                    if live == 0 || live.checked_shr(shape.slots).unwrap_or(0) != 0 {
                        return Err(format!("slab {id} has live slots {live:#x}: {shape:?}"));
                    }
                    for _ in 0..live.count_ones() {
                        found.taken(shape.class.size().into());
                    }
                    live_by_class[shape.class.index()] += live.count_ones();
                    if live.count_ones() < shape.slots {
                        partial.insert(id);
                    }
                    unit = next;
                    after_free = false;
                    continue;
                }
                Unit::Gap => {
                    if !gaps.remove(&unit) {
                        return Err(format!("a gap at unit {unit} between no regions"));
                    }
                    unit + 1
                }
                Unit::Free1 | Unit::Next { .. } => {
                    let run = runs.units.free_run_at(unit).ok_or("a free run has no length")?;
                    if after_free || run.end() >= wild {
                        return Err(format!("{run:?} is free and touches what is free"));
                    }
                    if runs.units.free_run_before(run.end()) != Some(run) {
                        return Err(format!("{run:?} looks different from its end"));
                    }
                    if (unit + 3..run.end() - 1).any(|at| runs.units.get(at) != Unit::Inside) {
                        return Err(format!("{run:?} is free and has stale words"));
                    }
                    if run.len > 1 {
                        free.insert(unit);
                    }
                    is_free = true;
                    run.end()
                }
                other => return Err(format!("unit {unit} starts with {other:?}")),
            };
            after_free = is_free;
            unit = inside;
        }
        if unit != wild || wild > end || !gaps.is_empty() {
            return Err(format!("units end at {unit}, the wilderness is {wild}..{end}"));
        }
        if (wild..end).any(|at| runs.units.get(at) != Unit::Inside) {
            return Err(format!("the wilderness {wild}..{end} has stale words"));
        }
        runs.bins().audit(&runs.units, &mut |run| {
            if !free.remove(&run.start) {
                free.insert(u32::MAX);
            }
        })?;
        slabs.audit(&mut |slab| {
            if !partial.remove(&slab) {
                partial.insert(u32::MAX);
            }
        })?;
        if !free.is_empty() || !partial.is_empty() {
            return Err(format!("lists miss or repeat free runs {free:?} or slabs {partial:?}"));
        }
        if found_slabs + slabs.vacant_records() != slabs.records() {
            return Err(format!("{found_slabs} slabs in {} records", slabs.records()));
        }
        for class in Class::ALL.map(|index| Class::from_index(index.into())) {
            if slabs.live_in(class) != live_by_class[class.index()] {
                return Err(format!("{class:?} miscounts its live blocks"));
            }
        }
        if (found.live_blocks, found.live_bytes) != (counters.live_blocks, counters.live_bytes) {
            return Err(format!("found {found:?}, counted {counters:?}"));
        }
        if let Some(offset) = lent.iter().find(|&offset| self.usable_size(offset).is_err()) {
            return Err(format!("{offset:#x} is lent and not live"));
        }
        if counters.peak_blocks > config.max_blocks || counters.peak_bytes > config.max_live_bytes {
            return Err(format!("{counters:?} exceed the quotas of {config:?}"));
        }
        Ok(())
    }

    /// Whether two heaps are the same but for their counts of failures. For tests.
    #[doc(hidden)]
    pub fn same_state(&self, other: &Heap) -> bool {
        let mut other_counters = other.counters;
        other_counters.failed = self.counters.failed;
        other_counters.invalid_frees = self.counters.invalid_frees;
        self.config == other.config
            && self.runs == other.runs
            && self.slabs == other.slabs
            && self.counters == other_counters
            && self.lent == other.lent
    }
}
