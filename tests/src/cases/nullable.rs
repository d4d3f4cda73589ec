//! `Option`: NULL as an argument and as a result.

use hostheap_core::convention::{Composed, Out};
use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load};
use crate::shapes::{Point, RawRequest, Request};
use crate::subject::Subject;
use crate::{expect, guests};

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

fn results<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("results"))
}

/// `None` is NULL of length 0, for each kind of argument that can be optional.
pub fn none_is_null_of_no_length<S: Subject>() {
    let mut plugin = pointers::<S>();
    assert_eq!(plugin.call::<_, i64>("maybe_text_len", (None::<&str>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i64>("maybe_text_len", (None::<&String>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i64>("maybe_text_len", (None::<&[u8]>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i64>("maybe_c_text_len", (None::<&std::ffi::CStr>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i64>("maybe_sum", (None::<&[i32]>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, f64>("maybe_point_x", (None::<&Point>,)).unwrap(), -1.0);
    assert_eq!(plugin.call::<_, i32>("maybe_increment", (None::<&mut i32>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i32>("maybe_reverse", (None::<&mut [i32]>,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i32>("maybe_square", (4, None::<Out<'_, i32>>)).unwrap(), 8);
    assert_eq!(plugin.call::<_, i64>("maybe_count_texts", (None::<&[&str]>,)).unwrap(), -1);
    let request = None::<Composed<'_, RawRequest>>;
    assert_eq!(plugin.call::<_, i64>("maybe_request_id", (request,)).unwrap(), -1);
    assert_eq!(plugin.heap_stats().allocated, 0, "nothing takes no block");
}

/// `Some` is what the value itself would be.
pub fn some_is_the_value_itself<S: Subject>() {
    let mut plugin = pointers::<S>();
    assert_eq!(plugin.call::<_, i64>("maybe_text_len", (Some("text"),)).unwrap(), 4);
    assert_eq!(plugin.call::<_, i64>("maybe_c_text_len", (Some(c"text!"),)).unwrap(), 5);
    assert_eq!(plugin.call::<_, i64>("maybe_sum", (Some(&[1, 2, 3]),)).unwrap(), 6);
    let point = Point::new(2.5, 0.0);
    assert_eq!(plugin.call::<_, f64>("maybe_point_x", (Some(&point),)).unwrap(), 2.5);
    assert_eq!(plugin.call::<_, i64>("maybe_count_texts", (Some(&["a", "b"][..]),)).unwrap(), 2);
    let request = Request::new(12, "/", &[]);
    let composed = Some(Composed(&request));
    assert_eq!(plugin.call::<_, i64>("maybe_request_id", (composed,)).unwrap(), 12);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Something empty is not nothing.
pub fn something_empty_is_not_none<S: Subject>() {
    let mut plugin = pointers::<S>();
    assert_eq!(plugin.call::<_, i64>("maybe_text_len", (Some(""),)).unwrap(), 0);
    assert_eq!(plugin.call::<_, i64>("maybe_c_text_len", (Some(c""),)).unwrap(), 0);
    assert_eq!(plugin.call::<_, i64>("maybe_sum", (Some(&[0i32; 0]),)).unwrap(), 0);
    assert_eq!(plugin.call::<_, i32>("maybe_reverse", (Some(&mut [0i32; 0]),)).unwrap(), 0);
    let none: [&str; 0] = [];
    assert_eq!(plugin.call::<_, i64>("maybe_count_texts", (Some(&none[..]),)).unwrap(), 0);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What is mutable and there comes back.
pub fn what_is_there_and_mutable_comes_back<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut number = 41;
    assert_eq!(plugin.call::<_, i32>("maybe_increment", (Some(&mut number),)).unwrap(), 41);
    assert_eq!(number, 42);
    let mut numbers = [1, 2, 3];
    assert_eq!(plugin.call::<_, i32>("maybe_reverse", (Some(&mut numbers),)).unwrap(), 3);
    assert_eq!(numbers, [3, 2, 1]);
    let mut squared = 0;
    let arguments = (-5, Some(Out(&mut squared)));
    assert_eq!(plugin.call::<_, i32>("maybe_square", arguments).unwrap(), -10);
    assert_eq!(squared, 25);
    let mut flag = true;
    let refused = plugin.call::<_, ()>("set_bool_byte", (Some(&mut flag), 2u32));
    assert!(matches!(expect::convention(refused), ConventionError::InvalidBits { .. }));
    assert!(flag);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// `None` beside others takes nothing from them: each comes back to its own.
pub fn none_beside_others_takes_nothing_from_them<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut to = [0; 3];
    let from: Option<&[i32]> = None;
    assert_eq!(plugin.call::<_, u32>("copy_i32", (from, &mut to)).unwrap(), 0);
    let to_nowhere: Option<&mut [i32]> = None;
    assert_eq!(plugin.call::<_, u32>("copy_i32", (&[1, 2], to_nowhere)).unwrap(), 0);
    assert_eq!(plugin.call::<_, u32>("copy_i32", (Some(&[1, 2]), Some(&mut to))).unwrap(), 2);
    assert_eq!(to, [1, 2, 0]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A handle takes some and none in turn.
pub fn a_handle_takes_some_and_none_in_turn<S: Subject>() {
    let mut plugin = pointers::<S>();
    let text_len = plugin.func::<(Option<&str>,), i64>("maybe_text_len").unwrap();
    let increment = plugin.func::<(Option<&mut i32>,), i32>("maybe_increment").unwrap();
    let mut number = 0;
    for i in 0..4 {
        let text = "x".repeat(i);
        assert_eq!(text_len.call(&mut plugin, (Some(&text),)).unwrap(), i as i64);
        assert_eq!(text_len.call(&mut plugin, (None,)).unwrap(), -1);
        assert_eq!(increment.call(&mut plugin, (Some(&mut number),)).unwrap(), i as i32);
        assert_eq!(increment.call(&mut plugin, (None,)).unwrap(), -1);
    }
    assert_eq!(number, 4);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (8, 0));
}

/// A plugin that does not expect NULL traps by itself.
pub fn none_for_a_plugin_that_expects_something_is_its_trap<S: Subject>() {
    let mut plugin = pointers::<S>();
    expect::trap(plugin.call::<_, u32>("c_text_len", (None::<&std::ffi::CStr>,)));
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// An optional text is `None`, empty or there, in each shape.
pub fn an_optional_text_is_none_empty_or_there<S: Subject>() {
    let mut plugin = results::<S>();
    for export in ["maybe_packed", "maybe_struct"] {
        let expected = [None, Some(""), Some(""), Some("yes"), Some("yes")];
        for (which, expected) in (0i32..).zip(expected) {
            let text: Option<String> = plugin.call(export, (which,)).unwrap();
            assert_eq!(text.as_deref(), expected, "{export} {which}");
            assert_eq!(plugin.heap_stats().live_blocks, 0, "{export} {which}");
        }
        // Without an option, nothing and something empty are the same.
        assert_eq!(plugin.call::<_, String>(export, (0,)).unwrap(), "");
        assert_eq!(plugin.call::<_, String>(export, (1,)).unwrap(), "");
    }
    let mut plugin = load::<S>(&guests::wasm("results_mv"));
    assert_eq!(plugin.call::<_, Option<String>>("maybe_text", (false,)).unwrap(), None);
    let yes: Option<String> = plugin.call("maybe_text", (true,)).unwrap();
    assert_eq!(yes.as_deref(), Some("yes"));
    let bytes: Option<Vec<u8>> = plugin.call("maybe_text", (true,)).unwrap();
    assert_eq!(bytes.as_deref(), Some(&b"yes"[..]));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An optional array is `None`, empty or there.
pub fn an_optional_array_is_none_empty_or_there<S: Subject>() {
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Option<Vec<i32>>>("maybe_numbers", (-1,)).unwrap(), None);
    assert_eq!(plugin.call::<_, Option<Vec<i32>>>("maybe_numbers", (0,)).unwrap(), Some(vec![]));
    let numbers: Option<Vec<i32>> = plugin.call("maybe_numbers", (3,)).unwrap();
    assert_eq!(numbers, Some(vec![1, 2, 3]));
    assert!(plugin.call::<_, Vec<i32>>("maybe_numbers", (-1,)).unwrap().is_empty());
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (2, 0));
}

/// An optional struct is behind a pointer, or there is none.
pub fn an_optional_struct_is_behind_a_pointer<S: Subject>() {
    let mut plugin = results::<S>();
    let there: Option<Point> = plugin.call("maybe_point", (true,)).unwrap();
    assert_eq!(there, Some(Point::new(3.0, 4.0)));
    assert_eq!(plugin.call::<_, Option<Point>>("maybe_point", (false,)).unwrap(), None);
    assert_eq!(plugin.call::<_, Option<Point>>("point_null", ()).unwrap(), None);
    let fixed: Option<Point> = plugin.call("point_static", ()).unwrap();
    assert_eq!(fixed, Some(Point::new(1.5, -2.5)));
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (1, 0));
}

/// A result that is wrong is not `None`.
pub fn a_wrong_result_is_not_none<S: Subject>() {
    let mut plugin = results::<S>();
    let error = expect::convention(plugin.call::<_, Option<String>>("null_with_length", ()));
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0, len: 16 });
    let error = expect::convention(plugin.call::<_, Option<Vec<u8>>>("wild_struct", ()));
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 4 });
    let error = expect::convention(plugin.call::<_, Option<Point>>("point_wild", ()));
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 16 });
    let error = expect::convention(plugin.call::<_, Option<Point>>("point_misaligned", ()));
    assert!(matches!(error, ConventionError::Misaligned { align: 8, .. }), "{error:?}");
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An optional struct needs a pointer: C's struct return has no NULL.
pub fn an_optional_struct_cannot_be_a_struct_return<S: Subject>() {
    let mut plugin = results::<S>();
    let found = plugin.func::<(f64, f64), Option<Point>>("point_struct");
    let accepted = expect::signatures(found);
    let [(ty, prototype)] = accepted.as_slice() else { panic!("{accepted:?}") };
    assert_eq!(ty.to_string(), "(f64, f64) -> i32");
    assert_eq!(prototype, "struct point *point_struct(double, double)");
}
