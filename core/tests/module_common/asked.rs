//! The answers about one module, which the digest has looked over.

use hostheap_core::module::{Layout, ModuleError};

use crate::digest::digest;

/// The layout of a module that has one.
pub(crate) fn layout_of(wasm: &[u8]) -> Layout {
    digest(wasm).expect("a layout").layout().clone()
}

/// The same of a module in the text format.
pub(crate) fn layout(text: &str) -> Layout {
    layout_of(&wat::parse_str(text).expect("test module"))
}

/// Why a module in the text format is refused.
pub(crate) fn error(text: &str) -> ModuleError {
    digest(&wat::parse_str(text).expect("test module")).expect_err("a lie")
}
