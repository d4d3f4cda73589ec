//! Single values behind pointers: numbers and structs, read and written by the plugin.

use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load};
use crate::shapes::{Item, Padded, Point};
use crate::subject::Subject;
use crate::{expect, guests};

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

/// A number behind a pointer is read, at its edges.
pub fn a_number_behind_a_pointer_is_read<S: Subject>() {
    let mut plugin = pointers::<S>();
    for number in [i32::MIN, -1, 0, i32::MAX] {
        assert_eq!(plugin.call::<_, i32>("load_i32", (&number,)).unwrap(), number);
    }
    for number in [-0.0, f64::MIN_POSITIVE, f64::INFINITY, 0.1] {
        let back: f64 = plugin.call("load_f64", (&number,)).unwrap();
        assert_eq!(back.to_bits(), f64::to_bits(number));
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (8, 0), "one block for each call");
}

/// A struct by pointer and a struct by value are passed alike.
pub fn a_struct_is_passed_by_pointer_and_by_value_alike<S: Subject>() {
    let mut plugin = pointers::<S>();
    for (x, y) in [(1.0, 2.5), (-0.5, f64::MAX), (f64::NEG_INFINITY, 0.0)] {
        let point = Point::new(x, y);
        assert_eq!(plugin.call::<_, f64>("point_difference", (&point,)).unwrap(), x - y);
        assert_eq!(plugin.call::<_, f64>("point_by_value", (&point,)).unwrap(), x - y);
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Every field of a struct is where C has it.
pub fn every_field_is_where_c_has_it<S: Subject>() {
    let mut plugin = pointers::<S>();
    let item = Item { id: u32::MAX, weight: 0.5, level: -1, fresh: true, grade: 255 };
    let digest = ((i64::from(u32::MAX) * 100 - 1) * 1000 + 255) * 2 + 1;
    assert_eq!(plugin.call::<_, i64>("item_digest", (&item,)).unwrap(), digest);
    let item = Item { id: 0, weight: f32::NAN, level: i16::MAX, fresh: false, grade: 0 };
    let digest = i64::from(i16::MAX) * 2000;
    assert_eq!(plugin.call::<_, i64>("item_digest", (&item,)).unwrap(), digest);
    assert_eq!(plugin.call::<_, f64>("padded_sum", (&Padded::new(255, 0.5),)).unwrap(), 255.5);
}

/// A gap in a struct means nothing to C.
pub fn a_gap_in_a_struct_means_nothing<S: Subject>() {
    let mut plugin = pointers::<S>();
    let padded = Padded { tag: 3, pad: [0xee; 7], value: -1.0 };
    assert_eq!(plugin.call::<_, f64>("padded_sum", (&padded,)).unwrap(), 2.0);
}

/// A number that the plugin changes is changed on the host, at its edges too.
pub fn a_number_that_the_plugin_changes_comes_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    for before in [0, -1, 41, i32::MAX, i32::MIN] {
        let mut number = before;
        assert_eq!(plugin.call::<_, i32>("increment", (&mut number,)).unwrap(), before);
        assert_eq!(number, before.wrapping_add(1));
    }
    let mut byte = 254u8;
    for after in [255, 0, 1] {
        plugin.call::<_, ()>("increment_u8", (&mut byte,)).unwrap();
        assert_eq!(byte, after);
    }
    let mut half = 0.5f64;
    plugin.call::<_, ()>("halve", (&mut half,)).unwrap();
    assert_eq!(half, 0.25);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A struct that the plugin changes comes back.
pub fn a_struct_that_the_plugin_changes_comes_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut point = Point::new(1.0, 2.0);
    plugin.call::<_, ()>("move_point", (&mut point, 0.5, -2.0)).unwrap();
    assert_eq!(point, Point::new(1.5, 0.0));
    // In a struct of the host's own, and in a vector.
    let mut points = vec![point; 3];
    plugin.call::<_, ()>("move_point", (&mut points[1], 1.0, 1.0)).unwrap();
    assert_eq!(points, [point, Point::new(2.5, 1.0), point]);
}

/// Two values that the plugin writes to come back each to its own.
pub fn two_values_come_back_each_to_its_own<S: Subject>() {
    let mut plugin = pointers::<S>();
    let (mut a, mut b) = (i32::MIN, 7);
    plugin.call::<_, ()>("swap", (&mut a, &mut b)).unwrap();
    assert_eq!((a, b), (7, i32::MIN));
    let mut array = [1, 2, 3];
    let [first, _, last] = &mut array;
    plugin.call::<_, ()>("swap", (first, last)).unwrap();
    assert_eq!(array, [3, 2, 1]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A value that the plugin does not change comes back as it was.
pub fn a_value_that_is_not_changed_is_as_it_was<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut item = Item::of(77);
    assert_ne!(plugin.call::<_, u32>("address", (&mut item,)).unwrap(), 0);
    assert_eq!(item, Item::of(77));
    let nan = f64::from_bits(0x7ff8_0000_0000_1234);
    let mut point = Point::new(nan, -0.0);
    plugin.call::<_, u32>("address", (&mut point,)).unwrap();
    assert_eq!((point.x.to_bits(), point.y.to_bits()), (nan.to_bits(), (-0.0f64).to_bits()));
}

/// A byte that is a `bool` comes back as one.
pub fn a_valid_bool_comes_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut flag = false;
    for byte in [1u32, 1, 0, 0x100, 0x101] {
        plugin.call::<_, ()>("set_bool_byte", (&mut flag, byte)).unwrap();
        assert_eq!(flag, byte & 1 == 1);
    }
}

/// A byte that is no `bool` is refused by name and place, and the host's value is as it was.
pub fn a_byte_that_is_no_bool_is_refused<S: Subject>() {
    let mut plugin = pointers::<S>();
    let set = plugin.func::<(&mut bool, u32), ()>("set_bool_byte").unwrap();
    for (before, byte) in [(false, 2), (true, 2), (false, 255), (true, 0x1_fffe)] {
        let mut flag = before;
        let error = expect::convention(set.call(&mut plugin, (&mut flag, byte)));
        let ConventionError::InvalidBits { offset, of } = error else { panic!("{error:?}") };
        assert_eq!((of, offset % 16, flag), ("bool", 0, before));
        assert!(!plugin.is_poisoned(), "the plugin ran to its end");
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    let mut flag = false;
    set.call(&mut plugin, (&mut flag, 1)).unwrap();
    assert!(flag);
}

/// What is valid comes back beside what is not, whichever comes first.
pub fn what_is_valid_comes_back_beside_what_is_not<S: Subject>() {
    let mut plugin = pointers::<S>();
    let (mut flag, mut number) = (true, 0x0202_0202);
    let error = expect::convention(plugin.call::<_, ()>("swap", (&mut flag, &mut number)));
    assert!(matches!(error, ConventionError::InvalidBits { of: "bool", .. }), "{error:?}");
    // Three of the four bytes lie behind the `bool`.
    assert_eq!((flag, number & 0xff), (true, 1));
    let (mut flag, mut number) = (false, 0x0303_0303);
    let error = expect::convention(plugin.call::<_, ()>("swap", (&mut number, &mut flag)));
    assert!(matches!(error, ConventionError::InvalidBits { of: "bool", .. }), "{error:?}");
    assert_eq!((flag, number & 0xff), (false, 0));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Handles for references are called with references of all lifetimes.
pub fn a_handle_takes_references_again_and_again<S: Subject>() {
    let mut plugin = pointers::<S>();
    let move_point = plugin.func::<(&mut Point, f64, f64), ()>("move_point").unwrap();
    let swap = plugin.func::<(&mut i32, &mut i32), ()>("swap").unwrap();
    let difference = plugin.func::<(&Point,), f64>("point_difference").unwrap();
    let mut outer = Point::default();
    for i in 1..=4 {
        let mut inner = Point::new(f64::from(i), 0.0);
        move_point.call(&mut plugin, (&mut inner, 0.5, 0.0)).unwrap();
        move_point.call(&mut plugin, (&mut outer, 1.0, 0.0)).unwrap();
        assert_eq!(inner.x, f64::from(i) + 0.5);
        let boxed = Box::new(inner);
        assert_eq!(difference.call(&mut plugin, (&boxed,)).unwrap(), inner.x);
        let (mut a, mut b) = (i, -i);
        swap.call(&mut plugin, (&mut a, &mut b)).unwrap();
        assert_eq!((a, b), (-i, i));
    }
    assert_eq!(outer.x, 4.0);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (16, 0));
}

/// An export of another type lists the C parameters of each kind of pointer.
pub fn pointers_of_another_type_list_their_prototypes<S: Subject>() {
    let mut plugin = pointers::<S>();
    macro_rules! prototypes {
        ($($args:ty => $prototype:literal;)*) => {$(
            let accepted = expect::signatures(plugin.func::<($args,), i64>("load_i32"));
            let [(ty, prototype)] = accepted.as_slice() else { panic!("{accepted:?}") };
            assert_eq!((ty.to_string().as_str(), prototype.as_str()), ("(i32) -> i64", $prototype));
        )*};
    }
    prototypes! {
        &u8 => "int64_t load_i32(const unsigned char *)";
        &bool => "int64_t load_i32(const bool *)";
        &Point => "int64_t load_i32(const struct point *)";
        &mut Item => "int64_t load_i32(struct item *)";
        &mut f32 => "int64_t load_i32(float *)";
        u16 => "int64_t load_i32(uint16_t)";
        char => "int64_t load_i32(uint32_t)";
    }
}
