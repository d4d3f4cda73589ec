//! An author who follows only the printed mend gets a plugin that passes.
//!
//! Each row builds a broken plugin with a real compiler, checks it, does what the report says for
//! that compiler (adds the flag, takes one off, writes the line into the source), builds again and
//! checks again.

mod mends {
    pub(crate) mod rows;
    pub(crate) mod tools;
}

use std::path::{Path, PathBuf};

use hostheap_core::contract::{Contract, Finding, Place, Report, Severity};
use hostheap_core::module::Toolchain;
use hostheap_tests::say;

use mends::rows::{ROWS, Row, Step};
use mends::tools::{Missing, Tool};

macro_rules! tools {
    ($($name:ident = $tool:expr;)*) => {
        $(#[test]
        fn $name() {
            run($tool);
        })*
    };
}
tools! {
    clang_19 = Tool::Clang19;
    clang_14 = Tool::Clang14;
    clang_19_with_wasi_libc = Tool::Wasi19;
    clang_14_with_wasi_libc = Tool::Wasi14;
    emscripten = Tool::Emscripten;
    rust = Tool::Rust;
    zig = Tool::Zig;
    zig_cc = Tool::ZigCc;
    assemblyscript = Tool::AssemblyScript;
}

fn run(tool: Tool) {
    if let Err(Missing(reason)) = tool.find() {
        return give_up(tool, &reason);
    }
    let rows: Vec<&Row> = ROWS.iter().filter(|row| row.tool == tool).collect();
    assert!(!rows.is_empty(), "no rows for {tool:?}");
    let mut failed = Vec::new();
    for row in &rows {
        if let Err(reason) = follow(row) {
            failed.push(format!("{} of {}: {reason}", row.code, row.source));
        }
    }
    say(format_args!("{tool:?}: {} mends followed", rows.len() - failed.len()));
    assert!(
        failed.is_empty(),
        "{tool:?}: {} of {}\n\n{}",
        failed.len(),
        rows.len(),
        failed.join("\n\n")
    );
}

/// Fails instead of saying that a compiler is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

fn give_up(tool: Tool, reason: &str) {
    let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, and {reason}");
    say(format_args!("NOT TESTED: the mends for {tool:?}: {reason}"));
}

/// What is built: the words of the command line, and the source.
struct Build {
    words: Vec<String>,
    source: String,
}

fn follow(row: &Row) -> Result<(), String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mends").join(format!(
        "{:?}-{}-{}",
        row.tool,
        row.code,
        row.source.replace('.', "-")
    ));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let mut contract = row.contract.to_owned();
    let mut build = Build {
        words: row.words.iter().flat_map(|words| split(words)).collect(),
        source: std::fs::read_to_string(sources().join(row.source)).map_err(|e| e.to_string())?,
    };

    let report = check(row, &contract, &build, &directory, "before")?;
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.code.id() == row.code)
        .ok_or_else(|| format!("not found in\n{report}"))?;
    for step in row.steps {
        apply(row, *step, finding, &mut build, &mut contract)?;
    }
    let after = check(row, &contract, &build, &directory, "after");
    if let Some(Step::Fails(naming)) = row.steps.last() {
        return match after {
            Ok(report) => Err(format!("built after all:\n{report}")),
            Err(message) if message.contains(naming) => Ok(()),
            Err(message) => Err(message),
        };
    }
    let after = after?;
    let remains = after.findings.iter().any(|finding| finding.code.id() == row.code);
    if remains || (finding.severity == Severity::Error && !after.passes()) {
        let words = build.words.join(" ");
        return Err(format!(
            "the mended plugin does not pass: {words}\n{after}\n\nbefore:\n{report}"
        ));
    }
    Ok(())
}

fn check(
    row: &Row,
    contract: &str,
    build: &Build,
    directory: &Path,
    name: &str,
) -> Result<Report, String> {
    let contract = Contract::from_toml(contract).map_err(|error| error.to_string())?;
    let wasm = row.tool.build(&build.words, row.source, &build.source, &directory.join(name))?;
    let report = contract.check(&wasm);
    // A module that does not tell gets everybody's mends, and its author follows the own ones.
    if let Some(made) = &report.made
        && made.toolchain != Toolchain::Unknown
        && !row.tool.toolchains().contains(&made.toolchain)
    {
        return Err(format!("taken for a module of {made}"));
    }
    Ok(report)
}

/// Does what a mend of the finding says.
fn apply(
    row: &Row,
    step: Step,
    finding: &Finding,
    build: &mut Build,
    contract: &mut String,
) -> Result<(), String> {
    let host = matches!(step, Step::Contract(_));
    // Those for its toolchain, as far as that is told; those for everybody last.
    let mends = || {
        let told = row.tool.toolchains().iter().filter(|_| !host);
        let told = told.chain([&Toolchain::Unknown]);
        told.flat_map(|told| finding.mends.iter().filter(move |mend| mend.toolchain == *told))
            .filter(|mend| (mend.place == Place::Host) == host)
            // Zig has two command lines.
            .filter(|mend| {
                mend.toolchain != Toolchain::Zig
                    || mend.text.starts_with("with zig cc") == (row.tool == Tool::ZigCc)
            })
    };
    let none = |what: &str| format!("no mend with {what} for {:?} in\n{finding}", row.tool);
    match step {
        Step::Flag => {
            let mend = mends()
                .find(|mend| {
                    matches!(mend.place, Place::Compile | Place::Link)
                        && (mend.flag.is_some() || mend.without.is_some())
                })
                .ok_or_else(|| none("a flag"))?;
            if let Some(without) = &mend.without {
                take_off(&mut build.words, &split(without));
            }
            build.words.extend(mend.flag.iter().flat_map(|flag| split(flag)));
        }
        Step::Source(old, new) => {
            let line = mends()
                .find(|mend| mend.place == Place::Source && mend.flag.is_some())
                .and_then(|mend| mend.flag.as_deref())
                .ok_or_else(|| none("a line of source"))?;
            if !build.source.contains(old) {
                return Err(format!("{old:?} is not in {}", row.source));
            }
            build.source = build.source.replace(old, &new.replace("@", line));
        }
        Step::Words(words) => {
            // What is mended in words is done as the row says, if the words are there.
            let (said, add, off) = words;
            if !finding.mends.iter().any(|mend| mend.to_string().contains(said)) {
                return Err(none(said));
            }
            take_off(&mut build.words, &split(off));
            build.words.extend(split(add));
        }
        Step::Fails(_) => {}
        Step::Edit(said, old, new) => {
            if !finding.mends.iter().any(|mend| mend.to_string().contains(said)) {
                return Err(none(said));
            }
            if !build.source.contains(old) {
                return Err(format!("{old:?} is not in {}", row.source));
            }
            build.source = build.source.replace(old, new);
        }
        Step::Contract(table) => {
            let line = mends()
                .find(|mend| mend.place == Place::Host && mend.flag.is_some())
                .and_then(|mend| mend.flag.as_deref())
                .ok_or_else(|| none("a line of the contract"))?;
            if !contract.contains(table) {
                contract.push_str(&format!("\n{table}\n"));
            }
            *contract = contract.replace(table, &format!("{table}\n{line}"));
        }
    }
    Ok(())
}

fn take_off(words: &mut Vec<String>, off: &[String]) {
    if let Some(at) = (!off.is_empty())
        .then(|| words.windows(off.len()).position(|window| window == off))
        .flatten()
    {
        words.drain(at..at + off.len());
    }
}

fn split(words: &str) -> Vec<String> {
    words.split_whitespace().map(ToOwned::to_owned).collect()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mends")
}
