//! The command line of `externalize`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Externalize {
    /// The plugin: a .wasm file with a malloc of its own, or - for stdin
    #[arg(value_name = "IN.wasm")]
    pub(crate) plugin: PathBuf,

    /// Where to write the plugin that imports malloc; - for stdout, the report then goes to stderr
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: PathBuf,

    /// Module to import the family from [default: env]
    #[arg(long, value_name = "MODULE", default_value = "env", hide_default_value = true)]
    pub(crate) import_module: String,

    /// The report as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,

    /// No report
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

pub(crate) const HELP: &str = "\
Takes the allocator out of a plugin that has one, without its source: what was malloc, free,
calloc, realloc and so on becomes imports that the host implements, and code that nobody uses any
more is dropped. Static data stays where it is.

It is only done if it is proved that nothing in the plugin depends on the old allocator. Otherwise
the reason is printed, and nothing is written. OUT.wasm is written as a whole or not at all, and is
never IN.wasm: the old allocator could not be had back.

JSON has the same names from now on; a later version may add more:
  file, output, done, reason: why not, or null; all that follows is null if it was not done
  bytes_before, bytes_after, removed_code_bytes
  replaced[]           .member .function{index, name} .found_by .references
  imports[]            names of members that are imported now
  removed[]            .index .name of functions that are gone
  dropped_imports[]    .module .name
  dropped_exports[]    dropped_sections[]    proof[]

Exit status:
  0  it was done
  1  it was not: the plugin has no malloc, imports it already, or depends on its own
  2  the command line is wrong, or a file cannot be read or written

Examples:
  hostheap externalize legacy.wasm -o plugin.wasm
  hostheap externalize legacy.wasm -o - | wasm-opt -O2 -o plugin.wasm
  hostheap externalize legacy.wasm -o plugin.wasm --json | jq .reason";
