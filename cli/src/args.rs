//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hostheap_core::OwnHeap;

pub(crate) mod check;
pub(crate) mod externalize;
pub(crate) mod inspect;
pub(crate) mod kit;

use check::{Check, Contract};
use externalize::Externalize;
use inspect::Inspect;
use kit::{BuildHelp, New};

/// WebAssembly plugins without an allocator: the host implements malloc.
#[derive(Debug, Parser)]
#[command(name = "hostheap", version, max_term_width = 100)]
#[command(color = clap::ColorChoice::Never, disable_help_subcommand = true)]
#[command(after_help = OVERVIEW)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Call a plugin's function: its result on stdout, a report of its heap on stderr
    #[command(after_long_help = CALL_HELP, allow_negative_numbers = true)]
    Call(Call),
    /// Show what a plugin is: its memory to scale, where its heap starts and why, its allocators
    #[command(after_long_help = inspect::HELP)]
    Inspect(Inspect),
    /// Check plugins against a host's contract: all that is wrong, and what mends it
    #[command(after_long_help = check::CHECK_HELP)]
    Check(Check),
    /// Print what plugin authors need of a contract: a C header, the linker's list of symbols
    #[command(after_long_help = check::CONTRACT_HELP, disable_help_subcommand = true)]
    Contract(Contract),
    /// Replace a plugin's own malloc by imports, without its source
    #[command(after_long_help = externalize::HELP)]
    Externalize(Externalize),
    /// Make a plugin project: source, build file, contract, test
    #[command(after_help = kit::NEW_HELP)]
    New(New),
    /// Print how a toolchain makes a plugin without an allocator
    #[command(after_help = kit::BUILD_HELP)]
    BuildHelp(BuildHelp),
}

#[derive(Args, Debug)]
pub(crate) struct Call {
    /// The plugin: a .wasm file that imports malloc and free, or needs neither
    #[arg(value_name = "PLUGIN.wasm")]
    pub(crate) plugin: PathBuf,

    /// The exported function; without it the plugin's functions are listed
    pub(crate) export: Option<String>,

    /// Its arguments: numbers, text, @FILE, or with a type in front such as str:42
    #[arg(value_name = "ARGS")]
    pub(crate) arguments: Vec<String>,

    /// The runtime [default: the first of wasmtime, wasmer and wasmi that is compiled in]
    #[arg(short, long, value_enum, value_name = "RUNTIME", hide_possible_values = true)]
    #[arg(
        long_help = "The runtime: wasmtime, wasmer, wasmi, or all to run each and compare results, \
                     heaps and memory [default: the first of them that is compiled in]"
    )]
    pub(crate) backend: Option<BackendChoice>,

    /// How to read the result: auto (the default), str, bytes, raw, i32, u32, i64, u64, f32, f64
    /// or none
    #[arg(short, long, value_enum, value_name = "TYPE", default_value = "auto")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) result: ResultType,

    /// The most linear memory that the plugin may have, for example 1M or 640K
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) max_memory: Option<u64>,

    /// The most blocks that may be live in its heap; malloc gives NULL beyond
    #[arg(long, value_name = "N")]
    pub(crate) max_blocks: Option<u32>,

    /// What to do with an allocator inside the plugin: auto (the default), above, refuse or ignore
    #[arg(long, value_enum, value_name = "POLICY", default_value = "auto")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    #[arg(
        long_help = "What to do with an allocator inside the plugin that it does not export: auto \
                     (what is safe, the default), above (the host's heap starts above the declared \
                     memory), refuse, or ignore (it starts at the heap base all the same)"
    )]
    pub(crate) own_heap: OwnHeapChoice,

    /// The result only, no report
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What `--backend` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    Wasmtime,
    Wasmer,
    Wasmi,
    All,
}

/// What `--own-heap` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OwnHeapChoice {
    Auto,
    Above,
    Refuse,
    Ignore,
}

impl OwnHeapChoice {
    /// As the library has it.
    pub(crate) fn policy(self) -> OwnHeap {
        match self {
            OwnHeapChoice::Auto => OwnHeap::Auto,
            OwnHeapChoice::Above => OwnHeap::Above,
            OwnHeapChoice::Refuse => OwnHeap::Refuse,
            OwnHeapChoice::Ignore => OwnHeap::Ignore,
        }
    }
}

/// What `--result` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultType {
    Auto,
    Str,
    Bytes,
    Raw,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    None,
}

impl ResultType {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ResultType::Auto => "auto",
            ResultType::Str => "str",
            ResultType::Bytes => "bytes",
            ResultType::Raw => "raw",
            ResultType::I32 => "i32",
            ResultType::U32 => "u32",
            ResultType::I64 => "i64",
            ResultType::U64 => "u64",
            ResultType::F32 => "f32",
            ResultType::F64 => "f64",
            ResultType::None => "none",
        }
    }
}

const OVERVIEW: &str = "\
Each command's --help has its rules and examples:
  hostheap call greeter.wasm greet World            what does it do?
  hostheap inspect greeter.wasm                     what is in it?
  hostheap check greeter.wasm -c contract.toml      may my host load it?
  hostheap externalize legacy.wasm -o plugin.wasm   and if it has a malloc of its own?
  hostheap new c my-plugin                          how do I start one?";

const CALL_HELP: &str = "\
How arguments are read:
  World          text. A plugin has no type for it but two i32, a pointer and a length: the host
                 puts the text into the plugin's heap for the time of the call
  42 -1 0xff 2.5 a number, where a number of that type can stand; what can't be one is text
  str:42         text, whatever it looks like
  bytes:00ff7f   bytes, in hexadecimal
  @FILE          the bytes of a file
  i32:1          a number of this type, or u32: i64: u64: f32: f64:
  i32s:1,2,3     an array (pointer and count) of any of these

  Text that starts with a hyphen goes to the end, behind a lone --.

How the result is read:
  a number       as such, integers as signed
  two i32        as pointer and length, if they name bytes in a live block or in static data
  an i64         the same: pointer in its high half, length in its low half
  nothing        as a returned struct of pointer and length, if the first parameter is an i32 that
                 the arguments leave over: that is how C compilers return one

  Bytes are shown as text if they are UTF-8, otherwise as a hex dump. A block that is returned
  belongs to the host, which frees it. --result decides otherwise: str, bytes (a hex dump) and raw
  (as they are, for a pipe) insist on bytes; i32, u32, i64, u64, f32 and f64 on numbers.

Exit status:
  0  the function returned; with --backend all, the same on every runtime
  1  the plugin failed: it cannot be loaded, trapped or broke a rule, or the runtimes disagree
  2  the command line is wrong: no such file or function, arguments that do not fit

Examples:
  hostheap call greeter.wasm                            lists what can be called
  hostheap call greeter.wasm greet World                Hello, World!
  hostheap call greeter.wasm add 2 -3                   -1
  hostheap call greeter.wasm sum i32s:1,2,3             6
  hostheap call wordcount.wasm count @README.md -q      the result only
  hostheap call greeter.wasm greet World -b all         is it the same on every runtime?
  hostheap call misbehaver.wasm leak 100                a leak is a block that stays live";

/// A number of bytes with an optional suffix.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "write a number of bytes such as 131072, 640K, 16M or 1G".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let unit: u64 = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bytes_have_suffixes() {
        assert_eq!(bytes("131072"), Ok(131072));
        assert_eq!(bytes("640K"), Ok(640 << 10));
        assert_eq!(bytes("16mib"), Ok(16 << 20));
        for wrong in ["", "K", "-1", "1.5M", "1T", "99999999999999999999", "99999999999G"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
