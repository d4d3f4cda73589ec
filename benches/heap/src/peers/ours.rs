//! hostheap's heap, natively, without any runtime.

use crate::driver::Peer;
use hostheap_core::heap::{AllocError, Heap, HeapConfig, Realloc, ReallocError};

/// The heap's base, as a small plugin has it.
const BASE: u32 = 1024;
/// A wasm page.
const PAGE: u64 = 65536;
/// Bytes of the arena that stands for linear memory when blocks are touched.
const ARENA: usize = 1 << 30;

/// The heap, with a memory of which there is only the size, or with a real one.
#[derive(Debug)]
pub(crate) struct Ours {
    heap: Heap,
    /// The size of linear memory.
    size: u64,
    /// Its bytes, or none.
    memory: Vec<u8>,
}

impl Ours {
    /// A heap over one page, of which there is nothing but its size.
    pub(crate) fn new() -> Self {
        Ours::over(Vec::new())
    }

    /// A heap whose blocks have bytes, of `memory` or of new memory.
    pub(crate) fn touched(memory: Option<Vec<u8>>) -> Self {
        Ours::over(memory.unwrap_or_else(|| vec![0; ARENA]))
    }

    /// The memory, for the next one.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.memory
    }

    fn over(memory: Vec<u8>) -> Self {
        let mut heap = Heap::new(HeapConfig::new(BASE));
        heap.extend(BASE.into(), PAGE).expect("the first page");
        Ours { heap, size: PAGE, memory }
    }

    /// Grows the memory as the heap asks, as `hostheap_core`'s `allocate.rs` does.
    #[cold]
    fn grow(&mut self, refused: AllocError) {
        let AllocError::NeedMemory { min_bytes, want_bytes } = refused else {
            panic!("{refused}");
        };
        let end = self.size + want_bytes.max(min_bytes);
        self.heap.extend(self.size, end).expect("host memory for the tables");
        self.size = end;
    }

    #[cold]
    fn malloc_again(&mut self, refused: AllocError, size: u32) -> u32 {
        self.grow(refused);
        self.malloc(size)
    }
}

impl Peer for Ours {
    type Block = u32;
    const NONE: u32 = 0;

    #[inline]
    fn malloc(&mut self, size: u32) -> u32 {
        match self.heap.malloc(size) {
            Ok(offset) => offset,
            Err(refused) => self.malloc_again(refused, size),
        }
    }

    #[inline]
    fn free(&mut self, block: u32) {
        if let Err(error) = self.heap.free(block) {
            panic!("{error}");
        }
    }

    #[inline]
    fn calloc(&mut self, size: u32) -> u32 {
        match self.heap.calloc(1, size) {
            Ok(block) => {
                if !self.memory.is_empty() {
                    let start = block.offset as usize;
                    self.memory[start..start + block.len_to_zero as usize].fill(0);
                }
                block.offset
            }
            Err(refused) => {
                self.grow(refused);
                self.calloc(size)
            }
        }
    }

    #[inline]
    fn realloc(&mut self, block: u32, size: u32) -> u32 {
        match self.heap.realloc(block, size) {
            Ok(Realloc::InPlace { offset }) => offset,
            Ok(Realloc::Moved { from, to, copy_len }) => {
                if !self.memory.is_empty() {
                    let from = from as usize..from as usize + copy_len as usize;
                    self.memory.copy_within(from, to as usize);
                }
                to
            }
            Err(ReallocError::Alloc(refused)) => {
                self.grow(refused);
                self.realloc(block, size)
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[inline]
    fn touch(&mut self, block: u32, size: u32) {
        let start = block as usize;
        for byte in self.memory[start..start + size as usize].iter_mut().step_by(64) {
            *byte = 1;
        }
    }

    fn end(&self, block: u32, size: u32) -> Option<u64> {
        Some(u64::from(block) + u64::from(size) - u64::from(self.heap.base()))
    }

    fn metadata(&self) -> Option<(u64, u64)> {
        let extent = self.heap.top() - u64::from(self.heap.base());
        Some((self.heap.stats().metadata_bytes, extent))
    }
}
