//! Blocks that the plugin may use and nobody may free: the arguments of calls in progress.

use alloc::vec::Vec;

use super::error::{AllocError, InvalidKind, InvalidPointer};
use super::lookup::Place;
use super::ops::Heap;

/// The lent blocks by offset, in the order they were lent. There are as many as calls in progress,
/// so a few at the most, and the last one lent is the first taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lent(Vec<u32>);

impl Lent {
    #[inline]
    fn contains(&self, offset: u32) -> bool {
        self.0.contains(&offset)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }

    pub(super) fn bytes(&self) -> u64 {
        (self.0.capacity() * size_of::<u32>()) as u64
    }
}

impl Heap {
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
        if self.lent.0.len() == self.lent.0.capacity() && self.lent.0.try_reserve(8).is_err() {
            return Err(AllocError::OutOfMemory);
        }
        let offset = self.malloc(size)?;
        self.lent.0.push(offset);
        Ok(offset)
    }

    /// Frees a lent block. Nothing happens if it is none, as after a [`reset`](Heap::reset).
    #[inline]
    pub fn take_back(&mut self, offset: u32) {
        if let Some(index) = self.lent.0.iter().rposition(|&lent| lent == offset) {
            self.lent.0.remove(index);
            // It is live: as long as it was lent nobody could free it.
            let _ = self.free(offset);
        }
    }

    /// Whether a block is lent at present.
    pub fn is_lent(&self, offset: u32) -> bool {
        self.lent.contains(offset)
    }

    /// Finds a block that may be freed.
    #[inline]
    pub(super) fn locate_own(&self, offset: u32) -> Result<Place, InvalidPointer> {
        if self.lent.contains(offset) {
            return Err(InvalidPointer { offset, kind: InvalidKind::Lent });
        }
        self.locate(offset)
    }
}
