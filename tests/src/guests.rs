//! The plugins of `guest/plugins`, as bytes: the committed ones, or others in their place.
//!
//! With `HOSTHEAP_GUESTS=DIR` in the environment every case that uses one of them reads
//! `DIR/NAME.wasm` instead: so the same cases run on plugins that were just built, by whatever
//! version of clang is at hand.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

macro_rules! guests {
    ($($name:literal in $dir:literal,)*) => {
        /// The names of all plugins.
        pub const NAMES: &[&str] = &[$($name),*];

        fn committed(name: &str) -> Option<&'static [u8]> {
            match name {
                $($name => Some(include_bytes!(concat!(
                    env!("CARGO_MANIFEST_DIR"), "/../guest/plugins/", $dir, "/", $name, ".wasm"
                ))),)*
                _ => None,
            }
        }
    };
}
guests! {
    "greeter" in "greeter",
    "greeter_mv" in "greeter",
    "host_greeter" in "host_greeter",
    "wordcount" in "wordcount",
    "misbehaver" in "misbehaver",
    "grower" in "misbehaver",
    "ctors" in "ctors",
    "scalars" in "convention",
    "pointers" in "convention",
    "ownership" in "convention",
    "results" in "convention",
    "results_mv" in "convention",
    "callbacks" in "convention",
    "hostfns" in "convention",
    "hostfns_results" in "convention",
    "hostfns_mv" in "convention",
    "legacy" in "convention",
    "legacy_named" in "convention",
    "tour" in "tour",
    "tour_host" in "tour",
    "tour_callbacks" in "tour",
    "tour_legacy" in "tour",
    "cookbook" in "cookbook",
    "sites" in "sites",
}

/// Names the directory to read plugins from.
pub const VARIABLE: &str = "HOSTHEAP_GUESTS";

thread_local! {
    static DIRECTORY: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Runs `f` with the plugins in `directory` instead of the committed ones, on this thread.
pub fn within<R>(directory: &Path, f: impl FnOnce() -> R) -> R {
    let before = DIRECTORY.replace(Some(directory.to_owned()));
    let result = f();
    DIRECTORY.set(before);
    result
}

/// The plugin of this name.
///
/// # Panics
///
/// If there is no plugin of this name, or if it is to be read from a directory that lacks it.
#[track_caller]
pub fn wasm(name: &str) -> Vec<u8> {
    let committed = committed(name).unwrap_or_else(|| panic!("there is no plugin `{name}`"));
    let directory = DIRECTORY
        .with_borrow(Clone::clone)
        .or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    let Some(directory) = directory else { return committed.to_vec() };
    let path = directory.join(name).with_extension("wasm");
    match std::fs::read(&path) {
        Ok(wasm) => wasm,
        Err(error) => panic!("{VARIABLE}: cannot read {}: {error}", path.display()),
    }
}
