//! Host functions, linking, and things of different engines and stores.

use hostheap_core::error::{ImportProblem, LinkError, Mismatch};
use hostheap_core::{Context as _, Error, Export, Import, Result, Runtime, TrapKind, Value};

use super::{Mock, Store, call, compile, engine, instantiate, trap_kind};
use crate::mock::{Context, Instance, Linker};

const GUEST: &str = r#"(module
    (import "host" "note" (func $note (param i32 i32) (result i32)))
    (import "host" "fail" (func $fail))
    (import "host" "again" (func $again (param i32) (result i32)))
    (export "note" (func $note))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello")
    (func (export "greet") (result i32)
        (i32.add (i32.const 100) (call $note (i32.const 16) (i32.const 5))))
    (func (export "fail") (call $fail) (unreachable))
    (func (export "down") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1)
                (call $again (i32.sub (local.get 0) (i32.const 1))))))))"#;

#[derive(Default)]
struct State {
    notes: Vec<String>,
    instance: Option<Instance>,
}

fn linker(engine: &super::Engine) -> Linker<State> {
    let mut linker = Mock::linker(engine);
    let note = |mut cx: Context<'_, State>, offset: u32, len: u32| -> Result<u32> {
        let note = String::from_utf8_lossy(cx.bytes(offset, len)?).into_owned();
        // Growing under the guest's feet is allowed.
        cx.grow(1)?;
        let (memory, state) = cx.split_mut()?;
        memory[offset as usize] = b'j';
        state.notes.push(note);
        Ok(state.notes.len() as u32)
    };
    <Mock as Import<(u32, u32), u32>>::import(&mut linker, "host", "note", note).unwrap();
    let fail = |_: Context<'_, State>| -> Result<()> { Err(Error::host("no luck")) };
    <Mock as Import<(), ()>>::import(&mut linker, "host", "fail", fail).unwrap();
    let again = |mut cx: Context<'_, State>, n: i32| -> Result<i32> {
        let instance = cx.state().instance.ok_or(Error::Unbound)?;
        let down = <Mock as Export<(i32,), i32>>::func(&mut cx, &instance, "down")?;
        <Mock as Export<(i32,), i32>>::call(&mut cx, &down, (n,))
    };
    <Mock as Import<(i32,), i32>>::import(&mut linker, "host", "again", again).unwrap();
    linker
}

fn guest() -> (Store<State>, Instance) {
    let engine = engine();
    let linked = Mock::link(&linker(&engine), &compile(&engine, GUEST).unwrap()).unwrap();
    let mut store = Mock::store(&engine, State::default()).unwrap();
    let instance = Mock::instantiate(&linked, &mut store).unwrap();
    let mut cx = Mock::context(&mut store);
    Mock::bind_memory(&mut cx, &instance, "memory").unwrap();
    cx.state_mut().instance = Some(instance);
    (store, instance)
}

#[test]
fn host_functions_reach_memory_and_state() {
    let (mut store, instance) = guest();
    let mut cx = Mock::context(&mut store);
    let greet = <Mock as Export<(), i32>>::func(&mut cx, &instance, "greet").unwrap();
    assert_eq!(<Mock as Export<(), i32>>::call(&mut cx, &greet, ()).unwrap(), 101);
    assert_eq!(<Mock as Export<(), i32>>::call(&mut cx, &greet, ()).unwrap(), 102);
    assert_eq!(cx.state().notes, ["hello", "jello"]);
    assert_eq!(cx.memory_size().unwrap(), 3 << 16);
}

#[test]
fn a_host_function_can_be_exported_again() {
    let (mut store, instance) = guest();
    let mut cx = Mock::context(&mut store);
    let note = <Mock as Export<(i32, i32), i32>>::func(&mut cx, &instance, "note").unwrap();
    assert_eq!(<Mock as Export<(i32, i32), i32>>::call(&mut cx, &note, (17, 4)).unwrap(), 1);
    assert_eq!(cx.state().notes, ["ello"]);
}

#[test]
fn dynamic_calls_check_types() {
    let (mut store, instance) = guest();
    let mut cx = Mock::context(&mut store);
    let mut call =
        |name, arguments: &[Value]| Mock::call_dynamic(&mut cx, &instance, name, arguments);
    assert_eq!(call("note", &[Value::I32(16), Value::I32(1)]).unwrap(), [Value::I32(1)]);
    for arguments in [&[][..], &[Value::I64(0), Value::I32(0)]] {
        let Err(Error::Link(error)) = call("note", arguments) else { panic!() };
        assert!(matches!(*error, LinkError::ExportType { .. }));
    }
}

#[test]
fn host_errors_come_out_unchanged() {
    let (mut store, instance) = guest();
    let mut cx = Mock::context(&mut store);
    let fail = <Mock as Export<(), ()>>::func(&mut cx, &instance, "fail").unwrap();
    let error = <Mock as Export<(), ()>>::call(&mut cx, &fail, ()).unwrap_err();
    assert!(matches!(&error, Error::Host(inner) if inner.to_string() == "no luck"), "{error:?}");
}

#[test]
fn calls_through_the_host_nest_but_not_for_ever() {
    let (mut store, instance) = guest();
    let mut cx = Mock::context(&mut store);
    let down = <Mock as Export<(i32,), i32>>::func(&mut cx, &instance, "down").unwrap();
    let mut call = |n| <Mock as Export<(i32,), i32>>::call(&mut cx, &down, (n,));
    assert_eq!(call(100).unwrap(), 100);
    assert_eq!(trap_kind(call(-1)), TrapKind::StackOverflow);
    assert_eq!(call(100).unwrap(), 100);
}

#[test]
fn all_unsatisfied_imports_are_reported() {
    let engine = engine();
    let module = compile(
        &engine,
        r#"(module
            (import "host" "fail" (func (param i32)))
            (import "host" "gone" (func))
            (import "env" "memory" (memory 1))
            (import "env" "g" (global i32))
            (global i32 (global.get 0)))"#,
    );
    let Err(Error::Link(error)) = Mock::link(&linker(&engine), &module.unwrap()) else {
        panic!("linked")
    };
    let LinkError::Imports(problems) = *error else { panic!("{error}") };
    let names: Vec<_> = problems.iter().map(|ImportProblem { name, .. }| name.as_str()).collect();
    assert_eq!(names, ["g", "memory", "fail", "gone"]);
}

#[test]
fn names_are_registered_once() {
    let mut linker = linker(&engine());
    let nothing = |_: Context<'_, State>| Ok(());
    let twice = <Mock as Import<(), ()>>::import(&mut linker, "host", "fail", nothing);
    let Err(Error::Link(error)) = twice else { panic!() };
    assert!(matches!(*error, LinkError::DuplicateImport { .. }));
}

#[test]
fn mixing_engines_and_stores_is_a_mismatch() {
    let (one, other) = (engine(), engine());
    let module = compile(&one, r#"(module (memory (export "m") 1) (func (export "f")))"#).unwrap();
    let mismatch = |result: Result<()>| match result {
        Err(Error::Mismatch(mismatch)) => mismatch,
        other => panic!("{other:?}"),
    };
    let link = Mock::link::<()>(&Mock::linker(&other), &module).map(|_| ());
    assert_eq!(mismatch(link), Mismatch::ModuleOfOtherEngine);
    let linked = Mock::link::<()>(&Mock::linker(&one), &module).unwrap();
    let instantiated = Mock::instantiate(&linked, &mut Mock::store(&other, ()).unwrap());
    assert_eq!(mismatch(instantiated.map(|_| ())), Mismatch::StoreOfOtherEngine);

    let mut stores = [(); 2].map(|()| Mock::store(&one, ()).unwrap());
    let [instance, _] = stores.each_mut().map(|store| Mock::instantiate(&linked, store).unwrap());
    let [mut home, mut away] = stores.each_mut().map(Mock::context);
    let func = <Mock as Export<(), ()>>::func(&mut home, &instance, "f").unwrap();
    let called = <Mock as Export<(), ()>>::call(&mut away, &func, ());
    assert_eq!(mismatch(called), Mismatch::FunctionOfOtherStore);
    let uses = [
        <Mock as Export<(), ()>>::func(&mut away, &instance, "f").map(|_| ()),
        Mock::bind_memory(&mut away, &instance, "m"),
        Mock::global(&mut away, &instance, "g").map(|_| ()),
        Mock::set_global(&mut away, &instance, "g", Value::I32(0)),
        Mock::call_dynamic(&mut away, &instance, "f", &[]).map(|_| ()),
    ];
    for used in uses {
        assert_eq!(mismatch(used), Mismatch::InstanceOfOtherStore);
    }
}

#[test]
fn exports_are_found_by_name_kind_and_type() {
    let wat = r#"(module (memory (export "m") 1) (func (export "f") (param i32)))"#;
    let mut instance = instantiate(wat).unwrap();
    let Err(Error::Link(error)) = call::<(), ()>(&mut instance, "m", ()) else { panic!() };
    assert!(matches!(*error, LinkError::MissingExport { available, .. } if available == ["f"]));
    let Err(Error::Link(error)) = call::<(i64,), ()>(&mut instance, "f", (0,)) else { panic!() };
    assert!(matches!(*error, LinkError::ExportType { .. }));
    let mut cx = Mock::context(&mut instance.0);
    assert!(matches!(cx.memory(), Err(Error::Unbound)));
    assert!(matches!(cx.grow(0), Err(Error::Unbound)));
}
