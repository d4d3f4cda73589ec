//! The memory: where the heap starts, how large it is, whether it grows.

use alloc::format;
use alloc::vec::Vec;

use super::{Makers, Mend, Place, Tool, flag, host, said, source, without};

/// Exports the heap base.
pub(in crate::contract) fn heap_base(makers: &Makers) -> Vec<Mend> {
    makers.each(|tool| match tool.linker("--export=__heap_base") {
        Some(link) => Vec::from([flag(tool, Place::Link, link, "")]),
        None => Vec::from([constant_base(tool)]),
    })
}

/// AssemblyScript has no symbol to export, but a constant.
fn constant_base(tool: Tool) -> Mend {
    let line = "export function heap_base(): usize { return __heap_base }";
    source(tool, Some(line.into()), "instead of exporting the constant itself")
}

/// Something of the plugin's own is exported as the heap base, and is wrong.
pub(in crate::contract) fn linkers_base(makers: &Makers) -> Vec<Mend> {
    makers.each(|tool| match tool.linker("--export=__heap_base") {
        Some(link) => Vec::from([flag(
            tool,
            Place::Link,
            link,
            "the linker's own value, with no `__heap_base` of the plugin's own",
        )]),
        None => Vec::from([constant_base(tool)]),
    })
}

/// Starts with less memory. `bytes` is a whole number of pages.
pub(in crate::contract) fn initial(makers: &Makers, bytes: u64) -> Vec<Mend> {
    let pages = bytes / 65536;
    // Data and stack must fit into the first memory.
    let stack = (bytes / 4).clamp(4096, 65536);
    makers.each(|tool| match tool {
        Tool::Emscripten => Vec::from([flag(
            tool,
            Place::Link,
            format!("-sINITIAL_MEMORY={bytes} -sTOTAL_STACK={stack}"),
            "the stack is 5 MiB by default; since 3.1.25 it is -sSTACK_SIZE",
        )]),
        Tool::AssemblyScript => {
            Vec::from([flag(tool, Place::Compile, format!("--initialMemory {pages}"), "in pages")])
        }
        Tool::Zig => Vec::from([flag(
            tool,
            Place::Link,
            format!("--stack {stack}"),
            "the stack is 1 MiB by default, 16 for WASI",
        )]),
        Tool::Rust => Vec::from([flag(
            tool,
            Place::Link,
            format!("-C link-arg=-zstack-size={stack}"),
            "the stack is 1 MiB by default",
        )]),
        _ => Vec::from([flag(
            tool,
            Place::Link,
            format!("-Wl,--initial-memory={bytes} -Wl,-z,stack-size={stack}"),
            "data and stack must fit; without -Wl,--initial-memory the linker takes what they need",
        )]),
    })
}

/// Declares a maximum, or another. `bytes` is a whole number of pages.
pub(in crate::contract) fn maximum(makers: &Makers, bytes: u64) -> Vec<Mend> {
    makers.each(|tool| Vec::from([maximum_for(tool, bytes)]))
}

fn maximum_for(tool: Tool, bytes: u64) -> Mend {
    match tool.linker(&format!("--max-memory={bytes}")) {
        Some(_) if tool == Tool::Emscripten => {
            let link = format!("-sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY={bytes}");
            flag(tool, Place::Link, link, "")
        }
        Some(link) => flag(tool, Place::Link, link, ""),
        None => {
            flag(tool, Place::Compile, format!("--maximumMemory {}", bytes / 65536), "in pages")
        }
    }
}

/// Lets the memory grow.
pub(in crate::contract) fn grow(makers: &Makers, bytes: u64) -> Vec<Mend> {
    makers.each(|tool| match tool {
        Tool::Emscripten => Vec::from([flag(tool, Place::Link, "-sALLOW_MEMORY_GROWTH=1", "")]),
        Tool::AssemblyScript => Vec::from([maximum_for(tool, bytes)]),
        _ => {
            let mut mend = maximum_for(tool, bytes);
            mend.text = "and without a smaller --max-memory".into();
            // Zig has no such flag.
            mend.without = tool.linker("--no-growable-memory").filter(|_| tool != Tool::Zig);
            Vec::from([mend])
        }
    })
}

/// A memory that is not shared.
pub(in crate::contract) fn not_shared(makers: &Makers) -> Vec<Mend> {
    let mut mends = makers.each(|tool| match tool {
        Tool::Clang | Tool::WasiLibc | Tool::ZigCc | Tool::Rust => tool
            .linker("--shared-memory")
            .map(|link| without(tool, Place::Link, link, "and without -pthread and -matomics"))
            .into_iter()
            .collect(),
        Tool::Emscripten => Vec::from([said(tool, Place::Compile, "build without -pthread")]),
        Tool::Zig => Vec::from([without(tool, Place::Link, "--shared-memory", "")]),
        Tool::AssemblyScript => Vec::from([without(tool, Place::Compile, "--sharedMemory", "")]),
    });
    if mends.is_empty() {
        mends.push(host(None, "load a module whose memory is not shared"));
    }
    mends
}

/// Starts with more memory. `bytes` is a whole number of pages.
pub(in crate::contract) fn initial_of_at_least(makers: &Makers, bytes: u64) -> Vec<Mend> {
    let pages = bytes / 65536;
    makers.each(|tool| match tool {
        Tool::Emscripten => {
            Vec::from([flag(tool, Place::Link, format!("-sINITIAL_MEMORY={bytes}"), "")])
        }
        Tool::AssemblyScript => {
            Vec::from([flag(tool, Place::Compile, format!("--initialMemory {pages}"), "in pages")])
        }
        _ => tool
            .linker(&format!("--initial-memory={bytes}"))
            .map(|link| flag(tool, Place::Link, link, ""))
            .into_iter()
            .collect(),
    })
}
