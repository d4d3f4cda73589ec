//! What C learns of modules without running them.

use std::process::Command;

mod common;

#[test]
fn modules_and_contracts_work_from_c() {
    let workspace = common::root().join("..");
    let mut program = Command::new(common::cc("modules.c", &["-std=c99"]));
    program.arg(workspace.join("guest/plugins/greeter/greeter.wasm"));
    program.arg(workspace.join("cli/tests/modules/own_heap.wasm"));
    common::done(&mut program);
}
