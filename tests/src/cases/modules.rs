//! Modules that cannot be plugins: refused with a reason, before anything runs.

use hostheap_core::Runtime;
use hostheap_core::module::ModuleError;

use crate::expect;
use crate::rig::{B, wasm};
use crate::subject::Subject;

#[track_caller]
fn refused<S: Subject>(wat: &str) -> ModuleError {
    expect::module(S::plugin_engine().load(&wasm(wat)))
}

/// Exactly one ordinary memory is what a plugin has.
pub fn a_module_needs_one_ordinary_memory<S: Subject>() {
    assert_eq!(refused::<S>("(module)"), ModuleError::NoMemory);
    let several = refused::<S>("(module (memory 1) (memory 1))");
    assert_eq!(several, ModuleError::SeveralMemories { count: 2 });
    assert_eq!(refused::<S>("(module (memory 1 2 shared))"), ModuleError::SharedMemory);
    assert_eq!(refused::<S>("(module (memory i64 1))"), ModuleError::Memory64);
    let pages = refused::<S>("(module (memory 1 (pagesize 1)))");
    assert_eq!(pages, ModuleError::CustomPageSize { page_bytes: 1 });
}

/// Bytes that are no module are refused with what they are.
pub fn bytes_that_are_no_module_are_refused<S: Subject>() {
    let engine = S::plugin_engine();
    for bytes in [b"".as_slice(), b"(module)", b"\x7fELF", b"\0asm"] {
        let error = expect::module(engine.load(bytes));
        assert!(!error.to_string().is_empty(), "{bytes:?}");
    }
    let component = b"\0asm\x0d\0\x01\0";
    assert_eq!(expect::module(engine.load(component)), ModuleError::Component);
}

/// A heap base that cannot be true is refused.
pub fn a_heap_base_that_cannot_be_true_is_refused<S: Subject>() {
    let below = refused::<S>(
        r#"(module
            (memory 1)
            (data (i32.const 1000) "0123456789")
            (global (export "__heap_base") i32 (i32.const 1005)))"#,
    );
    assert!(matches!(below, ModuleError::HeapBaseBelowData { .. }), "{below:?}");
    let beyond = refused::<S>(
        r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 65537)))"#,
    );
    assert!(matches!(beyond, ModuleError::HeapBaseBeyondMemory { .. }), "{beyond:?}");
}

/// Code that is not valid is refused by the runtime, in its own words.
pub fn code_that_is_not_valid_is_refused<S: Subject>() {
    let invalid = wasm(r#"(module (memory 1) (func (result i32) (i64.const 1)))"#);
    let reason = expect::runtime(S::plugin_engine().load(&invalid));
    assert!(!reason.is_empty());
    let reason = expect::runtime(B::<S>::compile(&S::runtime_engine(), &invalid));
    assert!(!reason.is_empty());
}

/// Truncated and garbled modules are refused, every one of them, and none panics.
pub fn truncated_modules_are_refused<S: Subject>() {
    let whole = wasm(
        r#"(module
            (import "env" "malloc" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "data")
            (func (export "f") (result i32) (call 0 (i32.const 1))))"#,
    );
    let engine = S::plugin_engine();
    engine.load(&whole).unwrap();
    let complete_prefixes =
        (0..whole.len()).filter(|len| engine.load(&whole[..*len]).is_ok()).count();
    // A module may end after any of its sections; none of them has both code and functions.
    assert!(complete_prefixes <= 3, "{complete_prefixes}");
    let raw = S::runtime_engine();
    for len in 0..whole.len().min(60) {
        let _ = B::<S>::compile(&raw, &whole[..len]);
    }
}
