//! The C API as C and C++ programs use it: every example and every test in C and C++ is built by
//! gcc and clang, as C99 and as C++17, linked statically and dynamically, and run on every runtime
//! of the library, under the sanitizers and under valgrind too.
//!
//! What an example prints is in `tests/expected`; `HOSTHEAP_BLESS=1` writes it.
//! `HOSTHEAP_REQUIRE_COMPILERS=1` makes a missing tool a failure.

#[path = "../common/mod.rs"]
mod common;
mod headers;
mod parity;
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::tools::{Compilers, SANITIZE, missing, said, sanitizers_work, valgrind_works};
use common::{SYSTEM_LIBRARIES, library, runtimes, say};
use program::{Link, Objects, Program, Standard};

/// Not the least of what is there on a leak, but all that is certainly lost and all that may be.
const VALGRIND: &[&str] = &[
    "valgrind",
    "--quiet",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite,indirect,possible",
    "--show-leak-kinds=definite,indirect,possible",
    "--error-exitcode=99",
];

/// An empty folder for what a test builds.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a scratch folder");
    path
}

/// A file of known reports with the reason for each.
fn suppressions(name: &str) -> String {
    format!("{}/tests/suppressions/{name}", common::root().display())
}

/// The runtimes to run programs on; one without a name for those that need none.
fn tested() -> Vec<&'static str> {
    let runtimes = runtimes();
    if runtimes.is_empty() { vec![""] } else { runtimes }
}

fn runs_clean(program: &Program, built: &Path, how: &str) {
    for runtime in tested() {
        let mut command = program.command(&[], built, runtime);
        let output = command.output().expect("it was built");
        program.check_output(&output, runtime, &format!("{how} on {runtime}"));
    }
}

/// Both ways, but for C programs as C++: how they were compiled shows in the names that they link by,
/// which one way will tell.
fn links(program: &Program, standard: Standard) -> &'static [Link] {
    match program.standards().first() == Some(&standard) {
        true => &[Link::Static, Link::Dynamic],
        false => &[Link::Dynamic],
    }
}

fn compile_all(
    compilers: Compilers,
    flags: &[&str],
    scratch: &Path,
) -> Vec<(Program, Standard, Objects)> {
    let mut all = Vec::new();
    for program in Program::all() {
        for standard in program.standards() {
            let objects = program.compile(compilers, *standard, flags, scratch);
            all.push((program.clone(), *standard, objects));
        }
    }
    all
}

fn every_program(compilers: &str) {
    let Some(compilers) = Compilers::find(compilers) else { return };
    let scratch = scratch(compilers.name);
    let library = library();
    let mut count = 0;
    for (program, standard, objects) in compile_all(compilers, &["-g"], &scratch) {
        for link in links(&program, standard) {
            let built = objects.link(library, *link, &[], &scratch);
            let name = compilers.name;
            let how = format!("{} by {name} as {standard:?}, {link:?}", program.name);
            runs_clean(&program, &built, &how);
            fs::remove_file(&built).expect("it was built");
            count += 1;
        }
    }
    say(format_args!("{}: {count} programs run on {}", compilers.c, tested().join(", ")));
}

#[test]
fn every_program_of_gcc_runs() {
    every_program("gcc");
}

#[test]
fn every_program_of_clang_runs() {
    every_program("clang");
}

/// As C99 and as C++17. The library's own allocations are watched too, whichever way it is linked.
fn under_the_sanitizers(compilers: &str) {
    let Some(compilers) = Compilers::find(compilers) else { return };
    let scratch = scratch(&format!("{}-sanitizers", compilers.name));
    if !sanitizers_work(compilers, &scratch) {
        return;
    }
    let library = library();
    for (program, standard, objects) in compile_all(compilers, SANITIZE, &scratch) {
        let built = objects.link(library, links(&program, standard)[0], SANITIZE, &scratch);
        for runtime in tested() {
            let mut command = program.command(&[], &built, runtime);
            command.env("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1");
            command.env("UBSAN_OPTIONS", "print_stacktrace=1");
            let suppressed = format!("suppressions={}", suppressions("lsan.txt"));
            command.env("LSAN_OPTIONS", format!("{suppressed}:print_suppressions=0"));
            let output = command.output().expect("it was built");
            let name = compilers.name;
            let how =
                format!("{} by {name} as {standard:?}, sanitized, on {runtime}", program.name);
            program.check_output(&output, runtime, &how);
        }
        fs::remove_file(&built).expect("it was built");
    }
}

#[test]
fn the_sanitizers_of_gcc_find_nothing() {
    under_the_sanitizers("gcc");
}

#[test]
fn the_sanitizers_of_clang_find_nothing() {
    under_the_sanitizers("clang");
}

/// Only on wasmi, which interprets: valgrind runs the machine code that the others make of a plugin
/// as it runs any, but not their reservations of address space and their signal handlers, by which
/// they notice what lies outside a memory.
#[test]
fn valgrind_finds_nothing() {
    let Some(compilers) = Compilers::find("gcc") else { return };
    if !valgrind_works() {
        return;
    }
    let runtime = match tested().as_slice() {
        [""] => "",
        some if some.contains(&"wasmi") => "wasmi",
        _ => return say("NOT TESTED: valgrind has nothing to run without wasmi"),
    };
    let scratch = scratch("valgrind");
    let library = library();
    let suppressed = format!("--suppressions={}", suppressions("valgrind.txt"));
    let launcher: Vec<&str> = VALGRIND.iter().copied().chain([suppressed.as_str()]).collect();
    for program in Program::all() {
        let standard = program.standards()[0];
        let objects = program.compile(compilers, standard, &["-g", "-gdwarf-4"], &scratch);
        let built = objects.link(library, Link::Dynamic, &[], &scratch);
        let output = program.command(&launcher, &built, runtime).output().expect("it was built");
        program.check_output(&output, runtime, &format!("{} under valgrind", program.name));
    }
}

/// The command that the examples' Makefile documents.
#[test]
fn make_builds_and_runs_the_examples() {
    if !common::has("make") {
        return missing("there is no make");
    }
    if runtimes().is_empty() {
        return say("NOT TESTED: the examples need a runtime");
    }
    library(); // cargo has nothing left to do
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder in another");
    for (link, runtime) in [("static", runtimes()[0]), ("dynamic", "")] {
        let mut command = Command::new("make");
        command.arg("-C").arg(common::root().join("../examples/c")).arg("run");
        command.arg(format!("FEATURES={}", runtimes().join(",")));
        command.arg(format!("PROFILE={}", if cfg!(debug_assertions) { "dev" } else { "release" }));
        command.arg(format!("LINK={link}")).arg(format!("RUNTIME={runtime}"));
        command.arg(format!("CARGO={}", env!("CARGO"))).env("CARGO_TARGET_DIR", target);
        command.env_remove("MAKEFLAGS").env_remove("HOSTHEAP_RUNTIME");
        let output = command.output().expect("make is there");
        let all = said(&output);
        assert!(output.status.success(), "{command:?}:\n{all}");
        for program in Program::all().iter().filter(|program| program.example) {
            assert!(all.contains(&format!("== {}\n", program.name)), "{}: {all}", program.name);
        }
    }
}

/// The tests above can fail.
#[test]
fn a_program_that_leaks_or_overruns_is_caught() {
    let Some(compilers) = Compilers::find("gcc") else { return };
    let scratch = scratch("caught");
    let faulty = common::root().join("tests/c/faulty");
    let (leak, overrun) = (faulty.join("leak.c"), faulty.join("overrun.c"));
    let handle = faulty.join("handle.c");
    let build = |source: &Path, flags: &[&str]| {
        let program = scratch.join("faulty");
        let mut command = Command::new(compilers.c);
        command
            .args(["-std=c99", "-I"])
            .arg(common::root().join("include"))
            .args(flags)
            .arg(source);
        command.arg("-o").arg(&program);
        command.arg(&library().archive).args(SYSTEM_LIBRARIES);
        let output = command.output().expect("the compiler is there");
        assert!(output.status.success(), "{}", said(&output));
        program
    };
    if sanitizers_work(compilers, &scratch) {
        for (source, report) in
            [(&leak, "LeakSanitizer"), (&handle, "LeakSanitizer"), (&overrun, "AddressSanitizer")]
        {
            let output = Command::new(build(source, SANITIZE)).output().expect("it was built");
            let all = said(&output);
            assert!(
                !output.status.success() && all.contains(report),
                "{}: {all}",
                source.display()
            );
        }
    }
    if valgrind_works() {
        for source in [&leak, &handle, &overrun] {
            let program = build(source, &["-g", "-gdwarf-4"]);
            let mut command = Command::new(VALGRIND[0]);
            let output = command.args(&VALGRIND[1..]).arg(program).output().expect("it is there");
            assert_eq!(output.status.code(), Some(99), "{}: {}", source.display(), said(&output));
        }
    }
}
