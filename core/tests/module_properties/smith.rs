//! Modules by wasm-smith: valid, and of every proposal there is.

use arbitrary::{Arbitrary, Unstructured};
use hostheap_core::module::ModuleError;
use wasm_smith::{Config, Module};

use crate::random::Random;
use crate::work::in_proportion;
use crate::{cases, digest};

/// What all of them export under these configurations: the names that the layout is read from.
const EXPORTS: &str = r#"(module
    (memory (export "memory") 50000)
    (global (export "__stack_pointer") (mut i32) (i32.const 0))
    (global (export "__heap_base") i32 (i32.const 0)))"#;

const FUNCTIONS: &str = r#"(module
    (memory (export "memory") 2)
    (func (export "heap_base") (result i32) (i32.const 0))
    (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#;

/// The modules of so many seeds, and how many of them could be read to their end.
fn survive(seeds: u32, config: impl Fn(&mut Unstructured<'_>) -> Config) -> u32 {
    let mut accepted = 0;
    for seed in 0..seeds {
        let mut random = Random(u64::from(seed) ^ 0x5eed_0000_0000);
        let len = 256 + random.below(4000);
        let bytes = random.bytes(len);
        let mut bytes = Unstructured::new(&bytes);
        let config = config(&mut bytes);
        // Some configurations ask for what their own limits forbid.
        let Ok(module) = Module::new(config, &mut bytes) else { continue };
        let wasm = module.to_bytes();
        in_proportion(&wasm);
        match digest(&wasm) {
            Ok(_) => accepted += 1,
            Err(ModuleError::Malformed { offset, reason }) => {
                panic!("seed {seed}: {reason} at {offset}, but wasm-smith makes valid modules")
            }
            Err(_) => {}
        }
    }
    accepted
}

/// One plain memory, so that there is a layout to find.
fn with_memory(exports: &str) -> Config {
    Config {
        exports: Some(wat::parse_str(exports).expect("ours")),
        memory64_enabled: false,
        threads_enabled: false,
        // The required one is not among them.
        max_memories: 0,
        max_imports: 3,
        ..Config::default()
    }
}

#[test]
fn modules_of_every_proposal_are_survived() {
    let seeds = cases(300);
    let accepted = survive(seeds, |bytes| {
        let mut config = Config::arbitrary(bytes).unwrap_or_default();
        config.generate_custom_sections = true;
        config
    });
    assert!(accepted > seeds / 20, "{accepted} of {seeds} have a layout");
}

#[test]
fn modules_that_export_layout_globals_are_survived() {
    let seeds = cases(300);
    let accepted = survive(seeds, |_| with_memory(EXPORTS));
    assert!(accepted > seeds / 20, "{accepted} of {seeds} have a layout");
}

#[test]
fn modules_that_export_layout_functions_are_survived() {
    let seeds = cases(300);
    let accepted = survive(seeds, |_| with_memory(FUNCTIONS));
    assert!(accepted > seeds / 2, "{accepted} of {seeds} have a layout");
}
