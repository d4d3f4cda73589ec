//! libhostheap: the C API.
//!
//! What is exported, and what each function wants of its caller, stands in `include/hostheap.h`,
//! which is generated from here. How this crate stays safe stands in [`boundary`].
#![deny(unsafe_op_in_unsafe_fn)]

mod abi;
#[allow(unsafe_code, reason = "this is the file that turns what C gives into values of Rust")]
pub mod boundary;
pub mod contract;
mod describe;
pub mod externalize;
pub mod heap;
pub mod layout;
pub mod load;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub mod plugin;
pub mod report;
pub mod status;
pub mod string;
pub mod version;
mod words;
