//! An allocator that does nothing: what the driver itself costs.

use crate::driver::Peer;

/// Counts. Its functions are not inlined, so that there is something left to measure.
#[derive(Debug, Default)]
pub(crate) struct Empty(u32);

impl Peer for Empty {
    type Block = u32;
    const NONE: u32 = 0;

    #[inline(never)]
    fn malloc(&mut self, size: u32) -> u32 {
        self.0 = self.0.wrapping_add(size);
        self.0 | 1
    }

    #[inline(never)]
    fn free(&mut self, block: u32) {
        self.0 ^= block & 2;
    }

    fn calloc(&mut self, size: u32) -> u32 {
        self.malloc(size)
    }

    fn realloc(&mut self, _: u32, size: u32) -> u32 {
        self.malloc(size)
    }

    fn touch(&mut self, _: u32, _: u32) {}

    fn end(&self, _: u32, _: u32) -> Option<u64> {
        None
    }
}
