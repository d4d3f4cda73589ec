//! Calls by prototypes that are known at run time: results of every kind and in every shape, which
//! are taken, and refused, as those of static calls are.

use std::ffi::CString;

use hostheap_core::Limits;
use hostheap_core::convention::dynamic::Argument;
use hostheap_core::convention::{ConventionError, FuncPtr, GuestError, GuestPtr};
use hostheap_core::error::LinkError;

use crate::dynamic::{agree, call, number, plugin, prototype};
use crate::rig::try_load;
use crate::shapes::{Item, Padded, Point};
use crate::subject::Subject;
use crate::{agreeing, expect, guests, hosts};

const POINT: u32 = size_of::<Point>() as u32;

/// Strings in all three shapes, in blocks and in static data.
pub fn text_comes_back_in_every_shape<S: Subject>() {
    agreeing! { S, plugin::<S>("results");
        "echo_packed" "(str) -> string", 0; ("grüße",) => String; [Argument::Str("grüße")];
        "echo_packed" "(str) -> string", 0; ("",) => String; [Argument::Str("")];
        "echo_packed" "(str) -> bytes", 0; ("b",) => Vec<u8>; [Argument::Str("b")];
        "echo_struct" "(str) -> string", 0; ("text",) => String; [Argument::Str("text")];
        "static_packed" "() -> string", 0; () => String; [];
        "static_struct" "() -> string", 0; () => String; [];
        "maybe_struct" "(i32) -> option<string>", 0; (0,) => Option<String>; [number(0)];
        "maybe_struct" "(i32) -> option<string>", 0; (1,) => Option<String>; [number(1)];
        "maybe_packed" "(i32) -> option<string>", 0; (2,) => Option<String>; [number(2)];
        "maybe_packed" "(i32) -> option<string>", 0; (3,) => Option<String>; [number(3)];
    }
    agreeing! { S, plugin::<S>("results_mv");
        "echo" "(str) -> string", 0; ("text",) => String; [Argument::Str("text")];
        "static_text" "() -> string", 0; () => String; [];
        "maybe_text" "(bool) -> option<string>", 0; (false,) => Option<String>; [number(false)];
        "maybe_text" "(bool) -> option<string>", 0; (true,) => Option<String>; [number(true)];
        "numbers" "(i32) -> vec<i32>", 0; (3,) => Vec<i32>; [number(3)];
        "wild_text" "() -> string", 0; () => String; [];
    }
}

/// Arrays of every type of element.
pub fn arrays_come_back<S: Subject>() {
    agreeing! { S, plugin::<S>("results");
        "numbers_packed" "(i32) -> vec<i32>", 0; (4,) => Vec<i32>; [number(4)];
        "numbers_packed" "(i32) -> vec<i32>", 4; (0,) => Vec<i32>; [number(0)];
        "numbers_struct" "(i32) -> vec<i32>", 0; (4,) => Vec<i32>; [number(4)];
        "bytes_packed" "(i32) -> bytes", 0; (5,) => Vec<u8>; [number(5)];
        "shorts_packed" "(i32) -> vec<i16>", 0; (5,) => Vec<i16>; [number(5)];
        "doubles_packed" "(i32) -> vec<f64>", 8; (5,) => Vec<f64>; [number(5)];
        "points_packed" "(i32) -> vec<struct point>", POINT; (3,) => Vec<Point>; [number(3)];
        "points_struct" "(i32) -> vec<struct point>", POINT; (0,) => Vec<Point>; [number(0)];
        "bools_packed" "() -> vec<bool>", 0; () => Vec<bool>; [];
        "numbers_static" "() -> vec<i32>", 0; () => Vec<i32>; [];
        "maybe_numbers" "(i32) -> option<vec<i32>>", 0; (-1,) => Option<Vec<i32>>; [number(-1)];
        "maybe_numbers" "(i32) -> option<vec<i32>>", 0; (0,) => Option<Vec<i32>>; [number(0)];
        "numbers_interior" "() -> vec<i32>", 0; () => Vec<i32>; [];
    }
}

/// C strings, structs by both shapes, and what may be `NULL`.
pub fn pointers_and_structs_come_back<S: Subject>() {
    let item = size_of::<Item>() as u32;
    agreeing! { S, plugin::<S>("results");
        "c_text_block" "(str) -> cstring", 0; ("text",) => CString; [Argument::Str("text")];
        "c_text_static" "() -> cstring", 0; () => CString; [];
        "c_text_interior" "() -> cstring", 0; () => CString; [];
        "c_text_bad_utf8" "() -> cstring", 0; () => CString; [];
        "maybe_c_text" "(bool) -> option<cstring>", 0; (false,) => Option<CString>; [number(false)];
        "maybe_c_text" "(bool) -> option<cstring>", 0; (true,) => Option<CString>; [number(true)];
        "point_struct" "(f64, f64) -> struct point", POINT; (1.5, -2.0) => Point;
            [number(1.5), number(-2.0)];
        "point_block" "(f64, f64) -> struct point", POINT; (1.5, -2.0) => Point;
            [number(1.5), number(-2.0)];
        "point_static" "() -> struct point", POINT; () => Point; [];
        "maybe_point" "(bool) -> option<struct point>", POINT; (true,) => Option<Point>;
            [number(true)];
        "maybe_point" "(bool) -> option<struct point>", POINT; (false,) => Option<Point>;
            [number(false)];
        "point_interior" "() -> struct point", POINT; () => Point; [];
        "padded_struct" "(u8, f64) -> struct padded", 16; (7u8, 0.5) => Padded;
            [number(7), number(0.5)];
        "item_struct" "(u32) -> struct item", item; (9u32,) => Item; [number(9)];
        "point_block" "(f64, f64) -> ptr", 0; (1.0, 2.0) => GuestPtr; [number(1.0), number(2.0)];
    }
    agreeing! { S, hosts::ownership::<S>();
        "return_borrowed_point" "(&struct point) -> struct point", POINT;
            (&Point::new(1.0, 2.0),) => Point;
            [Argument::Value(bytemuck::bytes_of(&Point::new(1.0, 2.0)))];
    }
}

/// Numbers of every type are cut to their type, or refused where they are none.
pub fn raw_bits_become_what_the_prototype_says<S: Subject>() {
    agreeing! { S, plugin::<S>("scalars");
        "raw_bits" "(u32) -> i8", 0; (0x180u32,) => i8; [number(0x180)];
        "raw_bits" "(u32) -> u8", 0; (0x180u32,) => u8; [number(0x180)];
        "raw_bits" "(u32) -> i16", 0; (0x18000u32,) => i16; [number(0x18000)];
        "raw_bits" "(u32) -> u16", 0; (0x18000u32,) => u16; [number(0x18000)];
        "raw_bits" "(u32) -> bool", 0; (2u32,) => bool; [number(2)];
        "raw_bits" "(u32) -> char", 0; (0xd800u32,) => char; [number(0xd800)];
        "raw_bits" "(u32) -> char", 0; (0xf6u32,) => char; [number(0xf6)];
        "next_char" "(char) -> char", 0; ('\u{10ffff}',) => char; [number('\u{10ffff}')];
    }
}

macro_rules! tuples {
    ($S:ty, $plugin:literal) => {
        agreeing! { $S, plugin::<$S>($plugin);
            "pair" "(i32, f64) -> (i32, f64)", 0; (1, 2.5) => (i32, f64);
                [number(1), number(2.5)];
            "divide_with_rest" "(i32, i32) -> (i32, i32)", 0; (7, 2) => (i32, i32);
                [number(7), number(2)];
            "triple" "(u8, i16, u64) -> (u8, i16, u64)", 0;
                (200u8, -5i16, u64::MAX) => (u8, i16, u64);
                [number(200), number(-5), number(u64::MAX)];
            "quad" "(i64, f32, u8, i32) -> (i64, f32, u8, i32)", 0;
                (-1i64, 0.5f32, 255u8, i32::MIN) => (i64, f32, u8, i32);
                [number(-1), number(0.5f32), number(255), number(i32::MIN)];
            "narrow" "(i8, u16) -> (i8, u16)", 0; (-128i8, 65535u16) => (i8, u16);
                [number(-128), number(65535)];
            "flags" "(u8, u32) -> (bool, char)", 0; (1u8, 0x41u32) => (bool, char);
                [number(1), number(0x41)];
            "flags" "(u8, u32) -> (bool, char)", 0; (2u8, 0x41u32) => (bool, char);
                [number(2), number(0x41)];
            "flags" "(u8, u32) -> (bool, char)", 0; (0u8, 0xd800u32) => (bool, char);
                [number(0), number(0xd800)];
            "pair_trap" "() -> (i32, f64)", 0; () => (i32, f64); [];
        }
    };
}

/// Tuples as a struct and as several results, with bits that are no value.
pub fn tuples_come_back_in_both_shapes<S: Subject>() {
    tuples! { S, "results" }
    tuples! { S, "results_mv" }
}

/// A guest's error is no failure of the call; its message is freed.
pub fn errors_of_the_plugin_come_back<S: Subject>() {
    type Or<X> = Result<X, GuestError>;
    agreeing! { S, plugin::<S>("results");
        "check" "(i32) -> result<()>", 0; (0,) => Or<()>; [number(0)];
        "check" "(i32) -> result<()>", 0; (-3,) => Or<()>; [number(-3)];
        "divide" "(i32, i32) -> result<i32>", 0; (7, 2) => Or<i32>; [number(7), number(2)];
        "divide" "(i32, i32) -> result<i32>", 0; (7, 0) => Or<i32>; [number(7), number(0)];
        "add_u8_checked" "(u8, u8) -> result<u8>", 0; (1u8, 2u8) => Or<u8>;
            [number(1), number(2)];
        "ratio" "(f64, f64) -> result<f64>", 0; (1.0, 4.0) => Or<f64>; [number(1.0), number(4.0)];
        "twice_checked" "(i64) -> result<i64>", 0; (i64::MAX,) => Or<i64>; [number(i64::MAX)];
        "bool_byte" "(u8) -> result<bool>", 0; (1u8,) => Or<bool>; [number(1)];
        "bool_byte" "(u8) -> result<bool>", 0; (2u8,) => Or<bool>; [number(2)];
        "point_checked" "(f64, f64) -> result<struct point>", POINT; (1.0, 2.0) => Or<Point>;
            [number(1.0), number(2.0)];
        "point_checked" "(f64, f64) -> result<struct point>", POINT; (-1.0, 2.0) => Or<Point>;
            [number(-1.0), number(2.0)];
        "parse" "(str) -> result<string>", 0; ("0042",) => Or<String>; [Argument::Str("0042")];
        "parse" "(str) -> result<string>", 0; ("",) => Or<String>; [Argument::Str("")];
        "parse" "(str) -> result<string>", 0; ("4x",) => Or<String>; [Argument::Str("4x")];
        "parse" "(str) -> result<string>", 0; ("1234567890",) => Or<String>;
            [Argument::Str("1234567890")];
        "parse" "(str) -> result<bytes>", 0; ("12",) => Or<Vec<u8>>; [Argument::Str("12")];
    }
}

/// What lies where it must not is refused with the same reason, and its block is freed.
pub fn results_that_break_the_convention_are_refused<S: Subject>() {
    agreeing! { S, plugin::<S>("results");
        "bad_utf8_struct" "() -> string", 0; () => String; [];
        "bad_utf8_struct" "() -> bytes", 0; () => Vec<u8>; [];
        "null_with_length" "() -> option<string>", 0; () => Option<String>; [];
        "wild_struct" "() -> string", 0; () => String; [];
        "c_text_null" "() -> cstring", 0; () => CString; [];
        "c_text_null" "() -> option<cstring>", 0; () => Option<CString>; [];
        "c_text_unterminated" "() -> cstring", 0; () => CString; [];
        "c_text_wild" "() -> cstring", 0; () => CString; [];
        "c_text_freed" "() -> cstring", 0; () => CString; [];
        "point_overrun" "() -> struct point", POINT; () => Point; [];
        "point_wild" "() -> struct point", POINT; () => Point; [];
        "point_freed" "() -> struct point", POINT; () => Point; [];
        "bools_bad" "() -> vec<bool>", 0; () => Vec<bool>; [];
        "numbers_misaligned" "() -> vec<i32>", 0; () => Vec<i32>; [];
        "numbers_too_long" "() -> vec<i32>", 0; () => Vec<i32>; [];
        "numbers_huge" "() -> vec<i32>", 0; () => Vec<i32>; [];
        "numbers_wild" "() -> vec<i32>", 0; () => Vec<i32>; [];
        "numbers_freed" "() -> vec<i32>", 0; () => Vec<i32>; [];
    }
}

/// A `NULL` for a struct that must be there.
pub fn a_missing_struct_is_refused<S: Subject>() {
    let mut plugin = plugin::<S>("results");
    let result = call(&mut plugin, "point_null", "() -> struct point", &mut [], POINT);
    assert_eq!(expect::convention(result), ConventionError::NullPointer { of: "a struct" });
}

/// More bytes than the host lets pass are refused, and freed.
pub fn results_beyond_the_hosts_limit_are_refused<S: Subject>() {
    let make = || {
        try_load::<S, ()>(&guests::wasm("results"), (), |linker| {
            linker.limits(Limits::new().max_transfer(16));
        })
        .expect("the plugin loads")
    };
    agreeing! { S, make();
        "bytes_packed" "(i32) -> bytes", 0; (16,) => Vec<u8>; [number(16)];
        "bytes_packed" "(i32) -> bytes", 0; (17,) => Vec<u8>; [number(17)];
        "numbers_packed" "(i32) -> vec<i32>", 0; (5,) => Vec<i32>; [number(5)];
        "c_text_block" "(str) -> cstring", 0; ("seventeen letters",) => CString;
            [Argument::Str("seventeen letters")];
        "parse" "(str) -> result<string>", 0; ("x",) => Result<String, GuestError>;
            [Argument::Str("x")];
    }
}

/// Function pointers of the plugin's, found by prototype and called.
pub fn function_pointers_are_found_and_called<S: Subject>() {
    let load = || {
        try_load::<S, ()>(&guests::wasm("callbacks"), (), |linker| {
            let call_me = |_: &mut crate::rig::GuestOf<'_, S>, _: u32, x: i32| x;
            linker.func("host", "call_me", call_me).expect("nothing has this name");
            let poke = |_: &mut crate::rig::GuestOf<'_, S>| {};
            linker.func("host", "poke", poke).expect("nothing has this name");
        })
        .expect("the plugin loads")
    };
    type Op = FuncPtr<(i32, i32), i32>;
    agreeing! { S, load();
        "get_op" "(u8) -> option<func>", 0; (b'+',) => Option<Op>; [number(b'+')];
        "get_op" "(u8) -> option<func>", 0; (b'?',) => Option<Op>; [number(b'?')];
    }
    let (mut one, mut other) = (load(), load());
    let op: Option<Op> = one.call("get_op", (b'-',)).unwrap();
    let op = op.expect("there is one").index();
    let binary = prototype("(i32, i32) -> i32");
    agree(
        "a function pointer",
        (&mut one, &mut other),
        |plugin| Op::new(op).call(plugin, (7, 9)),
        |plugin| plugin.dyn_func_at(op, &binary)?.call(plugin, &mut [number(7), number(9)], 0),
    );
    for index in [0, 100_000] {
        let found = expect::table(one.dyn_func_at(index, &binary));
        assert_eq!(found, expect::table(Op::new(index).func(&mut one)));
    }
    match expect::link(one.dyn_func_at(op, &prototype("(str) -> string"))) {
        LinkError::PointerSignature { index, accepted, .. } => {
            assert_eq!((index, accepted.len()), (op, 3));
            assert!(accepted[0].1.contains("(*f)(const char *s"), "{accepted:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Types that no fast way is for: many floats, and several results of them.
pub fn uncommon_types_go_the_same_way<S: Subject>() {
    const WAT: &str = r#"(module
        (memory (export "memory") 1)
        (func (export "four") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
            (local.get 0) (local.get 1) (local.get 2) (local.get 3))
        (func (export "sum") (param f32 f64 f32) (result f64)
            (f64.add (f64.promote_f32 (local.get 0))
                (f64.add (local.get 1) (f64.promote_f32 (local.get 2)))))
        (func (export "boom") (param f32) (result f64) unreachable))"#;
    agreeing! { S, crate::rig::plugin::<S>(WAT);
        "four" "(i32, i64, f32, f64) -> (i32, i64, f32, f64)", 0;
            (-1, i64::MIN, 0.5f32, -0.0) => (i32, i64, f32, f64);
            [number(-1), number(i64::MIN), number(0.5f32), number(-0.0)];
        "sum" "(f32, f64, f32) -> f64", 0; (1.5f32, 2.0, 0.25f32) => f64;
            [number(1.5f32), number(2.0), number(0.25f32)];
        "boom" "(f32) -> f64", 0; (1.0f32,) => f64; [number(1.0f32)];
    }
}
