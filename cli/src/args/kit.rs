//! The commands for plugin authors.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(crate) const NEW_HELP: &str = "\
The folder gets the plugin's source, a build file, the contract that it keeps, a test that calls it on
every runtime, and the kit: the files of hostheap's that plugins in that language need.

Languages: c, cpp, rust, zig, assemblyscript

Examples:
  hostheap new c my-plugin && make -C my-plugin test
  hostheap new rust my-plugin --kit hostheap/guest/rust";

pub(crate) const BUILD_HELP: &str = "\
Without a toolchain: which there are. The guide has the reasons: docs/guide.

Examples:
  hostheap build-help
  hostheap build-help emscripten";

#[derive(Args, Debug)]
pub(crate) struct New {
    /// The language: c, cpp, rust, zig or assemblyscript
    #[arg(value_enum, hide_possible_values = true)]
    pub(crate) language: Language,

    /// The folder to make; its name is the plugin's
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,

    /// Rust: the folder of the crate hostheap-guest (guest/rust in hostheap's repository), until it is
    /// published
    #[arg(long, value_name = "FOLDER")]
    pub(crate) kit: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Language {
    C,
    #[value(alias = "c++", alias = "cxx")]
    Cpp,
    Rust,
    Zig,
    #[value(name = "assemblyscript", alias = "as")]
    AssemblyScript,
}

#[derive(Args, Debug)]
pub(crate) struct BuildHelp {
    /// The toolchain, such as emscripten, clang or rust
    pub(crate) toolchain: Option<String>,
}
