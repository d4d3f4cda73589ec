//! What host functions give to a plugin in C, in every shape that its compiler makes.

use std::borrow::Cow;
use std::ffi::{CStr, CString};

use hostheap_core::{Context, Plugin, Result, Runtime};

use crate::hosts::{hostfns_mv, hostfns_results};
use crate::rig::GuestOf;
use crate::shapes::{Item, Point};
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

/// The text that a host function has for a number: `None` for 0, and of that many bytes less one.
fn text(n: u32) -> Option<String> {
    let len = n.checked_sub(1)?;
    Some("Straße ".chars().cycle().take(len as usize).collect())
}

/// Text comes as a struct and packed, as a new block of the plugin's.
pub fn text_comes_in_the_shape_of_the_import<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let give = |_: &mut GuestOf<'_, S>, n: u32| text(n + 1).unwrap_or_default();
        linker.func("host", "text", give).unwrap();
        linker.func("host", "text_packed", give).unwrap();
    });
    for n in [0, 1, 7, 16, 100_000] {
        let expected = text(n + 1).unwrap();
        for export in ["get_text", "get_text_packed"] {
            let found: i64 = plugin.call(export, (n,)).unwrap();
            assert_eq!(found, hash(expected.as_bytes()), "{export} {n}");
            all_is_freed(&plugin);
        }
    }
}

/// Text comes from any type that has it.
pub fn text_comes_from_any_type<S: Subject>() {
    macro_rules! from {
        ($($Text:ty = $text:expr;)*) => {
            $(
                let mut plugin = hostfns_results::<S, ()>((), |linker| {
                    let give = |_: &mut GuestOf<'_, S>, _: u32| -> $Text { $text };
                    let fallible = |_: &mut GuestOf<'_, S>, _: u32| -> Result<$Text> { Ok($text) };
                    linker.func("host", "text", give).unwrap();
                    linker.func("host", "text_packed", fallible).unwrap();
                });
                for export in ["get_text", "get_text_packed"] {
                    assert_eq!(plugin.call::<_, i64>(export, (0u32,)).unwrap(), hash(b"text"));
                }
                all_is_freed(&plugin);
            )*
        };
    }
    from! {
        String = "text".into();
        &'static str = "text";
        Cow<'static, str> = Cow::Borrowed("text");
        Cow<'static, str> = Cow::Owned("text".into());
        Vec<u8> = b"text".to_vec();
        &'static [u8] = b"text";
        Option<&'static str> = Some("text");
    }
}

/// The block of a host function's result is the plugin's, to return as its own.
pub fn a_given_block_may_be_the_plugins_result<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let give = |_: &mut GuestOf<'_, S>, n: u32| "x".repeat(n as usize);
        linker.func("host", "text", give).unwrap();
    });
    for n in [0, 1, 1000u32] {
        let passed: String = plugin.call("pass_text", (n,)).unwrap();
        assert_eq!(passed.len(), n as usize);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    assert_eq!(plugin.heap_stats().allocated, 3 + plugin.heap_stats().invalid_frees);
}

/// `None` is `NULL` of length 0, and empty text is a block.
pub fn none_is_null_in_each_shape<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let give = |_: &mut GuestOf<'_, S>, n: u32| text(n);
        let c_text = |_: &mut GuestOf<'_, S>, n: u32| -> Option<CString> {
            text(n).map(|text| CString::new(text).unwrap())
        };
        let numbers = |_: &mut GuestOf<'_, S>, n: u32| -> Option<Vec<i32>> {
            n.checked_sub(1).map(|n| (0..n as i32).collect())
        };
        let point = |_: &mut GuestOf<'_, S>, yes: bool| yes.then_some(Point { x: 7.0, y: 2.5 });
        linker.func("host", "maybe_text", give).unwrap();
        linker.func("host", "maybe_text_packed", give).unwrap();
        linker.func("host", "maybe_c_text", c_text).unwrap();
        linker.func("host", "maybe_numbers", numbers).unwrap();
        linker.func("host", "maybe_point", point).unwrap();
    });
    for export in ["get_maybe_text", "get_maybe_text_packed", "get_maybe_c_text"] {
        for n in [0, 1, 6, 500] {
            let expected = text(n).map_or(-1, |text| hash(text.as_bytes()));
            assert_eq!(plugin.call::<_, i64>(export, (n,)).unwrap(), expected, "{export} {n}");
            all_is_freed(&plugin);
        }
    }
    for (n, sum) in [(0, -1), (1, 0), (5, 6)] {
        assert_eq!(plugin.call::<_, i64>("get_maybe_numbers", (n as u32,)).unwrap(), sum);
    }
    assert_eq!(plugin.call::<_, f64>("get_maybe_point", (true,)).unwrap(), 4.5);
    assert_eq!(plugin.call::<_, f64>("get_maybe_point", (false,)).unwrap(), -1.0);
    all_is_freed(&plugin);
}

/// C text comes with its NUL, from owned and static text.
pub fn c_text_comes_terminated<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let owned = |_: &mut GuestOf<'_, S>, n: u32| CString::new(vec![b'c'; n as usize]).unwrap();
        let fixed = |_: &mut GuestOf<'_, S>, n: u32| -> Option<&'static CStr> {
            (n > 0).then_some(c"static")
        };
        linker.func("host", "c_text", owned).unwrap();
        linker.func("host", "maybe_c_text", fixed).unwrap();
    });
    // What was there before is no zeros.
    let block = plugin.guest().malloc(5000).unwrap();
    plugin.guest().context().fill(block, 0xff, 5000).unwrap();
    plugin.guest().free(block).unwrap();
    for n in [0, 1, 15, 16, 4000u32] {
        let found: i64 = plugin.call("get_c_text", (n,)).unwrap();
        assert_eq!(found, hash(&vec![b'c'; n as usize]), "{n}");
    }
    assert_eq!(plugin.call::<_, i64>("get_maybe_c_text", (1u32,)).unwrap(), hash(b"static"));
    assert_eq!(plugin.call::<_, i64>("get_maybe_c_text", (0u32,)).unwrap(), -1);
    all_is_freed(&plugin);
}

/// Slices come with their number of elements.
pub fn slices_come_with_their_length<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let numbers = |_: &mut GuestOf<'_, S>, n: u32| -> Vec<i32> { (1..=n as i32).collect() };
        let fixed = |_: &mut GuestOf<'_, S>, _: u32| -> &'static [i32] { &[i32::MAX, 1, -5] };
        let points = |_: &mut GuestOf<'_, S>, n: u32| -> Vec<Point> {
            (0..n).map(|i| Point { x: i.into(), y: 2.0 }).collect()
        };
        linker.func("host", "numbers", numbers).unwrap();
        linker.func("host", "numbers_packed", fixed).unwrap();
        linker.func("host", "points", points).unwrap();
    });
    for (n, sum) in [(0u32, 0), (1, 1), (1000, 500_500)] {
        assert_eq!(plugin.call::<_, i64>("get_numbers", (n,)).unwrap(), sum);
    }
    let sum: i64 = plugin.call("get_numbers_packed", (0u32,)).unwrap();
    assert_eq!(sum, i64::from(i32::MAX) - 4);
    assert_eq!(plugin.call::<_, f64>("get_points", (4u32,)).unwrap(), 12.0);
    all_is_freed(&plugin);
}

/// A struct comes where the plugin has room for it, or in a block.
pub fn structs_come_in_the_shape_of_the_import<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let point = |_: &mut GuestOf<'_, S>, x: f64, y: f64| Point { x, y };
        let item = |_: &mut GuestOf<'_, S>, id: u32| Item {
            id,
            weight: 0.5,
            level: -3,
            fresh: id % 2 == 1,
            grade: 200,
        };
        linker.func("host", "point", point).unwrap();
        linker.func("host", "point_block", point).unwrap();
        linker.func("host", "item", item).unwrap();
    });
    for export in ["get_point", "get_point_block"] {
        assert_eq!(plugin.call::<_, f64>(export, (1.25, -1e10)).unwrap(), 1.25 + 1e10);
        all_is_freed(&plugin);
    }
    assert_eq!(plugin.heap_stats().allocated, 1, "a struct return needs no block");
    for id in [0, 1, u32::MAX] {
        let digest = ((i64::from(id) * 100 - 3) * 1000 + 200) * 2 + i64::from(id % 2);
        assert_eq!(plugin.call::<_, i64>("get_item", (id,)).unwrap(), digest);
    }
}

/// Tuples are small structs of C's, with its gaps.
pub fn tuples_come_as_structs<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        let pair = |_: &mut GuestOf<'_, S>, a: i32, b: f64| (a, b);
        let quad = |_: &mut GuestOf<'_, S>, a: i64| -> Result<(i64, f32, u8, i32)> {
            Ok((a, 0.5, 255, -1000))
        };
        linker.func("host", "pair", pair).unwrap();
        linker.func("host", "quad", quad).unwrap();
    });
    assert_eq!(plugin.call::<_, f64>("get_pair", (-3i32, 0.25)).unwrap(), -2.75);
    assert_eq!(plugin.call::<_, f64>("get_quad", (1i64 << 40,)).unwrap(), 1_099_511_627_031.5);
}

/// With clang's multi-value ABI text and tuples come as several values.
pub fn several_values_come_by_the_multi_value_abi<S: Subject>() {
    let mut plugin = hostfns_mv::<S, ()>((), |linker| {
        let give = |_: &mut GuestOf<'_, S>, n: u32| "abc".repeat(n as usize);
        let maybe = |_: &mut GuestOf<'_, S>, n: u32| text(n);
        let pair = |_: &mut GuestOf<'_, S>, a: i32, b: f64| (a, b);
        let quad = |_: &mut GuestOf<'_, S>, a: i64| (a, -0.5f32, 255u8, i32::MIN);
        linker.func("host", "text", give).unwrap();
        linker.func("host", "maybe_text", maybe).unwrap();
        linker.func("host", "pair", pair).unwrap();
        linker.func("host", "quad", quad).unwrap();
    });
    assert_eq!(plugin.call::<_, i64>("get_text", (2u32,)).unwrap(), 588);
    assert_eq!(plugin.call::<_, i64>("get_text", (0u32,)).unwrap(), 0);
    for n in [0, 1, 9] {
        let passed: Option<String> = plugin.call("pass_maybe_text", (n,)).unwrap();
        assert_eq!(passed, text(n));
    }
    assert_eq!(plugin.call::<_, f64>("get_pair", (7i32, 0.5)).unwrap(), 7.5);
    let sum = f64::from(i32::MIN) + 255.0 - 0.5 + 10.0;
    assert_eq!(plugin.call::<_, f64>("get_quad", (10i64,)).unwrap(), sum);
    all_is_freed(&plugin);
}
