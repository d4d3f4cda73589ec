//! Slabs: runs of units cut into slots of one size class.
//!
//! A slab has at most 64 slots, and a bit for each that is available, that is, neither a block nor
//! in a magazine. Slabs with an available slot form a list per class; a slab all of whose slots are
//! available goes back to the runs at once. A slab has about an eighth of the bytes that are in use
//! in its class, up to 4 KiB: small heaps have small slabs, and a few blocks that stay behind do
//! not hold much memory.

use super::classes::{BY_CLASS, Class};
use super::hardening::Random;
use super::map::{NIL, Run, UNIT, Unit};
use super::runs::Runs;
use super::storage::{Storage, StorageFull};
use super::tables::{Table, Tables};

/// How many bytes a new slab has, as a part of the bytes that are in use in its class.
const SHARE: u64 = 8;

/// The most units that a new slab is meant to have.
const UNITS_MAX: u64 = 16;

const MAX_SLOTS: u32 = 64;

/// Words of a slab's record. The first three have 24 bits for a link or a unit, and below the top
/// a byte of the slab's shape.
const UNIT_AT: u32 = 0;
const NEXT: u32 = 1;
const PREV: u32 = 2;
const AVAILABLE: u32 = 3;
const RECORD: u32 = 5;

const SHAPE_SHIFT: u32 = 24;
const LINK: u32 = (1 << SHAPE_SHIFT) - 1;

/// The list of every class, and how many slots are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slabs {
    /// First record that describes no slab; the others follow through their `NEXT`.
    vacant: u32,
    /// First slab with an available slot, by class.
    partial: [u32; BY_CLASS],
    /// Slots that are not available: blocks, and slots in magazines or in quarantine.
    in_use: [u32; BY_CLASS],
}

/// A slab's fixed properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) class: Class,
    pub(super) slots: u32,
    pub(super) units: u32,
}

impl Shape {
    /// A slab of at least `units` units and one slot, of which at most an eighth is left over, or
    /// else is a little larger than that.
    fn of_units(class: Class, units: u32) -> Shape {
        let shape = |units: u32| {
            let slots = class.slot_at(units * UNIT).min(MAX_SLOTS);
            Shape { class, slots, units: (slots * class.size()).div_ceil(UNIT) }
        };
        let first = units.clamp(class.size().div_ceil(UNIT), MAX_SLOTS * class.size() / UNIT);
        (first..first + 3)
            .map(shape)
            .find(|shape| shape.slots * class.size() * 8 >= shape.units * UNIT * 7)
            .unwrap_or_else(|| shape(first))
    }

    #[inline]
    fn all_slots(self) -> u64 {
        u64::MAX >> (MAX_SLOTS - self.slots.clamp(1, MAX_SLOTS))
    }
}

/// Why there is no slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSlab {
    /// No run of this many units is free.
    Units(u32),
    /// The host has no memory for the record.
    Host,
}

impl From<StorageFull> for NoSlab {
    fn from(StorageFull: StorageFull) -> Self {
        NoSlab::Host
    }
}

// A slab's record.
impl<S: Storage> Tables<S> {
    #[inline]
    fn slab(&self, slab: u32, field: u32) -> u32 {
        self.get(Table::Slabs, slab * RECORD + field)
    }

    #[inline]
    fn set_slab(&mut self, slab: u32, field: u32, word: u32) {
        self.set(Table::Slabs, slab * RECORD + field, word);
    }

    #[inline]
    fn link(&self, slab: u32, field: u32) -> u32 {
        self.slab(slab, field) & LINK
    }

    #[inline]
    fn set_link(&mut self, slab: u32, field: u32, link: u32) {
        let shape = self.slab(slab, field) & !LINK;
        self.set_slab(slab, field, shape | link);
    }

    #[inline]
    pub(super) fn shape(&self, slab: u32) -> Shape {
        Shape {
            slots: self.slab(slab, UNIT_AT) >> SHAPE_SHIFT,
            units: self.slab(slab, NEXT) >> SHAPE_SHIFT,
            class: Class::from_index(self.slab(slab, PREV) >> SHAPE_SHIFT),
        }
    }

    /// A slab's first unit.
    #[inline]
    pub(super) fn slab_unit(&self, slab: u32) -> u32 {
        self.link(slab, UNIT_AT)
    }

    /// A bit for every available slot.
    #[inline]
    pub(super) fn available(&self, slab: u32) -> u64 {
        u64::from(self.slab(slab, AVAILABLE)) | u64::from(self.slab(slab, AVAILABLE + 1)) << 32
    }

    #[inline]
    fn set_available(&mut self, slab: u32, bits: u64) {
        self.set_slab(slab, AVAILABLE, bits as u32);
        self.set_slab(slab, AVAILABLE + 1, (bits >> 32) as u32);
    }

    /// How many records there are, vacant ones included.
    pub(super) fn slab_records(&self) -> u32 {
        self.len(Table::Slabs) / RECORD
    }
}

impl Slabs {
    pub(super) const fn new() -> Slabs {
        Slabs { vacant: NIL, partial: [NIL; BY_CLASS], in_use: [0; BY_CLASS] }
    }

    /// The slab that the class's next slots come from.
    #[inline]
    pub(super) fn partial(&self, class: Class) -> Option<u32> {
        Some(self.partial[class.index()]).filter(|&slab| slab != NIL)
    }

    /// How many slots of the class are not available.
    #[inline]
    pub(super) fn in_use(&self, class: Class) -> u32 {
        self.in_use[class.index()]
    }

    /// Takes the lowest available slot of a slab in its class's list, or a random one, and gives
    /// its position.
    pub(super) fn take_slot<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        slab: u32,
        class: Class,
        random: Option<&mut Random>,
    ) -> u32 {
        let bits = tables.available(slab);
        let slot = match random {
            None => bits.trailing_zeros(),
            Some(random) => nth_bit(bits, random.below(bits.count_ones())),
        };
        self.take(tables, slab, class, bits, 1u64.wrapping_shl(slot));
        slot_position(tables, slab, class, slot)
    }

    /// Takes the lowest available slot of a slab in its class's list, and gives its position. Takes
    /// up to `more` of the next slots as well, and calls `each` with their positions, the highest
    /// first.
    #[inline]
    pub(super) fn take_slots<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        slab: u32,
        class: Class,
        more: u32,
        mut each: impl FnMut(u32),
    ) -> u32 {
        let bits = tables.available(slab);
        let mut left = bits & bits.wrapping_sub(1);
        let lowest = bits ^ left;
        for _ in 0..more {
            left &= left.wrapping_sub(1);
        }
        let taken = bits ^ left;
        self.take(tables, slab, class, bits, taken);
        let start = slot_position(tables, slab, class, 0);
        let mut others = taken ^ lowest;
        while others != 0 {
            let slot = 63 - others.leading_zeros();
            others &= !(1 << slot);
            each(start.wrapping_add(slot * class.size()));
        }
        start.wrapping_add(lowest.trailing_zeros() * class.size())
    }

    #[inline]
    fn take<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        slab: u32,
        class: Class,
        bits: u64,
        taken: u64,
    ) {
        tables.set_available(slab, bits & !taken);
        self.in_use[class.index()] += taken.count_ones();
        if bits == taken {
            self.unlink(tables, slab, class);
        }
    }

    /// Gives back the slot at a position of a slab, and the whole slab if it was the last one.
    pub(super) fn release_slot<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        runs: &mut Runs,
        position: u32,
    ) {
        let Unit::Slab { class, id: slab } = tables.unit(position / UNIT) else {
            debug_assert!(false, "position {position:#x} is in no slab");
            return;
        };
        let at = position.wrapping_sub(tables.slab_unit(slab) * UNIT);
        let before = tables.available(slab);
        let bits = before | 1u64.wrapping_shl(class.slot_at(at));
        tables.set_available(slab, bits);
        self.in_use[class.index()] -= 1;
        if before == 0 {
            self.link(tables, slab, class);
        }
        if bits == tables.shape(slab).all_slots() {
            self.close(tables, runs, slab);
        }
    }

    /// Makes a slab for a class whose list is empty: of the size that suits the class, or else the
    /// smallest.
    pub(super) fn open<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        runs: &mut Runs,
        class: Class,
        mut random: Option<&mut Random>,
    ) -> Result<u32, NoSlab> {
        let bytes = u64::from(self.in_use(class)) * u64::from(class.size());
        let units = (bytes / (SHARE * u64::from(UNIT))).min(UNITS_MAX) as u32;
        let best = Shape::of_units(class, units);
        let end = tables.len(Table::Slabs) + RECORD;
        if self.vacant == NIL {
            tables.reserve(Table::Slabs, end)?;
        }
        let (run, shape) = runs
            .take(tables, best.units, 1, random.as_deref_mut())
            .map(|run| (run, best))
            .or_else(|| {
                let least = Shape::of_units(class, 1);
                Some((runs.take(tables, least.units, 1, random)?, least))
            })
            .ok_or_else(|| NoSlab::Units(Shape::of_units(class, 1).units))?;
        let slab = match self.vacant {
            NIL => {
                tables.grow(Table::Slabs, end)?;
                end / RECORD - 1
            }
            slab => {
                self.vacant = tables.link(slab, NEXT);
                slab
            }
        };
        tables.set_slab(slab, UNIT_AT, run.start | shape.slots << SHAPE_SHIFT);
        tables.set_slab(slab, NEXT, NIL | shape.units << SHAPE_SHIFT);
        tables.set_slab(slab, PREV, NIL | (class.index() as u32) << SHAPE_SHIFT);
        tables.set_available(slab, shape.all_slots());
        self.link(tables, slab, class);
        tables.fill_units(run, Unit::Slab { class, id: slab });
        Ok(slab)
    }

    #[cold]
    fn close<S: Storage>(&mut self, tables: &mut Tables<S>, runs: &mut Runs, slab: u32) {
        let shape = tables.shape(slab);
        let run = Run::new(tables.slab_unit(slab), shape.units);
        self.unlink(tables, slab, shape.class);
        tables.set_link(slab, NEXT, self.vacant);
        self.vacant = slab;
        tables.fill_units(run, Unit::Inside);
        runs.release(tables, run);
    }

    /// Forgets all slabs.
    pub(super) fn reset<S: Storage>(&mut self, tables: &mut Tables<S>) {
        tables.truncate(Table::Slabs, 0);
        *self = Slabs::new();
    }

    /// Puts a slab at the head of its class's list.
    fn link<S: Storage>(&mut self, tables: &mut Tables<S>, slab: u32, class: Class) {
        let next = self.partial[class.index()];
        tables.set_link(slab, NEXT, next);
        tables.set_link(slab, PREV, NIL);
        if next != NIL {
            tables.set_link(next, PREV, slab);
        }
        self.partial[class.index()] = slab;
    }

    fn unlink<S: Storage>(&mut self, tables: &mut Tables<S>, slab: u32, class: Class) {
        let (prev, next) = (tables.link(slab, PREV), tables.link(slab, NEXT));
        if next != NIL {
            tables.set_link(next, PREV, prev);
        }
        match prev {
            NIL => self.partial[class.index()] = next,
            _ => tables.set_link(prev, NEXT, next),
        }
    }

    /// Checks lists, counts and vacant records; `seen` gets every slab of a list.
    pub(super) fn audit<S: Storage>(
        &self,
        tables: &Tables<S>,
        seen: &mut dyn FnMut(u32),
    ) -> Result<(), &'static str> {
        let records = tables.slab_records();
        for class in Class::all() {
            let (mut prev, mut at) = (NIL, self.partial[class.index()]);
            while at != NIL {
                let broken = at >= records
                    || tables.link(at, PREV) != prev
                    || tables.shape(at).class != class;
                if broken {
                    return Err("a class's list is broken");
                }
                let available = tables.available(at);
                if available == 0 || available == tables.shape(at).all_slots() {
                    return Err("a full or an empty slab is in its class's list");
                }
                seen(at);
                (prev, at) = (at, tables.link(at, NEXT));
            }
        }
        Ok(())
    }

    /// How many records describe no slab.
    pub(super) fn vacant_records<S: Storage>(&self, tables: &Tables<S>) -> u32 {
        let (mut count, mut at) = (0, self.vacant);
        while at != NIL && count <= tables.slab_records() {
            at = tables.link(at, NEXT);
            count += 1;
        }
        count
    }
}

/// Where a slot of a slab lies.
#[inline]
pub(super) fn slot_position<S: Storage>(
    tables: &Tables<S>,
    slab: u32,
    class: Class,
    slot: u32,
) -> u32 {
    (tables.slab_unit(slab) * UNIT).wrapping_add(slot * class.size())
}

/// The number of the set bit that has `n` set bits below it.
fn nth_bit(mut bits: u64, n: u32) -> u32 {
    for _ in 0..n {
        bits &= bits.wrapping_sub(1);
    }
    bits.trailing_zeros()
}
