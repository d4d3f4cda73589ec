//! What it was measured on and with.

use std::process::Command;

/// The processor's name, how many threads it runs, and the operating system.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("{processor}, {cores} threads, {}", std::env::consts::OS)
}

/// The first line of what a tool says of its version.
pub(crate) fn tool(name: &str) -> Option<String> {
    let output = Command::new(name).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    said.lines().next().map(str::to_owned)
}

/// The version of a crate in this program's lock file; the newest if there are several.
pub(crate) fn version(name: &str) -> &'static str {
    versions(name).last().copied().unwrap_or("?")
}

/// The version of a crate that belongs to a dependency which brings its own: the oldest.
pub(crate) fn oldest(name: &str) -> &'static str {
    versions(name).first().copied().unwrap_or("?")
}

/// All versions of a crate, in the order of the lock file, which sorts them.
fn versions(name: &str) -> Vec<&'static str> {
    let lock = include_str!("../../Cargo.lock");
    let start = format!("name = \"{name}\"\nversion = \"");
    let rest = lock.split(start.as_str()).skip(1);
    rest.filter_map(|rest| rest.split_once('"')).map(|(version, _)| version).collect()
}
