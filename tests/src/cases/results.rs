//! Results that break the convention, and unusual ones that do not.

use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Result};

use crate::expect;
use crate::rig::{Family, GuestOf, PluginOf, load, plugin, plugin_with};
use crate::subject::Subject;

fn misbehaver<S: Subject>() -> PluginOf<S> {
    Family::<S>::new().plugin
}

/// What a wrong result leads to; the plugin goes on, with as many live blocks as given.
#[track_caller]
fn wrong<S: Subject>(export: &str, live: u32) -> ConventionError {
    let mut plugin = misbehaver::<S>();
    let error = expect::convention(plugin.call::<_, Vec<u8>>(export, ()));
    assert!(!plugin.guest().is_poisoned(), "{export} ran to its end");
    assert_eq!(plugin.heap_stats().live_blocks, live, "{export}");
    error
}

/// Bytes outside memory, wholly or in part, are not read.
pub fn a_result_outside_memory_is_refused<S: Subject>() {
    let error = wrong::<S>("return_outside", 0);
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 32 });
    let error = wrong::<S>("return_past_end", 0);
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 16, .. }));
    let error = wrong::<S>("return_struct_outside", 0);
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 32 });
}

/// Bytes in memory that belong to no block are not read either.
pub fn a_result_in_no_block_is_refused<S: Subject>() {
    for export in ["return_unallocated", "return_freed"] {
        let error = wrong::<S>(export, 0);
        assert!(matches!(error, ConventionError::ResultNotInBlock { len: 16, .. }), "{export}");
    }
}

/// A NULL pointer with a length is no static data.
pub fn null_with_a_length_is_refused<S: Subject>() {
    let error = wrong::<S>("return_null_with_length", 0);
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0, len: 16 });
}

/// A length beyond the block is refused with the block's size. Whose the block is remains open,
/// so it stays with the plugin or is freed; it is not read.
pub fn a_result_longer_than_its_block_is_refused<S: Subject>() {
    for (export, len) in [("return_too_long", 4096), ("return_huge_length", u32::MAX)] {
        let mut plugin = misbehaver::<S>();
        match expect::convention(plugin.call::<_, Vec<u8>>(export, ())) {
            ConventionError::ResultOverrunsBlock { offset, len: told, block, size } => {
                assert_eq!((offset, told), (block, len.into()));
                assert!((16..64).contains(&size));
            }
            other => panic!("{other:?}"),
        }
        assert!(!plugin.guest().is_poisoned());
    }
}

/// Such a block does not leak: "nothing leaks when a convention error is returned".
pub fn a_result_longer_than_its_block_leaks_nothing<S: Subject>() {
    for export in ["return_too_long", "return_huge_length"] {
        wrong::<S>(export, 0);
    }
}

/// Bytes that are no UTF-8 are no string, and their block is freed.
pub fn bytes_that_are_no_utf8_are_no_string<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    let error = expect::convention(plugin.call::<_, String>("return_bad_utf8", ()));
    assert!(matches!(error, ConventionError::NotUtf8 { len: 8, valid_up_to: 1, .. }), "{error:?}");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(!plugin.guest().is_poisoned());
    let bytes = plugin.call::<_, Vec<u8>>("return_bad_utf8", ()).unwrap();
    assert_eq!(bytes, [b'a', 0xc0, 0xaf, 0xed, 0xa0, 0x80, b'b', 0xf0]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Static data is copied and left alone, as often as it is returned.
pub fn static_data_is_copied_and_left_alone<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, String>("return_static", ()).unwrap(), "static");
    }
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// Static data may reach up to the heap base, and not beyond it.
pub fn static_data_ends_at_the_heap_base<S: Subject>() {
    let wat = r#"(module
        (memory (export "memory") 1)
        (global (export "__heap_base") i32 (i32.const 4096))
        (data (i32.const 4080) "to the last byte")
        (func (export "get") (param i32 i32) (result i64)
            (i64.or
                (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
                (i64.extend_i32_u (local.get 1)))))"#;
    let mut plugin = plugin::<S>(wat);
    let mut get = |offset: u32, len: u32| plugin.call::<_, String>("get", (offset, len));
    assert_eq!(get(4080, 16).unwrap(), "to the last byte");
    assert_eq!(get(4096, 0).unwrap(), "");
    for (offset, len) in [(4080, 17), (4096, 1), (u32::MAX, 0), (1, u32::MAX)] {
        let error = expect::convention(get(offset, len));
        assert_eq!(error, ConventionError::ResultNotInBlock { offset, len: len.into() });
    }
}

/// A part of a block is copied, and the whole block is freed.
pub fn a_part_of_a_block_frees_the_whole_block<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    assert_eq!(plugin.call::<_, Vec<u8>>("return_middle", ()).unwrap(), [b'm'; 32]);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (1, 0));
}

/// NULL with no length is nothing.
pub fn null_without_a_length_is_nothing<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    assert_eq!(plugin.call::<_, String>("return_empty", ()).unwrap(), "");
    assert!(plugin.call::<_, Vec<u8>>("return_empty", ()).unwrap().is_empty());
}

/// An empty result in a block frees the block.
pub fn an_empty_result_in_a_block_frees_the_block<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "get") (result i64)
                (i64.shl (i64.extend_i32_u (call $malloc (i32.const 100))) (i64.const 32))))"#,
    );
    assert_eq!(plugin.call::<_, String>("get", ()).unwrap(), "");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An argument may come back, in whole or in part, and is freed once.
pub fn an_argument_may_come_back<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    for text in ["", "x", "its own argument"] {
        assert_eq!(plugin.call::<_, String>("return_argument", (text,)).unwrap(), text);
        let stats = plugin.heap_stats();
        assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0));
    }
}

/// A result is the host's from then on: the same block cannot be returned twice.
pub fn a_block_is_returned_once<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (memory (export "memory") 1)
            (global $block (mut i32) (i32.const 0))
            (func (export "get") (result i64)
                (if (i32.eqz (global.get $block))
                    (then (global.set $block (call $malloc (i32.const 8)))))
                (i64.or
                    (i64.shl (i64.extend_i32_u (global.get $block)) (i64.const 32))
                    (i64.const 8))))"#,
    );
    assert_eq!(plugin.call::<_, Vec<u8>>("get", ()).unwrap().len(), 8);
    let error = expect::convention(plugin.call::<_, Vec<u8>>("get", ()));
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 8, .. }));
}

/// A plugin that scribbles over its memory and then returns cannot make the host read elsewhere.
pub fn a_scribbled_struct_return_reads_nowhere_else<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "memory") 1)
            (func (export "get") (param i32)
                (memory.fill (i32.const 0)
                    (i32.const 0xff) (i32.mul (memory.size) (i32.const 65536)))))"#,
    );
    let error = expect::convention(plugin.call::<_, Vec<u8>>("get", ()));
    let (offset, len): (_, u32) = (u32::MAX, u32::MAX);
    assert_eq!(error, ConventionError::ResultNotInBlock { offset, len: len.into() });
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What tools read by hand is checked and freed in the same way.
pub fn bytes_taken_by_hand_are_checked_too<S: Subject>() {
    let mut family = Family::<S>::new();
    let block = family.malloc(40).unwrap();
    family.fill(block, 3, 40);
    let mut guest = family.plugin.guest();
    assert_eq!(guest.take_bytes(block + 1, 4).unwrap(), [3; 4]);
    let error = expect::convention(guest.take_bytes(block + 1, 4));
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 4, .. }));
    assert!(guest.take_bytes(0, 0).unwrap().is_empty());
    drop(guest);
    assert_eq!(family.live(), 0);
}

/// A block that a nested call returns is freed once, whoever holds it in between.
pub fn nested_results_are_freed_once<S: Subject>() {
    let wat = r#"(module
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (import "host" "relay" (func $relay (param i32) (result i64)))
        (memory (export "memory") 1)
        (func (export "make") (param i32) (result i64)
            (if (result i64) (i32.eqz (local.get 0))
                (then (i64.or
                    (i64.shl (i64.extend_i32_u (call $malloc (i32.const 4))) (i64.const 32))
                    (i64.const 4)))
                (else (call $relay (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let relay =
            |guest: &mut GuestOf<'_, S>, n: i32| -> Result<Vec<u8>> { guest.call("make", (n,)) };
        linker.func("host", "relay", relay).unwrap();
    });
    assert_eq!(plugin.call::<_, Vec<u8>>("make", (10i32,)).unwrap().len(), 4);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.freed, stats.live_blocks), (11, 11, 0));
    assert!(plugin.guest().context().memory_size().unwrap() <= 4 << 16);
}

/// The messages name what to do.
pub fn a_wrong_result_says_what_to_do<S: Subject>() {
    let message = wrong::<S>("return_unallocated", 0).to_string();
    assert!(message.contains("malloc") && message.contains("static data"), "{message}");
    let mut plugin = load::<S>(&crate::guests::wasm("misbehaver"));
    let message = plugin.call::<_, String>("return_bad_utf8", ()).unwrap_err().to_string();
    assert!(message.contains("UTF-8 from byte 1"), "{message}");
}
