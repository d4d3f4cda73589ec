//! Blocks that the plugin may use and not free: the arguments of calls in progress, and what the
//! host keeps in the plugin's memory for longer.

use super::classes::Class;
use super::error::AllocError;
use super::heap::Heap;
use super::lookup::Place;
use super::map::UNIT;
use super::storage::Storage;
use super::tables::Table;

/// The block that was lent last, and one that waits to be lent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lent {
    /// Offset of the block that was lent last; 0 if none is.
    latest: u32,
    /// Offset of a slot that was lent before, and is for nothing else; 0 if there is none. While it
    /// is not lent it is no block.
    spare: u32,
    /// Its size in bytes.
    spare_size: u32,
}

// Most calls are not made within another, and need not more room than the one before: they are lent
// one and the same slot, the spare, which costs no look at any table.
//
// There are as many lent blocks as calls in progress, so a few at the most, and the last one lent is
// the first taken back: that one stands in a field of the heap, those before it in a table. Kept
// blocks may be many and go in any order: their table is sorted by offset. The live bits of neither are set, so
// that every attempt to free one fails like any other.
impl<S: Storage> Heap<S> {
    /// Allocates a block as [`malloc`](Heap::malloc) does, and lends it: until it is
    /// [taken back](Heap::take_back), every free and realloc of it is refused.
    ///
    /// It is for what a plugin borrows from its host, such as the arguments of a call.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig, InvalidKind};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 65536)?;
    /// let block = heap.lend(64)?;
    /// assert_eq!(heap.free(block).unwrap_err().kind, InvalidKind::Lent);
    /// heap.take_back(block);
    /// assert_eq!(heap.stats().live_blocks, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`malloc`](Heap::malloc).
    #[inline]
    pub fn lend(&mut self, size: u32) -> Result<u32, AllocError> {
        match self.lend_cached(size) {
            Some(offset) => Ok(offset),
            None => self.lend_uncached(size),
        }
    }

    #[inline(never)]
    fn lend_uncached(&mut self, size: u32) -> Result<u32, AllocError> {
        if self.lent.latest != 0 {
            let older = self.tables.len(Table::Lent);
            if self.tables.reserve(Table::Lent, older + 1).is_err() {
                return Err(AllocError::OutOfMemory);
            }
        }
        let offset = self.malloc(size)?;
        self.set_live(offset, false);
        if self.lent.latest != 0 {
            // There is room for it.
            let _ = self.tables.push(Table::Lent, self.lent.latest);
        }
        self.lent.latest = offset;
        Ok(offset)
    }

    /// `lend` for the first call in progress: the spare, if it is large enough.
    #[inline(always)]
    pub(crate) fn lend_cached(&mut self, size: u32) -> Option<u32> {
        let Lent { latest, spare, spare_size } = self.lent;
        if latest != 0 || spare == 0 || size > spare_size {
            return None;
        }
        if !self.counters.take_below_peak(size, spare_size) {
            return None;
        }
        self.lent.latest = spare;
        Some(spare)
    }

    /// Frees a lent block. Nothing happens if it is none, as after a [`reset`](Heap::reset).
    #[inline]
    pub fn take_back(&mut self, offset: u32) {
        if !self.take_back_cached(offset) {
            self.take_back_uncached(offset);
        }
    }

    /// `take_back` of the spare, if it is the only block that is lent.
    #[inline(always)]
    pub(crate) fn take_back_cached(&mut self, offset: u32) -> bool {
        let Lent { latest, spare, spare_size } = self.lent;
        let is_spare = offset == latest && offset == spare && offset != 0;
        if !is_spare || self.tables.len(Table::Lent) != 0 {
            return false;
        }
        self.counters.given_back(spare_size);
        self.lent.latest = 0;
        true
    }

    #[inline(never)]
    fn take_back_uncached(&mut self, offset: u32) {
        let older = self.tables.len(Table::Lent);
        if offset == 0 {
            return;
        } else if self.lent.latest == offset {
            self.lent.latest = match older.checked_sub(1) {
                Some(last) => {
                    let before = self.tables.get(Table::Lent, last);
                    self.tables.truncate(Table::Lent, last);
                    before
                }
                None => 0,
            };
        } else {
            let at = (0..older).rfind(|&at| self.tables.get(Table::Lent, at) == offset);
            let Some(at) = at else { return };
            self.tables.remove(Table::Lent, at, 1);
        }
        if offset == self.lent.spare {
            return self.counters.given_back(self.lent.spare_size);
        }
        if let Some(size) = self.suits_as_spare(offset) {
            self.drop_spare();
            self.counters.given_back(size);
            (self.lent.spare, self.lent.spare_size) = (offset, size);
            return;
        }
        self.set_live(offset, true);
        // It is a block: as long as it was lent nobody could free it.
        let _ = self.free(offset);
    }

    /// The size of a lent slot that is larger than the spare, if that is free to be replaced.
    fn suits_as_spare(&self, offset: u32) -> Option<u32> {
        let is_in_use = self.lent.spare != 0 && self.is_lent(self.lent.spare);
        if is_in_use || self.config.hardening.is_on() {
            return None;
        }
        let (class, _) = self.slot_of(offset)?;
        (class.size() > self.lent.spare_size).then_some(class.size())
    }

    fn slot_of(&self, offset: u32) -> Option<(Class, u32)> {
        let position = self.extent().position_of(&self.tables, offset)?;
        match self.place_at(position / UNIT, position)? {
            Place::Slot { class, position } => Some((class, position)),
            Place::Run(_) => None,
        }
    }

    /// The spare's class and position, while it is not lent.
    pub(super) fn idle_spare(&self) -> Option<(Class, u32)> {
        match self.lent.spare {
            0 => None,
            spare if self.is_lent(spare) => None,
            spare => self.slot_of(spare),
        }
    }

    /// Makes the spare available like any other slot. Answers whether there was one.
    pub(super) fn drop_spare(&mut self) -> bool {
        let Some((class, position)) = self.idle_spare() else { return false };
        (self.lent.spare, self.lent.spare_size) = (0, 0);
        self.make_available(class, position);
        true
    }

    /// Allocates a block that the host keeps: until it is [released](Heap::release_kept) or
    /// [handed over](Heap::hand_over), every free and realloc of it is refused.
    ///
    /// `generation` is the caller's, and tells this block from others at the same offset.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig, InvalidKind};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 65536)?;
    /// let block = heap.keep(64, 1)?;
    /// assert_eq!(heap.free(block).unwrap_err().kind, InvalidKind::Lent);
    /// assert!(!heap.release_kept(block, 2), "another generation");
    /// assert!(heap.release_kept(block, 1));
    /// assert_eq!(heap.stats().live_blocks, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`malloc`](Heap::malloc).
    pub fn keep(&mut self, size: u32, generation: u32) -> Result<u32, AllocError> {
        let words = self.tables.len(Table::Kept);
        let reserved = words.checked_add(2).map(|len| self.tables.reserve(Table::Kept, len));
        if !matches!(reserved, Some(Ok(()))) {
            return Err(AllocError::OutOfMemory);
        }
        let offset = self.malloc(size)?;
        self.set_live(offset, false);
        let (Ok(at) | Err(at)) = self.find_kept(offset);
        // There is room for it.
        if self.tables.insert(Table::Kept, at, 2).is_ok() {
            self.tables.set(Table::Kept, at, offset);
            self.tables.set(Table::Kept, at + 1, generation);
        }
        Ok(offset)
    }

    /// Whether the host keeps a block of this generation at this offset.
    pub fn is_kept(&self, offset: u32, generation: u32) -> bool {
        match self.find_kept(offset) {
            Ok(at) => self.tables.get(Table::Kept, at + 1) == generation,
            Err(_) => false,
        }
    }

    /// Makes a kept block the plugin's own, which it frees like any other. `false` if the host keeps
    /// no such block.
    pub fn hand_over(&mut self, offset: u32, generation: u32) -> bool {
        match self.find_kept(offset) {
            Ok(at) if self.tables.get(Table::Kept, at + 1) == generation => {
                self.tables.remove(Table::Kept, at, 2);
                self.set_live(offset, true);
                true
            }
            _ => false,
        }
    }

    /// Frees a kept block. `false`, and nothing happens, if the host keeps no such block.
    pub fn release_kept(&mut self, offset: u32, generation: u32) -> bool {
        self.hand_over(offset, generation) && self.free(offset).is_ok()
    }

    /// Whether the plugin cannot free a block: lent at present, or kept by the host.
    pub fn is_lent(&self, offset: u32) -> bool {
        (self.lent.latest == offset && offset != 0)
            || self.tables.words(Table::Lent).contains(&offset)
            || self.find_kept(offset).is_ok()
    }

    /// How many blocks are lent or kept.
    pub(super) fn lent_blocks(&self) -> u32 {
        u32::from(self.lent.latest != 0)
            + self.tables.len(Table::Lent)
            + self.tables.len(Table::Kept) / 2
    }

    /// Forgets that blocks are lent or kept.
    pub(super) fn clear_lent(&mut self) {
        self.lent = Lent::default();
        self.tables.truncate(Table::Lent, 0);
        self.tables.truncate(Table::Kept, 0);
    }

    /// The index of a kept block's first word, or of where it would stand.
    fn find_kept(&self, offset: u32) -> Result<u32, u32> {
        let (mut from, mut to) = (0, self.tables.len(Table::Kept) / 2);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.tables.get(Table::Kept, middle * 2).cmp(&offset) {
                core::cmp::Ordering::Equal => return Ok(middle * 2),
                core::cmp::Ordering::Less => from = middle + 1,
                core::cmp::Ordering::Greater => to = middle,
            }
        }
        Err(from * 2)
    }

    #[inline]
    fn set_live(&mut self, offset: u32, live: bool) {
        let Some(position) = self.extent().position_of(&self.tables, offset) else { return };
        let Some(mut spot) = self.tables.spot(position) else { return };
        match live {
            true => spot.set_live(),
            false => spot.clear_live(),
        }
    }
}
