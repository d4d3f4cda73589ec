//! Slabs: runs of units cut into slots of one size class.
//!
//! A slab has at most 64 slots and one bit for each. Slabs with a free slot form a list per class;
//! an empty slab goes back to the runs at once. A slab has about an eighth of the bytes that are
//! live in its class, up to 4 KiB: small heaps have small slabs, and a few blocks that stay behind
//! do not hold much memory.

use super::classes::{CLASSES, Class};
use super::runs::Runs;
use super::units::{NIL, Run, UNIT};
use super::words::{HostMemory, Words};

/// Units of the smallest slab. (A single unit would be in no bin when it is free.)
const MIN_UNITS: u32 = 2;

/// How many bytes a new slab has, as a part of the bytes that are live in its class.
const SHARE: u64 = 8;

/// The least and the most bytes that a new slab is meant to have.
const SLAB_MIN: u64 = MIN_UNITS as u64 * UNIT as u64;
const SLAB_MAX: u64 = 32 * UNIT as u64;

const MAX_SLOTS: u32 = 64;

/// Words of a slab's record.
const UNIT_AT: u32 = 0;
/// Class, slots and units, a byte each.
const SHAPE: u32 = 1;
const NEXT: u32 = 2;
const PREV: u32 = 3;
const LIVE: u32 = 4;
const RECORD: u32 = 6;

/// The records of all slabs, and the list of every class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slabs {
    records: Words,
    /// First record that describes no slab; the others follow through their `NEXT`.
    vacant: u32,
    /// First slab with a free slot, by class.
    partial: [u32; CLASSES],
    /// Live blocks by class.
    live: [u32; CLASSES],
}

/// A slab's fixed properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) class: Class,
    pub(super) slots: u32,
    pub(super) units: u32,
}

impl Shape {
    /// A slab of about `bytes`, and at least one slot.
    fn for_bytes(class: Class, bytes: u64) -> Shape {
        let size = class.size();
        let least = (bytes / u64::from(size)).clamp(1, u64::from(MAX_SLOTS)) as u32;
        let shape = |slots: u32| {
            let units = (slots * size).div_ceil(UNIT).max(MIN_UNITS);
            Shape { class, slots: (units * UNIT / size).min(MAX_SLOTS), units }
        };
        // A few more slots may fit the units better: at most an eighth should be left over.
        (least..=(least + 4).min(MAX_SLOTS))
            .map(shape)
            .find(|shape| shape.slots * size * 8 >= shape.units * UNIT * 7)
            .unwrap_or_else(|| shape(least))
    }

    fn encode(self) -> u32 {
        self.class.index() as u32 | self.slots << 8 | self.units << 16
    }

    #[inline]
    fn decode(word: u32) -> Shape {
        let class = Class::from_index(word & 0xff);
        Shape { class, slots: word >> 8 & 0xff, units: word >> 16 }
    }

    #[inline]
    fn all_live(self) -> u64 {
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

impl From<HostMemory> for NoSlab {
    fn from(_: HostMemory) -> Self {
        NoSlab::Host
    }
}

impl Slabs {
    pub(super) const fn new() -> Slabs {
        Slabs { records: Words::new(), vacant: NIL, partial: [NIL; CLASSES], live: [0; CLASSES] }
    }

    #[inline]
    fn get(&self, slab: u32, field: u32) -> u32 {
        self.records.get(slab * RECORD + field)
    }

    #[inline]
    fn set(&mut self, slab: u32, field: u32, word: u32) {
        self.records.set(slab * RECORD + field, word);
    }

    #[inline]
    pub(super) fn shape(&self, slab: u32) -> Shape {
        Shape::decode(self.get(slab, SHAPE))
    }

    #[inline]
    pub(super) fn unit(&self, slab: u32) -> u32 {
        self.get(slab, UNIT_AT)
    }

    /// A bit for every live slot.
    #[inline]
    pub(super) fn live(&self, slab: u32) -> u64 {
        u64::from(self.get(slab, LIVE)) | u64::from(self.get(slab, LIVE + 1)) << 32
    }

    #[inline]
    fn set_live(&mut self, slab: u32, bits: u64) {
        self.set(slab, LIVE, bits as u32);
        self.set(slab, LIVE + 1, (bits >> 32) as u32);
    }

    /// The slab that the class's next slot comes from.
    #[inline]
    pub(super) fn partial(&self, class: Class) -> Option<u32> {
        Some(self.partial[class.index()]).filter(|&slab| slab != NIL)
    }

    /// How many blocks of the class are live.
    pub(super) fn live_in(&self, class: Class) -> u32 {
        self.live[class.index()]
    }

    pub(super) fn bytes(&self) -> u64 {
        self.records.bytes()
    }

    /// Takes the lowest free slot of a slab in its class's list.
    #[inline]
    pub(super) fn take_slot(&mut self, slab: u32) -> u32 {
        let shape = self.shape(slab);
        let bits = self.live(slab);
        let slot = bits.trailing_ones();
        let bits = bits | 1u64.wrapping_shl(slot);
        self.set_live(slab, bits);
        self.live[shape.class.index()] += 1;
        if bits == shape.all_live() {
            self.unlink(slab, shape.class);
        }
        slot
    }

    /// Gives back a live slot, and the whole slab if it was the last one.
    #[inline]
    pub(super) fn release_slot(&mut self, runs: &mut Runs, slab: u32, slot: u32) {
        let shape = self.shape(slab);
        let before = self.live(slab);
        let bits = before & !1u64.wrapping_shl(slot);
        self.set_live(slab, bits);
        self.live[shape.class.index()] -= 1;
        if before == shape.all_live() {
            self.link(slab, shape.class);
        }
        if bits == 0 {
            self.close(runs, slab);
        }
    }

    /// Makes a slab for a class whose list is empty: of the size that suits the class, or else the
    /// smallest.
    pub(super) fn open(&mut self, runs: &mut Runs, class: Class) -> Result<u32, NoSlab> {
        let live_bytes = u64::from(self.live_in(class)) * u64::from(class.size());
        let best = Shape::for_bytes(class, (live_bytes / SHARE).clamp(SLAB_MIN, SLAB_MAX));
        let least = Shape::for_bytes(class, SLAB_MIN);
        if self.vacant == NIL {
            let end = self.records.len().checked_add(RECORD).ok_or(HostMemory)?;
            self.records.reserve(end)?;
        }
        let (run, shape) = runs
            .take(best.units, 1)
            .map(|run| (run, best))
            .or_else(|| Some((runs.take(least.units, 1)?, least)))
            .ok_or(NoSlab::Units(least.units))?;
        let slab = match self.vacant {
            NIL => {
                let slab = self.records.len() / RECORD;
                self.records.grow(self.records.len() + RECORD)?;
                slab
            }
            slab => {
                self.vacant = self.get(slab, NEXT);
                slab
            }
        };
        self.set(slab, UNIT_AT, run.start);
        self.set(slab, SHAPE, shape.encode());
        self.set_live(slab, 0);
        self.link(slab, class);
        runs.units.mark_slab(run, slab);
        Ok(slab)
    }

    #[cold]
    fn close(&mut self, runs: &mut Runs, slab: u32) {
        let shape = self.shape(slab);
        let run = Run::new(self.unit(slab), shape.units);
        self.unlink(slab, shape.class);
        self.set(slab, NEXT, self.vacant);
        self.vacant = slab;
        runs.units.clear_slab(run);
        runs.release(run);
    }

    /// Forgets all slabs.
    pub(super) fn reset(&mut self) {
        self.records.truncate();
        self.vacant = NIL;
        self.partial = [NIL; CLASSES];
        self.live = [0; CLASSES];
    }

    fn link(&mut self, slab: u32, class: Class) {
        let next = self.partial[class.index()];
        self.set(slab, NEXT, next);
        self.set(slab, PREV, NIL);
        if next != NIL {
            self.set(next, PREV, slab);
        }
        self.partial[class.index()] = slab;
    }

    fn unlink(&mut self, slab: u32, class: Class) {
        let (prev, next) = (self.get(slab, PREV), self.get(slab, NEXT));
        if next != NIL {
            self.set(next, PREV, prev);
        }
        match prev {
            NIL => self.partial[class.index()] = next,
            _ => self.set(prev, NEXT, next),
        }
    }

    /// Checks lists, counts and vacant records; `seen` gets every slab of a list.
    pub(super) fn audit(&self, seen: &mut dyn FnMut(u32)) -> Result<(), &'static str> {
        let records = self.records.len() / RECORD;
        for class in Class::ALL.map(|index| Class::from_index(index.into())) {
            let (mut prev, mut at) = (NIL, self.partial[class.index()]);
            while at != NIL {
                if at >= records || self.get(at, PREV) != prev || self.shape(at).class != class {
                    return Err("a class's list is broken");
                }
                let live = self.live(at);
                if live == 0 || live == self.shape(at).all_live() {
                    return Err("a full or an empty slab is in its class's list");
                }
                seen(at);
                (prev, at) = (at, self.get(at, NEXT));
            }
        }
        Ok(())
    }

    /// How many records describe no slab.
    pub(super) fn vacant_records(&self) -> u32 {
        let (mut count, mut at) = (0, self.vacant);
        while at != NIL && count <= self.records.len() {
            at = self.get(at, NEXT);
            count += 1;
        }
        count
    }

    /// How many records there are, vacant ones included.
    pub(super) fn records(&self) -> u32 {
        self.records.len() / RECORD
    }
}
