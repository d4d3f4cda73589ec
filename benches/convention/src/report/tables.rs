//! The figures as a Markdown table.

use super::time;
use crate::results::Results;
use crate::rows::Row;
use crate::systems::{Side, What};
use std::fmt::Write as _;

/// The table of medians: a line for each row, a column for each system.
pub(crate) fn table(results: &Results) -> String {
    // It only takes turns with one row, to be compared with there.
    let sides: Vec<Side> =
        results.sides().into_iter().filter(|side| side.what != What::NoOp).collect();
    let mut out = String::from("| |");
    for side in &sides {
        let _ = write!(out, " {}<br>{} |", side.runtime, side.what.name());
    }
    let _ = writeln!(out, "\n|---|{}", "---:|".repeat(sides.len()));
    for row in Row::all() {
        let entries: Vec<_> = sides.iter().map(|&side| results.get(row, side)).collect();
        if entries.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(out, "| {} |", row.name());
        for entry in entries {
            let figure = entry.map_or("–".to_owned(), |entry| time(entry.median()));
            let _ = write!(out, " {figure} |");
        }
        out.push('\n');
    }
    out
}
