//! Checks a module against a contract.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::finding::{Code, Finding, Mend, Severity};
use super::mends::Makers;
use super::policy::Policy;
use super::report::{Omitted, Report};
use super::{Contract, mends};
use crate::module::{ModuleError, Survey};

mod allocators;
mod exports;
mod imports;
mod memory;
mod problems;

/// All that is wrong with a module that could be read.
pub(super) fn survey(contract: &Contract, survey: &Survey) -> Report {
    let contents = survey.contents();
    let mut check =
        Check { contract, survey, makers: Makers::of(contents), found: Found::default() };
    problems::check(&mut check);
    imports::check(&mut check);
    exports::check(&mut check);
    memory::check(&mut check);
    allocators::check(&mut check);
    check.found.report(contract, Some(contents.toolchain().clone()))
}

/// The report on bytes that are no module.
pub(super) fn unreadable(contract: &Contract, error: &ModuleError) -> Report {
    let mut found = Found::default();
    let (code, mend) = match error {
        ModuleError::NotWasm { .. } => (Code::NotWasm, None),
        ModuleError::Component => (
            Code::Component,
            Some("build for wasm32-unknown-unknown or wasm32-wasip1 instead of wasm32-wasip2"),
        ),
        ModuleError::ObjectFile => (Code::ObjectFile, Some("link it: leave out -c")),
        ModuleError::TooLarge { .. } => (Code::TooLarge, None),
        _ => (Code::Malformed, None),
    };
    found.error(code, || Made {
        expected: match code {
            Code::TooLarge => String::new(),
            _ => "a WebAssembly module in the binary format".to_string(),
        },
        mends: mend.map(|text| mends::words(super::Place::Link, text)).into_iter().collect(),
        ..Made::new("module", format!("{error}"))
    });
    found.report(contract, None)
}

/// What a check works on.
struct Check<'a> {
    contract: &'a Contract,
    survey: &'a Survey,
    makers: Makers,
    found: Found,
}

/// A finding in the making.
struct Made {
    subject: String,
    found: String,
    expected: String,
    reason: String,
    mends: Vec<Mend>,
}

impl Made {
    fn new(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Made {
            subject: subject.into(),
            found: found.into(),
            expected: String::new(),
            reason: String::new(),
            mends: Vec::new(),
        }
    }
}

/// Findings so far. A module can have 100,000 imports that are not allowed: of each kind only so
/// many are made as are listed.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    counts: BTreeMap<(Code, Severity), u64>,
}

impl Found {
    fn add(&mut self, code: Code, severity: Severity, make: impl FnOnce() -> Made) {
        let count = self.counts.entry((code, severity)).or_default();
        *count += 1;
        if *count <= Report::MOST as u64 {
            let Made { subject, found, expected, reason, mends } = make();
            self.findings.push(Finding { code, severity, subject, found, expected, reason, mends });
        }
    }

    fn error(&mut self, code: Code, make: impl FnOnce() -> Made) {
        self.add(code, Severity::Error, make);
    }

    /// Under a policy: nothing, a warning or an error.
    fn under(&mut self, policy: Policy, code: Code, make: impl FnOnce() -> Made) {
        match policy {
            Policy::Allow => {}
            Policy::Warn => self.add(code, Severity::Warning, make),
            Policy::Refuse => self.add(code, Severity::Error, make),
        }
    }

    fn report(self, contract: &Contract, made: Option<crate::module::Made>) -> Report {
        let most = Report::MOST as u64;
        let omitted = self.counts.into_iter().filter(|(_, count)| *count > most);
        let omitted = omitted.map(|((code, severity), count)| Omitted {
            code,
            severity,
            count: count - most,
        });
        let mut report = Report {
            contract: contract.name.clone(),
            made,
            findings: self.findings,
            omitted: omitted.collect(),
        };
        report.sort();
        report
    }
}

/// Something cut to a bearable length: a function may have a thousand parameters.
fn brief(shown: impl fmt::Display) -> String {
    const SHOWN: usize = 160;
    let text = shown.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
    }
}
