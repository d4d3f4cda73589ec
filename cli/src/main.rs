//! The `hostheap` command: calls functions of WebAssembly plugins from the command line and shows
//! what became of their heaps; and looks at plugins without running them.
//!
//! ```text
//! args ─┬▶ value (tokens and the export's type: what to pass, how to read the result)
//!       │    └─▶ run (the call, on one runtime or on all) ──▶ compare ──▶ report
//!       ├▶ inspect ──▶ words, json, picture (memory to scale: text, svg)
//!       ├▶ check ──▶ human, json
//!       ├▶ externalize
//!       └▶ kit (projects for plugin authors, how toolchains are called)
//! ```

mod args;
mod check;
mod compare;
mod error;
mod externalize;
mod file;
mod inspect;
mod json;
mod kit;
mod picture;
mod print;
mod report;
mod result;
mod run;
mod value;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Help that nobody reads to its end is no failure.
            let _ = usage.print();
            return ExitCode::from(if usage.use_stderr() { error::USAGE } else { 0 });
        }
    };
    let done = match &cli.command {
        Command::Call(call) => run::call(call),
        Command::Inspect(options) => inspect::inspect(options),
        Command::Check(options) => check::check(options),
        Command::Contract(options) => check::contract(&options.command),
        Command::Externalize(options) => externalize::externalize(options),
        Command::New(options) => kit::new(options),
        Command::BuildHelp(options) => kit::build_help(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.exit_code())
        }
    }
}
