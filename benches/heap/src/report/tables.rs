//! The figures as Markdown tables.

use super::RUNTIMES;
use crate::results::{Place, Results};
use crate::trace::Row;
use std::fmt::Write as _;

/// All tables that there are figures for.
pub(crate) fn tables(results: &Results) -> String {
    let mut out = String::new();
    let mut section = |title: &str, table: Option<String>| {
        if let Some(table) = table {
            let _ = writeln!(out, "### {title}\n\n{table}");
        }
    };
    let all = results.contenders(Place::Native);
    let (touched, untouched): (Vec<&str>, Vec<&str>) =
        all.iter().partition(|name| name.ends_with("+touch"));
    let native = |names: &[&str], metric| {
        table(names, |name, row| results.get(Place::Native, row, name, "", metric))
    };
    section("Native: ns per operation", native(&untouched, "ns_per_operation"));
    section(
        "Native, with one byte in 64 of each block written: ns per operation",
        native(&touched, "ns_per_operation"),
    );
    section("Native: instructions per operation", native(&all, "instructions_per_operation"));
    section("Native: waste in percent", native(&all, "waste_percent"));
    section("Native: our memory and metadata", native_memory(results));
    let names = results.contenders(Place::Guest);
    for runtime in RUNTIMES {
        section(
            &format!("In a plugin on {runtime}: ns per operation"),
            table(&names, |name, row| {
                results.get(Place::Guest, row, name, runtime, "ns_per_operation")
            }),
        );
    }
    section(
        "In a plugin: our time over that of wasi-libc's dlmalloc",
        table(&RUNTIMES, |runtime, row| ratio(results, row, runtime, "ratio_to_wasi_libc")),
    );
    section(
        "In a plugin: our time over that of two host calls that do nothing",
        table(&RUNTIMES, |runtime, row| ratio(results, row, runtime, "ratio_to_no_op")),
    );
    for (title, metric) in [
        ("In a plugin: waste in percent", "waste_percent"),
        ("In a plugin: pages of 64 KiB that memory grew by", "pages"),
    ] {
        let table = table(&names, |name, row| results.get(Place::Guest, row, name, "", metric));
        section(title, table);
    }
    section("The plugins", modules(results));
    out
}

/// Our time over another's, on one runtime: the median of the rounds' ratios.
pub(crate) fn ratio(results: &Results, row: Row, runtime: &str, metric: &str) -> Option<f64> {
    results.get(Place::Guest, row, "ours", runtime, metric)
}

/// A table with a line for each name and a column for each row of the benchmark.
fn table(names: &[&str], get: impl Fn(&str, Row) -> Option<f64>) -> Option<String> {
    let rows: Vec<Row> =
        Row::ALL.into_iter().filter(|&row| names.iter().any(|it| get(it, row).is_some())).collect();
    if rows.is_empty() {
        return None;
    }
    let mut out = String::from("| |");
    for row in &rows {
        let _ = write!(out, " {} |", row.name());
    }
    let _ = writeln!(out, "\n|---|{}", "---:|".repeat(rows.len()));
    for name in names {
        let values: Vec<Option<f64>> = rows.iter().map(|&row| get(name, row)).collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(out, "| {} |", if *name == "ours" { "**ours**" } else { name });
        for value in values {
            let _ = write!(out, " {} |", value.map_or_else(|| "–".to_owned(), number));
        }
        out.push('\n');
    }
    Some(out)
}

/// A number with about three digits.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// What our heap takes, row by row.
fn native_memory(results: &Results) -> Option<String> {
    let mut out = String::from(
        "| | pages of 64 KiB | metadata | of the heap's extent |\n|---|---:|---:|---:|\n",
    );
    let mut any = false;
    for row in Row::ALL {
        let get = |metric| results.get(Place::Native, row, "ours", "", metric);
        let (Some(pages), Some(metadata), Some(extent)) =
            (get("pages"), get("metadata_bytes"), get("extent_bytes"))
        else {
            continue;
        };
        any = true;
        let _ = writeln!(
            out,
            "| {} | {pages:.0} | {:.1} KiB | {:.1} % |",
            row.name(),
            metadata / 1024.0,
            100.0 * metadata / extent
        );
    }
    any.then_some(out)
}

/// The sizes of the plugins.
fn modules(results: &Results) -> Option<String> {
    if results.modules().is_empty() {
        return None;
    }
    let mut out = String::from("| | bytes |\n|---|---:|\n");
    for (name, bytes) in results.modules() {
        let name = if name == "imports" { "**ours** (imports malloc)" } else { name };
        let _ = writeln!(out, "| {name} | {bytes} |");
    }
    Some(out)
}
