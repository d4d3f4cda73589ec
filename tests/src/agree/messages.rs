//! What people read when a plugin does not fit: the same words on every backend.

use crate::rig::{GuestOf, try_load, wasm};
use crate::subject::Subject;

/// Modules and calls that do not fit, and what each of them leads to.
///
/// What a runtime itself says of code that is not valid is its own, and not among them.
pub fn messages<S: Subject>() -> Vec<(&'static str, String)> {
    let load = |wat: &str| match try_load::<S, ()>(&wasm(wat), (), |linker| {
        let f = |_: &mut GuestOf<'_, S>, text: String| text;
        linker.func("host", "f", f).expect("it is registered once");
    }) {
        Ok(_) => "it loads".to_owned(),
        Err(error) => error.to_string(),
    };
    let mut messages = vec![
        ("no memory", load("(module)")),
        ("two memories", load("(module (memory 1) (memory 1))")),
        ("shared memory", load("(module (memory 1 1 shared))")),
        ("data beyond memory", load(r#"(module (memory 0) (data (i32.const 0) "x"))"#)),
        (
            "imports",
            load(
                r#"(module
                    (import "host" "b" (func))
                    (import "env" "malloc" (func (param f64)))
                    (import "host" "a" (func (param i64) (result f32)))
                    (memory 1))"#,
            ),
        ),
        ("an import's shape", load(r#"(module (import "host" "f" (func)) (memory 1))"#)),
        ("a global", load(r#"(module (import "host" "g" (global i32)) (memory 1))"#)),
        ("a start that traps", load("(module (memory 1) (func $f unreachable) (start $f))")),
    ];
    let wat = r#"(module
        (memory (export "memory") 1 1)
        (global (export "g") i32 (i32.const 1))
        (func (export "one") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func (export "two") (param i32 i32) (result i64) (i64.const 0x0000004000000040)))"#;
    let mut plugin = crate::rig::plugin::<S>(wat);
    let mut error = |what, result: hostheap_core::Result<()>| {
        messages.push((what, result.err().map_or("none".into(), |error| error.to_string())));
    };
    error("a missing export", plugin.call("three", ()));
    error("a memory called", plugin.call("memory", ()));
    error("an export's type", plugin.call("one", ()));
    error("an export's shape", plugin.call::<_, String>("one", ("x",)).map(|_| ()));
    error("a raw type", plugin.guest().call_raw::<(), ()>("one", ()));
    error("no room", plugin.call::<_, String>("two", ("x",)).map(|_| ()));
    error("a missing global", plugin.guest().global("h").map(|_| ()));
    let value = hostheap_core::Value::I32(2);
    error("an immutable global", plugin.guest().set_global("g", value));
    error("a trap", plugin.call::<_, u32>("one", (0u32,)).map(|_| ()));
    error("a poisoned plugin", plugin.call::<_, u32>("one", (1u32,)).map(|_| ()));
    messages
}
