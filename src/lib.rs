//! WebAssembly plugins without an allocator.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

mod backend;

pub use backend::*;
