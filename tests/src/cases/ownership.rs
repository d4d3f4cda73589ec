//! Whose a block is, where calls nest and plugins are careless: nobody's block is freed but its
//! owner's, and nothing leaks.

use hostheap_core::error::ConventionError;
use hostheap_core::heap::InvalidKind;
use hostheap_core::{Error, LoadOptions, Result};

use crate::expect;
use crate::rig::{Family, GuestOf, PluginOf, plugin, plugin_with, try_load_with, wasm};
use crate::subject::Subject;

/// Returns its argument, or the end of it, and holds a block of its own beside it.
const ECHO: &str = r#"(module
    (import "env" "malloc" (func $malloc (param i32) (result i32)))
    (import "env" "free" (func $free (param i32)))
    (import "env" "realloc" (func $realloc (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "hold") (param i32) (result i32) (call $malloc (local.get 0)))
    (func (export "let_go") (param i32) (call $free (local.get 0)))
    (func $pack (param i32 i32) (result i64)
        (i64.or
            (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
            (i64.extend_i32_u (local.get 1))))
    (func (export "echo") (param i32 i32) (result i64)
        (call $pack (local.get 0) (local.get 1)))
    (func (export "end") (param i32 i32) (result i64)
        (call $pack (i32.add (local.get 0) (local.get 1)) (i32.const 0)))
    (func (export "free_before") (param i32 i32 i32)
        (call $free (i32.sub (local.get 0) (local.get 2))))
    (func (export "realloc_before") (param i32 i32 i32) (result i32)
        (call $realloc (i32.sub (local.get 0) (local.get 2)) (i32.const 5000))))"#;

/// An argument that is returned, wholly or its very end, is nobody else's block, whatever lies
/// behind it.
pub fn an_argument_returned_takes_no_neighbours_block<S: Subject>() {
    for len in [0, 1, 15, 16, 17, 31, 32, 48, 64, 100, 112, 128, 1000, 1024] {
        let mut plugin: PluginOf<S> = plugin::<S>(ECHO);
        // Blocks of every size that could stand beside the argument's.
        let held: Vec<u32> =
            (1..80u32).map(|size| plugin.call("hold", (size * 16,)).expect("room")).collect();
        let text = " ".repeat(len);
        assert_eq!(plugin.call::<_, String>("echo", (&text,)).unwrap(), text);
        assert_eq!(plugin.call::<_, String>("end", (&text,)).unwrap(), "");
        assert_eq!(plugin.heap_stats().live_blocks, held.len() as u32, "{len} bytes");
        for block in held {
            plugin.call::<_, ()>("let_go", (block,)).expect("still the plugin's own");
        }
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// The block behind an argument is not the plugin's, even if it guesses where that starts.
pub fn the_block_of_an_argument_cannot_be_freed<S: Subject>() {
    for export in ["free_before", "realloc_before"] {
        let mut lent = 0;
        for distance in 0..=64u32 {
            let mut plugin: PluginOf<S> = plugin::<S>(ECHO);
            let error = match export {
                "free_before" => plugin.call::<_, ()>(export, ("argument", distance)),
                _ => plugin.call::<_, u32>(export, ("argument", distance)).map(|_| ()),
            };
            let kind = expect::invalid_kind(error);
            lent += u32::from(kind == InvalidKind::Lent);
            assert_eq!(plugin.heap_stats().live_blocks, 0, "{export} {distance}: {kind:?}");
        }
        assert_eq!(lent, 1, "one of the distances is the block's start");
    }
}

/// Keeps its argument's place and calls the host, which calls `inner`: that returns the place.
const NESTED: &str = r#"(module
    (import "env" "free" (func $free (param i32)))
    (import "host" "relay" (func $relay (result i64)))
    (memory (export "memory") 1)
    (global $place (mut i32) (i32.const 0))
    (func (export "outer") (param i32 i32) (result i32) (local i32)
        (global.set $place (local.get 0))
        ;; What the host gives back is a block of our own.
        (local.set 2 (i32.wrap_i64 (i64.shr_u (call $relay) (i64.const 32))))
        (call $free (local.get 2))
        ;; And the argument is still there.
        (i32.load8_u (local.get 0)))
    (func (export "inner") (result i64)
        (i64.or
            (i64.shl (i64.extend_i32_u (global.get $place)) (i64.const 32))
            (i64.const 5))))"#;

/// A nested call may return a piece of the outer call's argument: it is copied, and stays the
/// outer call's.
pub fn a_nested_call_may_return_the_outer_calls_argument<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(NESTED, (), |linker| {
        let relay = |guest: &mut GuestOf<'_, S>| -> Result<String> {
            let piece: String = guest.call("inner", ())?;
            assert_eq!(piece, "outer");
            Ok("xxxxxxxxxxxxxxxxxxxxx".into())
        };
        linker.func("host", "relay", relay).unwrap();
    });
    for _ in 0..3 {
        let first: u32 = plugin.call("outer", ("outer's argument",)).unwrap();
        assert_eq!(first, u32::from(b'o'));
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// A host function that takes its borrowed argument as if it were a result gets the bytes; the
/// argument stays.
pub fn taking_a_borrowed_argument_copies_it<S: Subject>() {
    let wat = r#"(module
        (import "host" "look" (func $look (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "go") (param i32 i32) (call $look (local.get 0) (local.get 1))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let look = |guest: &mut GuestOf<'_, S>, offset: u32, len: u32| -> Result<()> {
            assert_eq!(guest.take_bytes(offset, len)?, b"borrowed");
            assert_eq!(guest.take_bytes(offset, len)?, b"borrowed");
            Ok(())
        };
        linker.func("host", "look", look).unwrap();
    });
    plugin.call::<_, ()>("go", ("borrowed",)).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Dead stack is no static data, where the stack is known to come first.
pub fn a_result_on_the_stack_is_refused<S: Subject>() {
    let mut plugin = Family::<S>::new().plugin;
    let error = expect::convention(plugin.call::<_, Vec<u8>>("return_stack", ()));
    assert!(matches!(error, ConventionError::ResultNotInBlock { .. }), "{error:?}");
    assert!(!plugin.guest().is_poisoned());
}

/// An error of this library that went through `anyhow` in a host function is still itself.
pub fn a_core_error_in_anyhow_is_itself<S: Subject>() {
    let wat = r#"(module
        (import "host" "free" (func $free (param i32)))
        (memory (export "memory") 1)
        (func (export "go") (call $free (i32.const 12345))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let free = |guest: &mut GuestOf<'_, S>, block: u32| -> anyhow::Result<()> {
            guest.free(block)?;
            Ok(())
        };
        linker.func("host", "free", free).unwrap();
    });
    let error = expect::invalid_pointer(plugin.call::<_, ()>("go", ()));
    assert_eq!(error.offset, 12345);
}

/// No object is larger than a `ptrdiff_t` can tell, as in every libc.
pub fn malloc_beyond_ptrdiff_max_is_null<S: Subject>() {
    let mut family = Family::<S>::new();
    assert_eq!(family.malloc(0x8000_0000).unwrap(), 0);
    assert_eq!(family.malloc(0xffff_ffff).unwrap(), 0);
    assert_eq!(family.live(), 0);
}

/// Tables are bounded by the same means as memory, on every runtime.
pub fn tables_grow_to_their_limit_only<S: Subject>() {
    let wat = r#"(module
        (memory (export "memory") 1)
        (table $t 10 funcref)
        (func (export "grow") (param i32) (result i32)
            (table.grow $t (ref.null func) (local.get 0))))"#;
    let options = LoadOptions::new().max_table_elements(100).callback_slots(0);
    let mut plugin = try_load_with::<S, ()>(&wasm(wat), &options, (), |_| {}).expect("it loads");
    assert_eq!(plugin.call::<_, i32>("grow", (90,)).unwrap(), 10);
    assert_eq!(plugin.call::<_, i32>("grow", (1,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i32>("grow", (-1,)).unwrap(), -1);
    let huge = wasm(r#"(module (memory (export "memory") 1) (table 100000000 funcref))"#);
    let refused = try_load_with::<S, ()>(&huge, &LoadOptions::new(), (), |_| {});
    assert!(matches!(refused.err(), Some(Error::Module(_))), "by default too");
}
