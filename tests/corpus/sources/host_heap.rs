//! Rust with std and a global allocator over the host's malloc.
use std::alloc::{GlobalAlloc, Layout};

#[link(wasm_import_module = "env")]
extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn aligned_alloc(align: usize, size: usize) -> *mut u8;
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

struct Host;

unsafe impl GlobalAlloc for Host {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= 16 {
            malloc(layout.size())
        } else {
            aligned_alloc(layout.align(), layout.size())
        }
    }
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        free(block)
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= 16 {
            return realloc(block, size);
        }
        let new = aligned_alloc(layout.align(), size);
        if !new.is_null() {
            std::ptr::copy_nonoverlapping(block, new, layout.size().min(size));
            free(block);
        }
        new
    }
}

#[global_allocator]
static HOST: Host = Host;

#[path = "std_heap.rs"]
mod std_heap;
