//! The commands `check` and `contract`.

mod human;
mod json;

use std::path::Path;

use hostheap_core::contract::{Contract, Report, Severity};

use crate::args::check::{Check, ContractCommand, Deny, Format};
use crate::error::Failure;
use crate::print::one_line;
use crate::{file, json as machine, print};

/// A plugin and what the contract has to say about it.
struct Checked {
    file: String,
    report: Report,
    passes: bool,
}

/// Does what the command line asks for.
pub(crate) fn check(options: &Check) -> Result<(), Failure> {
    let dashes = options.plugins.iter().chain(&options.contract).filter(|it| file::is_dash(it));
    if dashes.count() > 1 {
        return Err(Failure::usage("stdin can only be read once: name - once"));
    }
    let contract = match &options.contract {
        Some(path) => read(path)?,
        None => Contract::default(),
    };
    let mut checked = Vec::new();
    let mut unreadable = Vec::new();
    for path in &options.plugins {
        match file::read(path, "a .wasm file") {
            Ok(wasm) => {
                let report = contract.check(&wasm);
                let denied = match options.deny {
                    Some(Deny::Warnings) => report.count(Severity::Warning),
                    None => 0,
                };
                let passes = report.passes() && denied == 0;
                checked.push(Checked { file: file::name(path), report, passes });
            }
            Err(failure) => unreadable.push(failure),
        }
    }
    let text = match options.format {
        Format::Human => human::reports(&contract, &checked),
        Format::Short => lines(&checked),
        Format::Json => machine::text(&json::report(options, &contract, &checked)),
    };
    if !text.is_empty() {
        print::stdout(&text)?;
    }
    // Those that can be read are reported first; the command line is wrong all the same.
    let last = unreadable.pop();
    unreadable.iter().for_each(Failure::print);
    match last {
        Some(failure) => Err(failure),
        None if checked.iter().all(|it| it.passes) => Ok(()),
        None => Err(Failure::Reported),
    }
}

/// A line for each finding.
fn lines(checked: &[Checked]) -> String {
    let lines = checked.iter().flat_map(|it| it.report.lines(&one_line(&it.file)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Does what the command line asks for.
pub(crate) fn contract(command: &ContractCommand) -> Result<(), Failure> {
    match command {
        ContractCommand::Header(options) => print::stdout(&read(&options.contract)?.c_header()),
        ContractCommand::AllowFile(options) => {
            print::stdout(&read(&options.contract)?.allow_file())
        }
    }
}

fn read(path: &Path) -> Result<Contract, Failure> {
    let name = file::name(path);
    let bytes = file::read(path, "a contract")?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::usage("it is not UTF-8, so it is no contract (a TOML file)").of(&name)
    })?;
    Contract::from_toml(&text).map_err(|error| Failure::usage(error).of(&name))
}
