//! Scalars through the calling convention, with their edges: arguments, results, and both for
//! host functions.

use hostheap_core::error::ConventionError;

use crate::expect;
use crate::rig::{GuestOf, PluginOf, plugin, plugin_with};
use crate::subject::Subject;

/// Shows a plugin's view of 32 bits, and gives any 32 bits back.
const WAT: &str = r#"(module
    (memory (export "memory") 1)
    (global $seen (mut i32) (i32.const 0))
    (func (export "id32") (param i32) (result i32)
        (global.set $seen (local.get 0)) (local.get 0))
    (func (export "seen") (result i32) (global.get $seen))
    (func (export "id64") (param i64) (result i64) (local.get 0))
    (func (export "idf32") (param f32) (result f32) (local.get 0))
    (func (export "idf64") (param f64) (result f64) (local.get 0))
    (func (export "nothing")))"#;

fn seen<S: Subject>(plugin: &mut PluginOf<S>) -> i32 {
    plugin.call("seen", ()).unwrap()
}

/// Narrow integers are extended by their own sign on the way in.
pub fn narrow_integers_are_extended_by_their_own_sign<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    plugin.call::<_, i32>("id32", (-128i8,)).unwrap();
    assert_eq!(seen::<S>(&mut plugin), -128);
    plugin.call::<_, i32>("id32", (255u8,)).unwrap();
    assert_eq!(seen::<S>(&mut plugin), 255);
    plugin.call::<_, i32>("id32", (i16::MIN,)).unwrap();
    assert_eq!(seen::<S>(&mut plugin), -32768);
    plugin.call::<_, i32>("id32", (u16::MAX,)).unwrap();
    assert_eq!(seen::<S>(&mut plugin), 65535);
    plugin.call::<_, i32>("id32", (u32::MAX,)).unwrap();
    assert_eq!(seen::<S>(&mut plugin), -1);
}

/// Narrow results are truncated: what a plugin leaves in the upper bits means nothing.
pub fn narrow_results_are_truncated<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    let bits = (0xdead_bf80_u32,);
    assert_eq!(plugin.call::<_, i8>("id32", bits).unwrap(), -128);
    assert_eq!(plugin.call::<_, u8>("id32", bits).unwrap(), 0x80);
    assert_eq!(plugin.call::<_, i16>("id32", bits).unwrap(), 0xbf80_u16 as i16);
    assert_eq!(plugin.call::<_, u16>("id32", bits).unwrap(), 0xbf80);
    assert_eq!(plugin.call::<_, u32>("id32", bits).unwrap(), 0xdead_bf80);
    assert_eq!(plugin.call::<_, i32>("id32", bits).unwrap(), 0xdead_bf80_u32 as i32);
}

/// Every integer type keeps its extremes there and back.
pub fn integers_keep_their_extremes_there_and_back<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    macro_rules! there_and_back {
        ($($ty:ident in $export:literal),*) => {$(
            for value in [$ty::MIN, $ty::MAX, 0, 1] {
                assert_eq!(plugin.call::<_, $ty>($export, (value,)).unwrap(), value);
            }
        )*};
    }
    there_and_back!(i8 in "id32", u8 in "id32", i16 in "id32", u16 in "id32", i32 in "id32",
        u32 in "id32", i64 in "id64", u64 in "id64");
}

/// Floats keep their bits.
pub fn floats_keep_their_bits_there_and_back<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    for value in [0.0f32, -0.0, f32::MIN, f32::MAX, f32::INFINITY, f32::from_bits(0xffc1_2345)] {
        let back: f32 = plugin.call("idf32", (value,)).unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
    for value in [0.0f64, -0.0, f64::MIN, f64::MAX, f64::NEG_INFINITY, f64::EPSILON] {
        let back: f64 = plugin.call("idf64", (value,)).unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
}

/// A bool goes in as 0 or 1, and comes out by its lowest bit.
pub fn a_bool_is_its_lowest_bit<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    assert!(plugin.call::<_, bool>("id32", (true,)).unwrap());
    assert_eq!(seen::<S>(&mut plugin), 1);
    assert!(!plugin.call::<_, bool>("id32", (false,)).unwrap());
    assert_eq!(seen::<S>(&mut plugin), 0);
    assert!(plugin.call::<_, bool>("id32", (0x101u32,)).unwrap());
    assert!(!plugin.call::<_, bool>("id32", (0x100u32,)).unwrap());
}

/// A char is its scalar value, from the first to the last.
pub fn a_char_is_its_scalar_value<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    for c in ['\0', 'a', 'ß', '\u{d7ff}', '\u{e000}', '🦀', char::MAX] {
        assert_eq!(plugin.call::<_, char>("id32", (c,)).unwrap(), c);
        assert_eq!(seen::<S>(&mut plugin) as u32, u32::from(c));
    }
}

/// What is no scalar value is no char, and the plugin goes on.
pub fn what_is_no_scalar_value_is_no_char<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    for value in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        let error = expect::convention(plugin.call::<_, char>("id32", (value,)));
        assert_eq!(error, ConventionError::NotChar { value });
    }
    assert!(!plugin.guest().is_poisoned());
}

/// Nothing in and nothing out is a call too.
pub fn a_call_may_have_neither_arguments_nor_result<S: Subject>() {
    let mut plugin = plugin::<S>(WAT);
    plugin.call::<_, ()>("nothing", ()).unwrap();
    let nothing = plugin.func::<(), ()>("nothing").unwrap();
    nothing.call(&mut plugin, ()).unwrap();
    assert_eq!(plugin.heap_stats().allocated, 0, "such calls need no memory");
}

/// Twelve arguments of any kind fit, as long as they are 15 wasm parameters at most.
pub fn twelve_arguments_fit<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "memory") 1)
            (func (export "mix")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
                (result i32)
                ;; The lengths of three strings, then some scalars in decimal places.
                (i32.add
                    (i32.add (i32.add (local.get 1) (local.get 5)) (local.get 9))
                    (i32.add
                        (i32.add
                            (i32.mul (local.get 2) (i32.const 100))
                            (i32.mul (local.get 3) (i32.const 1000)))
                        (i32.add
                            (i32.mul (local.get 13) (i32.const 10000))
                            (i32.mul (local.get 14) (i32.const 100000)))))))"#,
    );
    let text = "ccc".as_bytes();
    let arguments = ("a", 1u8, 2i8, "bb", 3u16, 4i16, text, 5u32, true, 'x', 7i32, 8u8);
    assert_eq!(plugin.call::<_, i32>("mix", arguments).unwrap(), 872_106);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Passes everything on to the host and back.
const HOST: &str = r#"(module
    (import "host" "f" (func $f (param i32) (result i32)))
    (import "host" "g" (func $g (param i64) (result i64)))
    (import "host" "h" (func $h (param f32) (result f32)))
    (import "host" "k" (func $k (param f64) (result f64)))
    (memory (export "memory") 1)
    (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "g") (param i64) (result i64) (call $g (local.get 0)))
    (func (export "h") (param f32) (result f32) (call $h (local.get 0)))
    (func (export "k") (param f64) (result f64) (call $k (local.get 0))))"#;

macro_rules! host {
    ($S:ty, $f:expr) => {
        plugin_with::<$S, ()>(HOST, (), |linker| {
            linker.func("host", "f", $f).unwrap();
            linker.func("host", "g", |_: &mut GuestOf<'_, $S>, v: u64| v ^ 1).unwrap();
            linker.func("host", "h", |_: &mut GuestOf<'_, $S>, v: f32| -v).unwrap();
            linker.func("host", "k", |_: &mut GuestOf<'_, $S>, v: f64| -v).unwrap();
        })
    };
}

/// A host function's narrow parameters are truncated, and its narrow results extended.
pub fn a_host_functions_narrow_integers_are_converted<S: Subject>() {
    let bits = 0xdead_bf80_u32 as i32;
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: i8| v);
    assert_eq!(plugin.call::<_, i32>("f", (bits,)).unwrap(), -128);
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: u8| v);
    assert_eq!(plugin.call::<_, i32>("f", (bits,)).unwrap(), 128);
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: i16| v);
    assert_eq!(plugin.call::<_, i32>("f", (bits,)).unwrap(), i32::from(0xbf80_u16 as i16));
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: u16| v);
    assert_eq!(plugin.call::<_, i32>("f", (bits,)).unwrap(), 0xbf80);
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: bool| !v);
    assert_eq!(plugin.call::<_, i32>("f", (2i32,)).unwrap(), 1);
    assert_eq!(plugin.call::<_, i32>("f", (3i32,)).unwrap(), 0);
}

/// A host function's wide integers and floats keep their bits.
pub fn a_host_functions_wide_values_keep_their_bits<S: Subject>() {
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: u32| v.wrapping_add(1));
    assert_eq!(plugin.call::<_, u32>("f", (u32::MAX,)).unwrap(), 0);
    assert_eq!(plugin.call::<_, u64>("g", (u64::MAX,)).unwrap(), u64::MAX - 1);
    assert_eq!(plugin.call::<_, f32>("h", (f32::MAX,)).unwrap(), f32::MIN);
    let back: f64 = plugin.call("k", (0.0f64,)).unwrap();
    assert_eq!(back.to_bits(), (-0.0f64).to_bits());
}

/// A host function's char is checked, and what is none stops the guest.
pub fn a_host_functions_char_is_checked<S: Subject>() {
    let mut plugin = host!(S, |_: &mut GuestOf<'_, S>, v: char| v.to_ascii_uppercase());
    assert_eq!(plugin.call::<_, char>("f", ('z',)).unwrap(), 'Z');
    let error = expect::convention(plugin.call::<_, i32>("f", (0xd800i32,)));
    assert_eq!(error, ConventionError::NotChar { value: 0xd800 });
}
