//! Which functions of which names are whose allocator's.
//!
//! Names are what compilers leave in the name section. They were read off modules that the
//! toolchains of docs/modules.md made; a name that is missing here costs a weaker report, since
//! `memory.grow` in the code is looked for as well.

use super::Origin;
use crate::module::family::Member;

/// Whose allocator a function of this name belongs to, if to any.
pub(in crate::module) fn origin_of(name: &str) -> Option<Origin> {
    if Member::from_name(name).is_some() {
        return Some(Origin::C);
    }
    let exact = match name {
        "sbrk" | "__sbrk" | "emscripten_resize_heap" => Some(Origin::Sbrk),
        "runtime.mallocgc" | "runtime.alloc" | "runtime.growHeap" => Some(Origin::Go),
        _ => None,
    };
    if exact.is_some() {
        return exact;
    }
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if starts(&["dlmalloc", "dlfree", "dlrealloc", "dlcalloc", "emmalloc", "mi_malloc", "mi_heap_"])
    {
        return Some(if name.contains("::") { Origin::Rust } else { Origin::C });
    }
    if starts(&["~lib/rt/tlsf/", "~lib/rt/stub/", "~lib/rt/itcms/", "~lib/rt/tcms/"]) {
        return Some(Origin::AssemblyScript);
    }
    if starts(&[
        "heap.WasmAllocator",
        "heap.wasm_allocator",
        "heap.PageAllocator",
        "heap.BrkAllocator",
    ]) {
        return Some(Origin::Zig);
    }
    // Called when there is no memory: in every program, whatever its allocator.
    if name.contains("__rdl_alloc_error_handler") {
        return None;
    }
    if starts(&["__rdl_alloc", "__rdl_realloc", "wee_alloc::", "<wee_alloc::", "<dlmalloc::"]) {
        return Some(Origin::Rust);
    }
    // Both of Rust's manglings.
    if starts(&["_R", "_ZN"])
        && ["8dlmalloc", "__rdl_alloc", "__rdl_realloc", "9wee_alloc", "lol_alloc"]
            .iter()
            .any(|part| name.contains(part))
    {
        return Some(Origin::Rust);
    }
    None
}
