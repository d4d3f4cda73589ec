//! All sides of a row take turns.
//!
//! What matters is how many times as long one thing takes as another *in the same run*: the machines
//! that run this are shared and noisy. So in each round every side gets one turn, and ratios are
//! taken between turns of the same round.

use crate::options::Options;
use crate::results::Results;
use crate::rows::Row;
use crate::systems::Contender;
use crate::work::Work;
use anyhow::Result;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How often all sides take their turns.
    pub(crate) rounds: usize,
    /// How long a turn lasts.
    pub(crate) turn: Duration,
}

/// Measures everybody who takes part in a row.
pub(crate) fn measure(
    options: &Options,
    contenders: &mut [Contender],
    row: Row,
    work: &Work,
    results: &mut Results,
) -> Result<()> {
    let effort = options.effort();
    let mut sides = Vec::new();
    for contender in contenders.iter_mut().filter(|it| it.takes(row)) {
        let n = calibrate(effort, contender, row, work)?;
        sides.push((contender, n, Vec::with_capacity(effort.rounds)));
    }
    let count = sides.len();
    for round in 0..effort.rounds {
        for turn in 0..count {
            // Who comes next finds the caches as the one before left them: somebody else begins in
            // each round, and every other round goes backwards.
            let at = (round / 2 + turn) % count;
            let at = if round % 2 == 0 { at } else { count - 1 - at };
            let (contender, n, samples) = &mut sides[at];
            samples.push(sample(contender, row, work, *n)?);
        }
    }
    for (contender, _, samples) in sides {
        results.record(row, contender.side, samples);
    }
    Ok(())
}

/// How much work fills one turn: by the quickest of three, since the first finds memory untouched,
/// and any may be interrupted.
fn calibrate(effort: Effort, contender: &mut Contender, row: Row, work: &Work) -> Result<u32> {
    let turn = effort.turn.as_nanos() as f64;
    let mut n = 1;
    loop {
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            best = best.min(sample(contender, row, work, n)? * f64::from(n));
        }
        if best >= turn || n >= 1 << 28 {
            return Ok(n);
        }
        n *= if best * 8.0 < turn { 4 } else { 2 };
    }
}

/// Nanoseconds per operation of one turn.
fn sample(contender: &mut Contender, row: Row, work: &Work, n: u32) -> Result<f64> {
    let start = Instant::now();
    contender.run(row, work, n)?;
    Ok(start.elapsed().as_nanos() as f64 / f64::from(n))
}
