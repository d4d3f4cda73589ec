//! What a runtime says it can do, it does; what it cannot do, it refuses.

use hostheap_core::{Context, EngineConfig, Runtime, TrapKind};

use crate::case::capabilities;
use crate::expect;
use crate::rig::{B, Raw, load, wasm};
use crate::subject::Subject;

/// Recursion with a frame of some size, as deep as its argument.
const DEEP: &str = r#"(module
    (func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0)))))"#;

fn deep<S: Subject>(max_stack: usize, depth: i32) -> hostheap_core::Result<i32> {
    let engine = B::<S>::engine(&EngineConfig::new().max_stack(max_stack)).unwrap();
    let module = B::<S>::compile(&engine, &wasm(DEEP)).unwrap();
    let linked = B::<S>::link(&B::<S>::linker::<()>(&engine), &module).unwrap();
    let mut store = B::<S>::store(&engine, ()).unwrap();
    let instance = B::<S>::instantiate(&linked, &mut store).unwrap();
    Raw::<S> { engine, store, instance }.call::<(i32,), i32>("down", (depth,))
}

/// A smaller stack ends recursion sooner, and a larger one later.
pub fn a_stack_limit_is_obeyed<S: Subject>() {
    assert_eq!(deep::<S>(400_000, 500).unwrap(), 500);
    let trap = expect::trap(deep::<S>(4_000, 500));
    assert_eq!(trap, TrapKind::StackOverflow);
}

/// Memory that has no room reserved moves when it grows.
pub fn memory_moves_where_nothing_is_reserved<S: Subject>() {
    let engine = B::<S>::engine(&EngineConfig::new().memory_reservation(0)).unwrap();
    assert!(moves::<S>(engine), "its base stayed where it was");
}

/// Memory moves by default.
pub fn memory_moves_by_default<S: Subject>() {
    assert!(moves::<S>(B::<S>::engine(&EngineConfig::new()).unwrap()));
}

/// Whether any of several growths moved the memory. The addresses are compared, never followed.
fn moves<S: Subject>(engine: <B<S> as Runtime>::Engine) -> bool {
    let module = B::<S>::compile(&engine, &wasm(r#"(module (memory (export "memory") 1))"#));
    let linked = B::<S>::link(&B::<S>::linker::<()>(&engine), &module.unwrap()).unwrap();
    let mut store = B::<S>::store(&engine, ()).unwrap();
    let instance = B::<S>::instantiate(&linked, &mut store).unwrap();
    let mut raw = Raw::<S> { engine, store, instance }.bind();
    let mut cx = raw.cx();
    cx.write(100, b"carried along").unwrap();
    let first = cx.memory().unwrap().as_ptr() as usize;
    let mut moved = false;
    for pages in 1..=8 {
        cx.grow(pages * 65536).unwrap();
        assert_eq!(cx.bytes(100, 13).unwrap(), b"carried along");
        moved |= cx.memory().unwrap().as_ptr() as usize != first;
    }
    moved
}

/// A trap's detail names the guest functions that were on the stack.
pub fn a_traps_detail_names_the_functions_on_the_stack<S: Subject>() {
    let wat = r#"(module
        (memory 1)
        (func $the_culprit unreachable)
        (func $its_caller (export "go") (call $the_culprit)))"#;
    let error = Raw::<S>::new(wat).call::<(), ()>("go", ()).unwrap_err();
    let detail = error.trap().expect("a trap").detail();
    assert!(detail.contains("the_culprit") && detail.contains("its_caller"), "{detail}");
    let mut plugin = load::<S>(&crate::guests::wasm("misbehaver"));
    let error = plugin.call::<_, u32>("load_past_end", ()).unwrap_err();
    let detail = error.trap().expect("a trap").detail();
    assert!(detail.contains("load_past_end"), "{detail}");
}

/// A setting that a runtime does not have is refused, never ignored.
pub fn a_setting_that_is_missing_is_refused<S: Subject>() {
    let can = capabilities::<S>();
    let reservation = B::<S>::engine(&EngineConfig::new().memory_reservation(1 << 20));
    let stack = B::<S>::engine(&EngineConfig::new().max_stack(1 << 18));
    for (has, engine) in [(can.memory_reservation, reservation), (can.max_stack, stack)] {
        if has {
            engine.unwrap();
        } else {
            let error = expect::unsupported(engine.map(|_| ()));
            assert_eq!(error.backend, B::<S>::NAME);
            assert!(!error.what.is_empty());
        }
    }
}

/// No settings are fine everywhere.
pub fn no_settings_are_fine<S: Subject>() {
    B::<S>::engine(&EngineConfig::new()).unwrap();
    assert_eq!(EngineConfig::new(), EngineConfig::default());
}

/// Names in reports are in lower case and without spaces.
pub fn a_backends_name_is_one_word_in_lower_case<S: Subject>() {
    let name = B::<S>::NAME;
    assert!(!name.is_empty());
    assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{name}");
}
