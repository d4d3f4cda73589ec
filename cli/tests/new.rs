//! `hostheap new`: a project of each language is made, built by its own build file, and passes its own
//! test, with nothing but the compiler and this command line.
//!
//! `HOSTHEAP_REQUIRE_COMPILERS=1` makes a missing compiler a failure; otherwise it is said.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HOSTHEAP: &str = env!("CARGO_BIN_EXE_hostheap");

/// Fails instead of saying that a compiler is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text + &String::from_utf8_lossy(&output.stderr)
}

/// A project in a folder of its own, and the commands that were printed for it.
struct Project {
    scratch: tempfile::TempDir,
    folder: PathBuf,
    commands: Vec<String>,
}

impl Project {
    fn new(language: &str, options: &[&str]) -> Project {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path().join("my-plugin");
        let mut command = Command::new(HOSTHEAP);
        command.args(["new", language, "my-plugin"]).args(options).current_dir(scratch.path());
        let output = command.output().expect("it runs");
        let text = said(&output);
        assert!(output.status.success(), "{text}");
        let after = |line: &str| line.split_once("   ").map(|(_, command)| command.to_owned());
        let commands = text.lines().skip(1).filter_map(after).collect();
        Project { scratch, folder, commands }
    }

    /// Runs what was printed; `zig` is a program that pip does not put on the PATH.
    fn passes(&self) {
        let bin = self.scratch.path().join("bin");
        fs::create_dir_all(&bin).expect("a folder");
        fs::write(bin.join("zig"), "#!/bin/sh\nexec python3 -m ziglang \"$@\"\n")
            .expect("a script");
        let mut paths = vec![bin.clone(), Path::new(HOSTHEAP).parent().expect("a folder").into()];
        paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let path = env::join_paths(paths).expect("a path");
        assert_eq!(self.commands.len(), 2, "{:?}", self.commands);
        for line in &self.commands {
            let mut shell = Command::new("sh");
            let line = format!("chmod +x {}/zig\n{line}", bin.display());
            shell.args(["-e", "-c", &line]).current_dir(self.scratch.path()).env("PATH", &path);
            for name in ["CARGO_TARGET_DIR", "RUSTFLAGS", "MAKEFLAGS", "CARGO_BUILD_TARGET"] {
                shell.env_remove(name);
            }
            let output = shell.output().expect("sh is there");
            assert!(output.status.success(), "{line}\n{}", said(&output));
        }
        let last = self.commands.last().expect("two");
        assert!(last.contains("test"), "{last}");
    }
}

/// Whether a compiler is here. If not, it is said, or a failure.
fn is_here(what: &str, found: bool) -> bool {
    let required = env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(found || !required, "{REQUIRE}=1, and {what} is missing");
    if !found {
        eprintln!("NOT TESTED: a new project, for want of {what}");
    }
    found
}

fn answers(command: &str, arguments: &[&str]) -> bool {
    Command::new(command).args(arguments).output().is_ok_and(|output| output.status.success())
}

#[test]
fn c() {
    if is_here("clang-19", answers("clang-19", &["--version"])) {
        Project::new("c", &[]).passes();
    }
}

#[test]
fn cpp() {
    if is_here("libc++", Path::new("/usr/lib/wasm32-wasi/libc++.a").exists()) {
        Project::new("c++", &[]).passes();
    }
}

#[test]
fn rust() {
    let targets = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc runs");
    let sysroot = PathBuf::from(String::from_utf8_lossy(&targets.stdout).trim());
    let target = sysroot.join("lib/rustlib/wasm32-unknown-unknown");
    if is_here("Rust's target wasm32-unknown-unknown", target.exists()) {
        let kit = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest/rust");
        Project::new("rust", &["--kit", kit]).passes();
    }
}

#[test]
fn zig() {
    if is_here("Zig", answers("python3", &["-m", "ziglang", "version"])) {
        Project::new("zig", &[]).passes();
    }
}

#[test]
fn assemblyscript() {
    let modules = env::var_os("HOSTHEAP_NODE_MODULES").map(PathBuf::from);
    let found = modules.as_ref().is_some_and(|it| it.join("assemblyscript").exists());
    if !is_here("AssemblyScript in HOSTHEAP_NODE_MODULES", found) {
        return;
    }
    let mut project = Project::new("assemblyscript", &[]);
    #[cfg(unix)]
    if let Some(modules) = modules {
        // As `npm install` would leave it, which would ask the registry.
        std::os::unix::fs::symlink(modules, project.folder.join("node_modules")).expect("a link");
        project.commands[0] = project.commands[0].replace("npm install && ", "");
    }
    project.passes();
}

#[test]
fn what_is_there_is_left_alone() {
    let project = Project::new("c", &[]);
    fs::write(project.folder.join("plugin.c"), "mine").expect("it can be written");
    for (arguments, says) in [
        (&["new", "c", "my-plugin"][..], "is there already"),
        (&["new", "c", "."], "has no name of its own"),
        (&["new", "c", "a b"], "is no name for a plugin"),
        (&["new", "zig", "other", "--kit", "."], "--kit is for rust"),
        (&["build-help", "cobol"], "is no toolchain that is known: "),
    ] {
        let mut command = Command::new(HOSTHEAP);
        let output = command.args(arguments).current_dir(project.scratch.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(says), "{arguments:?}: {}", said(&output));
    }
    assert_eq!(fs::read_to_string(project.folder.join("plugin.c")).unwrap(), "mine");
}
