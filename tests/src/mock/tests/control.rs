//! Blocks, branches and calls.

use hostheap_core::{EngineConfig, Error, Runtime, TrapKind};

use super::{Mock, Slots, call, compile, engine, instantiate, refusal, run, trap_kind};

#[test]
fn br_table_picks_a_label_and_the_last_for_all_else() {
    let wat = r#"(module (func (export "f") (param i32) (result i32)
        (block $c (block $b (block $a
            (br_table $a $b $a $c (local.get 0)))
            (return (i32.const 10)))
            (return (i32.const 20)))
        (i32.const 30)))"#;
    for (index, expected) in [(0, 10), (1, 20), (2, 10), (3, 30), (-1, 30)] {
        assert_eq!(run::<(i32,), i32>(wat, (index,)).unwrap(), expected);
    }
}

#[test]
fn br_table_carries_values_and_drops_what_lies_below() {
    let wat = r#"(module (func (export "f") (param i32) (result i32)
        (block (result i32)
            (i32.const 1000)
            (block (result i32)
                (i32.const 2000)
                (i32.const 7)
                (br_table 0 1 (local.get 0)))
            (i32.add))))"#;
    assert_eq!(run::<(i32,), i32>(wat, (0,)).unwrap(), 1007);
    assert_eq!(run::<(i32,), i32>(wat, (1,)).unwrap(), 7);
}

#[test]
fn loops_take_their_parameters_again() {
    // Factorial, with the product and the counter on the stack only.
    let wat = r#"(module (func (export "f") (param $n i64) (result i64)
        (i64.const 1)
        (loop $again (param i64) (result i64)
            (i64.mul (local.get $n))
            (local.set $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $again (i64.ne (local.get $n) (i64.const 0))))))"#;
    assert_eq!(run::<(i64,), i64>(wat, (20,)).unwrap(), 2_432_902_008_176_640_000);
}

#[test]
fn if_takes_and_gives_several_values() {
    let wat = r#"(module (func (export "f") (param i32) (result i32 i64)
        (i32.const 5) (i64.const 6)
        (if (param i32 i64) (result i32 i64) (local.get 0)
            (then (drop) (drop) (i32.const 1) (i64.const 2))
            (else (i64.const 10) (i64.add)))))"#;
    assert_eq!(run::<(i32,), (i32, i64)>(wat, (1,)).unwrap(), (1, 2));
    assert_eq!(run::<(i32,), (i32, i64)>(wat, (0,)).unwrap(), (5, 16));
}

#[test]
fn if_without_else_keeps_its_parameters() {
    let wat = r#"(module (func (export "f") (param i32) (result i32)
        (i32.const 41)
        (if (param i32) (result i32) (local.get 0) (then (i32.const 1) (i32.add)))))"#;
    assert_eq!(run::<(i32,), i32>(wat, (1,)).unwrap(), 42);
    assert_eq!(run::<(i32,), i32>(wat, (0,)).unwrap(), 41);
}

#[test]
fn return_leaves_all_blocks_at_once() {
    let wat = r#"(module (func (export "f") (result i32 i32)
        (i32.const 9)
        (block (loop (block (i32.const 8) (i32.const 1) (i32.const 2) (return))))
        (drop) (unreachable)))"#;
    assert_eq!(run::<(), (i32, i32)>(wat, ()).unwrap(), (1, 2));
}

#[test]
fn code_that_is_never_reached_does_no_harm() {
    let wat = r#"(module (func (export "f") (result i32)
        (block $out (result i32)
            (br $out (i32.const 3))
            (drop) (i64.add) (block (result f32) (br 1 (i32.const 5))) (drop) (drop)
            (if (result i32) (then (i32.const 4) (br 0)) (else (unreachable))))))"#;
    assert_eq!(run::<(), i32>(wat, ()).unwrap(), 3);
}

#[test]
fn select_and_tee() {
    let wat = r#"(module (func (export "f") (param i32) (result i32)
        (local $x i32)
        (select (local.tee $x (i32.const 4)) (i32.const 5) (local.get 0))
        (i32.add (local.get $x))))"#;
    assert_eq!(run::<(i32,), i32>(wat, (7,)).unwrap(), 8);
    assert_eq!(run::<(i32,), i32>(wat, (0,)).unwrap(), 9);
}

#[test]
fn sixteen_values_go_in_and_come_out_in_order() {
    let params = "i32 i64 f32 f64 ".repeat(4);
    let back: String = (0..16).map(|i| format!("(local.get {i})")).collect();
    let wat = format!(
        r#"(module (func $g (param {params}) (result {params}) {back})
            (func (export "f") (param {params}) (result {params}) {back} (call $g)))"#
    );
    type Sixteen = (i32, i64, f32, f64, u32, u64, f32, f64, i32, i64, f32, f64, u32, u64, f32, f64);
    let values: Sixteen =
        (-1, -2, 3.5, 4.5, 5, 6, 7.5, 8.5, -9, -10, 11.5, 12.5, 13, u64::MAX, -15.5, -16.5);
    let back = run::<Sixteen, Sixteen>(&wat, values).unwrap();
    // Tuples of 16 have no `==`; slots do.
    let slots = |values: Sixteen| {
        let mut slots = Vec::new();
        values.push(&mut slots);
        slots
    };
    assert_eq!(slots(back), slots(values));
}

const RECURSIVE: &str = r#"(module
    (func $down (export "f") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1)
                (call $down (i32.sub (local.get 0) (i32.const 1))))))))"#;

#[test]
#[cfg_attr(miri, ignore = "a million steps take minutes there")]
fn recursion_ends_with_a_trap_and_the_instance_lives_on() {
    let mut instance = instantiate(RECURSIVE).unwrap();
    assert_eq!(call::<(i32,), i32>(&mut instance, "f", (5000,)).unwrap(), 5000);
    let endless = call::<(i32,), i32>(&mut instance, "f", (-1,));
    assert_eq!(trap_kind(endless), TrapKind::StackOverflow);
    assert_eq!(call::<(i32,), i32>(&mut instance, "f", (5000,)).unwrap(), 5000);
}

/// How deep a recursion goes with `max_stack` bytes of stack, if it must go no deeper than 99.
fn depth(wat: &str, max_stack: usize) -> i32 {
    let engine = Mock::engine(&EngineConfig::new().max_stack(max_stack)).unwrap();
    let mut store = Mock::store(&engine, ()).unwrap();
    let linked = Mock::link(&Mock::linker(&engine), &compile(&engine, wat).unwrap()).unwrap();
    let instance = Mock::instantiate(&linked, &mut store).unwrap();
    let mut instance = (store, instance);
    let mut returns = |n| call::<(i32,), i32>(&mut instance, "f", (n,)).is_ok();
    (1..100).take_while(|n| returns(n - 1)).last().unwrap_or(0)
}

#[test]
fn max_stack_is_obeyed() {
    let (small, large) = (depth(RECURSIVE, 1 << 10), depth(RECURSIVE, 1 << 12));
    assert!(small > 8 && (3 * small..=5 * small).contains(&large), "{small} {large}");
    assert_eq!(depth(RECURSIVE, 0), 0);
}

#[test]
fn functions_with_many_locals_use_more_stack() {
    let locals = format!("(result i32) (local {})\n", "i64 ".repeat(100));
    let with_locals = RECURSIVE.replacen("(result i32)\n", &locals, 1);
    assert_eq!(depth(&with_locals, 1 << 12), (1 << 12) / 900);
}

#[test]
fn traps_name_the_functions_that_were_running() {
    let wat = r#"(module
        (func $inner unreachable)
        (func (call $inner))
        (func (export "f") (call 1)))"#;
    let error = run::<(), ()>(wat, ()).unwrap_err();
    let detail = error.trap().unwrap().detail().to_owned();
    let running: Vec<_> = detail.lines().skip(1).map(str::trim).collect();
    assert_eq!(running, ["in inner", "in function 1", "in f"]);
}

#[test]
fn start_function_runs_and_its_trap_is_instantiations() {
    let wat = r#"(module (global $g (mut i32) (i32.const 1))
        (func $start (global.set $g (i32.const 2)))
        (func (export "f") (result i32) (global.get $g))
        (start $start))"#;
    assert_eq!(run::<(), i32>(wat, ()).unwrap(), 2);
    let wat = "(module (func $start unreachable) (start $start))";
    assert_eq!(trap_kind(instantiate(wat).map(|_| ())), TrapKind::Unreachable);
}

#[test]
fn what_it_does_not_have_is_refused_by_name() {
    let refused = [
        ("(module (func (drop (v128.const i32x4 0 0 0 0))))", "V128Const"),
        ("(module (func (param i32 i32) (drop (i8x16.splat (local.get 0)))))", "I8x16Splat"),
        ("(module (memory 1 1 shared) (func (atomic.fence)))", "shared"),
        ("(module (func (atomic.fence)))", "AtomicFence"),
        ("(module (func $f (return_call $f)))", "ReturnCall"),
        ("(module (type (struct)))", "garbage collection"),
        ("(module (memory 1) (memory 1))", "several memories"),
        ("(module (memory i64 1))", "64-bit"),
        ("(module (tag))", "exceptions"),
        ("(module (global v128 (v128.const i32x4 0 0 0 0)))", "V128Const"),
    ];
    for (wat, word) in refused {
        let message = refusal(compile(&engine(), wat));
        assert!(message.contains(word), "{wat}: {message}");
    }
}

#[test]
fn invalid_modules_are_refused() {
    let message = refusal(compile(&engine(), "(module (func (result i32) (i64.const 0)))"));
    assert!(message.contains("type mismatch"), "{message}");
    refusal(Mock::compile(&engine(), b"\0asm\x0d\0\x01\0"));
    refusal(Mock::compile(&engine(), b"(module)"));
}

#[test]
fn reservation_is_refused_unless_it_is_none() {
    assert!(Mock::engine(&EngineConfig::new().memory_reservation(0)).is_ok());
    let refused = Mock::engine(&EngineConfig::new().memory_reservation(1));
    assert!(matches!(refused, Err(Error::Unsupported(_))));
}
