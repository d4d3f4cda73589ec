//! The part in plugins: the same C driver with each allocator, on each runtime.

mod modules;
mod plugin;

use crate::native::median;
use crate::options::Options;
use crate::results::{Entry, Place, Results};
use crate::trace::Trace;
use anyhow::{Context as _, Result};
use hostheap_core::{Backend, Engine};
use modules::{Modules, build};
use plugin::{Candidate, candidates};
use std::time::Duration;

/// What a runtime's share of a row's full number of steps is.
const COMPILED: usize = 2;
/// The same for an interpreter, which takes about ten times as long.
const INTERPRETED: usize = 10;

/// Measures all rows on all runtimes.
pub(crate) fn measure(options: &Options, results: &mut Results) -> Result<()> {
    let modules = build(options.quick)?;
    for (name, why) in &modules.missing {
        eprintln!("warning: the plugin with {name} is MISSING from the figures: {why}");
    }
    for (name, wasm) in &modules.built {
        results.module(name, wasm.len());
    }
    results.missing(&modules.missing);
    runtime::<hostheap::wasmtime::Backend>(options, &modules, COMPILED, true, results)?;
    runtime::<hostheap::wasmer::Backend>(options, &modules, COMPILED, false, results)?;
    runtime::<hostheap::wasmi::Backend>(options, &modules, INTERPRETED, false, results)
}

/// Measures all rows on one runtime; what memory they take as well, if asked for: it is the same
/// on each.
fn runtime<B: Backend>(
    options: &Options,
    modules: &Modules,
    divisor: usize,
    space: bool,
    results: &mut Results,
) -> Result<()> {
    let engine = Engine::<B>::new()?;
    let mut candidates = candidates(options, &engine, modules)?;
    for row in options.rows() {
        eprint!("{:6} {:12}", B::NAME, row.name());
        let trace = row.trace(options.steps(row.full_steps()) / divisor);
        times(options, &trace, &mut candidates, results)
            .with_context(|| format!("{}, row {}", B::NAME, row.name()))?;
        if space && row.has_space() {
            let trace = row.trace(options.steps(row.full_steps()) * row.space_factor());
            for candidate in candidates.iter().filter(|it| it.has_memory()) {
                take_space(&trace, candidate, results)
                    .with_context(|| format!("{}, row {}", candidate.name, row.name()))?;
            }
        }
        eprintln!();
    }
    Ok(())
}

/// All candidates that can run the row take turns at it.
fn times<B: Backend>(
    options: &Options,
    trace: &Trace,
    candidates: &mut [Candidate<B>],
    results: &mut Results,
) -> Result<()> {
    let mut all = vec![Vec::new(); candidates.len()];
    let count = candidates.len();
    for round in 0..options.guest_rounds() {
        for turn in 0..count {
            let index = (turn + round) % count;
            let took = once(&candidates[index], trace).context(candidates[index].name)?;
            all[index].push(per_operation(took, trace));
        }
        eprint!(".");
    }
    let base = |name| candidates.iter().position(|it| it.name == name).map(|at| all[at].clone());
    let bases = [("ratio_to_wasi_libc", base("wasi-libc")), ("ratio_to_no_op", base("no-op"))];
    for (candidate, times) in candidates.iter().zip(all) {
        let mut record = |metric: &'static str, value: f64| {
            results.record(Entry {
                place: Place::Guest,
                row: trace.row,
                contender: candidate.name.to_owned(),
                runtime: B::NAME.to_owned(),
                metric,
                value,
            });
        };
        for (metric, base) in &bases {
            let Some(base) = base else { continue };
            let ratios = times.iter().zip(base).map(|(time, base)| time / base).collect();
            record(metric, median(ratios));
        }
        record("ns_per_operation_lowest", times.iter().copied().fold(f64::INFINITY, f64::min));
        record("ns_per_operation", median(times));
    }
    Ok(())
}

/// A new instance's time for the timed steps.
fn once<B: Backend>(candidate: &Candidate<B>, trace: &Trace) -> Result<Duration> {
    let mut instance = candidate.start()?;
    instance.warm_up(trace)?;
    instance.timed(trace)
}

/// Records what memory a row takes.
fn take_space<B: Backend>(
    trace: &Trace,
    candidate: &Candidate<B>,
    results: &mut Results,
) -> Result<()> {
    let (highest_end, pages) = candidate.start()?.space(trace)?;
    let requested = trace.peak_requested();
    let waste = highest_end as f64 / requested as f64 - 1.0;
    for (metric, value) in [
        ("waste_percent", 100.0 * waste),
        ("pages", pages as f64),
        ("peak_requested_bytes", requested as f64),
    ] {
        results.record(Entry {
            place: Place::Guest,
            row: trace.row,
            contender: candidate.name.to_owned(),
            runtime: String::new(),
            metric,
            value,
        });
    }
    Ok(())
}

/// Nanoseconds for each malloc, free, calloc or realloc.
fn per_operation(took: Duration, trace: &Trace) -> f64 {
    took.as_nanos() as f64 / trace.operations as f64
}
