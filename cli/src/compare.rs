//! Whether runtimes agree on a call.

use std::fmt;

use hostheap_core::Value;

use crate::print::visible;
use crate::result::Content;
use crate::run::Outcome;

/// Characters of a value that a table shows.
const SHOWN: usize = 40;

/// What runtimes do not agree on.
#[derive(Debug)]
pub(crate) struct Differences {
    runtimes: Vec<&'static str>,
    /// What differs, and how it is on each runtime.
    rows: Vec<(&'static str, Vec<String>)>,
}

/// Compares result, heap and memory of all outcomes.
pub(crate) fn agree(outcomes: &[Outcome]) -> Result<(), Differences> {
    // Where none accepts the plugin, each says so in words of its own.
    if outcomes.iter().all(|outcome| outcome.after.is_none()) {
        return Ok(());
    }
    let facts: Vec<_> = outcomes.iter().map(facts).collect();
    let [first, others @ ..] = &facts[..] else { return Ok(()) };
    let differ = |i: &usize| others.iter().any(|other| other[*i] != first[*i]);
    let column = |i: usize| facts.iter().map(|facts| facts[i].1.clone()).collect();
    let rows: Vec<_> = (0..first.len()).filter(differ).map(|i| (first[i].0, column(i))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    Err(Differences { runtimes: outcomes.iter().map(|outcome| outcome.runtime).collect(), rows })
}

/// Everything that must be the same everywhere, in words.
fn facts(outcome: &Outcome) -> [(&'static str, String); 9] {
    let after = |fact: &dyn Fn(&crate::report::After) -> String| match &outcome.after {
        Some(after) => fact(after),
        None => "not started".to_owned(),
    };
    let answer = match &outcome.answer {
        Ok(answer) => match &answer.content {
            Content::Nothing => "nothing".to_owned(),
            Content::Line(line) => line.clone(),
            Content::Raw(bytes) => format!("{bytes:02x?}"),
        },
        Err(failure) => format!("{failure:?}"),
    };
    [
        ("result", answer),
        ("values", outcome.values.iter().map(bits).collect::<Vec<_>>().join(" ")),
        ("live", after(&|a| format!("{} bytes", a.heap.live_bytes))),
        ("live blocks", after(&|a| a.heap.live_blocks.to_string())),
        ("peak", after(&|a| format!("{} bytes", a.heap.peak_bytes))),
        ("allocated", after(&|a| format!("{} blocks", a.heap.allocated))),
        ("heap", after(&|a| format!("{:?}", a.heap))),
        ("memory", after(&|a| format!("{} bytes", a.memory_bytes))),
        ("memory hash", after(&|a| format!("{:016x}", a.memory_hash))),
    ]
}

/// A number by its bits: not every NaN is the same.
fn bits(value: &Value) -> String {
    match value {
        Value::I32(v) => format!("{v:#x}"),
        Value::I64(v) => format!("{v:#x}"),
        Value::F32(v) => format!("f32:{:#x}", v.to_bits()),
        Value::F64(v) => format!("f64:{:#x}", v.to_bits()),
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ("", self.runtimes.iter().map(ToString::to_string).collect());
        let table: Vec<(&str, Vec<String>)> = [head]
            .into_iter()
            .chain(self.rows.iter().map(|(name, row)| {
                let cut = |cell: &String| match visible(cell).replace('\n', " ") {
                    cell if cell.chars().count() > SHOWN => {
                        cell.chars().take(SHOWN).chain(['…']).collect()
                    }
                    cell => cell,
                };
                (*name, row.iter().map(cut).collect())
            }))
            .collect();
        let width = |column: usize| {
            let cells = table.iter().filter_map(|(_, row)| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let names = table.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (i, (name, row)) in table.iter().enumerate() {
            let mut line = format!("  {name:names$}");
            for (column, cell) in row.iter().enumerate() {
                line += &format!("  {cell:width$}", width = width(column));
            }
            let end = if i + 1 < table.len() { "\n" } else { "" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use hostheap_core::heap::HeapStats;

    use super::*;
    use crate::error::Failure;
    use crate::report::After;
    use crate::result::Answer;

    fn outcome(runtime: &'static str, line: &str, memory_hash: u64) -> Outcome {
        let content = Content::Line(line.to_owned());
        Outcome {
            runtime,
            answer: Ok(Answer { content, how: None }),
            values: vec![Value::I32(1)],
            after: Some(After {
                heap_start: 1024,
                heap: HeapStats::default(),
                memory_bytes: 65536,
                memory_hash,
            }),
            sites: Vec::new(),
        }
    }

    #[test]
    fn equal_outcomes_agree() {
        assert!(agree(&[]).is_ok());
        assert!(agree(&[outcome("a", "x", 1)]).is_ok());
        assert!(agree(&[outcome("a", "x", 1), outcome("b", "x", 1)]).is_ok());
    }

    #[test]
    fn every_difference_is_shown() {
        let long = "long ".repeat(20);
        let outcomes = [outcome("one", "x", 1), outcome("two", "x", 2), outcome("three", &long, 1)];
        let differences = agree(&outcomes).expect_err("they differ");
        assert_eq!(
            format!("\n{differences}"),
            "
               one               two               three
  result       x                 x                 long long long long long long long long …
  memory hash  0000000000000001  0000000000000002  0000000000000001"
        );
    }

    #[test]
    fn a_failure_is_a_difference_too() {
        let mut failed = outcome("b", "x", 1);
        failed.answer = Err(Failure::plugin("trap"));
        failed.after = None;
        let differences = agree(&[outcome("a", "x", 1), failed]).expect_err("they differ");
        assert!(differences.to_string().contains("not started"));
    }

    #[test]
    fn nans_are_compared_by_their_bits() {
        let with = |bits| {
            let mut outcome = outcome("a", "NaN", 1);
            outcome.values = vec![Value::F64(f64::from_bits(bits))];
            outcome
        };
        assert!(agree(&[with(0x7ff8 << 48), with(0x7ff8 << 48)]).is_ok());
        assert!(agree(&[with(0x7ff8 << 48), with(0xfff8 << 48)]).is_err());
    }
}
