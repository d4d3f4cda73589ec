//! Ratios, measured side by side.
//!
//! What matters here is how many times as long one thing takes as another *in the same run*: the
//! machines that run this are shared and noisy, and a figure in nanoseconds from one run says
//! little about the next. So the two sides take turns, round by round, and what is reported is the
//! median of each and the median of the rounds' ratios. Criterion and divan measure one function
//! after the other and print no ratios, which is why this small harness stands here instead.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// A thing to measure: runs its work `n` times.
pub type Side<'a> = &'a mut dyn FnMut(u32);

/// The outcome of one comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was compared, with the runtime's name.
    pub name: String,
    /// Median nanoseconds per operation of the base.
    pub base: f64,
    /// Median nanoseconds per operation of ours.
    pub ours: f64,
    /// Median over the rounds of `ours / base`.
    pub ratio: f64,
    /// The most that the ratio should be.
    pub target: f64,
}

/// How long to measure: `HOSTHEAP_BENCH=quick` is for checking that the benches still run.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    rounds: usize,
    sample: Duration,
}

/// Whether a row was asked for: all are, unless the command line names parts of names.
fn is_wanted(name: &str) -> bool {
    let mut parts = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).peekable();
    parts.peek().is_none() || parts.any(|part| name.contains(&part))
}

impl Effort {
    /// As the environment says.
    pub fn from_env() -> Self {
        match std::env::var("HOSTHEAP_BENCH").as_deref() {
            Ok("quick") => Effort { rounds: 5, sample: Duration::from_micros(500) },
            _ => Effort { rounds: 101, sample: Duration::from_millis(3) },
        }
    }
}

/// A thing that measures itself: runs its work `n` times, and says how long that took.
pub type Timed<'a> = &'a mut dyn FnMut(u32) -> Duration;

/// Measures `base` and `ours` in turns, if the command line asks for it.
pub fn compare(
    effort: Effort,
    name: impl Into<String>,
    target: f64,
    base: Side<'_>,
    ours: Side<'_>,
) -> Row {
    compare_timed(effort, name, target, &mut |n| time(base, n), &mut |n| time(ours, n))
}

/// How long a side takes.
pub fn time(side: Side<'_>, n: u32) -> Duration {
    let start = Instant::now();
    side(n);
    start.elapsed()
}

/// The same for sides that measure themselves, in another process for example.
pub fn compare_timed(
    effort: Effort,
    name: impl Into<String>,
    target: f64,
    base: Timed<'_>,
    ours: Timed<'_>,
) -> Row {
    let name = name.into();
    if !is_wanted(&name) {
        return Row { name, base: f64::NAN, ours: f64::NAN, ratio: f64::NAN, target };
    }
    let n = calibrate(effort, base).min(calibrate(effort, ours));
    let mut bases = Vec::with_capacity(effort.rounds);
    let mut own = Vec::with_capacity(effort.rounds);
    for round in 0..effort.rounds {
        // Whoever goes second finds the caches as the first left them; take turns at that too.
        if round % 2 == 0 {
            bases.push(sample(base, n));
            own.push(sample(ours, n));
        } else {
            own.push(sample(ours, n));
            bases.push(sample(base, n));
        }
    }
    let ratios = bases.iter().zip(&own).map(|(base, ours)| ours / base).collect();
    Row { name, base: median(bases), ours: median(own), ratio: median(ratios), target }
}

/// How much work fills one sample.
fn calibrate(effort: Effort, side: Timed<'_>) -> u32 {
    let mut n = 16;
    loop {
        let took = side(n);
        if took >= effort.sample || n >= 1 << 28 {
            return n;
        }
        n *= if took * 8 < effort.sample { 4 } else { 2 };
    }
}

fn sample(side: Timed<'_>, n: u32) -> f64 {
    side(n).as_nanos() as f64 / f64::from(n)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The rows as a Markdown table.
pub fn table(rows: &[Row], base: &str, ours: &str) -> String {
    let mut out = String::new();
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max(4);
    let _ = writeln!(out, "| {:width$} | {base} | {ours} | ratio | target |", "");
    let _ = writeln!(out, "|{:-<1$}|---:|---:|---:|---:|", "", width + 2);
    // Those that were not asked for have no figures.
    for row in rows.iter().filter(|row| !row.ratio.is_nan()) {
        let _ = writeln!(
            out,
            "| {:width$} | {:.1} ns | {:.1} ns | {:.2} | {:.2} |",
            row.name, row.base, row.ours, row.ratio, row.target
        );
    }
    out
}
