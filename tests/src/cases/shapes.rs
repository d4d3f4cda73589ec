//! Results of exports in each shape, from wherever they may lie: text, arrays and structs.

use hostheap_core::Limits;
use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load, try_load};
use crate::shapes::{Item, Padded, Point};
use crate::subject::Subject;
use crate::{expect, guests};

fn results<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("results"))
}

fn results_mv<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("results_mv"))
}

/// Blocks given, blocks freed beyond those that are live, and frees of what was no block.
fn blocks<S: Subject>(plugin: &PluginOf<S>) -> (u64, u32, u64) {
    let stats = plugin.heap_stats();
    assert_eq!(stats.allocated - stats.freed, u64::from(stats.live_blocks));
    (stats.allocated, stats.live_blocks, stats.invalid_frees)
}

/// The error of a result that is refused: no block is live after it, none was freed twice, and the
/// plugin goes on.
macro_rules! wrong {
    ($S:ty, $R:ty, $export:literal, $args:expr) => {{
        let mut plugin = results::<$S>();
        let error = expect::convention(plugin.call::<_, $R>($export, $args));
        let (_, live, invalid) = blocks::<$S>(&plugin);
        assert_eq!((live, invalid, plugin.is_poisoned()), (0, 0, false), $export);
        assert_eq!(plugin.call::<_, String>("static_packed", ()).unwrap(), "static");
        error
    }};
}

/// Text comes in all three shapes, of any content, and nothing of it stays.
pub fn text_comes_in_all_three_shapes<S: Subject>() {
    let (mut plugin, mut mv) = (results::<S>(), results_mv::<S>());
    let long = "grüße 🦀 ".repeat(100_000);
    for text in ["", "a", "with\0nul", "äöü ßŋ", "🦀", &long] {
        assert_eq!(plugin.call::<_, String>("echo_packed", (text,)).unwrap(), text);
        assert_eq!(plugin.call::<_, String>("echo_struct", (text,)).unwrap(), text);
        assert_eq!(mv.call::<_, String>("echo", (text,)).unwrap(), text);
        let bytes: Vec<u8> = plugin.call("echo_struct", (text,)).unwrap();
        assert_eq!(bytes, text.as_bytes());
    }
    assert_eq!(blocks::<S>(&plugin), (6 * 6, 0, 0), "arguments and result of each call");
    assert_eq!(blocks::<S>(&mv), (2 * 6, 0, 0));
}

/// Static text is copied and left alone; only a struct return needs room.
pub fn static_text_is_left_alone_in_each_shape<S: Subject>() {
    let (mut plugin, mut mv) = (results::<S>(), results_mv::<S>());
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, String>("static_packed", ()).unwrap(), "static");
        assert_eq!(mv.call::<_, String>("static_text", ()).unwrap(), "static");
    }
    assert_eq!((blocks::<S>(&plugin), blocks::<S>(&mv)), ((0, 0, 0), (0, 0, 0)));
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, String>("static_struct", ()).unwrap(), "static");
    }
    assert_eq!(blocks::<S>(&plugin), (3, 0, 0));
}

/// Arrays of each kind of element come, their length in elements.
pub fn arrays_of_each_kind_of_element_come<S: Subject>() {
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Vec<u8>>("bytes_packed", (3,)).unwrap(), [1, 2, 3]);
    assert_eq!(plugin.call::<_, Vec<i8>>("bytes_packed", (2,)).unwrap(), [1, 2]);
    assert_eq!(plugin.call::<_, Vec<i16>>("shorts_packed", (3,)).unwrap(), [-1, -2, -3]);
    assert_eq!(plugin.call::<_, Vec<u16>>("shorts_packed", (1,)).unwrap(), [u16::MAX]);
    assert_eq!(plugin.call::<_, Vec<i32>>("numbers_packed", (3,)).unwrap(), [1, 2, 3]);
    assert_eq!(plugin.call::<_, Vec<u32>>("numbers_struct", (4,)).unwrap(), [1, 2, 3, 4]);
    assert_eq!(plugin.call::<_, Vec<char>>("numbers_struct", (1,)).unwrap(), ['\u{1}']);
    assert_eq!(plugin.call::<_, Vec<f64>>("doubles_packed", (3,)).unwrap(), [0.5, 1.0, 1.5]);
    assert_eq!(plugin.call::<_, Vec<bool>>("bools_packed", ()).unwrap(), [true, false, true]);
    let expected = [Point::new(0.0, -0.0), Point::new(1.0, -1.0), Point::new(2.0, -2.0)];
    assert_eq!(plugin.call::<_, Vec<Point>>("points_packed", (3,)).unwrap(), expected);
    assert_eq!(plugin.call::<_, Vec<Point>>("points_struct", (3,)).unwrap(), expected);
    let mut mv = results_mv::<S>();
    assert_eq!(mv.call::<_, Vec<i32>>("numbers", (5,)).unwrap(), [1, 2, 3, 4, 5]);
    assert_eq!((blocks::<S>(&plugin).1, blocks::<S>(&mv)), (0, (1, 0, 0)));
}

/// Empty arrays in a block free the block.
pub fn an_empty_array_frees_its_block<S: Subject>() {
    let (mut plugin, mut mv) = (results::<S>(), results_mv::<S>());
    assert!(plugin.call::<_, Vec<i32>>("numbers_packed", (0,)).unwrap().is_empty());
    assert!(plugin.call::<_, Vec<f64>>("doubles_packed", (0,)).unwrap().is_empty());
    assert!(plugin.call::<_, Vec<Point>>("points_struct", (0,)).unwrap().is_empty());
    assert!(mv.call::<_, Vec<i32>>("numbers", (0,)).unwrap().is_empty());
    assert_eq!((blocks::<S>(&plugin), blocks::<S>(&mv)), ((4, 0, 0), (1, 0, 0)));
}

/// A mebibyte comes whole in each shape.
pub fn a_mebibyte_comes_whole<S: Subject>() {
    let (mut plugin, mut mv) = (results::<S>(), results_mv::<S>());
    let n = 1 << 18;
    for numbers in [
        plugin.call::<_, Vec<i32>>("numbers_packed", (n,)),
        plugin.call::<_, Vec<i32>>("numbers_struct", (n,)),
        mv.call::<_, Vec<i32>>("numbers", (n,)),
    ] {
        assert!(numbers.unwrap().iter().copied().eq(1..=n));
    }
    let points: Vec<Point> = plugin.call("points_packed", (1 << 16,)).unwrap();
    assert_eq!((points.len(), points[65535]), (65536, Point::new(65535.0, -65535.0)));
    assert_eq!((blocks::<S>(&plugin).1, blocks::<S>(&mv).1), (0, 0));
}

/// An array may be static data, or a part of its block, which is freed as a whole.
pub fn an_array_may_be_static_or_part_of_a_block<S: Subject>() {
    let mut plugin = results::<S>();
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, Vec<i32>>("numbers_static", ()).unwrap(), [10, 20, 30]);
    }
    assert_eq!(blocks::<S>(&plugin), (0, 0, 0));
    assert_eq!(plugin.call::<_, Vec<i32>>("numbers_interior", ()).unwrap(), [3, 4]);
    assert_eq!(blocks::<S>(&plugin), (1, 0, 0));
}

/// What lies in no memory is refused in each shape, with where and how long it is.
pub fn what_lies_in_no_memory_is_refused_in_each_shape<S: Subject>() {
    let at = |len| ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len };
    assert_eq!(wrong!(S, String, "wild_struct", ()), at(4));
    assert_eq!(wrong!(S, Vec<f64>, "wild_struct", ()), at(32));
    assert_eq!(wrong!(S, Vec<i32>, "numbers_wild", ()), at(16));
    assert_eq!(wrong!(S, Vec<Point>, "numbers_wild", ()), at(64));
    assert_eq!(wrong!(S, Point, "point_wild", ()), at(16));
    let mut mv = results_mv::<S>();
    assert_eq!(expect::convention(mv.call::<_, String>("wild_text", ())), at(32));
    assert_eq!(expect::convention(mv.call::<_, Option<String>>("wild_text", ())), at(32));
    assert!(!mv.is_poisoned());
    assert_eq!(blocks::<S>(&mv), (0, 0, 0));
}

/// What was freed already is refused, and not freed again.
pub fn what_was_freed_already_is_refused<S: Subject>() {
    let error = wrong!(S, Vec<i32>, "numbers_freed", ());
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 16, .. }), "{error:?}");
    let error = wrong!(S, Point, "point_freed", ());
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 16, .. }), "{error:?}");
}

/// NULL is no struct, and no array of a length.
pub fn null_is_no_struct_and_no_array<S: Subject>() {
    let error = wrong!(S, Point, "point_null", ());
    assert_eq!(error, ConventionError::NullPointer { of: "struct point" });
    let error = wrong!(S, Vec<u16>, "null_with_length", ());
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0, len: 32 });
}

/// What is longer than its block is refused with the block's size, and the block is freed.
pub fn what_is_longer_than_its_block_is_refused<S: Subject>() {
    let error = wrong!(S, Vec<i32>, "numbers_too_long", ());
    let ConventionError::ResultOverrunsBlock { offset, len, block, size } = error else {
        panic!("{error:?}")
    };
    assert_eq!((offset, len), (block, u64::from(size) * 4));
    let error = wrong!(S, Point, "point_overrun", ());
    let ConventionError::ResultOverrunsBlock { offset, len, block, size } = error else {
        panic!("{error:?}")
    };
    assert_eq!((offset, len), (block + size - 8, 16));
    assert!(error.to_string().contains("only"), "{error}");
}

/// A length whose bytes would wrap around is refused.
pub fn a_length_that_wraps_around_is_refused<S: Subject>() {
    let error = wrong!(S, Vec<i32>, "numbers_huge", ());
    let ConventionError::ResultOverrunsBlock { len, .. } = error else { panic!("{error:?}") };
    assert_eq!(len, 0x40000001 * 4);
}

/// What is misaligned for its type is refused; as bytes it would do.
pub fn what_is_misaligned_is_refused<S: Subject>() {
    let error = wrong!(S, Vec<i32>, "numbers_misaligned", ());
    let ConventionError::Misaligned { offset, align, of } = error else { panic!("{error:?}") };
    assert_eq!((offset % 16, align, of), (1, 4, "int32_t"));
    let error = wrong!(S, Point, "point_misaligned", ());
    let ConventionError::Misaligned { offset, align, of } = error else { panic!("{error:?}") };
    assert_eq!((offset % 16, align, of), (1, 8, "struct point"));
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Vec<u8>>("numbers_misaligned", ()).unwrap(), [0, 0]);
    assert_eq!(blocks::<S>(&plugin), (1, 0, 0));
}

/// Bits that are no value are refused by place and type, and the block is freed.
pub fn bits_that_are_no_value_are_refused<S: Subject>() {
    let error = wrong!(S, Vec<bool>, "bools_bad", ());
    let ConventionError::InvalidBits { offset, of } = error else { panic!("{error:?}") };
    assert_eq!((offset % 16, of), (1, "bool"), "the second of them");
    for byte in [2u8, 255] {
        let error = wrong!(S, Item, "item_with_byte", (5u32, byte));
        let ConventionError::InvalidBits { offset, of } = error else { panic!("{error:?}") };
        assert_eq!((offset % 16, of), (0, "struct item"));
    }
    let mut plugin = results::<S>();
    for byte in [0u8, 1] {
        let item: Item = plugin.call("item_with_byte", (5u32, byte)).unwrap();
        assert_eq!(item, Item { fresh: byte == 1, ..Item::of(5) });
    }
    assert_eq!(blocks::<S>(&plugin), (2, 0, 0));
}

/// Bytes that are no UTF-8 are no text, but bytes.
pub fn bytes_that_are_no_utf8_are_bytes<S: Subject>() {
    let error = wrong!(S, String, "bad_utf8_struct", ());
    assert!(matches!(error, ConventionError::NotUtf8 { len: 7, valid_up_to: 1, .. }), "{error:?}");
    let mut plugin = results::<S>();
    let bytes: Vec<u8> = plugin.call("bad_utf8_struct", ()).unwrap();
    assert_eq!(bytes, b"a\xc0\xaf\xed\xa0\x80b");
    assert_eq!(blocks::<S>(&plugin), (2, 0, 0));
}

/// A struct comes by value and by pointer, from a block, from within one and from static data.
pub fn a_struct_comes_by_value_and_by_pointer<S: Subject>() {
    let mut plugin = results::<S>();
    for (x, y) in [(1.0, -2.0), (f64::MAX, f64::NEG_INFINITY), (0.0, 0.1)] {
        let point = Point::new(x, y);
        assert_eq!(plugin.call::<_, Point>("point_struct", (x, y)).unwrap(), point);
        assert_eq!(plugin.call::<_, Point>("point_block", (x, y)).unwrap(), point);
    }
    assert_eq!(blocks::<S>(&plugin), (6, 0, 0), "room for the one, a block for the other");
    let within: Point = plugin.call("point_interior", ()).unwrap();
    assert_eq!((within, blocks::<S>(&plugin)), (Point::new(3.0, 4.0), (7, 0, 0)));
    for _ in 0..3 {
        let fixed: Point = plugin.call("point_static", ()).unwrap();
        assert_eq!((fixed, blocks::<S>(&plugin)), (Point::new(1.5, -2.5), (7, 0, 0)));
    }
}

/// A struct return has every field where C has it, with a `bool` and with a gap too.
pub fn every_field_of_a_struct_return_is_where_c_has_it<S: Subject>() {
    let mut plugin = results::<S>();
    for id in [0, 1, 1000, 40_001, u32::MAX] {
        assert_eq!(plugin.call::<_, Item>("item_struct", (id,)).unwrap(), Item::of(id));
    }
    let padded: Padded = plugin.call("padded_struct", (255u8, -0.5)).unwrap();
    assert_eq!((padded.tag, padded.value), (255, -0.5));
    assert_eq!(blocks::<S>(&plugin), (6, 0, 0));
}

/// The host's limit on a transfer holds for arrays and structs in blocks, which are freed.
pub fn the_limit_on_a_transfer_holds_in_bytes<S: Subject>() {
    let mut plugin = try_load::<S, ()>(&guests::wasm("results"), (), |linker| {
        linker.limits(Limits::new().max_transfer(15));
    })
    .unwrap();
    assert_eq!(plugin.call::<_, Vec<i32>>("numbers_packed", (3,)).unwrap(), [1, 2, 3]);
    let error = expect::convention(plugin.call::<_, Vec<i32>>("numbers_struct", (4,)));
    assert_eq!(error, ConventionError::TooLong { len: 16, max: 15 });
    let error = expect::convention(plugin.call::<_, Point>("point_block", (1.0, 2.0)));
    assert_eq!(error, ConventionError::TooLong { len: 16, max: 15 });
    let error = expect::convention(plugin.call::<_, String>("echo_packed", ("sixteen letters!",)));
    assert_eq!(error, ConventionError::TooLong { len: 16, max: 15 });
    assert_eq!((blocks::<S>(&plugin).1, plugin.is_poisoned()), (0, false));
}

/// One export is a result of each type that its shape can be.
pub fn one_shape_is_a_result_of_several_types<S: Subject>() {
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Vec<u8>>("echo_packed", ("bytes",)).unwrap(), b"bytes");
    assert_eq!(plugin.call::<_, Vec<i8>>("echo_packed", ("\u{7f}",)).unwrap(), [127]);
    let some: Option<Vec<u8>> = plugin.call("echo_struct", ("",)).unwrap();
    assert_eq!(some, Some(vec![]));
    let packed: u64 = plugin.call("static_packed", ()).unwrap();
    assert_eq!(packed as u32, 6, "what nobody takes is a number");
    assert_eq!(blocks::<S>(&plugin).1, 0);
}

/// Handles of each shape are called again and again.
pub fn handles_of_each_shape_are_called_again_and_again<S: Subject>() {
    let (mut plugin, mut mv) = (results::<S>(), results_mv::<S>());
    let packed = plugin.func::<(&str,), String>("echo_packed").unwrap();
    let by_struct = plugin.func::<(&str,), String>("echo_struct").unwrap();
    let several = mv.func::<(&str,), String>("echo").unwrap();
    let point = plugin.func::<(f64, f64), Point>("point_block").unwrap();
    for i in 0..20 {
        let text = "x".repeat(i);
        assert_eq!(packed.call(&mut plugin, (&text,)).unwrap(), text);
        assert_eq!(by_struct.call(&mut plugin, (&text,)).unwrap(), text);
        assert_eq!(several.call(&mut mv, (&text,)).unwrap(), text);
        assert_eq!(point.call(&mut plugin, (i as f64, 0.5)).unwrap(), Point::new(i as f64, 0.5));
    }
    assert_eq!((blocks::<S>(&plugin).1, blocks::<S>(&mv).1), (0, 0));
}

/// An export of another type lists the prototypes of all three shapes, word by word.
pub fn pairs_of_another_type_list_three_prototypes<S: Subject>() {
    let mut plugin = results::<S>();
    let flags = "-mmultivalue -Xclang -target-abi -Xclang experimental-mv";
    macro_rules! pairs {
        ($($result:ty => $element:literal;)*) => {$(
            let accepted = expect::signatures(plugin.func::<(&str,), $result>("check"));
            let found: Vec<_> = accepted.iter().map(|(ty, c)| (ty.to_string(), c.as_str())).collect();
            let pair = format!("struct {{ {} *ptr; size_t len; }} check(const char *, size_t)", $element);
            let packed = "uint64_t check(const char *, size_t) /* (uint64_t)pointer << 32 | length */";
            let several = format!("{pair} /* {flags} */");
            assert_eq!(found, [
                ("(i32, i32) -> i64".to_owned(), packed),
                ("(i32, i32, i32) -> ()".to_owned(), pair.as_str()),
                ("(i32, i32) -> (i32, i32)".to_owned(), several.as_str()),
            ]);
        )*};
    }
    pairs! {
        String => "char";
        Option<String> => "char";
        Vec<u8> => "unsigned char";
        Vec<i16> => "int16_t";
        Vec<Point> => "struct point";
        Option<Vec<f64>> => "double";
    }
}

/// An export of another type lists the prototypes of both shapes of a struct.
pub fn structs_of_another_type_list_two_prototypes<S: Subject>() {
    let mut plugin = results::<S>();
    let accepted = expect::signatures(plugin.func::<(), Point>("check"));
    let found: Vec<_> = accepted.iter().map(|(ty, c)| (ty.to_string(), c.as_str())).collect();
    assert_eq!(
        found,
        [
            ("(i32) -> ()".to_owned(), "struct point check(void)"),
            ("() -> i32".to_owned(), "struct point *check(void)"),
        ]
    );
    let accepted = expect::signatures(plugin.func::<(i64,), bool>("check"));
    assert_eq!(accepted[0].1, "bool check(int64_t)");
}
