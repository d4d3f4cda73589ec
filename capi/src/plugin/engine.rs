//! The runtime, chosen at run time.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::ffi::c_char;
use core::mem::{MaybeUninit, offset_of};
use core::ptr;

use hostheap_core::EngineConfig;

use super::any::{AnyEngine, RUNTIMES};
use crate::abi::abi;
use crate::boundary::{Chosen, Handle, Options, Owned, Text, answer, entry, hand_out, needed};
use crate::boundary::{ToChoose, put, vacant};
use crate::status::{Fail, hh_status};

/// A runtime with its settings: loads modules. Threads may share it. What was made with it does not
/// need the handle any more: free it when you like.
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_engine {
    pub(crate) inner: Box<dyn AnyEngine>,
}

impl core::fmt::Debug for hh_engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "hh_engine({})", self.inner.runtime())
    }
}

impl Handle for hh_engine {
    const NAME: &'static str = "hh_engine";
}

/// Settings of an engine. Made by `hh_engine_options_default`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_engine_options {
    /// The size of this struct, set by `hh_engine_options_default`.
    struct_size: usize,
    /// Bytes of address space to reserve for each linear memory, so that growth within them does not
    /// move it; 0 makes memory move on every growth. UINT64_MAX is the runtime's default.
    memory_reservation: u64,
    /// Bytes of stack that plugins may use; each runtime has a least size. 0 is the runtime's default.
    max_stack: usize,
}

abi!(hh_engine_options: 24 { struct_size: 0, memory_reservation: 8, max_stack: 16 });

impl Options for hh_engine_options {
    const NAME: &'static str = "hh_engine_options";
    const SIZE_AT: usize = offset_of!(hh_engine_options, struct_size);
    const SIZES: &'static [usize] = &[size_of::<Self>()];

    fn defaults() -> Self {
        let struct_size = size_of::<Self>();
        hh_engine_options { struct_size, memory_reservation: u64::MAX, max_stack: 0 }
    }
}

/// Writes the settings that apply where NULL is given to a struct of `size` bytes, and nothing behind
/// them. Use `hh_engine_options_default` instead, which tells it the size that the struct has in this header.
#[unsafe(no_mangle)]
pub extern "C" fn hh_engine_options_init(options: ToChoose<'_, hh_engine_options>, size: usize) {
    answer((), || options.init(size));
}

/// What a runtime can do.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_capabilities {
    /// It compiles to machine code: needs a processor it knows, and executable memory.
    native_code: bool,
    /// It obeys `hh_engine_options.memory_reservation`.
    memory_reservation: bool,
    /// Linear memory moves when it grows, by default.
    moves_memory: bool,
    /// It obeys `hh_engine_options.max_stack`.
    max_stack: bool,
    /// Messages of traps name the plugin's functions that were on the stack.
    trap_backtrace: bool,
    /// It resolves imports once for many instances: hh_linker_link pays.
    prelinks: bool,
}

abi!(hh_capabilities: 6 { native_code: 0, memory_reservation: 1, moves_memory: 2, max_stack: 3, trap_backtrace: 4, prelinks: 5 });

/// How many runtimes this library has.
#[unsafe(no_mangle)]
pub extern "C" fn hh_runtime_count() -> u32 {
    RUNTIMES.len() as u32
}

/// The name of a runtime, such as "wasmtime"; the default is at index 0. NULL from `hh_runtime_count()`
/// on. Static: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_runtime_name(index: u32) -> *const c_char {
    let entry = usize::try_from(index).ok().and_then(|index| RUNTIMES.get(index));
    entry.map_or(ptr::null(), |entry| entry.name.as_ptr())
}

/// Makes an engine of the runtime of that name; NULL is the default one. `options` may be NULL.
///
/// `*engine` is the caller's, who frees it by hh_engine_delete; NULL on failure. HH_ERR_UNSUPPORTED for a
/// runtime that this library does not have, and for a setting that the runtime does not have.
#[unsafe(no_mangle)]
pub extern "C" fn hh_engine_new(
    runtime: Text<'_>,
    options: Chosen<'_, hh_engine_options>,
    engine: Option<&mut MaybeUninit<*mut hh_engine>>,
) -> hh_status {
    entry(|| {
        let place = vacant("engine", engine, ptr::null_mut())?;
        let options = options.read()?;
        let name = runtime.optional("runtime")?;
        let found = RUNTIMES
            .iter()
            .find(|entry| name.is_none_or(|name| entry.name.to_bytes() == name.as_bytes()));
        let entry = found.ok_or_else(|| unknown_runtime(name.unwrap_or_default()))?;
        let mut config = EngineConfig::new();
        if options.memory_reservation != u64::MAX {
            config = config.memory_reservation(options.memory_reservation);
        }
        if options.max_stack != 0 {
            config = config.max_stack(options.max_stack);
        }
        *place = hand_out(Box::new(hh_engine { inner: (entry.engine)(&config)? }));
        Ok(())
    })
}

fn unknown_runtime(name: &str) -> Fail {
    let names: Vec<_> = RUNTIMES.iter().map(|entry| entry.name.to_string_lossy()).collect();
    let message = format!(
        "there is no runtime `{name}` in this build of libhostheap: it has {}",
        names.join(", ")
    );
    Fail::new(hh_status::HH_ERR_UNSUPPORTED, message)
}

/// The name of an engine's runtime; NULL for NULL. Static: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_engine_runtime(engine: Option<&hh_engine>) -> *const c_char {
    answer(ptr::null(), || {
        let name = engine.map(|engine| engine.inner.runtime());
        let entry =
            RUNTIMES.iter().find(|entry| Some(entry.name.to_bytes()) == name.map(str::as_bytes));
        entry.map_or(ptr::null(), |entry| entry.name.as_ptr())
    })
}

/// What an engine's runtime can do.
#[unsafe(no_mangle)]
pub extern "C" fn hh_engine_capabilities(
    engine: Option<&hh_engine>,
    out: Option<&mut MaybeUninit<hh_capabilities>>,
) -> hh_status {
    entry(|| {
        let can = needed("engine", engine)?.inner.capabilities();
        let capabilities = hh_capabilities {
            native_code: can.native_code,
            memory_reservation: can.memory_reservation,
            moves_memory: can.moves_memory,
            max_stack: can.max_stack,
            trap_backtrace: can.trap_backtrace,
            prelinks: can.prelinks,
        };
        put("out", out, capabilities)
    })
}

/// Frees an engine; modules, linkers and instances that were made with it go on. NULL is fine; a second
/// time is HH_ERR_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_engine_delete(engine: Owned<hh_engine>) -> hh_status {
    entry(|| engine.take().map(drop))
}
