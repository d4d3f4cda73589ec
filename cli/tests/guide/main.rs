//! The guide for plugin authors: every file on its pages is written, every command run, every output
//! compared, page by page, in a folder that holds nothing but a copy of `guest`.
//!
//! A page's blocks are told apart by the comment above them:
//!
//! ````text
//! <!-- file: plugin.c -->       the block is that file
//! ```sh                         commands, run by `sh -e`
//! <!-- output -->               what the commands before it print; `…` stands for any lines
//! <!-- fails -->                the commands below end in failure
//! <!-- needs: emcc -->          what they need: a program, wasi-libc, libc++, ziglang, or
//!                               emcc-modern, which is put on the PATH
//! <!-- makes: memory.svg -->     a picture that they make, and that the page shows
//! <!-- not run: why -->         commands that change the machine
//! ````
//!
//! `HOSTHEAP_REQUIRE_COMPILERS=1` makes a missing toolchain a failure; otherwise it is said.
//! `HOSTHEAP_BLESS=1` writes the pictures, and what `hostheap build-help` prints, which is cut from the
//! pages.

mod help;
mod page;
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Writes instead of comparing.
const BLESS: &str = "HOSTHEAP_BLESS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository")
}

fn pages() -> Vec<(String, PathBuf)> {
    let folder = root().join("docs/guide");
    let mut pages: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path))
        .collect();
    pages.sort();
    pages
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (name, path) in pages() {
        let text = fs::read_to_string(&path).expect("it is there");
        let (copy, of) = (text.clone(), name.clone());
        trials.push(Trial::test(format!("runs::{name}"), move || run::page(&of, &copy)));
        trials.push(Trial::test(format!("help::{name}"), move || help::check(&name, &text)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
