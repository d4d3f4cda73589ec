//! What is wrong with a host function's parameters is found before it runs; what is wrong with its
//! work comes out of the call as itself.

use core::fmt;
use std::ffi::CString;

use hostheap_core::convention::{GuestBytes, GuestPtr, GuestSlice, GuestStr, Owned};
use hostheap_core::error::ConventionError;
use hostheap_core::{Error, Limits, Plugin, Result, Runtime};

use crate::expect;
use crate::hosts::hostfns;
use crate::rig::{GuestOf, PluginOf, plugin_with};
use crate::shapes::{Item, Point};
use crate::subject::Subject;

/// A plugin whose host functions must all not run. Those of the cases here have static types, whose
/// values are made before they run.
fn idle<S: Subject>() -> PluginOf<S> {
    macro_rules! idle {
        ($linker:ident; $($name:literal ($($P:ty),*) -> $R:ty;)*) => {$(
            let idle = |_: &mut GuestOf<'_, S>, $(_: $P),*| -> $R {
                panic!(concat!("host.", $name, " ran"))
            };
            $linker.func("host", $name, idle).unwrap();
        )*};
    }
    hostfns::<S, ()>((), |linker| {
        idle! {
            linker;
            "text"(GuestStr) -> u32;
            "bytes"(Vec<u8>) -> u32;
            "numbers"(Vec<i32>) -> i64;
            "points"(Vec<Point>) -> f64;
            "c_text"(CString) -> u32;
            "point"(Point) -> f64;
            "item"(Item) -> i64;
            "letter"(char) -> char;
            "flag"(bool) -> bool;
            "maybe_text"(Option<String>) -> i32;
            "maybe_point"(Option<Point>) -> f64;
            "adopt"(Owned<String>) -> u32;
            "adopt_numbers"(Owned<Vec<i32>>) -> i64;
        }
    })
}

/// That nothing is left of a call that failed.
#[track_caller]
fn nothing_is_left<B: Runtime, T: Send + 'static>(plugin: &Plugin<B, T>) {
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0));
    assert!(plugin.is_poisoned(), "it was stopped in mid-call");
}

/// Pointers beyond memory are refused, for text, C text and counted bytes.
pub fn a_pointer_beyond_memory_is_refused<S: Subject>() {
    let mut plugin = idle::<S>();
    let error = expect::out_of_bounds(plugin.call::<_, u32>("send_wild_text", ()));
    assert_eq!((error.offset, error.len), (0xffff_fff0, 32));
    nothing_is_left(&plugin);
    let mut plugin = idle::<S>();
    let error = expect::convention(plugin.call::<_, u32>("send_wild_c_text", ()));
    assert_eq!(error, ConventionError::NotTerminated { offset: 0xffff_fff0, searched: 0 });
    nothing_is_left(&plugin);
}

/// A pointer that is not aligned for what it points to is refused, in each form.
pub fn a_misaligned_slice_is_refused<S: Subject>() {
    let mut copied = idle::<S>();
    let mut in_place = hostfns::<S, ()>((), |linker| {
        let numbers = |_: &mut GuestOf<'_, S>, _: GuestSlice<i32>| -> i64 { panic!("it ran") };
        linker.func("host", "numbers", numbers).unwrap();
    });
    for plugin in [&mut copied, &mut in_place] {
        match expect::convention(plugin.call::<_, i64>("send_misaligned_numbers", ())) {
            ConventionError::Misaligned { offset, align: 4, of: "int32_t" } => {
                assert_ne!(offset % 4, 0);
            }
            other => panic!("{other:?}"),
        }
        nothing_is_left(plugin);
    }
    // As bytes they are fine.
    let mut bytes = hostfns::<S, ()>((), |linker| {
        let numbers = |_: &mut GuestOf<'_, S>, bytes: Vec<u8>| bytes.len() as i64;
        linker.func("host", "numbers", numbers).unwrap();
    });
    assert_eq!(bytes.call::<_, i64>("send_misaligned_numbers", ()).unwrap(), 2);
}

/// A number of elements whose size wraps around is too long.
pub fn a_size_that_wraps_around_is_refused<S: Subject>() {
    let mut copied = idle::<S>();
    let mut in_place = hostfns::<S, ()>((), |linker| {
        let numbers = |_: &mut GuestOf<'_, S>, _: GuestSlice<i32>| -> i64 { panic!("it ran") };
        linker.func("host", "numbers", numbers).unwrap();
    });
    let mut owned = hostfns::<S, ()>((), |linker| {
        let numbers = |_: &mut GuestOf<'_, S>, _: Owned<Vec<i32>>| -> i64 { panic!("it ran") };
        linker.func("host", "numbers", numbers).unwrap();
    });
    for plugin in [&mut copied, &mut in_place, &mut owned] {
        let error = expect::convention(plugin.call::<_, i64>("send_huge_numbers", ()));
        match error {
            ConventionError::TooLong { len: 0x1_0000_0004, .. }
            | ConventionError::ResultNotInBlock { len: 0x1_0000_0004, .. } => {}
            other => panic!("{other:?}"),
        }
        nothing_is_left(plugin);
    }
}

/// `NULL` is refused where something must be.
pub fn null_is_refused_unless_it_is_an_option<S: Subject>() {
    let mut plugin = idle::<S>();
    let error = expect::convention(plugin.call::<_, f64>("send_null_point", ()));
    assert_eq!(error, ConventionError::NullPointer { of: "struct point" });
    nothing_is_left(&plugin);
    let mut plugin = idle::<S>();
    let error =
        expect::convention(plugin.call::<_, u32>("send_c_text", (None::<&std::ffi::CStr>,)));
    assert_eq!(error, ConventionError::NullPointer { of: "const char" });
    nothing_is_left(&plugin);
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let point = |guest: &mut GuestOf<'_, S>, p: GuestPtr<Point>| guest.read(p).map(|p| p.x);
        linker.func("host", "point", point).unwrap();
    });
    let error = expect::convention(plugin.call::<_, f64>("send_null_point", ()));
    assert_eq!(error, ConventionError::NullPointer { of: "struct point" });
    nothing_is_left(&plugin);
}

/// Text that is not UTF-8 is refused, in each form that needs it.
pub fn text_that_is_no_utf8_is_refused<S: Subject>() {
    macro_rules! refused {
        ($($Text:ty),*) => {
            $(
                let mut plugin = hostfns::<S, ()>((), |linker| {
                    let text = |_: &mut GuestOf<'_, S>, _: $Text| -> u32 { panic!("it ran") };
                    linker.func("host", "text", text).unwrap();
                });
                match expect::convention(plugin.call::<_, u32>("send_bad_text", ())) {
                    ConventionError::NotUtf8 { len: 3, valid_up_to: 1, .. } => {}
                    other => panic!("{}: {other:?}", stringify!($Text)),
                }
                nothing_is_left(&plugin);
            )*
        };
    }
    refused!(String, GuestStr, Owned<String>, Option<String>, Option<GuestStr>);
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let text = |_: &mut GuestOf<'_, S>, bytes: GuestBytes| bytes.len();
        linker.func("host", "text", text).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("send_bad_text", ()).unwrap(), 3);
}

/// A struct or a `char` with bits that it cannot have is refused.
pub fn bits_that_are_no_value_are_refused<S: Subject>() {
    for byte in [2, 128, 255u8] {
        let mut plugin = idle::<S>();
        let error = expect::convention(plugin.call::<_, i64>("send_item", (1u32, byte)));
        assert!(
            matches!(error, ConventionError::InvalidBits { of: "struct item", .. }),
            "{error:?}"
        );
        nothing_is_left(&plugin);
    }
    for value in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        let mut plugin = idle::<S>();
        let error = expect::convention(plugin.call::<_, u32>("send_letter", (value,)));
        assert_eq!(error, ConventionError::NotChar { value });
        nothing_is_left(&plugin);
    }
}

/// A block that is handed over twice is nobody's the second time.
pub fn a_block_is_handed_over_once<S: Subject>() {
    let mut plugin = hostfns::<S, Vec<String>>(Vec::new(), |linker| {
        let adopt = |guest: &mut GuestOf<'_, S, Vec<String>>, text: Owned<String>| -> u32 {
            guest.state_mut().push(text.0);
            0
        };
        linker.func("host", "adopt", adopt).unwrap();
    });
    let error = expect::convention(plugin.call::<_, u32>("send_adopt_twice", ()));
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 5, .. }), "{error:?}");
    assert_eq!(plugin.state(), &["twice"], "it ran once");
    nothing_is_left(&plugin);
}

/// An owned parameter that is no good is freed all the same.
pub fn a_bad_owned_parameter_is_freed<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        linker.limits(Limits::new().max_transfer(10));
        let adopt = |_: &mut GuestOf<'_, S>, _: Owned<String>| -> u32 { panic!("it ran") };
        linker.func("host", "adopt", adopt).unwrap();
    });
    let error = expect::convention(plugin.call::<_, u32>("send_adopt", ("eleven char",)));
    assert_eq!(error, ConventionError::TooLong { len: 11, max: 10 });
    nothing_is_left(&plugin);
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let adopt = |_: &mut GuestOf<'_, S>, _: Owned<Vec<bool>>| -> u32 { panic!("it ran") };
        linker.func("host", "adopt", adopt).unwrap();
    });
    let error = expect::convention(plugin.call::<_, u32>("send_adopt", ("abc",)));
    assert!(matches!(error, ConventionError::InvalidBits { of: "bool", .. }), "{error:?}");
    nothing_is_left(&plugin);
}

/// Two ranges, and how long each is.
const TWO: &str = r#"(module
    (import "host" "take" (func $take (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "give") (param i32 i32)
        (call $take (i32.const 16) (local.get 0) (i32.const 1024) (local.get 1))))"#;

/// All parameters of a call share the host's limit.
pub fn the_parameters_of_a_call_share_the_limit<S: Subject>() {
    macro_rules! shared {
        ($($A:ty, $B:ty;)*) => {
            $(for (a, b, fits) in [(6u32, 4u32, true), (10, 0, true), (6, 5, false), (0, 11, false)] {
                let mut plugin = plugin_with::<S, u32>(TWO, 0, |linker| {
                    linker.limits(Limits::new().max_transfer(10));
                    let take = |guest: &mut GuestOf<'_, S, u32>, _: $A, _: $B| {
                        *guest.state_mut() += 1;
                    };
                    linker.func("host", "take", take).unwrap();
                });
                let result = plugin.call::<_, ()>("give", (a, b));
                if fits {
                    result.unwrap();
                    // The next call has a limit of its own.
                    plugin.call::<_, ()>("give", (a, b)).unwrap();
                } else {
                    let error = expect::convention(result);
                    assert_eq!(error, ConventionError::TooLong { len: b.into(), max: 10 });
                }
                let runs = if fits { 2 } else { 0 };
                assert_eq!(*plugin.state(), runs, "{} {a} {b}", stringify!($A, $B));
            })*
        };
    }
    shared! {
        String, String;
        Vec<u8>, GuestBytes;
        GuestStr, Vec<i8>;
        GuestSlice<u8>, Option<String>;
    }
}

/// Owned parameters have a part in it.
pub fn owned_parameters_share_the_limit<S: Subject>() {
    for (a, b) in [(6u32, 5u32), (10, 1)] {
        let mut plugin = plugin_with::<S, ()>(TWO, (), |linker| {
            linker.limits(Limits::new().max_transfer(10));
            let take = |_: &mut GuestOf<'_, S>, _: Owned<String>, _: Owned<Vec<u8>>| -> () {
                panic!("it ran")
            };
            linker.func("host", "take", take).unwrap();
        });
        let error = expect::convention(plugin.call::<_, ()>("give", (a, b)));
        assert_eq!(error, ConventionError::TooLong { len: b.into(), max: 10 });
    }
}

/// C text counts up to its NUL, and is searched no further than the limit.
pub fn c_text_is_searched_up_to_the_limit<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        linker.limits(Limits::new().max_transfer(10));
        let c_text = |_: &mut GuestOf<'_, S>, text: CString| text.as_bytes().len() as u32;
        linker.func("host", "c_text", c_text).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("send_c_text", (c"ten chars.",)).unwrap(), 10);
    let error = expect::convention(plugin.call::<_, u32>("send_c_text", (c"eleven char",)));
    assert_eq!(error, ConventionError::TooLong { len: 11, max: 10 });
    nothing_is_left(&plugin);
}

/// C text has what the parameters before it leave, and the limit that is named is the host's.
pub fn c_text_shares_the_limit<S: Subject>() {
    let wat = r#"(module
        (import "host" "take" (func $take (param i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "eight...")
        (func (export "give") (param i32) (call $take (i32.const 16) (local.get 0) (i32.const 16))))"#;
    let mut plugin = plugin_with::<S, u32>(wat, 0, |linker| {
        linker.limits(Limits::new().max_transfer(10));
        let take = |guest: &mut GuestOf<'_, S, u32>, _: String, text: CString| {
            assert_eq!(text.as_ref(), c"eight...");
            *guest.state_mut() += 1;
        };
        linker.func("host", "take", take).unwrap();
    });
    plugin.call::<_, ()>("give", (2u32,)).unwrap();
    let error = expect::convention(plugin.call::<_, ()>("give", (3u32,)));
    assert_eq!(error, ConventionError::TooLong { len: 8, max: 10 });
    assert_eq!(*plugin.state(), 1);
}

/// C text without a NUL up to the end of memory is refused.
pub fn c_text_without_an_end_is_refused<S: Subject>() {
    let wat = r#"(module
        (import "host" "take" (func $take (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 65532) "text")
        (func (export "give") (param i32) (call $take (local.get 0))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let take = |_: &mut GuestOf<'_, S>, _: CString| -> () { panic!("it ran") };
        linker.func("host", "take", take).unwrap();
    });
    let error = expect::convention(plugin.call::<_, ()>("give", (65532u32,)));
    assert_eq!(error, ConventionError::NotTerminated { offset: 65532, searched: 4 });
}

/// An error of the host's own.
#[derive(Debug, PartialEq)]
struct OutOfCoffee(u32);

impl fmt::Display for OutOfCoffee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "out of coffee after {} cups", self.0)
    }
}

impl core::error::Error for OutOfCoffee {}

/// A host function's error stops the plugin, and is what the call fails with.
pub fn a_host_functions_error_is_what_the_call_fails_with<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let text = |_: &mut GuestOf<'_, S>, text: String| -> Result<u32, OutOfCoffee> {
            Err(OutOfCoffee(text.len() as u32))
        };
        let c_text = |_: &mut GuestOf<'_, S>, _: CString| -> anyhow::Result<u32> {
            Err(anyhow::Error::new(OutOfCoffee(1)).context("before noon"))
        };
        let bytes = |_: &mut GuestOf<'_, S>, _: Vec<u8>| -> Result<u32, String> {
            Err("a mere string".into())
        };
        let numbers = |guest: &mut GuestOf<'_, S>, slice: GuestSlice<i32>| -> Result<i64> {
            Ok(slice.get(guest.context(), slice.len())?.into())
        };
        linker.func("host", "text", text).unwrap();
        linker.func("host", "c_text", c_text).unwrap();
        linker.func("host", "bytes", bytes).unwrap();
        linker.func("host", "numbers", numbers).unwrap();
    });
    let error = expect::host(plugin.call::<_, u32>("send_text", ("four",)));
    assert_eq!(error.downcast_ref(), Some(&OutOfCoffee(4)));
    nothing_is_left(&plugin);
    expect::poisoned(plugin.call::<_, u32>("send_text", ("four",)));
    plugin.guest().clear_poison();
    let error = expect::host(plugin.call::<_, u32>("send_c_text", (c"x",)));
    assert_eq!(error.to_string(), "before noon");
    plugin.guest().clear_poison();
    let error = expect::host(plugin.call::<_, u32>("send_bytes", (b"x",)));
    assert_eq!(error.to_string(), "a mere string");
    plugin.guest().clear_poison();
    expect::out_of_bounds(plugin.call::<_, i64>("send_numbers", (&[1],)));
    nothing_is_left(&plugin);
}

/// What a host function owns of the plugin's is freed, also where it then fails.
pub fn a_host_function_that_fails_has_freed_what_it_owns<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let adopt = |_: &mut GuestOf<'_, S>, text: Owned<String>| -> Result<u32> {
            Err(Error::host(text.0))
        };
        linker.func("host", "adopt", adopt).unwrap();
    });
    let error = expect::host(plugin.call::<_, u32>("send_adopt", ("text",)));
    assert_eq!(error.to_string(), "text");
    nothing_is_left(&plugin);
}
