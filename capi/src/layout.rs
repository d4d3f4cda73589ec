//! Where a plugin's heap may start.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::module::{Certainty, HeapBaseEvidence, ModuleInfo, Situation, Survey};

use crate::abi::abi;
use crate::boundary::{Array, entry, hh_string, vacant};
use crate::describe;
use crate::status::{Fail, hh_status};

/// The heap base is the linker's own value.
pub const HH_CERTAINTY_EXACT: u32 = 0;
/// The heap base is the end of the declared memory, which is safe. The linker's value lies between the
/// end of data and stack and there.
pub const HH_CERTAINTY_BOUNDED: u32 = 1;
/// The heap base is the end of the declared memory, which is safe. How much stays unused below it is
/// not known.
pub const HH_CERTAINTY_FALLBACK: u32 = 2;

/// The heap base is the value of an exported global, `__heap_base`.
pub const HH_FOUND_BY_GLOBAL: u32 = 0;
/// It is what an exported function returns.
pub const HH_FOUND_BY_FUNCTION: u32 = 1;
/// It is the initial stack pointer: the stack lies above the data.
pub const HH_FOUND_BY_STACK_POINTER: u32 = 2;
/// It is the exported `__data_end`: the stack lies below the data.
pub const HH_FOUND_BY_DATA_END: u32 = 3;
/// It is the end of the declared memory.
pub const HH_FOUND_BY_MEMORY_END: u32 = 4;

/// The module neither imports nor has an allocator.
pub const HH_ALLOCATOR_NONE: u32 = 0;
/// The module imports malloc and its family.
pub const HH_ALLOCATOR_HOST: u32 = 1;
/// The module has its own allocator and exports it.
pub const HH_ALLOCATOR_EXPORTED: u32 = 2;
/// The module has its own allocator and does not export it.
pub const HH_ALLOCATOR_HIDDEN: u32 = 3;
/// The module imports malloc and has an allocator of its own as well.
pub const HH_ALLOCATOR_TWO: u32 = 4;

/// A value of `hh_layout` that is not known.
pub const HH_UNKNOWN: u64 = u64::MAX;

/// What stands where in a module's memory when it starts. Offsets and sizes are bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_layout {
    /// First byte that a heap may use, by the module's own account: a multiple of 16, never 0. It may be
    /// the end of the memory, and often is.
    pub(crate) heap_base: u32,
    /// Where the host's heap starts: `heap_base`, or above all that the module starts with if it has
    /// an allocator of its own. Give this to `hh_heap_new`.
    pub(crate) heap_start: u32,
    /// How good `heap_base` is: HH_CERTAINTY_…. All are safe.
    pub(crate) certainty: u32,
    /// How it is known: HH_FOUND_BY_….
    pub(crate) found_by: u32,
    /// Size of the memory at the start.
    pub(crate) memory_bytes: u64,
    /// The most that the module declares that it may have: 4 GiB if it declares no maximum. What
    /// `hh_load_options.max_memory` allows may be less.
    pub(crate) memory_max: u64,
    /// Bytes that a heap can ever have: from `heap_start` to `memory_max`. 0 if the memory is full.
    pub(crate) heap_room: u64,
    /// First byte of the data segments; HH_UNKNOWN without any of known place.
    pub(crate) data_start: u64,
    /// One past their last byte; HH_UNKNOWN without any of known place. `.bss` may reach further.
    pub(crate) data_end: u64,
    /// End of all static data with `.bss`, if `__data_end` is exported; HH_UNKNOWN otherwise.
    pub(crate) static_end: u64,
    /// Where the stack starts, which grows down; HH_UNKNOWN if that is not known.
    pub(crate) stack_pointer: u64,
    /// Whose heaps are in the memory: HH_ALLOCATOR_….
    pub(crate) allocator: u32,
    /// Whether an allocator of the module's own may take pages that the host grew: there is no safe
    /// place for another heap then.
    pub(crate) takes_grown_pages: bool,
    /// Whether the memory is imported. `hh_prepare` makes it the module's own.
    pub(crate) memory_imported: bool,
    /// Whether the module has a start function, which runs while it is instantiated. `hh_prepare`
    /// makes it an export.
    pub(crate) has_start: bool,
    /// Whether the place of every data segment is known.
    pub(crate) data_known: bool,
    /// 0, until a later version has a use for it.
    pub(crate) reserved: [u64; 4],
}

abi!(hh_layout: 112 {
    heap_base: 0, heap_start: 4, certainty: 8, found_by: 12, memory_bytes: 16, memory_max: 24,
    heap_room: 32, data_start: 40, data_end: 48, static_end: 56, stack_pointer: 64, allocator: 72,
    takes_grown_pages: 76, memory_imported: 77, has_start: 78, data_known: 79, reserved: 80,
});

impl From<&ModuleInfo> for hh_layout {
    fn from(info: &ModuleInfo) -> Self {
        let (layout, memory) = (info.layout(), info.memory());
        let known = |value: Option<u32>| value.map_or(HH_UNKNOWN, u64::from);
        hh_layout {
            heap_base: layout.heap_base,
            heap_start: info.heap_start(),
            certainty: match layout.certainty() {
                Certainty::Exact => HH_CERTAINTY_EXACT,
                Certainty::Bounded => HH_CERTAINTY_BOUNDED,
                _ => HH_CERTAINTY_FALLBACK,
            },
            found_by: match layout.evidence {
                HeapBaseEvidence::ExportedGlobal { .. } => HH_FOUND_BY_GLOBAL,
                HeapBaseEvidence::ExportedFunction { .. } => HH_FOUND_BY_FUNCTION,
                HeapBaseEvidence::StackPointer { .. } => HH_FOUND_BY_STACK_POINTER,
                HeapBaseEvidence::DataEnd { .. } => HH_FOUND_BY_DATA_END,
                _ => HH_FOUND_BY_MEMORY_END,
            },
            memory_bytes: memory.min_bytes,
            memory_max: memory.max_bytes.unwrap_or(1 << 32),
            heap_room: info.heap_room(),
            data_start: known(layout.data_start),
            data_end: known(layout.data_end),
            static_end: known(layout.static_end),
            stack_pointer: known(layout.stack_pointer),
            allocator: match info.census().situation() {
                Situation::None => HH_ALLOCATOR_NONE,
                Situation::Host => HH_ALLOCATOR_HOST,
                Situation::Exported => HH_ALLOCATOR_EXPORTED,
                Situation::TwoHeaps => HH_ALLOCATOR_TWO,
                // Hidden, and what a later version of core may tell apart.
                _ => HH_ALLOCATOR_HIDDEN,
            },
            takes_grown_pages: info.census().may_take_grown_pages(),
            memory_imported: memory.imported.is_some(),
            has_start: info.has_start(),
            data_known: layout.data_known,
            reserved: [0; 4],
        }
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl hh_layout {
    /// The same, where the loader was told to put the heap elsewhere.
    pub(crate) fn with_heap_start(self, heap_start: u32) -> Self {
        let heap_room = self.memory_max.saturating_sub(heap_start.into());
        hh_layout { heap_start, heap_room, ..self }
    }
}

/// A module of C's.
pub(crate) fn read(wasm: Array<'_, u8>, len: usize) -> Result<(&[u8], ModuleInfo), Fail> {
    let wasm = wasm.slice("wasm", len)?;
    let info = ModuleInfo::parse(wasm).map_err(hostheap_core::Error::from)?;
    Ok((wasm, info))
}

/// Finds out where the heap of a module may start, from its `len` bytes in the binary format: never by
/// a guess, and with the evidence. Nothing is run or compiled.
///
/// HH_ERR_MODULE, with `*out` all 0, if it is no module, or one whose memory a host cannot manage.
#[unsafe(no_mangle)]
pub extern "C" fn hh_layout_from_module(
    wasm: Array<'_, u8>,
    len: usize,
    out: Option<&mut MaybeUninit<hh_layout>>,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, hh_layout::default())?;
        let (_, info) = read(wasm, len)?;
        *out = hh_layout::from(&info);
        Ok(())
    })
}

/// Says in words what is known of a module: memory, heap base with its evidence, allocators, imports,
/// exports, who made it, and all that is wrong with it. HH_ERR_MODULE only if the bytes are no module.
///
/// `*text` is the caller's, who frees it by `hh_string_free`; none on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_describe(
    wasm: Array<'_, u8>,
    len: usize,
    text: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    entry(|| {
        let text = vacant("text", text, hh_string::NONE)?;
        let wasm = wasm.slice("wasm", len)?;
        let survey = Survey::read(wasm).map_err(hostheap_core::Error::from)?;
        *text = hh_string::give(describe::survey(&survey));
        Ok(())
    })
}
