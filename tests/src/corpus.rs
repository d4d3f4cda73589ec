//! The corpus: modules by many compilers, and what is true of them.
//!
//! `tests/corpus` has them with the sources, the table of compilers and flags, and the manifest,
//! whose truth comes from the linkers: each module was built twice, once with the linker's symbols
//! exported. `tests/corpus/README.md` says what each field means.
//!
//! With `HOSTHEAP_CORPUS=DIR` in the environment [`all`] reads the modules of `DIR` instead, with
//! the manifest there, as `tests/corpus/build.py --check DIR` leaves them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Names the directory to read modules and manifest from.
pub const VARIABLE: &str = "HOSTHEAP_CORPUS";

/// The directory of the corpus in the repository.
pub fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The committed modules, or those of [`VARIABLE`]'s directory.
///
/// # Panics
///
/// If there is no manifest, or one that cannot be read.
pub fn all() -> Vec<Entry> {
    match std::env::var_os(VARIABLE) {
        Some(directory) => built(Path::new(&directory)),
        None => committed(),
    }
}

/// The committed modules.
///
/// # Panics
///
/// As [`all`].
pub fn committed() -> Vec<Entry> {
    let mut entries = read(&home().join("corpus.json"), &home().join("modules"));
    entries.retain(|entry| entry.committed);
    entries
}

/// What `build.py --check` built into a directory: the modules too large to commit are among it.
///
/// # Panics
///
/// As [`all`].
pub fn built(directory: &Path) -> Vec<Entry> {
    read(&directory.join("corpus.json"), directory)
}

fn read(manifest: &Path, modules: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(manifest)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", manifest.display()));
    let mut entries: Vec<Entry> = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    for entry in &mut entries {
        entry.path = modules.join(&entry.name).with_extension("wasm");
    }
    entries
}

/// A module of the corpus and what is true of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Its name in the table: compiler, source, what is special.
    pub name: String,
    /// Whether the module is in the repository: some are too large, and built where there is a
    /// compiler.
    pub committed: bool,
    /// Files in `tests/corpus/sources`.
    pub sources: Vec<String>,
    /// The row's tool, such as `clang-19` or `rustc wasm32-wasip1`.
    pub tool: String,
    /// Name and version of the compiler.
    pub compiler: Named,
    /// Name and version of the linker; AssemblyScript and text have none.
    pub linker: Option<Named>,
    /// Name and version of the C library, if one was linked.
    pub libc: Option<Named>,
    /// Flags of the compiler.
    pub compile: Vec<String>,
    /// Flags of the linker.
    pub link: Vec<String>,
    /// The command that was run on the finished module; empty if none was.
    pub after: Vec<String>,
    /// Name and version of the tool of `after`.
    pub after_tool: Option<Named>,
    /// Where the linker says that the heap starts; `None` in modules that have no such place.
    pub heap_base: Option<u32>,
    /// Where the linker says that static data ends, `.bss` included.
    pub data_end: Option<u32>,
    /// Initial value of the stack pointer.
    pub stack_pointer: Option<u32>,
    /// Where the stack lies.
    pub layout: Option<StackPlace>,
    /// Declared minimum of the memory in bytes.
    pub memory_min: u64,
    /// Whether the memory is imported.
    pub memory_imported: bool,
    /// Start and end of the active data segments that hold anything.
    pub segments: Option<(u64, u64)>,
    /// Whether every segment is an active one at a constant offset.
    pub segments_known: bool,
    /// Whether the module has a start function.
    pub start: bool,
    /// What can be known of the heap base from the module alone.
    pub certainty: Expected,
    /// What tells the exact heap base, or why the module is refused.
    pub evidence: Option<Evidence>,
    /// Whose memory it allocates from.
    pub allocator: AllocatorFacts,
    /// Whether its code has `memory.grow`. `None` if it could not be disassembled.
    pub memory_grow: Option<bool>,
    /// Whether its code has `memory.size`. `None` if it could not be disassembled.
    pub memory_size: Option<bool>,
    /// Which memory the allocator inside takes, measured; `None` without one that can be called.
    #[serde(default)]
    pub claims: Option<Claims>,
    /// Its producers section, by field.
    pub producers: BTreeMap<String, Vec<Named>>,
    /// Whether the name section has names of functions.
    pub function_names: bool,
    /// Its length.
    pub bytes: usize,
    #[serde(skip)]
    path: PathBuf,
}

impl Entry {
    /// The module.
    ///
    /// # Panics
    ///
    /// If its file cannot be read.
    pub fn wasm(&self) -> Vec<u8> {
        std::fs::read(&self.path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", self.path.display()))
    }

    /// What made it, for a message: `c14-bss6m (clang 14.0.6; plugin.c; -DBSS=6291456)`.
    pub fn described(&self) -> String {
        let flags = [&self.compile, &self.link, &self.after].map(|flags| flags.join(" "));
        let flags = flags.iter().filter(|flags| !flags.is_empty()).map(String::as_str);
        format!(
            "{} ({} {}; {}; {})",
            self.name,
            self.compiler.0,
            self.compiler.1,
            self.sources.join(" "),
            flags.collect::<Vec<_>>().join("; ")
        )
    }
}

/// A tool's name and version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Named(pub String, pub String);

/// Where the stack lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackPlace {
    /// Above the static data: its upper end is where the heap starts.
    StackLast,
    /// Below the static data.
    StackFirst,
}

/// What can be known of the heap base from the module alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The linker's value.
    Exact,
    /// A place that is at or above it.
    Safe,
    /// The module is not one that a host can manage.
    Refused,
}

/// What tells the exact heap base, or why a module is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// `__heap_base` is exported.
    ExportedGlobal,
    /// A function `heap_base` is exported.
    ExportedFunction,
    /// The stack pointer is known and lies above all data.
    StackPointer,
    /// `__data_end` is exported, and the stack pointer is known and lies below all data.
    DataEnd,
    /// Its memory is shared.
    SharedMemory,
    /// Its memory has 64-bit addresses.
    Memory64,
    /// It exports a `__heap_base` that its own data segments reach beyond.
    HeapBaseBelowData,
}

/// Whose memory a module allocates from: known from the source and the flags.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AllocatorFacts {
    /// The situation.
    pub kind: AllocatorKind,
    /// Members of the malloc family that it imports from `env`.
    pub imported: Vec<String>,
    /// Members of the malloc family that it exports.
    pub exported: Vec<String>,
    /// The allocator inside, such as `wasi-libc-dlmalloc`.
    pub own: Option<String>,
}

/// How a module comes by memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocatorKind {
    /// It allocates nothing.
    None,
    /// From the host alone.
    Imports,
    /// From an allocator inside that it exports as malloc and free.
    Exports,
    /// From an allocator inside that is not exported under the family's names.
    Hidden,
    /// From the host alone, and exports the family's names in turn.
    Forwards,
    /// From the host and from an allocator inside.
    Two,
}

/// Which memory an allocator inside a module takes: measured by `tests/corpus/claims.mjs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Room between the heap base and the declared minimum.
    pub declared: bool,
    /// Whether it grows the memory when that is used up.
    pub grows: bool,
    /// Pages that the host grew before the allocator's first call. `None` if the memory cannot grow.
    pub grown_before: Option<bool>,
    /// Pages that the host grew between its calls. `None` if the memory cannot grow.
    pub grown_between: Option<bool>,
}
