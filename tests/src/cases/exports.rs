//! Guest functions that hosts call, below the calling convention.

use hostheap_core::error::LinkError;
use hostheap_core::{Context, Export, Result, for_each_arity, types};

use crate::expect;
use crate::rig::{B, Raw};
use crate::subject::Subject;

/// Guest functions of 0 to 16 parameters get each of them, in order.
pub fn guest_functions_of_every_arity_get_their_parameters_in_order<S: Subject>() {
    macro_rules! arity {
        ($($A:ident)*) => {{
            let names: &[&str] = &[$(stringify!($A)),*];
            let params = vec!["i64"; names.len()].join(" ");
            // ((1 * 10 + first) * 10 + second) …
            let body = (0..names.len()).fold("(i64.const 1)".to_owned(), |sum, i| {
                format!("(i64.add (i64.mul {sum} (i64.const 10)) (local.get {i}))")
            });
            let wat = format!(
                r#"(module (func (export "go") (param {params}) (result i64) {body}))"#
            );
            let mut raw = Raw::<S>::new(&wat);
            #[allow(unused_mut, reason = "nothing to count without parameters")]
            let mut next = 0;
            let result = raw.call::<($(arity!(@i64 $A),)*), i64>("go", ($({
                let _ = stringify!($A);
                next += 1;
                next % 10
            },)*));
            let expected = (1..=next).fold(1, |sum, parameter| sum * 10 + parameter % 10);
            assert_eq!(result.unwrap(), expected, "{} parameters", names.len());
        }};
        (@i64 $A:ident) => { i64 };
    }
    for_each_arity!(arity);
}

const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (global (export "g") i32 (i32.const 1))
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "swap") (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
    (func (export "four") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
        (i32.sub (local.get 0) (i32.const 1))
        (i64.sub (local.get 1) (i64.const 1))
        (f32.neg (local.get 2))
        (f64.neg (local.get 3)))
    (func $add (export "add") (export "plus") (param f32 f64) (result f64)
        (f64.add (f64.promote_f32 (local.get 0)) (local.get 1)))
    (func (export "eight") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
        (i32.sub (local.get 7) (local.get 0)))
    (func (export "sixteen")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
        (i32.sub (local.get 15) (local.get 8))))"#;

/// Integers of both widths go in and out at their extremes.
pub fn integers_keep_their_extremes<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    for value in [0, 1, -1, i32::MIN, i32::MAX] {
        assert_eq!(raw.call::<(i32,), i32>("i32", (value,)).unwrap(), value);
    }
    for value in [0, 1, -1, i64::MIN, i64::MAX, 1 << 32] {
        assert_eq!(raw.call::<(i64,), i64>("i64", (value,)).unwrap(), value);
    }
}

/// Unsigned values are the same bits.
pub fn unsigned_values_are_the_same_bits<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_eq!(raw.call::<(u32,), u32>("i32", (u32::MAX,)).unwrap(), u32::MAX);
    assert_eq!(raw.call::<(u64,), u64>("i64", (u64::MAX,)).unwrap(), u64::MAX);
    assert_eq!(raw.call::<(i32,), i32>("i32", (-1,)).unwrap() as u32, u32::MAX);
}

/// Floats keep their bits, NaN and negative zero included.
pub fn floats_keep_their_bits<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    for bits in [0x8000_0000, 0x7f80_0000, 0x7fc0_0001, 0xffff_ffff, 1, 0x3f80_0000] {
        let value = f32::from_bits(bits);
        assert_eq!(raw.call::<(f32,), f32>("f32", (value,)).unwrap().to_bits(), bits);
    }
    for bits in [1 << 63, 0x7ff0 << 48, 0x7ff8_0000_0000_0001, u64::MAX, 1] {
        let value = f64::from_bits(bits);
        assert_eq!(raw.call::<(f64,), f64>("f64", (value,)).unwrap().to_bits(), bits);
    }
}

/// Parameters of different types keep their places.
pub fn parameters_of_different_types_keep_their_places<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_eq!(raw.call::<(f32, f64), f64>("add", (0.5, 0.25)).unwrap(), 0.75);
}

/// Several results come in order, of all four types.
pub fn several_results_come_in_order<S: Subject>() {
    type Four = (i32, i64, f32, f64);
    let mut raw = Raw::<S>::new(WAT);
    assert_eq!(raw.call::<(i32, i32), (i32, i32)>("swap", (1, 2)).unwrap(), (2, 1));
    let result = raw.call::<Four, Four>("four", (i32::MIN, 0, 1.5, -2.5)).unwrap();
    assert_eq!(result, (i32::MAX, -1, -1.5, 2.5));
}

/// Eight and sixteen parameters of 32 bits keep their places.
pub fn many_narrow_parameters_keep_their_places<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let eight = raw
        .call::<(i32, i32, i32, i32, i32, i32, i32, i32), i32>("eight", (1, 2, 3, 4, 5, 6, 7, 80));
    assert_eq!(eight.unwrap(), 79);
    type Sixteen = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
    let sixteen = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 160);
    assert_eq!(raw.call::<Sixteen, i32>("sixteen", sixteen).unwrap(), 151);
}

/// One function has two names, and both do.
pub fn a_function_may_have_two_names<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    assert_eq!(raw.call::<(f32, f64), f64>("plus", (1.0, 2.0)).unwrap(), 3.0);
}

/// A handle works many times, and so does its clone.
pub fn a_handle_is_used_many_times<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let instance = raw.instance.clone();
    let func = <B<S> as Export<(i32,), i32>>::func(&mut raw.cx(), &instance, "i32").unwrap();
    let clone = func.clone();
    for value in 0..100 {
        let mut cx = raw.cx();
        assert_eq!(<B<S> as Export<(i32,), i32>>::call(&mut cx, &func, (value,)).unwrap(), value);
        assert_eq!(<B<S> as Export<(i32,), i32>>::call(&mut cx, &clone, (value,)).unwrap(), value);
    }
}

/// A handle outlives growth of memory and traps.
pub fn a_handle_outlives_growth_and_traps<S: Subject>() {
    let wat = r#"(module
        (memory (export "memory") 1 9)
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let mut raw = Raw::<S>::bound(wat);
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    let load = <B<S> as Export<(i32,), i32>>::func(&mut cx, &instance, "load").unwrap();
    let call = |cx: &mut _, at| <B<S> as Export<(i32,), i32>>::call(cx, &load, (at,));
    cx.write(65535, &[1]).unwrap();
    assert_eq!(call(&mut cx, 65535).unwrap(), 1);
    expect::trap(call(&mut cx, 65536));
    cx.grow(8 * 65536).unwrap();
    cx.write(65536, &[2]).unwrap();
    assert_eq!(call(&mut cx, 65535).unwrap(), 1);
    assert_eq!(call(&mut cx, 65536).unwrap(), 2);
}

/// A host function that a module exports again is called like its own.
pub fn an_import_that_is_exported_again_is_called<S: Subject>() {
    use hostheap_core::Import;
    let wat = r#"(module
        (import "host" "f" (func $f (param i32) (result i32)))
        (export "f" (func $f)))"#;
    let mut raw = Raw::<S>::with(wat, (), |linker| {
        let f = |_: crate::rig::Cx<'_, S, ()>, a: i32| Ok(a + 1);
        <B<S> as Import<(i32,), i32>>::import(linker, "host", "f", f).unwrap();
    });
    assert_eq!(raw.call::<(i32,), i32>("f", (1,)).unwrap(), 2);
}

fn missing<T>(result: Result<T>) -> (String, &'static str, Vec<String>) {
    match expect::link(result) {
        LinkError::MissingExport { name, kind, mut available } => {
            available.sort();
            (name, kind, available)
        }
        other => panic!("{other:?}"),
    }
}

/// A function that is not there is an error that names those that are.
pub fn a_missing_function_names_those_there_are<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let (name, kind, available) = missing(raw.call::<(), ()>("ad", ()));
    assert_eq!((name.as_str(), kind), ("ad", "function"));
    let functions = ["add", "eight", "f32", "f64", "four", "i32", "i64", "plus", "sixteen", "swap"];
    assert_eq!(available, functions);
}

/// A memory or a global is no function.
pub fn other_exports_are_no_functions<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    for name in ["memory", "g"] {
        let (missing, kind, available) = missing(raw.call::<(), ()>(name, ()));
        assert_eq!((missing.as_str(), kind), (name, "function"));
        assert!(!available.contains(&name.to_owned()));
    }
}

/// A memory that is not there, or is something else, is missing.
pub fn a_missing_memory_names_those_there_are<S: Subject>() {
    use hostheap_core::Runtime;
    let mut raw = Raw::<S>::new(WAT);
    let instance = raw.instance.clone();
    for name in ["mem", "add", "g"] {
        let bound = B::<S>::bind_memory(&mut raw.cx(), &instance, name);
        let (missing, kind, available) = missing(bound);
        assert_eq!((missing.as_str(), kind), (name, "memory"));
        assert_eq!(available, ["memory"]);
    }
    expect::unbound(raw.cx().memory());
}

/// A function of another type is refused, and both types are named.
pub fn a_function_of_another_type_names_both<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let wrong = |result: Result<()>| match expect::link(result) {
        LinkError::ExportType { name, expected, found } => {
            format!("{name}: {expected} not {found}")
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(raw.call::<(), ()>("i32", ())), "i32: () -> () not (i32) -> i32");
    let result = raw.call::<(i64,), i64>("i32", (1,)).map(|_| ());
    assert_eq!(wrong(result), "i32: (i64) -> i64 not (i32) -> i32");
    let result = raw.call::<(i32,), ()>("i32", (1,));
    assert_eq!(wrong(result), "i32: (i32) -> () not (i32) -> i32");
    let result = raw.call::<(i32, i32), i32>("swap", (1, 2)).map(|_| ());
    assert_eq!(wrong(result), "swap: (i32, i32) -> i32 not (i32, i32) -> (i32, i32)");
    let found = types::func_type::<(f32, f64), f64>().to_string();
    assert_eq!(wrong(raw.call::<(i32,), ()>("add", (1,))), format!("add: (i32) -> () not {found}"));
}
