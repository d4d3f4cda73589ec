//! The rewriting that makes every module look the same to every runtime.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::emit::{self, Changes};
use super::family::Member;
use super::tables;
use super::text::{Names, Quoted};
use super::types::{ADDRESSABLE, ExternType, PAGE};
use super::{ModuleError, ModuleInfo};
use crate::FuncType;

/// The name under which [`prepare`] exports a start function.
///
/// The name is reserved: a module cannot have both an export of this name and a start section.
pub const START_EXPORT: &str = "hostheap:start";

/// The names under which [`prepare`] exports an allocator of the module's own.
const MALLOC_EXPORT: &str = "hostheap:malloc";
const FREE_EXPORT: &str = "hostheap:free";

/// The name under which wasm-ld exports the function table, if it is told to (`--export-table`).
pub(super) const TABLE_EXPORT: &str = "__indirect_function_table";

/// What [`prepare`] should see to. The default asks for nothing but what every runtime needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrepareOptions {
    /// The most bytes the memory may grow to, rounded down to whole pages. It is written into the
    /// module as the memory's maximum, so that one limit holds on every runtime.
    pub max_memory_bytes: Option<u64>,
    /// The most elements that all tables together may grow to. It is written into the module as
    /// the tables' maxima, so that it holds on every runtime. Room for
    /// [`callback_slots`](Self::callback_slots) is there in any case.
    pub max_table_elements: Option<u64>,
    /// Elements that the function table can grow by, for functions of the host's. Linkers give the
    /// table a maximum that is its size, which leaves no room for any.
    ///
    /// The room is not the host's alone: the module's own `table.grow`, which C compilers do not
    /// make, may use it up.
    pub callback_slots: u32,
    /// Export the module's own `malloc` and `free` where they are known by their names and not
    /// exported, so that the module can be served through them.
    pub export_allocator: bool,
}

impl PrepareOptions {
    /// Sets whether the module's own `malloc` and `free` are exported.
    pub fn export_allocator(mut self, export: bool) -> Self {
        self.export_allocator = export;
        self
    }

    /// Sets the elements that the function table can grow by.
    pub fn callback_slots(mut self, slots: u32) -> Self {
        self.callback_slots = slots;
        self
    }

    /// Sets the most elements that all tables together may grow to.
    pub fn max_table_elements(mut self, elements: u64) -> Self {
        self.max_table_elements = Some(elements);
        self
    }

    /// Sets the most bytes the memory may grow to.
    pub fn max_memory_bytes(mut self, bytes: u64) -> Self {
        self.max_memory_bytes = Some(bytes);
        self
    }
}

/// A module as a runtime should load it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prepared<'a> {
    /// The bytes: borrowed if nothing had to change.
    pub wasm: Cow<'a, [u8]>,
    /// Name under which the memory is exported.
    pub memory_export: String,
    /// Name under which the function table is exported; `None` if the module defines none.
    pub table_export: Option<String>,
    /// Names of `malloc` and `free` that were exported because
    /// [`PrepareOptions::export_allocator`] asked for it.
    pub allocator_exports: Option<(String, String)>,
    /// Name of a function `() -> ()` that must be called once after instantiation, when the memory
    /// is bound and the heap ready, and before anything else is called.
    pub start_export: Option<String>,
    /// The most bytes the memory can grow to, by its own maximum and the limit asked for.
    pub max_memory_bytes: u64,
    /// What was changed; empty if the bytes are borrowed.
    pub notes: Vec<RewriteNote>,
}

/// One change that [`prepare`] made. Displays as one line for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RewriteNote {
    /// The start section was removed and its function exported.
    StartMoved {
        /// Name of the new export.
        export: String,
    },
    /// The memory had no export and got one.
    MemoryExported {
        /// Name of the new export.
        export: String,
    },
    /// The memory was imported and is now defined by the module itself.
    MemoryDefined {
        /// Module part of the removed import.
        module: String,
        /// Name part of the removed import.
        name: String,
    },
    /// A function of the module's own allocator had no export and got one.
    AllocatorExported {
        /// Its name in C.
        member: Member,
        /// Name of the new export.
        export: String,
    },
    /// Maxima of tables were lowered.
    TablesLimited {
        /// Elements that all tables together may have now.
        elements: u64,
    },
    /// The function table had no export and got one.
    TableExported {
        /// Name of the new export.
        export: String,
    },
    /// The function table's maximum was raised, for functions of the host's.
    TableRaised {
        /// Elements that it could have before.
        from: u64,
        /// Elements that it can have now.
        to: u64,
    },
    /// The memory's maximum was lowered.
    MaximumLowered {
        /// The maximum before, if there was one.
        from: Option<u64>,
        /// The maximum now.
        to: u64,
    },
}

impl fmt::Display for RewriteNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RewriteNote::StartMoved { export } => {
                write!(f, "start function moved to export {}", Quoted(export))
            }
            RewriteNote::MemoryExported { export } => {
                write!(f, "memory exported as {}", Quoted(export))
            }
            RewriteNote::MemoryDefined { module, name } => {
                write!(f, "memory imported as {} now defined by the module", Names(&[module, name]))
            }
            RewriteNote::AllocatorExported { member, export } => {
                write!(f, "the module's own `{member}` exported as {}", Quoted(export))
            }
            RewriteNote::TablesLimited { elements } => {
                write!(f, "tables limited to {elements} elements together")
            }
            RewriteNote::TableExported { export } => {
                write!(f, "function table exported as {}", Quoted(export))
            }
            RewriteNote::TableRaised { from, to } => {
                write!(f, "function table maximum raised from {from} to {to} elements")
            }
            RewriteNote::MaximumLowered { from: Some(from), to } => {
                write!(f, "memory maximum lowered from {from} to {to} bytes")
            }
            RewriteNote::MaximumLowered { from: None, to } => {
                write!(f, "memory maximum of {to} bytes added")
            }
        }
    }
}

/// Returns the module as a runtime should load it, changed only where it has to be:
///
/// - A start section runs during instantiation, when on some runtimes the memory is not yet bound:
///   its function is exported as [`START_EXPORT`] instead, to be called once everything is ready.
/// - A memory without an export gets one: `memory`, unless that name is taken.
/// - An imported memory becomes a defined one with the same limits.
/// - The memory's maximum is lowered to [`PrepareOptions::max_memory_bytes`].
/// - The tables' maxima are lowered to [`PrepareOptions::max_table_elements`].
/// - A function table, which is the first table if the module defines it, with elements `funcref`
///   and 32-bit indices, gets an export if it has none: `__indirect_function_table`, as wasm-ld
///   calls it, unless that name is taken. Its maximum is raised so that it can grow by
///   [`PrepareOptions::callback_slots`], whatever the limit.
/// - The module's own `malloc` and `free` get exports, if [`PrepareOptions::export_allocator`] asks
///   for it and they are known by their names.
///
/// Everything else is copied byte for byte, custom sections included, and no index changes. A
/// prepared module can be stored and prepared again: that changes nothing, and its start function
/// is still found.
///
/// `info` must come from the same bytes.
///
/// # Errors
///
/// Fails if the memory or the tables start larger than the limit, if the module both has a start section and
/// uses the reserved name, or if `info` comes from other bytes.
///
/// ```
/// use hostheap_core::module::{self, ModuleInfo, PrepareOptions};
///
/// let wasm = wat::parse_str(
///     r#"(module
///         (import "env" "memory" (memory 2))
///         (func $init)
///         (start $init))"#,
/// )?;
/// let info = ModuleInfo::parse(&wasm)?;
/// let options = PrepareOptions::default().max_memory_bytes(1 << 20);
/// let prepared = module::prepare(&wasm, &info, &options)?;
/// assert_eq!(prepared.memory_export, "memory");
/// assert_eq!(prepared.start_export.as_deref(), Some("hostheap:start"));
/// for note in &prepared.notes {
///     println!("{note}");
/// }
///
/// let after = ModuleInfo::parse(&prepared.wasm)?;
/// assert!(after.imports().is_empty());
/// assert_eq!(after.memory().max_bytes, Some(1 << 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prepare<'a>(
    wasm: &'a [u8],
    info: &ModuleInfo,
    options: &PrepareOptions,
) -> Result<Prepared<'a>, ModuleError> {
    if wasm.len() != info.contents.len {
        return Err(ModuleError::OtherModule);
    }
    let mut changes = Changes::default();
    let mut notes = Vec::new();
    let memory = &info.memory;

    let mut max_bytes = memory.max_bytes;
    if let Some(to) = lowered_maximum(info, options)? {
        notes.push(RewriteNote::MaximumLowered { from: max_bytes, to });
        max_bytes = Some(to);
        changes.memory = Some((memory.min_bytes / PAGE, Some(to / PAGE)));
    }
    let has_function_table = has_function_table(info);
    let fitted = tables::fitted(&info.contents.tables, has_function_table, options)?;
    if let Some(elements) = options.max_table_elements.filter(|_| fitted.limited) {
        notes.push(RewriteNote::TablesLimited { elements });
    }
    if let Some((from, to)) = fitted.raised {
        notes.push(RewriteNote::TableRaised { from, to });
    }
    if fitted.tables != info.contents.tables {
        changes.tables = Some(fitted.tables);
    }
    if let Some((module, name)) = memory.imported.clone() {
        notes.push(RewriteNote::MemoryDefined { module, name });
        changes.memory = Some((memory.min_bytes / PAGE, max_bytes.map(|bytes| bytes / PAGE)));
        changes.drop_memory_import = true;
    }
    let memory_export = memory.exported_as.clone().unwrap_or_else(|| {
        let export = free_name(info, ["memory", "hostheap:memory"], 'm');
        notes.push(RewriteNote::MemoryExported { export: export.clone() });
        changes.export_memory = Some(export.clone());
        export
    });
    let table_export = has_function_table.then(|| {
        info.contents.table_export.clone().unwrap_or_else(|| {
            let export = free_name(info, [TABLE_EXPORT, "hostheap:table"], 't');
            notes.push(RewriteNote::TableExported { export: export.clone() });
            changes.export_table = Some(export.clone());
            export
        })
    });
    let start_export = start_export(info)?;
    if let (Some(function), Some(export)) = (info.contents.start, start_export.clone()) {
        changes.export_functions.push((export.clone(), function));
        changes.drop_start = true;
        notes.push(RewriteNote::StartMoved { export });
    }
    let mut allocator_exports = None;
    if options.export_allocator
        && let Some((malloc, free)) = info.contents.census.named_pair
    {
        let mut export = |member: Member, name: &'static str, letter, function| {
            // A module that was prepared before.
            if info.export_func(name) == Ok(&member.func_type()) {
                return name.to_string();
            }
            let export = free_name(info, [name, name], letter);
            changes.export_functions.push((export.clone(), function));
            notes.push(RewriteNote::AllocatorExported { member, export: export.clone() });
            export
        };
        let malloc = export(Member::Malloc, MALLOC_EXPORT, 'a', malloc);
        allocator_exports = Some((malloc, export(Member::Free, FREE_EXPORT, 'f', free)));
    }

    let wasm = if notes.is_empty() {
        Cow::Borrowed(wasm)
    } else {
        Cow::Owned(emit::emit(wasm, &changes)?)
    };
    let max_memory_bytes = max_bytes.unwrap_or(ADDRESSABLE);
    Ok(Prepared {
        wasm,
        memory_export,
        table_export,
        allocator_exports,
        start_export,
        max_memory_bytes,
        notes,
    })
}

/// The new maximum in bytes, if the limit asks for one.
fn lowered_maximum(
    info: &ModuleInfo,
    options: &PrepareOptions,
) -> Result<Option<u64>, ModuleError> {
    let Some(limit_bytes) = options.max_memory_bytes else { return Ok(None) };
    let whole_pages = limit_bytes / PAGE * PAGE;
    let min_bytes = info.memory.min_bytes;
    if min_bytes > whole_pages {
        return Err(ModuleError::MemoryAboveLimit { min_bytes, limit_bytes });
    }
    let current = info.memory.max_bytes.unwrap_or(ADDRESSABLE);
    Ok((current > whole_pages).then_some(whole_pages))
}

/// Where the start function is exported once the module is prepared.
fn start_export(info: &ModuleInfo) -> Result<Option<String>, ModuleError> {
    let reserved = info.export(START_EXPORT);
    if info.contents.start.is_some() {
        return match reserved {
            None => Ok(Some(START_EXPORT.to_string())),
            Some(_) => Err(ModuleError::ReservedExport { name: START_EXPORT.to_string() }),
        };
    }
    // A module that was prepared before.
    Ok(match reserved {
        Some(ExternType::Func(ty)) if *ty == FuncType::default() => Some(START_EXPORT.to_string()),
        _ => None,
    })
}

/// Whether the first table is one that the module defines and that function pointers index.
fn has_function_table(info: &ModuleInfo) -> bool {
    let imported = info.contents.imports.iter().any(|import| import.ty == ExternType::Table);
    !imported && info.contents.tables.first().is_some_and(tables::Table::is_of_functions)
}

/// The first of the names that no export has. `memory` is what WASI hosts look for.
fn free_name(info: &ModuleInfo, names: [&str; 2], letter: char) -> String {
    for name in names {
        if info.export(name).is_none() {
            return name.to_string();
        }
    }
    // Someone took both on purpose: one longer than all cannot be taken. The letter keeps the
    // memory's and the table's apart.
    let longest = info.contents.exports.iter().map(|export| export.name.len()).max().unwrap_or(0);
    core::iter::repeat_n(letter, longest + 1).collect()
}
