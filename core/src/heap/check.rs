//! A check of every invariant, for tests.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::classes::{BY_CLASS, Class};
use super::heap::Heap;
use super::lookup::Place;
use super::map::{Run, UNIT, Unit};
use super::storage::Storage;
use super::tables::Table;

impl<S: Storage> Heap<S> {
    /// Checks all of the heap's invariants. Takes time in proportion to the whole heap; for tests.
    ///
    /// # Errors
    /// What is wrong, and where.
    #[doc(hidden)]
    pub fn audit(&self) -> Result<(), String> {
        let Heap { runs, slabs, counters, tables, .. } = self;
        let (wild, end) = (runs.wild(), runs.extent.units());
        let mut gaps: BTreeSet<u32> = (0..runs.extent.regions() - 1)
            .map(|region| runs.extent.region_units(tables, region).1)
            .collect();
        let mut free = BTreeSet::new();
        let mut partial = BTreeSet::new();
        let mut found_slabs = 0;
        let mut in_use = [0; BY_CLASS];
        let mut places = BTreeSet::new();

        let (mut unit, mut after_free) = (0, false);
        while unit < wild {
            let mut is_free = false;
            let next = match tables.unit(unit) {
                Unit::Used { len } => {
                    let run = Run::new(unit, len);
                    if len == 0 || run.end() > wild {
                        return Err(format!("{run:?} reaches over the used part"));
                    }
                    if let Some(lost) =
                        (unit..run.end()).find(|&at| tables.run_containing(at) != Some(run))
                    {
                        return Err(format!("unit {lost} does not lead back to {run:?}"));
                    }
                    places.insert(unit * UNIT);
                    run.end()
                }
                Unit::Slab { class, id } => {
                    let shape = tables.shape(id);
                    let available = tables.available(id);
                    found_slabs += 1;
                    if tables.slab_unit(id) != unit || shape.class != class {
                        return Err(format!("slab {id} is not at unit {unit}"));
                    }
                    let next = unit + shape.units;
                    if next > wild || shape.slots * class.size() > shape.units * UNIT {
                        return Err(format!("slab {id} is too small: {shape:?}"));
                    }
                    if (unit..next).any(|at| tables.unit(at) != (Unit::Slab { class, id })) {
                        return Err(format!("slab {id} does not own all its units"));
                    }
                    if available.checked_shr(shape.slots).unwrap_or(0) != 0 {
                        return Err(format!("slab {id} has slots {available:#x}: {shape:?}"));
                    }
                    let taken = shape.slots - available.count_ones();
                    in_use[class.index()] += taken;
                    for slot in (0..shape.slots).filter(|slot| available >> slot & 1 == 0) {
                        places.insert(unit * UNIT + slot * class.size());
                    }
                    if available != 0 {
                        partial.insert(id);
                    }
                    next
                }
                Unit::Gap => {
                    if !gaps.remove(&unit) {
                        return Err(format!("a gap at unit {unit} between no regions"));
                    }
                    unit + 1
                }
                Unit::Free1 | Unit::Next { .. } => {
                    let run = tables.free_run_at(unit).ok_or("a free run has no length")?;
                    if after_free || run.end() >= wild {
                        return Err(format!("{run:?} is free and touches what is free"));
                    }
                    if tables.free_run_before(run.end()) != Some(run) {
                        return Err(format!("{run:?} looks different from its end"));
                    }
                    if (unit + 3..run.end() - 1).any(|at| tables.unit(at) != Unit::Inside) {
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
            unit = next;
        }
        if unit != wild || wild > end || runs.untouched() < wild || !gaps.is_empty() {
            return Err(format!("units end at {unit}, the wilderness is {wild}..{end}"));
        }
        if (wild..end).any(|at| tables.unit(at) != Unit::Inside) {
            return Err(format!("the wilderness {wild}..{end} has stale words"));
        }
        runs.bins().audit(tables, &mut |run| {
            if !free.remove(&run.start) {
                free.insert(u32::MAX);
            }
        })?;
        slabs.audit(tables, &mut |slab| {
            if !partial.remove(&slab) {
                partial.insert(u32::MAX);
            }
        })?;
        if !free.is_empty() || !partial.is_empty() {
            return Err(format!("lists miss or repeat free runs {free:?} or slabs {partial:?}"));
        }
        if found_slabs + slabs.vacant_records(tables) != tables.slab_records() {
            return Err(format!("{found_slabs} slabs in {} records", tables.slab_records()));
        }
        if let Some(class) = Class::all().find(|&c| slabs.in_use(c) != in_use[c.index()]) {
            return Err(format!("{class:?} miscounts its slots"));
        }
        self.audit_places(places)?;
        if !counters.peaks_are_right() {
            return Err(format!("{counters:?} exceed the quotas of {:?}", self.config));
        }
        Ok(())
    }

    /// How many words of its tables the heap has read and written, in builds with debug assertions;
    /// 0 in others. For tests.
    #[doc(hidden)]
    pub fn steps(&self) -> u64 {
        self.tables.steps()
    }

    /// Every slot and run that is taken is exactly one of: a live block, a lent block, the spare, a
    /// slot in a magazine, a block in quarantine.
    fn audit_places(&self, mut places: BTreeSet<u32>) -> Result<(), String> {
        let mut claim = |position: u32, what: &str, live: bool| {
            if self.tables.bits(position).0 != live || !places.remove(&position) {
                return Err(format!("position {position:#x} is {what} and something else"));
            }
            Ok(())
        };
        for class in Class::all() {
            for &position in self.magazines.slots(class) {
                let place = self.place_at(position / UNIT, position);
                if place != Some(Place::Slot { class, position }) {
                    return Err(format!("the magazine of {class:?} holds {place:?}"));
                }
                claim(position, "in a magazine", false)?;
            }
        }
        if let Some((_, position)) = self.idle_spare() {
            claim(position, "the spare", false)?;
        }
        for place in self.quarantined() {
            claim(place.position(), "in quarantine", false)?;
        }
        let (mut blocks, mut bytes) = (0, 0);
        let mut lent = 0;
        for block in self.blocks() {
            let position = self.extent().position_of(&self.tables, block.offset);
            let position = position.ok_or("a block has no position")?;
            lent += u32::from(self.is_lent(block.offset));
            claim(position, "a block", !self.is_lent(block.offset))?;
            blocks += 1;
            bytes += u64::from(block.size);
        }
        if let Some(position) = places.first() {
            return Err(format!("position {position:#x} is taken by nothing"));
        }
        if u64::from(self.tables.live_bits()) + u64::from(lent) != blocks {
            return Err(format!("{blocks} blocks, {} live bits", self.tables.live_bits()));
        }
        if lent != self.lent_blocks() {
            return Err(format!("{lent} blocks of {} are lent", self.lent_blocks()));
        }
        let waiting: u64 = self.quarantined().map(|place| u64::from(place.size())).sum();
        if waiting != self.quarantine.bytes {
            return Err(format!("{waiting} bytes in quarantine, {:?}", self.quarantine));
        }
        if (blocks, bytes) != (self.counters.live_blocks(), self.counters.live_bytes()) {
            return Err(format!("found {blocks} blocks of {bytes} bytes: {:?}", self.counters));
        }
        Ok(())
    }
}

impl<S: Storage + Clone + PartialEq> Heap<S> {
    /// Whether two heaps are the same but for their counts of failures. For tests.
    #[doc(hidden)]
    pub fn same_state(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.counters = other.counters.with_failures_of(&self.counters);
        *self == other
    }

    /// The same after magazines, quarantine and lists of free places were brought in order: what a
    /// request that failed may have changed. For tests.
    #[doc(hidden)]
    pub fn same_blocks(&self, other: &Self) -> bool {
        self.blocks().eq(other.blocks())
            && self.counters == other.counters.with_failures_of(&self.counters)
            && self.runs.extent == other.runs.extent
            && self.lent_blocks() == other.lent_blocks()
            && self.tables.words(Table::Lent) == other.tables.words(Table::Lent)
            && self.tables.words(Table::Kept) == other.tables.words(Table::Kept)
    }
}
