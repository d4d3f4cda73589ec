//! One long piece of memory that an allocator of pointers works in.
#![allow(unsafe_code, reason = "allocators of pointers")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

/// Bytes of an arena. Pages that nobody writes to cost nothing.
pub(crate) const ARENA: usize = 1 << 30;

/// What its start is a multiple of.
const ALIGN: usize = 65536;

/// Memory at a multiple of 64 KiB, all zero at first.
#[derive(Debug)]
pub(crate) struct Arena {
    allocated: *mut u8,
    start: *mut u8,
}

impl Arena {
    // Not aligned by the allocator: that would make it write a gigabyte of zeros.
    const LAYOUT: Layout = match Layout::from_size_align(ARENA + ALIGN, 16) {
        Ok(layout) => layout,
        Err(_) => panic!("the layout is valid"),
    };

    /// New memory.
    pub(crate) fn new() -> Self {
        // SAFETY: the layout's size is not 0.
        let allocated = unsafe { alloc_zeroed(Arena::LAYOUT) };
        if allocated.is_null() {
            handle_alloc_error(Arena::LAYOUT);
        }
        // SAFETY: there are ALIGN bytes more than the arena needs.
        let start = unsafe { allocated.add(allocated.align_offset(ALIGN)) };
        Arena { allocated, start }
    }

    /// Its first byte.
    pub(crate) fn start(&self) -> *mut u8 {
        self.start
    }

    /// Where a block of `size` bytes at `block` ends, counted from the arena's start.
    pub(crate) fn end(&self, block: *mut u8, size: u32) -> u64 {
        (block as usize - self.start as usize) as u64 + u64::from(size)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with the same layout.
        unsafe { dealloc(self.allocated, Arena::LAYOUT) }
    }
}

/// Writes one byte in 64 of a block.
///
/// # Safety
/// `block` is a live block of at least `size` bytes.
#[inline]
pub(crate) unsafe fn touch(block: *mut u8, size: u32) {
    for at in (0..size as usize).step_by(64) {
        // SAFETY: `at` is below the block's size.
        unsafe { block.add(at).write(1) }
    }
}
