//! The command line.

use crate::measure::Effort;
use crate::rows::Row;
use crate::systems::{Side, What};
use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// The calling convention against other ways to pass strings, buffers and structs to plugins.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Options {
    /// Only these rows, with commas between them: nothing, greet, struct, strings; pass, fetch, sum
    /// and reverse for all sizes, or pass-64, pass-1K, pass-64K, pass-1M and so on.
    #[arg(long, value_delimiter = ',', value_parser = rows)]
    rows: Vec<Rows>,
    /// Only these systems, with commas between them.
    #[arg(long, value_delimiter = ',')]
    only: Vec<What>,
    /// Only on these runtimes, with commas between them: wasmtime, wasmer, wasmi.
    #[arg(long, value_delimiter = ',')]
    on: Vec<String>,
    /// How often all take turns at each row.
    #[arg(long)]
    rounds: Option<usize>,
    /// Few short rounds: only to see that everything works.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write convention-bench.md, convention-bench.csv and convention-bench.svg to this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// The rows that one word stands for.
#[derive(Clone, Debug)]
struct Rows(Vec<Row>);

fn rows(word: &str) -> Result<Rows, String> {
    let rows = Row::named(word);
    if rows.is_empty() {
        let all: Vec<String> = Row::all().iter().map(ToString::to_string).collect();
        return Err(format!("no row is called {word}; there are {}", all.join(", ")));
    }
    Ok(Rows(rows))
}

impl Options {
    /// The rows to measure, in the order of the tables.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let named = |row: &Row| self.rows.iter().any(|rows| rows.0.contains(row));
        Row::all().into_iter().filter(|row| self.rows.is_empty() || named(row)).collect()
    }

    /// Whether a system takes part on a runtime.
    pub(crate) fn takes(&self, side: Side) -> bool {
        // A no-op call is only there to compare with.
        let what = if side.what == What::NoOp { What::Floor } else { side.what };
        (self.only.is_empty() || self.only.contains(&what))
            && (self.on.is_empty() || self.on.iter().any(|it| it == side.runtime))
    }

    /// How long to measure.
    pub(crate) fn effort(&self) -> Effort {
        let (rounds, turn) = if self.quick { (3, 100) } else { (401, 300) };
        Effort { rounds: self.rounds.unwrap_or(rounds).max(1), turn: Duration::from_micros(turn) }
    }
}
