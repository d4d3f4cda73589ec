//! What cannot be done while something else is in progress.

use core::ptr;
use std::rc::Rc;

use super::{Rig, func, host_does};
use crate::boundary::testing::{handle, message, result};
use crate::boundary::value::hh_value;
use crate::boundary::{Array, Owned};
use crate::plugin::alloc::hh_instance_malloc;
use crate::plugin::func::hh_func_delete;
use crate::plugin::instance::hh_instance_delete;
use crate::plugin::invocation::hh_invocation_take;
use crate::plugin::invocation::{hh_invocation, hh_invocation_give, hh_invocation_instance};
use crate::plugin::memory::{hh_instance_memory_size, hh_instance_read, hh_instance_write};
use crate::plugin::view::{hh_instance_view, hh_view, hh_view_end};
use crate::status::hh_status::{HH_ERR_BOUNDS, HH_ERR_BUSY, HH_ERR_HANDLE, HH_ERR_THREAD, HH_OK};
use std::cell::Cell;

fn give(call: &hh_invocation, number: i32) -> crate::boundary::Returned {
    hh_invocation_give(Some(call), Array::of(&[hh_value::i32(number)]), 1).into()
}

#[test]
fn nothing_in_use_is_freed_in_a_host_function() {
    let rig = Rig::new();
    let ask = rig.func(c"ask", c"(i32) -> i32");
    let in_call = ask.0;
    host_does(move |call| {
        let instance = hh_invocation_instance(Some(call));
        assert_eq!(hh_instance_delete(Owned::of(instance)), HH_ERR_BUSY);
        assert_eq!(hh_func_delete(Owned::of(in_call)), HH_ERR_BUSY);
        // Others may be made and freed.
        func(instance, c"count", c"() -> i32").free();
        give(call, 1)
    });
    assert_eq!(ask.of_i32(0), (HH_OK, 1));
    ask.free();
    rig.free();
}

#[test]
fn the_instance_works_inside_a_host_function_as_outside() {
    let rig = Rig::new();
    let made_with = rig.instance;
    host_does(move |call| {
        let instance = hh_invocation_instance(Some(call));
        assert_eq!(instance, made_with);
        let (status, block) = result(0, |place| hh_instance_malloc(handle(instance), 4, place));
        assert_eq!((status, block % 16), (HH_OK, 0));
        assert_eq!(
            hh_instance_write(handle(instance), block, Array::of_bytes(&[1, 2, 3, 4]), 4),
            HH_OK
        );
        let mut back = [0; 4];
        let to = crate::boundary::ArrayMut::of_bytes(&mut back);
        assert_eq!(hh_instance_read(handle(instance), block, to, 4), HH_OK);
        assert_eq!(back, [1, 2, 3, 4]);
        give(call, 3)
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0), (HH_OK, 3));
    ask.free();
    rig.free();
}

#[test]
fn an_outer_invocation_waits_for_the_inner_one() {
    let rig = Rig::new();
    let ask = rig.func(c"ask", c"(i32) -> i32");
    let outer: Rc<Cell<*mut hh_invocation>> = Rc::new(Cell::new(ptr::null_mut()));
    host_does(move |call| {
        let mut number = 0;
        let place = [hh_value::to_i32(&mut number)];
        assert_eq!(hh_invocation_take(Some(call), Array::of(&place), 1), HH_OK);
        if number == 0 {
            // The inner one: the outer one's parameters and result are out of reach.
            let outer = handle(outer.get());
            let result = [hh_value::i32(1)];
            assert_eq!(hh_invocation_give(outer, Array::of(&result), 1), HH_ERR_BUSY);
            assert!(message().contains("waits for a call"), "{}", message());
            return give(call, 100);
        }
        outer.set(call.pointer());
        let (status, inner) = ask.of_i32(number - 1);
        assert_eq!(status, HH_OK);
        give(call, inner + number)
    });
    assert_eq!(ask.of_i32(1), (HH_OK, 101));
    ask.free();
    rig.free();
}

fn view(instance: *mut crate::plugin::instance::hh_instance, len: u32) -> hh_view {
    let (status, view) =
        result(hh_view::NONE, |place| hh_instance_view(handle(instance), 1024, len, place));
    assert_eq!(status, HH_OK);
    view
}

#[test]
fn an_open_view_keeps_everything_away_that_could_move_the_memory() {
    let rig = Rig::new();
    let instance = || handle(rig.instance);
    let count = rig.func(c"count", c"() -> i32");
    let (mut first, mut second) = (view(rig.instance, 16), view(rig.instance, 8));
    assert_eq!((first.len, second.len), (16, 8));
    assert_eq!(first.data, second.data);
    for _ in 0..2 {
        assert_eq!(count.call(&[hh_value::to_void()]), HH_ERR_BUSY);
        assert_eq!(result(0, |place| hh_instance_malloc(instance(), 1, place)).0, HH_ERR_BUSY);
        assert_eq!(hh_instance_write(instance(), 0, Array::of_bytes(&[1]), 1), HH_ERR_BUSY);
        assert_eq!(hh_instance_delete(Owned::of(rig.instance)), HH_ERR_BUSY);
        let size = result(0, |place| hh_instance_memory_size(instance(), place));
        assert_eq!(size, (HH_OK, 2 * 65536));
        assert_eq!(hh_view_end(Some(&mut first)), HH_OK);
        // A second time is nothing, and ends no other view.
        assert!(first.data.is_null());
    }
    assert_eq!(hh_view_end(Some(&mut second)), HH_OK);
    assert_eq!(count.call(&[hh_value::to_void()]), HH_OK);
    count.free();
    rig.free();
}

#[test]
fn a_view_outside_the_memory_is_out_of_bounds_and_leaves_nothing_open() {
    let rig = Rig::new();
    for (offset, len) in [(2 * 65536, 1), (u32::MAX, 1), (u32::MAX, u32::MAX), (0, 2 * 65536 + 1)] {
        let (status, view) = result(hh_view::NONE, |place| {
            hh_instance_view(handle(rig.instance), offset, len, place)
        });
        assert_eq!(status, HH_ERR_BOUNDS);
        assert!(view.data.is_null());
    }
    let count = rig.func(c"count", c"() -> i32");
    assert_eq!(count.call(&[hh_value::to_void()]), HH_OK);
    count.free();
    rig.free();
}

#[test]
fn a_view_that_a_host_function_leaves_open_fails_the_call_and_has_ended() {
    let rig = Rig::new();
    host_does(|call| {
        let _ = view(hh_invocation_instance(Some(call)), 4);
        HH_OK.into()
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0).0, HH_ERR_BUSY);
    assert!(message().contains("`host.f` returned with an open view"), "{}", message());
    // It has ended: the memory can be read again.
    let mut byte = [0];
    let to = crate::boundary::ArrayMut::of_bytes(&mut byte);
    assert_eq!(hh_instance_read(handle(rig.instance), 0, to, 1), HH_OK);
    ask.free();
    let instance = rig.instance;
    rig.free();
    assert_eq!(hh_instance_delete(Owned::of(instance)), HH_ERR_HANDLE);
}

/// What C does by `hh_view copy = view;`.
fn copy(view: &hh_view) -> hh_view {
    hh_view::of_numbers(view.numbers())
}

#[test]
fn a_copy_of_a_view_ends_no_other_view() {
    let rig = Rig::new();
    let count = rig.func(c"count", c"() -> i32");
    let (mut first, mut second) = (view(rig.instance, 4), view(rig.instance, 8));
    let mut again = copy(&first);
    assert_eq!(hh_view_end(Some(&mut first)), HH_OK);
    assert_eq!(hh_view_end(Some(&mut again)), HH_OK);
    assert!(again.data.is_null());
    assert_eq!(count.call(&[hh_value::to_void()]), HH_ERR_BUSY, "the second one is open");
    assert_eq!(hh_view_end(Some(&mut second)), HH_OK);
    assert_eq!(count.call(&[hh_value::to_void()]), HH_OK);
    count.free();
    rig.free();
}

#[test]
fn a_view_that_was_ended_by_force_outlives_its_instance() {
    let rig = Rig::new();
    let left = Rc::new(Cell::new(None));
    let in_host = left.clone();
    host_does(move |call| {
        in_host.set(Some(view(hh_invocation_instance(Some(call)), 4)));
        HH_OK.into()
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(0).0, HH_ERR_BUSY);
    let mut left = left.take().unwrap();
    // It does not end a later view of the same instance,
    let mut later = view(rig.instance, 4);
    let mut again = copy(&left);
    assert_eq!(hh_view_end(Some(&mut again)), HH_OK);
    assert_eq!(hh_instance_delete(Owned::of(rig.instance)), HH_ERR_BUSY);
    assert_eq!(hh_view_end(Some(&mut later)), HH_OK);
    // nor does it look for the instance when that is gone.
    ask.free();
    rig.free();
    assert_eq!(hh_view_end(Some(&mut left)), HH_OK);
    assert!(left.data.is_null());
}

#[test]
fn a_view_ends_on_its_own_thread() {
    let rig = Rig::new();
    let mut view = view(rig.instance, 4);
    let numbers = view.numbers();
    std::thread::spawn(move || {
        let mut there = hh_view::of_numbers(numbers);
        assert_eq!(hh_view_end(Some(&mut there)), HH_ERR_THREAD);
    })
    .join()
    .unwrap();
    assert_eq!(hh_instance_delete(Owned::of(rig.instance)), HH_ERR_BUSY);
    assert_eq!(hh_view_end(Some(&mut view)), HH_OK);
    rig.free();
}
