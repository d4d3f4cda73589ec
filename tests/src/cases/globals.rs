//! Exported globals.

use hostheap_core::error::LinkError;
use hostheap_core::{Result, Runtime, ValType, Value};

use crate::expect;
use crate::rig::{B, Raw, plugin};
use crate::subject::Subject;

const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (global $a (export "a") (mut i32) (i32.const -1))
    (global $b (export "b") (mut i64) (i64.const 0x7fffffffffffffff))
    (global $c (export "c") (mut f32) (f32.const 1.5))
    (global $d (export "d") (mut f64) (f64.const -0.0))
    (global (export "fixed") i32 (i32.const 7))
    (global (export "table") funcref (ref.null func))
    (func (export "get_a") (result i32) (global.get $a))
    (func (export "get_b") (result i64) (global.get $b))
    (func (export "get_c") (result f32) (global.get $c))
    (func (export "get_d") (result f64) (global.get $d))
    (func (export "set_a") (param i32) (global.set $a (local.get 0)))
    (func (export "c_bits") (result i32) (i32.reinterpret_f32 (global.get $c)))
    (func (export "d_bits") (result i64) (i64.reinterpret_f64 (global.get $d))))"#;

fn get<S: Subject>(raw: &mut Raw<S>, name: &str) -> Result<Value> {
    let instance = raw.instance.clone();
    B::<S>::global(&mut raw.cx(), &instance, name)
}

fn set<S: Subject>(raw: &mut Raw<S>, name: &str, value: Value) -> Result<()> {
    let instance = raw.instance.clone();
    B::<S>::set_global(&mut raw.cx(), &instance, name, value)
}

/// Each type of number is read with its type.
pub fn globals_of_each_type_are_read<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_eq!(get(&mut raw, "a").unwrap(), Value::I32(-1));
    assert_eq!(get(&mut raw, "b").unwrap(), Value::I64(i64::MAX));
    assert_eq!(get(&mut raw, "c").unwrap(), Value::F32(1.5));
    match get(&mut raw, "d").unwrap() {
        Value::F64(zero) => assert_eq!(zero.to_bits(), (-0.0f64).to_bits()),
        other => panic!("{other:?}"),
    }
    assert_eq!(get(&mut raw, "fixed").unwrap(), Value::I32(7));
}

/// Each type of number is set, and the guest sees it.
pub fn globals_of_each_type_are_set<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    set(&mut raw, "a", Value::I32(i32::MIN)).unwrap();
    set(&mut raw, "b", Value::I64(-2)).unwrap();
    set(&mut raw, "c", Value::F32(f32::INFINITY)).unwrap();
    set(&mut raw, "d", Value::F64(f64::MIN_POSITIVE)).unwrap();
    assert_eq!(raw.call::<(), i32>("get_a", ()).unwrap(), i32::MIN);
    assert_eq!(raw.call::<(), i64>("get_b", ()).unwrap(), -2);
    assert_eq!(raw.call::<(), f32>("get_c", ()).unwrap(), f32::INFINITY);
    assert_eq!(raw.call::<(), f64>("get_d", ()).unwrap(), f64::MIN_POSITIVE);
    assert_eq!(get(&mut raw, "a").unwrap(), Value::I32(i32::MIN));
}

/// What the guest sets, the host reads.
pub fn the_host_sees_what_the_guest_sets<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    raw.call::<(i32,), ()>("set_a", (99,)).unwrap();
    assert_eq!(get(&mut raw, "a").unwrap(), Value::I32(99));
}

/// A NaN keeps its bits on the way in and on the way out.
pub fn nan_bits_survive_in_globals<S: Subject>() {
    let (quiet, payload) = (0x7fc0_0000_u32, 0xffc1_2345_u32);
    let mut raw = Raw::<S>::new(WAT);
    for bits in [quiet, payload] {
        set(&mut raw, "c", Value::F32(f32::from_bits(bits))).unwrap();
        assert_eq!(raw.call::<(), i32>("c_bits", ()).unwrap() as u32, bits);
        match get(&mut raw, "c").unwrap() {
            Value::F32(v) => assert_eq!(v.to_bits(), bits),
            other => panic!("{other:?}"),
        }
    }
    let bits = 0xfff8_0000_dead_beef_u64;
    set(&mut raw, "d", Value::F64(f64::from_bits(bits))).unwrap();
    assert_eq!(raw.call::<(), i64>("d_bits", ()).unwrap() as u64, bits);
    match get(&mut raw, "d").unwrap() {
        Value::F64(v) => assert_eq!(v.to_bits(), bits),
        other => panic!("{other:?}"),
    }
}

/// A global that is not mutable is not set.
pub fn an_immutable_global_is_not_set<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let error = expect::link(set(&mut raw, "fixed", Value::I32(8)));
    assert_eq!(error, LinkError::ImmutableGlobal { name: "fixed".into() });
    assert_eq!(get(&mut raw, "fixed").unwrap(), Value::I32(7));
}

/// A value of another type is refused, and both types are named.
pub fn a_value_of_another_type_is_refused<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let cases = [
        ("a", Value::I64(1), ValType::I64, ValType::I32),
        ("b", Value::I32(1), ValType::I32, ValType::I64),
        ("c", Value::F64(1.0), ValType::F64, ValType::F32),
        ("d", Value::F32(1.0), ValType::F32, ValType::F64),
    ];
    for (name, value, expected, found) in cases {
        let error = expect::link(set(&mut raw, name, value));
        assert_eq!(error, LinkError::GlobalType { name: name.into(), expected, found });
    }
    assert_eq!(get(&mut raw, "a").unwrap(), Value::I32(-1));
    assert_eq!(get(&mut raw, "b").unwrap(), Value::I64(i64::MAX));
}

#[track_caller]
fn assert_missing(error: LinkError, missing: &str) {
    match error {
        LinkError::MissingExport { name, kind, mut available } => {
            assert_eq!(name, missing);
            assert!(kind.ends_with("global"), "{kind}");
            available.retain(|name| name != "table");
            available.sort();
            assert_eq!(available, ["a", "b", "c", "d", "fixed"]);
        }
        other => panic!("{other:?}"),
    }
}

/// A global that is not there is an error that names those that are.
pub fn a_missing_global_names_those_there_are<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_missing(expect::link(get(&mut raw, "e")), "e");
    assert_missing(expect::link(set(&mut raw, "e", Value::I32(1))), "e");
}

/// An export of the name that is no global is as good as missing.
pub fn a_function_is_no_global<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_missing(expect::link(get(&mut raw, "get_a")), "get_a");
    assert_missing(expect::link(set(&mut raw, "memory", Value::I32(1))), "memory");
}

/// A global that holds a reference is no number and cannot be read as one.
pub fn a_reference_global_is_no_number<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_missing(expect::link(get(&mut raw, "table")), "table");
    match expect::link(set(&mut raw, "table", Value::I32(1))) {
        LinkError::GlobalType { found: ValType::Ref, expected: ValType::I32, .. } => {}
        other => panic!("{other:?}"),
    }
}

/// The plugin layer reads and sets globals too.
pub fn a_plugins_globals_are_read_and_set<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    let mut guest = plugin.guest();
    assert_eq!(guest.global("a").unwrap(), Value::I32(-1));
    guest.set_global("a", Value::I32(3)).unwrap();
    assert_eq!(guest.global("a").unwrap(), Value::I32(3));
    drop(guest);
    assert_eq!(plugin.call::<_, i32>("get_a", ()).unwrap(), 3);
}
