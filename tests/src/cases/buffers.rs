//! Strings and bytes into a plugin and out of it again.

use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Limits, LoadOptions};

use crate::rig::{Family, PluginOf, limited, load, plugin};
use crate::subject::Subject;
use crate::{expect, guests};

fn greeter<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("greeter"))
}

fn reversed<S: Subject>(plugin: &mut PluginOf<S>, bytes: &[u8]) -> Vec<u8> {
    plugin.call("reverse", (bytes,)).unwrap()
}

/// Text of any kind goes in and comes out, NUL and empty included.
pub fn text_of_any_kind_goes_in_and_comes_out<S: Subject>() {
    let mut plugin = Family::<S>::new().plugin;
    for text in ["", "a", "with\0nul", "\0", "äöü ßŋ", "漢字かな", "🦀🦀🦀", "line\r\nbreaks\t"]
    {
        let back: String = plugin.call("return_argument", (text,)).unwrap();
        assert_eq!(back, text);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// Every byte value survives.
pub fn every_byte_value_survives<S: Subject>() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut expected = bytes.clone();
    expected.reverse();
    assert_eq!(reversed::<S>(&mut greeter::<S>(), &bytes), expected);
}

/// All the types that borrow text or bytes do.
pub fn text_and_bytes_are_passed_from_any_type<S: Subject>() {
    let mut plugin = greeter::<S>();
    let (string, vec, array) = (String::from("abc"), b"abc".to_vec(), *b"abc");
    for back in [
        plugin.call::<_, String>("reverse", ("abc",)),
        plugin.call::<_, String>("reverse", (&string,)),
        plugin.call::<_, String>("reverse", (&vec,)),
        plugin.call::<_, String>("reverse", (vec.as_slice(),)),
        plugin.call::<_, String>("reverse", (&array,)),
    ] {
        assert_eq!(back.unwrap(), "cba");
    }
}

/// A handle for borrowed text takes text of any lifetime.
pub fn a_handle_takes_text_of_any_lifetime<S: Subject>() {
    let mut plugin = greeter::<S>();
    let greet = plugin.func::<(&str,), String>("greet").unwrap();
    for i in 0..3 {
        let name = format!("number {i}");
        assert_eq!(greet.call(&mut plugin, (&name,)).unwrap(), format!("Hello, number {i}!"));
        assert_eq!(greet.call(&mut plugin, (name.as_str(),)).unwrap().len(), 16);
    }
}

/// Buffers of all sizes, around a page and far beyond it, survive growth of memory.
pub fn large_buffers_grow_memory_and_survive<S: Subject>() {
    for len in [65_535, 65_536, 65_537, 1 << 20] {
        let bytes: Vec<u8> = (0..len).map(|i| (i % 253) as u8).collect();
        let mut plugin = greeter::<S>();
        let before = plugin.guest().context().memory_size().unwrap();
        let back = reversed::<S>(&mut plugin, &bytes);
        assert!(back.iter().rev().eq(&bytes), "{len}");
        let after = plugin.guest().context().memory_size().unwrap();
        assert!(after >= before + 2 * len as u64 - 65536, "both lay in memory at once");
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// Large text is checked and copied whole.
pub fn large_text_is_whole<S: Subject>() {
    let text = "grüße 🦀 ".repeat(100_000);
    let mut plugin = Family::<S>::new().plugin;
    let back: String = plugin.call("return_argument", (&text,)).unwrap();
    assert_eq!(back, text);
}

/// Calls leave no blocks and, after the first, no growth.
pub fn calls_leave_nothing_behind<S: Subject>() {
    let mut plugin = greeter::<S>();
    let text = "x".repeat(1000);
    reversed::<S>(&mut plugin, text.as_bytes());
    let size = plugin.guest().context().memory_size().unwrap();
    let top = plugin.heap_stats().top;
    for _ in 0..1000 {
        reversed::<S>(&mut plugin, text.as_bytes());
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert_eq!(plugin.heap_stats().top, top);
    assert_eq!(plugin.guest().context().memory_size().unwrap(), size);
}

/// All arguments of a call lie in one block, each at a multiple of 16.
pub fn arguments_are_aligned_and_apart<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "memory") 1)
            (func (export "places") (param i32 i32 i32 i32) (result i64)
                (i64.or
                    (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
                    (i64.extend_i32_u (local.get 2)))))"#,
    );
    for first in ["", "a", "0123456789abcdef", "0123456789abcdef0"] {
        let places: u64 = plugin.call("places", (first, b"second")).unwrap();
        let (one, two) = (places >> 32, places & u64::from(u32::MAX));
        assert_eq!((one % 16, two % 16), (0, 0));
        // Also the end of an empty one is no other's beginning.
        let (distance, len) = (two - one, first.len() as u64);
        assert!((len + 1..=len + 16).contains(&distance), "{distance} after {first:?}");
    }
    assert_eq!(plugin.heap_stats().allocated, 4, "one block for each call");
}

/// The three shapes of a C compiler give the same text.
pub fn the_three_shapes_of_a_result_are_the_same<S: Subject>() {
    let mut greeter = greeter::<S>();
    let mut mv = load::<S>(&guests::wasm("greeter_mv"));
    for name in ["", "World", "Wörld"] {
        let expected = format!("Hello, {name}!");
        assert_eq!(greeter.call::<_, String>("greet", (name,)).unwrap(), expected);
        assert_eq!(greeter.call::<_, String>("greet_struct", (name,)).unwrap(), expected);
        assert_eq!(mv.call::<_, String>("greet_pair", (name,)).unwrap(), expected);
        assert_eq!(
            greeter.call::<_, Vec<u8>>("greet_struct", (name,)).unwrap(),
            expected.as_bytes()
        );
    }
    assert_eq!(greeter.heap_stats().live_blocks, 0);
    assert_eq!(mv.heap_stats().live_blocks, 0);
}

/// A struct-return pointer is aligned, lies apart from the arguments, and works without any.
pub fn a_struct_return_without_arguments_works<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 64) "static")
            (func (export "get") (param i32)
                (if (i32.and (local.get 0) (i32.const 3)) (then unreachable))
                (i32.store (local.get 0) (i32.const 64))
                (i32.store offset=4 (local.get 0) (i32.const 6))))"#,
    );
    assert_eq!(plugin.call::<_, String>("get", ()).unwrap(), "static");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A struct-return pointer cannot be freed by the plugin.
pub fn a_struct_return_pointer_is_not_freed<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "free" (func $free (param i32)))
            (memory (export "memory") 1)
            (func (export "get") (param i32) (call $free (local.get 0))))"#,
    );
    expect::invalid_pointer(plugin.call::<_, String>("get", ()));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An empty argument that comes back is nothing, wherever it lay: no neighbouring block is taken
/// for it and freed.
pub fn an_empty_argument_that_comes_back_frees_no_neighbour<S: Subject>() {
    let mut family = Family::<S>::new();
    for size in [1, 17, 40] {
        let blocks: Vec<u32> = (0..20).map(|_| family.malloc(size).unwrap()).collect();
        // Room for the arguments among blocks that are live.
        for hole in [4, 9, 13] {
            family.free(blocks[hole]).unwrap();
            let before = family.live();
            for (first, second) in [("", ""), ("x", ""), ("", "x"), ("0123456789abcdef", "")] {
                let text = family.plugin.call::<_, String>("return_argument", (first,));
                assert_eq!(text.unwrap(), first);
                let empty = family.plugin.call::<_, String>("return_argument", (second,));
                assert_eq!(empty.unwrap(), second);
                assert_eq!(family.live(), before, "a neighbour was freed");
            }
        }
    }
}

/// The last of several arguments may be empty and come back as well.
pub fn an_empty_last_argument_may_come_back<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "memory") 1)
            (func (export "second") (param i32 i32 i32 i32) (result i64)
                (i64.or
                    (i64.shl (i64.extend_i32_u (local.get 2)) (i64.const 32))
                    (i64.extend_i32_u (local.get 3)))))"#,
    );
    for first in ["", "abc", "0123456789abcdef"] {
        assert_eq!(plugin.call::<_, String>("second", (first, "")).unwrap(), "");
        assert_eq!(plugin.call::<_, String>("second", (first, "two")).unwrap(), "two");
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Arguments beyond what is left are an error that harms nothing, not a trap.
pub fn arguments_that_do_not_fit_are_refused<S: Subject>() {
    let options = LoadOptions::new().max_memory(4 * 65536);
    let mut family = Family::<S>::limited(&options, Limits::new());
    let large = vec![1u8; 300_000];
    expect::alloc(family.plugin.call::<_, Vec<u8>>("return_argument", (&large,)));
    assert_eq!(family.live(), 0);
    let fits = family.plugin.call::<_, Vec<u8>>("return_argument", (&large[..1000],));
    assert_eq!(fits.unwrap().len(), 1000);
}

/// A result longer than the host takes is refused, and its block is freed.
pub fn a_result_longer_than_the_host_takes_is_refused<S: Subject>() {
    let wat = r#"(module
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "get") (param i32) (result i64)
            (i64.or
                (i64.shl (i64.extend_i32_u (call $malloc (local.get 0))) (i64.const 32))
                (i64.extend_i32_u (local.get 0)))))"#;
    let mut plugin = limited::<S>(wat, Limits::new().max_transfer(100));
    assert_eq!(plugin.call::<_, Vec<u8>>("get", (100u32,)).unwrap().len(), 100);
    let error = expect::convention(plugin.call::<_, Vec<u8>>("get", (101u32,)));
    assert_eq!(error, ConventionError::TooLong { len: 101, max: 100 });
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(!plugin.guest().is_poisoned());
}
