//! Magazines: for each class, a few free slots at hand.
//!
//! Most blocks come from a magazine and go back to it, last in, first out, without a look at the
//! slab they lie in. Slots move between magazines and slabs several at a time. A magazine holds at
//! most a sixteenth of what its class has in use, or a handful where that is less: the more, the
//! smaller the blocks. All are emptied before the heap reaches further up.

use super::classes::{BY_CLASS, Class};

/// Slots in a magazine, so that it fills a cache line.
const SLOTS: usize = 14;

/// A magazine holds this part of the slots that its class has taken from slabs.
const SHARE: u32 = 16;

/// What a magazine has room for however little its class has in use, by class. Small blocks come and
/// go most often, and a few of them cost little memory.
const LEAST: [u32; BY_CLASS] = {
    let mut least = [0; BY_CLASS];
    let mut index = 0;
    while index < BY_CLASS {
        least[index] = match Class::SIZES[index] {
            0..=128 => 14,
            129..=256 => 6,
            257..=512 => 2,
            _ => 0,
        };
        index += 1;
    }
    least
};

/// Positions of free slots of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Magazine {
    count: u32,
    room: u32,
    slots: [u32; SLOTS],
}

/// One magazine per class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Magazines {
    all: [Magazine; BY_CLASS],
    /// The room of all of them.
    total_room: u32,
}

impl Magazines {
    pub(super) const fn new() -> Self {
        Magazines {
            all: [Magazine { count: 0, room: 0, slots: [0; SLOTS] }; BY_CLASS],
            total_room: 0,
        }
    }

    /// The latest slot of a class; it stays until it is [dropped](Self::drop_latest).
    #[inline]
    pub(super) fn latest(&self, class: Class) -> Option<u32> {
        let magazine = &self.all[class.index()];
        magazine.slots.get(magazine.count.wrapping_sub(1) as usize).copied()
    }

    /// Drops the latest slot of a class that has one.
    #[inline]
    pub(super) fn drop_latest(&mut self, class: Class) {
        self.all[class.index()].count -= 1;
    }

    /// Puts a slot in, if there is room.
    #[inline]
    pub(super) fn push(&mut self, class: Class, position: u32) -> bool {
        let magazine = &mut self.all[class.index()];
        if magazine.count >= magazine.room {
            return false;
        }
        let Some(slot) = magazine.slots.get_mut(magazine.count as usize) else { return false };
        *slot = position;
        magazine.count += 1;
        true
    }

    /// How many of the oldest slots of a full magazine should go back to their slabs: half of what
    /// there is room for. `in_use` is how many slots the class has taken from slabs; the room
    /// follows from it.
    #[inline]
    pub(super) fn overflow(&mut self, class: Class, in_use: u32) -> u32 {
        let room = self.fit(class, in_use);
        self.all[class.index()].count.saturating_sub(room / 2)
    }

    /// The slot of a class with this number, the oldest being 0.
    #[inline]
    pub(super) fn slot(&self, class: Class, number: u32) -> u32 {
        self.all[class.index()].slots[number as usize % SLOTS]
    }

    /// Drops the oldest slots of a class.
    #[inline]
    pub(super) fn drop_oldest(&mut self, class: Class, slots: u32) {
        let magazine = &mut self.all[class.index()];
        let count = magazine.count.min(SLOTS as u32);
        let slots = slots.min(count);
        for slot in slots..count {
            magazine.slots[(slot - slots) as usize] = magazine.slots[slot as usize];
        }
        magazine.count = count - slots;
    }

    /// How many slots to fetch into an empty magazine; there is room for them.
    #[inline]
    pub(super) fn refill(&mut self, class: Class, in_use: u32) -> u32 {
        self.fit(class, in_use) / 2
    }

    /// Sets a class's room, and answers it.
    #[inline]
    fn fit(&mut self, class: Class, in_use: u32) -> u32 {
        let room = &mut self.all[class.index()].room;
        self.total_room -= *room;
        *room = (in_use / SHARE).clamp(LEAST[class.index()], SLOTS as u32);
        self.total_room += *room;
        *room
    }

    /// How many slots fit into all magazines.
    pub(super) fn total_room(&self) -> u32 {
        self.total_room
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Slots of one class at hand.
    pub(super) fn slots(&self, class: Class) -> &[u32] {
        let magazine = &self.all[class.index()];
        magazine.slots.get(..magazine.count as usize).unwrap_or(&[])
    }
}
