//! Out-parameters: written by the plugin, and not copied to it.

use hostheap_core::convention::Out;
use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load};
use crate::shapes::{Item, Point};
use crate::subject::Subject;
use crate::{expect, guests};

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

/// Whether these bytes are anywhere in the plugin's memory.
fn holds<S: Subject>(plugin: &mut PluginOf<S>, bytes: &[u8]) -> bool {
    let guest = plugin.guest();
    let memory = guest.memory().unwrap();
    memory.windows(bytes.len()).any(|window| window == bytes)
}

/// A number, a struct and a struct with a `bool` are filled.
pub fn single_values_are_filled<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut square = i64::MAX;
    for x in [-3, 0, 1 << 31] {
        plugin.call::<_, ()>("square", (Out(&mut square), x)).unwrap();
        assert_eq!(square, x * x);
    }
    let mut point = Point::default();
    plugin.call::<_, ()>("fill_point", (Out(&mut point), 1.5, f64::MIN)).unwrap();
    assert_eq!(point, Point::new(1.5, f64::MIN));
    let mut item = Item::default();
    for id in [0, 1, 1000, 40_001, u32::MAX] {
        plugin.call::<_, ()>("fill_item", (Out(&mut item), id)).unwrap();
        assert_eq!(item, Item::of(id));
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (9, 0), "one block for each call");
}

/// Slices, vectors and arrays are filled, of no elements and of very many.
pub fn slices_vectors_and_arrays_are_filled<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut array = [0; 3];
    plugin.call::<_, ()>("fill_range", (Out(&mut array), -1)).unwrap();
    assert_eq!(array, [-1, 0, 1]);
    for len in [0, 1, 5, 1 << 18] {
        let mut vec = vec![7; len];
        plugin.call::<_, ()>("fill_range", (Out(&mut vec), 10)).unwrap();
        assert!(vec.iter().copied().eq((10..).take(len)), "{len}");
        let mut slice = vec![7; len];
        plugin.call::<_, ()>("fill_range", (Out(slice.as_mut_slice()), 10)).unwrap();
        assert_eq!(slice, vec);
    }
    plugin.call::<_, ()>("fill_range", (Out(&mut array[1..]), 100)).unwrap();
    assert_eq!(array, [-1, 100, 101], "only the part that was passed");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What the host has in an out-parameter never reaches the plugin; in a mutable one it does.
pub fn an_out_parameter_is_not_copied_in<S: Subject>() {
    let secret = *b"nobody else may read this line.";
    let mut plugin = pointers::<S>();
    let mut bytes = secret;
    plugin.call::<_, u32>("fill_some", (Out(&mut bytes), 0u32)).unwrap();
    assert!(!holds::<S>(&mut plugin, &secret));
    let mut bytes = secret.to_vec();
    plugin.call::<_, u32>("fill_some", (Some(Out(&mut bytes)), 0u32)).unwrap();
    assert!(!holds::<S>(&mut plugin, &secret));
    let mut bytes = secret;
    plugin.call::<_, u32>("fill_some", (&mut bytes, 0u32)).unwrap();
    assert_eq!(bytes, secret);
    assert!(holds::<S>(&mut plugin, &secret));
}

/// As many bytes as the plugin says it wrote are what it wrote.
pub fn a_buffer_is_filled_as_far_as_the_plugin_says<S: Subject>() {
    let mut plugin = pointers::<S>();
    for (capacity, wanted) in [(0, 5), (5, 0), (5, 3), (5, 5), (5, 1000)] {
        let mut buffer = vec![0u8; capacity];
        let len: u32 = plugin.call("fill_some", (Out(&mut buffer), wanted as u32)).unwrap();
        assert_eq!(len as usize, capacity.min(wanted));
        assert_eq!(buffer.len(), capacity);
        assert!(buffer[..len as usize].iter().all(|&byte| byte == b'x'));
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// One value in and two out go together in one call.
pub fn one_value_in_and_two_out_go_together<S: Subject>() {
    let mut plugin = pointers::<S>();
    for x in [7, -7, 0, i32::MAX] {
        let (mut quotient, mut rest) = (99, 99);
        let arguments = (&x, Out(&mut quotient), Out(&mut rest));
        plugin.call::<_, ()>("quotient_and_rest", arguments).unwrap();
        assert_eq!((quotient, rest), (x / 2, x % 2));
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (4, 0));
}

/// Bits that are no value are refused, and the host's value is as it was.
pub fn an_out_parameter_with_invalid_bits_is_as_it_was<S: Subject>() {
    let mut plugin = pointers::<S>();
    for before in [false, true] {
        let mut flag = before;
        let arguments = (Out(&mut flag), 2u32);
        let error = expect::convention(plugin.call::<_, ()>("set_bool_byte", arguments));
        assert!(matches!(error, ConventionError::InvalidBits { of: "bool", .. }), "{error:?}");
        assert_eq!(flag, before);
        plugin.call::<_, ()>("set_bool_byte", (Out(&mut flag), 1u32)).unwrap();
        assert!(flag);
    }
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// After a trap nothing was filled.
pub fn nothing_is_filled_after_a_trap<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut numbers = [5, 6, 7];
    expect::trap(plugin.call::<_, ()>("negate_and_trap", (Out(&mut numbers), 3u32)));
    assert_eq!(numbers, [5, 6, 7]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A handle fills values of all lifetimes, and buffers of all types.
pub fn a_handle_fills_again_and_again<S: Subject>() {
    let mut plugin = pointers::<S>();
    let square = plugin.func::<(Out<'_, i64>, i64), ()>("square").unwrap();
    let range = plugin.func::<(Out<'_, [i32]>, i32), ()>("fill_range").unwrap();
    let mut outer = 0;
    for i in 1..=4 {
        let mut inner = 0;
        square.call(&mut plugin, (Out(&mut inner), i)).unwrap();
        square.call(&mut plugin, (Out(&mut outer), inner)).unwrap();
        assert_eq!((inner, outer), (i * i, i * i * i * i));
        let (mut array, mut vec) = ([0; 2], vec![0; 3]);
        range.call(&mut plugin, (Out(&mut array[..]), 1)).unwrap();
        range.call(&mut plugin, (Out(&mut vec[..]), 1)).unwrap();
        assert_eq!((array.as_slice(), vec.as_slice()), (&[1, 2][..], &[1, 2, 3][..]));
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// To C an out-parameter is a pointer like any other.
pub fn out_parameters_of_another_type_list_their_prototypes<S: Subject>() {
    let mut plugin = pointers::<S>();
    let accepted = expect::signatures(plugin.func::<(Out<'_, Point>,), i32>("square"));
    assert_eq!(accepted[0].1, "int32_t square(struct point *)");
    let accepted = expect::signatures(plugin.func::<(Out<'_, [u16]>,), i32>("square"));
    assert_eq!(accepted[0].1, "int32_t square(uint16_t *, size_t)");
    let accepted = expect::signatures(plugin.func::<(Option<Out<'_, f32>>,), i32>("square"));
    assert_eq!(accepted[0].1, "int32_t square(float *)");
}
