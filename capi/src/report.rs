//! What a contract has to say about a module.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::ffi::c_char;
use core::mem::MaybeUninit;
use std::ffi::CString;

use hostheap_core::contract::{Finding, Mend, Report, Severity};
use hostheap_core::module::Toolchain;

use crate::abi::abi;
use crate::boundary::{Handle, Owned, answer, entry, hh_string, needed, put, vacant};
use crate::status::{Fail, hh_status};

/// For information.
pub const HH_SEVERITY_NOTE: u32 = 0;
/// The module works, but something about it is bad.
pub const HH_SEVERITY_WARNING: u32 = 1;
/// The module breaks the contract.
pub const HH_SEVERITY_ERROR: u32 = 2;

/// All that a contract has to say about a module. It never changes, so threads may share it. Made by
/// `hh_contract_check`.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_report {
    report: Report,
    /// The texts of each finding, as C has them.
    findings: Vec<FindingText>,
}

#[derive(Debug)]
struct FindingText {
    code: CString,
    subject: CString,
    found: CString,
    expected: CString,
    reason: CString,
    mends: Vec<MendText>,
}

#[derive(Debug)]
struct MendText {
    toolchain: CString,
    place: CString,
    flag: Option<CString>,
    without: Option<CString>,
    text: CString,
}

/// One thing about a module. All texts are UTF-8 without line breaks; they belong to the report and
/// live as long as it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_finding {
    /// What kind of finding it is: a stable name such as "missing-export".
    code: *const c_char,
    /// What it is about, such as "export `greet`".
    subject: *const c_char,
    /// What was found.
    found: *const c_char,
    /// What the contract, or the host, expects instead; "" if nothing in particular.
    expected: *const c_char,
    /// Why that matters; "" if it goes without saying.
    reason: *const c_char,
    /// How many mends there are: see `hh_report_mend`.
    mends: usize,
    /// How bad it is: HH_SEVERITY_….
    severity: u32,
}

abi!(hh_finding: 56 {
    code: 0, subject: 8, found: 16, expected: 24, reason: 32, mends: 40, severity: 48,
});

/// What mends a finding. The texts belong to the report and live as long as it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_mend {
    /// For whose plugins it is, such as "clang"; "" if the toolchain does not matter.
    toolchain: *const c_char,
    /// Where it is done: "compile", "link", "source" or "host".
    place: *const c_char,
    /// The exact text to add to the command line or the source; NULL if there is none.
    flag: *const c_char,
    /// The exact text to take off the command line; NULL if there is none.
    without: *const c_char,
    /// What to do, in words; may be "".
    text: *const c_char,
}

abi!(hh_mend: 40 { toolchain: 0, place: 8, flag: 16, without: 24, text: 32 });

impl Handle for hh_report {
    const NAME: &'static str = "hh_report";
}

impl hh_report {
    pub(crate) fn new(report: Report) -> Self {
        let findings = report.findings.iter().map(FindingText::new).collect();
        hh_report { report, findings }
    }
}

impl FindingText {
    fn new(finding: &Finding) -> Self {
        FindingText {
            code: c_string(finding.code.id()),
            subject: c_string(&finding.subject),
            found: c_string(&finding.found),
            expected: c_string(&finding.expected),
            reason: c_string(&finding.reason),
            mends: finding.mends.iter().map(MendText::new).collect(),
        }
    }
}

impl MendText {
    fn new(mend: &Mend) -> Self {
        let toolchain = match mend.toolchain {
            Toolchain::Unknown => "",
            known => known.id(),
        };
        MendText {
            toolchain: c_string(toolchain),
            place: c_string(mend.place.id()),
            flag: mend.flag.as_deref().map(c_string),
            without: mend.without.as_deref().map(c_string),
            text: c_string(&mend.text),
        }
    }
}

/// Text for C. Names in reports are escaped, so that there are no NUL bytes to lose.
fn c_string(text: &str) -> CString {
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
    CString::new(bytes).unwrap_or_default()
}

fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(core::ptr::null(), |text| text.as_ptr())
}

/// Whether the module keeps to the contract: there are no errors. False for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_passes(report: Option<&hh_report>) -> bool {
    answer(false, || report.is_some_and(|it| it.report.passes()))
}

/// How many findings are listed. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_count(report: Option<&hh_report>) -> usize {
    answer(0, || report.map_or(0, |it| it.findings.len()))
}

/// How many findings of a severity there are, those included that are too many of their kind to be
/// listed. 0 for NULL and for what is no severity.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_severities(report: Option<&hh_report>, severity: u32) -> u64 {
    answer(0, || {
        let severity = match severity {
            HH_SEVERITY_NOTE => Severity::Note,
            HH_SEVERITY_WARNING => Severity::Warning,
            HH_SEVERITY_ERROR => Severity::Error,
            _ => return 0,
        };
        report.map_or(0, |it| it.report.count(severity))
    })
}

/// The finding at an index, errors first. HH_ERR_ARGUMENT for an index that is too high.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_at(
    report: Option<&hh_report>,
    index: usize,
    out: Option<&mut MaybeUninit<hh_finding>>,
) -> hh_status {
    entry(|| {
        let report = needed("report", report)?;
        let text = finding(report, index)?;
        let severity = match report.report.findings.get(index).map(|it| it.severity) {
            Some(Severity::Error) => HH_SEVERITY_ERROR,
            Some(Severity::Warning) => HH_SEVERITY_WARNING,
            _ => HH_SEVERITY_NOTE,
        };
        let finding = hh_finding {
            code: text.code.as_ptr(),
            subject: text.subject.as_ptr(),
            found: text.found.as_ptr(),
            expected: text.expected.as_ptr(),
            reason: text.reason.as_ptr(),
            mends: text.mends.len(),
            severity,
        };
        put("out", out, finding)
    })
}

/// What mends the finding at an index, by its own index. HH_ERR_ARGUMENT for one that is too high.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_mend(
    report: Option<&hh_report>,
    index: usize,
    mend: usize,
    out: Option<&mut MaybeUninit<hh_mend>>,
) -> hh_status {
    entry(|| {
        let text = finding(needed("report", report)?, index)?;
        let mend = text.mends.get(mend).ok_or_else(|| none("mend", mend, text.mends.len()))?;
        let mend = hh_mend {
            toolchain: mend.toolchain.as_ptr(),
            place: mend.place.as_ptr(),
            flag: pointer(mend.flag.as_ref()),
            without: pointer(mend.without.as_ref()),
            text: mend.text.as_ptr(),
        };
        put("out", out, mend)
    })
}

fn finding(report: &hh_report, index: usize) -> Result<&FindingText, Fail> {
    report.findings.get(index).ok_or_else(|| none("finding", index, report.findings.len()))
}

fn none(what: &str, index: usize, count: usize) -> Fail {
    Fail::argument(format!("there is no {what} {index}: there are {count}, numbered from 0"))
}

/// The whole report for people to read: each finding with what was found, what is expected, why, and
/// what mends it.
///
/// `*text` is the caller's, who frees it by `hh_string_free`; none on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_text(
    report: Option<&hh_report>,
    text: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    entry(|| {
        let text = vacant("text", text, hh_string::NONE)?;
        *text = hh_string::give(needed("report", report)?.report.to_string());
        Ok(())
    })
}

/// Frees a report. NULL is fine; a second time is HH_ERR_HANDLE. What `hh_module_report` answers belongs
/// to its module: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_report_delete(report: Owned<hh_report>) -> hh_status {
    entry(|| {
        report.take()?;
        Ok(())
    })
}
