//! Host functions that guests call, below the calling convention.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hostheap_core::error::LinkError;
use hostheap_core::link::ImportType;
use hostheap_core::{Context, Import, Runtime, for_each_arity, types};

use crate::expect;
use crate::rig::{B, Cx, Raw, RawLinker};
use crate::subject::Subject;

/// A module that passes its parameters on to `host.f`, and what that returns back.
fn forwarding(params: &str, results: &str) -> String {
    let arguments: String =
        (0..params.split_whitespace().count()).map(|i| format!("(local.get {i})")).collect();
    format!(
        r#"(module
            (import "host" "f" (func $f (param {params}) (result {results})))
            (func (export "go") (param {params}) (result {results}) (call $f {arguments})))"#
    )
}

/// A host function of no parameters and no result is called.
pub fn a_host_function_without_parameters_is_called<S: Subject>() {
    let mut raw = Raw::<S, u32>::with(&forwarding("", ""), 0, |linker| {
        let f = |mut cx: Cx<'_, S, u32>| {
            *cx.state_mut() += 1;
            Ok(())
        };
        <B<S> as Import<(), ()>>::import(linker, "host", "f", f).unwrap();
    });
    raw.call::<(), ()>("go", ()).unwrap();
    raw.call::<(), ()>("go", ()).unwrap();
    assert_eq!(*raw.cx().state(), 2);
}

/// Host functions of 0 to 16 parameters get each of them, in order.
pub fn host_functions_of_every_arity_get_their_parameters_in_order<S: Subject>() {
    macro_rules! arity {
        ($($A:ident)*) => {{
            let names: &[&str] = &[$(stringify!($A)),*];
            let wide = vec!["i64"; names.len()].join(" ");
            let mut raw = Raw::<S>::with(&forwarding(&wide, "i64"), (), |linker| {
                #[allow(non_snake_case, reason = "type names double as value names")]
                let f = |_: Cx<'_, S, ()>, $($A: i64),*| {
                    let parameters: &[i64] = &[$($A),*];
                    // Each parameter in a decimal place of its own.
                    Ok(parameters.iter().fold(1, |sum, parameter| sum * 10 + parameter))
                };
                <B<S> as Import<($(arity!(@i64 $A),)*), i64>>::import(linker, "host", "f", f)
                    .unwrap();
            });
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

/// All four types arrive as they are, and a result of each is returned.
pub fn parameters_of_all_four_types_arrive<S: Subject>() {
    let mut raw = Raw::<S>::with(&forwarding("i32 i64 f32 f64", "f64"), (), |linker| {
        let f = |_: Cx<'_, S, ()>, a: i32, b: i64, c: f32, d: f64| {
            Ok(f64::from(a) + b as f64 * 10.0 + f64::from(c) * 100.0 + d * 1000.0)
        };
        <B<S> as Import<(i32, i64, f32, f64), f64>>::import(linker, "host", "f", f).unwrap();
    });
    let result = raw.call::<(i32, i64, f32, f64), f64>("go", (-1, 2, 0.5, -0.25)).unwrap();
    assert_eq!(result, -1.0 + 20.0 + 50.0 - 250.0);
}

/// Four results of four types reach the guest in order.
pub fn results_of_all_four_types_are_returned<S: Subject>() {
    type Four = (i32, i64, f32, f64);
    let mut raw = Raw::<S>::with(&forwarding("i32 i64 f32 f64", "i32 i64 f32 f64"), (), |linker| {
        let f = |_: Cx<'_, S, ()>, a: i32, b: i64, c: f32, d: f64| -> hostheap_core::Result<Four> {
            Ok((a.wrapping_add(1), b.wrapping_add(1), c + 1.0, d + 1.0))
        };
        <B<S> as Import<Four, Four>>::import(linker, "host", "f", f).unwrap();
    });
    let result = raw.call::<Four, Four>("go", (i32::MAX, -1, -1.5, 1e300)).unwrap();
    assert_eq!(result, (i32::MIN, 0, -0.5, 1e300));
}

/// Two results keep their order.
pub fn two_results_keep_their_order<S: Subject>() {
    let mut raw = Raw::<S>::with(&forwarding("i32 i32", "i32 i32"), (), |linker| {
        let swap = |_: Cx<'_, S, ()>, a: i32, b: i32| Ok((b, a));
        <B<S> as Import<(i32, i32), (i32, i32)>>::import(linker, "host", "f", swap).unwrap();
    });
    assert_eq!(raw.call::<(i32, i32), (i32, i32)>("go", (1, 2)).unwrap(), (2, 1));
}

/// Unsigned parameters and results are the same bits.
pub fn unsigned_parameters_are_the_same_bits<S: Subject>() {
    let mut raw = Raw::<S>::with(&forwarding("i32", "i32"), (), |linker| {
        let f = |_: Cx<'_, S, ()>, a: u32| {
            assert_eq!(a, u32::MAX);
            Ok(a - 1)
        };
        <B<S> as Import<(u32,), u32>>::import(linker, "host", "f", f).unwrap();
    });
    assert_eq!(raw.call::<(i32,), i32>("go", (-1,)).unwrap(), -2);
    let mut raw = Raw::<S>::with(&forwarding("i64", "i64"), (), |linker| {
        let f = |_: Cx<'_, S, ()>, a: u64| Ok(a - 1);
        <B<S> as Import<(u64,), u64>>::import(linker, "host", "f", f).unwrap();
    });
    assert_eq!(raw.call::<(i64,), i64>("go", (i64::MIN,)).unwrap(), i64::MAX);
}

/// A NaN keeps its bits through a host function.
pub fn nan_bits_survive_host_functions<S: Subject>() {
    let bits = 0xfff8_0000_0bad_cafe_u64;
    let mut raw = Raw::<S>::with(&forwarding("f64", "f64"), (), |linker| {
        let f = move |_: Cx<'_, S, ()>, a: f64| {
            assert_eq!(a.to_bits(), bits);
            Ok(a)
        };
        <B<S> as Import<(f64,), f64>>::import(linker, "host", "f", f).unwrap();
    });
    let result = raw.call::<(f64,), f64>("go", (f64::from_bits(bits),)).unwrap();
    assert_eq!(result.to_bits(), bits);
    let bits = 0xffc1_2345_u32;
    let mut raw = Raw::<S>::with(&forwarding("f32", "f32"), (), |linker| {
        let f = |_: Cx<'_, S, ()>, a: f32| Ok(a);
        <B<S> as Import<(f32,), f32>>::import(linker, "host", "f", f).unwrap();
    });
    let result = raw.call::<(f32,), f32>("go", (f32::from_bits(bits),)).unwrap();
    assert_eq!(result.to_bits(), bits);
}

/// What a closure owns, it keeps from call to call and from instance to instance.
pub fn a_host_function_keeps_what_it_captured<S: Subject>() {
    let calls = Arc::new(AtomicU32::new(0));
    let counter = calls.clone();
    let mut raw = Raw::<S>::with(&forwarding("", "i32"), (), move |linker| {
        let f = move |_: Cx<'_, S, ()>| Ok(counter.fetch_add(1, Ordering::Relaxed) as i32);
        <B<S> as Import<(), i32>>::import(linker, "host", "f", f).unwrap();
    });
    assert_eq!(raw.call::<(), i32>("go", ()).unwrap(), 0);
    assert_eq!(raw.call::<(), i32>("go", ()).unwrap(), 1);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    drop(raw);
    assert_eq!(Arc::strong_count(&calls), 1, "a dropped store keeps no host function");
}

/// A host function reads and writes its caller's memory in mid-call.
pub fn a_host_function_works_on_its_callers_memory<S: Subject>() {
    let wat = r#"(module
        (import "host" "upper" (func $upper (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 64) "shout")
        (func (export "go") (result i32)
            (call $upper (i32.const 64) (i32.const 5))
            (i32.load8_u (i32.const 68))))"#;
    let mut raw = Raw::<S>::with(wat, (), |linker| {
        let upper = |mut cx: Cx<'_, S, ()>, offset: i32, len: i32| {
            cx.bytes_mut(offset as u32, len as u32)?.make_ascii_uppercase();
            Ok(())
        };
        <B<S> as Import<(i32, i32), ()>>::import(linker, "host", "upper", upper).unwrap();
    })
    .bind();
    assert_eq!(raw.call::<(), i32>("go", ()).unwrap(), i32::from(b'T'));
    assert_eq!(raw.cx().bytes(64, 5).unwrap(), b"SHOUT");
}

/// A host function is called through the guest's table as well.
pub fn a_host_function_is_called_through_a_table<S: Subject>() {
    let wat = r#"(module
        (type $t (func (param i32) (result i32)))
        (import "host" "f" (func $f (type $t)))
        (table 1 funcref)
        (elem (i32.const 0) $f)
        (func (export "go") (param i32) (result i32)
            (call_indirect (type $t) (local.get 0) (i32.const 0))))"#;
    let mut raw = Raw::<S>::with(wat, (), double::<S>);
    assert_eq!(raw.call::<(i32,), i32>("go", (21,)).unwrap(), 42);
}

fn double<S: Subject>(linker: &mut RawLinker<S, ()>) {
    let f = |_: Cx<'_, S, ()>, a: i32| Ok(a * 2);
    <B<S> as Import<(i32,), i32>>::import(linker, "host", "f", f).unwrap();
}

/// A module may import one function twice.
pub fn one_function_can_be_imported_twice<S: Subject>() {
    let wat = r#"(module
        (import "host" "f" (func $f (param i32) (result i32)))
        (import "host" "f" (func $g (param i32) (result i32)))
        (func (export "go") (param i32) (result i32) (call $g (call $f (local.get 0)))))"#;
    let mut raw = Raw::<S>::with(wat, (), double::<S>);
    assert_eq!(raw.call::<(i32,), i32>("go", (10,)).unwrap(), 40);
}

/// Names are told apart by both of their parts, and may be any text.
pub fn names_may_be_any_text<S: Subject>() {
    let wat = r#"(module
        (import "" "" (func $a (result i32)))
        (import "" "höst" (func $b (result i32)))
        (import "höst" "" (func $c (result i32)))
        (func (export "") (result i32)
            (i32.add (call $a) (i32.add (call $b) (call $c)))))"#;
    let mut raw = Raw::<S>::with(wat, (), |linker| {
        for (module, name, value) in [("", "", 1), ("", "höst", 10), ("höst", "", 100)] {
            let f = move |_: Cx<'_, S, ()>| Ok(value);
            <B<S> as Import<(), i32>>::import(linker, module, name, f).unwrap();
        }
    });
    assert_eq!(raw.call::<(), i32>("", ()).unwrap(), 111);
}

/// A second function of one name is refused, and the first stays.
pub fn a_name_is_registered_once<S: Subject>() {
    let mut raw = Raw::<S>::with(&forwarding("i32", "i32"), (), |linker| {
        double::<S>(linker);
        let other = |_: Cx<'_, S, ()>, a: i32| Ok(a * 3);
        let again = <B<S> as Import<(i32,), i32>>::import(linker, "host", "f", other);
        let taken = LinkError::DuplicateImport { module: "host".into(), name: "f".into() };
        assert_eq!(expect::link(again), taken);
        // Not with another type either.
        let again =
            <B<S> as Import<(), ()>>::import(linker, "host", "f", |_: Cx<'_, S, ()>| Ok(()));
        assert_eq!(expect::link(again), taken);
    });
    assert_eq!(raw.call::<(i32,), i32>("go", (7,)).unwrap(), 14);
}

/// Host functions that a module does not import are no error.
pub fn unused_host_functions_are_fine<S: Subject>() {
    let mut raw = Raw::<S>::with(r#"(module (func (export "go")))"#, (), double::<S>);
    raw.call::<(), ()>("go", ()).unwrap();
}

/// Everything that is missing or of another type is reported, not just the first.
pub fn every_import_that_does_not_fit_is_reported<S: Subject>() {
    let wat = r#"(module
        (import "host" "f" (func (param i64) (result i32)))
        (import "host" "missing" (func))
        (import "other" "f" (func (param i32) (result i32)))
        (import "host" "f" (func (param i32) (result i32))))"#;
    let problems = expect::imports(Raw::<S>::try_with(wat, (), double::<S>));
    let [wrong, missing, other] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((wrong.module.as_str(), wrong.name.as_str()), ("host", "f"));
    assert_eq!(wrong.wanted, ImportType::Func(types::func_type::<(i64,), i32>()));
    assert_eq!(wrong.offered, Some(types::func_type::<(i32,), i32>()));
    assert_eq!((missing.name.as_str(), &missing.offered), ("missing", &None));
    assert_eq!((other.module.as_str(), &other.offered), ("other", &None));
    let message = LinkError::Imports(problems).to_string();
    for part in ["`host.f` (i64) -> i32", "as (i32) -> i32", "`host.missing`", "`other.f`"] {
        assert!(message.contains(part), "{message}");
    }
}

/// An import with a wrong result alone is of another type.
pub fn a_result_of_another_type_does_not_fit<S: Subject>() {
    let wat = r#"(module (import "host" "f" (func (param i32) (result i64))))"#;
    let problems = expect::imports(Raw::<S>::try_with(wat, (), double::<S>));
    assert_eq!(problems[0].offered, Some(types::func_type::<(i32,), i32>()));
    let wat = r#"(module (import "host" "f" (func (param i32))))"#;
    assert_eq!(expect::imports(Raw::<S>::try_with(wat, (), double::<S>)).len(), 1);
}

/// Imports that are no functions are refused, each with its kind.
pub fn imports_that_are_no_functions_are_refused<S: Subject>() {
    let wat = r#"(module
        (import "host" "g" (global i32))
        (import "host" "t" (table 1 funcref))
        (import "host" "m" (memory 1)))"#;
    let problems = expect::imports(Raw::<S>::try_with(wat, (), |_| {}));
    // By name, since not every runtime keeps the order of imports of different kinds.
    let found: Vec<_> =
        problems.into_iter().map(|problem| (problem.name, problem.wanted)).collect();
    let expected = [("g", "global"), ("m", "memory"), ("t", "table")]
        .map(|(name, kind)| (name.to_owned(), ImportType::Other(kind)));
    assert_eq!(found, expected);
}

/// A host function may be dropped with the linker and still be called.
pub fn a_linked_module_outlives_its_linker<S: Subject>() {
    let engine = S::runtime_engine();
    let wasm = crate::rig::wasm(&forwarding("i32", "i32"));
    let linked = {
        let module = B::<S>::compile(&engine, &wasm).unwrap();
        let mut linker = B::<S>::linker::<()>(&engine);
        double::<S>(&mut linker);
        B::<S>::link(&linker, &module).unwrap()
    };
    let mut store = B::<S>::store(&engine, ()).unwrap();
    let instance = B::<S>::instantiate(&linked, &mut store).unwrap();
    drop(linked);
    let mut raw = Raw::<S> { engine, store, instance };
    assert_eq!(raw.call::<(i32,), i32>("go", (4,)).unwrap(), 8);
}
