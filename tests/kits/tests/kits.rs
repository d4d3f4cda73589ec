//! The kits' plugins, built by every compiler and run on every runtime: one test for each line of a
//! `builds.txt`, with all cases on all runtimes.
//!
//! `HOSTHEAP_REQUIRE_COMPILERS=1` makes a missing compiler a failure; otherwise it is said. Compilers
//! that are not on the PATH: `HOSTHEAP_NODE_MODULES` has AssemblyScript and clang 22,
//! `HOSTHEAP_EMSCRIPTEN` a current Emscripten. `.ci/compilers` installs and sets all of them.

#[path = "../toolchains.rs"]
mod toolchains;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use toolchains::path_for;

/// Fails instead of saying that a compiler is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

/// The plugin's folder, and the kit's in `guest`.
const LANGUAGES: &[(&str, &str)] = &[
    ("c", "c"),
    ("cpp", "c"),
    ("rust", "rust"),
    ("zig", "zig"),
    ("assemblyscript", "assemblyscript"),
];

/// A line of a `builds.txt`.
#[derive(Clone, Debug)]
struct Build {
    language: &'static str,
    kit: PathBuf,
    name: String,
    tool: String,
    command: String,
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn builds() -> Vec<Build> {
    let mut all = Vec::new();
    for (language, kit) in LANGUAGES {
        let path = here().join(language).join("builds.txt");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let cells: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
            let [name, tool, command] = cells[..] else { panic!("{}: {line}", path.display()) };
            all.push(Build {
                language,
                kit: here().join("../../guest").join(kit),
                name: name.replace(' ', "-"),
                tool: tool.to_owned(),
                command: command.to_owned(),
            });
        }
    }
    all
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = builds().into_iter().map(|build| {
        let name = format!("{}::{}", build.language, build.name);
        Trial::test(name, move || passes(&build))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Builds a plugin and runs every case on every runtime.
fn passes(build: &Build) -> Result<(), Failed> {
    let Some(path) = path_for(&build.tool, &build.command) else {
        let required = env::var_os(REQUIRE).is_some_and(|value| value == "1");
        let what = format!("{} for {} is not here", build.tool, build.name);
        if required {
            return Err(format!("{REQUIRE}=1, and {what}").into());
        }
        eprintln!("NOT TESTED: {what}");
        return Ok(());
    };
    let scratch = tempfile::tempdir()?;
    let out = scratch.path().join("plugin.wasm");
    let source = here().join(build.language);
    // Cargo packages keep what they have built: a debug and a release build share nothing else.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kits").join(&build.name);
    let contract = here().join("contract.toml");
    let places: [(&str, &Path); 5] = [
        ("{kit}", &build.kit),
        ("{src}", &source),
        ("{out}", &out),
        ("{scratch}", &target),
        ("{contract}", &contract),
    ];
    toolchains::build(&build.command, &places, scratch.path(), &path)?;
    let wasm = fs::read(&out)?;
    let mut failed = String::new();
    for (runtime, cases, failures) in hostheap_kits::run_all(&wasm) {
        for failure in &failures {
            let _ = writeln!(failed, "{runtime}: {}: {}", failure.case, failure.why);
        }
        assert!(cases > 0, "there are no cases");
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.into()) }
}
