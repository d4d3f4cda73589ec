//! Blocks that the plugin may use and nobody may free: the arguments of calls in progress.

use super::error::AllocError;
use super::heap::Heap;
use super::storage::Storage;
use super::tables::Table;

// The lent blocks stand in a table by offset, in the order they were lent. There are as many as calls
// in progress, so a few at the most, and the last one lent is the first taken back. Their live bits
// are not set, so that every attempt to free one fails like any other.
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
        let offset = self.malloc(size)?;
        self.set_live(offset, false);
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
        for at in index + 1..lent {
            let next = self.tables.get(Table::Lent, at);
            self.tables.set(Table::Lent, at - 1, next);
        }
        self.tables.truncate(Table::Lent, lent - 1);
        self.set_live(offset, true);
        // It is a block: as long as it was lent nobody could free it.
        let _ = self.free(offset);
    }

    /// Whether a block is lent at present.
    pub fn is_lent(&self, offset: u32) -> bool {
        self.tables.words(Table::Lent).contains(&offset)
    }

    /// Forgets that blocks are lent.
    pub(super) fn clear_lent(&mut self) {
        self.tables.truncate(Table::Lent, 0);
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
