//! How a module is loaded.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::{MaybeUninit, offset_of};

use hostheap_core::plugin::Allocator;
use hostheap_core::{LoadOptions, OwnHeap};

use crate::abi::abi;
use crate::boundary::{Array, Chosen, Options, Text, ToChoose, answer, entry, hh_string, vacant};
use crate::contract::hh_contract;
use crate::layout;
use crate::status::{Fail, hh_status};

/// Do with an allocator inside the plugin what is safe: use it if its functions are known by name, put
/// the host's heap above it if it takes only what it grew, refuse the plugin otherwise.
pub const HH_OWN_HEAP_AUTO: u32 = 0;
/// Put the host's heap above what the plugin starts with, whatever its allocator does.
pub const HH_OWN_HEAP_ABOVE: u32 = 1;
/// Refuse a plugin that has an allocator inside.
pub const HH_OWN_HEAP_REFUSE: u32 = 2;
/// Put the host's heap at the heap base all the same: for a plugin that grows its memory for other
/// reasons.
pub const HH_OWN_HEAP_IGNORE: u32 = 3;

/// How a module is loaded. Made by `hh_load_options_default`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_load_options<'a> {
    /// The size of this struct, set by `hh_load_options_default`.
    struct_size: usize,
    /// The most bytes of linear memory, however much the plugin declares; rounded down to whole pages.
    /// It is written into the module, so that it holds against the plugin's own `memory.grow` too.
    /// UINT64_MAX, the default, leaves what the plugin declares.
    max_memory: u64,
    /// The most elements of all its tables together. UINT64_MAX is no limit; a million by default.
    max_table_elements: u64,
    /// Elements that its function table can grow by, for callbacks. 256 by default.
    callback_slots: u32,
    /// What to do with an allocator inside the plugin that it does not export: HH_OWN_HEAP_….
    own_heap: u32,
    /// The exports that allocate and free, for a plugin that brings its own allocator under other names
    /// than malloc and free. Both NULL, the default, or neither. Read during the call only.
    malloc_name: Text<'a>,
    /// See `malloc_name`.
    free_name: Text<'a>,
    /// What the plugin may import and must export; NULL, the default, for no contract. Read during the
    /// call only.
    contract: Option<&'a hh_contract>,
}

abi!(hh_load_options<'static>: 56 {
    struct_size: 0, max_memory: 8, max_table_elements: 16, callback_slots: 24, own_heap: 28,
    malloc_name: 32, free_name: 40, contract: 48,
});

impl Options for hh_load_options<'_> {
    const NAME: &'static str = "hh_load_options";
    const SIZE_AT: usize = offset_of!(hh_load_options<'_>, struct_size);
    const SIZES: &'static [usize] = &[size_of::<Self>()];

    fn defaults() -> Self {
        let defaults = LoadOptions::new();
        hh_load_options {
            struct_size: size_of::<Self>(),
            max_memory: defaults.max_memory.unwrap_or(u64::MAX),
            max_table_elements: defaults.max_table_elements.unwrap_or(u64::MAX),
            callback_slots: defaults.callback_slots,
            own_heap: HH_OWN_HEAP_AUTO,
            malloc_name: Text::NULL,
            free_name: Text::NULL,
            contract: None,
        }
    }
}

impl hh_load_options<'_> {
    /// The same for core.
    pub(crate) fn options(&self) -> Result<LoadOptions, Fail> {
        let limit = |limit: u64| (limit != u64::MAX).then_some(limit);
        let mut options = LoadOptions::new();
        options.max_memory = limit(self.max_memory);
        options.max_table_elements = limit(self.max_table_elements);
        options.callback_slots = self.callback_slots;
        options.own_heap = match self.own_heap {
            HH_OWN_HEAP_AUTO => OwnHeap::Auto,
            HH_OWN_HEAP_ABOVE => OwnHeap::Above,
            HH_OWN_HEAP_REFUSE => OwnHeap::Refuse,
            HH_OWN_HEAP_IGNORE => OwnHeap::Ignore,
            other => {
                let message = format!("`own_heap` is {other}, which is no HH_OWN_HEAP_…");
                return Err(Fail::argument(message));
            }
        };
        let malloc = self.malloc_name.optional("malloc_name")?;
        let free = self.free_name.optional("free_name")?;
        options.plugin_allocator = match (malloc, free) {
            (Some(malloc), Some(free)) => Some((malloc.to_owned(), free.to_owned())),
            (None, None) => None,
            _ => {
                let message = "`malloc_name` and `free_name` belong together: give both or neither";
                return Err(Fail::argument(message));
            }
        };
        options.contract = self.contract.map(hh_contract::copy);
        Ok(options)
    }
}

/// Writes the options that apply where NULL is given to a struct of `size` bytes, and nothing behind
/// them. Use `hh_load_options_default` instead, which tells it the size that the struct has in this header.
#[unsafe(no_mangle)]
pub extern "C" fn hh_load_options_init(options: ToChoose<'_, hh_load_options<'_>>, size: usize) {
    answer((), || options.init(size));
}

/// A module as a runtime should load it, and what its host must know. Freed by `hh_prepared_free`.
#[repr(C)]
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_prepared {
    /// The module in the binary format.
    wasm: hh_string,
    /// Name under which the memory is exported.
    memory_export: hh_string,
    /// Name under which the function table is exported; none if the module has no such table.
    table_export: hh_string,
    /// Name of a function `void (void)` that must be called once after instantiation, when malloc
    /// works, and before all else; none if there is none.
    start_export: hh_string,
    /// Names of the plugin's own malloc and free, if these serve it; none if the host's heap does.
    malloc_export: hh_string,
    /// See `malloc_export`.
    free_export: hh_string,
    /// What was changed, a line each; empty if nothing was.
    notes: hh_string,
    /// Where the host's heap starts: for `hh_heap_new`.
    heap_start: u32,
    /// Whether the host's heap may be used: false if an allocator inside may take the memory that the
    /// host grows, and for a plugin that is served by its own.
    heap_usable: bool,
    /// Size of the memory at the start, for `hh_heap_options.initial_memory`, in bytes.
    memory_bytes: u64,
    /// The most that it can have, for `hh_heap_options.max_memory`, in bytes.
    memory_max: u64,
}

abi!(hh_prepared: 136 {
    wasm: 0, memory_export: 16, table_export: 32, start_export: 48, malloc_export: 64,
    free_export: 80, notes: 96, heap_start: 112, heap_usable: 116, memory_bytes: 120, memory_max: 128,
});

impl hh_prepared {
    const NONE: Self = hh_prepared {
        wasm: hh_string::NONE,
        memory_export: hh_string::NONE,
        table_export: hh_string::NONE,
        start_export: hh_string::NONE,
        malloc_export: hh_string::NONE,
        free_export: hh_string::NONE,
        notes: hh_string::NONE,
        heap_start: 0,
        heap_usable: false,
        memory_bytes: 0,
        memory_max: 0,
    };
}

/// Makes of a module what this library's own loader gives to its runtimes, for hosts that embed one by
/// themselves: the memory is exported and the module's own, its start function is an export, the
/// limits of `options` are written into it. NULL for `options` means the defaults.
///
/// HH_ERR_MODULE if it is no module that could be a plugin; HH_ERR_CONTRACT if it breaks the contract;
/// HH_ERR_LINK if it does not export the allocator that the options name. `*out` holds nothing then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_prepare(
    wasm: Array<'_, u8>,
    len: usize,
    options: Chosen<'_, hh_load_options<'_>>,
    out: Option<&mut MaybeUninit<hh_prepared>>,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, hh_prepared::NONE)?;
        let options = options.read()?.options()?;
        let (wasm, info) = layout::read(wasm, len)?;
        let report = options.contract.as_ref().map(|contract| contract.check(wasm));
        if let Some(report) = report.filter(|report| !report.passes()) {
            return Err(hostheap_core::Error::Contract(Box::new(report)).into());
        }
        let plan = options.plan(wasm, &info)?;
        let prepared = plan.prepared;
        let optional = |name: Option<String>| name.map_or(hh_string::NONE, hh_string::give);
        let heap_usable = plan.no_heap.is_none() && plan.allocator == Allocator::Host;
        let (malloc, free) = match plan.allocator {
            Allocator::Plugin { malloc, free } => (Some(malloc), Some(free)),
            _ => (None, None),
        };
        let notes: String = prepared.notes.iter().map(|note| format!("{note}\n")).collect();
        *out = hh_prepared {
            wasm: hh_string::give(prepared.wasm.into_owned()),
            memory_export: hh_string::give(prepared.memory_export),
            table_export: optional(prepared.table_export),
            start_export: optional(prepared.start_export),
            malloc_export: optional(malloc),
            free_export: optional(free),
            notes: hh_string::give(notes),
            heap_start: plan.heap_start,
            heap_usable,
            memory_bytes: info.memory().min_bytes,
            memory_max: prepared.max_memory_bytes,
        };
        Ok(())
    })
}

/// Frees all that is in a prepared module, and empties it: a second time does nothing. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn hh_prepared_free(prepared: Option<&mut hh_prepared>) {
    answer((), || {
        let Some(prepared) = prepared else { return };
        let mut old = core::mem::replace(prepared, hh_prepared::NONE);
        let strings = [
            &mut old.wasm,
            &mut old.memory_export,
            &mut old.table_export,
            &mut old.start_export,
            &mut old.malloc_export,
            &mut old.free_export,
            &mut old.notes,
        ];
        strings.into_iter().for_each(hh_string::free);
    });
}
