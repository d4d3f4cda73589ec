//! The bare heap on the official C API of wasmtime: `examples/c/wasmtime`, by each compiler, under
//! each sanitizer.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Fails instead of saying that a compiler, valgrind or wasmtime's C API is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";
/// Where wasmtime's C API is: `.ci/wasmtime-c/fetch.py` makes such a directory.
const WASMTIME_C: &str = "HOSTHEAP_WASMTIME_C";

const C99: &[&str] = &["-std=c99"];
const CPP17: &[&str] = &["-x", "c++", "-std=c++17"];
const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-g"];
const SANITIZED: &[&str] =
    &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// A way to build the program.
struct Build {
    name: &'static str,
    compiler: &'static str,
    language: &'static [&'static str],
    sanitizers: &'static [&'static str],
}

const BUILDS: &[Build] = &[
    Build { name: "gcc-c99", compiler: "gcc", language: C99, sanitizers: &[] },
    Build { name: "gcc-c++17", compiler: "g++", language: CPP17, sanitizers: &[] },
    Build { name: "gcc-sanitized", compiler: "gcc", language: C99, sanitizers: SANITIZED },
    Build { name: "clang-c99", compiler: "clang-19", language: C99, sanitizers: &[] },
    Build { name: "clang-c++17", compiler: "clang++-19", language: CPP17, sanitizers: &[] },
    Build { name: "clang-sanitized", compiler: "clang-19", language: C99, sanitizers: SANITIZED },
];

#[test]
fn the_wasmtime_example_does_the_same_by_every_compiler_and_under_the_sanitizers() {
    let Some(rig) = Rig::new("compilers") else { return };
    let mut run = 0;
    for build in BUILDS {
        let Some(program) = rig.build(build) else { continue };
        says_what_it_should(build.name, &rig.run(Command::new(&program)));
        run += 1;
    }
    say(&format!("the wasmtime example ran in {run} builds of {}", BUILDS.len()));
}

#[test]
fn the_wasmtime_example_is_clean_under_valgrind() {
    let Some(rig) = Rig::new("valgrind") else { return };
    if Command::new("valgrind").arg("--version").output().is_err() {
        return give_up("no valgrind");
    }
    let Some(program) = rig.build(&BUILDS[0]) else { return };
    let mut valgrind = Command::new("valgrind");
    // wasmtime never joins its threads, whose stacks are "possibly lost". What is lost is an error.
    valgrind.args(["--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
    valgrind.arg(format!("--suppressions={}", rig.suppressions().display()));
    valgrind.arg(program);
    says_what_it_should("valgrind", &rig.run(valgrind));
}

/// What is needed to build and run the program.
struct Rig {
    root: PathBuf,
    wasmtime: PathBuf,
    library: PathBuf,
    scratch: PathBuf,
}

impl Rig {
    /// `None`, and says so, if wasmtime's C API is not here. Tests build in directories of their own.
    fn new(name: &str) -> Option<Rig> {
        let Some(wasmtime) = env::var_os(WASMTIME_C).map(PathBuf::from) else {
            give_up(&format!("{WASMTIME_C} does not say where wasmtime's C API is"));
            return None;
        };
        let header = wasmtime.join("include/wasmtime.h");
        assert!(header.is_file(), "{WASMTIME_C} is set, and there is no {}", header.display());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasmtime-c").join(name);
        fs::create_dir_all(&scratch).expect("a directory in the target directory");
        let library = bare_library(&root);
        Some(Rig { root, wasmtime, library, scratch })
    }

    /// The program, or `None` if there is no such compiler.
    fn build(&self, build: &Build) -> Option<PathBuf> {
        let program = self.scratch.join(build.name);
        let example = self.root.join("examples/c/wasmtime");
        let mut compiler = Command::new(build.compiler);
        compiler.args(WARNINGS).args(build.language).args(build.sanitizers);
        compiler.arg("-I").arg(self.root.join("capi/include"));
        compiler.arg("-isystem").arg(self.wasmtime.join("include"));
        compiler.arg(example.join("main.c")).arg(example.join("plugin.c"));
        // What follows is no source, whatever the language.
        compiler.args(["-x", "none"]).arg(&self.library);
        compiler.arg("-L").arg(self.wasmtime.join("lib")).arg("-lwasmtime");
        compiler.arg(format!("-Wl,-rpath,{}", self.wasmtime.join("lib").display()));
        compiler.args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
        let output = match compiler.output() {
            Ok(output) => output,
            Err(error) => {
                give_up(&format!("{} cannot be run: {error}", build.compiler));
                return None;
            }
        };
        succeeded(build.name, &output);
        Some(program)
    }

    /// What valgrind is wrong about.
    fn suppressions(&self) -> PathBuf {
        self.root.join("capi/tests/suppressions/wasmparser.supp")
    }

    fn run(&self, mut command: Command) -> Output {
        for plugin in ["greeter/greeter.wasm", "misbehaver/misbehaver.wasm"] {
            command.arg(self.root.join("guest/plugins").join(plugin));
        }
        command.output().expect("the program is there")
    }
}

/// libhostheap without any runtime, as a program that has its own links it.
fn bare_library(root: &Path) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "-p", "hostheap-capi", "--no-default-features"]);
    cargo.arg("--manifest-path").arg(root.join("Cargo.toml")).arg("--target-dir").arg(&target);
    succeeded("cargo", &cargo.output().expect("cargo runs"));
    target.join("debug/libhostheap.a")
}

fn succeeded(what: &str, output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}\n{errors}", output.status);
}

fn says_what_it_should(what: &str, output: &Output) {
    succeeded(what, output);
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();

    let (exported, found) = numbers(next());
    assert_eq!(exported, found, "{what}: {text}");
    assert!(exported > 0, "{what}: {text}");
    assert_eq!(next(), "Hello, World!", "{what}: {text}");
    assert_eq!(next(), "700000 bytes; the memory grew: yes", "{what}: {text}");
    assert_eq!(next(), "blocks left: 0", "{what}: {text}");

    // The message has the plugin's stack in it, and the heap's own words last.
    let rest: Vec<&str> = lines.collect();
    let rest = rest.join("\n");
    for part in ["double_free: ", "misbehaver", "freed", "blocks left: 1\n  "] {
        assert!(rest.contains(part), "{what}: no `{part}` in {text}");
    }
}

/// The two numbers of the first line.
fn numbers(line: &str) -> (u32, u32) {
    let numbers = line.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
    let numbers: Vec<u32> = numbers.map(|word| word.parse().expect("a number")).collect();
    assert_eq!(numbers.len(), 2, "{line}");
    (numbers[0], numbers[1])
}

fn give_up(reason: &str) {
    let required = env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, and {reason}");
    say(&format!("NOT TESTED: the bare heap on wasmtime's C API: {reason}"));
}

/// Past the test harness.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
