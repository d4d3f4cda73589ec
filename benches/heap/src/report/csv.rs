//! All figures, one a line.

use crate::results::Results;
use std::fmt::Write as _;

/// The figures as CSV.
pub(crate) fn csv(results: &Results) -> String {
    let mut out = String::from("place,row,contender,runtime,metric,value\n");
    for entry in results.entries() {
        let (place, row) = (entry.place.name(), entry.row.name());
        let (contender, runtime, metric) = (&entry.contender, &entry.runtime, entry.metric);
        let _ = writeln!(out, "{place},{row},{contender},{runtime},{metric},{:.3}", entry.value);
    }
    for (name, bytes) in results.modules() {
        let _ = writeln!(out, "guest,,{name},,module_bytes,{bytes}");
    }
    out
}
