//! `hostheap-kits PLUGIN.wasm…`: runs every case on every runtime, and says which fail.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut clean = true;
    let plugins: Vec<String> = std::env::args().skip(1).collect();
    if plugins.is_empty() {
        eprintln!("usage: hostheap-kits PLUGIN.wasm…");
        return ExitCode::from(2);
    }
    for path in plugins {
        let wasm = match std::fs::read(&path) {
            Ok(wasm) => wasm,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::from(2);
            }
        };
        for (runtime, cases, failed) in hostheap_kits::run_all(&wasm) {
            println!("{path} on {runtime}: {} of {cases} cases pass", cases - failed.len());
            for failure in &failed {
                println!("  {}: {}", failure.case, failure.why);
            }
            clean &= failed.is_empty();
        }
    }
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
