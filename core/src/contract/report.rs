//! All findings of a check, for people and for machines.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::finding::{Code, Finding, Severity};
use crate::module::Made;

/// All that a [`Contract`](super::Contract) has to say about a module.
///
/// Displays in full, with a line for each thing found, expected and to be done;
/// [`lines`](Self::lines) has one line for each finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Name of the contract.
    pub contract: String,
    /// Who made the module; `None` if it could not be read.
    pub made: Option<Made>,
    /// What was found: errors first, then by what they are about.
    ///
    /// At most [`Report::MOST`] of one code; see [`omitted`](Self::omitted).
    pub findings: Vec<Finding>,
    /// How many more findings of a code and severity there are.
    pub omitted: Vec<Omitted>,
}

/// Findings that a report does not list, because there are too many of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Omitted {
    /// What kind they are.
    pub code: Code,
    /// How bad they are.
    pub severity: Severity,
    /// How many they are.
    pub count: u64,
}

impl Report {
    /// The most findings of one code and severity that are listed.
    pub const MOST: usize = 24;

    /// Whether the module keeps to the contract: there are no errors.
    pub fn passes(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// How many findings of this severity there are, with those that are not listed.
    pub fn count(&self, severity: Severity) -> u64 {
        let listed = self.findings.iter().filter(|finding| finding.severity == severity).count();
        let omitted = self.omitted.iter().filter(|omitted| omitted.severity == severity);
        listed as u64 + omitted.map(|omitted| omitted.count).sum::<u64>()
    }

    /// The findings of a code.
    pub fn of(&self, code: Code) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.code == code)
    }

    /// One line for each finding, as editors and CI read them:
    ///
    /// ```text
    /// plugin.wasm: error[missing-export]: export `greet`: not exported; expected …; mend (clang): -Wl,--export=greet
    /// ```
    pub fn lines(&self, path: &str) -> Vec<String> {
        let mut lines: Vec<String> = self.findings.iter().map(|one| line(path, one)).collect();
        for Omitted { code, severity, count } in &self.omitted {
            lines.push(format!("{path}: {severity}[{code}]: {count} more"));
        }
        lines
    }

    pub(super) fn sort(&mut self) {
        let key =
            |finding: &Finding| (core::cmp::Reverse(finding.severity), finding.subject.clone());
        self.findings.sort_by_cached_key(key);
    }
}

fn line(path: &str, finding: &Finding) -> String {
    let Finding { code, severity, subject, found, expected, mends, .. } = finding;
    let mut line = format!("{path}: {severity}[{code}]: {subject}: {found}");
    // Writing to a string does not fail.
    if !expected.is_empty() {
        let _ = write!(line, "; expected {expected}");
    }
    for mend in mends {
        let _ = write!(line, "; mend ({}): {mend}", who(mend));
    }
    line
}

/// For whom a mend is.
fn who(mend: &super::finding::Mend) -> String {
    use super::finding::Place;
    use crate::module::Toolchain;
    match (mend.place, mend.toolchain) {
        (Place::Host, _) => "host".to_string(),
        (_, Toolchain::Unknown) => "plugin".to_string(),
        (_, toolchain) => toolchain.id().to_string(),
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { code, severity, subject, found, expected, reason, mends } = self;
        write!(f, "{severity}[{code}]: {subject}")?;
        write!(f, "\n  found     {found}")?;
        if !expected.is_empty() {
            write!(f, "\n  expected  {expected}")?;
        }
        if !reason.is_empty() {
            write!(f, "\n  why       {reason}")?;
        }
        for mend in mends {
            write!(f, "\n  mend      {} ({}): {mend}", who(mend), mend.place.id())?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}\n")?;
        }
        for Omitted { code, severity, count } in &self.omitted {
            writeln!(f, "{severity}[{code}]: {count} more of these\n")?;
        }
        if let Some(made) = &self.made {
            writeln!(f, "made by {made}")?;
        }
        let verdict = if self.passes() { "keeps to" } else { "breaks" };
        write!(f, "the module {verdict} the contract")?;
        if !self.contract.is_empty() {
            write!(f, " \"{}\"", self.contract.escape_debug())?;
        }
        let counts = [
            (self.count(Severity::Error), "error"),
            (self.count(Severity::Warning), "warning"),
            (self.count(Severity::Note), "note"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
            .collect();
        if counts.is_empty() { Ok(()) } else { write!(f, ": {}", counts.join(", ")) }
    }
}
