use core::ptr;

use super::{PLUGIN, Rig, host_does};
use crate::boundary::testing::{handle, message, result};
use crate::boundary::value::{hh_kind, hh_span, hh_value};
use crate::boundary::{Array, Owned, Text, User};
use crate::plugin::callback::{hh_callback_delete, hh_instance_callback};
use crate::plugin::func::{hh_func_delete, hh_instance_func_at};
use crate::plugin::invocation::{hh_invocation_count, hh_invocation_give, hh_invocation_take};
use crate::status::hh_status::{HH_ERR_ARGUMENT, HH_ERR_CONVENTION, HH_OK};

#[test]
fn a_host_function_takes_and_gives() {
    let rig = Rig::new();
    host_does(|call| {
        assert_eq!(hh_invocation_count(Some(call)), 1);
        let mut number = 0;
        let places = [hh_value::to_i32(&mut number)];
        assert_eq!(hh_invocation_take(Some(call), Array::of(&places), 1), HH_OK);
        let mut none = 7;
        let more = [hh_value::to_i32(&mut none)];
        assert_eq!(hh_invocation_take(Some(call), Array::of(&more), 1), HH_ERR_ARGUMENT);
        assert_eq!(none, 0, "nothing is left there");
        let result = [hh_value::i32(number + 1)];
        hh_invocation_give(Some(call), Array::of(&result), 1).into()
    });
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(41), (HH_OK, 42));
    ask.free();
    rig.free();
}

#[test]
fn a_result_that_is_not_given_is_an_error() {
    let rig = Rig::new();
    host_does(|_| HH_OK.into());
    let ask = rig.func(c"ask", c"(i32) -> i32");
    assert_eq!(ask.of_i32(1).0, HH_ERR_CONVENTION);
    ask.free();
    rig.free();
}

#[test]
fn a_destination_that_does_not_fit_is_refused_before_the_call() {
    let rig = Rig::new();
    let count = rig.func(c"count", c"() -> i32");
    let mut wrong = 0_u32;
    let to_u32 = |place: &mut u32| {
        hh_value::made(hh_kind::HH_KIND_TO_U32, 0, 0, ptr::from_mut(place).cast())
    };
    assert_eq!(count.call(&[to_u32(&mut wrong)]), HH_ERR_ARGUMENT);
    assert!(message().contains("use hh_to_i32"), "{}", message());
    // An argument where the destination should be, and none at all.
    assert_eq!(count.call(&[hh_value::i32(1)]), HH_ERR_ARGUMENT);
    assert_eq!(count.call(&[]), HH_ERR_ARGUMENT);
    let mut calls = 0;
    assert_eq!(count.call(&[hh_value::to_i32(&mut calls)]), HH_OK);
    assert_eq!(calls, 1, "none of the calls before ran");
    assert_eq!(count.call(&[hh_value::to_void()]), HH_OK);
    count.free();
    rig.free();
}

#[test]
fn a_kind_that_is_made_up_is_refused() {
    let rig = Rig::new();
    let ask = rig.func(c"ask", c"(i32) -> i32");
    for kind in [21, 63, 83, u32::MAX] {
        let value = hh_value::of_kind(kind);
        assert_eq!(ask.call(&[value, hh_value::i32(1)]), HH_ERR_ARGUMENT);
        assert_eq!(ask.call(&[hh_value::to_void(), value]), HH_ERR_ARGUMENT);
        assert!(message().contains("unknown kind"), "{}", message());
    }
    ask.free();
    rig.free();
}

#[test]
fn what_the_plugin_writes_is_copied_back_and_must_not_overlap() {
    let rig = Rig::new();
    let mut numbers = [21_i32, 5];
    let array =
        |data: *mut i32, count| hh_value::made(hh_kind::HH_KIND_ARRAY_MUT, 4, count, data.cast());
    let double = rig.func(c"double", c"(mut slice<i32>)");
    assert_eq!(double.call(&[hh_value::to_void(), array(numbers.as_mut_ptr(), 2)]), HH_OK);
    assert_eq!(numbers, [42, 5]);

    let two = rig.func(c"two", c"(mut slice<i32>, mut slice<i32>)");
    let start = numbers.as_mut_ptr();
    let values = [hh_value::to_void(), array(start, 2), array(start.wrapping_add(1), 1)];
    assert_eq!(two.call(&values), HH_ERR_ARGUMENT);
    assert!(
        message().contains("argument 1 is written to, and overlaps argument 2"),
        "{}",
        message()
    );
    let values = [hh_value::to_void(), array(start, 1), array(start.wrapping_add(1), 1)];
    assert_eq!(two.call(&values), HH_OK, "neighbours do not overlap");
    double.free();
    two.free();
    rig.free();
}

#[test]
fn sizes_that_no_memory_has_are_refused() {
    let rig = Rig::new();
    let two = rig.func(c"two", c"(slice<i32>, slice<i32>)");
    let mut number = 1_i32;
    let data = ptr::from_mut(&mut number).cast();
    let good = hh_value::made(hh_kind::HH_KIND_ARRAY, 4, 1, data);
    for (size, count) in [(u32::MAX, u64::from(u32::MAX)), (4, u64::MAX), (1 << 31, 1 << 33)] {
        let bad = hh_value::made(hh_kind::HH_KIND_ARRAY, size, count, data);
        assert_eq!(two.call(&[hh_value::to_void(), good, bad]), HH_ERR_ARGUMENT);
    }
    let null = hh_value::made(hh_kind::HH_KIND_ARRAY, 4, 1, ptr::null_mut());
    assert_eq!(two.call(&[hh_value::to_void(), good, null]), crate::status::hh_status::HH_ERR_NULL);
    two.free();
    rig.free();
}

#[test]
fn function_pointers_go_both_ways() {
    let rig = Rig::new();
    // The plugin's own, at index 1.
    let (status, negate) = result(ptr::null_mut(), |place| {
        hh_instance_func_at(handle(rig.instance), 1, Text::of(c"(i32) -> i32"), place)
    });
    assert_eq!(status, HH_OK);
    assert_eq!(super::Func(negate).of_i32(5), (HH_OK, -5));
    assert_eq!(hh_func_delete(Owned::of(negate)), HH_OK);

    host_does(|call| {
        let mut number = 0;
        let places = [hh_value::to_i32(&mut number)];
        assert_eq!(hh_invocation_take(Some(call), Array::of(&places), 1), HH_OK);
        let result = [hh_value::i32(number * 10)];
        hh_invocation_give(Some(call), Array::of(&result), 1).into()
    });
    let (status, callback) = result(ptr::null_mut(), |place| {
        let signature = Text::of(c"(i32) -> i32");
        let user = User::number(7);
        hh_instance_callback(handle(rig.instance), signature, super::BODY_FN, user, None, place)
    });
    assert_eq!(status, HH_OK);
    let apply = rig.func(c"apply", c"(func, i32) -> i32");
    let mut answer = 0;
    let closure = hh_value::made(hh_kind::HH_KIND_CLOSURE, 0, 0, callback.cast());
    let values = [hh_value::to_i32(&mut answer), closure, hh_value::i32(4)];
    assert_eq!(apply.call(&values), HH_OK, "{}", message());
    assert_eq!(answer, 40);
    assert_eq!(hh_callback_delete(Owned::of(callback)), HH_OK);
    apply.free();
    rig.free();
}

#[test]
fn what_a_host_function_writes_goes_back_to_the_plugin() {
    let text = PLUGIN
        .replace(
            r#"(import "env" "malloc""#,
            r#"(import "host" "fill" (func $fill (param i32 i32))) (import "env" "malloc""#,
        )
        .replace(
            r#"(func (export "trap") unreachable)"#,
            r#"(func (export "filled") (result i32)
                (call $fill (i32.const 1024) (i32.const 2)) (i32.load (i32.const 1028)))"#,
        );
    let rig = Rig::without_instance(&text);
    let (module, name) = (Text::of(c"host"), Text::of(c"fill"));
    let signature = Text::of(c"(out slice<i32>)");
    let user = User::number(7);
    let linker = handle(rig.linker);
    let defined = crate::plugin::linker::hh_linker_func(
        linker,
        module,
        name,
        signature,
        super::BODY_FN,
        user,
        None,
    );
    assert_eq!(defined, HH_OK);
    let (status, instance) = rig.instantiate();
    assert_eq!(status, HH_OK, "{}", message());
    let rig = Rig { instance, ..rig };
    host_does(|call| {
        let mut span = hh_span::NONE;
        let place = ptr::from_mut(&mut span).cast();
        let places = [hh_value::made(hh_kind::HH_KIND_TO_ARRAY, 4, 0, place)];
        assert_eq!(hh_invocation_take(Some(call), Array::of(&places), 1), HH_OK, "{}", message());
        assert_eq!(span.len, 2);
        span.fill(9);
        HH_OK.into()
    });
    let filled = rig.func(c"filled", c"() -> i32");
    let mut answer = 0;
    assert_eq!(filled.call(&[hh_value::to_i32(&mut answer)]), HH_OK, "{}", message());
    assert_eq!(answer, 0x0909_0909);
    filled.free();
    rig.free();
}
