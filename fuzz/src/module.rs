//! Modules, real and random, whole and damaged, put to every question that the crate answers about
//! one.

#[path = "../../core/tests/module_common/digest.rs"]
mod answers;

use arbitrary::{Arbitrary, Unstructured};
use wasm_encoder::{ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, ValType};
use wasm_smith::{Config, Module};

/// Bytes that are changed in a module by wasm-smith.
const CHANGES: usize = 8;

/// Asks everything there is to ask about these bytes. Whether they are a module that has a layout.
///
/// # Panics
/// An answer contradicts the bytes, another answer, or itself.
pub fn digest(wasm: &[u8]) -> bool {
    answers::digest(wasm).is_ok()
}

/// Takes the bytes for a module if they start like one, and otherwise for wasm-smith's choices and
/// for changes to what it makes of them. How many modules came of it that have a layout.
///
/// # Panics
/// See [`digest`].
pub fn run(bytes: &[u8]) -> u32 {
    if bytes.starts_with(b"\0asm") {
        return digest(bytes).into();
    }
    let (changes, choices) = bytes.split_at(bytes.len().min(1 + 3 * CHANGES));
    let Some(mut wasm) = smith(choices) else { return 0 };
    let mut accepted = u32::from(digest(&wasm));
    let count = changes.first().map_or(0, |&count| usize::from(count) % (CHANGES + 1));
    for change in changes.get(1..).unwrap_or_default().chunks_exact(3).take(count) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % wasm.len();
        wasm[at] = change[2];
        accepted += u32::from(digest(&wasm));
    }
    accepted
}

fn smith(choices: &[u8]) -> Option<Vec<u8>> {
    let mut choices = Unstructured::new(choices);
    let config = match choices.arbitrary().ok()? {
        // Of every proposal; many have no memory, or several.
        false => Config::arbitrary(&mut choices).ok()?,
        true => Config {
            exports: Some(layout_exports()),
            memory64_enabled: false,
            threads_enabled: false,
            // The required one is not among them.
            max_memories: 0,
            max_imports: 3,
            generate_custom_sections: true,
            ..Config::default()
        },
    };
    Some(Module::new(config, &mut choices).ok()?.to_bytes())
}

/// A module whose exports are those that layouts are read from.
fn layout_exports() -> Vec<u8> {
    let ty = |mutable| GlobalType { val_type: ValType::I32, mutable, shared: false };
    let mut globals = GlobalSection::new();
    globals.global(ty(true), &ConstExpr::i32_const(0));
    globals.global(ty(false), &ConstExpr::i32_const(0));
    globals.global(ty(false), &ConstExpr::i32_const(0));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("__stack_pointer", ExportKind::Global, 0);
    exports.export("__heap_base", ExportKind::Global, 1);
    exports.export("__data_end", ExportKind::Global, 2);
    let mut memories = wasm_encoder::MemorySection::new();
    memories.memory(wasm_encoder::MemoryType {
        // Most random numbers lie within.
        minimum: 50_000,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = wasm_encoder::Module::new();
    module.section(&memories).section(&globals).section(&exports);
    module.finish()
}
