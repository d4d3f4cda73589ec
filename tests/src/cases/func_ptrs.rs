//! The plugin's function pointers, called by the host.

use hostheap_core::convention::FuncPtr;
use hostheap_core::error::{ConventionError, LinkError, Mismatch, TableError};
use hostheap_core::{Error, Result, TrapKind};

use super::callbacks::callbacks;
use crate::expect;
use crate::guests;
use crate::rig::{GuestOf, PluginOf, plugin, plugin_with, try_load, wasm};
use crate::subject::Subject;

/// `int32_t (*)(int32_t)`.
type Unary = FuncPtr<(i32,), i32>;
/// `int32_t (*)(int32_t, int32_t)`.
type Binary = FuncPtr<(i32, i32), i32>;

/// A function pointer that the plugin passes is called by the host function.
pub fn a_pointer_as_an_argument_is_called<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    assert_eq!(plugin.call::<_, i32>("hand_out", (5,)).unwrap(), 105);
    assert_eq!(plugin.call::<_, i32>("hand_out", (-200,)).unwrap(), -100);
}

/// A function pointer that the plugin returns is called at any time later.
pub fn a_pointer_as_a_result_is_called<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let mut results = Vec::new();
    for sign in *b"+-*/" {
        let op: Binary = plugin.call("get_op", (sign,)).unwrap();
        results.push(op.call(&mut plugin, (7, 3)).unwrap());
    }
    assert_eq!(results, [10, 4, 21, 2]);
}

/// A pointer that may be NULL is an option.
pub fn a_null_pointer_is_none<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    assert!(plugin.call::<_, Option<Binary>>("get_op", (b'?',)).unwrap().is_none());
    let op: Option<Binary> = plugin.call("get_op", (b'*',)).unwrap();
    assert_eq!(op.expect("a function").call(&mut plugin, (6, 7)).unwrap(), 42);
}

/// NULL that was not expected is refused when it is called, and the plugin is whole.
pub fn calling_null_is_refused<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let op: Binary = plugin.call("get_op", (b'?',)).unwrap();
    assert_eq!(op.index(), 0);
    let error = expect::table(op.call(&mut plugin, (1, 2)));
    assert_eq!(error, TableError::Null { index: 0 });
    assert_eq!(expect::table(op.func(&mut plugin)), TableError::Null { index: 0 });
    assert!(!plugin.is_poisoned());
}

/// The plugin gets its own pointer back and calls it.
pub fn a_pointer_goes_back_to_the_plugin<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let minus: Binary = plugin.call("get_op", (b'-',)).unwrap();
    assert_eq!(plugin.call::<_, i32>("apply", (minus, 5, 8)).unwrap(), -3);
    assert_eq!(plugin.call::<_, u32>("index_of", (minus,)).unwrap(), minus.index());
    let same = FuncPtr::<(i32, i32), i32>::new(minus.index());
    assert_eq!(plugin.call::<_, i32>("apply", (same, 1, 1)).unwrap(), 0);
}

/// A function behind a pointer takes and gives text as an export does.
pub fn a_function_of_text_is_called<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let shout: FuncPtr<(&'static str,), String> = plugin.call("get_shout", ()).unwrap();
    let text = String::from("hello, wörld");
    assert_eq!(shout.call(&mut plugin, (&text,)).unwrap(), "HELLO, WöRLD");
    let long = "x".repeat(200_000);
    assert_eq!(shout.call(&mut plugin, (&long,)).unwrap(), "X".repeat(200_000));
    assert_eq!(shout.call(&mut plugin, ("",)).unwrap(), "");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A pointer is resolved once and called often.
pub fn a_pointer_is_resolved_once_and_called_often<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let plus: Binary = plugin.call("get_op", (b'+',)).unwrap();
    let plus = plus.func(&mut plugin).unwrap();
    let mut sum = 0;
    for n in 0..1000 {
        sum = plus.call(&mut plugin, (sum, n)).unwrap();
    }
    assert_eq!(sum, 499_500);
    let again = plus.clone();
    assert_eq!(again.call(&mut plugin.guest(), (1, 2)).unwrap(), 3);
}

/// Passes the host a function pointer, and repeats text.
const TEXT: &str = r#"(module
    (import "env" "malloc" (func $malloc (param i32) (result i32)))
    (import "host" "call" (func $call (param i32) (result i32)))
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 3 3 funcref)
    (elem (i32.const 1) $twice)
    (func $twice (param i32 i32) (result i64) (local i32)
        (local.set 2 (call $malloc (i32.mul (local.get 1) (i32.const 2))))
        (memory.copy (local.get 2) (local.get 0) (local.get 1))
        (memory.copy (i32.add (local.get 2) (local.get 1)) (local.get 0) (local.get 1))
        (i64.or
            (i64.shl (i64.extend_i32_u (local.get 2)) (i64.const 32))
            (i64.extend_i32_u (i32.mul (local.get 1) (i32.const 2)))))
    (func (export "go") (param i32) (result i32) (call $call (local.get 0))))"#;

/// A host function calls a function of text that it was passed.
pub fn a_host_function_calls_a_function_of_text<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(TEXT, (), |linker| {
        let call =
            |guest: &mut GuestOf<'_, S>, f: FuncPtr<(&'static str,), String>| -> Result<u32> {
                let f = f.func(guest)?;
                let mut text = String::from("ab");
                for _ in 0..10 {
                    text = f.call(guest, (&text,))?;
                }
                Ok(text.len() as u32)
            };
        linker.func("host", "call", call).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("go", (1u32,)).unwrap(), 2048);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A place of the table that was never set is no function.
pub fn an_empty_place_is_no_function<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(TEXT, (), |linker| {
        let call = |guest: &mut GuestOf<'_, S>, f: Unary| f.call(guest, (1,));
        linker.func("host", "call", call).unwrap();
    });
    let error = expect::table(plugin.call::<_, u32>("go", (2u32,)));
    assert_eq!(error, TableError::Null { index: 2 });
    plugin.guest().clear_poison();
    let error = expect::table(plugin.call::<_, u32>("go", (3u32,)));
    assert_eq!(error, TableError::OutOfBounds { index: 3, size: 3 });
}

/// A host function may be passed no function.
pub fn a_host_function_may_get_null<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(TEXT, (), |linker| {
        let call = |guest: &mut GuestOf<'_, S>,
                    f: Option<FuncPtr<(&'static str,), String>>|
         -> Result<i32> {
            f.map_or(Ok(-1), |f| Ok(f.call(guest, ("abc",))?.len() as i32))
        };
        linker.func("host", "call", call).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("go", (0u32,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i32>("go", (1u32,)).unwrap(), 6);
}

/// What is wrong with a pointer comes out of the call that passed it, as itself.
pub fn wrong_pointers_of_a_plugins_come_out_as_themselves<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let error = expect::table(plugin.call::<_, i32>("hand_out_null", ()));
    assert_eq!(error, TableError::Null { index: 0 });
    assert!(plugin.is_poisoned(), "the plugin was unwound");
    plugin.guest().clear_poison();
    let error = expect::table(plugin.call::<_, i32>("hand_out_wild", ()));
    assert!(matches!(error, TableError::OutOfBounds { index: 0x7fff_ffff, .. }), "{error:?}");
    plugin.guest().clear_poison();
    match expect::link(plugin.call::<_, i32>("hand_out_wrong", ())) {
        LinkError::PointerSignature { found, accepted, .. } => {
            assert_eq!(found.to_string(), "(i32, i32) -> i32");
            assert_eq!(accepted.len(), 1);
            assert_eq!(accepted[0].1, "int32_t (*f)(int32_t)");
        }
        other => panic!("expected another error than {other:?}"),
    }
    plugin.guest().clear_poison();
    assert_eq!(plugin.call::<_, i32>("hand_out", (1,)).unwrap(), 101);
}

/// The index of any function is out of bounds from the table's end on, which the error names.
pub fn an_index_beyond_the_table_is_out_of_bounds<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let wild: FuncPtr<(), ()> = plugin.call("get_index", (u32::MAX,)).unwrap();
    let error = expect::table(wild.call(&mut plugin, ()));
    let TableError::OutOfBounds { index: u32::MAX, size } = error else { panic!("{error:?}") };
    let end = FuncPtr::<(), ()>::new(size);
    let error = expect::table(end.func(&mut plugin));
    assert_eq!(error, TableError::OutOfBounds { index: size, size });
    // The table's end is where the next callback goes.
    let f = plugin.callback(|_: &mut GuestOf<'_, S>| {}).unwrap();
    assert_eq!(f.index(), size);
    end.call(&mut plugin, ()).unwrap();
    assert!(!plugin.is_poisoned());
}

/// A function of another type is refused with every prototype that would do.
pub fn a_function_of_another_type_lists_the_prototypes<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let plus: Binary = plugin.call("get_op", (b'+',)).unwrap();
    let as_text = FuncPtr::<(i32,), String>::new(plus.index());
    let error = as_text.call(&mut plugin, (1,)).unwrap_err();
    let message = error.to_string();
    match expect::link::<()>(Err(error)) {
        LinkError::PointerSignature { index, found, accepted } => {
            assert_eq!(index, plus.index());
            assert_eq!(found.to_string(), "(i32, i32) -> i32");
            let types: Vec<String> = accepted.iter().map(|(ty, _)| ty.to_string()).collect();
            assert_eq!(types.len(), 3);
            assert!(types.contains(&"(i32) -> i64".to_owned()), "{types:?}");
            assert!(types.contains(&"(i32, i32) -> ()".to_owned()), "{types:?}");
            assert!(types.contains(&"(i32) -> (i32, i32)".to_owned()), "{types:?}");
            for (_, prototype) in &accepted {
                assert!(prototype.contains("(*f)(") && message.contains(prototype), "{message}");
            }
        }
        other => panic!("expected another error than {other:?}"),
    }
    assert!(!plugin.is_poisoned(), "nothing ran");
}

/// The plugin hands the host's own callback back to the host, which calls it.
pub fn the_hosts_callback_comes_back_as_a_pointer<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x * 3).unwrap();
    assert_eq!(plugin.call::<_, i32>("relay", (&f, 14)).unwrap(), 42);
    // The closure calls the plugin on its way.
    let f = |guest: &mut GuestOf<'_, S>, x: i32| guest.call::<_, i32>("hand_out", (x,));
    let f = plugin.callback(f).unwrap();
    assert_eq!(plugin.call::<_, i32>("relay", (&f, 14)).unwrap(), 114);
}

/// The host calls its own callback by its index.
pub fn the_host_calls_its_own_callback<S: Subject>() {
    let mut plugin = callbacks::<S, u32>(0);
    let f = |guest: &mut GuestOf<'_, S, u32>, text: String| {
        *guest.state_mut() += text.len() as u32;
    };
    let f = plugin.callback(f).unwrap();
    let pointer = FuncPtr::<(&'static str,), ()>::new(f.index());
    pointer.call(&mut plugin, ("four",)).unwrap();
    pointer.call(&mut plugin, ("and five",)).unwrap();
    assert_eq!(*plugin.state(), 12);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    match expect::link(FuncPtr::<(), ()>::new(f.index()).func(&mut plugin)) {
        LinkError::PointerSignature { found, .. } => {
            assert_eq!(found.to_string(), "(i32, i32) -> ()");
        }
        other => panic!("expected another error than {other:?}"),
    }
}

/// A callback that is gone is so for the host too, also by a handle that was resolved before.
pub fn a_dropped_callback_is_stale_for_the_host_too<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x + 1).unwrap();
    let (index, pointer) = (f.index(), Unary::new(f.index()));
    let resolved = pointer.func(&mut plugin).unwrap();
    assert_eq!(resolved.call(&mut plugin, (1,)).unwrap(), 2);
    drop(f);
    let error = expect::convention(resolved.call(&mut plugin, (1,)));
    assert_eq!(error, ConventionError::StaleCallback { index });
    plugin.guest().clear_poison();
    let error = expect::convention(plugin.call::<_, i32>("relay", (pointer, 1)));
    assert_eq!(error, ConventionError::StaleCallback { index });
}

/// A function that the plugin imports has a pointer like its own.
pub fn an_imported_function_has_a_pointer<S: Subject>() {
    let wasm = guests::wasm("callbacks");
    let mut plugin = try_load::<S, u32>(&wasm, 0, |linker| {
        let call_me = |guest: &mut GuestOf<'_, S, u32>, f: Unary, x: i32| f.call(guest, (x,));
        linker.func("host", "call_me", call_me).unwrap();
        let poke = |guest: &mut GuestOf<'_, S, u32>| *guest.state_mut() += 1;
        linker.func("host", "poke", poke).unwrap();
    })
    .expect("the plugin loads");
    let poke: FuncPtr<(), ()> = plugin.call("get_poke", ()).unwrap();
    poke.call(&mut plugin, ()).unwrap();
    plugin.call::<_, ()>("call_times", (poke, 9u32)).unwrap();
    assert_eq!(*plugin.state(), 10);
}

/// A trap behind a pointer is a trap of the plugin's.
pub fn a_trap_behind_a_pointer_is_a_trap<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let divide: Binary = plugin.call("get_op", (b'/',)).unwrap();
    let kind = expect::trap(divide.call(&mut plugin, (1, 0)));
    assert_eq!(kind, TrapKind::IntegerDivisionByZero);
    assert!(plugin.is_poisoned());
    expect::poisoned(divide.call(&mut plugin, (1, 1)));
    plugin.guest().clear_poison();
    assert_eq!(divide.call(&mut plugin, (6, 3)).unwrap(), 2);
}

/// A host function gives the plugin a function pointer, which the plugin calls.
pub fn a_host_function_returns_a_pointer<S: Subject>() {
    let wat = r#"(module
        (import "host" "pick" (func $pick (param i32) (result i32)))
        (memory 1)
        (table (export "__indirect_function_table") 3 3 funcref)
        (elem (i32.const 1) $one $two)
        (type $f (func (result i32)))
        (func $one (result i32) (i32.const 11))
        (func $two (result i32) (i32.const 22))
        (func (export "go") (param i32) (result i32)
            (call_indirect (type $f) (call $pick (local.get 0)))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let pick = |_: &mut GuestOf<'_, S>, n: u32| FuncPtr::<(), i32>::new(n);
        linker.func("host", "pick", pick).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("go", (1u32,)).unwrap(), 11);
    assert_eq!(plugin.call::<_, i32>("go", (2u32,)).unwrap(), 22);
    let kind = expect::trap(plugin.call::<_, i32>("go", (0u32,)));
    assert_eq!(kind, TrapKind::IndirectCallToNull);
}

/// A handle that was resolved in one plugin is refused in another.
pub fn a_resolved_pointer_belongs_to_its_plugin<S: Subject>() {
    let mut one = callbacks::<S, ()>(());
    let mut two = callbacks::<S, ()>(());
    let plus: Binary = one.call("get_op", (b'+',)).unwrap();
    let plus = plus.func(&mut one).unwrap();
    let error = expect::mismatch(plus.call(&mut two, (1, 2)));
    assert!(matches!(error, Mismatch::FunctionOfOtherStore));
    assert_eq!(plus.call(&mut one, (1, 2)).unwrap(), 3);
    assert!(!two.is_poisoned());
}

/// Where there is no table there are no functions behind pointers.
pub fn a_pointer_without_a_table_is_refused<S: Subject>() {
    let mut plugin: PluginOf<S> = plugin::<S>(r#"(module (memory (export "memory") 1))"#);
    for index in [0, 1, u32::MAX] {
        let error = expect::table(Unary::new(index).call(&mut plugin, (1,)));
        assert_eq!(error, TableError::Unbound);
    }
}

/// An import of a pointer is an `i32`, and another type is refused with the prototype.
pub fn an_import_of_a_pointer_has_its_prototype<S: Subject>() {
    let wat = r#"(module
        (import "host" "call" (func (param i64) (result i32)))
        (memory (export "memory") 1))"#;
    let loaded = try_load::<S, ()>(&wasm(wat), (), |linker| {
        let call = |guest: &mut GuestOf<'_, S>, f: Unary| f.call(guest, (1,));
        linker.func("host", "call", call).unwrap();
    });
    let accepted = expect::signatures(loaded);
    assert_eq!(accepted[0].0.to_string(), "(i32) -> i32");
    assert_eq!(accepted[0].1, "int32_t call(void (*)())");
}

/// A closure's error comes through a pointer and two boundaries as itself.
pub fn an_error_behind_a_pointer_comes_back_as_itself<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, x: i32| Err::<i32, _>(format!("no {x}"));
    let f = plugin.callback(f).unwrap();
    let error = plugin.call::<_, i32>("relay", (&f, 7)).unwrap_err();
    assert!(matches!(error, Error::Host(_)));
    assert_eq!(error.to_string(), "no 7");
    assert!(plugin.is_poisoned());
}
