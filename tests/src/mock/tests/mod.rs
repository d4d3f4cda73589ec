//! The interpreter against the specification's corners, and real plugins on it.

mod control;
mod host;
mod memory;
mod numeric;
mod plugins;
mod tables;

use hostheap_core::{EngineConfig, Error, Export, Result, Runtime, TrapKind};

use super::{Engine, Instance, Mock, Module, Slot, Slots, Store};

fn engine() -> Engine {
    Mock::engine(&EngineConfig::new()).unwrap()
}

fn compile(engine: &Engine, wat: &str) -> Result<Module> {
    Mock::compile(engine, &wat::parse_str(wat).unwrap())
}

/// An instance of a module without imports.
fn instantiate(wat: &str) -> Result<(Store<()>, Instance)> {
    let engine = engine();
    let mut store = Mock::store(&engine, ())?;
    let linked = Mock::link(&Mock::linker(&engine), &compile(&engine, wat)?)?;
    let instance = Mock::instantiate(&linked, &mut store)?;
    Ok((store, instance))
}

/// Calls an export of an instance.
fn call<P: Slots, R: Slots>(
    (store, instance): &mut (Store<()>, Instance),
    name: &str,
    params: P,
) -> Result<R> {
    let mut cx = Mock::context(store);
    let func = <Mock as Export<P, R>>::func(&mut cx, instance, name)?;
    <Mock as Export<P, R>>::call(&mut cx, &func, params)
}

/// Calls the export `f` of a new instance.
fn run<P: Slots, R: Slots>(wat: &str, params: P) -> Result<R> {
    call(&mut instantiate(wat)?, "f", params)
}

/// The value of an expression.
fn eval<R: Slot + Slots>(expression: &str) -> Result<R> {
    let ty = R::TYPE;
    run(&format!(r#"(module (func (export "f") (result {ty}) {expression}))"#), ())
}

#[track_caller]
fn trap_kind<R: std::fmt::Debug>(result: Result<R>) -> TrapKind {
    match result {
        Err(Error::Trap(trap)) => trap.kind(),
        other => panic!("expected a trap, got {other:?}"),
    }
}

#[track_caller]
fn refusal<R>(result: Result<R>) -> String {
    match result {
        Err(Error::Runtime(message)) => message.into(),
        Err(other) => panic!("expected Error::Runtime, got {other:?}"),
        Ok(_) => panic!("expected Error::Runtime, got success"),
    }
}
