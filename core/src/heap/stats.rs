//! What a heap reports about itself, and what its operations answer.

use super::error::AllocError;
use super::extent::Extent;

/// A heap's counters. Block bytes are [usable sizes](super::Heap::usable_size), so that the sums
/// are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapStats {
    /// Bytes in live blocks.
    pub live_bytes: u64,
    /// Blocks live now.
    pub live_blocks: u32,
    /// The most bytes that were ever live at once.
    pub peak_bytes: u64,
    /// The most blocks that were ever live at once.
    pub peak_blocks: u32,
    /// Blocks handed out so far, by whichever operation.
    pub allocated: u64,
    /// Blocks taken back so far, those of a reset included.
    pub freed: u64,
    /// Requests refused so far, those included for which the memory could not grow
    /// ([`Heap::growth_refused`](super::Heap::growth_refused)).
    pub failed: u64,
    /// Frees and reallocs of something that was not a live block.
    pub invalid_frees: u64,
    /// Bytes of linear memory that the heap owns.
    pub owned_bytes: u64,
    /// Bytes between the heap's base and its top that it does not own.
    pub hole_bytes: u64,
    /// One past the heap's last byte.
    pub top: u64,
    /// Bytes of host memory that bookkeeping takes.
    pub metadata_bytes: u64,
}

/// A live block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Where it starts.
    pub offset: u32,
    /// Its usable size in bytes.
    pub size: u32,
}

impl Block {
    /// One past the last byte; up to 4 GiB, which no offset can hold.
    pub fn end(self) -> u64 {
        u64::from(self.offset) + u64::from(self.size)
    }
}

/// What [`Heap::calloc`](super::Heap::calloc) allocated. The memory is zero once the caller has
/// written `len_to_zero` zeros at `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the block holds old bytes until the caller has zeroed them"]
pub struct Calloc {
    /// Where the block starts.
    pub offset: u32,
    /// How many bytes the caller has to set to zero, from the start of the block.
    pub len_to_zero: u32,
}

/// What became of a block in [`Heap::realloc`](super::Heap::realloc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a moved block has its bytes only after the caller has copied them"]
pub enum Realloc {
    /// The block is where it was, or is a new one made from NULL; there is nothing to copy.
    InPlace {
        /// Where the block starts.
        offset: u32,
    },
    /// The block moved: the caller copies `copy_len` bytes from `from` to `to`. The two do not
    /// overlap. The old block is free already, so copy before the next operation.
    Moved {
        /// Where the block was.
        from: u32,
        /// Where it is now.
        to: u32,
        /// How many bytes to copy.
        copy_len: u32,
    },
}

impl Realloc {
    /// Where the block starts now.
    pub fn offset(self) -> u32 {
        match self {
            Realloc::InPlace { offset } => offset,
            Realloc::Moved { to, .. } => to,
        }
    }
}

/// The counters that a heap keeps itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) live_bytes: u64,
    pub(super) live_blocks: u32,
    pub(super) peak_bytes: u64,
    pub(super) peak_blocks: u32,
    pub(super) allocated: u64,
    pub(super) freed: u64,
    pub(super) failed: u64,
    pub(super) invalid_frees: u64,
}

impl Counters {
    /// A block was handed out.
    #[inline]
    pub(super) fn taken(&mut self, bytes: u64) {
        self.live_blocks += 1;
        self.peak_blocks = self.peak_blocks.max(self.live_blocks);
        self.allocated += 1;
        self.grown(bytes);
    }

    /// A block became larger.
    #[inline]
    pub(super) fn grown(&mut self, bytes: u64) {
        self.live_bytes += bytes;
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
    }

    /// A block was taken back.
    #[inline]
    pub(super) fn given_back(&mut self, bytes: u64) {
        self.live_blocks -= 1;
        self.live_bytes -= bytes;
        self.freed += 1;
    }

    /// A request failed.
    pub(super) fn refused(&mut self, error: &AllocError) {
        if !matches!(error, AllocError::NeedMemory { .. }) {
            self.failed += 1;
        }
    }

    pub(super) fn stats(&self, extent: &Extent, metadata_bytes: u64) -> HeapStats {
        HeapStats {
            live_bytes: self.live_bytes,
            live_blocks: self.live_blocks,
            peak_bytes: self.peak_bytes,
            peak_blocks: self.peak_blocks,
            allocated: self.allocated,
            freed: self.freed,
            failed: self.failed,
            invalid_frees: self.invalid_frees,
            owned_bytes: extent.owned(),
            hole_bytes: extent.holes(),
            top: extent.top(),
            metadata_bytes,
        }
    }
}
