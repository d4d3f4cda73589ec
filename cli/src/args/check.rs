//! The command lines of `check` and `contract`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The plugins: .wasm files, or - for stdin
    #[arg(value_name = "PLUGIN.wasm", required = true)]
    pub(crate) plugins: Vec<PathBuf>,

    /// The contract; without it, what a host needs that offers malloc and nothing else
    #[arg(short, long, value_name = "CONTRACT.toml")]
    pub(crate) contract: Option<PathBuf>,

    /// How to report: human (the default), short (a line a finding) or json
    #[arg(short, long, value_enum, default_value = "human")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) format: Format,

    /// Fail on warnings too
    #[arg(long, value_enum, value_name = "warnings", hide_possible_values = true)]
    pub(crate) deny: Option<Deny>,
}

/// What `--format` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Short,
    Json,
}

/// What `--deny` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    Warnings,
}

pub(crate) const CHECK_HELP: &str = "\
All that is wrong is reported at once, each finding with what mends it: the exact flag for the
toolchain that made the plugin, or for all of them if the plugin does not tell.

A contract is a file such as this; all of it is optional:
  name = \"text filter\"
  [imports.host]                   # what plugins may import from `host`, besides the malloc family
  log = \"(line: str)\"
  now = \"() -> i64\"
  [exports]                        # what they must export, unless it is optional
  greet = \"(name: str) -> string\"
  sum = { type = \"(slice<i32>) -> i64\", optional = true }
  [memory]
  initial = \"1M\"                   # at most
  maximum = \"16M\"                  # at most, if the plugin declares one
  growable = true                  # must be
  [policy]                         # allow, warn or refuse
  wasi = [\"fd_write\"]              # or only these calls
  second_allocator = \"refuse\"      # also: legacy start unknown_layout extra_exports command
                                   # wrapped_exports

Formats:
  human  each finding with what was found, what was expected, why, and what mends it
  short  PLUGIN: error[CODE]: SUBJECT: FOUND; expected …; mend (TOOLCHAIN): …
  json   contract{file, name}, passes, plugins[] with file, passes, errors, warnings, notes,
         toolchain{id, version, evidence}, omitted[]{code, severity, count}, findings[] with code,
         severity, subject, found, expected, reason, mends[]{toolchain, place, flag, without, text}

Exit status:
  0  no errors; with --deny warnings, no warnings either
  1  at least one plugin does not pass
  2  the command line or the contract is wrong, or a file cannot be read

Examples:
  hostheap check greeter.wasm                              can a host load it at all?
  hostheap check greeter.wasm --contract filter.toml
  hostheap check plugins/*.wasm -c filter.toml -f short    for editors and CI
  hostheap check greeter.wasm -c filter.toml --deny warnings
  hostheap check greeter.wasm -f json | jq -r '.plugins[].findings[].mends[].flag'";

#[derive(Args, Debug)]
pub(crate) struct Contract {
    #[command(subcommand)]
    pub(crate) command: ContractCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Print a C header for plugin authors: what they import and export
    #[command(after_long_help = HEADER_HELP)]
    Header(ContractFile),
    /// Print the list of symbols that a plugin may leave undefined, for the linker
    #[command(after_long_help = ALLOW_FILE_HELP)]
    AllowFile(ContractFile),
}

#[derive(Args, Debug)]
pub(crate) struct ContractFile {
    /// The contract, or - for stdin
    #[arg(value_name = "CONTRACT.toml")]
    pub(crate) contract: PathBuf,
}

pub(crate) const CONTRACT_HELP: &str = "\
`hostheap check --help` shows what a contract looks like.

Examples:
  hostheap contract header filter.toml > filter_plugin.h
  hostheap contract allow-file filter.toml > filter.syms";

const HEADER_HELP: &str = "\
The header goes with hostheap's guest/c/hostheap.h and needs no linker flags.

Example:
  hostheap contract header filter.toml > filter_plugin.h";

const ALLOW_FILE_HELP: &str = "\
With it, a misspelt name is still an error of the linker, which --allow-undefined hides.

Example:
  hostheap contract allow-file filter.toml > filter.syms
  clang --target=wasm32 -nostdlib -Wl,--no-entry,--allow-undefined-file=filter.syms plugin.c";
