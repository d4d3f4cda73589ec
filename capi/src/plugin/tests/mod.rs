//! What C programs cannot reach easily, or could not check.

use core::cell::{Cell, RefCell};
use core::ptr;

use super::engine::{hh_engine, hh_engine_delete, hh_engine_new};
use super::func::{hh_func, hh_func_call, hh_func_delete, hh_instance_func};
use super::host::{hh_drop_fn, hh_host_fn};
use super::instance::{hh_instance, hh_instance_delete};
use super::invocation::hh_invocation;
use super::linker::hh_linker_new;
use super::linker::{hh_linker, hh_linker_delete, hh_linker_func, hh_linker_instantiate};
use super::module::{hh_module, hh_module_delete, hh_module_load};
use crate::boundary::testing::{handle, result};
use crate::boundary::value::hh_value;
use crate::boundary::{Array, Chosen, Owned, Returned, Text, User};
use crate::status::hh_status::{self, HH_OK};

mod busy;
mod calls;
mod failures;
mod lifetimes;
mod null;
mod threads;

/// A plugin that imports `host.f: (i32) -> i32`.
const PLUGIN: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (import "host" "f" (func $f (type $unary)))
    (import "env" "malloc" (func $malloc (param i32) (result i32)))
    (memory (export "memory") 2)
    (table (export "__indirect_function_table") 2 funcref)
    (elem (i32.const 1) func $negate)
    (global (export "__heap_base") i32 (i32.const 4096))
    (global $calls (export "calls") (mut i32) (i32.const 0))
    (func $negate (type $unary) (i32.sub (i32.const 0) (local.get 0)))
    (func (export "count") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (global.get $calls))
    (func (export "ask") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "apply") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "trap") unreachable)
    (func (export "double") (param i32 i32)
        (i32.store (local.get 0) (i32.mul (i32.load (local.get 0)) (i32.const 2))))
    (func (export "two") (param i32 i32 i32 i32)))"#;

/// The same, and its start function asks the host.
const STARTING: &str = r#"(module
    (import "host" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1)
    (global (export "__heap_base") i32 (i32.const 4096))
    (func (export "_initialize") (drop (call $f (i32.const 1)))))"#;

thread_local! {
    /// What the present test's host function does.
    #[allow(clippy::type_complexity, reason = "it is one closure")]
    static BODY: RefCell<Option<Box<dyn Fn(&hh_invocation) -> Returned>>> = const { RefCell::new(None) };
    static DROPS: Cell<u32> = const { Cell::new(0) };
}

extern "C" fn body(call: *mut hh_invocation, _: User) -> Returned {
    BODY.with_borrow(|body| match (body, handle(call)) {
        (Some(body), Some(call)) => body(call),
        _ => HH_OK.into(),
    })
}

extern "C" fn dropped(user: User) {
    assert_eq!(user.to_number(), 7);
    DROPS.set(DROPS.get() + 1);
}

const BODY_FN: hh_host_fn = Some(body);
const DROP_FN: hh_drop_fn = Some(dropped);

/// Sets what the host function does from now on, in this thread.
fn host_does(f: impl Fn(&hh_invocation) -> Returned + 'static) {
    BODY.set(Some(Box::new(f)));
}

/// Engine, module, linker and instance of a plugin.
struct Rig {
    engine: *mut hh_engine,
    module: *mut hh_module,
    linker: *mut hh_linker,
    instance: *mut hh_instance,
}

impl Rig {
    fn new() -> Rig {
        let mut rig = Rig::without_instance(PLUGIN);
        let (status, instance) = rig.instantiate();
        assert_eq!(status, HH_OK);
        rig.instance = instance;
        rig
    }

    fn without_instance(text: &str) -> Rig {
        let wasm = wat::parse_str(text).unwrap();
        let (status, engine) =
            result(ptr::null_mut(), |place| hh_engine_new(Text::NULL, Chosen::null(), place));
        assert_eq!(status, HH_OK);
        let (status, module) = result(ptr::null_mut(), |place| {
            hh_module_load(handle(engine), Array::of(&wasm), wasm.len(), Chosen::null(), place)
        });
        assert_eq!(status, HH_OK);
        let (status, linker) =
            result(ptr::null_mut(), |place| hh_linker_new(handle(engine), place));
        assert_eq!(status, HH_OK);
        let rig = Rig { engine, module, linker, instance: ptr::null_mut() };
        assert_eq!(rig.define(c"(i32) -> i32"), HH_OK);
        rig
    }

    fn define(&self, signature: &core::ffi::CStr) -> hh_status {
        let (module, name) = (Text::of(c"host"), Text::of(c"f"));
        let signature = Text::of(signature);
        let user = User::number(7);
        hh_linker_func(handle(self.linker), module, name, signature, BODY_FN, user, DROP_FN)
    }

    fn instantiate(&self) -> (hh_status, *mut hh_instance) {
        result(ptr::null_mut(), |place| {
            hh_linker_instantiate(handle(self.linker), handle(self.module), User::number(5), place)
        })
    }

    fn func(&self, name: &core::ffi::CStr, signature: &core::ffi::CStr) -> Func {
        func(self.instance, name, signature)
    }

    fn free(mut self) {
        self.free_all();
    }

    fn free_all(&mut self) {
        assert_eq!(hh_instance_delete(Owned::of(self.instance)), HH_OK);
        assert_eq!(hh_linker_delete(Owned::of(self.linker)), HH_OK);
        assert_eq!(hh_module_delete(Owned::of(self.module)), HH_OK);
        assert_eq!(hh_engine_delete(Owned::of(self.engine)), HH_OK);
    }
}

/// A function of the plugin's, freed at the end.
#[derive(Clone, Copy)]
struct Func(*mut hh_func);

fn func(instance: *mut hh_instance, name: &core::ffi::CStr, signature: &core::ffi::CStr) -> Func {
    let (status, func) = result(ptr::null_mut(), |place| {
        hh_instance_func(handle(instance), Text::of(name), Text::of(signature), place)
    });
    assert_eq!(status, HH_OK, "{}", crate::boundary::testing::message());
    Func(func)
}

impl Func {
    fn call(self, values: &[hh_value<'_>]) -> hh_status {
        hh_func_call(handle(self.0), Array::of(values), values.len())
    }

    /// One of type `(i32) -> i32`.
    fn of_i32(self, argument: i32) -> (hh_status, i32) {
        let mut answer = 0;
        let status = self.call(&[hh_value::to_i32(&mut answer), hh_value::i32(argument)]);
        (status, answer)
    }

    fn free(self) {
        assert_eq!(hh_func_delete(Owned::of(self.0)), HH_OK);
    }
}
