//! The two functions of the host's malloc that blocks need which pass between plugin and host.

use core::ffi::c_void;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "env")]
unsafe extern "C" {
    #[cfg(not(feature = "global-allocator"))]
    #[link_name = "malloc"]
    pub(crate) fn host_malloc(size: usize) -> *mut c_void;
    #[link_name = "free"]
    pub(crate) fn host_free(block: *mut c_void);
}

#[cfg(not(target_arch = "wasm32"))]
mod elsewhere {
    use super::c_void;

    const WHY: &str = "the host's malloc exists in plugins only";

    #[cfg(not(feature = "global-allocator"))]
    pub(crate) unsafe fn host_malloc(_: usize) -> *mut c_void {
        panic!("{WHY}")
    }
    pub(crate) unsafe fn host_free(_: *mut c_void) {
        panic!("{WHY}")
    }
}
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use elsewhere::*;

#[cfg(target_arch = "wasm32")]
unsafe extern "C" {
    // Made by the linker, both.
    static __heap_base: u8;
    fn __wasm_call_ctors();
}

/// Where the heap starts, and with it the end of the static data.
#[inline(always)]
pub(crate) fn heap_base() -> usize {
    #[cfg(target_arch = "wasm32")]
    return &raw const __heap_base as usize;
    #[cfg(not(target_arch = "wasm32"))]
    0
}

/// Tells the host where the heap may start, without a flag for the linker: a host takes an exported
/// function of this name, if it returns a constant, for the linker's `__heap_base`.
#[cfg(target_arch = "wasm32")]
#[unsafe(export_name = "heap_base")]
extern "C" fn exported_heap_base() -> *const u8 {
    &raw const __heap_base
}

/// Runs constructors, which `panic_hook!` and the libc have. Without this export wasm-ld makes every
/// export run all of them, each time.
#[cfg(target_arch = "wasm32")]
#[unsafe(export_name = "_initialize")]
extern "C" fn initialize() {
    // Safety: the host calls this once, before all else.
    unsafe { __wasm_call_ctors() }
}
