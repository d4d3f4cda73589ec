//! Several instances, stores and modules of one engine keep to themselves.

use hostheap_core::{Context, Export, Import, Linker, Runtime, Value};

use crate::rig::{B, Cx, GuestOf, Raw, wasm};
use crate::subject::Subject;

const WAT: &str = r#"(module
    (import "host" "f" (func $f (result i32)))
    (memory (export "memory") 1)
    (global $g (export "g") (mut i32) (i32.const 0))
    (func (export "add") (param i32) (result i32)
        (global.set $g (i32.add (global.get $g) (local.get 0)))
        (i32.store8 (i32.const 0) (global.get $g))
        (i32.add (global.get $g) (call $f))))"#;

fn linked<S: Subject>(engine: &<B<S> as Runtime>::Engine) -> <B<S> as Runtime>::Linked<i32> {
    let module = B::<S>::compile(engine, &wasm(WAT)).unwrap();
    let mut linker = B::<S>::linker::<i32>(engine);
    let f = |cx: Cx<'_, S, i32>| Ok(*cx.state());
    <B<S> as Import<(), i32>>::import(&mut linker, "host", "f", f).unwrap();
    B::<S>::link(&linker, &module).unwrap()
}

/// A linked module makes instances with globals, memory and state of their own.
pub fn instances_of_one_linked_module_are_independent<S: Subject>() {
    let engine = S::runtime_engine();
    let linked = linked::<S>(&engine);
    let mut raws: Vec<Raw<S, i32>> = (0..3)
        .map(|i| {
            let mut store = B::<S>::store(&engine, 1000 * i).unwrap();
            let instance = B::<S>::instantiate(&linked, &mut store).unwrap();
            Raw { engine: engine.clone(), store, instance }.bind()
        })
        .collect();
    for round in 1..=3 {
        for (i, raw) in raws.iter_mut().enumerate() {
            let i = i as i32;
            assert_eq!(raw.call::<(i32,), i32>("add", (i,)).unwrap(), round * i + 1000 * i);
        }
    }
    for (i, raw) in raws.iter_mut().enumerate() {
        assert_eq!(raw.cx().bytes(0, 1).unwrap(), [3 * i as u8]);
    }
}

/// Two instances in one store have globals and memories of their own, and share the state.
pub fn two_instances_in_one_store_share_the_state_alone<S: Subject>() {
    let engine = S::runtime_engine();
    let linked = linked::<S>(&engine);
    let mut store = B::<S>::store(&engine, 100).unwrap();
    let one = B::<S>::instantiate(&linked, &mut store).unwrap();
    let two = B::<S>::instantiate(&linked, &mut store).unwrap();
    let mut cx = B::<S>::context(&mut store);
    let add = |cx: &mut Cx<'_, S, i32>, instance, value| {
        let add = <B<S> as Export<(i32,), i32>>::func(cx, instance, "add").unwrap();
        <B<S> as Export<(i32,), i32>>::call(cx, &add, (value,)).unwrap()
    };
    assert_eq!(add(&mut cx, &one, 1), 101);
    *cx.state_mut() = 200;
    assert_eq!(add(&mut cx, &two, 2), 202);
    assert_eq!(add(&mut cx, &one, 1), 202);
    assert_eq!(B::<S>::global(&mut cx, &one, "g").unwrap(), Value::I32(2));
    assert_eq!(B::<S>::global(&mut cx, &two, "g").unwrap(), Value::I32(2));
}

/// Binding another instance's memory replaces the first.
pub fn binding_again_replaces_the_memory<S: Subject>() {
    let engine = S::runtime_engine();
    let linked = linked::<S>(&engine);
    let mut store = B::<S>::store(&engine, 0).unwrap();
    let one = B::<S>::instantiate(&linked, &mut store).unwrap();
    let two = B::<S>::instantiate(&linked, &mut store).unwrap();
    let mut cx = B::<S>::context(&mut store);
    B::<S>::bind_memory(&mut cx, &one, "memory").unwrap();
    cx.write(10, b"one").unwrap();
    B::<S>::bind_memory(&mut cx, &two, "memory").unwrap();
    assert_eq!(cx.bytes(10, 3).unwrap(), [0; 3]);
    cx.write(10, b"two").unwrap();
    B::<S>::bind_memory(&mut cx, &one, "memory").unwrap();
    assert_eq!(cx.bytes(10, 3).unwrap(), b"one");
}

/// Many instances come and go.
pub fn many_instances_come_and_go<S: Subject>() {
    let engine = S::runtime_engine();
    let linked = linked::<S>(&engine);
    for i in 0..50 {
        let mut store = B::<S>::store(&engine, i).unwrap();
        let instance = B::<S>::instantiate(&linked, &mut store).unwrap();
        let mut raw = Raw::<S, i32> { engine: engine.clone(), store, instance };
        assert_eq!(raw.call::<(i32,), i32>("add", (1,)).unwrap(), 1 + i);
    }
}

/// A clone of an engine is that engine.
pub fn a_clone_of_an_engine_is_the_same_engine<S: Subject>() {
    let engine = S::runtime_engine();
    let linked = linked::<S>(&engine.clone());
    let mut store = B::<S>::store(&engine.clone(), 5).unwrap();
    let instance = B::<S>::instantiate(&linked, &mut store).unwrap();
    let mut raw = Raw::<S, i32> { engine, store, instance };
    assert_eq!(raw.call::<(i32,), i32>("add", (1,)).unwrap(), 6);
}

/// One linker links several modules, and more host functions can be added in between.
pub fn a_linker_serves_several_modules<S: Subject>() {
    let engine = S::plugin_engine();
    let ask = |name: &str| {
        let wat = format!(
            r#"(module
                (import "host" "{name}" (func $f (result i32)))
                (memory 1)
                (func (export "ask") (result i32) (call $f)))"#
        );
        engine.load(&wasm(&wat)).unwrap()
    };
    let (first, second) = (ask("one"), ask("two"));
    let mut linker = Linker::<B<S>, ()>::new(&engine);
    linker.func("host", "one", |_: &mut GuestOf<'_, S>| 1i32).unwrap();
    let early = linker.link(&first).unwrap();
    assert_eq!(crate::expect::imports(linker.link(&second)).len(), 1);
    linker.func("host", "two", |_: &mut GuestOf<'_, S>| 2i32).unwrap();
    let mut second = linker.instantiate(&second, ()).unwrap();
    let mut early = early.instantiate(()).unwrap();
    assert_eq!(second.call::<_, i32>("ask", ()).unwrap(), 2);
    assert_eq!(early.call::<_, i32>("ask", ()).unwrap(), 1);
}

/// Plugins of one module have heaps of their own.
pub fn plugins_of_one_module_have_heaps_of_their_own<S: Subject>() {
    let engine = S::plugin_engine();
    let module = engine.load(&crate::guests::wasm("misbehaver")).unwrap();
    let linked = Linker::<B<S>, u8>::new(&engine).link(&module).unwrap();
    let mut one = linked.instantiate(1).unwrap();
    let mut two = linked.instantiate(2).unwrap();
    let first: u32 = one.call("raw_malloc", (100u32,)).unwrap();
    let same: u32 = two.call("raw_malloc", (100u32,)).unwrap();
    assert_eq!(first, same, "the same calls give the same offsets");
    two.call::<_, ()>("raw_free", (same,)).unwrap();
    assert_eq!(one.heap_stats().live_blocks, 1);
    assert_eq!(two.heap_stats().live_blocks, 0);
    assert_eq!((*one.guest().state(), *two.guest().state()), (1, 2));
}
