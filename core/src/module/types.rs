//! What a module imports, exports and declares.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::text::Cut;
use crate::{FuncType, ValType};

/// Bytes in a WebAssembly page.
pub(super) const PAGE: u64 = 1 << 16;

/// What a 32-bit memory can address: 4 GiB.
pub(super) const ADDRESSABLE: u64 = 1 << 32;

/// The type of something imported or exported.
///
/// Displays as `function (i32) -> i32`, `memory of 131072 bytes, at most 1048576`, `mutable global
/// i32`, `table` or `tag`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A linear memory; sizes in bytes.
    Memory {
        /// Size at the start.
        min_bytes: u64,
        /// Declared limit, if there is one.
        max_bytes: Option<u64>,
    },
    /// A global variable.
    Global {
        /// Type of its value.
        ty: ValType,
        /// Whether it can be assigned.
        mutable: bool,
    },
    /// A table.
    Table,
    /// An exception tag.
    Tag,
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => write!(f, "function {ty}"),
            ExternType::Memory { min_bytes, max_bytes: None } => {
                write!(f, "memory of {min_bytes} bytes")
            }
            ExternType::Memory { min_bytes, max_bytes: Some(max) } => {
                write!(f, "memory of {min_bytes} bytes, at most {max}")
            }
            ExternType::Global { ty, mutable: false } => write!(f, "immutable global {ty}"),
            ExternType::Global { ty, mutable: true } => write!(f, "mutable global {ty}"),
            ExternType::Table => f.write_str("table"),
            ExternType::Tag => f.write_str("tag"),
        }
    }
}

/// Something a module needs from its host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Import {
    /// First part of the name, `env` in most C programs.
    pub module: String,
    /// Second part of the name.
    pub name: String,
    /// What is expected under that name.
    pub ty: ExternType,
}

/// Something a module offers to its host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Export {
    /// Its name, unique in a valid module.
    pub name: String,
    /// What it is.
    pub ty: ExternType,
}

/// The one linear memory of a module, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemoryInfo {
    /// Size at the start: always whole pages, at most 4 GiB.
    pub min_bytes: u64,
    /// Declared limit, if there is one: at most 4 GiB and not below `min_bytes`.
    pub max_bytes: Option<u64>,
    /// Module and name under which the memory is imported, if it is.
    ///
    /// [`prepare`](super::prepare) turns an imported memory into a defined one.
    pub imported: Option<(String, String)>,
    /// Name under which the memory is exported, if it is; `memory` when it has several.
    pub exported_as: Option<String>,
}

/// A tool or language that took part in making a module, from its `producers` section.
///
/// Displays as `clang 19.1.7`; of a text that no tool writes, in part and escaped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Producer {
    /// Name, such as `C11`, `Rust`, `clang` or `wasm-bindgen`.
    pub name: String,
    /// Version in whatever form the tool writes it; may be empty.
    pub version: String,
}

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Cut(&self.name))?;
        if !self.version.is_empty() {
            write!(f, " {}", Cut(&self.version))?;
        }
        Ok(())
    }
}

/// Who made a module, as far as its `producers` section tells. A claim, not a proof: linkers copy
/// it and strippers drop it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Producers {
    /// Source languages.
    pub languages: Vec<Producer>,
    /// Compilers, linkers and rewriters, in the order written.
    pub processed_by: Vec<Producer>,
    /// Development kits such as Emscripten.
    pub sdks: Vec<Producer>,
}
