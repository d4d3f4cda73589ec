//! What C may still do while a thread ends.

use std::process::Command;

mod common;

#[test]
fn calls_may_fail_in_a_handler_of_atexit() {
    let output = common::done(&mut Command::new(common::cc("ending.c", &["-std=c99"])));
    // The handler ran to its end.
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "failed late");
}
