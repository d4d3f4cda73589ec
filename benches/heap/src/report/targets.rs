//! What the design demands, and whether it is so.

use super::RUNTIMES;
use super::tables::{number, ratio};
use crate::results::{Place, Results};
use crate::trace::Row;
use std::fmt::Write as _;

/// A target.
struct Target {
    what: String,
    measured: f64,
    target: f64,
    /// Whether more is better.
    at_least: bool,
    unit: &'static str,
}

impl Target {
    /// One line of the table.
    fn line(&self) -> String {
        let (met, sign) = if self.at_least {
            (self.measured >= self.target, "≥")
        } else {
            (self.measured <= self.target, "≤")
        };
        let verdict = if met {
            "met".to_owned()
        } else {
            let off = (self.measured / self.target - 1.0).abs() * 100.0;
            format!("**missed** by {off:.0} %")
        };
        let (measured, target) = (number(self.measured), short(self.target));
        format!(
            "| {} | {measured}{} | {sign} {target}{} | {verdict} |",
            self.what, self.unit, self.unit
        )
    }
}

/// A target's number, as the design has it.
fn short(value: f64) -> String {
    if value == value.trunc() { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The table of all targets that there are figures for.
pub(crate) fn targets(results: &Results) -> String {
    let mut targets = Vec::new();
    native(results, &mut targets);
    for runtime in RUNTIMES {
        guest(results, runtime, &mut targets);
    }
    if targets.is_empty() {
        return String::new();
    }
    let mut out = String::from("### Targets\n\n| | measured | target | |\n|---|---:|---:|---|\n");
    for target in targets {
        let _ = writeln!(out, "{}", target.line());
    }
    out
}

/// Targets of the heap alone.
fn native(results: &Results, targets: &mut Vec<Target>) {
    let get = |row, metric| results.get(Place::Native, row, "ours", "", metric);
    let times = [(Row::Pair, 4.0), (Row::A, 16.0), (Row::B, 9.0), (Row::C, 11.0), (Row::D, 5.0)];
    for (row, target) in times {
        if let Some(measured) = get(row, "ns_per_operation") {
            let what = format!("native, {}", row.name());
            targets.push(Target { what, measured, target, at_least: false, unit: " ns" });
        }
    }
    for (row, target) in [(Row::A, 18.0), (Row::B, 22.0), (Row::C, 17.0), (Row::D, 17.0)] {
        if let Some(measured) = get(row, "waste_percent") {
            let what = format!("waste, {}", row.name());
            targets.push(Target { what, measured, target, at_least: false, unit: " %" });
        }
    }
    for row in Row::ALL {
        if let (Some(metadata), Some(extent)) =
            (get(row, "metadata_bytes"), get(row, "extent_bytes"))
        {
            targets.push(Target {
                what: format!("metadata, {} (4 % of the extent + 16 KiB)", row.name()),
                measured: metadata / 1024.0,
                target: (0.04 * extent / 1024.0 + 16.0).round(),
                at_least: false,
                unit: " KiB",
            });
        }
    }
}

/// Targets of plugins on one runtime.
fn guest(results: &Results, runtime: &str, targets: &mut Vec<Target>) {
    if let Some(measured) = ratio(results, Row::Pair, runtime, "ratio_to_no_op") {
        let what = format!("{runtime}, pair: our time over that of two empty host calls");
        targets.push(Target { what, measured, target: 1.3, at_least: false, unit: "" });
    }
    // The design says nothing of wasmer here: its host calls alone take longer than a dlmalloc.
    if runtime == "wasmer" {
        return;
    }
    for row in Row::ALL {
        let Some(ratio) = ratio(results, row, runtime, "ratio_to_wasi_libc") else { continue };
        let target = if matches!(row, Row::A | Row::B | Row::C) { 2.5 } else { 1.0 };
        let what = format!("{runtime}, {}: times as fast as dlmalloc in the plugin", row.name());
        targets.push(Target { what, measured: 1.0 / ratio, target, at_least: true, unit: "" });
    }
}
