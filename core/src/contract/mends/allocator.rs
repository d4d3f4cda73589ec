//! Allocators in the module, and what runs before the first call.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Makers, Mend, Place, Tool, flag, host, source};

/// Takes the module's own allocator out, for the host's.
pub(in crate::contract) fn second_heap(makers: &Makers) -> Vec<Mend> {
    if makers.collects() {
        let text = "in the contract: Go's garbage collector cannot be taken out of a plugin";
        return Vec::from([host(Some("second_allocator = \"warn\"".into()), text)]);
    }
    makers.each(|tool| match tool {
        Tool::Clang => Vec::from([source(
            tool,
            Some("#include \"hostheap.h\"".into()),
            "instead of the plugin's own malloc and free",
        )]),
        Tool::WasiLibc | Tool::ZigCc => Vec::from([flag(
            tool,
            Place::Link,
            "-fno-builtin hostheap.c",
            "hostheap's guest/c/hostheap.c, for C++ hostheap_new.cpp: with all of malloc's family \
             defined the libc's own stays out",
        )]),
        Tool::Emscripten => Vec::from([flag(
            tool,
            Place::Link,
            "-fno-builtin hostheap.c -sMALLOC=none -sERROR_ON_UNDEFINED_SYMBOLS=0 \
             -sALLOW_MEMORY_GROWTH=1",
            "hostheap's guest/c/hostheap.c, for C++ hostheap_new.cpp",
        )]),
        Tool::Rust => Vec::from([source(
            tool,
            Some("mod hostheap_alloc;".into()),
            "hostheap's guest/rust/hostheap_alloc.rs, or all of the crate hostheap-guest: the \
             global allocator, and on WASI the libc's malloc",
        )]),
        Tool::Zig => Vec::from([source(
            tool,
            Some("const allocator = @import(\"hostheap.zig\").allocator;".into()),
            "hostheap's guest/zig/hostheap.zig, instead of std.heap's allocators",
        )]),
        Tool::AssemblyScript => Vec::from([flag(
            tool,
            Place::Compile,
            "--runtime ./hostheap_gc",
            "hostheap's guest/assemblyscript/hostheap_gc.ts",
        )]),
    })
}

/// A module that exports its own malloc.
pub(in crate::contract) fn legacy(makers: &Makers) -> Vec<Mend> {
    let mut mends = if makers.collects() { Vec::new() } else { second_heap(makers) };
    let text: String =
        "allow `legacy` in the contract: the host serves the plugin through its own \
                        malloc and free"
            .into();
    mends.push(host(Some("legacy = \"allow\"".into()), text));
    let text = "or take its allocator out, without its source: `hostheap externalize`";
    mends.push(host(None, text));
    mends
}

/// A library instead of a program.
pub(in crate::contract) fn command(makers: &Makers) -> Vec<Mend> {
    let reactor = |tool| {
        let text = "with a libc: a library that exports `_initialize`, and needs no main";
        flag(tool, Place::Link, "-mexec-model=reactor", text)
    };
    makers.each(|tool| match tool {
        Tool::WasiLibc | Tool::ZigCc => Vec::from([reactor(tool)]),
        // A libc that makes no call of WASI's does not show.
        Tool::Clang => Vec::from([
            reactor(Tool::WasiLibc),
            flag(tool, Place::Link, "-Wl,--no-entry", "without a libc"),
        ]),
        Tool::Emscripten => {
            Vec::from([flag(tool, Place::Link, "--no-entry", "and leave `main` out")])
        }
        Tool::Rust => Vec::from([flag(
            tool,
            Place::Compile,
            "--crate-type cdylib",
            "in Cargo.toml: [lib] crate-type = [\"cdylib\"]",
        )]),
        Tool::Zig => Vec::from([flag(tool, Place::Link, "-fno-entry", "and leave `main` out")]),
        Tool::AssemblyScript => {
            Vec::from([flag(tool, Place::Compile, "--exportStart _initialize", "")])
        }
    })
}

/// A start function that the host can call when it is ready.
pub(in crate::contract) fn start(makers: &Makers) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::AssemblyScript => Vec::from([flag(
            tool,
            Place::Compile,
            "--exportStart _initialize",
            "the host calls it once, before anything else",
        )]),
        _ => Vec::from([source(
            tool,
            None,
            "let an exported `_initialize` do what the start function does; wasm-ld makes one for \
             memory that is imported or shared",
        )]),
    })
}

/// Constructors that run once.
pub(in crate::contract) fn wrapped(makers: &Makers) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::WasiLibc => Vec::from([flag(
            tool,
            Place::Link,
            "-mexec-model=reactor",
            "its `_initialize` runs them once",
        )]),
        // These have no constructors, or run them once.
        Tool::AssemblyScript | Tool::Zig | Tool::ZigCc | Tool::Emscripten => Vec::new(),
        Tool::Rust => Vec::from([source(
            tool,
            Some(
                "#[unsafe(no_mangle)] pub extern \"C\" fn _initialize() { unsafe { \
                 __wasm_call_ctors() } }"
                    .into(),
            ),
            "with `unsafe extern \"C\" { fn __wasm_call_ctors(); }`",
        )]),
        Tool::Clang => Vec::from([source(
            tool,
            Some("HH_INITIALIZER".into()),
            "once, at file scope, with hostheap.h: it exports `_initialize`, which runs them once",
        )]),
    })
}
