//! Tuples of scalars as results: a small struct in C, in memory or as several values.

use hostheap_core::TrapKind;
use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load};
use crate::subject::Subject;
use crate::{expect, guests};

/// The same functions in both shapes: by struct return, and as several values.
fn both<S: Subject>() -> [PluginOf<S>; 2] {
    ["results", "results_mv"].map(|name| load::<S>(&guests::wasm(name)))
}

/// Pairs come in both shapes, at their edges.
pub fn pairs_come_in_both_shapes<S: Subject>() {
    for mut plugin in both::<S>() {
        for (a, b) in [(1, 0.5), (i32::MAX, f64::INFINITY), (0, -0.1)] {
            let negated: (i32, f64) = plugin.call("pair", (a, b)).unwrap();
            assert_eq!(negated, (-a, -b));
        }
        let two: (i32, i32) = plugin.call("divide_with_rest", (-7, 2)).unwrap();
        assert_eq!(two, (-3, -1));
        let unsigned: (u32, u32) = plugin.call("divide_with_rest", (-7, 2)).unwrap();
        assert_eq!(unsigned, (-3i32 as u32, u32::MAX));
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// Triples and quadruples of mixed types come in both shapes, each field where C has it.
pub fn three_and_four_of_mixed_types_come_in_both_shapes<S: Subject>() {
    for mut plugin in both::<S>() {
        for triple in [(0u8, 0i16, 0u64), (255, i16::MIN, u64::MAX), (1, -1, 1 << 63)] {
            let back: (u8, i16, u64) = plugin.call("triple", triple).unwrap();
            assert_eq!(back, triple);
        }
        for quad in [(0i64, 0f32, 0u8, 0i32), (i64::MIN, -0.5, 255, i32::MIN), (-1, 1e30, 1, -1)] {
            let back: (i64, f32, u8, i32) = plugin.call("quad", quad).unwrap();
            assert_eq!(back, quad);
        }
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// Narrow fields have their own signs.
pub fn narrow_fields_have_their_own_signs<S: Subject>() {
    for mut plugin in both::<S>() {
        for narrow in [(i8::MIN, u16::MAX), (-1, 32768), (i8::MAX, 0)] {
            let back: (i8, u16) = plugin.call("narrow", narrow).unwrap();
            assert_eq!(back, narrow);
        }
    }
}

/// Only a struct return needs room, one block for each call.
pub fn only_a_struct_return_needs_room<S: Subject>() {
    let [mut by_struct, mut several] = both::<S>();
    for _ in 0..3 {
        by_struct.call::<_, (i32, f64)>("pair", (1, 2.0)).unwrap();
        several.call::<_, (i32, f64)>("pair", (1, 2.0)).unwrap();
    }
    let stats = by_struct.heap_stats();
    assert_eq!((stats.allocated, stats.freed, stats.live_blocks), (3, 3, 0));
    assert_eq!(several.heap_stats().allocated, 0);
}

/// A `bool` and a `char` come in both shapes.
pub fn a_bool_and_a_char_come_in_both_shapes<S: Subject>() {
    for mut plugin in both::<S>() {
        for (bits, flag) in [(0u8, false), (1, true)] {
            for letter in ['\0', 'z', '🦀', char::MAX] {
                let flags: (bool, char) = plugin.call("flags", (bits, u32::from(letter))).unwrap();
                assert_eq!(flags, (flag, letter));
            }
        }
    }
}

/// A number that is no `char` is refused in both shapes, as what the shape reads.
pub fn a_number_that_is_no_char_is_refused<S: Subject>() {
    let [mut by_struct, mut several] = both::<S>();
    for value in [0xd800u32, 0xdfff, 0x11_0000, u32::MAX] {
        let refused = by_struct.call::<_, (bool, char)>("flags", (1u8, value));
        let refused = expect::convention(refused);
        let ConventionError::InvalidBits { offset, of } = refused else { panic!("{refused:?}") };
        assert_eq!((offset % 16, of), (4, "uint32_t"), "the second field");
        let refused = several.call::<_, (bool, char)>("flags", (1u8, value));
        assert_eq!(expect::convention(refused), ConventionError::NotChar { value });
    }
    for plugin in [by_struct, several] {
        assert!(!plugin.is_poisoned());
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// A byte that is no `bool` is refused in memory; as a value it is its lowest bit, like any `bool`.
pub fn a_byte_that_is_no_bool_is_refused_in_memory<S: Subject>() {
    let [mut by_struct, mut several] = both::<S>();
    for byte in [2u8, 255] {
        let refused = expect::convention(by_struct.call::<_, (bool, char)>("flags", (byte, 97u32)));
        let ConventionError::InvalidBits { offset, of } = refused else { panic!("{refused:?}") };
        assert_eq!((offset % 16, of), (0, "bool"));
        let flags: (bool, char) = several.call("flags", (byte, 97u32)).unwrap();
        assert_eq!(flags, (byte & 1 == 1, 'a'));
    }
    assert_eq!(by_struct.heap_stats().live_blocks, 0);
}

/// A trap is a trap in both shapes, and nothing is live after it.
pub fn a_trap_is_a_trap_in_both_shapes<S: Subject>() {
    for mut plugin in both::<S>() {
        assert_eq!(
            expect::trap(plugin.call::<_, (i32, f64)>("pair_trap", ())),
            TrapKind::Unreachable
        );
        assert!(plugin.is_poisoned());
        plugin.guest().clear_poison();
        let trapped = plugin.call::<_, (i32, i32)>("divide_with_rest", (1, 0));
        assert_eq!(expect::trap(trapped), TrapKind::IntegerDivisionByZero);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// Handles return tuples again and again.
pub fn handles_return_tuples_again_and_again<S: Subject>() {
    for mut plugin in both::<S>() {
        let divide = plugin.func::<(i32, i32), (i32, i32)>("divide_with_rest").unwrap();
        let quad = plugin.func::<(i64, f32, u8, i32), (i64, f32, u8, i32)>("quad").unwrap();
        for i in 1..=20 {
            assert_eq!(divide.call(&mut plugin, (100, i)).unwrap(), (100 / i, 100 % i));
            let given = (i64::from(i) << 40, 0.5, 200, -i);
            assert_eq!(quad.call(&mut plugin, given).unwrap(), given);
        }
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// A tuple of others than the function returns is a link error where the types tell them apart.
pub fn a_tuple_of_another_type_lists_two_prototypes<S: Subject>() {
    let [_, mut several] = both::<S>();
    let flags = "-mmultivalue -Xclang -target-abi -Xclang experimental-mv";
    let accepted = expect::signatures(several.func::<(i32, i32), (i32, i32)>("pair"));
    let found: Vec<_> = accepted.iter().map(|(ty, c)| (ty.to_string(), c.clone())).collect();
    let prototype = "struct { int32_t a; int32_t b; } pair(int32_t, int32_t)";
    assert_eq!(
        found,
        [
            ("(i32, i32, i32) -> ()".to_owned(), prototype.to_owned()),
            ("(i32, i32) -> (i32, i32)".to_owned(), format!("{prototype} /* {flags} */")),
        ]
    );
    type Four = (i64, f32, u8, i32);
    let accepted = expect::signatures(several.func::<Four, Four>("pair"));
    let prototype = "struct { int64_t a; float b; unsigned char c; int32_t d; } \
                     pair(int64_t, float, uint8_t, int32_t)";
    assert_eq!(accepted[0].1, prototype);
    let accepted = expect::signatures(several.func::<(u8, i16, u64), (u8, i16, u64)>("pair"));
    assert_eq!(accepted[1].0.to_string(), "(i32, i32, i64) -> (i32, i32, i64)");
    assert_eq!(several.heap_stats().allocated, 0);
}
