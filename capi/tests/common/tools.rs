//! The tools at hand: compilers, sanitizers, valgrind.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::say;

/// Fails instead of saying that a tool is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

/// Something cannot be tested here, and what would be needed for it.
pub(crate) fn missing(what: &str) {
    let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, and {what}");
    say(format_args!("NOT TESTED: {what}"));
}

/// A C and a C++ compiler of the same house.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compilers {
    pub(crate) name: &'static str,
    pub(crate) c: &'static str,
    pub(crate) cxx: &'static str,
}

const GCC: &[Compilers] = &[Compilers { name: "gcc", c: "gcc", cxx: "g++" }];

/// The newest first.
const CLANG: &[Compilers] = &[
    Compilers { name: "clang", c: "clang-19", cxx: "clang++-19" },
    Compilers { name: "clang", c: "clang", cxx: "clang++" },
    Compilers { name: "clang", c: "clang-14", cxx: "clang++-14" },
];

impl Compilers {
    /// gcc or clang, if both of the pair are here.
    pub(crate) fn find(name: &str) -> Option<Compilers> {
        let all = if name == "gcc" { GCC } else { CLANG };
        let found = all.iter().find(|it| answers(it.c) && answers(it.cxx));
        if found.is_none() {
            missing(&format!("there is no {name}: {} and {}", all[0].c, all[0].cxx));
        }
        found.copied()
    }
}

fn answers(tool: &str) -> bool {
    let output = Command::new(tool).arg("--version").stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

/// What the sanitizers are called with, and how they report: a failure each. Without optimisation, which
/// takes a minute of compiling for C++ and saves a second of running.
pub(crate) const SANITIZE: &[&str] =
    &["-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// Whether the compilers have the sanitizers' libraries, and the leak checker runs: some containers
/// forbid what it does.
pub(crate) fn sanitizers_work(compilers: Compilers, scratch: &Path) -> bool {
    let source = scratch.join("probe.c");
    let program = scratch.join("probe");
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("a scratch file");
    let built =
        Command::new(compilers.c).args(SANITIZE).arg(&source).arg("-o").arg(&program).output();
    let outcome = match built {
        Ok(output) if output.status.success() => Command::new(&program).output(),
        other => other,
    };
    match outcome {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            missing(&format!(
                "{} has no sanitizers that work (for clang: libclang-rt-*-dev):\n{}",
                compilers.c,
                said(&output)
            ));
            false
        }
        Err(error) => {
            missing(&format!("{} cannot be run: {error}", compilers.c));
            false
        }
    }
}

pub(crate) fn valgrind_works() -> bool {
    let works = answers("valgrind");
    if !works {
        missing("there is no valgrind");
    }
    works
}

/// All that a program printed.
pub(crate) fn said(output: &Output) -> String {
    let mut all = String::from_utf8_lossy(&output.stdout).into_owned();
    all += &String::from_utf8_lossy(&output.stderr);
    all
}
