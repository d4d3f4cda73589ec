//! Blocks that the plugin may use and not free: the arguments of calls in progress, and what the
//! host keeps in the plugin's memory for longer.

use super::error::AllocError;
use super::heap::Heap;
use super::storage::Storage;
use super::tables::Table;

// Lent blocks stand in a table by offset, in the order they were lent. There are as many as calls in
// progress, so a few at the most, and the last one lent is the first taken back. Kept blocks may be
// many and go in any order: their table is sorted by offset. The live bits of neither are set, so
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
        let lent = self.tables.len(Table::Lent);
        if self.tables.reserve(Table::Lent, lent + 1).is_err() {
            return Err(AllocError::OutOfMemory);
        }
        let offset = match self.lend_cached(size) {
            Some(offset) => offset,
            None => {
                let offset = self.malloc(size)?;
                self.set_live(offset, false);
                offset
            }
        };
        // There is room for it.
        let _ = self.tables.push(Table::Lent, offset);
        Ok(offset)
    }

    /// Frees a lent block. Nothing happens if it is none, as after a [`reset`](Heap::reset).
    #[inline]
    pub fn take_back(&mut self, offset: u32) {
        let lent = self.tables.len(Table::Lent);
        let Some(index) = (0..lent).rfind(|&at| self.tables.get(Table::Lent, at) == offset) else {
            return;
        };
        self.tables.remove(Table::Lent, index, 1);
        if self.take_back_cached(offset) {
            return;
        }
        self.set_live(offset, true);
        // It is a block: as long as it was lent nobody could free it.
        let _ = self.free(offset);
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
        self.tables.words(Table::Lent).contains(&offset) || self.find_kept(offset).is_ok()
    }

    /// How many blocks are lent or kept.
    pub(super) fn lent_blocks(&self) -> u32 {
        self.tables.len(Table::Lent) + self.tables.len(Table::Kept) / 2
    }

    /// Forgets that blocks are lent or kept.
    pub(super) fn clear_lent(&mut self) {
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
