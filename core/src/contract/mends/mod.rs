//! What to tell each toolchain. Every flag here is applied by `tests/tests/mends.rs` to a module
//! that it must mend.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::finding::{Mend, Place};
use crate::module::{Contents, Origin, Toolchain};

mod allocator;
mod exports;
mod memory;

pub(super) use allocator::{command, legacy, second_heap, start, wrapped};
pub(super) use exports::{
    abort, c_linkage, export, import_named, minified, prototype, undefined, wasi,
};
pub(super) use memory::{
    grow, heap_base, initial, initial_of_at_least, linkers_base, maximum, not_shared,
};

/// Who made a module, in as much detail as its mends need.
pub(super) struct Makers {
    toolchains: Vec<Toolchain>,
    /// Whether C or C++ was compiled: `zig cc` takes clang's flags, Zig its own.
    c: bool,
}

/// A toolchain with what it is that it compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Clang,
    WasiLibc,
    Emscripten,
    Rust,
    Zig,
    ZigCc,
    AssemblyScript,
}

impl Tool {
    pub(super) fn toolchain(self) -> Toolchain {
        match self {
            Tool::Clang => Toolchain::Clang,
            Tool::WasiLibc => Toolchain::WasiLibc,
            Tool::Emscripten => Toolchain::Emscripten,
            Tool::Rust => Toolchain::Rust,
            Tool::Zig | Tool::ZigCc => Toolchain::Zig,
            Tool::AssemblyScript => Toolchain::AssemblyScript,
        }
    }

    /// The flag that hands another to wasm-ld; `None` where there is no such linker.
    pub(super) fn linker(self, flag: &str) -> Option<String> {
        Some(match self {
            Tool::Clang | Tool::WasiLibc | Tool::Emscripten | Tool::ZigCc => format!("-Wl,{flag}"),
            Tool::Rust => format!("-C link-arg={flag}"),
            Tool::Zig => flag.to_owned(),
            Tool::AssemblyScript => return None,
        })
    }
}

impl Makers {
    pub(super) fn of(contents: &Contents) -> Makers {
        let census = contents.census();
        // A libc that makes no call of WASI's is told by its malloc only.
        let libc = census.inside.iter().any(|inside| {
            let name = inside.name.as_deref().unwrap_or("");
            inside.origin == Origin::Sbrk || name.starts_with("dl") || name.starts_with("__libc_")
        });
        let toolchains = match contents.toolchain().toolchain {
            Toolchain::Unknown => Toolchain::KNOWN.to_vec(),
            Toolchain::Clang if libc => Vec::from([Toolchain::WasiLibc]),
            Toolchain::Clang if !census.inside.is_empty() && !census.functions_named => {
                Vec::from([Toolchain::Clang, Toolchain::WasiLibc])
            }
            // Without a producers section, from imports alone.
            Toolchain::WasiLibc if contents.toolchain().version.is_none() => {
                Vec::from([Toolchain::WasiLibc, Toolchain::Rust, Toolchain::Zig])
            }
            known => Vec::from([known]),
        };
        let languages = &contents.producers().languages;
        let c = languages.iter().any(|language| language.name.starts_with('C'));
        Makers { toolchains, c }
    }

    /// Mends by tool. Go's compilers are not among them: see [`legacy`].
    pub(super) fn each(&self, mends: impl Fn(Tool) -> Vec<Mend>) -> Vec<Mend> {
        let tools = self.toolchains.iter().flat_map(|toolchain| match toolchain {
            Toolchain::Clang => Vec::from([Tool::Clang]),
            Toolchain::WasiLibc => Vec::from([Tool::WasiLibc]),
            Toolchain::Emscripten => Vec::from([Tool::Emscripten]),
            Toolchain::Rust => Vec::from([Tool::Rust]),
            // Zig's own libraries are partly C, so this does not tell for sure.
            Toolchain::Zig if self.c => Vec::from([Tool::Zig, Tool::ZigCc]),
            Toolchain::Zig => Vec::from([Tool::Zig]),
            Toolchain::AssemblyScript => Vec::from([Tool::AssemblyScript]),
            _ => Vec::new(),
        });
        let by_tool = |tool| {
            let mut mends = mends(tool);
            for mend in mends.iter_mut().filter(|_| tool == Tool::ZigCc) {
                let colon = if mend.text.is_empty() { "" } else { ": " };
                mend.text = format!("with zig cc{colon}{}", mend.text);
            }
            mends
        };
        tools.flat_map(by_tool).collect()
    }

    /// Whether it is one of Go's compilers, whose modules cannot do without their own memory.
    fn collects(&self) -> bool {
        matches!(self.toolchains.as_slice(), [Toolchain::Go | Toolchain::TinyGo])
    }

    /// Whether the module was, or may have been, made by this toolchain.
    pub(super) fn may_be(&self, toolchain: Toolchain) -> bool {
        self.toolchains.contains(&toolchain)
    }
}

/// A flag to add.
fn flag(tool: Tool, place: Place, flag: impl Into<String>, text: impl Into<String>) -> Mend {
    let (toolchain, flag, text) = (tool.toolchain(), Some(flag.into()), text.into());
    Mend { toolchain, place, flag, without: None, text }
}

/// A flag to take off.
fn without(tool: Tool, place: Place, flag: impl Into<String>, text: impl Into<String>) -> Mend {
    let (toolchain, without, text) = (tool.toolchain(), Some(flag.into()), text.into());
    Mend { toolchain, place, flag: None, without, text }
}

/// A flag in the place of another.
fn replace(tool: Tool, place: Place, flag: &str, without: &str) -> Mend {
    let (toolchain, flag) = (tool.toolchain(), Some(flag.into()));
    Mend { toolchain, place, flag, without: Some(without.into()), text: String::new() }
}

/// A line of source, or words.
fn source(tool: Tool, line: Option<String>, text: impl Into<String>) -> Mend {
    let (toolchain, text) = (tool.toolchain(), text.into());
    Mend { toolchain, place: Place::Source, flag: line, without: None, text }
}

/// Words for one toolchain.
fn said(tool: Tool, place: Place, text: impl Into<String>) -> Mend {
    let (toolchain, text) = (tool.toolchain(), text.into());
    Mend { toolchain, place, flag: None, without: None, text }
}

/// Words for whoever made the plugin.
pub(super) fn words(place: Place, text: impl Into<String>) -> Mend {
    let text = text.into();
    Mend { toolchain: Toolchain::Unknown, place, flag: None, without: None, text }
}

/// What the host can do: a line of the contract's file, or words.
pub(super) fn host(line: Option<String>, text: impl Into<String>) -> Mend {
    let text = text.into();
    Mend { toolchain: Toolchain::Unknown, place: Place::Host, flag: line, without: None, text }
}
