//! How much work an answer is: memory asked for, compared with the module's length. No clock.

use hostheap_core::module::{ModuleInfo, PrepareOptions, changes_tables, prepare};

/// Bytes held at once for each byte of the module. The shortest export takes four bytes in a
/// module and some hundred here, while a list is being moved twice that.
const BYTES: u64 = 100;

/// What an answer takes for however small a module.
const SMALL: u64 = 8 << 10;

/// Asserts that reading and rewriting these bytes takes no more memory than they justify.
pub(crate) fn in_proportion(wasm: &[u8]) {
    let len = wasm.len() as u64;
    let work = allocation_counter::measure(|| {
        changes_tables(wasm);
        if let Ok(info) = ModuleInfo::parse(wasm) {
            let _ = prepare(wasm, &info, &PrepareOptions::default().callback_slots(1));
        }
    });
    assert!(work.bytes_max <= BYTES * len + SMALL, "{work:?} for {len} bytes");
    assert!(work.count_total <= len + 100, "{work:?} for {len} bytes");
}
