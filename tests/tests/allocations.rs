//! What calls cost the host's own allocator: nothing beyond what the runtime takes for the same
//! call by its wasm signature, and one block for a result that the host owns.
//!
//! The counting allocator is in a crate of its own, so that this one needs no `unsafe`.

use allocation_counter::measure;
use hostheap_core::convention::Callback;
use hostheap_core::convention::dynamic::Argument;
use hostheap_core::types::WasmTypes;
use hostheap_core::{Export, Import, Result, Runtime};
use hostheap_tests::dynamic::{number, prototype};
use hostheap_tests::own::{Visit, visit};
use hostheap_tests::rig::{B, Cx, GuestOf, PluginOf, Raw, plugin, plugin_with};
use hostheap_tests::{Subject, say};

/// Calls that are counted together.
const CALLS: u64 = 10;

/// Allocations of [`CALLS`] calls, once the first calls have made what they make once.
fn count<X>(mut call: impl FnMut() -> X) -> u64 {
    let mut call = || {
        let _ = call();
    };
    call();
    call();
    measure(|| (0..CALLS).for_each(|_| call())).count_total
}

/// Functions without imports, so that they run below the plugin layer too.
const WAT: &str = r#"(module
    (memory (export "memory") 2)
    (func (export "none") (result i32) (i32.const 1))
    (func (export "one") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "two") (param i32 i32) (result i32) (local.get 1))
    (func (export "fill") (param i32 i32) (result i32)
        (memory.fill (local.get 0) (i32.const 1) (local.get 1))
        (local.get 1))
    (func (export "four") (param i32 i32 i32 i32) (result i32)
        (i32.add (local.get 1) (local.get 3))))"#;

/// Allocations of the runtime's own typed call.
fn raw<S: Subject, P, R>(name: &str, params: P) -> u64
where
    B<S>: Export<P, R>,
    P: WasmTypes + Copy,
    R: WasmTypes,
{
    let mut raw = Raw::<S>::bound(WAT);
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    let func = <B<S> as Export<P, R>>::func(&mut cx, &instance, name).expect("an export");
    count(|| <B<S> as Export<P, R>>::call(&mut cx, &func, params).expect("it returns"))
}

/// Does it for each subject, by a handle that is resolved once.
macro_rules! for_each_subject {
    ($visit:ident) => {{
        struct Each;
        impl Visit for Each {
            fn visit<S: Subject>(&mut self) {
                $visit::<S>();
            }
        }
        visit(&mut Each);
    }};
}

#[test]
fn a_call_with_borrowed_arguments_allocates_nothing_of_its_own() {
    fn borrowed<S: Subject>() {
        let none = raw::<S, (), i32>("none", ());
        let one = raw::<S, (i32,), i32>("one", (16,));
        let two = raw::<S, (i32, i32), i32>("two", (16, 1));
        let fill = raw::<S, (i32, i32), i32>("fill", (16, 1));
        let four = raw::<S, (i32, i32, i32, i32), i32>("four", (16, 1, 32, 1));
        if none + one + two + fill + four > 0 {
            let all = [none, one, two, fill, four];
            say(format_args!("{}: {CALLS} calls allocate {all:?} times by themselves", S::name()));
        }
        let mut plugin: PluginOf<S> = plugin::<S>(WAT);
        macro_rules! counts {
            ($($raw:ident: $A:ty = $arguments:expr;)*) => {$({
                let func = plugin.func::<$A, u32>(stringify!($raw)).expect("an export");
                let counted = count(|| func.call(&mut plugin, $arguments).expect("it returns"));
                assert_eq!(counted, $raw, "{}: {}", S::name(), stringify!($A));
            })*};
        }
        let text = String::from("some text");
        let numbers = vec![1.5f64; 100];
        let mut room = [0i32; 300];
        let words = ["one", "two", "three"];
        counts! {
            none: () = ();
            one: (u32,) = (16,);
            one: (&i64,) = (&5,);
            one: (&mut i32,) = (&mut 5,);
            one: (Option<&i32>,) = (Some(&5),);
            one: (Option<&i32>,) = (None,);
            two: (u32, bool) = (16, true);
            two: (&str,) = (&text,);
            two: (&[u8],) = (text.as_bytes(),);
            two: (&[f64],) = (&numbers,);
            two: (&[f64],) = (&[],);
            two: (Option<&str>,) = (Some(&text),);
            two: (Option<&str>,) = (None,);
            two: (Option<&[f64]>,) = (Some(&numbers),);
            two: (&[&str],) = (&words,);
            two: (Option<&[&str]>,) = (Some(&words),);
            fill: (&mut [i32],) = (&mut room,);
            fill: (Option<&mut [i32]>,) = (Some(&mut room),);
            four: (&str, &[f64]) = (&text, &numbers);
            four: (&mut [i32], &[&str]) = (&mut room, &words);
        }
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    for_each_subject!(borrowed);
}

#[test]
fn a_dynamic_call_with_borrowed_arguments_allocates_nothing_of_its_own() {
    fn borrowed<S: Subject>() {
        let none = raw::<S, (), i32>("none", ());
        let one = raw::<S, (i32,), i32>("one", (16,));
        let two = raw::<S, (i32, i32), i32>("two", (16, 1));
        let fill = raw::<S, (i32, i32), i32>("fill", (16, 1));
        let four = raw::<S, (i32, i32, i32, i32), i32>("four", (16, 1, 32, 1));
        let mut plugin: PluginOf<S> = plugin::<S>(WAT);
        let words: [&[u8]; 2] = [b"one", b"two"];
        macro_rules! counts {
            ($($raw:ident: $text:literal = [$($argument:expr),*];)*) => {$({
                let func = plugin.dyn_func(stringify!($raw), &prototype($text)).expect("an export");
                let counted = count(|| {
                    func.call(&mut plugin, &mut [$($argument),*], 0).expect("it returns")
                });
                assert_eq!(counted, $raw, "{}: {}", S::name(), $text);
            })*};
        }
        let mut room = [0u8; 1200];
        counts! {
            none: "() -> u32" = [];
            one: "(u32) -> u32" = [number(16)];
            one: "(&i64) -> u32" = [Argument::Value(&[0; 8])];
            one: "(option<&i32>) -> u32" = [Argument::Null];
            two: "(u32, bool) -> u32" = [number(16), number(true)];
            two: "(str) -> u32" = [Argument::Str("some text")];
            two: "(bytes) -> u32" = [Argument::Bytes(&[1; 64])];
            two: "(slice<f64>) -> u32" = [Argument::Array { bytes: &[0; 800], count: 100 }];
            two: "(slice<str>) -> u32" = [Argument::List(&words)];
            fill: "(mut slice<i32>) -> u32" =
                [Argument::ArrayMut { bytes: &mut room, count: 300 }];
            four: "(str, slice<bytes>) -> u32" = [Argument::Str("text"), Argument::List(&words)];
        }
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    for_each_subject!(borrowed);
}

#[test]
fn a_string_result_allocates_once_more() {
    /// Returns its text, copied into a block, and something static, packed.
    const TEXTS: &str = r#"(module
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 1024) "static")
        (func (export "echo") (param i32 i32) (result i64) (local i32)
            (local.set 2 (call $malloc (local.get 1)))
            (memory.copy (local.get 2) (local.get 0) (local.get 1))
            (i64.or
                (i64.shl (i64.extend_i32_u (local.get 2)) (i64.const 32))
                (i64.extend_i32_u (local.get 1))))
        (func (export "static") (result i64) (i64.const 0x40000000006)))"#;
    fn strings<S: Subject>() {
        let mut plugin: PluginOf<S> = plugin::<S>(TEXTS);
        // The same function with its result as it is, a number.
        let echo = plugin.func::<(&str,), u64>("echo").expect("an export");
        let number = count(|| {
            let packed = echo.call(&mut plugin, ("hello",)).expect("it returns");
            plugin.guest().free((packed >> 32) as u32).expect("a block");
        });
        let echo = plugin.func::<(&str,), String>("echo").expect("an export");
        let string = count(|| {
            let text = echo.call(&mut plugin, ("hello",)).expect("it returns");
            assert_eq!(text, "hello");
        });
        assert_eq!(string, number + CALLS, "{}: a block", S::name());
        let empty = count(|| assert_eq!(echo.call(&mut plugin, ("",)).expect("it returns"), ""));
        assert_eq!(empty, number, "{}: an empty string is no allocation in Rust", S::name());

        let text = plugin.func::<(), u64>("static").expect("an export");
        let number = count(|| text.call(&mut plugin, ()).expect("it returns"));
        let text = plugin.func::<(), String>("static").expect("an export");
        let string =
            count(|| assert_eq!(text.call(&mut plugin, ()).expect("it returns"), "static"));
        assert_eq!(string, number + CALLS, "{}: static data", S::name());
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    for_each_subject!(strings);
}

#[test]
fn a_callback_allocates_no_more_than_a_host_function_in_a_table() {
    const CALLS_POINTERS: &str = r#"(module
        (memory (export "memory") 1)
        (table (export "__indirect_function_table") 1 10 funcref)
        (type $f (func (param i32) (result i32)))
        (func (export "pointer") (param i32 i32) (result i32)
            (call_indirect (type $f) (local.get 1) (local.get 0))))"#;
    /// The runtime's own function in the runtime's own table.
    fn raw<S: Subject>() -> u64 {
        let mut raw = Raw::<S>::bound(CALLS_POINTERS);
        let instance = raw.instance.clone();
        let mut cx = raw.cx();
        B::<S>::bind_table(&mut cx, &instance, "__indirect_function_table").expect("a table");
        let same = |_: Cx<'_, S, ()>, x: i32| -> Result<i32> { Ok(x) };
        let same = <B<S> as Import<(i32,), i32>>::function(&mut cx, same).expect("a function");
        let index = B::<S>::table_grow(&mut cx, 1).expect("room");
        B::<S>::table_set(&mut cx, index, Some(&same)).expect("a place");
        let pointer = <B<S> as Export<(i32, i32), i32>>::func(&mut cx, &instance, "pointer");
        let (pointer, params) = (pointer.expect("an export"), (index.cast_signed(), 5));
        count(|| {
            let result = <B<S> as Export<(i32, i32), i32>>::call(&mut cx, &pointer, params);
            assert_eq!(result.expect("it returns"), 5);
        })
    }
    fn callbacks<S: Subject>() {
        let mut plugin = plugin_with::<S, u32>(CALLS_POINTERS, 0, |_| {});
        let callback = plugin.callback(|guest: &mut GuestOf<'_, S, u32>, x: u32| -> Result<u32> {
            *guest.state_mut() += x;
            Ok(x)
        });
        let callback = callback.expect("a table");
        let pointer = plugin.func::<(&Callback, u32), u32>("pointer").expect("an export");
        let counted = count(|| pointer.call(&mut plugin, (&callback, 5)).expect("it returns"));
        assert_eq!(counted, raw::<S>(), "{}", S::name());
        assert!(*plugin.state() > 0);
    }
    for_each_subject!(callbacks);
}
