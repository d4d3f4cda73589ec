//! The plugins, built anew by the compiler at hand, do what the committed ones do.

use std::path::Path;
use std::process::Command;

use hostheap_tests::case::cases;
use hostheap_tests::own::{self, Visit};
use hostheap_tests::{Subject, guests, say};

/// Fails instead of saying that there is no clang.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_CLANG";

/// The groups whose cases use the plugins.
const GROUPS: &[&str] = &[
    "plugins",
    "traps",
    "start",
    "heap",
    "misuse",
    "limits",
    "buffers",
    "results",
    "instances",
    "arguments",
    "slices",
    "structs",
    "out_params",
    "c_strings",
    "nullable",
    "composed",
    "shapes",
    "fallible",
    "tuples",
    "owned",
    "kept",
    "host_params",
    "host_writes",
    "host_results",
    "host_failures",
    "host_errors",
    "legacy",
    "legacy_faults",
    "views",
    "callbacks",
    "func_ptrs",
    "deep",
];

struct RunOn<'a>(&'a Path, usize);

impl Visit for RunOn<'_> {
    fn visit<S: Subject>(&mut self) {
        for case in cases::<S>() {
            if GROUPS.contains(&case.group) && case.applies() {
                guests::within(self.0, || case.run());
                self.1 += 1;
            }
        }
    }
}

#[test]
fn rebuilt_plugins_behave_like_the_committed_ones() {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuilt-guests");
    let built =
        Command::new("sh").arg(guest.join("build.sh")).arg("--check").arg(&directory).output();
    let output = match built {
        Ok(output) => output,
        Err(error) => return give_up(&format!("cannot run sh: {error}")),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        // Without the tools there is nothing to test; with them, a failure is one.
        let missing = ["error: no clang that can build", "error: no wasm-ld for"];
        if missing.iter().any(|missing| errors.contains(missing)) {
            return give_up(&errors);
        }
        panic!("guest/build.sh failed:\n{errors}");
    }
    say(format_args!("rebuilt plugins:\n{}", String::from_utf8_lossy(&output.stdout)));
    let mut run = RunOn(&directory, 0);
    own::visit(&mut run);
    assert!(run.1 >= 100, "{} cases", run.1);
    say(format_args!("{} cases run on rebuilt plugins", run.1));
}

fn give_up(reason: &str) {
    let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, and {reason}");
    say(format_args!("NOT TESTED: plugins were not rebuilt: {reason}"));
}
