//! Calls by prototypes that are known at run time: what the host can do wrong is a typed error that
//! names it, before the plugin runs.

use hostheap_core::Result;
use hostheap_core::convention::ConventionError;
use hostheap_core::convention::dynamic::{Answer, Argument};
use hostheap_core::error::{LinkError, Mismatch};

use crate::dynamic::{array, call, number, plugin, prototype};
use crate::rig::PluginOf;
use crate::subject::Subject;
use crate::{expect, hosts};

/// What was refused: the number, what the prototype says, what was given.
#[track_caller]
fn wrong<T>(result: Result<T>) -> (u32, String, String) {
    match expect::convention(result) {
        ConventionError::WrongArgument { number, expected, given } => (number, expected, given),
        other => panic!("{other:?}"),
    }
}

/// The same for a result.
#[track_caller]
fn wrong_result<T>(result: Result<T>) -> (String, String) {
    match expect::convention(result) {
        ConventionError::WrongResult { expected, given } => (expected, given),
        other => panic!("{other:?}"),
    }
}

/// Panics unless the plugin is as it was.
#[track_caller]
fn untouched<S: Subject>(plugin: &PluginOf<S>) {
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().allocated, 0, "nothing was even allocated");
}

/// Arguments of another kind than the prototype says, each named by what it is.
pub fn arguments_of_another_kind_are_refused<S: Subject>() {
    let mut plugin = plugin::<S>("scalars");
    let mut bytes = [0u8; 4];
    let mut try_one = |ty: &str, argument: Argument<'_>| {
        // The function is another's; its type is that of every parameter here.
        let text = format!("(x: {ty}) -> u32");
        let (number, expected, given) =
            wrong(call(&mut plugin, "same_u32", &text, &mut [argument], 0));
        assert_eq!((number, expected), (1, format!("x: {ty}")));
        given
    };
    assert_eq!(try_one("u8", number(256)), "the i32 256");
    assert_eq!(try_one("u8", number(-1)), "the i32 -1");
    assert_eq!(try_one("i8", number(128u32)), "the u32 128");
    assert_eq!(try_one("u32", number(-1i64)), "the i64 -1");
    assert_eq!(try_one("i32", number(1.0)), "the f64 1");
    assert_eq!(try_one("bool", number(1)), "the i32 1");
    assert_eq!(try_one("char", number(65)), "the i32 65");
    assert_eq!(try_one("u32", number('A')), "the char A");
    assert_eq!(try_one("u32", number(true)), "the bool true");
    assert_eq!(try_one("u32", Argument::Null), "NULL");
    assert_eq!(try_one("u32", Argument::Str("three")), "text of 5 bytes");
    assert_eq!(try_one("cstr", Argument::Str("three")), "text of 5 bytes");
    assert_eq!(try_one("cstr", Argument::Null), "NULL");
    assert_eq!(try_one("ptr", number(16)), "the i32 16");
    assert_eq!(try_one("ptr", Argument::Function(1)), "a function pointer");
    assert_eq!(try_one("func", Argument::Pointer(1)), "a pointer");
    assert_eq!(try_one("func", Argument::Null), "NULL");
    assert_eq!(try_one("&i32", number(1)), "the i32 1");
    assert_eq!(try_one("&i32", Argument::Value(&[0; 3])), "a value of 3 bytes");
    assert_eq!(try_one("&struct point", Argument::Value(&[])), "a value of 0 bytes");
    assert_eq!(try_one("&bool", Argument::Value(&[2])), "bytes that are no bool at 0");
    assert_eq!(try_one("mut i32", Argument::Value(&[0; 4])), "a value of 4 bytes");
    let written = "a value of 4 bytes that is written to";
    assert_eq!(try_one("&i32", Argument::ValueMut(&mut bytes)), written);
    untouched::<S>(&plugin);
}

/// The same for those that are pointer and length.
pub fn arrays_that_do_not_fit_are_refused<S: Subject>() {
    let mut plugin = plugin::<S>("pointers");
    let mut bytes = [0u8; 8];
    let mut try_one = |ty: &str, argument: Argument<'_>| {
        let text = format!("({ty}) -> u32");
        let (number, expected, given) =
            wrong(call(&mut plugin, "text_len", &text, &mut [argument], 0));
        assert_eq!((number, expected), (1, ty.into()));
        given
    };
    assert_eq!(try_one("str", Argument::Bytes(b"text")), "4 bytes");
    assert_eq!(try_one("str", Argument::CStr(c"text")), "a C string of 4 bytes");
    assert_eq!(try_one("bytes", Argument::Str("text")), "text of 4 bytes");
    assert_eq!(try_one("bytes", Argument::Null), "NULL");
    assert_eq!(try_one("slice<i32>", Argument::Bytes(&[0; 8])), "8 bytes");
    let short = Argument::Array { bytes: &[0; 8], count: 3 };
    assert_eq!(try_one("slice<i32>", short), "an array of 3 in 8 bytes (each has 4)");
    let some = Argument::Array { bytes: &[0; 8], count: 0 };
    assert_eq!(try_one("slice<struct point>", some), "an array of 0 in 8 bytes");
    let odd = Argument::Array { bytes: &[0; 8], count: 3 };
    assert_eq!(try_one("slice<struct point>", odd), "an array of 3 in 8 bytes");
    let none = Argument::Array { bytes: &[], count: 3 };
    assert_eq!(try_one("slice<struct point>", none), "an array of 3 in 0 bytes");
    assert_eq!(try_one("slice<bool>", array(&[0u8, 1, 7])), "bytes that are no bool at 2");
    let surrogate = Argument::Array { bytes: &[0, 0xd8, 0, 0], count: 1 };
    assert_eq!(try_one("slice<char>", surrogate), "bytes that are no uint32_t at 0");
    assert_eq!(try_one("mut slice<u8>", Argument::Bytes(b"x")), "1 bytes");
    let written = "an array of 2 in 8 bytes that is written to";
    assert_eq!(try_one("slice<i32>", Argument::ArrayMut { bytes: &mut bytes, count: 2 }), written);
    assert_eq!(try_one("slice<str>", Argument::Str("one")), "text of 3 bytes");
    assert_eq!(
        try_one("slice<str>", Argument::List(&[b"good", b"\xff"])),
        "a list whose item 2 is not UTF-8"
    );
    assert_eq!(try_one("slice<i32>", Argument::List(&[b"good"])), "a list of 1");
    untouched::<S>(&plugin);
}

/// What is only written may hold any bits before the call.
pub fn out_parameters_may_hold_any_bits<S: Subject>() {
    let mut plugin = plugin::<S>("pointers");
    let mut byte = [7u8];
    let mut arguments = [Argument::ValueMut(&mut byte), number(1)];
    call(&mut plugin, "set_bool_byte", "(out bool, u32)", &mut arguments, 0).unwrap();
    assert_eq!(byte, [1]);
    byte = [7];
    let mut arguments = [Argument::ValueMut(&mut byte), number(1)];
    let result = call(&mut plugin, "set_bool_byte", "(mut bool, u32)", &mut arguments, 0);
    assert_eq!(wrong(result).2, "bytes that are no bool at 0");
}

/// The second of two is the one that is named; too few and too many are counted.
pub fn the_wrong_one_is_named_and_counted<S: Subject>() {
    let mut plugin = plugin::<S>("scalars");
    let add = plugin.dyn_func("add_u8", &prototype("(a: u8, b: u8) -> u8")).unwrap();
    let result = add.call(&mut plugin, &mut [number(1), number(300)], 0);
    assert_eq!(wrong(result), (2, "b: u8".into(), "the i32 300".into()));
    for count in [0, 1, 3] {
        let mut arguments: Vec<_> = (0..count).map(number).collect();
        let expected = ConventionError::WrongCount { expected: 2, given: count as u64 };
        let result = add.call(&mut plugin, &mut arguments, 0);
        assert_eq!(expect::convention(result), expected);
    }
    let sum = add.call(&mut plugin, &mut [number(1), number(2)], 0).unwrap();
    assert_eq!(sum, Answer::Number(3u32.into()));
}

/// A size that the result cannot have is refused before the call.
pub fn a_wrong_size_is_refused_before_the_call<S: Subject>() {
    let mut plugin = plugin::<S>("results");
    let two = [number(1.0), number(2.0)];
    let [a, b] = two;
    let mut arguments = [a, b];
    for (size, given) in [(0, "a size of 0 bytes"), (u32::MAX, "a size of 4294967295 bytes")] {
        for name in ["point_struct", "point_block"] {
            let text = "(f64, f64) -> struct point";
            let result = call(&mut plugin, name, text, &mut arguments, size);
            assert_eq!(wrong_result(result), ("struct point".into(), given.into()));
        }
    }
    let result = call(&mut plugin, "numbers_packed", "(i32) -> vec<i32>", &mut [number(1)], 8);
    assert_eq!(wrong_result(result), ("vec<i32>".into(), "a size of 8 bytes".into()));
    let text = "(i32) -> vec<struct point>";
    let result = call(&mut plugin, "points_packed", text, &mut [number(1)], 0);
    assert_eq!(wrong_result(result), ("vec<struct point>".into(), "a size of 0 bytes".into()));
    untouched::<S>(&plugin);
}

/// A prototype that the export does not have is refused with the C that would do.
pub fn a_prototype_of_another_type_is_refused<S: Subject>() {
    let mut plugin = plugin::<S>("results");
    match expect::link(plugin.dyn_func("echo_packed", &prototype("(text: str) -> i32"))) {
        LinkError::ExportSignature { name, found, accepted } => {
            assert_eq!((&*name, found.to_string()), ("echo_packed", "(i32, i32) -> i64".into()));
            assert_eq!(accepted.len(), 1);
            assert_eq!(accepted[0].1, "int32_t echo_packed(const char *text, size_t text_len)");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        expect::link(plugin.dyn_func("echo_pact", &prototype("()"))),
        LinkError::MissingExport { .. }
    ));
}

/// A handle of another plugin's is no function of this one.
pub fn a_function_of_another_plugin_is_refused<S: Subject>() {
    let mut plugins = [plugin::<S>("scalars"), plugin::<S>("scalars")];
    for text in
        ["(i32) -> i32", "(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32"]
    {
        let prototype = prototype(text);
        let name = if text.len() < 20 { "same_i32" } else { "pick" };
        let func = plugins[0].dyn_func(name, &prototype).unwrap();
        let mut arguments: Vec<_> = prototype_numbers(text);
        let result = func.call(&mut plugins[1], &mut arguments, 0);
        assert_eq!(expect::mismatch(result), Mismatch::FunctionOfOtherStore);
        func.clone().call(&mut plugins[0], &mut arguments, 0).unwrap();
    }
}

fn prototype_numbers(text: &str) -> Vec<Argument<'static>> {
    (0..text.matches("i32").count() - 1).map(|n| number(n as i32)).collect()
}

/// Kept blocks and callbacks that are gone, or another plugin's, are refused, and what was made for
/// the call is freed.
pub fn stale_blocks_and_callbacks_are_refused<S: Subject>() {
    let mut plugins = [hosts::ownership::<S>(), hosts::ownership::<S>()];
    let block = plugins[1].keep("other").unwrap();
    let offset = block.offset();
    let result = call(&mut plugins[0], "remember", "(ptr)", &mut [Argument::Block(&block)], 0);
    assert_eq!(expect::convention(result), ConventionError::Stale { offset });
    let mut arguments = [Argument::Str("owned"), Argument::Block(&block)];
    let result =
        call(&mut plugins[0], "consume_two_of_three", "(owned<str>, ptr)", &mut arguments, 0);
    // Of another type, so it is not even found.
    expect::link(result);
    assert_eq!(plugins[0].heap_stats().live_blocks, 0);

    let mut plugins = [plugin_with_table::<S>(), plugin_with_table::<S>()];
    let nothing = |_: &mut hostheap_core::convention::dynamic::HostCall<'_, '_, _, ()>| Ok(());
    let callback = plugins[1].dyn_callback(&prototype("()"), nothing).unwrap();
    let index = callback.index();
    let result =
        call(&mut plugins[0], "index_of", "(func) -> u32", &mut [Argument::Callback(&callback)], 0);
    assert_eq!(expect::convention(result), ConventionError::StaleCallback { index });
    call(
        &mut plugins[1],
        "call_times",
        "(func, u32)",
        &mut [Argument::Callback(&callback), number(1)],
        0,
    )
    .unwrap();
    drop(callback);
    let mut arguments = [Argument::Function(index), number(1)];
    let result = call(&mut plugins[1], "call_times", "(func, u32)", &mut arguments, 0);
    assert_eq!(expect::convention(result), ConventionError::StaleCallback { index });
}

fn plugin_with_table<S: Subject>() -> PluginOf<S> {
    crate::rig::try_load::<S, ()>(&crate::guests::wasm("callbacks"), (), |linker| {
        let call_me = |_: &mut crate::rig::GuestOf<'_, S>, _: u32, x: i32| x;
        linker.func("host", "call_me", call_me).expect("nothing has this name");
        let poke = |_: &mut crate::rig::GuestOf<'_, S>| {};
        linker.func("host", "poke", poke).expect("nothing has this name");
    })
    .expect("the plugin loads")
}

/// Owned arguments before one that is stale are freed.
pub fn what_was_made_for_a_refused_call_is_freed<S: Subject>() {
    const WAT: &str = r#"(module
        (import "env" "malloc" (func (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "two") (param i32 i32 i32) unreachable))"#;
    let (mut one, mut other) = (crate::rig::plugin::<S>(WAT), crate::rig::plugin::<S>(WAT));
    let block = other.keep("other").unwrap();
    let mut arguments = [Argument::Str("owned"), Argument::Block(&block)];
    let result = call(&mut one, "two", "(owned<str>, ptr)", &mut arguments, 0);
    assert!(matches!(expect::convention(result), ConventionError::Stale { .. }));
    let stats = one.heap_stats();
    assert_eq!((stats.live_blocks, stats.freed, one.is_poisoned()), (0, 1, false));
}
