//! Programs in C for tests: compiled with warnings as errors, linked with the library, run.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod tools;

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Writes a line to standard error that the test harness does not capture.
pub(crate) fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// The runtimes that the library under test has: those that the tests were compiled with, the
/// library's default first.
pub(crate) fn runtimes() -> Vec<&'static str> {
    let all = [
        ("wasmtime", cfg!(feature = "wasmtime")),
        ("wasmer", cfg!(feature = "wasmer")),
        ("wasmi", cfg!(feature = "wasmi")),
    ];
    all.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect()
}

/// The folder of this crate.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library as C programs link it, with the features of this test.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) archive: PathBuf,
    pub(crate) shared: PathBuf,
}

/// What a program needs beside the archive: what `cargo rustc --lib -- --print native-static-libs`
/// says.
pub(crate) const SYSTEM_LIBRARIES: &[&str] = if cfg!(target_os = "macos") {
    &["-liconv", "-lm"]
} else {
    &["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]
};

/// Builds the library. Cargo does not do so for the tests of a crate that Rust cannot link.
pub(crate) fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(root()).args(["build", "--lib", "--no-default-features", "--features"]);
        cargo.arg(runtimes().join(","));
        // Where these tests were built, whichever way cargo was told. They keep files in its `tmp`.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder in another");
        cargo.arg("--target-dir").arg(target);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let output = done(cargo.args(["--message-format", "json-render-diagnostics"]));
        let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
        let file = |names: &[&str]| {
            // The last message about a file is about the one that was asked for.
            let strings = messages.lines().rev().flat_map(|line| line.split('"'));
            let found = strings
                .map(Path::new)
                .find(|path| names.iter().any(|name| path.file_name() == Some(OsStr::new(name))));
            found.unwrap_or_else(|| panic!("cargo built none of {names:?}: {messages}")).to_owned()
        };
        Library {
            archive: file(&["libhostheap.a", "hostheap.lib"]),
            shared: file(&["libhostheap.so", "libhostheap.dylib", "hostheap.dll"]),
        }
    })
}

/// Compiles `tests/c/PROGRAM` with `$CC`, or `cc`, and links it with the static library. Answers the
/// program's path.
pub(crate) fn cc(program: &str, flags: &[&str]) -> PathBuf {
    compile(&env::var("CC").unwrap_or_else(|_| "cc".to_owned()), program, flags)
}

/// The same with a compiler by name: one of C++ for a program that ends in `.cpp`, and for a C program
/// with the flags `-x c++`.
pub(crate) fn compile(compiler: &str, program: &str, flags: &[&str]) -> PathBuf {
    let name: String = [compiler, program]
        .iter()
        .chain(flags)
        .flat_map(|part| part.chars().chain(['-']))
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.trim_end_matches('-'));
    let mut command = Command::new(compiler);
    command
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-I"])
        .arg(root().join("include"));
    command.args(flags).arg(root().join("tests/c").join(program)).arg("-o").arg(&out);
    // An archive is no source, whatever language the flags say.
    command.args(["-x", "none"]).arg(&library().archive).args(SYSTEM_LIBRARIES);
    done(&mut command);
    out
}

/// Whether a tool is there. A test that needs one says so if it does without it.
pub(crate) fn has(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs a command that must succeed.
pub(crate) fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
