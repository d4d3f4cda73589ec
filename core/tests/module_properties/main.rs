//! Over random modules, linked by a linker of ours, made by wasm-smith, or real and mutated:
//! inspection never panics, always ends, and never puts a heap below the truth.
//!
//! `HOSTHEAP_CASES` is how many modules each property is tried on; the default takes seconds.

#[path = "../module_common/digest.rs"]
mod digest;
mod linked;
mod linker;
mod mutated;
mod plan;
mod random;
mod smith;
#[path = "../module_common/work.rs"]
mod work;

use digest::digest;

/// How many modules to try.
fn cases(default: u32) -> u32 {
    match std::env::var("HOSTHEAP_CASES") {
        Ok(text) => text.parse().expect("HOSTHEAP_CASES is a number of modules"),
        Err(_) => default,
    }
}
