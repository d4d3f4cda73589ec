//! NUL-terminated strings: as arguments, and as results from wherever they may lie.

use std::ffi::{CStr, CString};

use hostheap_core::Limits;
use hostheap_core::error::ConventionError;

use crate::rig::{PluginOf, load, try_load};
use crate::shapes::hash;
use crate::subject::Subject;
use crate::{expect, guests};

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

fn results<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("results"))
}

/// The error of a C string that is refused; nothing is live after it, and the plugin goes on.
#[track_caller]
fn wrong<S: Subject>(export: &str) -> ConventionError {
    let mut plugin = results::<S>();
    let error = expect::convention(plugin.call::<_, CString>(export, ()));
    assert!(!plugin.is_poisoned(), "{export} ran to its end");
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0), "{export}");
    assert_eq!(plugin.call::<_, CString>("c_text_static", ()).unwrap().as_c_str(), c"static");
    error
}

/// C strings of any content arrive with their NUL, those that are no UTF-8 too.
pub fn c_strings_of_any_content_arrive<S: Subject>() {
    let mut plugin = pointers::<S>();
    let long = CString::new(vec![b'l'; 1 << 20]).unwrap();
    for text in [c"", c"a", c"fifteen letters", c"sixteen letters!", c"\xff\x80", &long] {
        let bytes = text.to_bytes();
        assert_eq!(plugin.call::<_, u32>("c_text_len", (text,)).unwrap() as usize, bytes.len());
        assert_eq!(plugin.call::<_, u32>("c_text_hash", (text,)).unwrap(), hash(bytes));
        let first = bytes.first().copied().unwrap_or(0);
        assert_eq!(plugin.call::<_, u8>("c_text_first", (text,)).unwrap(), first);
        let last = bytes.last().copied().unwrap_or(0);
        assert_eq!(plugin.call::<_, u8>("c_text_last", (text,)).unwrap(), last);
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (24, 0), "one block for each call");
}

/// Borrowed and owned C strings of the host are the same to the plugin.
pub fn c_strings_of_both_types_are_the_same<S: Subject>() {
    let mut plugin = pointers::<S>();
    let owned = CString::new("text").unwrap();
    for len in [
        plugin.call::<_, u32>("c_text_len", (&owned,)),
        plugin.call::<_, u32>("c_text_len", (owned.as_c_str(),)),
        plugin.call::<_, u32>("c_text_len", (c"text",)),
    ] {
        assert_eq!(len.unwrap(), 4);
    }
}

/// A handle takes C strings of both types and all lifetimes.
pub fn a_handle_takes_c_strings_of_all_lifetimes<S: Subject>() {
    let mut plugin = pointers::<S>();
    let len = plugin.func::<(&CStr,), u32>("c_text_len").unwrap();
    for i in 0..4usize {
        let text = CString::new(vec![b'x'; i]).unwrap();
        assert_eq!(len.call(&mut plugin, (&text,)).unwrap() as usize, i);
        assert_eq!(len.call(&mut plugin, (text.as_c_str(),)).unwrap() as usize, i);
        assert_eq!(len.call(&mut plugin, (c"three",)).unwrap(), 5);
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A C string in a block is copied, and the block is freed.
pub fn a_c_string_in_a_block_is_copied_and_freed<S: Subject>() {
    let mut plugin = results::<S>();
    let long = "l".repeat(1 << 20);
    for (calls, text) in (1..).zip(["", "a", "fifteen letters", "sixteen letters!", "äöü", &long])
    {
        let back: CString = plugin.call("c_text_block", (text,)).unwrap();
        assert_eq!(back.to_bytes(), text.as_bytes());
        let stats = plugin.heap_stats();
        assert_eq!((stats.allocated, stats.freed), (2 * calls, 2 * calls), "argument and result");
        assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0));
    }
}

/// A C string in static data is copied and left alone, as often as it is returned.
pub fn a_static_c_string_is_copied_and_left_alone<S: Subject>() {
    let mut plugin = results::<S>();
    for _ in 0..3 {
        let text: CString = plugin.call("c_text_static", ()).unwrap();
        assert_eq!(text.as_c_str(), c"static");
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.freed, stats.invalid_frees), (0, 0, 0));
}

/// A C string may begin within its block, which is freed as a whole.
pub fn a_c_string_within_a_block_frees_the_whole<S: Subject>() {
    let mut plugin = results::<S>();
    let text: CString = plugin.call("c_text_interior", ()).unwrap();
    assert_eq!(text.as_c_str(), c"cdef");
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.freed, stats.live_blocks), (1, 1, 0));
}

/// A C string need not be UTF-8.
pub fn a_c_string_need_not_be_utf8<S: Subject>() {
    let mut plugin = results::<S>();
    let text: CString = plugin.call("c_text_bad_utf8", ()).unwrap();
    assert_eq!(text.to_bytes(), b"a\xc0\xaf\xed\xa0\x80b");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A block without a NUL is no C string, whatever lies behind it, and is freed.
pub fn a_block_without_a_nul_is_no_c_string<S: Subject>() {
    let error = wrong::<S>("c_text_unterminated");
    let ConventionError::NotTerminated { offset, searched } = error else { panic!("{error:?}") };
    assert!(offset > 0 && (16..64).contains(&searched), "{searched}");
    assert!(error.to_string().contains("no NUL"), "{error}");
}

/// NULL, memory that is not there and a block that was freed are no C strings.
pub fn a_wild_c_string_is_refused<S: Subject>() {
    let error = wrong::<S>("c_text_null");
    assert_eq!(error, ConventionError::NullPointer { of: "char" });
    let error = wrong::<S>("c_text_wild");
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 1 });
    let error = wrong::<S>("c_text_freed");
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 1, .. }), "{error:?}");
}

/// NULL is `None` where an option is asked for, and what is wrong stays wrong.
pub fn null_is_none_for_an_optional_c_string<S: Subject>() {
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Option<CString>>("maybe_c_text", (false,)).unwrap(), None);
    assert_eq!(plugin.call::<_, Option<CString>>("c_text_null", ()).unwrap(), None);
    let some = plugin.call::<_, Option<CString>>("maybe_c_text", (true,)).unwrap();
    assert_eq!(some.as_deref(), Some(c"yes"));
    let some = plugin.call::<_, Option<CString>>("c_text_static", ()).unwrap();
    assert_eq!(some.as_deref(), Some(c"static"));
    let wild = expect::convention(plugin.call::<_, Option<CString>>("c_text_wild", ()));
    assert_eq!(wild, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 1 });
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (1, 0));
}

/// A C string longer than the host takes is refused, its NUL not counted, and freed.
pub fn a_c_string_longer_than_the_host_takes_is_refused<S: Subject>() {
    let wasm = guests::wasm("results");
    let mut plugin = try_load::<S, ()>(&wasm, (), |linker| {
        linker.limits(Limits::new().max_transfer(6));
    })
    .unwrap();
    assert_eq!(
        plugin.call::<_, CString>("c_text_block", ("123456",)).unwrap().as_c_str(),
        c"123456"
    );
    let error = expect::convention(plugin.call::<_, CString>("c_text_block", ("1234567",)));
    assert_eq!(error, ConventionError::TooLong { len: 7, max: 6 });
    // The limit is on what is copied, and does not make a block's fault another one.
    let error = expect::convention(plugin.call::<_, CString>("c_text_unterminated", ()));
    assert_eq!(error, ConventionError::TooLong { len: 7, max: 6 });
    assert_eq!(plugin.call::<_, CString>("c_text_static", ()).unwrap().as_c_str(), c"static");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(!plugin.is_poisoned());
}

/// A handle returns C strings as often as it is called, and each block is freed once.
pub fn a_handle_returns_c_strings_again_and_again<S: Subject>() {
    let mut plugin = results::<S>();
    let block = plugin.func::<(&str,), CString>("c_text_block").unwrap();
    for i in 0..50 {
        let text = format!("number {i}");
        assert_eq!(block.call(&mut plugin, (&text,)).unwrap().to_bytes(), text.as_bytes());
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks, stats.invalid_frees), (100, 0, 0));
}

/// An export of another type lists the prototypes.
pub fn c_strings_of_another_type_list_their_prototypes<S: Subject>() {
    let mut plugin = pointers::<S>();
    let found = plugin.func::<(&CStr, &CString), CString>("address");
    let accepted = expect::signatures(found);
    let [(ty, prototype)] = accepted.as_slice() else { panic!("{accepted:?}") };
    assert_eq!(ty.to_string(), "(i32, i32) -> i32");
    assert_eq!(prototype, "char *address(const char *, const char *)");
    let accepted = expect::signatures(plugin.func::<(), Option<CString>>("address"));
    assert_eq!(accepted[0].1, "char *address(void)");
}
