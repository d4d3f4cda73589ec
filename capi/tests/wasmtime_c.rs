//! The bare heap on the official C API of wasmtime: `examples/c/wasmtime`, by each compiler, under
//! each sanitizer.

mod common;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::tools::{Compilers, SANITIZE, missing, said, sanitizers_work, valgrind_works};
use common::{done, root, say};

/// Where wasmtime's C API is: `.ci/wasmtime-c/fetch.py` makes such a directory.
const WASMTIME_C: &str = "HOSTHEAP_WASMTIME_C";

const C99: &[&str] = &["-std=c99"];
const CPP17: &[&str] = &["-x", "c++", "-std=c++17"];
const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-g"];

#[test]
fn the_wasmtime_example_does_the_same_by_every_compiler_and_under_the_sanitizers() {
    let Some(rig) = Rig::new("compilers") else { return };
    let mut run = 0;
    for name in ["gcc", "clang"] {
        let Some(compilers) = Compilers::find(name) else { continue };
        let sanitized = sanitizers_work(compilers, &rig.scratch).then_some((C99, SANITIZE));
        let builds = [(C99, &[][..]), (CPP17, &[])].into_iter().chain(sanitized);
        for (number, (language, sanitizers)) in builds.enumerate() {
            let program = rig.build(&format!("{name}-{number}"), compilers, language, sanitizers);
            let how = format!("{name} {language:?} {sanitizers:?}");
            says_what_it_should(&how, &rig.run(Command::new(&program)));
            run += 1;
        }
    }
    say(format_args!("the wasmtime example ran in {run} builds of 6"));
}

#[test]
fn the_wasmtime_example_is_clean_under_valgrind() {
    let Some(rig) = Rig::new("valgrind") else { return };
    let Some(gcc) = Compilers::find("gcc") else { return };
    if !valgrind_works() {
        return;
    }
    let program = rig.build("plain", gcc, C99, &[]);
    let mut valgrind = Command::new("valgrind");
    // wasmtime never joins its threads, whose stacks are "possibly lost". What is lost is an error.
    valgrind.args(["--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
    valgrind.arg(format!(
        "--suppressions={}",
        root().join("tests/suppressions/valgrind.txt").display()
    ));
    valgrind.arg(program);
    says_what_it_should("valgrind", &rig.run(valgrind));
}

/// What is needed to build and run the program.
struct Rig {
    wasmtime: PathBuf,
    library: PathBuf,
    scratch: PathBuf,
}

impl Rig {
    /// `None`, and says so, if wasmtime's C API is not here. Tests build in directories of their own.
    fn new(name: &str) -> Option<Rig> {
        let Some(wasmtime) = env::var_os(WASMTIME_C).map(PathBuf::from) else {
            missing(&format!("{WASMTIME_C} does not say where wasmtime's C API is"));
            return None;
        };
        let header = wasmtime.join("include/wasmtime.h");
        assert!(header.is_file(), "{WASMTIME_C} is set, and there is no {}", header.display());
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasmtime-c").join(name);
        fs::create_dir_all(&scratch).expect("a directory in the target directory");
        let library = bare_library();
        Some(Rig { wasmtime, library, scratch })
    }

    /// The program.
    fn build(
        &self,
        name: &str,
        compilers: Compilers,
        language: &[&str],
        sanitizers: &[&str],
    ) -> PathBuf {
        let program = self.scratch.join(name);
        let example = root().join("../examples/c/wasmtime");
        let mut compiler = Command::new(if language == C99 { compilers.c } else { compilers.cxx });
        compiler.args(WARNINGS).args(language).args(sanitizers);
        compiler.arg("-I").arg(root().join("include"));
        compiler.arg("-isystem").arg(self.wasmtime.join("include"));
        compiler.arg(example.join("main.c")).arg(example.join("plugin.c"));
        // What follows is no source, whatever the language.
        compiler.args(["-x", "none"]).arg(&self.library);
        compiler.arg("-L").arg(self.wasmtime.join("lib")).arg("-lwasmtime");
        compiler.arg(format!("-Wl,-rpath,{}", self.wasmtime.join("lib").display()));
        compiler.args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
        done(&mut compiler);
        program
    }

    fn run(&self, mut command: Command) -> Output {
        for plugin in ["greeter/greeter.wasm", "misbehaver/misbehaver.wasm"] {
            command.arg(root().join("../guest/plugins").join(plugin));
        }
        command.output().expect("the program is there")
    }
}

/// libhostheap without any runtime, as a program that has its own links it.
fn bare_library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "-p", "hostheap-capi", "--no-default-features"]);
    cargo.arg("--manifest-path").arg(root().join("Cargo.toml")).arg("--target-dir").arg(&target);
    done(&mut cargo);
    target.join("debug/libhostheap.a")
}

fn says_what_it_should(what: &str, output: &Output) {
    assert!(output.status.success(), "{what}: {}\n{}", output.status, said(output));
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
