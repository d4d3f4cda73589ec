//! The command `externalize`: takes a plugin's own allocator out.

use std::io::{self, IsTerminal};

use hostheap_core::module::{
    ExternalizeOptions, Externalized, FoundAs, FunctionId, Member, externalize as rewrite,
};
use serde::Serialize;

use crate::args::externalize::Externalize;
use crate::error::Failure;
use crate::print::{self, printable, quoted, ticked, wrapped};
use crate::report::{and, count};
use crate::{file, json};

/// Removed functions that are named.
const SHOWN: usize = 24;
/// Characters of a line.
const WIDTH: usize = 100;

/// Does what the command line asks for.
pub(crate) fn externalize(options: &Externalize) -> Result<(), Failure> {
    let (name, output) = (file::name(&options.plugin), &options.output);
    if file::is_dash(output) && io::stdout().is_terminal() {
        return Err(Failure::usage(
            "-o - would write a module to the terminal: give a file, or pipe it on",
        ));
    }
    let wasm = file::read(&options.plugin, "a .wasm file")?;
    if file::is_same(&options.plugin, output) {
        let output = quoted(&file::name(output));
        return Err(Failure::usage(format_args!(
            "{output} is the plugin itself, whose allocator could not be had back: give -o another \
             file"
        )));
    }
    let settings = ExternalizeOptions::default().import_module(&options.import_module);
    let done = match rewrite(&wasm, &settings) {
        Ok(done) => done,
        Err(why) => {
            if options.json {
                tell(options, &json::text(&refusal(options, &name, why.to_string())))?;
            }
            return Err(Failure::plugin(why).of(&name));
        }
    };
    file::write(output, &done.wasm)?;
    if options.json {
        tell(options, &json::text(&report(options, &name, &done)))
    } else if options.quiet {
        Ok(())
    } else {
        tell(options, &words(options, &name, &done))
    }
}

/// Prints the report where the module is not.
fn tell(options: &Externalize, report: &str) -> Result<(), Failure> {
    if file::is_dash(&options.output) {
        print::stderr(report.trim_end_matches('\n'));
        return Ok(());
    }
    print::stdout(report)
}

fn words(options: &Externalize, name: &str, done: &Externalized) -> String {
    let mut out = match file::is_dash(&options.output) {
        true => format!("{} imports its allocator now\n", quoted(name)),
        false => {
            let output = quoted(&file::name(&options.output));
            format!("{output} is {} with its allocator imported\n", quoted(name))
        }
    };
    let mut row = |name: &str, text: String| {
        let mut name = name;
        for line in wrapped(&text, WIDTH - 15) {
            out += &format!("  {name:11}  {line}\n");
            name = "";
        }
    };
    let imports: Vec<String> =
        done.imports.iter().map(|member| format!("{}.{member}", options.import_module)).collect();
    row("imports", and_ticked(&imports));
    for (i, replaced) in done.replaced.iter().enumerate() {
        let text = format!(
            "{} by {} ({}), {}",
            function(&replaced.function),
            replaced.member,
            replaced.found_by,
            count(replaced.references.into(), "reference")
        );
        row(if i == 0 { "replaced" } else { "" }, text);
    }
    for (i, proof) in done.proof.iter().enumerate() {
        row(if i == 0 { "proved" } else { "" }, proof.to_string());
    }
    let removed: Vec<String> = done.removed.iter().take(SHOWN).map(short).collect();
    let mut text = and_listed(&removed);
    if done.removed.len() > SHOWN {
        text = format!("{} … and {} more", removed.join(", "), done.removed.len() - SHOWN);
    }
    if !done.removed.is_empty() {
        let what = count(done.removed.len() as u64, "function");
        row("removed", format!("{what} of {}: {text}", count(done.removed_code_bytes, "byte")));
    }
    let more = |names: &[String]| match names.len() {
        n if n > SHOWN => {
            let shown: Vec<String> = names.iter().take(SHOWN).map(|it| ticked(it)).collect();
            format!("{} … and {} more", shown.join(", "), n - SHOWN)
        }
        _ => and_ticked(names),
    };
    let dropped: Vec<String> =
        done.dropped_imports.iter().map(|(module, name)| format!("{module}.{name}")).collect();
    for (what, names) in [
        ("no import", &dropped),
        ("no export", &done.dropped_exports),
        ("no section", &done.dropped_sections),
    ] {
        if !names.is_empty() {
            row(what, more(names));
        }
    }
    let (before, after) = (done.bytes_before, done.bytes_after);
    let change = match before.checked_sub(after) {
        Some(saved) => format!("{saved} saved"),
        None => format!("{} more", after - before),
    };
    row("bytes", format!("{after} instead of {before}: {change}"));
    out
}

/// `function 12`, with its name if it has one.
fn function(id: &FunctionId) -> String {
    match &id.name {
        Some(name) => format!("function {} {}", id.index, ticked(name)),
        None => format!("function {}", id.index),
    }
}

/// Its name, or its index.
fn short(id: &FunctionId) -> String {
    id.name.as_deref().map_or_else(|| id.index.to_string(), printable)
}

fn and_ticked(names: &[String]) -> String {
    and_listed(&names.iter().map(|name| ticked(name)).collect::<Vec<_>>())
}

fn and_listed(names: &[String]) -> String {
    and(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The report for machines. Its names are documented in the command's help and stay.
#[derive(Debug, Serialize)]
struct Report<'a> {
    file: &'a str,
    output: String,
    done: bool,
    reason: Option<String>,
    bytes_before: Option<u64>,
    bytes_after: Option<u64>,
    removed_code_bytes: Option<u64>,
    replaced: Option<Vec<Replaced<'a>>>,
    imports: Option<Vec<&'static str>>,
    removed: Option<Vec<Function<'a>>>,
    dropped_imports: Option<Vec<Import<'a>>>,
    dropped_exports: Option<&'a [String]>,
    dropped_sections: Option<&'a [String]>,
    proof: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Replaced<'a> {
    member: &'static str,
    function: Function<'a>,
    found_by: &'static str,
    references: u32,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    index: u32,
    name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Import<'a> {
    module: &'a str,
    name: &'a str,
}

fn refusal<'a>(options: &Externalize, file: &'a str, reason: String) -> Report<'a> {
    Report {
        file,
        output: options.output.display().to_string(),
        done: false,
        reason: Some(reason),
        bytes_before: None,
        bytes_after: None,
        removed_code_bytes: None,
        replaced: None,
        imports: None,
        removed: None,
        dropped_imports: None,
        dropped_exports: None,
        dropped_sections: None,
        proof: None,
    }
}

fn report<'a>(options: &Externalize, file: &'a str, done: &'a Externalized) -> Report<'a> {
    let function = |id: &'a FunctionId| Function { index: id.index, name: id.name.as_deref() };
    let replaced = done.replaced.iter().map(|it| Replaced {
        member: it.member.name(),
        function: function(&it.function),
        found_by: match it.found_by {
            FoundAs::Exported => "exported",
            FoundAs::Named => "named",
            FoundAs::Forwarded => "forwarded",
            _ => "other",
        },
        references: it.references,
    });
    Report {
        file,
        output: options.output.display().to_string(),
        done: true,
        reason: None,
        bytes_before: Some(done.bytes_before),
        bytes_after: Some(done.bytes_after),
        removed_code_bytes: Some(done.removed_code_bytes),
        replaced: Some(replaced.collect()),
        imports: Some(done.imports.iter().map(|member: &Member| member.name()).collect()),
        removed: Some(done.removed.iter().map(function).collect()),
        dropped_imports: Some(
            done.dropped_imports.iter().map(|(module, name)| Import { module, name }).collect(),
        ),
        dropped_exports: Some(&done.dropped_exports),
        dropped_sections: Some(&done.dropped_sections),
        proof: Some(done.proof.iter().map(ToString::to_string).collect()),
    }
}
