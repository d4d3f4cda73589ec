//! The command line.

use crate::trace::Row;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The heap against other allocators: natively, and inside plugins on each runtime.
///
/// Without a command, everything is measured.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct CommandLine {
    /// What to measure.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What to measure.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Only the native part.
    Native,
    /// Only the part in plugins.
    Guest,
    /// Run one contender's trace once, for a program that counts instructions.
    #[command(hide = true)]
    Once {
        /// Whose.
        #[arg(long)]
        contender: String,
        /// How many of the timed steps.
        #[arg(long)]
        steps: usize,
        /// How many timed steps the trace has.
        #[arg(long)]
        of: usize,
    },
}

/// What `--only` takes, besides `+touch` forms: native contenders, then those in plugins.
const CONTENDERS: [&str; 15] = [
    "ours",
    "empty",
    "offset-allocator",
    "mimalloc",
    "system",
    "dlmalloc",
    "substrate",
    "rlsf",
    "talc",
    "no-op",
    "wasi-libc",
    "emmalloc",
    "rust-dlmalloc",
    "rust-rlsf",
    "rust-talc",
];

/// A contender's name.
fn contender(name: &str) -> Result<String, String> {
    if CONTENDERS.contains(&name.strip_suffix("+touch").unwrap_or(name)) {
        return Ok(name.to_owned());
    }
    Err(format!("no contender is called {name}; there are {}", CONTENDERS.join(", ")))
}

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these rows, with commas between them.
    #[arg(long, global = true, value_delimiter = ',', value_parser = Row::parse)]
    rows: Vec<Row>,
    /// Only these contenders, with commas between them.
    #[arg(long, global = true, value_delimiter = ',', value_parser = contender)]
    only: Vec<String>,
    /// How often the contenders take turns at each row.
    #[arg(long, global = true)]
    rounds: Option<usize>,
    /// Make all traces so many times as long.
    #[arg(long, global = true, default_value_t = 1.0)]
    length: f64,
    /// Few rounds and short traces: only to see that everything works.
    #[arg(long, global = true)]
    pub(crate) quick: bool,
    /// Count instructions with valgrind: by default if everything is measured and it is there.
    #[arg(long, global = true)]
    instructions: Option<bool>,
    /// Write heap-bench.md, heap-bench.csv and heap-bench.svg to this directory.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

impl Options {
    /// The rows to measure.
    pub(crate) fn rows(&self) -> Vec<Row> {
        if self.rows.is_empty() { Row::ALL.to_vec() } else { self.rows.clone() }
    }

    /// Whether a contender takes part. A name stands for its `+touch` form as well.
    pub(crate) fn takes(&self, contender: &str) -> bool {
        self.only.is_empty()
            || self.only.iter().any(|name| {
                name == contender || contender.strip_suffix("+touch").is_some_and(|it| it == name)
            })
    }

    /// Whether instructions are to be counted; `None` if only where it can be done.
    pub(crate) fn instructions(&self) -> Option<bool> {
        self.instructions.or(if self.quick || self.out.is_none() { Some(false) } else { None })
    }

    /// How many rounds are counted.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 3 } else { 15 }).max(1)
    }

    /// The same in plugins, where each round takes longer.
    pub(crate) fn guest_rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 7 }).max(1)
    }

    /// How many of a row's steps are run.
    pub(crate) fn steps(&self, full: usize) -> usize {
        let full = if self.quick { full / 10 } else { full };
        ((full as f64 * self.length) as usize).max(1000)
    }
}
