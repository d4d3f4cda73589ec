//! Types that do not fit: found before anything runs, with the prototypes that would do.

use hostheap_core::error::LinkError;

use crate::expect;
use crate::rig::{B, GuestOf, load, plugin, try_load, wasm};
use crate::subject::Subject;

const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "one") (param i32) (result i32) unreachable)
    (func (export "wide") (param i64) (result i64) unreachable))"#;

/// A scalar call of another type lists the one prototype that would do.
pub fn a_scalar_call_lists_its_prototype<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    let accepted = expect::signatures(plugin.func::<(u8,), u64>("one"));
    let [(ty, prototype)] = accepted.as_slice() else { panic!("{accepted:?}") };
    assert_eq!(ty.to_string(), "(i32) -> i64");
    assert_eq!(prototype, "uint64_t one(uint8_t)");
    let accepted = expect::signatures(plugin.func::<(), ()>("one"));
    assert_eq!(accepted[0].1, "void one(void)");
    assert!(!plugin.guest().is_poisoned());
}

/// A text result lists all three shapes.
pub fn a_text_result_lists_its_three_shapes<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    let accepted = expect::signatures(plugin.func::<(&str,), String>("one"));
    let types: Vec<_> = accepted.iter().map(|(ty, _)| ty.to_string()).collect();
    assert_eq!(types, ["(i32, i32) -> i64", "(i32, i32, i32) -> ()", "(i32, i32) -> (i32, i32)"]);
    for (_, prototype) in accepted {
        assert!(prototype.contains(" one(const char *, size_t)"), "{prototype}");
    }
}

/// The error says what the export is, and calls and handles agree on it.
pub fn calls_and_handles_agree_on_a_wrong_type<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    let call = plugin.call::<_, i32>("wide", (1i32,)).unwrap_err();
    let func = plugin.func::<(i32,), i32>("wide").unwrap_err();
    assert_eq!(call.to_string(), func.to_string());
    assert!(call.to_string().contains("`wide` has type (i64) -> i64"), "{call}");
}

/// A missing export names similar ones.
pub fn a_missing_export_names_similar_ones<S: Subject>() {
    let mut plugin = load::<S>(&crate::guests::wasm("greeter"));
    match expect::link(plugin.call::<_, String>("gret", ("x",))) {
        LinkError::MissingExport { name, kind, available } => {
            assert_eq!((name.as_str(), kind), ("gret", "function"));
            assert!(available.contains(&"greet".to_owned()), "{available:?}");
        }
        other => panic!("{other:?}"),
    }
    expect::link(plugin.call::<_, ()>("memory", ()));
}

/// An import whose type suits no shape of the host function lists those that would.
pub fn an_import_of_another_type_lists_the_shapes<S: Subject>() {
    let wasm = wasm(
        r#"(module
            (import "host" "lookup" (func (param i32) (result i32)))
            (memory 1))"#,
    );
    let plugin = try_load::<S, ()>(&wasm, (), |linker| {
        linker.func("host", "lookup", |_: &mut GuestOf<'_, S>, key: String| key).unwrap();
    });
    let accepted = expect::signatures(plugin);
    let types: Vec<_> = accepted.iter().map(|(ty, _)| ty.to_string()).collect();
    assert_eq!(types, ["(i32, i32, i32) -> ()", "(i32, i32) -> i64", "(i32, i32) -> (i32, i32)"]);
    assert!(accepted[0].1.contains(" lookup(const char *, size_t)"));
}

/// A scalar host function lists its one prototype.
pub fn a_scalar_import_lists_its_prototype<S: Subject>() {
    let wasm = wasm(r#"(module (import "host" "f" (func (param i64) (result i64))) (memory 1))"#);
    let plugin = try_load::<S, ()>(&wasm, (), |linker| {
        let f = |_: &mut GuestOf<'_, S>, a: i32, b: i32| a - b;
        linker.func("host", "f", f).unwrap();
    });
    match expect::link(plugin) {
        LinkError::ImportSignature { module, name, found, accepted } => {
            assert_eq!((module.as_str(), name.as_str()), ("host", "f"));
            assert_eq!(found.to_string(), "(i64) -> i64");
            assert_eq!(accepted[0].1, "int32_t f(int32_t, int32_t)");
        }
        other => panic!("{other:?}"),
    }
}

/// A plugin's host functions that are missing are reported all at once.
pub fn all_missing_host_functions_are_reported_at_once<S: Subject>() {
    let wasm = crate::guests::wasm("host_greeter");
    let problems = expect::imports(try_load::<S, ()>(&wasm, (), |_| {}));
    let mut names: Vec<_> = problems.iter().map(|problem| problem.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["log", "lookup", "now"]);
}

/// One name is registered once with the plugin layer too, and the first stays.
pub fn one_name_is_registered_once_for_plugins<S: Subject>() {
    let engine = S::plugin_engine();
    let mut linker = hostheap_core::Linker::<B<S>, ()>::new(&engine);
    linker.func("host", "f", |_: &mut GuestOf<'_, S>| 1i32).unwrap();
    let again = linker.func("host", "f", |_: &mut GuestOf<'_, S>| 2i32);
    let taken = LinkError::DuplicateImport { module: "host".into(), name: "f".into() };
    assert_eq!(expect::link(again.map(|_| ())), taken);
    let wasm = wasm(
        r#"(module
            (import "host" "f" (func $f (result i32)))
            (memory 1)
            (func (export "go") (result i32) (call $f)))"#,
    );
    let module = engine.load(&wasm).unwrap();
    let mut plugin = linker.instantiate(&module, ()).unwrap();
    assert_eq!(plugin.call::<_, i32>("go", ()).unwrap(), 1);
}
