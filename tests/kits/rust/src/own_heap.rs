//! `malloc` and `free` over Rust's own allocator, for the build that does not use the host's heap. What
//! the host is given is allocated by the same two: a definition beats an import.
//!
//! On wasm32-wasip1 Rust's allocator is the libc's malloc, which the linker exports.
#![cfg(not(target_os = "wasi"))]

use alloc::alloc::{Layout, alloc, dealloc};
use core::ptr::null_mut;

/// In front of each block: how many bytes the whole has, which C's `free` is not told.
const HEADER: usize = 16;

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    let Some(whole) = size.checked_add(HEADER) else { return null_mut() };
    let Ok(layout) = Layout::from_size_align(whole, HEADER) else { return null_mut() };
    // Safety: the layout's size is not 0, and the header lies within it, aligned.
    unsafe {
        let start = alloc(layout);
        if start.is_null() {
            return null_mut();
        }
        start.cast::<usize>().write(whole);
        start.add(HEADER)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    if block.is_null() {
        return;
    }
    // Safety: the block is one of malloc's, and its header is in front of it.
    unsafe {
        let start = block.sub(HEADER);
        let layout = Layout::from_size_align_unchecked(start.cast::<usize>().read(), HEADER);
        dealloc(start, layout);
    }
}
