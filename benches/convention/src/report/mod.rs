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

/// The runtimes, in the order of the tables.
const RUNTIMES: [&str; 3] = ["wasmtime", "wasmer", "wasmi"];

/// Prints the tables, and writes the files if there is a directory for them.
pub(crate) fn report(options: &Options, results: &Results) -> Result<()> {
    println!("{}\n{}", tables::table(results), targets::table(results));
    let Some(dir) = &options.out else { return Ok(()) };
    std::fs::create_dir_all(dir)?;
    let write = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write("convention-bench.csv", csv::csv(results))?;
    write("convention-bench.md", page::page(options, results))?;
    write("convention-bench.svg", chart::chart(results)?)
}

/// Nanoseconds for people.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 99.95 => format!("{ns:.1} ns"),
        ns if ns < 1e4 => format!("{ns:.0} ns"),
        ns if ns < 99.95e3 => format!("{:.1} µs", ns / 1e3),
        ns => format!("{:.0} µs", ns / 1e3),
    }
}
