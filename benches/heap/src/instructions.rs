//! Instructions for each operation, counted by valgrind.
//!
//! This program starts itself under callgrind twice, with n and with 2n timed steps of the same
//! trace; the difference is what n steps take, without the start, the trace and the warm-up.

use crate::native::contenders;
use crate::options::Options;
use crate::results::{Entry, Place, Results};
use crate::trace::Row;
use anyhow::{Context as _, Result};
use std::process::{Command, Stdio};

/// The rows whose instructions are counted.
const ROWS: [Row; 7] = [Row::Pair, Row::PairInUse, Row::A, Row::B, Row::C, Row::D, Row::Small];
/// How many steps are counted.
const STEPS: usize = 100_000;

/// Counts, or says why not.
pub(crate) fn measure(options: &Options, results: &mut Results) {
    let wanted = options.instructions();
    if wanted == Some(false) {
        if options.out.is_some() {
            results.missing(&[("instructions".to_owned(), "not asked for".to_owned())]);
        }
        return;
    }
    let there = Command::new("valgrind").arg("--version").output().is_ok();
    if !there {
        let why = "no valgrind; on Debian: apt-get install valgrind";
        eprintln!("warning: instructions are MISSING from the figures: {why}");
        results.missing(&[("instructions".to_owned(), why.to_owned())]);
        return;
    }
    let names: Vec<&str> = contenders(options)
        .iter()
        .map(|contender| contender.name())
        .filter(|name| !name.ends_with("+touch"))
        .collect();
    for row in options.rows().into_iter().filter(|row| ROWS.contains(row)) {
        eprint!("instructions {:12}", row.name());
        for name in &names {
            match per_operation(row, name) {
                Ok(value) => results.record(Entry {
                    place: Place::Native,
                    row,
                    contender: (*name).to_owned(),
                    runtime: String::new(),
                    metric: "instructions_per_operation",
                    value,
                }),
                Err(error) => {
                    eprintln!("\nwarning: instructions of {name} are MISSING: {error:#}");
                    let what = format!("instructions of {name}, row {}", row.name());
                    results.missing(&[(what, format!("{error:#}"))]);
                }
            }
            eprint!(".");
        }
        eprintln!();
    }
}

/// Instructions for each operation of a row.
fn per_operation(row: Row, contender: &str) -> Result<f64> {
    let whole = row.trace(2 * STEPS);
    let steps = whole.timed.len() / 2;
    let operations = whole.operations_after(steps);
    let few = count(row, contender, steps)?;
    let many = count(row, contender, 2 * steps)?;
    Ok((many as f64 - few as f64) / operations as f64)
}

/// Instructions of one whole run.
fn count(row: Row, contender: &str, steps: usize) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["once", "--contender", contender, "--rows", row.name()])
        .args(["--steps", &steps.to_string(), "--of", &(2 * STEPS).to_string()])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // "==123== Collected : 456"
    said.lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok())
        .with_context(|| format!("valgrind said: {said}"))
}
