//! The bare heap from C.

use std::process::Command;

mod common;

#[test]
fn the_bare_heap_works_from_c() {
    common::done(&mut Command::new(common::cc("heap.c", &["-std=c99"])));
}

#[test]
fn the_bare_heap_works_from_cpp() {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let program = common::compile(&compiler, "heap.c", &["-x", "c++", "-std=c++17"]);
    common::done(&mut Command::new(program));
}
