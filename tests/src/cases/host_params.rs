//! What a plugin in C passes to host functions, of every kind that they can take.

use std::ffi::CString;

use hostheap_core::Result;
use hostheap_core::convention::{GuestBytes, GuestPtr, GuestSlice, GuestStr, Owned};

use crate::hosts::hostfns;
use crate::rig::GuestOf;
use crate::shapes::{Item, Point};
use crate::subject::Subject;

/// `host.NAME` gives the argument back after a look at it.
macro_rules! scalar_there_and_back {
    ($S:ty; $($T:ty: $import:literal, $export:literal = $values:expr;)*) => {
        let mut plugin = hostfns::<$S, Vec<String>>(Vec::new(), |linker| {
            $({
                let same = |guest: &mut GuestOf<'_, $S, Vec<String>>, x: $T| -> $T {
                    guest.state_mut().push(format!("{x:?}"));
                    x
                };
                linker.func("host", $import, same).unwrap();
            })*
        });
        $(for value in $values {
            let value: $T = value;
            assert_eq!(plugin.call::<_, $T>($export, (value,)).unwrap(), value, $export);
            assert_eq!(plugin.state_mut().pop(), Some(format!("{value:?}")), $export);
        })*
    };
}

/// Numbers of every width reach the host as themselves, and come back.
pub fn scalars_pass_through_a_host_function<S: Subject>() {
    scalar_there_and_back! {
        S;
        i8: "i8", "send_i8" = [i8::MIN, -1, 0, i8::MAX];
        u8: "u8", "send_u8" = [0, 128, u8::MAX];
        i16: "i16", "send_i16" = [i16::MIN, -1, i16::MAX];
        u16: "u16", "send_u16" = [0, 32768, u16::MAX];
        i32: "i32", "send_i32" = [i32::MIN, -1, i32::MAX];
        u32: "u32", "send_u32" = [0, 1 << 31, u32::MAX];
        i64: "i64", "send_i64" = [i64::MIN, -1, i64::MAX];
        u64: "u64", "send_u64" = [0, 1 << 63, u64::MAX];
        f32: "f32", "send_f32" = [0.0, -0.0, f32::MIN_POSITIVE, f32::INFINITY];
        f64: "f64", "send_f64" = [0.0, -0.0, 1e-310, f64::NEG_INFINITY];
        bool: "flag", "send_flag" = [false, true];
        char: "letter", "send_letter" = ['\0', 'a', 'ß', '\u{d7ff}', '\u{e000}', char::MAX];
    }
}

/// Twelve parameters, one of each type that C passes by value.
pub fn twelve_parameters_reach_a_host_function<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        type G<'a, S> = GuestOf<'a, S>;
        #[allow(clippy::too_many_arguments, reason = "that is the point")]
        fn twelve<S: Subject>(
            _: &mut G<'_, S>,
            a: i8,
            b: u16,
            c: i32,
            d: i64,
            e: f32,
            f: f64,
            g: bool,
            h: char,
            i: u8,
            j: i16,
            k: u64,
            l: u32,
        ) -> u64 {
            assert_eq!((a, b, c, d, e, f), (-1, 65535, -3, -4, 0.5, -0.25));
            assert_eq!((g, h, i, j, k, l), (true, 'z', 255, -32768, u64::MAX, u32::MAX));
            u64::MAX - 1
        }
        linker.func("host", "twelve", twelve::<S>).unwrap();
    });
    assert_eq!(plugin.call::<_, u64>("send_twelve", ()).unwrap(), u64::MAX - 1);
}

/// A host function may take nothing and give nothing.
pub fn a_host_function_may_take_nothing<S: Subject>() {
    let mut plugin = hostfns::<S, u32>(0, |linker| {
        let nothing = |guest: &mut GuestOf<'_, S, u32>| *guest.state_mut() += 1;
        linker.func("host", "nothing", nothing).unwrap();
    });
    for _ in 0..3 {
        plugin.call::<_, ()>("send_nothing", ()).unwrap();
    }
    assert_eq!(*plugin.state(), 3);
}

/// Text is copied or read in place, wherever in the plugin's memory it lies.
pub fn text_reaches_a_host_function_from_anywhere<S: Subject>() {
    let mut copied = hostfns::<S, Vec<String>>(Vec::new(), |linker| {
        let text = |guest: &mut GuestOf<'_, S, Vec<String>>, text: String| -> u32 {
            guest.state_mut().push(text);
            guest.state().len() as u32
        };
        linker.func("host", "text", text).unwrap();
    });
    let mut in_place = hostfns::<S, Vec<String>>(Vec::new(), |linker| {
        let text = |guest: &mut GuestOf<'_, S, Vec<String>>, text: GuestStr| -> Result<u32> {
            let (memory, state) = guest.memory_and_state()?;
            state.push(text.of(memory)?.to_owned());
            Ok(state.len() as u32)
        };
        linker.func("host", "text", text).unwrap();
    });
    for plugin in [&mut copied, &mut in_place] {
        assert_eq!(plugin.call::<_, u32>("send_text", ("on the héap",)).unwrap(), 1);
        assert_eq!(plugin.call::<_, u32>("send_text", ("",)).unwrap(), 2);
        assert_eq!(plugin.call::<_, u32>("send_static_text", ()).unwrap(), 3);
        assert_eq!(plugin.call::<_, u32>("send_stack_text", ()).unwrap(), 4);
        assert_eq!(plugin.state(), &["on the héap", "", "static", "stack"]);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// Bytes of any value are copied or read in place.
pub fn bytes_reach_a_host_function<S: Subject>() {
    let all: Vec<u8> = (0..=255).collect();
    let sum = 255 * 128;
    let mut copied = hostfns::<S, ()>((), |linker| {
        let bytes = |_: &mut GuestOf<'_, S>, bytes: Vec<u8>| -> u32 {
            bytes.iter().map(|&byte| u32::from(byte)).sum()
        };
        linker.func("host", "bytes", bytes).unwrap();
    });
    let mut in_place = hostfns::<S, ()>((), |linker| {
        let bytes = |guest: &mut GuestOf<'_, S>, bytes: GuestBytes| -> Result<u32> {
            let bytes = bytes.read(guest.context_ref())?;
            Ok(bytes.iter().map(|&byte| u32::from(byte)).sum())
        };
        linker.func("host", "bytes", bytes).unwrap();
    });
    for plugin in [&mut copied, &mut in_place] {
        assert_eq!(plugin.call::<_, u32>("send_bytes", (&all,)).unwrap(), sum);
        assert_eq!(plugin.call::<_, u32>("send_bytes", (&all[..0],)).unwrap(), 0);
    }
}

/// Numbers and structs come in slices, copied or in place.
pub fn slices_reach_a_host_function<S: Subject>() {
    fn dot(points: &[Point]) -> f64 {
        points.iter().map(|p| p.x * p.y).sum()
    }
    let mut copied = hostfns::<S, ()>((), |linker| {
        let numbers = |_: &mut GuestOf<'_, S>, numbers: Vec<i32>| -> i64 {
            numbers.into_iter().map(i64::from).sum()
        };
        let points = |_: &mut GuestOf<'_, S>, points: Vec<Point>| dot(&points);
        linker.func("host", "numbers", numbers).unwrap();
        linker.func("host", "points", points).unwrap();
    });
    let mut in_place = hostfns::<S, ()>((), |linker| {
        let numbers = |guest: &mut GuestOf<'_, S>, numbers: GuestSlice<i32>| -> Result<i64> {
            let (ptr, len) = (numbers.ptr(), numbers.len());
            guest.with_slice(ptr, len, |numbers| numbers.iter().copied().map(i64::from).sum())
        };
        let points = |guest: &mut GuestOf<'_, S>, points: GuestSlice<Point>| -> Result<f64> {
            Ok(dot(&points.read(guest.context_ref())?))
        };
        linker.func("host", "numbers", numbers).unwrap();
        linker.func("host", "points", points).unwrap();
    });
    let numbers = [i32::MAX, i32::MAX, -7];
    let points = [Point { x: 1.0, y: 2.0 }, Point { x: -3.0, y: 0.5 }];
    for plugin in [&mut copied, &mut in_place] {
        let sum: i64 = plugin.call("send_numbers", (&numbers,)).unwrap();
        assert_eq!(sum, 2 * i64::from(i32::MAX) - 7);
        assert_eq!(plugin.call::<_, i64>("send_numbers", (&numbers[..0],)).unwrap(), 0);
        assert_eq!(plugin.call::<_, f64>("send_points", (&points,)).unwrap(), 0.5);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// C text reaches the host up to its NUL.
pub fn c_text_reaches_a_host_function<S: Subject>() {
    let mut plugin = hostfns::<S, Vec<CString>>(Vec::new(), |linker| {
        let c_text = |guest: &mut GuestOf<'_, S, Vec<CString>>, text: CString| -> u32 {
            let len = text.as_bytes().len() as u32;
            guest.state_mut().push(text);
            len
        };
        linker.func("host", "c_text", c_text).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("send_c_text", (c"text",)).unwrap(), 4);
    assert_eq!(plugin.call::<_, u32>("send_c_text", (c"",)).unwrap(), 0);
    // No UTF-8 is asked for.
    assert_eq!(plugin.call::<_, u32>("send_c_text", (c"\xff\xfe",)).unwrap(), 2);
    assert_eq!(plugin.state(), &[c"text".to_owned(), c"".into(), c"\xff\xfe".into()]);
}

/// A struct is read before the function runs, or behind its pointer when it likes.
pub fn a_struct_reaches_a_host_function<S: Subject>() {
    let mut copied = hostfns::<S, ()>((), |linker| {
        let point = |_: &mut GuestOf<'_, S>, p: Point| p.x - p.y;
        linker.func("host", "point", point).unwrap();
    });
    let mut in_place = hostfns::<S, ()>((), |linker| {
        let point = |guest: &mut GuestOf<'_, S>, p: GuestPtr<Point>| -> Result<f64> {
            assert!(!p.is_null());
            let Point { x, y } = guest.read(p)?;
            Ok(x - y)
        };
        linker.func("host", "point", point).unwrap();
    });
    for plugin in [&mut copied, &mut in_place] {
        assert_eq!(plugin.call::<_, f64>("send_point", (5.5, 2.0)).unwrap(), 3.5);
    }
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let item = |_: &mut GuestOf<'_, S>, item: Item| {
            assert_eq!((item.weight, item.level, item.grade), (1.5, -2, 4));
            i64::from(item.id) * 2 + i64::from(item.fresh)
        };
        linker.func("host", "item", item).unwrap();
    });
    assert_eq!(plugin.call::<_, i64>("send_item", (u32::MAX, 1u8)).unwrap(), 0x1_ffff_ffff);
    assert_eq!(plugin.call::<_, i64>("send_item", (7u32, 0u8)).unwrap(), 14);
}

/// `NULL` is `None`, and nothing else is: empty text is some.
pub fn null_reaches_a_host_function_as_none<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let text = |_: &mut GuestOf<'_, S>, text: Option<String>| -> i32 {
            text.map_or(-1, |text| text.len() as i32)
        };
        let c_text = |_: &mut GuestOf<'_, S>, text: Option<CString>| -> i32 {
            text.map_or(-1, |text| text.as_bytes().len() as i32)
        };
        let point = |_: &mut GuestOf<'_, S>, p: Option<Point>| p.map_or(-1.0, |p| p.x * p.y);
        linker.func("host", "maybe_text", text).unwrap();
        linker.func("host", "maybe_c_text", c_text).unwrap();
        linker.func("host", "maybe_point", point).unwrap();
    });
    for (text, len) in [(Some("some"), 4), (Some(""), 0), (None, -1)] {
        assert_eq!(plugin.call::<_, i32>("send_maybe_text", (text,)).unwrap(), len);
    }
    for (text, len) in [(Some(c"some"), 4), (Some(c""), 0), (None, -1)] {
        assert_eq!(plugin.call::<_, i32>("send_maybe_c_text", (text,)).unwrap(), len);
    }
    assert_eq!(plugin.call::<_, f64>("send_maybe_point", (true,)).unwrap(), 12.0);
    assert_eq!(plugin.call::<_, f64>("send_maybe_point", (false,)).unwrap(), -1.0);
}

/// Every view may be optional as well.
pub fn an_optional_view_is_none_for_null<S: Subject>() {
    macro_rules! optional {
        ($($View:ty: |$view:ident| $len:expr;)*) => {
            $(
                let mut plugin = hostfns::<S, ()>((), |linker| {
                    let text = |_: &mut GuestOf<'_, S>, view: Option<$View>| -> i32 {
                        view.map_or(-1, |$view| $len as i32)
                    };
                    linker.func("host", "maybe_text", text).unwrap();
                });
                for (text, len) in [(Some("some"), 4), (Some(""), 0), (None, -1)] {
                    let found: i32 = plugin.call("send_maybe_text", (text,)).unwrap();
                    assert_eq!(found, len, stringify!($View));
                }
            )*
        };
    }
    optional! {
        GuestStr: |text| text.bytes().len();
        GuestBytes: |bytes| bytes.len();
        GuestSlice<u8>: |slice| slice.len();
        Vec<i8>: |bytes| bytes.len();
    }
}

/// What a plugin hands over is copied, and its block freed.
pub fn an_owned_parameter_is_freed<S: Subject>() {
    let mut plugin = hostfns::<S, Vec<String>>(Vec::new(), |linker| {
        let adopt = |guest: &mut GuestOf<'_, S, Vec<String>>, text: Owned<String>| -> u32 {
            // The argument of `send_adopt` alone; the copy is freed already.
            assert_eq!(guest.heap().stats().live_blocks, 1);
            guest.state_mut().push(text.0);
            guest.state().len() as u32
        };
        let numbers = |guest: &mut GuestOf<'_, S, Vec<String>>, numbers: Owned<Vec<i32>>| -> i64 {
            assert_eq!(guest.heap().stats().live_blocks, 0);
            numbers.0.into_iter().map(i64::from).sum()
        };
        linker.func("host", "adopt", adopt).unwrap();
        linker.func("host", "adopt_numbers", numbers).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("send_adopt", ("mine",)).unwrap(), 1);
    assert_eq!(plugin.call::<_, u32>("send_adopt", ("",)).unwrap(), 2);
    assert_eq!(plugin.state(), &["mine", ""]);
    assert_eq!(plugin.call::<_, i64>("send_adopt_numbers", (100i32,)).unwrap(), 5050);
    assert_eq!(plugin.call::<_, i64>("send_adopt_numbers", (0i32,)).unwrap(), 0);
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0));
}

/// Static data and borrowed arguments that are handed over are copied, and stay whose they are.
pub fn what_is_not_the_plugins_is_not_freed_for_it<S: Subject>() {
    let mut plugin = hostfns::<S, Vec<String>>(Vec::new(), |linker| {
        let adopt = |guest: &mut GuestOf<'_, S, Vec<String>>, text: Owned<String>| -> u32 {
            guest.state_mut().push(text.0);
            0
        };
        linker.func("host", "adopt", adopt).unwrap();
    });
    for _ in 0..2 {
        plugin.call::<_, u32>("send_adopt_static", ()).unwrap();
        plugin.call::<_, u32>("send_adopt_borrowed", ("borrowed",)).unwrap();
    }
    assert_eq!(plugin.state(), &["static", "borrowed", "static", "borrowed"]);
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.freed, stats.invalid_frees), (0, 2, 0));
}
