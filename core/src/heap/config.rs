//! What a heap is told when it is made.

use super::PAGE;
use super::hardening::Hardening;

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
    pub(super) growth: Growth,
    pub(crate) hardening: Hardening,
}

/// How much memory a heap asks for when it needs some: a part of what it has, so that large heaps
/// grow seldom and small ones waste nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The least bytes of a step, rounded up to pages.
    pub least_bytes: u64,
    /// A step is this part of the bytes that the heap owns: 16 is one sixteenth. 0 is none, so that
    /// each step has the least bytes.
    pub part: u32,
    /// The most bytes of a step, unless one block needs more.
    pub most_bytes: u64,
}

impl Default for Growth {
    /// A page, a thirty-second part, 16 MiB.
    fn default() -> Self {
        Growth { least_bytes: PAGE, part: 32, most_bytes: 16 << 20 }
    }
}

impl Growth {
    /// The step of a heap with `owned` bytes, in bytes; whole pages.
    pub(super) fn step(&self, owned: u64) -> u64 {
        let part = owned.checked_div(self.part.into()).unwrap_or(0).min(self.most_bytes);
        let part = part - part % PAGE;
        part.max(self.least_bytes.min(ADDRESS_SPACE).next_multiple_of(PAGE))
    }
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
            growth: Growth::default(),
            hardening: Hardening::default(),
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

    /// How much memory the heap asks for when it needs some.
    ///
    /// ```
    /// use hostheap_core::heap::{AllocError, Growth, Heap, HeapConfig};
    ///
    /// // Half as much again each time, and 256 KiB at least.
    /// let growth = Growth { least_bytes: 256 << 10, part: 2, ..Growth::default() };
    /// let mut heap = Heap::new(HeapConfig::new(1024).growth(growth));
    /// let needs = AllocError::NeedMemory { min_bytes: 64 << 10, want_bytes: 256 << 10 };
    /// assert_eq!(heap.malloc(100), Err(needs));
    /// ```
    #[must_use]
    pub fn growth(mut self, growth: Growth) -> Self {
        self.growth = growth;
        self
    }

    /// What the heap does to make a plugin's mistakes show, at the cost of speed. Nothing by
    /// default.
    #[must_use]
    pub fn hardening(mut self, hardening: Hardening) -> Self {
        self.hardening = hardening;
        self
    }

    /// The base as a heap uses it: a multiple of 16 and not 0. Wider than an offset, because
    /// rounding up can pass the last one.
    pub(super) fn first_byte(&self) -> u64 {
        u64::from(self.base.max(1)).next_multiple_of(16)
    }

    /// The largest block there may be in a heap that starts at `base`.
    pub(super) fn largest_block(&self, base: u64) -> u64 {
        self.max_memory.saturating_sub(base).min(self.max_block.into())
    }

    /// How far the memory can still grow from `top`, in whole pages and in bytes.
    pub(super) fn room_above(&self, top: u64) -> u64 {
        let room = self.max_memory.saturating_sub(top);
        room - room % PAGE
    }
}
