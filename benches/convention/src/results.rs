//! What was measured.

use crate::rows::Row;
use crate::systems::Side;

/// All figures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    entries: Vec<Entry>,
}

/// The turns of one side at one row, in the order of the rounds.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// At what.
    pub(crate) row: Row,
    /// Whose.
    pub(crate) side: Side,
    samples: Vec<f64>,
}

impl Entry {
    /// Median nanoseconds per operation.
    pub(crate) fn median(&self) -> f64 {
        median(self.samples.clone())
    }

    /// Nanoseconds per operation of the quickest turn.
    pub(crate) fn lowest(&self) -> f64 {
        self.samples.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

impl Results {
    /// Adds the turns of one side.
    pub(crate) fn record(&mut self, row: Row, side: Side, samples: Vec<f64>) {
        self.entries.push(Entry { row, side, samples });
    }

    /// All figures, in the order in which they were measured.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The figures of one side at one row.
    pub(crate) fn get(&self, row: Row, side: Side) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.row == row && entry.side == side)
    }

    /// Median over the rounds of how many times as long `one` took as `other`.
    pub(crate) fn ratio(&self, row: Row, one: Side, other: Side) -> Option<f64> {
        let (one, other) = (self.get(row, one)?, self.get(row, other)?);
        Some(median(one.samples.iter().zip(&other.samples).map(|(a, b)| a / b).collect()))
    }

    /// Those who took part, in the order in which they were measured.
    pub(crate) fn sides(&self) -> Vec<Side> {
        let mut sides = Vec::new();
        for entry in &self.entries {
            if !sides.contains(&entry.side) {
                sides.push(entry.side);
            }
        }
        sides
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
