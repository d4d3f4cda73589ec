//! The heap against other allocators, natively and inside plugins.
//!
//! `cargo run --release -- --help` tells what can be measured; `docs/heap-bench.md` has the figures
//! and tells how to read them.

mod driver;
#[cfg(feature = "guest")]
mod guest;
mod instructions;
mod native;
mod options;
mod peers;
mod random;
mod report;
mod results;
mod trace;

use anyhow::Result;
use clap::Parser;
use options::{Command, CommandLine};
use results::Results;

fn main() -> Result<()> {
    let CommandLine { command, options } = CommandLine::parse();
    let mut results = Results::default();
    match command {
        None => {
            native::measure(&options, &mut results);
            instructions::measure(&options, &mut results);
            guest::measure(&options, &mut results)?;
        }
        Some(Command::Native) => {
            native::measure(&options, &mut results);
            instructions::measure(&options, &mut results);
        }
        Some(Command::Guest) => guest::measure(&options, &mut results)?,
        Some(Command::Once { contender, steps, of }) => {
            native::once(&options, &contender, steps, of);
            return Ok(());
        }
    }
    report::report(&options, &results)
}

/// Stands for the part in plugins where it is not compiled in.
#[cfg(not(feature = "guest"))]
mod guest {
    use crate::options::Options;
    use crate::results::Results;

    /// Says that it is missing.
    pub(crate) fn measure(_: &Options, results: &mut Results) -> anyhow::Result<()> {
        let why = "built without the feature `guest`";
        eprintln!("warning: the part in plugins is MISSING from the figures: {why}");
        results.missing(&[("everything in plugins".to_owned(), why.to_owned())]);
        Ok(())
    }
}
