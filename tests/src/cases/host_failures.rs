//! Host functions that fail, in a way that the plugin sees or in one that ends the call, and results
//! that there is no room for.

use std::ffi::CString;

use hostheap_core::convention::{Fallible, GuestError};
use hostheap_core::error::AllocError;
use hostheap_core::{Limits, Plugin, Result, Runtime};

use crate::expect;
use crate::hosts::hostfns_results;
use crate::rig::{GuestOf, PluginOf, plugin_with};
use crate::shapes::Point;
use crate::subject::Subject;

/// What the plugin makes of bytes: `h = 31 * h + byte`.
fn hash(bytes: &[u8]) -> i64 {
    let h = bytes.iter().fold(0u32, |h, &byte| h.wrapping_mul(31).wrapping_add(byte.into()));
    h.into()
}

/// That the plugin has freed what it was given.
#[track_caller]
fn all_is_freed<B: Runtime, T: Send + 'static>(plugin: &Plugin<B, T>) {
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0));
}

/// A plugin with every function that can fail in a way it handles.
fn failing<S: Subject>() -> PluginOf<S, u32> {
    hostfns_results::<S, u32>(0, |linker| {
        let check = |_: &mut GuestOf<'_, S, u32>, x: i32| -> Fallible<()> {
            Fallible(if x < 0 { Err(GuestError::new(x, "not seen")) } else { Ok(()) })
        };
        let divide = |guest: &mut GuestOf<'_, S, u32>, a: i32, b: i32| -> Fallible<i32> {
            *guest.state_mut() += 1;
            Fallible(a.checked_div(b).ok_or(GuestError::new(1, "not seen")))
        };
        let point = |_: &mut GuestOf<'_, S, u32>, yes: bool| -> Fallible<Point> {
            Fallible(if yes { Ok(Point { x: 5.0, y: 2.0 }) } else { Err(GuestError::new(9, "")) })
        };
        let text = |_: &mut GuestOf<'_, S, u32>, text: String| -> Fallible<String> {
            Fallible(match text.as_str() {
                "" => Err(GuestError::new(-4, "empty")),
                "quiet" => Err(GuestError::new(3, "")),
                "zero" => Err(GuestError::new(0, "it failed")),
                _ => Ok(text.to_uppercase()),
            })
        };
        let numbers = |_: &mut GuestOf<'_, S, u32>, n: i32| -> Result<Fallible<Vec<i32>>> {
            Ok(Fallible(if n < 0 { Err(GuestError::new(2, "why")) } else { Ok((1..=n).collect()) }))
        };
        linker.func("host", "try_check", check).unwrap();
        linker.func("host", "try_divide", divide).unwrap();
        linker.func("host", "try_point", point).unwrap();
        linker.func("host", "try_text", text).unwrap();
        linker.func("host", "try_numbers", numbers).unwrap();
    })
}

/// The plugin sees a failure as its code, and a success as 0 with the value behind the pointer.
pub fn a_fallible_number_comes_behind_a_pointer<S: Subject>() {
    let mut plugin = failing::<S>();
    for (x, code) in [(5, 0), (0, 0), (-7, -7000)] {
        assert_eq!(plugin.call::<_, i32>("get_try_check", (x,)).unwrap(), code);
    }
    assert_eq!(plugin.call::<_, i32>("get_try_divide", (7, 2)).unwrap(), 3);
    assert_eq!(plugin.call::<_, i32>("get_try_divide", (7, 0)).unwrap(), 1000);
    assert_eq!(plugin.call::<_, f64>("get_try_point", (true,)).unwrap(), 3.0);
    assert_eq!(plugin.call::<_, f64>("get_try_point", (false,)).unwrap(), 9000.0);
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// Text and slices come as blocks, and a failure's message in their place.
pub fn a_fallible_text_comes_with_a_message<S: Subject>() {
    let mut plugin = failing::<S>();
    let code = |code: i64| -code * 0x1_0000_0000;
    let cases = [
        ("value", hash(b"VALUE")),
        ("", hash(b"empty") + code(-4)),
        ("quiet", -1 + code(3)),
        ("zero", hash(b"it failed") + code(-1)),
    ];
    for (text, expected) in cases {
        assert_eq!(plugin.call::<_, i64>("get_try_text", (text,)).unwrap(), expected, "{text}");
        all_is_freed(&plugin);
    }
    for (n, expected) in [(3, 6), (0, 0), (-1, 2000)] {
        assert_eq!(plugin.call::<_, i64>("get_try_numbers", (n,)).unwrap(), expected);
        all_is_freed(&plugin);
    }
    assert!(!plugin.is_poisoned());
}

/// A plugin that passes a failure on gives the host its own code and message back.
pub fn a_failure_goes_through_the_plugin<S: Subject>() {
    let mut plugin = failing::<S>();
    let mut pass = |text: &str| -> Result<String, GuestError> {
        let passed = plugin.call("pass_try_text", (text,)).unwrap();
        assert_eq!(plugin.heap_stats().live_blocks, 0);
        passed
    };
    assert_eq!(pass("value"), Ok("VALUE".into()));
    assert_eq!(pass(""), Err(GuestError::new(-4, "empty")));
    assert_eq!(pass("quiet"), Err(GuestError::new(3, "")));
    assert_eq!(pass("zero"), Err(GuestError::new(-1, "it failed")));
}

/// A pointer for the value that is wild is found before the host function runs.
pub fn a_wild_pointer_for_the_value_has_no_effect<S: Subject>() {
    let mut plugin = failing::<S>();
    let result = plugin.call::<_, Result<i32, GuestError>>("wild_try_divide", (7, 2));
    let error = expect::out_of_bounds(result);
    assert_eq!((error.offset, error.len), (0xffff_fff0, 4));
    assert_eq!(*plugin.state(), 0, "it did not run");
    assert_eq!(plugin.heap_stats().live_blocks, 0);

    let wat = r#"(module
        (import "host" "point" (func $point (param i32)))
        (import "host" "pair" (func $pair (param i32)))
        (import "host" "try" (func $try (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "point") (param i32) (call $point (local.get 0)))
        (func (export "pair") (param i32) (call $pair (local.get 0)))
        (func (export "try") (param i32) (drop (call $try (local.get 0)))))"#;
    for (export, size) in [("point", 16), ("pair", 8), ("try", 8)] {
        for (wild, fits) in [(65536 - size, true), (65536 - size + 1, false), (u32::MAX, false)] {
            let mut plugin = plugin_with::<S, u32>(wat, 0, |linker| {
                let point = |guest: &mut GuestOf<'_, S, u32>| {
                    *guest.state_mut() += 1;
                    Point { x: 1.0, y: 1.0 }
                };
                let pair = |guest: &mut GuestOf<'_, S, u32>| {
                    *guest.state_mut() += 1;
                    (1i32, 1u32)
                };
                let attempt = |guest: &mut GuestOf<'_, S, u32>| -> Fallible<String> {
                    *guest.state_mut() += 1;
                    Fallible(Ok("text".into()))
                };
                linker.func("host", "point", point).unwrap();
                linker.func("host", "pair", pair).unwrap();
                linker.func("host", "try", attempt).unwrap();
            });
            let result = plugin.call::<_, ()>(export, (wild,));
            let live = plugin.heap_stats().live_blocks;
            if fits {
                result.unwrap();
                assert_eq!(*plugin.state(), 1);
            } else {
                assert_eq!(expect::out_of_bounds(result).offset, u64::from(wild), "{export}");
                let mut guest = plugin.guest();
                assert!(guest.memory().unwrap().iter().all(|&byte| byte == 0), "{export}");
                assert_eq!((*guest.state_mut(), live), (0, 0), "{export}");
            }
        }
    }
}

/// Where there is no memory for a result, the call fails with that, and nothing is left.
pub fn a_result_without_memory_is_an_error<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        linker.limits(Limits::new().max_heap_bytes(1000));
        let give = |_: &mut GuestOf<'_, S>, n: u32| "x".repeat(n as usize);
        let c_text = |_: &mut GuestOf<'_, S>, n: u32| CString::new(vec![b'c'; n as usize]).unwrap();
        let attempt = |_: &mut GuestOf<'_, S>, text: String| -> Fallible<String> {
            Fallible(Err(GuestError::new(1, text.repeat(1000))))
        };
        linker.func("host", "text", give).unwrap();
        linker.func("host", "text_packed", give).unwrap();
        linker.func("host", "c_text", c_text).unwrap();
        linker.func("host", "try_text", attempt).unwrap();
    });
    for export in ["get_text", "get_text_packed", "get_c_text"] {
        plugin.call::<_, i64>(export, (100u32,)).unwrap();
        let error = expect::alloc(plugin.call::<_, i64>(export, (5000u32,)));
        assert!(!matches!(error, AllocError::NeedMemory { .. }), "{error:?}");
        all_is_freed(&plugin);
        plugin.guest().clear_poison();
    }
    expect::alloc(plugin.call::<_, i64>("get_try_text", ("message",)));
    all_is_freed(&plugin);
}

/// A host function's own error leaves no block behind, in no shape.
pub fn a_result_that_fails_leaves_nothing<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let fail = |_: &mut GuestOf<'_, S>, _: u32| -> Result<String, String> { Err("no".into()) };
        let point = |_: &mut GuestOf<'_, S>, _: f64, _: f64| -> Result<Point, &'static str> {
            Err("no point")
        };
        let divide = |_: &mut GuestOf<'_, S>, _: i32, _: i32| -> anyhow::Result<Fallible<i32>> {
            anyhow::bail!("no division")
        };
        linker.func("host", "text", fail).unwrap();
        linker.func("host", "text_packed", fail).unwrap();
        linker.func("host", "point", point).unwrap();
        linker.func("host", "try_divide", divide).unwrap();
    });
    fn fails<B: Runtime, R>(plugin: &mut Plugin<B, ()>, result: Result<R>) -> String {
        assert!(plugin.is_poisoned());
        plugin.guest().clear_poison();
        expect::host(result).to_string()
    }
    let result = plugin.call::<_, i64>("get_text", (1u32,));
    assert_eq!(fails(&mut plugin, result), "no");
    let result = plugin.call::<_, i64>("get_text_packed", (1u32,));
    assert_eq!(fails(&mut plugin, result), "no");
    let result = plugin.call::<_, f64>("get_point", (1.0, 2.0));
    assert_eq!(fails(&mut plugin, result), "no point");
    let result = plugin.call::<_, i32>("get_try_divide", (1, 1));
    assert_eq!(fails(&mut plugin, result), "no division");
    assert_eq!(plugin.heap_stats().allocated, 0);
}
