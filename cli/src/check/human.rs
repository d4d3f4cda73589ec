//! Reports for people.

use hostheap_core::contract::{Contract, Severity};
use hostheap_core::module::Toolchain;

use super::Checked;
use crate::print::{one_line, quoted};
use crate::report::{and, count};

/// All findings, each plugin's followed by what that comes to.
pub(super) fn reports(contract: &Contract, checked: &[Checked]) -> String {
    let mut out = String::new();
    for Checked { file, report, passes } in checked {
        let file = one_line(file);
        for finding in &report.findings {
            out += &format!("{file}: {finding}\n\n");
        }
        for omitted in &report.omitted {
            let more = format!("{} more of these", omitted.count);
            out += &format!("{file}: {}[{}]: {more}\n\n", omitted.severity, omitted.code);
        }
        out += &format!("{file} {}{}", verdict(*passes), terms(contract));
        let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
            .into_iter()
            .map(|severity| (report.count(severity), severity.id()))
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| count(number, what))
            .collect();
        if !counts.is_empty() {
            out += &format!(": {}", and(&counts.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        if let (Some(made), false) = (&report.made, report.findings.is_empty()) {
            out += &match made.toolchain {
                Toolchain::Unknown => {
                    format!("\nNobody knows what made it ({})", one_line(&made.evidence))
                }
                _ => format!("\nIt was made by {}", one_line(&made.to_string())),
            };
        }
        out += "\n";
        if checked.len() > 1 {
            out += "\n";
        }
    }
    if checked.len() > 1 {
        let passing = checked.iter().filter(|it| it.passes).count();
        out += &match checked.len() - passing {
            0 => format!("All {} plugins pass", checked.len()),
            failing => format!("{failing} of {} plugins do not pass", checked.len()),
        };
        out += "\n";
    }
    out
}

fn verdict(passes: bool) -> &'static str {
    if passes { "passes" } else { "does not pass" }
}

fn terms(contract: &Contract) -> String {
    match contract.name() {
        "" => String::new(),
        name => format!(" the contract {}", quoted(name)),
    }
}
