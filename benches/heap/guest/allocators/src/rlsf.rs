//! The crate rlsf. Freeing needs the alignment but no size, so there is no header.

use crate::linear;
use core::alloc::Layout;
use core::ptr::{NonNull, addr_of_mut, null_mut, slice_from_raw_parts_mut};
use rlsf::Tlsf;

/// As many classes as a 32-bit memory needs, and as many divisions of each as there are bits.
type Heap = Tlsf<'static, usize, usize, 24, 32>;

static mut HEAP: Heap = Heap::new();
/// The end of the memory that the heap has; 0 at first.
static mut END: usize = 0;

const ALIGN: usize = 8;

fn heap() -> &'static mut Heap {
    // SAFETY: a plugin has one thread, and no function below calls another with the reference.
    unsafe { &mut *addr_of_mut!(HEAP) }
}

fn layout(size: usize) -> Layout {
    // SAFETY: 8 is a power of two, and the sizes of the traces are far below the limit.
    unsafe { Layout::from_size_align_unchecked(size, ALIGN) }
}

/// Gives the heap what memory there is at first, then grows it.
#[cold]
fn more(size: usize) -> bool {
    // SAFETY: one thread.
    let end = unsafe { END };
    // TLSF finds a block of the next larger class only, so ask for that, and for headers.
    let range = if end == 0 { Some(linear::first()) } else { linear::grow(size + size / 16 + 64) };
    let Some((start, new_end)) = range else { return false };
    let block = slice_from_raw_parts_mut(start as *mut u8, new_end - start);
    // SAFETY: the range is new, and nobody else's.
    unsafe {
        let block = NonNull::new_unchecked(block);
        if end == start {
            heap().append_free_block_ptr(block);
        } else {
            heap().insert_free_block_ptr(block);
        }
        END = new_end;
    }
    true
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    loop {
        if let Some(block) = heap().allocate(layout(size)) {
            return block.as_ptr();
        }
        if !more(size) {
            return null_mut();
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    if let Some(block) = NonNull::new(block) {
        // SAFETY: C's contract.
        unsafe { heap().deallocate(block, ALIGN) }
    }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let block = malloc(count * size);
    if !block.is_null() {
        // SAFETY: a new block of this size.
        unsafe { block.write_bytes(0, count * size) }
    }
    block
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    let Some(block) = NonNull::new(block) else { return malloc(size) };
    loop {
        // SAFETY: C's contract.
        if let Some(block) = unsafe { heap().reallocate(block, layout(size)) } {
            return block.as_ptr();
        }
        if !more(size) {
            return null_mut();
        }
    }
}
