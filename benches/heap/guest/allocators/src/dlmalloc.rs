//! The crate dlmalloc, which has C's interface itself and needs no header.

use core::ptr::addr_of_mut;
use dlmalloc::Dlmalloc;

static mut HEAP: Dlmalloc = Dlmalloc::new();

/// The one heap.
fn heap() -> &'static mut Dlmalloc {
    // SAFETY: a plugin has one thread, and no function below calls another with the reference.
    unsafe { &mut *addr_of_mut!(HEAP) }
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    // SAFETY: any size will do.
    unsafe { heap().c_malloc(size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    // SAFETY: C's contract.
    unsafe { heap().c_free(block) }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    // SAFETY: any size will do.
    unsafe { heap().calloc(count * size, 8) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: C's contract.
    unsafe { heap().c_realloc(block, size) }
}
