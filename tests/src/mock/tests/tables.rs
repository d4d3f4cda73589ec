//! Tables and indirect calls.

use hostheap_core::TrapKind;

use super::{call, instantiate, run, trap_kind};

#[test]
fn indirect_calls_check_index_null_and_type() {
    let wat = r#"(module
        (type $get (func (result i32)))
        (type $same (func (result i32)))
        (table 4 funcref)
        (elem (i32.const 0) $one $two $other)
        (func $one (type $get) (i32.const 1))
        (func $two (type $same) (i32.const 2))
        (func $other (param i32))
        (func (export "f") (param i32) (result i32)
            (call_indirect (type $get) (local.get 0))))"#;
    let mut instance = instantiate(wat).unwrap();
    let mut call = |index| call::<(i32,), i32>(&mut instance, "f", (index,));
    assert_eq!(call(0).unwrap(), 1);
    // Another declaration of the same type is the same type.
    assert_eq!(call(1).unwrap(), 2);
    assert_eq!(trap_kind(call(2)), TrapKind::IndirectCallTypeMismatch);
    assert_eq!(trap_kind(call(3)), TrapKind::IndirectCallToNull);
    assert_eq!(trap_kind(call(4)), TrapKind::TableOutOfBounds);
    assert_eq!(trap_kind(call(-1)), TrapKind::TableOutOfBounds);
}

#[test]
fn tables_are_initialised_copied_filled_and_grown() {
    let wat = r#"(module
        (type $get (func (result i32)))
        (table $t 4 6 funcref)
        (table $u 2 funcref)
        (elem $e func $one $two)
        (func $one (result i32) (i32.const 1))
        (func $two (result i32) (i32.const 2))
        (func $at (param i32) (result i32) (call_indirect $t (type $get) (local.get 0)))
        (func (export "f") (result i32)
            (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
            (table.init $u $e (i32.const 0) (i32.const 1) (i32.const 1))
            (elem.drop $e)
            (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 3))
            (table.copy $t $u (i32.const 3) (i32.const 0) (i32.const 1))
            (if (i32.ne (i32.const 4) (table.grow $t (ref.func $one) (i32.const 2)))
                (then unreachable))
            (if (i32.ne (i32.const -1) (table.grow $t (ref.func $one) (i32.const 1)))
                (then unreachable))
            (table.fill $t (i32.const 5) (ref.func $two) (i32.const 1))
            (table.set $u (i32.const 1) (table.get $t (i32.const 4)))
            (if (i32.or (ref.is_null (table.get $u (i32.const 1)))
                        (i32.ne (table.size $t) (i32.const 6)))
                (then unreachable))
            ;; one one two two one two, as decimal digits
            (call $at (i32.const 0))
            (i32.add (i32.mul (i32.const 10)) (call $at (i32.const 1)))
            (i32.add (i32.mul (i32.const 10)) (call $at (i32.const 2)))
            (i32.add (i32.mul (i32.const 10)) (call $at (i32.const 3)))
            (i32.add (i32.mul (i32.const 10)) (call $at (i32.const 4)))
            (i32.add (i32.mul (i32.const 10)) (call $at (i32.const 5)))))"#;
    assert_eq!(run::<(), i32>(wat, ()).unwrap(), 112_212);
}

#[test]
fn table_operations_out_of_bounds_trap() {
    let bodies = [
        "(drop (table.get (i32.const 2)))",
        "(table.set (i32.const 2) (ref.null func))",
        "(table.fill (i32.const 1) (ref.null func) (i32.const 2))",
        "(table.copy (i32.const 0) (i32.const 1) (i32.const 2))",
        "(table.init $e (i32.const 0) (i32.const 0) (i32.const 2))",
        "(elem.drop $e) (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))",
        // It named `f` for `ref.func` and is empty.
        "(table.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
    ];
    for body in bodies {
        let wat = format!(
            r#"(module (table 2 funcref) (elem $e func $f) (elem $d declare func $f)
                (func $f (export "f") {body}))"#
        );
        assert_eq!(trap_kind(run::<(), ()>(&wat, ())), TrapKind::TableOutOfBounds, "{body}");
    }
    let wat = "(module (table 1 funcref) (elem (i32.const 1) $f) (func $f))";
    assert_eq!(trap_kind(instantiate(wat).map(|_| ())), TrapKind::TableOutOfBounds);
}
