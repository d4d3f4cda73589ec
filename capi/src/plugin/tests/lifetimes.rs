//! What is freed when, and what happens to the rest.

use core::ptr;
use std::cell::Cell;
use std::rc::Rc;

use super::{DROPS, Rig, STARTING, host_does};
use crate::boundary::testing::{handle, message, result};
use crate::boundary::value::{hh_kind, hh_value};
use crate::boundary::{Array, Chosen, Owned, Text, User};
use crate::plugin::alloc::hh_instance_malloc;
use crate::plugin::block::{hh_block_delete, hh_block_read, hh_instance_keep};
use crate::plugin::callback::{hh_callback_delete, hh_callback_index, hh_instance_callback};
use crate::plugin::instance::{hh_instance, hh_instance_delete, hh_instance_user};
use crate::plugin::invocation::{hh_fail, hh_invocation_give, hh_invocation_instance};
use crate::plugin::linker::{
    hh_linked_delete, hh_linker, hh_linker_delete, hh_linker_func, hh_linker_limits, hh_linker_link,
};
use crate::plugin::module::hh_module_delete;
use crate::status::hh_status::{
    HH_ERR_ARGUMENT, HH_ERR_CONVENTION, HH_ERR_HANDLE, HH_ERR_HOST, HH_ERR_LINK, HH_OK,
};

#[test]
fn a_users_pointer_is_freed_once_when_nothing_can_use_it() {
    DROPS.set(0);
    let mut rig = Rig::new();
    let (status, linked) = result(ptr::null_mut(), |place| {
        hh_linker_link(handle(rig.linker), handle(rig.module), place)
    });
    assert_eq!(status, HH_OK);
    assert_eq!(hh_linker_delete(Owned::of(rig.linker)), HH_OK);
    assert_eq!(hh_linked_delete(Owned::of(linked)), HH_OK);
    assert_eq!(DROPS.get(), 0, "the instance can call it");
    assert_eq!(hh_instance_delete(Owned::of(rig.instance)), HH_OK);
    assert_eq!(DROPS.get(), 1);
    (rig.linker, rig.instance) = (ptr::null_mut(), ptr::null_mut());
    rig.free();
    assert_eq!(DROPS.get(), 1);
}

#[test]
fn a_users_pointer_is_freed_when_registration_fails() {
    DROPS.set(0);
    let rig = Rig::new();
    assert_eq!(rig.define(c"(i32) -> i32"), HH_ERR_LINK);
    assert_eq!(DROPS.get(), 1);
    assert_eq!(rig.define(c"(i33)"), HH_ERR_ARGUMENT);
    assert!(message().contains("the signature `(i33)`"), "{}", message());
    assert_eq!(DROPS.get(), 2);
    let (status, callback) = result(ptr::null_mut(), |place| {
        let (user, drop) = (User::number(7), super::DROP_FN);
        hh_instance_callback(handle(rig.instance), Text::of(c"()"), None, user, drop, place)
    });
    assert_eq!(status, crate::status::hh_status::HH_ERR_NULL);
    assert!(callback.is_null());
    assert_eq!(DROPS.get(), 3);
    rig.free();
    assert_eq!(DROPS.get(), 4);
}

thread_local! {
    static INSTANCE: Cell<*mut hh_instance> = const { Cell::new(ptr::null_mut()) };
    static LINKER: Cell<*mut hh_linker> = const { Cell::new(ptr::null_mut()) };
}

extern "C" fn uses_the_linker(_: User) {
    assert_eq!(hh_linker_limits(handle(LINKER.get()), Chosen::null()), HH_OK);
    DROPS.set(DROPS.get() + 1);
}

#[test]
fn what_frees_a_users_pointer_may_use_the_linker() {
    DROPS.set(0);
    let rig = Rig::new();
    LINKER.set(rig.linker);
    let (module, name, signature) = (Text::of(c"host"), Text::of(c"f"), Text::of(c"()"));
    let user = User::number(0);
    let drop = Some(uses_the_linker as extern "C" fn(User));
    let linker = handle(rig.linker);
    let status = hh_linker_func(linker, module, name, signature, super::BODY_FN, user, drop);
    assert_eq!((status, DROPS.get()), (HH_ERR_LINK, 1));
    rig.free();
}

extern "C" fn uses_the_instance(user: User) {
    let instance = INSTANCE.get();
    let (status, _) = result(0, |place| hh_instance_malloc(handle(instance), 8, place));
    assert_eq!((status, user.to_number()), (HH_OK, 7));
    DROPS.set(DROPS.get() + 1);
}

#[test]
fn what_frees_a_callbacks_pointer_may_use_the_plugin() {
    DROPS.set(0);
    let rig = Rig::new();
    INSTANCE.set(rig.instance);
    let make = || {
        let drop = Some(uses_the_instance as extern "C" fn(User));
        let (signature, user) = (Text::of(c"(i32) -> i32"), User::number(7));
        let (status, callback) = result(ptr::null_mut(), |place| {
            hh_instance_callback(handle(rig.instance), signature, super::BODY_FN, user, drop, place)
        });
        assert_eq!(status, HH_OK);
        callback
    };
    assert_eq!(hh_callback_delete(Owned::of(make())), HH_OK);
    assert_eq!(DROPS.get(), 1);
    // From inside a host function too.
    let second = Cell::new(make());
    host_does(move |call| {
        assert_eq!(hh_callback_delete(Owned::of(second.get())), HH_OK);
        assert_eq!(DROPS.get(), 2);
        let zero = hh_value::i32(0);
        hh_invocation_give(Some(call), Array::of(&[zero]), 1).into()
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(1), (HH_OK, 0));
    ask.free();
    assert_eq!(DROPS.get(), 2);
    rig.free();
}

#[test]
fn a_callback_that_deletes_itself_is_freed_when_it_has_returned() {
    DROPS.set(0);
    let rig = Rig::new();
    let (status, callback) = result(ptr::null_mut(), |place| {
        let (user, drop) = (User::number(7), super::DROP_FN);
        let signature = Text::of(c"(i32) -> i32");
        hh_instance_callback(handle(rig.instance), signature, super::BODY_FN, user, drop, place)
    });
    assert_eq!(status, HH_OK);
    let index = hh_callback_index(handle(callback));
    host_does(move |call| {
        assert_eq!(hh_callback_delete(Owned::of(callback)), HH_OK);
        assert_eq!(DROPS.get(), 0, "it runs");
        let three = hh_value::i32(3);
        hh_invocation_give(Some(call), Array::of(&[three]), 1).into()
    });
    let apply = rig.func(c"apply", c"(func, i32) -> i32");
    let call = || {
        let mut answer = 0;
        let function = hh_value::made(hh_kind::HH_KIND_FN, 0, index.into(), ptr::null_mut());
        let to = hh_value::to_i32(&mut answer);
        (apply.call(&[to, function, hh_value::i32(1)]), answer)
    };
    assert_eq!((call(), DROPS.get()), ((HH_OK, 3), 1));
    assert_eq!(call().0, HH_ERR_CONVENTION, "{}", message());
    apply.free();
    rig.free();
}

#[test]
fn a_callbacks_pointer_is_freed_at_once_or_with_the_instance() {
    DROPS.set(0);
    let rig = Rig::new();
    let make = || {
        let (user, drop) = (User::number(7), super::DROP_FN);
        let signature = Text::of(c"(i32) -> i32");
        result(ptr::null_mut(), |place| {
            hh_instance_callback(handle(rig.instance), signature, super::BODY_FN, user, drop, place)
        })
    };
    let (status, first) = make();
    assert_eq!(status, HH_OK);
    let (_, second) = make();
    assert_eq!(hh_callback_delete(Owned::of(first)), HH_OK);
    assert_eq!(DROPS.get(), 1);
    assert_eq!(hh_callback_delete(Owned::of(first)), HH_ERR_HANDLE);
    assert_eq!(DROPS.get(), 1);
    rig.free();
    assert_eq!(DROPS.get(), 3, "with the second one, and the linker's");
    assert_eq!(hh_callback_delete(Owned::of(second)), HH_OK);
}

#[test]
fn what_is_left_of_a_freed_instance_says_so() {
    let mut rig = Rig::new();
    let ask = rig.func(c"ask", c"(i32) -> i32");
    let (status, block) = result(ptr::null_mut(), |place| {
        hh_instance_keep(handle(rig.instance), Array::of_bytes(b"abc"), 3, place)
    });
    assert_eq!(status, HH_OK);
    assert_eq!(hh_instance_user(handle(rig.instance)).to_number(), 5);
    assert_eq!(hh_instance_delete(Owned::of(rig.instance)), HH_OK);
    assert_eq!(hh_instance_delete(Owned::of(rig.instance)), HH_ERR_HANDLE);
    rig.instance = ptr::null_mut();
    assert_eq!(ask.of_i32(0).0, HH_ERR_HANDLE);
    assert!(message().contains("was freed"), "{}", message());
    let mut bytes = [0; 3];
    let to = crate::boundary::ArrayMut::of_bytes(&mut bytes);
    assert_eq!(hh_block_read(handle(block), 0, to, 3), HH_ERR_HANDLE);
    assert_eq!(hh_block_delete(Owned::of(block)), HH_OK);
    ask.free();
    rig.free();
}

#[test]
fn engine_module_and_linker_are_not_needed_any_more() {
    let mut rig = Rig::new();
    assert_eq!(hh_linker_delete(Owned::of(rig.linker)), HH_OK);
    assert_eq!(hh_module_delete(Owned::of(rig.module)), HH_OK);
    assert_eq!(crate::plugin::engine::hh_engine_delete(Owned::of(rig.engine)), HH_OK);
    (rig.linker, rig.module, rig.engine) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let count = rig.func(c"count", c"() -> i32");
    assert_eq!(count.call(&[hh_value::to_void()]), HH_OK);
    count.free();
    rig.free();
}

#[test]
fn a_start_function_has_the_instance_already() {
    let mut rig = Rig::without_instance(STARTING);
    let seen = Rc::new(Cell::new(ptr::null_mut()));
    let in_host = seen.clone();
    host_does(move |call| {
        let instance = hh_invocation_instance(Some(call));
        in_host.set(instance);
        assert_eq!(hh_instance_user(handle(instance)).to_number(), 5);
        let status = hh_instance_delete(Owned::of(instance));
        assert_eq!(status, crate::status::hh_status::HH_ERR_BUSY);
        hh_invocation_give(Some(call), Array::of(&[hh_value::i32(0)]), 1).into()
    });
    let (status, instance) = rig.instantiate();
    assert_eq!(status, HH_OK);
    assert_eq!(instance, seen.get());
    rig.instance = instance;
    rig.free();
}

#[test]
fn an_instance_that_fails_to_start_is_gone() {
    let rig = Rig::without_instance(STARTING);
    let seen = Rc::new(Cell::new(ptr::null_mut()));
    let in_host = seen.clone();
    host_does(move |call| {
        in_host.set(hh_invocation_instance(Some(call)));
        hh_fail(Some(call), Text::of(c"not today")).into()
    });
    let (status, instance) = rig.instantiate();
    assert_eq!(status, HH_ERR_HOST);
    assert_eq!(message(), "not today");
    assert!(instance.is_null() && !seen.get().is_null());
    assert_eq!(hh_instance_delete(Owned::of(seen.get())), HH_ERR_HANDLE);
    rig.free();
}
