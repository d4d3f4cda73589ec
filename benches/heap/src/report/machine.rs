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

/// The version of a crate in this program's lock file.
pub(crate) fn version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let start = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(start.as_str())
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("?", |(version, _)| version)
}
