//! One of three Rust allocators, behind C's malloc, free, calloc and realloc.
//!
//! The features `dlmalloc`, `rlsf` and `talc` choose which. Their blocks are aligned to 8 bytes,
//! as each has it by itself on wasm32; C's `malloc` would promise 16.

#![no_std]

#[cfg(feature = "dlmalloc")]
mod dlmalloc;
#[cfg(any(feature = "rlsf", feature = "talc"))]
mod linear;
#[cfg(feature = "rlsf")]
mod rlsf;
#[cfg(feature = "talc")]
mod talc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
