//! Reports for machines. The names are documented in the command's help and stay.

use hostheap_core::contract::{Contract, Finding, Mend, Severity};
use serde::Serialize;

use super::Checked;
use crate::args::check::Check;
use crate::file;
use crate::json::Made;

#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    contract: ContractReport<'a>,
    passes: bool,
    plugins: Vec<Plugin<'a>>,
}

#[derive(Debug, Serialize)]
struct ContractReport<'a> {
    file: Option<String>,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Plugin<'a> {
    file: &'a str,
    passes: bool,
    toolchain: Option<Made<'a>>,
    errors: u64,
    warnings: u64,
    notes: u64,
    findings: Vec<FindingReport<'a>>,
    omitted: Vec<Omitted>,
}

#[derive(Debug, Serialize)]
struct FindingReport<'a> {
    code: &'static str,
    severity: &'static str,
    subject: &'a str,
    found: &'a str,
    expected: &'a str,
    reason: &'a str,
    mends: Vec<MendReport<'a>>,
}

#[derive(Debug, Serialize)]
struct MendReport<'a> {
    toolchain: &'static str,
    place: &'static str,
    flag: Option<&'a str>,
    without: Option<&'a str>,
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct Omitted {
    code: &'static str,
    severity: &'static str,
    count: u64,
}

pub(super) fn report<'a>(
    options: &Check,
    contract: &'a Contract,
    checked: &'a [Checked],
) -> Report<'a> {
    Report {
        contract: ContractReport {
            file: options.contract.as_deref().map(file::name),
            name: contract.name(),
        },
        passes: checked.len() == options.plugins.len() && checked.iter().all(|it| it.passes),
        plugins: checked.iter().map(plugin).collect(),
    }
}

fn plugin(checked: &Checked) -> Plugin<'_> {
    let report = &checked.report;
    let omitted = report.omitted.iter().map(|it| Omitted {
        code: it.code.id(),
        severity: it.severity.id(),
        count: it.count,
    });
    Plugin {
        file: &checked.file,
        passes: checked.passes,
        toolchain: report.made.as_ref().map(Made::of),
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        notes: report.count(Severity::Note),
        findings: report.findings.iter().map(finding).collect(),
        omitted: omitted.collect(),
    }
}

fn finding(finding: &Finding) -> FindingReport<'_> {
    FindingReport {
        code: finding.code.id(),
        severity: finding.severity.id(),
        subject: &finding.subject,
        found: &finding.found,
        expected: &finding.expected,
        reason: &finding.reason,
        mends: finding.mends.iter().map(mend).collect(),
    }
}

fn mend(mend: &Mend) -> MendReport<'_> {
    MendReport {
        toolchain: mend.toolchain.id(),
        place: mend.place.id(),
        flag: mend.flag.as_deref(),
        without: mend.without.as_deref(),
        text: &mend.text,
    }
}
