//! The page `heap-bench.md`: everything that was measured, and how to read it.

use super::machine::{machine, tool, version};
use super::{tables, targets};
use crate::options::Options;
use crate::results::Results;
use std::fmt::Write as _;

/// The page.
pub(crate) fn page(options: &Options, results: &Results) -> String {
    let mut out = String::from("# The heap, measured\n\n");
    out.push_str(include_str!("page/intro.md"));
    out.push_str("\n![Bars: time and waste of each allocator](heap-bench.svg)\n\n");
    out.push_str(&missing(results));
    out.push_str("## Measured on\n\n");
    out.push_str(&with(options));
    out.push_str("\n## How to read it\n\n");
    out.push_str(include_str!("page/reading.md"));
    out.push_str("\n## Against the design\n\n");
    out.push_str(include_str!("page/targets.md"));
    out.push('\n');
    out.push_str(&targets(results));
    out.push_str("\n## Figures\n\n");
    out.push_str(&tables(results));
    out.push_str("## The traces\n\n");
    out.push_str(include_str!("page/traces.md"));
    out.push_str("\n## The contenders\n\n");
    out.push_str(include_str!("page/contenders.md"));
    out
}

/// What is not in the figures.
fn missing(results: &Results) -> String {
    let mut out = String::new();
    for (what, why) in results.all_missing() {
        let _ = writeln!(out, "- **Not measured:** {what}: {why}.");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Machine, tools and versions.
fn with(options: &Options) -> String {
    let mut out = format!("- {}\n", machine());
    for name in ["rustc", "clang-19", "valgrind"] {
        if let Some(version) = tool(name) {
            let _ = writeln!(out, "- {version}");
        }
    }
    let versions: Vec<String> = [
        "wasmtime",
        "wasmer",
        "wasmi",
        "libmimalloc-sys",
        "dlmalloc",
        "rlsf",
        "talc",
        "offset-allocator",
    ]
    .map(|name| format!("{name} {}", version(name)))
    .to_vec();
    let _ = writeln!(out, "- {}", versions.join(", "));
    let _ = writeln!(
        out,
        "- {} native rounds, {} rounds in plugins{}",
        options.rounds(),
        options.guest_rounds(),
        if options.quick { "; **short traces, only to see that everything works**" } else { "" }
    );
    out
}
