//! What runs when a plugin is instantiated, and what its memory may look like.

use hostheap_core::module::{ExternType, RewriteNote};
use hostheap_core::{Context, Error, Import, TrapKind};

use crate::rig::{B, Cx, GuestOf, Raw, load, plugin, plugin_with, try_load, wasm};
use crate::subject::Subject;
use crate::{expect, guests};

/// A start section allocates, with a working heap.
pub fn a_start_section_allocates<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (memory (export "memory") 1)
            (global $block (mut i32) (i32.const 0))
            (func $start
                (global.set $block (call $malloc (i32.const 100)))
                (i32.store8 (global.get $block) (i32.const 9)))
            (start $start)
            (func (export "block") (result i32) (global.get $block)))"#,
    );
    let block: u32 = plugin.call("block", ()).unwrap();
    assert!(block >= 65536, "above the memory that the module declares");
    let mut guest = plugin.guest();
    let live = guest.heap().block_containing(block).expect("a live block");
    assert!(live.offset == block && live.size >= 100);
    assert_eq!(guest.context().bytes(block, 1).unwrap(), [9]);
    drop(guest);
    assert_eq!(plugin.heap_stats().live_blocks, 1);
}

/// A start section calls host functions, which have memory and state.
pub fn a_start_section_calls_host_functions<S: Subject>() {
    let wat = r#"(module
        (import "host" "log" (func $log (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 32) "from the start")
        (func $start (call $log (i32.const 32) (i32.const 14)))
        (start $start))"#;
    let mut plugin = plugin_with::<S, Vec<String>>(wat, Vec::new(), |linker| {
        let log = |guest: &mut GuestOf<'_, S, Vec<String>>, line: String| {
            guest.state_mut().push(line);
        };
        linker.func("host", "log", log).unwrap();
    });
    assert_eq!(plugin.guest().state(), &["from the start"]);
}

/// A start section that traps is a trap of the instantiation.
pub fn a_start_section_that_traps_is_a_typed_error<S: Subject>() {
    let wasm = wasm("(module (memory 1) (func $start unreachable) (start $start))");
    let trap = expect::trap(try_load::<S, ()>(&wasm, (), |_| {}));
    assert_eq!(trap, TrapKind::Unreachable);
}

/// A host function's error in a start section comes out of the instantiation.
pub fn a_host_error_in_the_start_section_comes_out<S: Subject>() {
    let wasm = wasm(
        r#"(module
            (import "host" "f" (func $f))
            (memory 1)
            (start $f))"#,
    );
    let plugin = try_load::<S, ()>(&wasm, (), |linker| {
        let f = |_: &mut GuestOf<'_, S>| Err::<(), _>("not today");
        linker.func("host", "f", f).unwrap();
    });
    assert_eq!(expect::host(plugin).to_string(), "not today");
}

/// A reactor's `_initialize` runs once, after the start section.
pub fn initialize_runs_once_after_the_start_section<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory 1)
            (global $log (mut i32) (i32.const 0))
            (func $note (param i32)
                (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
            (func $start (call $note (i32.const 1)))
            (start $start)
            (func (export "_initialize") (call $note (i32.const 2)))
            (func (export "log") (result i32) (global.get $log)))"#,
    );
    assert_eq!(plugin.call::<_, i32>("log", ()).unwrap(), 12);
}

/// An export called `_initialize` of another type is no initialiser.
pub fn an_initialize_of_another_type_is_not_called<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory 1)
            (func (export "_initialize") (param i32) (result i32) unreachable)
            (func (export "fine") (result i32) (i32.const 1)))"#,
    );
    assert_eq!(plugin.call::<_, i32>("fine", ()).unwrap(), 1);
}

/// Constructors of a C plugin allocate before any other call, once.
pub fn constructors_allocate_before_any_call<S: Subject>() {
    let mut plugin = load::<S>(&guests::wasm("ctors"));
    assert_eq!(plugin.heap_stats().live_blocks, 1);
    assert_eq!(plugin.call::<_, u32>("constructed", ()).unwrap(), 1);
    assert_eq!(plugin.call::<_, String>("motto", ()).unwrap(), "made before main");
    assert_eq!(plugin.call::<_, u32>("constructed", ()).unwrap(), 1);
    assert_eq!(plugin.heap_stats().live_blocks, 1);
}

/// Below the plugin layer a start section runs during instantiation, without a memory.
pub fn a_start_section_runs_unbound_below_the_plugin_layer<S: Subject>() {
    let wat = r#"(module
        (import "host" "f" (func $f))
        (memory (export "memory") 1)
        (start $f))"#;
    let mut raw = Raw::<S, u32>::with(wat, 0, |linker| {
        let f = |mut cx: Cx<'_, S, u32>| {
            expect::unbound(cx.memory());
            *cx.state_mut() += 1;
            Ok(())
        };
        <B<S> as Import<(), ()>>::import(linker, "host", "f", f).unwrap();
    });
    assert_eq!(*raw.cx().state(), 1);
}

/// Below the plugin layer, too, a start section that traps or fails is a typed error.
pub fn a_start_section_that_fails_is_typed_below_the_plugin_layer<S: Subject>() {
    let trapping = Raw::<S>::try_with("(module (func $f unreachable) (start $f))", (), |_| {});
    assert_eq!(expect::trap(trapping), TrapKind::Unreachable);
    let wat = r#"(module (import "host" "f" (func $f)) (start $f))"#;
    let failing = Raw::<S>::try_with(wat, (), |linker| {
        let f = |_: Cx<'_, S, ()>| Err(Error::host("not today"));
        <B<S> as Import<(), ()>>::import(linker, "host", "f", f).unwrap();
    });
    assert_eq!(expect::host(failing).to_string(), "not today");
}

/// A data segment that does not fit is a trap of the instantiation.
pub fn a_data_segment_that_does_not_fit_traps<S: Subject>() {
    let wat = r#"(module (memory (export "memory") 1) (data (i32.const 65530) "too long"))"#;
    let trap = expect::trap(Raw::<S>::try_with(wat, (), |_| {}));
    assert_eq!(trap, TrapKind::MemoryOutOfBounds);
}

/// A table segment that does not fit is a trap of the instantiation.
pub fn a_table_segment_that_does_not_fit_traps<S: Subject>() {
    let wat = "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))";
    let trap = expect::trap(Raw::<S>::try_with(wat, (), |_| {}));
    assert_eq!(trap, TrapKind::TableOutOfBounds);
}

/// A module that imports its memory gets one of its own.
pub fn an_imported_memory_is_given<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (import "env" "memory" (memory 2 3))
            (data (i32.const 8) "data")
            (func (export "get") (param i32) (result i32) (call $malloc (local.get 0))))"#,
    );
    let mut guest = plugin.guest();
    assert_eq!(guest.context().memory_size().unwrap(), 131072);
    assert_eq!(guest.context().bytes(8, 4).unwrap(), b"data");
    assert_eq!(expect::grow(guest.context().grow(131072)).max, Some(196608));
    drop(guest);
    assert!(plugin.call::<_, u32>("get", (10u32,)).unwrap() >= 131072);
}

/// A memory that the module does not export is found all the same.
pub fn a_memory_that_is_not_exported_is_found<S: Subject>() {
    let wasm = wasm(
        r#"(module
            (memory 1)
            (func (export "len") (param i32 i32) (result i32)
                (i32.add (local.get 1) (i32.load8_u (local.get 0)))))"#,
    );
    let engine = S::plugin_engine();
    let module = engine.load(&wasm).unwrap();
    let exported = |note: &RewriteNote| matches!(note, RewriteNote::MemoryExported { .. });
    assert!(module.rewrites().iter().any(exported));
    assert!(module.info().exports().iter().all(|e| !matches!(e.ty, ExternType::Memory { .. })));
    let mut plugin = load::<S>(&wasm);
    assert_eq!(plugin.call::<_, u32>("len", ("abc",)).unwrap(), 3 + u32::from(b'a'));
}

/// A memory of another name is found.
pub fn a_memory_of_another_name_is_found<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "mem") 1)
            (func (export "memory") (param i32 i32) (result i32) (i32.load8_u (local.get 0))))"#,
    );
    assert_eq!(plugin.call::<_, u32>("memory", ("x",)).unwrap(), u32::from(b'x'));
}
