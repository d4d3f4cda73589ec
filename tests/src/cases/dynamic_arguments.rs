//! Calls by prototypes that are known at run time: arguments of every kind, which reach the plugin
//! as those of static calls do.

use hostheap_core::convention::dynamic::{Answer, Argument, Number};
use hostheap_core::convention::{GuestPtr, Out, Owned};
use hostheap_core::{Limits, Result, TrapKind};

use crate::dynamic::{agree, array, call, number, plugin, prototype, value};
use crate::rig::{PluginOf, try_load};
use crate::shapes::{Item, Padded, Point};
use crate::subject::Subject;
use crate::{agreeing, expect, guests, hosts};

/// Every scalar goes in and comes out as what it was.
pub fn numbers_of_every_scalar_type_go_in_and_come_out<S: Subject>() {
    let mut plugin = plugin::<S>("scalars");
    let same = [
        ("i8", Number::I32(-128)),
        ("u8", Number::U32(255)),
        ("i16", Number::I32(-32768)),
        ("u16", Number::U32(65535)),
        ("i32", Number::I32(i32::MIN)),
        ("u32", Number::U32(u32::MAX)),
        ("i64", Number::I64(i64::MIN)),
        ("u64", Number::U64(u64::MAX)),
        ("f32", Number::F32(-0.5)),
        ("f64", Number::F64(f64::MAX)),
        ("bool", Number::Bool(true)),
        ("char", Number::Char('\u{10ffff}')),
    ];
    for (ty, number) in same {
        let (name, prototype) = (format!("same_{ty}"), format!("({ty}) -> {ty}"));
        let answer = call(&mut plugin, &name, &prototype, &mut [Argument::Number(number)], 0);
        assert_eq!(answer.unwrap(), Answer::Number(number), "{ty}");
    }
}

/// C sees all 32 bits of a narrow scalar as static calls pass them.
pub fn narrow_numbers_are_extended_by_their_sign<S: Subject>() {
    agreeing! { S, plugin::<S>("scalars");
        "widen_i8" "(i8) -> i64", 0; (-1i8,) => i64; [number(-1)];
        "widen_u8" "(u8) -> i64", 0; (255u8,) => i64; [number(255)];
        "widen_i16" "(i16) -> i64", 0; (-1i16,) => i64; [number(-1i64)];
        "widen_u16" "(u16) -> i64", 0; (65535u16,) => i64; [number(65535u64)];
        "widen_i32" "(i32) -> i64", 0; (-1i32,) => i64; [number(-1)];
        "widen_u32" "(u32) -> i64", 0; (u32::MAX,) => i64; [number(u32::MAX)];
        "widen_bool" "(bool) -> i64", 0; (true,) => i64; [number(true)];
        "widen_char" "(char) -> i64", 0; ('ö',) => i64; [number('ö')];
    }
}

/// NaNs keep their bits.
pub fn nan_bits_survive<S: Subject>() {
    let mut plugin = plugin::<S>("scalars");
    let nan = Number::F32(f32::from_bits(0x7fc1_2345));
    let mut arguments = [Argument::Number(nan)];
    match call(&mut plugin, "same_f32", "(f32) -> f32", &mut arguments, 0).unwrap() {
        Answer::Number(Number::F32(v)) => assert_eq!(v.to_bits(), 0x7fc1_2345),
        other => panic!("{other:?}"),
    }
}

/// As many parameters as there can be, of mixed types.
pub fn many_arguments_are_passed<S: Subject>() {
    agreeing! { S, plugin::<S>("scalars");
        "twelve" "(i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64", 0;
        (-1i8, 65535u16, -3i32, -4i64, 0.5f32, -0.25f64, true, 'z', 255u8, i16::MIN, u64::MAX, 7u32)
            => u64;
        [
            number(-1), number(65535), number(-3), number(-4), number(0.5f32), number(-0.25f64),
            number(true), number('z'), number(255), number(-32768), number(u64::MAX), number(7),
        ];
        "pick" "(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32", 0;
        (9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) => i32;
        [9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(number);
        "answer" "() -> i32", 0; () => i32; [];
        "tick" "()", 0; () => (); [];
    }
}

/// Text, bytes and C strings reach the plugin as they are, short, long and empty.
pub fn text_and_bytes_reach_the_plugin<S: Subject>() {
    let long = "ö".repeat(35_000);
    agreeing! { S, plugin::<S>("pointers");
        "text_hash" "(str) -> u32", 0; ("",) => u32; [Argument::Str("")];
        "text_hash" "(str) -> u32", 0; ("grüße",) => u32; [Argument::Str("grüße")];
        "text_hash" "(str) -> u32", 0; (&*long,) => u32; [Argument::Str(&long)];
        "text_hash" "(bytes) -> u32", 0; (&[0xffu8, 0][..],) => u32; [Argument::Bytes(&[0xff, 0])];
        "text_hash" "(slice<u8>) -> u32", 0; (&[1u8, 2][..],) => u32; [array(&[1u8, 2])];
        "c_text_hash" "(cstr) -> u32", 0; (c"",) => u32; [Argument::CStr(c"")];
        "c_text_hash" "(cstr) -> u32", 0; (c"C text",) => u32; [Argument::CStr(c"C text")];
    }
}

/// Slices of every type of element.
pub fn slices_of_every_element_reach_the_plugin<S: Subject>() {
    let points = [Point::new(1.0, 2.0), Point::new(-3.0, 0.5)];
    let none: [Point; 0] = [];
    let items = [Item::of(1), Item::of(2), Item::of(3)];
    agreeing! { S, plugin::<S>("pointers");
        "sum_i8" "(slice<i8>) -> i64", 0; (&[-1i8, 100],) => i64; [array(&[-1i8, 100])];
        "sum_u8" "(slice<u8>) -> u64", 0; (&[255u8, 255],) => u64; [array(&[255u8, 255])];
        "sum_i16" "(slice<i16>) -> i64", 0; (&[-1i16, 5],) => i64; [array(&[-1i16, 5])];
        "sum_u16" "(slice<u16>) -> u64", 0; (&[65535u16],) => u64; [array(&[65535u16])];
        "sum_i32" "(slice<i32>) -> i64", 0; (&[i32::MIN, 1],) => i64; [array(&[i32::MIN, 1])];
        "sum_u32" "(slice<u32>) -> u64", 0; (&[u32::MAX; 3],) => u64; [array(&[u32::MAX; 3])];
        "sum_i64" "(slice<i64>) -> i64", 0; (&[i64::MIN, 1],) => i64; [array(&[i64::MIN, 1])];
        "sum_u64" "(slice<u64>) -> u64", 0; (&[u64::MAX],) => u64; [array(&[u64::MAX])];
        "sum_f32" "(slice<f32>) -> f32", 0; (&[0.5f32, 1.5],) => f32; [array(&[0.5f32, 1.5])];
        "sum_f64" "(slice<f64>) -> f64", 0; (&[0.5f64; 9],) => f64; [array(&[0.5f64; 9])];
        "sum_bool" "(slice<bool>) -> u32", 0; (&[true, false, true],) => u32;
            [array(&[true, false, true])];
        "sum_i32" "(slice<i32>) -> i64", 0; (&[0i32; 0],) => i64; [array(&[0i32; 0])];
        "sum_points" "(slice<struct point>) -> f64", 0; (&points,) => f64; [array(&points)];
        "sum_points" "(slice<struct point>) -> f64", 0; (&none,) => f64;
            [array(&none)];
        "sum_items" "(slice<struct item>) -> f64", 0; (&items,) => f64; [array(&items)];
        "sum_padded" "(slice<struct padded>) -> f64", 0; (&[Padded::new(3, 2.5)],) => f64;
            [array(&[Padded::new(3, 2.5)])];
        "sum_pointed" "(slice<ptr>) -> i64", 0; (&[GuestPtr::<()>::NULL; 2],) => i64;
            [array(&[GuestPtr::<()>::NULL; 2])];
        "dot" "(slice<f64>, slice<f64>) -> f64", 0; (&[1.0, 2.0], &[3.0, 4.0]) => f64;
            [array(&[1.0, 2.0]), array(&[3.0, 4.0])];
    }
}

/// Single values and structs behind a pointer, and all kinds in one call.
pub fn values_behind_pointers_reach_the_plugin<S: Subject>() {
    let point = Point::new(5.0, 1.5);
    agreeing! { S, plugin::<S>("pointers");
        "load_i32" "(&i32) -> i32", 0; (&-7i32,) => i32; [value(&-7i32)];
        "load_f64" "(&f64) -> f64", 0; (&0.25f64,) => f64; [value(&0.25f64)];
        "point_difference" "(&struct point) -> f64", 0; (&point,) => f64; [value(&point)];
        "point_by_value" "(&struct point) -> f64", 0; (&point,) => f64; [value(&point)];
        "padded_sum" "(&struct padded) -> f64", 0; (&Padded::new(2, 0.5),) => f64;
            [value(&Padded::new(2, 0.5))];
        "item_digest" "(&struct item) -> i64", 0; (&Item::of(7),) => i64; [value(&Item::of(7))];
        "mixed" "(u8, str, i64, slice<u16>, f64, cstr, bool, &struct point) -> f64", 0;
        (1u8, "four", -2i64, &[1u16, 2, 3], 0.5f64, c"hi", true, &point) => f64;
        [
            number(1), Argument::Str("four"), number(-2), array(&[1u16, 2, 3]), number(0.5f64),
            Argument::CStr(c"hi"), number(true), value(&point),
        ];
    }
}

/// Several texts or buffers in one argument.
pub fn lists_reach_the_plugin<S: Subject>() {
    let texts = ["a", "", "grüße", &*"x".repeat(100)];
    let bytes: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    agreeing! { S, plugin::<S>("pointers");
        "total_len" "(slice<str>) -> u32", 0; (&texts,) => u32; [Argument::List(&bytes)];
        "total_len" "(slice<bytes>) -> u32", 0; (&[&[0xffu8][..]],) => u32;
            [Argument::List(&[&[0xff]])];
        "join" "(slice<str>, str) -> string", 0; (&texts, ", ") => String;
            [Argument::List(&bytes), Argument::Str(", ")];
        "join" "(slice<str>, str) -> string", 0; (&[""; 0], ", ") => String;
            [Argument::List(&[]), Argument::Str(", ")];
        "nth" "(slice<bytes>, u32) -> option<bytes>", 0; (&*bytes, 2u32) => Option<Vec<u8>>;
            [Argument::List(&bytes), number(2)];
        "nth" "(slice<bytes>, u32) -> option<bytes>", 0; (&*bytes, 9u32) => Option<Vec<u8>>;
            [Argument::List(&bytes), number(9)];
        "maybe_count_texts" "(option<slice<str>>) -> i64", 0; (Some(&texts),) => i64;
            [Argument::List(&bytes)];
        "maybe_count_texts" "(option<slice<str>>) -> i64", 0; (None::<&[&str]>,) => i64;
            [Argument::Null];
    }
}

/// What may be `NULL` is `NULL` where nothing is given.
pub fn what_may_be_null_is_null<S: Subject>() {
    let point = Point::new(3.0, 4.0);
    agreeing! { S, plugin::<S>("pointers");
        "maybe_text_len" "(option<str>) -> i64", 0; (None::<&str>,) => i64; [Argument::Null];
        "maybe_text_len" "(option<str>) -> i64", 0; (Some(""),) => i64; [Argument::Str("")];
        "maybe_c_text_len" "(option<cstr>) -> i64", 0; (Some(c"hi"),) => i64;
            [Argument::CStr(c"hi")];
        "maybe_c_text_len" "(option<cstr>) -> i64", 0; (None::<&std::ffi::CStr>,) => i64;
            [Argument::Null];
        "maybe_sum" "(option<slice<i32>>) -> i64", 0; (Some(&[1, 2]),) => i64; [array(&[1, 2])];
        "maybe_sum" "(option<slice<i32>>) -> i64", 0; (None::<&[i32]>,) => i64; [Argument::Null];
        "maybe_point_x" "(option<&struct point>) -> f64", 0; (Some(&point),) => f64;
            [value(&point)];
        "maybe_point_x" "(option<&struct point>) -> f64", 0; (None::<&Point>,) => f64;
            [Argument::Null];
        "maybe_increment" "(option<mut i32>) -> i32", 0; (None::<&mut i32>,) => i32;
            [Argument::Null];
        "maybe_square" "(i32, option<out i32>) -> i32", 0; (3, None::<Out<'_, i32>>) => i32;
            [number(3), Argument::Null];
    }
}

/// Calls by a prototype with one argument that is written to.
fn written<S: Subject>(
    name: &str,
    prototype: &str,
    bytes: &mut [u8],
    count: Option<u32>,
    more: &[Number],
) -> Result<(Answer, u32)> {
    let mut plugin = plugin::<S>("pointers");
    let mut arguments = vec![match count {
        Some(count) => Argument::ArrayMut { bytes, count },
        None => Argument::ValueMut(bytes),
    }];
    arguments.extend(more.iter().copied().map(Argument::Number));
    let answer = call(&mut plugin, name, prototype, &mut arguments, 0)?;
    Ok((answer, plugin.heap_stats().live_blocks))
}

/// What the plugin writes to comes back: values, structs and arrays.
pub fn what_the_plugin_writes_is_copied_back<S: Subject>() {
    let mut x = 41i32;
    let bytes = bytemuck::bytes_of_mut(&mut x);
    let (answer, live) = written::<S>("increment", "(mut i32) -> i32", bytes, None, &[]).unwrap();
    assert_eq!((answer, live, x), (Answer::Number(Number::I32(41)), 0, 42));

    let mut point = Point::new(1.0, 2.0);
    let bytes = bytemuck::bytes_of_mut(&mut point);
    let by = [Number::F64(0.5), Number::F64(-1.0)];
    written::<S>("move_point", "(mut struct point, f64, f64)", bytes, None, &by).unwrap();
    assert_eq!(point, Point::new(1.5, 1.0));

    let mut numbers = [1.0f64, -2.0, 0.5];
    let bytes = bytemuck::cast_slice_mut(&mut numbers);
    written::<S>("scale", "(mut slice<f64>, f64)", bytes, Some(3), &[Number::F64(4.0)]).unwrap();
    assert_eq!(numbers, [4.0, -8.0, 2.0]);

    let mut points = [Point::default(); 3];
    let bytes = bytemuck::cast_slice_mut(&mut points);
    written::<S>("move_points", "(mut slice<struct point>, f64, f64)", bytes, Some(3), &by)
        .unwrap();
    assert_eq!(points, [Point::new(0.5, -1.0); 3]);

    let mut square = 0i64;
    let bytes = bytemuck::bytes_of_mut(&mut square);
    written::<S>("square", "(out i64, i64)", bytes, None, &[Number::I32(-9)]).unwrap();
    assert_eq!(square, 81);

    let mut range = [7i32; 5];
    let bytes = bytemuck::cast_slice_mut(&mut range);
    written::<S>("fill_range", "(out slice<i32>, i32)", bytes, Some(5), &[Number::I32(3)]).unwrap();
    assert_eq!(range, [3, 4, 5, 6, 7]);

    let mut none = [];
    written::<S>("reverse_bytes", "(mut slice<u8>)", &mut none, Some(0), &[]).unwrap();
}

/// Each of several arguments gets its own back.
pub fn several_arguments_are_copied_back<S: Subject>() {
    let mut plugin = plugin::<S>("pointers");
    let (mut a, mut b) = (1i32.to_le_bytes(), 2i32.to_le_bytes());
    let mut arguments = [Argument::ValueMut(&mut a), Argument::ValueMut(&mut b)];
    call(&mut plugin, "swap", "(mut i32, mut i32)", &mut arguments, 0).unwrap();
    assert_eq!((a, b), (2i32.to_le_bytes(), 1i32.to_le_bytes()));
    let mut to = [0u8; 8];
    let mut arguments = [array(&[5i32, 6, 7]), Argument::ArrayMut { bytes: &mut to, count: 2 }];
    let prototype = "(slice<i32>, mut slice<i32>) -> u32";
    let copied = call(&mut plugin, "copy_i32", prototype, &mut arguments, 0).unwrap();
    assert_eq!(copied, Answer::Number(Number::U32(2)));
    assert_eq!(bytemuck::cast_slice::<i32, u8>(&[5, 6]), to);
}

/// Bits that are no `bool` do not come back, and what stood there stays.
pub fn bits_that_are_no_value_are_not_copied_back<S: Subject>() {
    let mut byte = [1u8];
    let error =
        written::<S>("set_bool_byte", "(mut bool, u32)", &mut byte, None, &[Number::U32(2)]);
    let dynamic = expect::convention(error);
    let mut flag = true;
    let mut other = plugin::<S>("pointers");
    let error = other.call::<_, ()>("set_bool_byte", (&mut flag, 2u32));
    assert_eq!(dynamic, expect::convention(error));
    assert_eq!(byte, [1]);
}

/// Nothing comes back of a call that traps, and the plugin is poisoned.
pub fn a_trap_copies_nothing_back_and_poisons<S: Subject>() {
    let mut plugin = plugin::<S>("pointers");
    let mut bytes: Vec<u8> = bytemuck::cast_slice(&[1i32, 2, 3]).into();
    let mut arguments = [Argument::ArrayMut { bytes: &mut bytes, count: 3 }, number(2)];
    let prototype = "(mut slice<i32>, u32)";
    let result = call(&mut plugin, "negate_and_trap", prototype, &mut arguments, 0);
    assert_eq!(expect::trap(result), TrapKind::Unreachable);
    assert_eq!(bytemuck::cast_slice::<i32, u8>(&[1, 2, 3]), bytes);
    assert!(plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    expect::poisoned(call(&mut plugin, "text_len", "(str) -> u32", &mut [Argument::Str("")], 0));
}

/// Owned arguments are blocks of the plugin's own, also beside borrowed ones.
pub fn owned_arguments_are_the_plugins<S: Subject>() {
    let point = Point::new(1.5, 2.0);
    agreeing! { S, hosts::ownership::<S>();
        "consume" "(owned<str>) -> u32", 0; (Owned("abc"),) => u32; [Argument::Str("abc")];
        "consume" "(owned<str>) -> u32", 0; (Owned(""),) => u32; [Argument::Str("")];
        "consume_c_text" "(owned<cstr>) -> u32", 0; (Owned(c"four"),) => u32;
            [Argument::CStr(c"four")];
        "consume_numbers" "(owned<slice<i32>>) -> i64", 0; (Owned(&[1, 2]),) => i64;
            [array(&[1, 2])];
        "consume_point" "(owned<&struct point>) -> f64", 0; (Owned(&point),) => f64;
            [value(&point)];
        "maybe_consume" "(option<owned<str>>) -> i64", 0; (Some(Owned("ab")),) => i64;
            [Argument::Str("ab")];
        "maybe_consume" "(option<owned<str>>) -> i64", 0; (None::<Owned<&str>>,) => i64;
            [Argument::Null];
        "consume_two_of_three" "(owned<str>, str, owned<slice<i32>>) -> i64", 0;
            (Owned("a"), "b", Owned(&[1000, 2000])) => i64;
            [Argument::Str("a"), Argument::Str("b"), array(&[1000, 2000])];
        "give_back" "(owned<str>) -> string", 0; (Owned("back"),) => String;
            [Argument::Str("back")];
        "lose" "(owned<str>)", 0; (Owned("lost"),) => (); [Argument::Str("lost")];
        "free_twice" "(owned<str>)", 0; (Owned("text"),) => (); [Argument::Str("text")];
        "trap_owning" "(owned<str>)", 0; (Owned("text"),) => (); [Argument::Str("text")];
    }
}

/// Borrowed arguments cannot be freed, and may be returned.
pub fn borrowed_arguments_stay_the_hosts<S: Subject>() {
    agreeing! { S, hosts::ownership::<S>();
        "free_borrowed" "(str)", 0; ("text",) => (); [Argument::Str("text")];
        "free_borrowed_pointer" "(&f64)", 0; (&1.0f64,) => (); [value(&1.0f64)];
        "realloc_borrowed" "(str, u32) -> u32", 0; ("text", 64u32) => u32;
            [Argument::Str("text"), number(64)];
        "return_borrowed" "(str) -> string", 0; ("mine",) => String; [Argument::Str("mine")];
        "return_borrowed_half" "(str) -> string", 0; ("halves",) => String;
            [Argument::Str("halves")];
        "return_borrowed_c_text" "(cstr) -> cstring", 0; (c"mine",) => std::ffi::CString;
            [Argument::CStr(c"mine")];
    }
}

/// If one argument finds no room, those before it are freed, and the plugin is as it was.
pub fn blocks_made_for_a_call_that_fails_are_freed<S: Subject>() {
    let make = || -> PluginOf<S> {
        try_load::<S, ()>(&guests::wasm("ownership"), (), |linker| {
            linker.limits(Limits::new().max_heap_bytes(4096));
            let poke = |_: &mut crate::rig::GuestOf<'_, S>| {};
            linker.func("host", "poke", poke).expect("nothing has this name");
        })
        .expect("the plugin loads")
    };
    let large = [0i32; 4096];
    agreeing! { S, make();
        "consume_two_of_three" "(owned<str>, str, owned<slice<i32>>) -> i64", 0;
            (Owned("a"), "b", Owned(&large)) => i64;
            [Argument::Str("a"), Argument::Str("b"), array(&large)];
    }
}

/// Kept blocks and pointers of the plugin's go in as they are.
pub fn blocks_and_pointers_are_passed<S: Subject>() {
    let mut plugin = hosts::ownership::<S>();
    let block = plugin.keep("kept").unwrap();
    call(&mut plugin, "remember", "(ptr)", &mut [Argument::Block(&block)], 0).unwrap();
    assert_eq!(
        call(&mut plugin, "recall_at", "(u32) -> u8", &mut [number(1)], 0).unwrap(),
        Answer::Number(Number::U32(b'e'.into()))
    );
    let pointer = Argument::Pointer(block.offset() + 2);
    call(&mut plugin, "remember", "(ptr)", &mut [pointer], 0).unwrap();
    assert_eq!(plugin.call::<_, u8>("recall", ()).unwrap(), b'p');
}

/// Calls inside a call, each with arguments of its own.
pub fn a_host_function_calls_the_plugin_again<S: Subject>() {
    let mut plugin = hosts::ownership_with::<S, ()>((), |guest| {
        let hash = guest.dyn_func("return_borrowed", &prototype("(str) -> string"))?;
        let answer = hash.call(guest, &mut [Argument::Str("inner")], 0)?;
        assert_eq!(answer, Answer::Text("inner".into()));
        Ok(())
    });
    let mut x = 1i32.to_le_bytes();
    let mut arguments = [Argument::ValueMut(&mut x)];
    call(&mut plugin, "poke_and_add", "(mut i32)", &mut arguments, 0).unwrap();
    assert_eq!(x, 12i32.to_le_bytes());
    let mut arguments = [Argument::Str("outer")];
    let same = call(&mut plugin, "poke_between", "(str) -> bool", &mut arguments, 0).unwrap();
    assert_eq!(same, Answer::Number(Number::Bool(true)));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Plugins that bring their own `malloc` are served through it.
pub fn a_plugin_with_its_own_malloc_is_served<S: Subject>() {
    agreeing! { S, plugin::<S>("legacy");
        "reverse" "(str) -> string", 0; ("text",) => String; [Argument::Str("text")];
        "sum_i32" "(slice<i32>) -> i64", 0; (&[1, 2],) => i64; [array(&[1, 2])];
        "consume" "(owned<str>) -> u32", 0; (Owned("text"),) => u32; [Argument::Str("text")];
        "copy_c_text" "(cstr) -> cstring", 0; (c"text",) => std::ffi::CString;
            [Argument::CStr(c"text")];
        "maybe_text" "(u32) -> option<string>", 0; (0u32,) => Option<String>; [number(0)];
        "static_text" "() -> string", 0; () => String; [];
        "return_borrowed" "(str) -> string", 0; ("mine",) => String; [Argument::Str("mine")];
        "wild_text" "() -> string", 0; () => String; [];
        "live_blocks" "() -> u32", 0; () => u32; [];
        "trap_with" "(str)", 0; ("text",) => (); [Argument::Str("text")];
    }
}

/// Random arguments give the same by both ways, call after call, in two plugins whose heaps stay
/// in step.
pub fn random_arguments_give_the_same_by_both_ways<S: Subject>() {
    let (mut one, mut other) = (plugin::<S>("pointers"), plugin::<S>("pointers"));
    let mut random = Random(0x5eed);
    type Mixed<'a> = (u8, &'a str, i64, &'a [u16], f64, &'a std::ffi::CStr, bool, &'a Point);
    let mixed = one.func::<Mixed<'_>, f64>("mixed").unwrap();
    let text = "(u8, str, i64, slice<u16>, f64, cstr, bool, &struct point) -> f64";
    let mixed_by_prototype = other.dyn_func("mixed", &prototype(text)).unwrap();
    let join = one.func::<(&[&str], &str), String>("join").unwrap();
    let join_by_prototype =
        other.dyn_func("join", &prototype("(slice<str>, str) -> string")).unwrap();
    let scale = one.func::<(&mut [f64], f64), ()>("scale").unwrap();
    let scale_by_prototype = other.dyn_func("scale", &prototype("(mut slice<f64>, f64)")).unwrap();
    for round in 0..300 {
        let word = random.text();
        let c_text = std::ffi::CString::new(random.text()).unwrap();
        let shorts: Vec<u16> = (0..random.below(300)).map(|_| random.next() as u16).collect();
        let point = Point::new(random.below(1000) as f64, -0.5);
        let (a, b, flag) = (random.next() as u8, random.next() as i32, random.below(2) == 1);
        agree(
            &format!("mixed, round {round}"),
            (&mut one, &mut other),
            |plugin| mixed.call(plugin, (a, &word, b.into(), &shorts, 0.25, &c_text, flag, &point)),
            |plugin| {
                let mut arguments = [
                    number(a),
                    Argument::Str(&word),
                    number(b),
                    array(&shorts),
                    number(0.25),
                    Argument::CStr(&c_text),
                    number(flag),
                    value(&point),
                ];
                mixed_by_prototype.call(plugin, &mut arguments, 0)
            },
        );
        let words: Vec<String> = (0..random.below(20)).map(|_| random.text()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        agree(
            &format!("join, round {round}"),
            (&mut one, &mut other),
            |plugin| join.call(plugin, (&words, &word)),
            |plugin| {
                let mut arguments = [Argument::List(&bytes), Argument::Str(&word)];
                join_by_prototype.call(plugin, &mut arguments, 0)
            },
        );
        let mut numbers: Vec<f64> = (0..random.below(100)).map(f64::from).collect();
        let mut copy = numbers.clone();
        agree(
            &format!("scale, round {round}"),
            (&mut one, &mut other),
            |plugin| scale.call(plugin, (&mut numbers, 1.5)),
            |plugin| {
                let count = copy.len() as u32;
                let bytes = bytemuck::cast_slice_mut(&mut copy);
                let mut arguments = [Argument::ArrayMut { bytes, count }, number(1.5)];
                scale_by_prototype.call(plugin, &mut arguments, 0)
            },
        );
        assert_eq!(numbers, copy);
    }
}

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 >> 16
    }

    fn below(&mut self, n: u32) -> u32 {
        (self.next() % u64::from(n)) as u32
    }

    /// Mostly short, in letters of one to four bytes.
    fn text(&mut self) -> String {
        let len = if self.below(20) == 0 { 3000 } else { self.below(30) };
        (0..len).map(|_| ['a', 'ö', '€', '🦀'][self.below(4) as usize]).collect()
    }
}
