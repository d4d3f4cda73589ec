//! Calls whose types are only known at run time.

use hostheap_core::error::LinkError;
use hostheap_core::{Result, Runtime, TrapKind, Value};

use crate::expect;
use crate::rig::{B, Raw, plugin};
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
