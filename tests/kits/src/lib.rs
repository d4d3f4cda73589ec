//! One plugin in each language, and the cases that hold for all of them.
//!
//! `contract.toml` beside says what the plugin offers; `c`, `cpp`, `rust`, `zig` and `assemblyscript` have it
//! in their language, each with the kit from `guest/`. [`run`] runs every case on one runtime:
//!
//! ```text
//! cargo run -p hostheap-kits -- plugin.wasm
//! ```

mod cases;
mod host;

pub use cases::{Case, cases};
pub use host::{Backend, Host, KitPlugin, load};

/// What the plugins must keep to.
pub const CONTRACT: &str = include_str!("../contract.toml");

/// A case that failed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The case's name.
    pub case: &'static str,
    /// What was wrong.
    pub why: String,
}

/// Runs every case on a new instance each, on one runtime. Answers how many there were, and those that
/// failed.
pub fn run<B: Backend>(wasm: &[u8]) -> (usize, Vec<Failure>) {
    let cases = cases::<B>();
    let failed = cases.iter().filter_map(|case| {
        let outcome = load::<B>(wasm, case.limits).and_then(|mut plugin| (case.run)(&mut plugin));
        outcome.err().map(|why| Failure { case: case.name, why })
    });
    (cases.len(), failed.collect())
}

/// Runs every case on every runtime that is compiled in: `(runtime, cases, failed ones)`.
pub fn run_all(wasm: &[u8]) -> Vec<(&'static str, usize, Vec<Failure>)> {
    let mut all = Vec::new();
    macro_rules! on {
        ($($feature:literal $module:ident),*) => {$(
            #[cfg(feature = $feature)]
            {
                let (count, failed) = run::<hostheap::$module::Backend>(wasm);
                all.push(($feature, count, failed));
            }
        )*};
    }
    on!("wasmtime" wasmtime, "wasmer" wasmer, "wasmi" wasmi);
    all
}
