//! Which library this is.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::ffi::{CStr, c_char};

/// The version of the library that is linked, as in "0.1.0". Compare with `HH_VERSION`, which is the
/// header's. Static: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("the version has a NUL byte in it"),
        };
    VERSION.as_ptr()
}
