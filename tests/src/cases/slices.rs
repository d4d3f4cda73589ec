//! Slices, text and arrays of text as arguments of exports.

use hostheap_core::convention::GuestPtr;
use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load};
use crate::shapes::{Item, Padded, Point, hash};
use crate::subject::Subject;
use crate::{expect, guests};

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

/// Slices of every integer type arrive, edges and all.
pub fn slices_of_every_integer_type_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    macro_rules! sums {
        ($($export:literal [$($value:expr),*] -> $total:ty = $sum:expr;)*) => {$(
            let sum = plugin.call::<_, $total>($export, (&[$($value),*],)).unwrap();
            assert_eq!(sum, $sum, $export);
        )*};
    }
    sums! {
        "sum_i8" [i8::MIN, -1, 127] -> i64 = -2;
        "sum_u8" [u8::MAX, 255, 1] -> u64 = 511;
        "sum_i16" [i16::MIN, i16::MAX, -1] -> i64 = -2;
        "sum_u16" [u16::MAX, 1] -> u64 = 65536;
        "sum_i32" [i32::MIN, i32::MIN] -> i64 = -(1 << 32);
        "sum_u32" [u32::MAX, u32::MAX] -> u64 = 2 * u64::from(u32::MAX);
        "sum_i64" [i64::MIN, i64::MAX, 3] -> i64 = 2;
        "sum_u64" [u64::MAX, 5] -> u64 = 4;
        "sum_u32" ['a', '\u{10ffff}'] -> u64 = 97 + 0x10_ffff;
    }
}

/// Slices of floats and of `bool`s arrive.
pub fn slices_of_floats_and_bools_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    assert_eq!(plugin.call::<_, f32>("sum_f32", (&[0.5f32, -2.25, 1e6],)).unwrap(), 999_998.25);
    assert_eq!(plugin.call::<_, f64>("sum_f64", (&[0.1f64, 0.2],)).unwrap(), 0.1 + 0.2);
    assert_eq!(plugin.call::<_, f64>("sum_f64", (&[f64::INFINITY],)).unwrap(), f64::INFINITY);
    assert!(plugin.call::<_, f64>("sum_f64", (&[f64::NAN, 1.0],)).unwrap().is_nan());
    let bools = [true, false, true, true];
    assert_eq!(plugin.call::<_, u32>("sum_bool", (&bools,)).unwrap(), 3);
}

/// Slices of structs arrive, those with a `bool` and those with a gap too.
pub fn slices_of_structs_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    let points = [Point::new(1.0, 2.0), Point::new(-3.0, 0.5), Point::new(0.0, 9.0)];
    assert_eq!(plugin.call::<_, f64>("sum_points", (&points,)).unwrap(), 0.5);
    let items = [Item::of(1), Item::of(2), Item::of(7)];
    // Those of even numbers are not fresh.
    assert_eq!(plugin.call::<_, f64>("sum_items", (&items,)).unwrap(), 1.5 + 10.5);
    let padded = [Padded::new(2, 1.5), Padded::new(255, -1.0)];
    assert_eq!(plugin.call::<_, f64>("sum_padded", (&padded,)).unwrap(), 3.0 - 255.0);
}

/// Slices of pointers that the plugin can follow arrive.
pub fn slices_of_pointers_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    let kept = plugin.keep(&[10i32, 20, 30]).unwrap();
    let at = |index: u32| GuestPtr::<i32>::new(kept.offset() + 4 * index);
    let given = [at(2), GuestPtr::NULL, at(0), at(0)];
    assert_eq!(plugin.call::<_, i64>("sum_pointed", (&given,)).unwrap(), 50);
    kept.free(&mut plugin).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An empty slice is a pointer to nothing that is not NULL.
pub fn an_empty_slice_is_not_null<S: Subject>() {
    let mut plugin = pointers::<S>();
    assert_eq!(plugin.call::<_, i64>("sum_i64", (&[0i64; 0],)).unwrap(), 0);
    assert_eq!(plugin.call::<_, f64>("sum_points", (&[] as &[Point],)).unwrap(), 0.0);
    assert_eq!(plugin.call::<_, f64>("dot", (&[0.0f64; 0], &[0.0f64; 0])).unwrap(), 0.0);
    assert_ne!(plugin.call::<_, u32>("slice_address", (&[0i64; 0],)).unwrap(), 0);
    assert_ne!(plugin.call::<_, u32>("slice_address", ("",)).unwrap(), 0);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A slice's length is its number of elements, whatever their size.
pub fn a_slices_length_counts_elements<S: Subject>() {
    let mut plugin = pointers::<S>();
    assert_eq!(plugin.call::<_, u32>("text_len", (&[0u8; 5],)).unwrap(), 5);
    assert_eq!(plugin.call::<_, u32>("text_len", (&[0u64; 5],)).unwrap(), 5);
    assert_eq!(plugin.call::<_, u32>("text_len", (&[Point::default(); 5],)).unwrap(), 5);
    assert_eq!(plugin.call::<_, u32>("text_len", ("äöü",)).unwrap(), 6, "text is bytes");
    assert_eq!(plugin.call::<_, f64>("dot", (&[1.0f64], &[1.0f64, 2.0])).unwrap(), -1.0);
}

/// Slices, vectors and arrays are the same to the plugin.
pub fn slices_vectors_and_arrays_are_the_same<S: Subject>() {
    let mut plugin = pointers::<S>();
    let (array, vec) = ([1i32, 2, 3], vec![1i32, 2, 3]);
    for sum in [
        plugin.call::<_, i64>("sum_i32", (&array,)),
        plugin.call::<_, i64>("sum_i32", (&array[..],)),
        plugin.call::<_, i64>("sum_i32", (&vec,)),
        plugin.call::<_, i64>("sum_i32", (vec.as_slice(),)),
        plugin.call::<_, i64>("sum_i32", (&vec[..],)),
    ] {
        assert_eq!(sum.unwrap(), 6);
    }
}

/// A mebibyte of any element type arrives whole.
pub fn a_mebibyte_arrives_whole<S: Subject>() {
    let mut plugin = pointers::<S>();
    let bytes: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();
    assert_eq!(plugin.call::<_, u32>("text_hash", (&bytes,)).unwrap(), hash(&bytes));
    let wide: Vec<i64> = (0..1 << 17).map(|i| i << 20).collect();
    assert_eq!(plugin.call::<_, i64>("sum_i64", (&wide,)).unwrap(), wide.iter().sum::<i64>());
    let points = vec![Point::new(2.0, 0.5); 1 << 16];
    assert_eq!(plugin.call::<_, f64>("sum_points", (&points,)).unwrap(), 65536.0);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Text of any content arrives byte by byte.
pub fn text_of_any_content_arrives<S: Subject>() {
    let mut plugin = pointers::<S>();
    let long = "grüße ".repeat(100_000);
    for text in ["", "a", "\0", "with\0nul", "äöü ßŋ", "🦀🦀🦀", &long] {
        let owned = String::from(text);
        assert_eq!(plugin.call::<_, u32>("text_hash", (text,)).unwrap(), hash(text.as_bytes()));
        assert_eq!(plugin.call::<_, u32>("text_hash", (&owned,)).unwrap(), hash(text.as_bytes()));
        assert_eq!(plugin.call::<_, u32>("text_len", (text,)).unwrap() as usize, text.len());
    }
}

/// Arrays of text arrive, of whichever string type.
pub fn arrays_of_text_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    let texts = ["one", "", "drei und dreißig", "🦀"];
    let owned: Vec<String> = texts.iter().copied().map(String::from).collect();
    let joined: String = plugin.call("join", (&texts[..], ", ")).unwrap();
    assert_eq!(joined, "one, , drei und dreißig, 🦀");
    let again: String = plugin.call("join", (owned.as_slice(), ", ")).unwrap();
    assert_eq!(again, joined);
    assert_eq!(plugin.call::<_, u32>("total_len", (&texts[..],)).unwrap(), 3 + 17 + 4);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Arrays of bytes arrive, of whichever type, and each at its place.
pub fn arrays_of_bytes_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    let long = vec![9u8; 1 << 20];
    let buffers: [&[u8]; 4] = [b"\0\xff", b"", &long, b"last"];
    let owned: Vec<Vec<u8>> = buffers.iter().map(|bytes| bytes.to_vec()).collect();
    for (n, bytes) in (0u32..).zip(buffers) {
        let nth: Option<Vec<u8>> = plugin.call("nth", (&buffers[..], n)).unwrap();
        assert_eq!(nth.as_deref(), Some(bytes));
        let nth: Option<Vec<u8>> = plugin.call("nth", (owned.as_slice(), n)).unwrap();
        assert_eq!(nth.as_deref(), Some(bytes));
    }
    assert_eq!(plugin.call::<_, Option<Vec<u8>>>("nth", (&buffers[..], 4u32)).unwrap(), None);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An array of no texts is an array, and one of empty texts too.
pub fn an_array_of_nothing_is_an_array<S: Subject>() {
    let mut plugin = pointers::<S>();
    let none: [&str; 0] = [];
    assert_eq!(plugin.call::<_, String>("join", (&none[..], ", ")).unwrap(), "");
    assert_ne!(plugin.call::<_, u32>("slice_address", (&none[..],)).unwrap(), 0);
    assert_eq!(plugin.call::<_, String>("join", (&["", ""][..], "-")).unwrap(), "-");
    assert_eq!(plugin.call::<_, String>("join", (&["lonely"][..], "-")).unwrap(), "lonely");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Ten thousand texts take one block, and the call leaves nothing.
pub fn many_texts_take_one_block<S: Subject>() {
    let mut plugin = pointers::<S>();
    let texts: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
    let before = plugin.heap_stats().allocated;
    let total: u32 = plugin.call("total_len", (texts.as_slice(),)).unwrap();
    assert_eq!(total as usize, texts.concat().len());
    assert_eq!(plugin.heap_stats().allocated - before, 1);
    let joined: String = plugin.call("join", (texts.as_slice(), " ")).unwrap();
    assert_eq!(joined, texts.join(" "));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What the plugin writes to a mutable slice comes back, for every kind of element.
pub fn a_mutable_slice_is_copied_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut bytes = *b"stressed";
    plugin.call::<_, ()>("reverse_bytes", (&mut bytes,)).unwrap();
    assert_eq!(&bytes, b"desserts");
    let mut numbers = vec![i32::MIN, 0, i32::MAX];
    plugin.call::<_, ()>("reverse_i32", (&mut numbers,)).unwrap();
    assert_eq!(numbers, [i32::MAX, 0, i32::MIN]);
    plugin.call::<_, ()>("reverse_i32", (numbers.as_mut_slice(),)).unwrap();
    assert_eq!(numbers, [i32::MIN, 0, i32::MAX]);
    let mut floats = [1.0f64, -0.5, 1e300];
    plugin.call::<_, ()>("scale", (&mut floats[1..], -2.0)).unwrap();
    assert_eq!(floats, [1.0, 1.0, -2e300]);
    let mut points = [Point::new(1.0, 2.0), Point::new(3.0, 4.0)];
    plugin.call::<_, ()>("move_points", (&mut points, 10.0, -1.0)).unwrap();
    assert_eq!(points, [Point::new(11.0, 1.0), Point::new(13.0, 3.0)]);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (5, 0), "one block for each call");
}

/// Mutable slices of no, one and very many elements come back.
pub fn mutable_slices_of_all_lengths_come_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    for len in [0, 1, 2, 3, 4, 5, 1 << 18] {
        let mut numbers: Vec<i32> = (0..len).collect();
        plugin.call::<_, ()>("reverse_i32", (&mut numbers,)).unwrap();
        assert!(numbers.iter().copied().eq((0..len).rev()), "{len}");
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A slice that is read and one that is written go together, of any lengths.
pub fn what_is_read_and_what_is_written_go_together<S: Subject>() {
    let mut plugin = pointers::<S>();
    let copy = plugin.func::<(&[i32], &mut [i32]), u32>("copy_i32").unwrap();
    for (from, to) in [(0, 0), (3, 3), (3, 5), (5, 3), (0, 2), (2, 0)] {
        let source: Vec<i32> = (1..=from).collect();
        let mut target = vec![-1; to];
        let copied = copy.call(&mut plugin, (&source, &mut target)).unwrap() as usize;
        assert_eq!(copied, source.len().min(to));
        assert_eq!(target[..copied], source[..copied]);
        assert!(target[copied..].iter().all(|&number| number == -1));
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// After a trap the host's values are as they were.
pub fn nothing_is_copied_back_after_a_trap<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut numbers = vec![1, 2, 3];
    expect::trap(plugin.call::<_, ()>("negate_and_trap", (&mut numbers, 2u32)));
    assert_eq!(numbers, [1, 2, 3]);
    assert!(plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A slice with one value that is none comes back not at all.
pub fn a_slice_with_one_invalid_value_is_not_copied_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    // The length is the byte that is written: 3 is no bool.
    let mut flags = [true, false, true];
    let error = expect::convention(plugin.call::<_, ()>("set_bool_byte", (&mut flags,)));
    assert!(matches!(error, ConventionError::InvalidBits { of: "bool", .. }), "{error:?}");
    assert_eq!(flags, [true, false, true]);
    // Twelve bytes are the first item: reversed, the second byte of its number is its `bool`.
    let mut items = [Item::of(0x0200); 12];
    items[11] = Item::of(7);
    let before = items;
    let error = expect::convention(plugin.call::<_, ()>("reverse_bytes", (&mut items,)));
    assert!(matches!(error, ConventionError::InvalidBits { of: "struct item", .. }), "{error:?}");
    assert_eq!(items, before);
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A handle takes mutable slices of all lifetimes, one after the other.
pub fn a_handle_takes_mutable_slices_again_and_again<S: Subject>() {
    let mut plugin = pointers::<S>();
    let reverse = plugin.func::<(&mut [u8],), ()>("reverse_bytes").unwrap();
    let mut outer = b"abc".to_vec();
    for i in 0..5u8 {
        let mut inner = [i, i + 1];
        reverse.call(&mut plugin, (&mut inner,)).unwrap();
        assert_eq!(inner, [i + 1, i]);
        reverse.call(&mut plugin, (&mut outer,)).unwrap();
        reverse.call(&mut plugin, (&mut outer[1..],)).unwrap();
    }
    outer.sort_unstable();
    assert_eq!(outer, b"abc");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An export of another type lists the C parameters of each kind of slice.
pub fn slices_of_another_type_list_their_prototypes<S: Subject>() {
    let mut plugin = pointers::<S>();
    macro_rules! prototypes {
        ($($args:ty => $prototype:literal;)*) => {$(
            let accepted = expect::signatures(plugin.func::<($args,), i32>("halve"));
            let [(_, prototype)] = accepted.as_slice() else { panic!("{accepted:?}") };
            assert_eq!(prototype, $prototype);
        )*};
    }
    prototypes! {
        &str => "int32_t halve(const char *, size_t)";
        &String => "int32_t halve(const char *, size_t)";
        &[u8] => "int32_t halve(const unsigned char *, size_t)";
        &Vec<i16> => "int32_t halve(const int16_t *, size_t)";
        &[char; 2] => "int32_t halve(const uint32_t *, size_t)";
        &[Point] => "int32_t halve(const struct point *, size_t)";
        &[GuestPtr<i32>] => "int32_t halve(void * const *, size_t)";
        &mut [f64] => "int32_t halve(double *, size_t)";
        &mut Vec<bool> => "int32_t halve(bool *, size_t)";
        &[&str] => "int32_t halve(const hh_bytes *, size_t)";
        &[Vec<u8>] => "int32_t halve(const hh_bytes *, size_t)";
    }
}
