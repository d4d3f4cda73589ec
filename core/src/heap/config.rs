//! What a heap is told when it is made.

use super::PAGE;

/// Bytes a 32-bit offset can reach.
pub(super) const ADDRESS_SPACE: u64 = 1 << 32;

/// Where a heap starts, and its limits. All sizes are bytes.
///
/// ```
/// use hostheap_core::heap::{Heap, HeapConfig};
///
/// let config = HeapConfig::new(1024)
///     .max_memory(16 << 20) // the linear memory never grows past 16 MiB
///     .max_live_bytes(8 << 20) // and blocks may hold half of it
///     .max_blocks(100_000);
/// let heap = Heap::new(config);
/// assert_eq!(heap.base(), 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapConfig {
    pub(super) base: u32,
    pub(super) max_memory: u64,
    pub(super) max_live_bytes: u64,
    pub(super) max_blocks: u32,
    pub(super) max_block: u32,
}

impl HeapConfig {
    /// A heap that starts at offset `base` and has no limit but the 4 GiB of a 32-bit memory.
    ///
    /// The base is rounded up to the next multiple of 16; a base of 0 becomes 16, because offset 0
    /// is NULL.
    pub fn new(base: u32) -> Self {
        HeapConfig {
            base,
            max_memory: ADDRESS_SPACE,
            max_live_bytes: u64::MAX,
            max_blocks: u32::MAX,
            max_block: u32::MAX,
        }
    }

    /// The end offset, in bytes, that the linear memory may reach; at most 4 GiB.
    ///
    /// The heap never asks for memory past it and refuses to own any.
    #[must_use]
    pub fn max_memory(mut self, end: u64) -> Self {
        self.max_memory = end.min(ADDRESS_SPACE);
        self
    }

    /// How many bytes all live blocks may hold together, counted as
    /// [usable sizes](super::Heap::usable_size).
    #[must_use]
    pub fn max_live_bytes(mut self, bytes: u64) -> Self {
        self.max_live_bytes = bytes;
        self
    }

    /// How many blocks may be live at once. This also bounds the host memory that bookkeeping
    /// takes.
    #[must_use]
    pub fn max_blocks(mut self, blocks: u32) -> Self {
        self.max_blocks = blocks;
        self
    }

    /// The largest size, in bytes, that one request may ask for.
    #[must_use]
    pub fn max_block(mut self, bytes: u32) -> Self {
        self.max_block = bytes;
        self
    }

    /// The base as a heap uses it: a multiple of 16 and not 0. Wider than an offset, because
    /// rounding up can pass the last one.
    pub(super) fn first_byte(&self) -> u64 {
        u64::from(self.base.max(1)).next_multiple_of(16)
    }

    /// How far the memory can still grow from `top`, in whole pages and in bytes.
    pub(super) fn room_above(&self, top: u64) -> u64 {
        let room = self.max_memory.saturating_sub(top);
        room - room % PAGE
    }
}
