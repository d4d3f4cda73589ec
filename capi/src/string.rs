//! What the library hands over to its caller.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use crate::boundary::{answer, hh_string};

/// Frees a string of the library's, and sets it to none: a second time does nothing. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn hh_string_free(string: Option<&mut hh_string>) {
    answer((), || {
        if let Some(string) = string {
            string.free();
        }
    });
}
