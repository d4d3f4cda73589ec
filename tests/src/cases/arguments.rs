//! Arguments of exports: scalars, how several are put together, where they lie and for how long.

use hostheap_core::convention::{GuestPtr, Out};
use hostheap_core::error::{ConventionError, LinkError};
use hostheap_core::{Limits, LoadOptions, TrapKind};

use crate::rig::{PluginOf, load, try_load_with};
use crate::shapes::{Point, hash};
use crate::subject::Subject;
use crate::{expect, guests};

fn scalars<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("scalars"))
}

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

/// Narrow integers reach C extended by their own sign, `bool` and `char` with zeros.
pub fn narrow_scalars_reach_c_extended<S: Subject>() {
    let mut plugin = scalars::<S>();
    macro_rules! widen {
        ($($export:literal $($value:expr => $seen:expr),*;)*) => {$($(
            assert_eq!(plugin.call::<_, i64>($export, ($value,)).unwrap(), $seen, $export);
        )*)*};
    }
    widen! {
        "widen_i8" i8::MIN => -128, -1i8 => -1, 0i8 => 0, i8::MAX => 127;
        "widen_u8" 0u8 => 0, 128u8 => 128, u8::MAX => 255;
        "widen_i16" i16::MIN => -32768, -1i16 => -1, i16::MAX => 32767;
        "widen_u16" 32768u16 => 32768, u16::MAX => 65535;
        "widen_i32" i32::MIN => i64::from(i32::MIN), -1i32 => -1, i32::MAX => i64::from(i32::MAX);
        "widen_u32" u32::MAX => -1, 1u32 << 31 => i64::from(i32::MIN), 7u32 => 7;
        "widen_bool" true => 1, false => 0;
        "widen_char" '\0' => 0, 'a' => 97, '\u{d7ff}' => 0xd7ff, char::MAX => 0x10_ffff;
    }
}

/// Every scalar type comes back from C as it went, at its edges.
pub fn every_scalar_comes_back_from_c_as_it_went<S: Subject>() {
    let mut plugin = scalars::<S>();
    macro_rules! same {
        ($($ty:ident in $export:literal: $($value:expr),*;)*) => {$($(
            let value: $ty = $value;
            assert_eq!(plugin.call::<_, $ty>($export, (value,)).unwrap(), value, $export);
        )*)*};
    }
    same! {
        i8 in "same_i8": i8::MIN, -1, 0, 1, i8::MAX;
        u8 in "same_u8": 0, 127, 128, u8::MAX;
        i16 in "same_i16": i16::MIN, -1, 0, i16::MAX;
        u16 in "same_u16": 0, 32768, u16::MAX;
        i32 in "same_i32": i32::MIN, -1, 0, i32::MAX;
        u32 in "same_u32": 0, 1 << 31, u32::MAX;
        i64 in "same_i64": i64::MIN, -1, 0, i64::MAX, 1 << 32;
        u64 in "same_u64": 0, 1 << 63, u64::MAX, u64::from(u32::MAX);
        bool in "same_bool": false, true;
        char in "same_char": '\0', 'z', 'ß', '\u{d7ff}', '\u{e000}', '🦀', char::MAX;
    }
}

/// Floats keep every bit, those of zeros, subnormals, infinities and NaNs too.
pub fn floats_keep_every_bit_through_c<S: Subject>() {
    let mut plugin = scalars::<S>();
    let nan = f32::from_bits(0x7fc0_1234);
    for value in [0.0, -0.0, f32::MIN_POSITIVE / 2.0, f32::MAX, f32::NEG_INFINITY, 0.1, nan] {
        let back: f32 = plugin.call("same_f32", (value,)).unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
    let nan = f64::from_bits(0xfff8_0000_dead_beef);
    for value in [0.0, -0.0, f64::MIN_POSITIVE / 2.0, f64::MIN, f64::INFINITY, 0.1, nan] {
        let back: f64 = plugin.call("same_f64", (value,)).unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
}

/// C's arithmetic on narrow types sees the values that were passed.
pub fn arithmetic_in_c_sees_the_values_passed<S: Subject>() {
    let mut plugin = scalars::<S>();
    assert_eq!(plugin.call::<_, i8>("add_i8", (i8::MAX, 1i8)).unwrap(), i8::MIN);
    assert_eq!(plugin.call::<_, u8>("add_u8", (200u8, 100u8)).unwrap(), 44);
    assert_eq!(plugin.call::<_, i16>("add_i16", (i16::MIN, -1i16)).unwrap(), i16::MAX);
    assert_eq!(plugin.call::<_, u16>("add_u16", (u16::MAX, 2u16)).unwrap(), 1);
    assert_eq!(plugin.call::<_, u64>("add_u64", (u64::MAX, 3u64)).unwrap(), 2);
    assert_eq!(plugin.call::<_, f32>("add_f32", (0.5f32, -0.75f32)).unwrap(), -0.25);
    assert_eq!(plugin.call::<_, f64>("add_f64", (1e300, 1e300)).unwrap(), 2e300);
    assert!(plugin.call::<_, bool>("is_negative", (i64::MIN,)).unwrap());
    assert!(!plugin.call::<_, bool>("is_negative", (0i64,)).unwrap());
    assert!(!plugin.call::<_, bool>("invert", (true,)).unwrap());
    assert!(plugin.call::<_, bool>("invert", (false,)).unwrap());
    assert_eq!(plugin.call::<_, u8>("top_byte", (0xfe00_0000_0000_0000u64,)).unwrap(), 0xfe);
}

/// Bits that are no value of a result's type are truncated, and for a `char` refused.
pub fn bits_of_a_result_are_read_as_the_type_asked_for<S: Subject>() {
    let mut plugin = scalars::<S>();
    assert_eq!(plugin.call::<_, u8>("raw_bits", (256u32,)).unwrap(), 0);
    assert_eq!(plugin.call::<_, i8>("raw_bits", (0x1ffu32,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i16>("raw_bits", (0x1_8000u32,)).unwrap(), i16::MIN);
    assert!(!plugin.call::<_, bool>("raw_bits", (0u32,)).unwrap());
    assert!(plugin.call::<_, bool>("raw_bits", (1u32,)).unwrap());
    for value in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        let error = expect::convention(plugin.call::<_, char>("raw_bits", (value,)));
        assert_eq!(error, ConventionError::NotChar { value });
    }
    let next = expect::convention(plugin.call::<_, char>("next_char", (char::MAX,)));
    assert_eq!(next, ConventionError::NotChar { value: 0x11_0000 });
    assert_eq!(plugin.call::<_, char>("next_char", ('a',)).unwrap(), 'b');
    assert!(!plugin.is_poisoned());
}

/// Twelve arguments of twelve types arrive in their order.
pub fn twelve_arguments_of_twelve_types_arrive_in_order<S: Subject>() {
    let mut plugin = scalars::<S>();
    let given = (
        -1i8,
        65535u16,
        -3i32,
        i64::MIN,
        0.5f32,
        -0.25f64,
        true,
        'z',
        255u8,
        -7i16,
        u64::MAX,
        9u32,
    );
    let as_c_sees = [
        -1i64 as u64,
        65535,
        -3i64 as u64,
        i64::MIN as u64,
        2,
        -1i64 as u64,
        1,
        122,
        255,
        -7i64 as u64,
        u64::MAX,
        9,
    ];
    let expected = as_c_sees.iter().fold(0u64, |h, x| h.wrapping_mul(31).wrapping_add(*x));
    assert_eq!(plugin.call::<_, u64>("twelve", given).unwrap(), expected);
}

/// Each of twelve arguments of one type is in its own place.
pub fn twelve_arguments_of_one_type_keep_their_places<S: Subject>() {
    let mut plugin = scalars::<S>();
    for n in 1..=11 {
        let (a, b, c, d, e, f, g, h, i, j, k) = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110);
        let given = (n, a, b, c, d, e, f, g, h, i, j, k);
        assert_eq!(plugin.call::<_, i32>("pick", given).unwrap(), n * 10);
    }
}

/// A function without arguments and without a result is called, as often as asked.
pub fn a_function_of_nothing_is_called<S: Subject>() {
    let mut plugin = scalars::<S>();
    assert_eq!(plugin.call::<_, i32>("answer", ()).unwrap(), 42);
    let tick = plugin.func::<(), ()>("tick").unwrap();
    for ticks in 1..=5u32 {
        tick.call(&mut plugin, ()).unwrap();
        assert_eq!(plugin.call::<_, u32>("tick_count", ()).unwrap(), ticks);
    }
}

/// Scalars take no memory of the plugin's.
pub fn scalars_take_no_block<S: Subject>() {
    let mut plugin = scalars::<S>();
    let add = plugin.func::<(u64, u64), u64>("add_u64").unwrap();
    for i in 0..100 {
        assert_eq!(add.call(&mut plugin, (i, 1)).unwrap(), i + 1);
    }
    assert_eq!(plugin.heap_stats().requested_bytes, 0);
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// A pointer that the plugin knows already is passed as it is.
pub fn a_pointer_of_the_plugins_is_passed_as_it_is<S: Subject>() {
    let mut plugin = pointers::<S>();
    for offset in [0, 1, 1024, u32::MAX] {
        let pointer = GuestPtr::<i32>::new(offset);
        assert_eq!(plugin.call::<_, u32>("address", (pointer,)).unwrap(), offset);
        let back: GuestPtr<f64> = plugin.call("address", (pointer,)).unwrap();
        assert_eq!((back.offset(), back.is_null()), (offset, offset == 0));
    }
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// Arguments of eight kinds go together, in one block.
pub fn arguments_of_all_kinds_take_one_block_together<S: Subject>() {
    let mut plugin = pointers::<S>();
    for round in 1..=3 {
        let point = Point::new(0.5, 0.25);
        let arguments = (200u8, "text", -1000i64, &[1u16, 2, 65535], 0.125, c"seven", true, &point);
        let sum: f64 = plugin.call("mixed", arguments).unwrap();
        assert_eq!(sum, 200.0 + 4.0 - 1000.0 + 65538.0 + 0.125 + 5.0 + 1.0 + 0.75);
        let stats = plugin.heap_stats();
        assert_eq!((stats.allocated, stats.freed, stats.live_blocks), (round, round, 0));
    }
}

/// An argument of each kind starts at a multiple of 16.
pub fn an_argument_of_each_kind_is_aligned<S: Subject>() {
    let mut plugin = pointers::<S>();
    let (mut number, mut bytes) = (1u16, [1u8, 2, 3]);
    let singles = [
        plugin.call::<_, u32>("address", (&1u8,)),
        plugin.call::<_, u32>("address", (&1.5f64,)),
        plugin.call::<_, u32>("address", (&Point::new(1.0, 2.0),)),
        plugin.call::<_, u32>("address", (c"",)),
        plugin.call::<_, u32>("address", (c"seventeen letters",)),
        plugin.call::<_, u32>("address", (&mut number,)),
        plugin.call::<_, u32>("address", (Out(&mut number),)),
    ];
    let slices = [
        plugin.call::<_, u32>("slice_address", ("odd",)),
        plugin.call::<_, u32>("slice_address", ("",)),
        plugin.call::<_, u32>("slice_address", (&[1u8; 33],)),
        plugin.call::<_, u32>("slice_address", (&[1.5f64],)),
        plugin.call::<_, u32>("slice_address", (&mut bytes,)),
        plugin.call::<_, u32>("slice_address", (&["a", "b", "c"][..],)),
    ];
    for address in singles.into_iter().chain(slices) {
        let address = address.unwrap();
        assert!(address > 0 && address.is_multiple_of(16), "{address:#x}");
    }
}

/// Arguments lie apart: no pointer to one's end is the next one's start.
pub fn arguments_lie_apart<S: Subject>() {
    let mut plugin = pointers::<S>();
    let bytes = vec![7u8; 4096];
    for len in [0, 1, 15, 16, 17, 31, 32, 4096] {
        let both = (&bytes[..len], &bytes[..1]);
        let distance: u32 = plugin.call("slice_distance", both).unwrap();
        let len = len as u32;
        assert!(distance.is_multiple_of(16), "{distance}");
        assert!((len + 1..=len + 16).contains(&distance), "{distance} after {len}");
    }
}

/// The same value twice is two arguments.
pub fn the_same_value_twice_is_two_arguments<S: Subject>() {
    let mut plugin = pointers::<S>();
    let numbers = [1.5f64, 2.5];
    assert_eq!(plugin.call::<_, u32>("slice_distance", (&numbers, &numbers)).unwrap(), 32);
    assert_eq!(plugin.call::<_, f64>("dot", (&numbers, &numbers)).unwrap(), 8.5);
}

/// Large arguments, several at once, grow memory and leave it with nothing live.
pub fn several_large_arguments_grow_memory<S: Subject>() {
    let mut plugin = pointers::<S>();
    let ones = vec![1.0f64; 1 << 17];
    let twos = vec![2.0f64; 1 << 17];
    let before = plugin.guest().memory().unwrap().len();
    assert_eq!(plugin.call::<_, f64>("dot", (&ones, &twos)).unwrap(), f64::from(1 << 18));
    let after = plugin.guest().memory().unwrap().len();
    assert!(after >= before + (2 << 20) - 65536, "both lay in memory at once");
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, f64>("dot", (&twos, &ones)).unwrap(), f64::from(1 << 18));
    }
    assert_eq!(plugin.guest().memory().unwrap().len(), after, "once is enough");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Arguments are gone after a trap.
pub fn arguments_are_gone_after_a_trap<S: Subject>() {
    let mut plugin = pointers::<S>();
    let trapped = plugin.call::<_, ()>("negate_and_trap", (&[1i32, 2, 3], 0u32));
    assert_eq!(expect::trap(trapped), TrapKind::Unreachable);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.freed, stats.live_blocks), (1, 1, 0));
    expect::poisoned(plugin.call::<_, u32>("text_len", ("refused",)));
    assert_eq!(plugin.heap_stats().allocated, 1, "a call that is refused takes nothing");
    plugin.guest().clear_poison();
    assert_eq!(plugin.call::<_, u32>("text_len", ("again",)).unwrap(), 5);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A function that is not found, or is of another type, is found out before anything is written.
pub fn a_link_error_takes_no_block<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut numbers = [1, 2, 3];
    let missing = expect::link(plugin.call::<_, ()>("reverse_i31", (&mut numbers,)));
    assert!(matches!(missing, LinkError::MissingExport { .. }), "{missing:?}");
    let accepted = expect::signatures(plugin.call::<_, u64>("reverse_i32", (&mut numbers,)));
    assert_eq!(accepted[0].1, "uint64_t reverse_i32(int32_t *, size_t)");
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(plugin.heap_stats().allocated, 0);
    assert!(!plugin.is_poisoned());
    plugin.call::<_, ()>("reverse_i32", (&mut numbers,)).unwrap();
    assert_eq!(numbers, [3, 2, 1]);
}

/// More than a 32-bit memory can hold is refused with how much it is.
pub fn arguments_beyond_4_gib_are_refused<S: Subject>() {
    let mut plugin = pointers::<S>();
    // The same text many times over takes little of the host's memory.
    let text = "x".repeat(1 << 20);
    let texts = vec![text.as_str(); 4096];
    let error = expect::convention(plugin.call::<_, u32>("total_len", (texts.as_slice(),)));
    let bytes = 4096 * 8 + 4096 * ((1 << 20) + 16) + 16;
    assert_eq!(error, ConventionError::ArgumentsTooLarge { bytes });
    assert!(error.to_string().contains("4 GiB"), "{error}");
    assert_eq!(plugin.heap_stats().allocated, 0);
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.call::<_, u32>("total_len", (&texts[..2],)).unwrap(), 2 << 20);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What does not fit into the plugin's memory is refused, and nothing is copied either way.
pub fn arguments_beyond_the_plugins_memory_are_refused<S: Subject>() {
    let options = LoadOptions::new().max_memory(4 * 65536);
    let wasm = guests::wasm("pointers");
    let mut plugin = try_load_with::<S, ()>(&wasm, &options, (), |_| {}).unwrap();
    let mut numbers: Vec<i32> = (0..100_000).collect();
    expect::alloc(plugin.call::<_, ()>("reverse_i32", (&mut numbers,)));
    assert!(numbers.iter().copied().eq(0..100_000));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(!plugin.is_poisoned());
    plugin.call::<_, ()>("reverse_i32", (&mut numbers[..3],)).unwrap();
    assert_eq!(numbers[..4], [2, 1, 0, 3]);
}

/// The heap's own limits hold for arguments too.
pub fn the_heaps_limits_hold_for_arguments<S: Subject>() {
    let wasm = guests::wasm("pointers");
    let mut plugin = try_load_with::<S, ()>(&wasm, &LoadOptions::new(), (), |linker| {
        linker.limits(Limits::new().max_block(1000));
    })
    .unwrap();
    let bytes = vec![3u8; 2000];
    assert_eq!(plugin.call::<_, u32>("text_hash", (&bytes[..900],)).unwrap(), hash(&bytes[..900]));
    expect::alloc(plugin.call::<_, u32>("text_hash", (&bytes,)));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(!plugin.is_poisoned());
}

/// A handle is called with arguments of all lifetimes, and of all types that become its own.
pub fn a_handle_takes_what_becomes_its_own_types<S: Subject>() {
    let mut plugin = pointers::<S>();
    let hash_of = plugin.func::<(&str,), u32>("text_hash").unwrap();
    let sum = plugin.func::<(&[i32],), i64>("sum_i32").unwrap();
    let first = plugin.func::<(&std::ffi::CStr,), u8>("c_text_first").unwrap();
    for i in 0..4u8 {
        let text = format!("text {i}");
        let numbers = vec![i32::from(i); 3];
        let c_text = std::ffi::CString::new(vec![b'a' + i]).unwrap();
        assert_eq!(hash_of.call(&mut plugin, (&text,)).unwrap(), hash(text.as_bytes()));
        assert_eq!(sum.call(&mut plugin, (&numbers,)).unwrap(), 3 * i64::from(i));
        assert_eq!(sum.call(&mut plugin, (&[1, 2],)).unwrap(), 3);
        assert_eq!(first.call(&mut plugin, (&c_text,)).unwrap(), b'a' + i);
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A handle outlives errors: after a trap it is called as before.
pub fn a_handle_outlives_a_trap<S: Subject>() {
    let mut plugin = pointers::<S>();
    let trap = plugin.func::<(&mut [i32], u32), ()>("negate_and_trap").unwrap();
    let reverse = plugin.func::<(&mut [i32],), ()>("reverse_i32").unwrap();
    for _ in 0..3 {
        let mut numbers = vec![1, 2, 3];
        expect::trap(trap.call(&mut plugin, (&mut numbers, 3)));
        expect::poisoned(reverse.call(&mut plugin, (&mut numbers,)));
        assert_eq!(numbers, [1, 2, 3]);
        plugin.guest().clear_poison();
        reverse.call(&mut plugin, (&mut numbers,)).unwrap();
        assert_eq!(numbers, [3, 2, 1]);
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}
