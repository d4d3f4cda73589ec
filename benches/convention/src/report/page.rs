//! The page `convention-bench.md`: everything that was measured, and how to read it.

use super::machine::{machine, oldest, tool, version};
use super::{tables, targets};
use crate::options::Options;
use crate::results::Results;
use crate::systems::{BY_HAND, COMPONENT, EXTISM, PLUGIN};
use std::fmt::Write as _;

/// The page.
pub(crate) fn page(options: &Options, results: &Results) -> String {
    let mut out = String::from("# The calling convention, measured\n\n");
    out.push_str(include_str!("page/intro.md"));
    out.push_str("\n![Bars: time of each system at each row](convention-bench.svg)\n\n");
    out.push_str("## Against the design\n\n");
    out.push_str(include_str!("page/targets.md"));
    out.push('\n');
    out.push_str(&targets::table(results));
    out.push_str("\n## Medians\n\n");
    out.push_str(&tables::table(results));
    out.push_str("\n## How it was measured\n\n");
    out.push_str(include_str!("page/measured.md"));
    out.push_str("\n## With what\n\n");
    out.push_str(&with(options));
    out.push_str("\n## The systems\n\n");
    out.push_str(include_str!("page/systems.md"));
    out.push_str("\n## The plugins\n\n");
    out.push_str(&plugins());
    out
}

/// Machine and versions.
fn with(options: &Options) -> String {
    let mut out = format!("- {}\n", machine());
    for name in ["rustc", "clang-19"] {
        if let Some(version) = tool(name) {
            let _ = writeln!(out, "- {version}");
        }
    }
    let runtimes = ["wasmtime", "wasmer", "wasmi"].map(|it| format!("{it} {}", version(it)));
    let _ = writeln!(out, "- {}", runtimes.join(", "));
    let absent = |there| if there { "" } else { " (not compiled in)" };
    let _ = writeln!(
        out,
        "- wasm_runtime_layer {} with wasmtime_runtime_layer {}, on wasmtime {}{}",
        version("wasm_runtime_layer"),
        version("wasmtime_runtime_layer"),
        version("wasmtime"),
        absent(cfg!(feature = "wasm_runtime_layer"))
    );
    let _ = writeln!(
        out,
        "- the component model of wasmtime {}; plugin by wit-bindgen {}{}",
        version("wasmtime"),
        guest("component", "wit-bindgen"),
        absent(cfg!(feature = "component"))
    );
    let _ = writeln!(
        out,
        "- extism {}, which brings wasmtime {} along; plugin by extism-pdk {}{}",
        version("extism"),
        oldest("wasmtime"),
        guest("extism", "extism-pdk"),
        absent(cfg!(feature = "extism"))
    );
    let effort = options.effort();
    let _ = writeln!(
        out,
        "- {} rounds, turns of {:.1} ms{}",
        effort.rounds,
        effort.turn.as_secs_f64() * 1e3,
        if options.quick { "; **short, only to see that everything works**" } else { "" }
    );
    out
}

/// The version of a crate that a plugin is built with.
fn guest(plugin: &str, name: &str) -> &'static str {
    let lock = match plugin {
        "component" => include_str!("../../guest/component/Cargo.lock"),
        _ => include_str!("../../guest/extism/Cargo.lock"),
    };
    let start = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(start.as_str())
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("?", |(version, _)| version)
}

/// The plugins and their sizes.
fn plugins() -> String {
    let mut out = String::from("| | bytes |\n|---|---:|\n");
    for (name, wasm) in [
        ("hostheap: C, no allocator", PLUGIN),
        ("by hand, kept buffers, wasm_runtime_layer: C, wasi-libc's dlmalloc", BY_HAND),
        ("component model: Rust, wit-bindgen", COMPONENT),
        ("Extism: Rust, extism-pdk", EXTISM),
    ] {
        let _ = writeln!(out, "| {name} | {} |", wasm.len());
    }
    out
}
