//! Where the heap's memory comes from.

use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::addr_of;

/// A wasm page.
pub const PAGE: usize = 65536;

unsafe extern "C" {
    static __heap_base: u8;
}

/// What there is at first: from the heap's base to the memory's end.
pub fn first() -> (usize, usize) {
    (addr_of!(__heap_base) as usize, memory_size::<0>() * PAGE)
}

/// Grows by at least `bytes`; the new memory's start and end.
pub fn grow(bytes: usize) -> Option<(usize, usize)> {
    let pages = bytes.div_ceil(PAGE);
    match memory_grow::<0>(pages) {
        usize::MAX => None,
        before => Some((before * PAGE, (before + pages) * PAGE)),
    }
}
