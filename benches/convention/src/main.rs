//! The calling convention against other ways to pass strings, buffers and structs to plugins.
//!
//! `cargo run --release -- --help` tells what can be measured; `docs/convention-bench.md` has the
//! figures and tells how to read them.

#![deny(unsafe_code)]

mod measure;
mod options;
mod report;
mod results;
mod rows;
mod systems;
mod work;

use anyhow::{Result, ensure};
use clap::Parser;
use options::Options;
use results::Results;

fn main() -> Result<()> {
    let options = Options::parse();
    let work = work::Work::new();
    let mut contenders = systems::all(&options)?;
    ensure!(!contenders.is_empty(), "nobody is left to measure");
    // Once before anything is measured: who computes something else does not take part.
    for contender in &mut contenders {
        contender.check(&options.rows(), &work)?;
    }
    let mut results = Results::default();
    for row in options.rows() {
        eprintln!("{}", row.name());
        measure::measure(&options, &mut contenders, row, &work, &mut results)?;
    }
    report::report(&options, &results)
}
