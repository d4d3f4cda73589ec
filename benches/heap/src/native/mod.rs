//! The native part: allocators side by side in one process, without any runtime.

mod contenders;

use crate::options::Options;
use crate::results::{Entry, Place, Results};
use crate::trace::{Row, Trace};
pub(crate) use contenders::{Contender, contenders};
use std::time::Duration;

/// Measures all rows.
pub(crate) fn measure(options: &Options, results: &mut Results) {
    let mut contenders = contenders(options);
    if cfg!(not(feature = "substrate")) && options.takes("substrate") {
        let why = "built without the feature `substrate`, which brings some 190 crates along";
        results.missing(&[("Substrate's allocator".to_owned(), why.to_owned())]);
    }
    for row in options.rows() {
        let trace = row.trace(options.steps(row.full_steps()));
        eprint!("native {:12}", row.name());
        measure_row(options, &trace, &mut contenders, results);
        if row.has_space() {
            let steps = options.steps(row.full_steps()) * row.space_factor();
            take_space(&row.trace(steps), &mut contenders, results);
        }
        eprintln!();
    }
}

/// Runs one contender's trace once, up to so many timed steps.
pub(crate) fn once(options: &Options, name: &str, steps: usize, of: usize) {
    for row in options.rows() {
        let mut trace = row.trace(of);
        trace.timed.truncate(steps);
        for contender in contenders(options).iter_mut().filter(|it| it.name() == name) {
            contender.prepare(&trace);
            contender.run(&trace);
        }
    }
}

/// All contenders take turns at one trace.
fn measure_row(
    options: &Options,
    trace: &Trace,
    contenders: &mut [Box<dyn Contender>],
    results: &mut Results,
) {
    let count = contenders.len();
    let mut times = vec![Vec::new(); count];
    // The first round is not counted: it brings arenas and caches to where they stay.
    for round in 0..=options.rounds() {
        // Whoever comes next finds the caches as the one before left them: each begins a round
        // in its turn.
        for turn in 0..count {
            let index = (turn + round) % count;
            let contender = &mut contenders[index];
            contender.prepare(trace);
            let took = contender.run(trace);
            contender.finish();
            if round > 0 {
                times[index].push(per_operation(took, trace));
            }
        }
        eprint!(".");
    }
    for (contender, times) in contenders.iter().zip(times) {
        let mut record = |metric, value| {
            results.record(native(trace.row, contender.name(), metric, value));
        };
        record("ns_per_operation", median(times.clone()));
        record("ns_per_operation_lowest", times.into_iter().fold(f64::INFINITY, f64::min));
    }
}

/// Records what memory a row takes.
fn take_space(trace: &Trace, contenders: &mut [Box<dyn Contender>], results: &mut Results) {
    for contender in contenders {
        let name = contender.name();
        // Touching a block changes nothing about where it is.
        if name.ends_with("+touch") {
            continue;
        }
        let Some(space) = contender.space(trace) else { continue };
        let mut record = |metric, value| {
            results.record(native(trace.row, name, metric, value));
        };
        record("waste_percent", 100.0 * space.waste());
        record("peak_requested_bytes", space.peak_requested as f64);
        let extent = space.extent.unwrap_or(space.highest_end);
        record("pages", (extent as f64 / 65536.0).ceil());
        if let (Some(metadata), Some(extent)) = (space.metadata, space.extent) {
            record("metadata_bytes", metadata as f64);
            record("extent_bytes", extent as f64);
        }
    }
}

/// A figure of this part.
fn native(row: Row, contender: &str, metric: &'static str, value: f64) -> Entry {
    Entry {
        place: Place::Native,
        row,
        contender: contender.to_owned(),
        runtime: String::new(),
        metric,
        value,
    }
}

/// Nanoseconds for each malloc, free, calloc or realloc.
fn per_operation(took: Duration, trace: &Trace) -> f64 {
    took.as_nanos() as f64 / trace.operations as f64
}

/// The middle value.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
