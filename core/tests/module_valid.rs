//! Rewritten modules are as valid as they were.

mod module_common;

use hostheap_core::module::{ModuleInfo, PrepareOptions, prepare};
use wasmparser::Validator;

#[test]
fn rewritten_modules_validate() {
    for (name, wasm) in module_common::modules() {
        Validator::new().validate_all(&wasm).expect(name);
        let info = ModuleInfo::parse(&wasm).expect(name);
        let default = PrepareOptions::default;
        let options =
            [default(), default().max_memory_bytes(3 * 65536), default().callback_slots(9)];
        for options in options {
            let prepared = prepare(&wasm, &info, &options).expect(name);
            Validator::new().validate_all(&prepared.wasm).expect(name);
        }
    }
}

/// What a runtime refuses, it still refuses after rewriting, and what it accepts it still accepts.
///
/// One thing aside, which harms nobody: exporting the start function declares it for `ref.func`.
#[test]
fn rewriting_makes_nothing_valid() {
    let options = PrepareOptions::default().max_memory_bytes(3 * 65536).callback_slots(9);
    for (name, wasm) in module_common::modules() {
        if name == "declared functions" {
            continue;
        }
        let mut changed = wasm.clone();
        for at in 8..wasm.len() {
            let bits = (0..8).map(|bit| wasm[at] ^ (1 << bit));
            for byte in bits.chain([0, 0xff]) {
                changed[at] = byte;
                let Ok(info) = ModuleInfo::parse(&changed) else { continue };
                let Ok(prepared) = prepare(&changed, &info, &options) else { continue };
                assert_eq!(
                    Validator::new().validate_all(&prepared.wasm).is_ok(),
                    Validator::new().validate_all(&changed).is_ok(),
                    "{name}: byte {at} = {byte:#x}"
                );
            }
            changed[at] = wasm[at];
        }
    }
}
