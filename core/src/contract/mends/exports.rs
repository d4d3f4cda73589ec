//! Names: what a module exports and imports.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Makers, Mend, Place, Tool, flag, replace, source, without, words};

/// Makes a function of this name an export.
pub(in crate::contract) fn export(makers: &Makers, name: &str) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::Rust => Vec::from([source(
            tool,
            Some(format!("#[unsafe(no_mangle)] pub extern \"C\" fn {name}")),
            "in a crate of type cdylib",
        )]),
        Tool::Zig => Vec::from([
            source(tool, Some(format!("export fn {name}")), ""),
            flag(tool, Place::Link, format!("--export={name}"), "as well"),
        ]),
        Tool::AssemblyScript => Vec::from([source(
            tool,
            Some(format!("export function {name}")),
            "in the file that asc is given",
        )]),
        _ => tool
            .linker(&format!("--export={name}"))
            .map(|link| flag(tool, Place::Link, link, "if the function is not static"))
            .into_iter()
            .collect(),
    })
}

/// Gives a function that C++ has mangled the name that it has in C.
pub(in crate::contract) fn c_linkage(makers: &Makers, name: &str) -> Vec<Mend> {
    makers.each(|tool| match tool {
        // What exports a function there gives it its name as well.
        Tool::Rust | Tool::Zig | Tool::AssemblyScript => Vec::new(),
        _ => Vec::from([source(
            tool,
            Some("extern \"C\"".into()),
            format!("in front of `{name}`, which C++ has given another name"),
        )]),
    })
}

/// Gives a function another type.
pub(in crate::contract) fn prototype(makers: &Makers, c: &str, rust: &str) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::Rust => Vec::from([source(tool, None, format!("give it the type {rust}"))]),
        Tool::Zig | Tool::AssemblyScript => {
            Vec::from([source(tool, None, format!("give it the wasm type {rust}"))])
        }
        _ => Vec::from([source(tool, Some(c.into()), "")]),
    })
}

/// Imports a function by another name than the one that the source calls it by.
pub(in crate::contract) fn import_named(makers: &Makers, module: &str, name: &str) -> Vec<Mend> {
    makers.each(|tool| {
        let line = match tool {
            Tool::Rust => format!("#[link(wasm_import_module = \"{module}\")]"),
            Tool::Zig => format!("extern \"{module}\" fn {name}"),
            Tool::AssemblyScript => format!("@external(\"{module}\", \"{name}\")"),
            _ => format!("__attribute__((import_module(\"{module}\"), import_name(\"{name}\")))"),
        };
        Vec::from([source(tool, Some(line), format!("on the declaration of `{name}`"))])
    })
}

/// A function that nothing defines, which the linker was told to make an import of.
pub(in crate::contract) fn undefined(makers: &Makers) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::Clang | Tool::WasiLibc | Tool::ZigCc => Vec::from([without(
            tool,
            Place::Link,
            "-Wl,--allow-undefined",
            "then the linker names what is not defined; link what defines it",
        )]),
        Tool::Emscripten => Vec::from([flag(
            tool,
            Place::Link,
            "-sERROR_ON_UNDEFINED_SYMBOLS=1",
            "then the linker names what is not defined; link what defines it",
        )]),
        Tool::Rust | Tool::Zig => {
            Vec::from([source(tool, None, "define it, or declare it with the host's module name")])
        }
        Tool::AssemblyScript => {
            Vec::from([source(tool, None, "define it, or take its `declare` away")])
        }
    })
}

/// AssemblyScript's `abort`.
pub(in crate::contract) fn abort() -> Vec<Mend> {
    let text = "traps instead of calling the host";
    Vec::from([flag(Tool::AssemblyScript, Place::Compile, "--use abort=", text)])
}

/// Calls of WASI's that the host does not offer.
pub(in crate::contract) fn wasi(makers: &Makers) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::WasiLibc | Tool::ZigCc => Vec::from([source(
            tool,
            None,
            "leave out what makes the call (stdio, files, clocks, abort messages), or build \
             without the libc: --target=wasm32 -ffreestanding -nostdlib, with hostheap.h and \
             hostheap.c",
        )]),
        Tool::Rust => Vec::from([replace(
            tool,
            Place::Compile,
            "--target wasm32-unknown-unknown",
            "--target wasm32-wasip1",
        )]),
        Tool::Zig => Vec::from([replace(
            tool,
            Place::Compile,
            "-target wasm32-freestanding",
            "-target wasm32-wasi",
        )]),
        Tool::Emscripten => Vec::from([source(
            tool,
            None,
            "leave out what makes the call: stdio, files, clocks, assert",
        )]),
        Tool::Clang | Tool::AssemblyScript => Vec::new(),
    })
}

/// Names that Emscripten has shortened.
pub(in crate::contract) fn minified(makers: &Makers) -> Vec<Mend> {
    let mut mends = makers.each(|tool| match tool {
        Tool::Emscripten => Vec::from([flag(
            tool,
            Place::Link,
            "-o plugin.wasm",
            "an output that is named .wasm, not .js or .mjs: names are kept then",
        )]),
        _ => Vec::new(),
    });
    if mends.is_empty() {
        let text: String = "build without --minify-imports-and-exports of wasm-opt".into();
        mends.push(words(Place::Link, text));
    }
    mends
}
