//! What the design demands, and whether it is so.

use super::RUNTIMES;
use crate::results::Results;
use crate::rows::Row;
use crate::systems::{Side, What};
use std::fmt::Write as _;

/// How many times as long as somebody else hostheap may take.
struct Target {
    row: Row,
    runtime: &'static str,
    rival: Side,
    most: f64,
}

/// All targets.
fn all() -> Vec<Target> {
    let on_all = |row, what, most| {
        RUNTIMES.map(|runtime| Target { row, runtime, rival: Side::new(what, runtime), most })
    };
    let greet = |what, most| {
        let (row, runtime) = (Row::Greet, "wasmtime");
        Target { row, runtime, rival: Side::new(what, runtime), most }
    };
    let mut all = Vec::new();
    all.extend(on_all(Row::Pass(64), What::NoOp, 1.5));
    all.extend(on_all(Row::Greet, What::ByHand, 0.65));
    all.push(greet(What::Component, 0.25));
    all.push(greet(What::Layer, 0.12));
    all.push(greet(What::Extism, 0.03));
    all.extend(on_all(Row::Pass(1 << 20), What::Floor, 1.1));
    all
}

/// The table of all targets; those that were not measured say so.
pub(crate) fn table(results: &Results) -> String {
    let mut out = String::from(
        "| hostheap's time over another's | measured | target | |\n|---|---:|---:|---|\n",
    );
    for Target { row, runtime, rival, most } in all() {
        let ours = Side::new(What::Hostheap, runtime);
        let (measured, verdict) = match results.ratio(row, ours, rival) {
            None => ("–".to_owned(), "not measured".to_owned()),
            Some(ratio) if ratio <= most => (digits(ratio), "met".to_owned()),
            Some(ratio) => {
                let off = (ratio / most - 1.0) * 100.0;
                (digits(ratio), format!("**missed** by {off:.0} %"))
            }
        };
        let (row, rival) = (row.name(), rival.what.name());
        let most = digits(most);
        let _ = writeln!(out, "| {runtime}: {row} / {rival} | {measured} | ≤ {most} | {verdict} |");
    }
    out
}

fn digits(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}
