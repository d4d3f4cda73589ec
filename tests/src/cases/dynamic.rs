//! Calls whose types are only known at run time.

use hostheap_core::error::{LinkError, Mismatch, TableError};
use hostheap_core::{Context, Error, FuncType, Result, Runtime, TrapKind, ValType, Value};

use crate::expect;
use crate::rig::{B, Cx, Raw, plugin};
use crate::subject::Subject;

const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "nothing"))
    (func (export "four") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        (local.get 3) (local.get 2) (local.get 1) (local.get 0))
    (func (export "ref") (result funcref) (ref.null func))
    (func (export "trap") unreachable))"#;

fn call<S: Subject>(raw: &mut Raw<S>, name: &str, arguments: &[Value]) -> Result<Vec<Value>> {
    let instance = raw.instance.clone();
    B::<S>::call_dynamic(&mut raw.cx(), &instance, name, arguments)
}

const FOUR: [Value; 4] = [Value::I32(-1), Value::I64(i64::MIN), Value::F32(0.5), Value::F64(-0.0)];

/// Values of all four types go in and come out.
pub fn values_of_all_types_go_in_and_come_out<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert!(call(&mut raw, "nothing", &[]).unwrap().is_empty());
    let mut back = call(&mut raw, "four", &FOUR).unwrap();
    back.reverse();
    assert_eq!(back, FOUR);
    let bits = 0xffc1_2345;
    let nan = [Value::I32(0), Value::I64(0), Value::F32(f32::from_bits(bits)), Value::F64(1.0)];
    match call(&mut raw, "four", &nan).unwrap()[1] {
        Value::F32(v) => assert_eq!(v.to_bits(), bits),
        other => panic!("{other:?}"),
    }
}

/// Arguments of other types, or too few or many, are refused before the guest runs.
pub fn arguments_of_other_types_are_refused<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let mut wrong = FOUR;
    wrong.swap(0, 1);
    for arguments in [&FOUR[..3], &[], &wrong, &[FOUR[0]; 5]] {
        match expect::link(call(&mut raw, "four", arguments)) {
            LinkError::ExportType { name, found, .. } => {
                assert_eq!(name, "four");
                assert_eq!(found.to_string(), "(i32, i64, f32, f64) -> (f64, f32, i64, i32)");
            }
            other => panic!("{other:?}"),
        }
    }
    expect::link(call(&mut raw, "trap", &[Value::I32(1)]));
}

/// A function that returns a reference cannot be called.
pub fn a_reference_result_is_refused<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert!(matches!(
        expect::link(call(&mut raw, "ref", &[])),
        LinkError::ExportType { name, .. } if name == "ref"
    ));
}

/// Missing exports, traps and other stores are what they are for typed calls.
pub fn a_dynamic_call_fails_like_a_typed_one<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert!(matches!(
        expect::link(call(&mut raw, "missing", &[])),
        LinkError::MissingExport { kind: "function", .. }
    ));
    assert!(matches!(
        expect::link(call(&mut raw, "memory", &[])),
        LinkError::MissingExport { kind: "function", .. }
    ));
    assert_eq!(expect::trap(call(&mut raw, "trap", &[])), TrapKind::Unreachable);
    let other = Raw::<S>::new(WAT);
    expect::mismatch(B::<S>::call_dynamic(&mut raw.cx(), &other.instance, "nothing", &[]));
}

/// The plugin layer calls dynamically with the same care for poison.
pub fn a_plugin_is_called_dynamically_with_the_same_care<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    let mut guest = plugin.guest();
    assert_eq!(guest.call_dynamic("four", &FOUR).unwrap().len(), 4);
    expect::link(guest.call_dynamic("four", &[]));
    expect::link(guest.call_dynamic("five", &[]));
    assert!(!guest.is_poisoned());
    expect::trap(guest.call_dynamic("trap", &[]));
    expect::poisoned(guest.call_dynamic("nothing", &[]));
}

/// A function is found once, by name or in the table, and called many times.
pub fn a_function_is_found_once_and_called_many_times<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    let four = B::<S>::dyn_func(&mut cx, &instance, "four").unwrap();
    assert!(B::<S>::dyn_belongs(&cx, &four));
    let ty = B::<S>::dyn_type(&cx, &four).unwrap();
    assert_eq!(ty.to_string(), "(i32, i64, f32, f64) -> (f64, f32, i64, i32)");
    let mut results = [Value::F32(1.0); 4];
    for _ in 0..2 {
        B::<S>::dyn_call(&mut cx, &four, &FOUR, &mut results).unwrap();
        results.reverse();
        assert_eq!(results, FOUR);
    }
    let mut raw = wide::<S>();
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    B::<S>::bind_table(&mut cx, &instance, "table").unwrap();
    let sum = B::<S>::dyn_func_at(&mut cx, 1).unwrap();
    let params: Vec<_> = (1..=20).map(Value::I64).collect();
    let mut results = [Value::I64(0); 2];
    B::<S>::dyn_call(&mut cx, &sum, &params, &mut results).unwrap();
    assert_eq!(results, [Value::I64(1), Value::I64(20)], "more values than typed calls have");
    assert_eq!(expect::table(B::<S>::dyn_func_at(&mut cx, 0)), TableError::Null { index: 0 });
    let far = TableError::OutOfBounds { index: 2, size: 2 };
    assert_eq!(expect::table(B::<S>::dyn_func_at(&mut cx, 2)), far);
}

/// A function of twenty parameters, at place 1 of a table.
fn wide<S: Subject>() -> Raw<S> {
    let params = "i64 ".repeat(20);
    Raw::<S>::new(&format!(
        r#"(module
            (table (export "table") 2 funcref)
            (elem (i32.const 1) $wide)
            (func $wide (param {params}) (result i64 i64) (local.get 0) (local.get 19)))"#
    ))
}

/// Values of other types, too few and too many are refused before the guest runs.
pub fn dynamic_values_must_fit<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    let four = B::<S>::dyn_func(&mut cx, &instance, "four").unwrap();
    let mut wrong = FOUR;
    wrong.swap(0, 1);
    let mut results = [Value::I32(0); 4];
    for params in [&FOUR[..3], &[], &wrong, &[FOUR[0]; 5]] {
        expect::runtime(B::<S>::dyn_call(&mut cx, &four, params, &mut results));
    }
    let trap = B::<S>::dyn_func(&mut cx, &instance, "trap").unwrap();
    expect::runtime(B::<S>::dyn_call(&mut cx, &trap, &[], &mut results[..1]));
    expect::runtime(B::<S>::dyn_call(&mut cx, &four, &FOUR, &mut results[..3]));
    assert_eq!(expect::trap(B::<S>::dyn_call(&mut cx, &trap, &[], &mut [])), TrapKind::Unreachable);
    let mut other = Raw::<S>::new(WAT);
    let mut cx = other.cx();
    assert!(!B::<S>::dyn_belongs(&cx, &four));
    let mismatch = Mismatch::FunctionOfOtherStore;
    assert_eq!(expect::mismatch(B::<S>::dyn_type(&cx, &four)), mismatch);
    let call = B::<S>::dyn_call(&mut cx, &four, &FOUR, &mut results);
    assert_eq!(expect::mismatch(call), mismatch);
}

const CALLER: &str = r#"(module
    (type $ty (func (param i32 i64 f32 f64) (result f64 f32 i64 i32)))
    (import "host" "swap" (func $swap (type $ty)))
    (table (export "table") 2 funcref)
    (func (export "go") (type $ty)
        (call $swap (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "go_by_table") (type $ty)
        (call_indirect (type $ty) (local.get 0) (local.get 1) (local.get 2) (local.get 3)
            (i32.const 1))))"#;

fn swap_type() -> FuncType {
    let [a, b, c, d] = FOUR.map(Value::ty);
    FuncType::new([a, b, c, d], [d, c, b, a])
}

/// Host functions of types known at run time are called by import and by table, and their errors
/// are what comes out.
pub fn a_dynamic_host_function_is_called<S: Subject>() {
    let mut raw = Raw::<S, u32>::with(CALLER, 0, |linker| {
        let swap = |mut cx: Cx<'_, S, u32>, params: &[Value], results: &mut [Value]| {
            *cx.state_mut() += 1;
            let zero: Vec<_> = FOUR.iter().rev().map(|v| Value::zero(v.ty()).unwrap()).collect();
            assert_eq!(results, zero, "of the right types, and nothing left over");
            if params[0] == Value::I32(0) {
                return Err(Error::host("zero"));
            }
            results.copy_from_slice(params);
            if params[0] != Value::I32(7) {
                results.reverse();
            }
            Ok(())
        };
        B::<S>::dyn_import::<u32, _>(linker, "host", "swap", &swap_type(), swap).unwrap();
        let again = |_: Cx<'_, S, u32>, _: &[Value], _: &mut [Value]| Ok(());
        let error = B::<S>::dyn_import::<u32, _>(linker, "host", "swap", &swap_type(), again);
        assert!(matches!(expect::link(error), LinkError::DuplicateImport { .. }));
    });
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    let mut go = |name: &str, first: i32| {
        let mut arguments = FOUR;
        arguments[0] = Value::I32(first);
        B::<S>::call_dynamic(&mut cx, &instance, name, &arguments)
    };
    let mut back = go("go", -1).unwrap();
    back.reverse();
    assert_eq!(back, FOUR);
    assert_eq!(expect::host(go("go", 0)).to_string(), "zero");
    // Results of other types are the host's mistake, and no harm to the guest's types.
    expect::runtime(go("go", 7));

    let table = instance.clone();
    B::<S>::bind_table(&mut cx, &table, "table").unwrap();
    let swap = |_: Cx<'_, S, u32>, params: &[Value], results: &mut [Value]| {
        results.copy_from_slice(params);
        results.reverse();
        Ok(())
    };
    let function = B::<S>::dyn_function::<u32, _>(&mut cx, &swap_type(), swap).unwrap();
    B::<S>::table_set(&mut cx, 1, Some(&function)).unwrap();
    assert_eq!(B::<S>::table_func_type(&mut cx, 1).unwrap(), swap_type());
    let mut back = B::<S>::call_dynamic(&mut cx, &instance, "go_by_table", &FOUR).unwrap();
    back.reverse();
    assert_eq!(back, FOUR);
    assert_eq!(*cx.state(), 3);
}

/// Host functions have numbers only.
pub fn a_dynamic_host_function_takes_numbers_only<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let f = |_: Cx<'_, S, ()>, _: &[Value], _: &mut [Value]| Ok(());
    for ty in [FuncType::new([ValType::V128], []), FuncType::new([], [ValType::Ref])] {
        expect::unsupported(B::<S>::dyn_function::<(), _>(&mut raw.cx(), &ty, f));
        let mut linker = B::<S>::linker::<()>(&raw.engine);
        expect::unsupported(B::<S>::dyn_import::<(), _>(&mut linker, "host", "f", &ty, f));
    }
}
