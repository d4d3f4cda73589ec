//! What a module declares, whether or not a host can manage its memory.

use alloc::string::String;
use alloc::vec::Vec;

use super::census::Census;
use super::data::Data;
use super::export::{self, ExportError};
use super::tables::Table;
use super::toolchain::Made;
use super::types::{Export, ExternType, Import, Producers};
use crate::FuncType;

/// What a module declares: imports, exports, its allocators, and who made it.
///
/// Part of [`ModuleInfo`](super::ModuleInfo) and of [`Survey`](super::Survey).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) tables: Vec<Table>,
    /// Name under which the first table is exported.
    pub(super) table_export: Option<String>,
    /// Index of the function in the start section.
    pub(super) start: Option<u32>,
    pub(super) name: Option<String>,
    pub(super) producers: Producers,
    pub(super) toolchain: Made,
    pub(super) census: Census,
    pub(super) data: Data,
    /// Number of exported functions that are wasm-ld's wrappers around a command's.
    pub(super) wrapped_exports: u32,
    /// Length of the parsed bytes, to notice when `prepare` is given others.
    pub(super) len: usize,
}

impl Contents {
    /// What the module needs from its host, in its own order. An imported memory is among it.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// What the module offers, in its own order.
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// The type of the export of this name.
    pub fn export(&self, name: &str) -> Option<&ExternType> {
        self.exports.iter().find(|export| export.name == name).map(|export| &export.ty)
    }

    /// The type of the exported function of this name.
    ///
    /// # Errors
    ///
    /// Fails if there is no such export, naming similar ones, or if it is not a function.
    pub fn export_func(&self, name: &str) -> Result<&FuncType, ExportError> {
        export::func(&self.exports, name)
    }

    /// Whether the module has a start section: a function that runs during instantiation.
    pub fn has_start(&self) -> bool {
        self.start.is_some()
    }

    /// The module's own name, from its name section.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Who made the module, from its producers section.
    pub fn producers(&self) -> &Producers {
        &self.producers
    }

    /// Which toolchain made the module, as far as it can be told.
    pub fn toolchain(&self) -> &Made {
        &self.toolchain
    }

    /// Which allocators the module imports, exports and has inside.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// How many exported functions wasm-ld has wrapped in calls of the constructors, as it does in
    /// a module that has constructors and exports no `_initialize`: each call of such an export
    /// runs all constructors anew.
    pub fn wrapped_exports(&self) -> u32 {
        self.wrapped_exports
    }

    /// Length of the module in bytes.
    pub fn wasm_bytes(&self) -> u64 {
        self.len as u64
    }
}
