//! What is known about a plugin's module without running it, and the little rewriting that makes
//! every module look the same to every runtime.
//!
//! [`ModuleInfo::parse`] reads imports, exports, the memory and above all the [`Layout`]: where the
//! heap may start, and by what evidence. It rejects, with a [`ModuleError`] that names the mending
//! flag, every module whose memory a host cannot manage.
//!
//! [`prepare`] returns the bytes a runtime should load: the very same ones where possible,
//! otherwise with the start function moved to an export, the memory defined and exported, its
//! maximum lowered, and the function table exported, with room for the host's functions.
//!
//! ```
//! use hostheap_core::module::{self, Certainty, ModuleInfo, PrepareOptions};
//!
//! let wasm = wat::parse_str(
//!     r#"(module
//!         (import "env" "malloc" (func (param i32) (result i32)))
//!         (memory (export "memory") 2)
//!         (global (export "__heap_base") i32 (i32.const 66576))
//!         (func (export "greet") (param i32 i32) (result i64) unreachable)
//!         (data (i32.const 1024) "hello"))"#,
//! )?;
//! let info = ModuleInfo::parse(&wasm)?;
//! assert_eq!(info.imports()[0].name, "malloc");
//! assert_eq!(info.export_func("greet")?.to_string(), "(i32, i32) -> i64");
//! assert_eq!(info.memory().min_bytes, 131072);
//!
//! let layout = info.layout();
//! assert_eq!(layout.heap_base, 66576);
//! assert_eq!(layout.certainty(), Certainty::Exact);
//! assert_eq!(layout.evidence.to_string(), "exported global `__heap_base` = 66576");
//!
//! let prepared = module::prepare(&wasm, &info, &PrepareOptions::default())?;
//! assert_eq!(prepared.wasm, wasm, "nothing to do");
//! assert_eq!(prepared.memory_export, "memory");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`externalize()`] takes a module's own `malloc` family out and lets it import the host's, if it is
//! proved that nothing else in the module depends on it.
//!
//! All of these work on hostile bytes: no input makes them panic, and time and memory stay in
//! proportion to its length. None validates code; that is left to the runtime that compiles it.

use alloc::string::ToString;

use crate::FuncType;

mod census;
mod code;
mod const_expr;
mod contents;
mod custom;
mod data;
mod emit;
mod error;
pub(crate) mod export;
pub mod externalize;
mod family;
mod find_base;
mod layout;
mod map;
mod parse;
mod rewrite;
mod scan;
mod survey;
mod tables;
pub(crate) mod text;
mod toolchain;
mod types;

pub use census::{Census, FamilyExport, FamilyImport, Inside, Origin, Situation};
pub use code::changes_tables;
pub use contents::Contents;
pub use error::ModuleError;
pub use export::ExportError;
pub use externalize::{
    ExternalizeError, ExternalizeOptions, Externalized, FoundAs, FunctionId, Instead, Proof,
    Replaced, externalize,
};
pub use family::Member;
pub use layout::{Certainty, FoundBy, HeapBaseEvidence, Layout, PassedOver};
pub use map::{MemoryMap, Region, RegionKind};
pub use rewrite::{PrepareOptions, Prepared, RewriteNote, START_EXPORT, prepare};
pub use survey::Survey;
pub use toolchain::{Made, Toolchain};
pub use types::{Export, ExternType, Import, MemoryInfo, Producer, Producers};

/// Everything about a module that a host can load, known without instantiating it.
///
/// [`Survey`] is for those that it cannot: it says all that is wrong with them, not the first thing.
/// See the [module documentation](self) for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleInfo {
    contents: Contents,
    memory: MemoryInfo,
    layout: Layout,
}

impl ModuleInfo {
    /// Reads a module in the binary format.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are no core module, if the module does not have exactly one ordinary
    /// 32-bit memory, or if it makes a claim about its layout that cannot be true.
    ///
    /// ```
    /// use hostheap_core::module::ModuleInfo;
    ///
    /// let error = ModuleInfo::parse(b"(module)").unwrap_err();
    /// assert!(error.to_string().contains("text format"));
    /// ```
    pub fn parse(wasm: &[u8]) -> Result<ModuleInfo, ModuleError> {
        Survey::read(wasm)?.into_info()
    }

    /// What the module needs from its host, in its own order. An imported memory is among it.
    pub fn imports(&self) -> &[Import] {
        self.contents.imports()
    }

    /// What the module offers, in its own order.
    pub fn exports(&self) -> &[Export] {
        self.contents.exports()
    }

    /// The type of the export of this name.
    pub fn export(&self, name: &str) -> Option<&ExternType> {
        self.contents.export(name)
    }

    /// The type of the exported function of this name.
    ///
    /// # Errors
    ///
    /// Fails if there is no such export, naming similar ones, or if it is not a function.
    ///
    /// ```
    /// use hostheap_core::module::ModuleInfo;
    ///
    /// let wasm = wat::parse_str(r#"(module (memory 1) (func (export "greet")))"#)?;
    /// let error = ModuleInfo::parse(&wasm)?.export_func("gret").unwrap_err();
    /// assert!(error.to_string().starts_with("the module exports no function `gret`; it exports `greet`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export_func(&self, name: &str) -> Result<&FuncType, ExportError> {
        self.contents.export_func(name)
    }

    /// The module's one memory.
    pub fn memory(&self) -> &MemoryInfo {
        &self.memory
    }

    /// Where the heap may start.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What stands where in linear memory, from offset 0 to its maximum.
    pub fn map(&self) -> MemoryMap {
        map::of(&self.contents.data, &self.memory, Some(&self.layout), &self.contents.census)
    }

    /// First byte that the host's heap uses: [`Layout::heap_base`], unless the module has an
    /// allocator of its own inside. That one takes the memory from there on, so the host's heap
    /// stays above all that the module starts with.
    ///
    /// A multiple of 16. [`Census`] says what was found; where it is empty of such evidence the two
    /// are the same.
    pub fn heap_start(&self) -> u32 {
        if !self.contents.census.shares_memory() {
            return self.layout.heap_base;
        }
        let end = u32::try_from(self.memory.min_bytes).unwrap_or(u32::MAX - 15);
        end.max(self.layout.heap_base)
    }

    /// Checks that the module has no allocator inside beside the one that it imports or exports.
    ///
    /// # Errors
    ///
    /// [`ModuleError::OwnHeap`], with what gave it away.
    pub fn one_heap(&self) -> Result<(), ModuleError> {
        let census = self.census();
        match (census.situation(), census.inside.first()) {
            (Situation::Hidden | Situation::TwoHeaps, Some(first)) => Err(ModuleError::OwnHeap {
                found: first.to_string(),
                imports_malloc: census.situation() == Situation::TwoHeaps,
            }),
            _ => Ok(()),
        }
    }

    /// Bytes a heap can ever have: from its start to the memory's maximum, or to 4 GiB without one.
    ///
    /// This is 0 for a module of fixed size whose heap base is only known as the end of its
    /// memory: every allocation in it fails.
    pub fn heap_room(&self) -> u64 {
        let end = self.memory.max_bytes.unwrap_or(types::ADDRESSABLE);
        end.saturating_sub(u64::from(self.heap_start()))
    }

    /// Whether the module has a start section: a function that runs during instantiation.
    pub fn has_start(&self) -> bool {
        self.contents.has_start()
    }

    /// The module's own name, from its name section.
    pub fn name(&self) -> Option<&str> {
        self.contents.name()
    }

    /// Who made the module, from its producers section.
    pub fn producers(&self) -> &Producers {
        self.contents.producers()
    }

    /// Which toolchain made the module, as far as it can be told.
    pub fn toolchain(&self) -> &Made {
        self.contents.toolchain()
    }

    /// Which allocators the module imports, exports and has inside.
    pub fn census(&self) -> &Census {
        self.contents.census()
    }

    /// All of this that does not depend on the memory being one that a host can manage.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }
}
