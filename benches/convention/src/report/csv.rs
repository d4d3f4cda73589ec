//! All figures, one a line.

use crate::results::Results;
use std::fmt::Write as _;

/// The figures as CSV.
pub(crate) fn csv(results: &Results) -> String {
    let mut out = String::from("row,system,runtime,median_ns,lowest_ns\n");
    for entry in results.entries() {
        let (row, what, runtime) = (entry.row, entry.side.what.name(), entry.side.runtime);
        let (median, lowest) = (entry.median(), entry.lowest());
        let _ = writeln!(out, "{row},{what},{runtime},{median:.3},{lowest:.3}");
    }
    out
}
