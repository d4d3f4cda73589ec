//! Writing down what was measured.

mod chart;
mod csv;
mod machine;
mod page;
mod tables;
mod targets;

use crate::options::Options;
use crate::results::Results;
use anyhow::{Context as _, Result};

pub(crate) use tables::tables;
pub(crate) use targets::targets;

/// The runtimes, in the order of the tables.
pub(crate) const RUNTIMES: [&str; 3] = ["wasmtime", "wasmer", "wasmi"];

/// Prints the tables, and writes the files if there is a directory for them.
pub(crate) fn report(options: &Options, results: &Results) -> Result<()> {
    println!("{}\n{}", tables(results), targets(results));
    for (what, why) in results.all_missing() {
        println!("MISSING: {what}: {why}");
    }
    let Some(dir) = &options.out else { return Ok(()) };
    std::fs::create_dir_all(dir)?;
    let write = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write("heap-bench.csv", csv::csv(results))?;
    write("heap-bench.md", page::page(options, results))?;
    write("heap-bench.svg", chart::chart(results)?)
}
