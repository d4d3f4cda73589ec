//! What does not compile, and what the compiler says: `tests/ui/*.stderr`. What does: `tests/ui/pass`.
//!
//! The words are those of one compiler; after a change, `TRYBUILD=overwrite cargo test --test ui` writes
//! them anew.

use std::process::Command;

const COMPILER: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() {
    let version = Command::new("rustc").arg("--version").output().expect("rustc runs").stdout;
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    if version.starts_with(COMPILER.as_bytes()) {
        cases.compile_fail("tests/ui/*.rs");
    } else {
        eprintln!("not compared: the messages are those of {COMPILER}");
    }
}
