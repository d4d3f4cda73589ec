//! Substrate's freeing-bump allocator: on the host, as ours is, but with headers in linear memory.

use crate::driver::Peer;
use sc_allocator::{FreeingBumpHeapAllocator, Memory};

/// The heap's base, as a small plugin has it.
const BASE: u32 = 1024;
/// Bytes that the memory can grow to.
const ARENA: usize = 1 << 30;
/// A wasm page.
const PAGE: u32 = 65536;

/// Linear memory.
#[derive(Debug)]
struct Linear {
    bytes: Vec<u8>,
    pages: u32,
}

impl Linear {
    fn len(&self) -> usize {
        self.pages as usize * PAGE as usize
    }
}

impl Memory for Linear {
    fn with_access_mut<R>(&mut self, run: impl FnOnce(&mut [u8]) -> R) -> R {
        let len = self.len();
        run(&mut self.bytes[..len])
    }

    fn with_access<R>(&self, run: impl FnOnce(&[u8]) -> R) -> R {
        run(&self.bytes[..self.len()])
    }

    fn grow(&mut self, additional: u32) -> Result<(), ()> {
        self.pages += additional;
        if self.len() > ARENA { Err(()) } else { Ok(()) }
    }

    fn pages(&self) -> u32 {
        self.pages
    }

    fn max_pages(&self) -> Option<u32> {
        Some(ARENA as u32 / PAGE)
    }
}

/// The allocator and its memory. Blocks are aligned to 8 bytes.
pub(crate) struct Substrate {
    allocator: FreeingBumpHeapAllocator,
    memory: Linear,
}

impl Substrate {
    /// An allocator over one page, in the memory of the last one or in new memory.
    pub(crate) fn new(last: Option<Substrate>) -> Self {
        let bytes = last.map_or_else(|| vec![0; ARENA], |last| last.memory.bytes);
        let memory = Linear { bytes, pages: 1 };
        Substrate { allocator: FreeingBumpHeapAllocator::new(BASE), memory }
    }
}

impl Peer for Substrate {
    type Block = u32;
    const NONE: u32 = 0;

    #[inline]
    fn malloc(&mut self, size: u32) -> u32 {
        self.allocator.allocate(&mut self.memory, size).expect("room").into()
    }

    #[inline]
    fn free(&mut self, block: u32) {
        self.allocator.deallocate(&mut self.memory, block.into()).expect("a live block");
    }

    fn calloc(&mut self, size: u32) -> u32 {
        let block = self.malloc(size);
        self.memory.bytes[block as usize..][..size as usize].fill(0);
        block
    }

    /// It has none: a runtime allocates, copies and frees. Vectors double, so half is copied.
    fn realloc(&mut self, block: u32, size: u32) -> u32 {
        let new = self.malloc(size);
        let from = block as usize..block as usize + size as usize / 2;
        self.memory.bytes.copy_within(from, new as usize);
        self.free(block);
        new
    }

    #[inline]
    fn touch(&mut self, block: u32, size: u32) {
        for byte in self.memory.bytes[block as usize..][..size as usize].iter_mut().step_by(64) {
            *byte = 1;
        }
    }

    fn end(&self, block: u32, size: u32) -> Option<u64> {
        Some(u64::from(block) + u64::from(size) - u64::from(BASE))
    }
}
