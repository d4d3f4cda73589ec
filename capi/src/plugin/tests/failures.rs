//! How a host function's failure comes out of the call that led to it.

use super::{Rig, func, host_does};
use crate::boundary::testing::{handle, message};
use crate::boundary::value::hh_value;
use crate::boundary::{Owned, Returned, Text};
use crate::plugin::engine::hh_engine_delete;
use crate::plugin::instance::hh_instance_clear_poison;
use crate::plugin::instance::hh_instance_is_poisoned;
use crate::plugin::invocation::{hh_fail, hh_invocation_instance};
use crate::status::hh_status::{HH_ERR_BOUNDS, HH_ERR_HANDLE, HH_ERR_HOST, HH_ERR_POISONED};
use crate::status::hh_status::{HH_ERR_TRAP, HH_OK};
use crate::status::{hh_error_status, hh_error_trap, hh_trap};

#[test]
fn its_own_message_comes_out() {
    let rig = Rig::new();
    host_does(|call| hh_fail(Some(call), Text::of(c"the database is gone")).into());
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0).0, HH_ERR_HOST);
    assert_eq!(message(), "the database is gone");
    assert!(hh_instance_is_poisoned(handle(rig.instance)));
    assert_eq!(ask.of_i32(0).0, HH_ERR_POISONED);
    assert_eq!(hh_instance_clear_poison(handle(rig.instance)), HH_OK);
    assert_eq!(ask.of_i32(0).0, HH_ERR_HOST);
    ask.free();
    rig.free();
}

#[test]
fn a_status_alone_names_the_function_and_takes_no_older_message() {
    let rig = Rig::new();
    // A failure of the same status before the host function runs.
    assert_eq!(hh_engine_delete(Owned::of(core::ptr::dangling_mut())), HH_ERR_HANDLE);
    host_does(|_| HH_ERR_HANDLE.into());
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0).0, HH_ERR_HANDLE);
    assert_eq!(message(), "the host function `host.f` returned HH_ERR_HANDLE");
    assert_eq!(hh_error_status(), HH_ERR_HANDLE);
    ask.free();
    rig.free();
}

#[test]
fn a_number_that_is_no_status_is_a_host_error() {
    for number in [-1, 24, 99, i32::MIN] {
        let rig = Rig::new();
        host_does(move |_| Returned::of(number));
        let ask = rig.func(c"ask", c"(i32) -> i32");
        assert_eq!(ask.of_i32(0).0, HH_ERR_HOST);
        assert!(
            message().contains(&format!("returned {number}, which is no failure")),
            "{}",
            message()
        );
        ask.free();
        rig.free();
    }
}

#[test]
fn a_trap_inside_comes_out_with_its_reason() {
    let rig = Rig::new();
    host_does(|call| {
        let trap = func(hh_invocation_instance(Some(call)), c"trap", c"()");
        let status = trap.call(&[hh_value::to_void()]);
        trap.free();
        status.into()
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0).0, HH_ERR_TRAP);
    assert_eq!(hh_error_trap(), hh_trap::HH_TRAP_UNREACHABLE);
    ask.free();
    rig.free();
}

#[test]
fn the_message_is_that_of_the_status_it_returns() {
    let rig = Rig::new();
    host_does(|call| {
        let instance = handle(hh_invocation_instance(Some(call)));
        let mut byte = [0];
        let to = crate::boundary::ArrayMut::of_bytes(&mut byte);
        crate::plugin::memory::hh_instance_read(instance, u32::MAX, to, 1).into()
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0).0, HH_ERR_BOUNDS);
    assert!(message().contains("lies outside linear memory"), "{}", message());
    ask.free();
    rig.free();
}
