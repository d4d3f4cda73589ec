//! The crate offset-allocator: offsets of GPU memory, with its bookkeeping outside, as ours has.

use crate::driver::Peer;
use offset_allocator::{Allocation, Allocator};

/// It knows nothing of alignment, so it deals in units of 16 bytes here.
const UNIT: u32 = 16;
/// Units of its address space: 1 GiB.
const UNITS: u32 = (1 << 30) / UNIT;
/// The most nodes it may use. It has one for each block and each gap.
const NODES: u32 = 256 * 1024;

/// offset-allocator.
#[derive(Debug)]
pub(crate) struct Offset(Allocator<u32>);

impl Offset {
    /// An allocator of 1 GiB of offsets.
    pub(crate) fn new() -> Self {
        Offset(Allocator::with_max_allocs(UNITS, NODES))
    }
}

/// A block: its allocation, or none. Compares equal by offset.
#[derive(Clone, Copy)]
pub(crate) struct Block(Option<Allocation<u32>>);

impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        self.0.map(|block| block.offset) == other.0.map(|block| block.offset)
    }
}

impl Peer for Offset {
    type Block = Block;
    const NONE: Block = Block(None);

    #[inline]
    fn malloc(&mut self, size: u32) -> Block {
        let allocation = self.0.allocate(size.div_ceil(UNIT)).expect("room");
        Block(Some(allocation))
    }

    #[inline]
    fn free(&mut self, block: Block) {
        if let Some(allocation) = block.0 {
            self.0.free(allocation);
        }
    }

    fn calloc(&mut self, size: u32) -> Block {
        self.malloc(size)
    }

    fn realloc(&mut self, block: Block, size: u32) -> Block {
        let new = self.malloc(size);
        self.free(block);
        new
    }

    fn touch(&mut self, _: Block, _: u32) {}

    fn end(&self, block: Block, size: u32) -> Option<u64> {
        let allocation = block.0?;
        Some(u64::from(allocation.offset) * u64::from(UNIT) + u64::from(size))
    }
}
