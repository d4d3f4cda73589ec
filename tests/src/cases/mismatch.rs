//! Things of different engines and stores that meet: a typed error, and nothing worse.

use hostheap_core::error::Mismatch;
use hostheap_core::{Context, Export, Linker, Runtime, Value};

use crate::rig::{B, GuestOf, Raw, load, plugin, wasm};
use crate::subject::Subject;
use crate::{expect, guests};

const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (global (export "g") (mut i32) (i32.const 3))
    (func (export "go") (result i32) (global.get 0)))"#;

/// A module of another engine is refused when it is linked.
pub fn a_module_of_another_engine_is_refused_at_link<S: Subject>() {
    let (mine, other) = (S::runtime_engine(), S::runtime_engine());
    let module = B::<S>::compile(&other, &wasm(WAT)).unwrap();
    let linker = B::<S>::linker::<()>(&mine);
    let linked = B::<S>::link(&linker, &module);
    assert_eq!(expect::mismatch(linked), Mismatch::ModuleOfOtherEngine);
}

/// A store of another engine is refused when a module is instantiated in it.
pub fn a_store_of_another_engine_is_refused_at_instantiation<S: Subject>() {
    let (mine, other) = (S::runtime_engine(), S::runtime_engine());
    let module = B::<S>::compile(&mine, &wasm(WAT)).unwrap();
    let linked = B::<S>::link(&B::<S>::linker::<()>(&mine), &module).unwrap();
    let mut store = B::<S>::store(&other, ()).unwrap();
    let instance = B::<S>::instantiate(&linked, &mut store);
    assert_eq!(expect::mismatch(instance), Mismatch::StoreOfOtherEngine);
}

/// An instance is refused in another store of the same engine, whatever is asked of it.
pub fn an_instance_of_another_store_is_refused<S: Subject>() {
    let engine = S::runtime_engine();
    let module = B::<S>::compile(&engine, &wasm(WAT)).unwrap();
    let linked = B::<S>::link(&B::<S>::linker::<()>(&engine), &module).unwrap();
    let mut home = B::<S>::store(&engine, ()).unwrap();
    let mut other = B::<S>::store(&engine, ()).unwrap();
    let instance = B::<S>::instantiate(&linked, &mut home).unwrap();
    refuses::<S>(&mut other, &instance);
    // Also where the other store has an instance that looks the same.
    let twin = B::<S>::instantiate(&linked, &mut other).unwrap();
    refuses::<S>(&mut other, &instance);
    let mut raw = Raw::<S> { engine, store: other, instance: twin };
    assert_eq!(raw.call::<(), i32>("go", ()).unwrap(), 3);
}

/// An instance is refused in a store of another engine too.
pub fn an_instance_of_another_engine_is_refused<S: Subject>() {
    let stranger = Raw::<S>::new(WAT);
    let mut raw = Raw::<S>::bound(WAT);
    refuses::<S>(&mut raw.store, &stranger.instance);
    assert_eq!(raw.call::<(), i32>("go", ()).unwrap(), 3);
    assert_eq!(raw.cx().memory_size().unwrap(), 65536);
}

#[track_caller]
fn refuses<S: Subject>(
    store: &mut <B<S> as Runtime>::Store<()>,
    instance: &<B<S> as Runtime>::Instance,
) {
    let mut cx = B::<S>::context(store);
    let refused = [
        expect::mismatch(B::<S>::bind_memory(&mut cx, instance, "memory")),
        expect::mismatch(B::<S>::global(&mut cx, instance, "g")),
        expect::mismatch(B::<S>::set_global(&mut cx, instance, "g", Value::I32(1))),
        expect::mismatch(<B<S> as Export<(), i32>>::func(&mut cx, instance, "go")),
        // Not whether the export exists, nor of what type.
        expect::mismatch(<B<S> as Export<(), ()>>::func(&mut cx, instance, "nothing")),
        expect::mismatch(B::<S>::global(&mut cx, instance, "nothing")),
    ];
    assert_eq!(refused, [Mismatch::InstanceOfOtherStore; 6]);
}

/// A function handle is refused in another store.
pub fn a_function_of_another_store_is_refused<S: Subject>() {
    let mut home = Raw::<S>::new(WAT);
    let mut other = Raw::<S>::new(WAT);
    let instance = home.instance.clone();
    let go = <B<S> as Export<(), i32>>::func(&mut home.cx(), &instance, "go").unwrap();
    let called = <B<S> as Export<(), i32>>::call(&mut other.cx(), &go, ());
    assert_eq!(expect::mismatch(called), Mismatch::FunctionOfOtherStore);
    assert_eq!(<B<S> as Export<(), i32>>::call(&mut home.cx(), &go, ()).unwrap(), 3);
}

/// A function handle is refused in a store that lives where its own one was.
pub fn a_function_of_a_dropped_store_is_refused<S: Subject>() {
    let go = {
        let mut home = Raw::<S>::new(WAT);
        let instance = home.instance.clone();
        <B<S> as Export<(), i32>>::func(&mut home.cx(), &instance, "go").unwrap()
    };
    let mut other = Raw::<S>::new(WAT);
    let called = <B<S> as Export<(), i32>>::call(&mut other.cx(), &go, ());
    assert_eq!(expect::mismatch(called), Mismatch::FunctionOfOtherStore);
}

/// The plugin layer refuses a module of another engine.
pub fn a_plugin_of_another_engine_is_refused_at_link<S: Subject>() {
    let module = S::plugin_engine().load(&wasm(WAT)).unwrap();
    let linker = Linker::<B<S>, ()>::new(&S::plugin_engine());
    assert_eq!(expect::mismatch(linker.link(&module)), Mismatch::ModuleOfOtherEngine);
}

/// A function of one plugin is refused by another, which is none the worse for it.
pub fn a_function_of_another_plugin_is_refused<S: Subject>() {
    let mut one = load::<S>(&guests::wasm("greeter"));
    let mut two = load::<S>(&guests::wasm("greeter"));
    let greet = one.func::<(&str,), String>("greet").unwrap();
    let refused = greet.call(&mut two, ("World",));
    assert_eq!(expect::mismatch(refused), Mismatch::FunctionOfOtherStore);
    assert!(!two.guest().is_poisoned());
    assert_eq!(two.heap_stats().live_blocks, 0, "the arguments were released");
    assert_eq!(greet.call(&mut one, ("World",)).unwrap(), "Hello, World!");
}

/// A host function of one plugin cannot call another plugin's function in its own.
pub fn a_function_of_another_plugin_is_refused_inside_a_host_function<S: Subject>() {
    let mut stranger = plugin::<S>(WAT);
    let go = stranger.func::<(), i32>("go").unwrap();
    let wat = r#"(module
        (import "host" "f" (func $f (result i32)))
        (memory 1)
        (func (export "ask") (result i32) (call $f)))"#;
    let mut plugin = crate::rig::plugin_with::<S, ()>(wat, (), |linker| {
        let f = move |guest: &mut GuestOf<'_, S>| go.call(guest, ());
        linker.func("host", "f", f).unwrap();
    });
    let refused = plugin.call::<_, i32>("ask", ());
    assert_eq!(expect::mismatch(refused), Mismatch::FunctionOfOtherStore);
}
