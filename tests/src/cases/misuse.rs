//! Everything a guest can do wrong with its heap: found with certainty, and without effect.

use hostheap_core::allocate::OnInvalidPointer;
use hostheap_core::heap::InvalidKind;
use hostheap_core::{Context, Limits, LoadOptions, Result};

use crate::expect;
use crate::rig::{Family, GuestOf, PluginOf, plugin, plugin_with};
use crate::subject::Subject;

/// What an export of the misbehaving plugin leads to, with the plugin.
fn misbehave<S: Subject>(name: &str) -> (PluginOf<S>, Result<()>) {
    let mut plugin = Family::<S>::new().plugin;
    let result = plugin.call(name, ());
    (plugin, result)
}

/// A second free is a trap with what happened.
pub fn a_double_free_traps<S: Subject>() {
    let (mut plugin, result) = misbehave::<S>("double_free");
    assert_eq!(expect::invalid_kind(result), InvalidKind::AlreadyFreed);
    let stats = plugin.heap_stats();
    assert_eq!((stats.freed, stats.invalid_frees, stats.live_blocks), (1, 1, 0));
    assert!(plugin.guest().is_poisoned());
}

/// A free in the middle of a block names the block.
pub fn an_interior_free_names_the_block<S: Subject>() {
    for distance in [1, 8, 16, 100, 255] {
        let mut plugin = Family::<S>::new().plugin;
        let error = expect::invalid_pointer(plugin.call::<_, ()>("free_interior", (distance,)));
        match error.kind {
            InvalidKind::Interior { block, size } => {
                assert_eq!(error.offset, block + distance);
                assert!(size >= 256);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(plugin.heap_stats().live_blocks, 1, "the block is still live");
    }
    let mut plugin = Family::<S>::new().plugin;
    plugin.call::<_, ()>("free_interior", (0u32,)).unwrap();
}

/// Stack and static data are no heap.
pub fn stack_and_static_data_are_not_freed<S: Subject>() {
    for name in ["free_stack", "free_static"] {
        let (mut plugin, result) = misbehave::<S>(name);
        let base = plugin.guest().heap().base();
        assert_eq!(expect::invalid_kind(result), InvalidKind::BelowHeap { base }, "{name}");
    }
}

/// What lies beyond memory is not freed.
pub fn a_free_outside_memory_traps<S: Subject>() {
    let (plugin, result) = misbehave::<S>("free_outside");
    let top = plugin.heap_stats().top;
    assert_eq!(expect::invalid_kind(result), InvalidKind::BeyondTop { top });
}

/// A realloc of a freed block traps too.
pub fn a_realloc_of_a_freed_block_traps<S: Subject>() {
    let mut plugin = Family::<S>::new().plugin;
    let result = plugin.call::<_, u32>("realloc_freed", ());
    assert_eq!(expect::invalid_kind(result), InvalidKind::AlreadyFreed);
}

/// A block is measured only at its start.
pub fn usable_size_of_no_block_traps<S: Subject>() {
    let mut family = Family::<S>::new();
    let block = family.malloc(100).unwrap();
    expect::invalid_pointer(family.usable_size(block + 16));
    let mut family = Family::<S>::new();
    expect::invalid_pointer(family.usable_size(block));
}

/// Of all offsets of memory, those of live blocks alone can be freed.
pub fn nothing_but_the_start_of_a_live_block_is_freed<S: Subject>() {
    let policy = Limits::new().on_invalid_pointer(OnInvalidPointer::Ignore);
    let mut family = Family::<S>::limited(&LoadOptions::new(), policy);
    let blocks: Vec<u32> = [5, 100, 1500, 64].map(|n| family.malloc(n).unwrap()).into();
    let freed = family.malloc(700).unwrap();
    family.free(freed).unwrap();
    let before = family.plugin.heap_stats();
    let top = before.top as u32;
    let candidates = (1..2048).map(|i| i * 37).chain(blocks.iter().flat_map(|b| b - 3..b + 40));
    let mut tried = 0;
    for offset in candidates.chain([freed, top - 16, top, top + 16, u32::MAX]) {
        if !blocks.contains(&offset) {
            family.free(offset).unwrap();
            tried += 1;
        }
    }
    let after = family.plugin.heap_stats();
    assert_eq!(after.invalid_frees, before.invalid_frees + tried);
    assert_eq!((after.live_blocks, after.freed), (before.live_blocks, before.freed));
    for block in blocks {
        family.free(block).unwrap();
    }
    assert_eq!(family.live(), 0);
}

/// A host may have misuse ignored and counted.
pub fn misuse_is_ignored_and_counted_where_the_host_says_so<S: Subject>() {
    let policy = Limits::new().on_invalid_pointer(OnInvalidPointer::Ignore);
    let mut family = Family::<S>::limited(&LoadOptions::new(), policy);
    let block = family.malloc(50).unwrap();
    family.plugin.call::<_, ()>("double_free", ()).unwrap();
    family.plugin.call::<_, ()>("free_stack", ()).unwrap();
    family.plugin.call::<_, ()>("free_interior", (8u32,)).unwrap();
    assert_eq!(family.plugin.call::<_, u32>("realloc_freed", ()).unwrap(), 0);
    assert_eq!(family.usable_size(block + 16).unwrap(), 0);
    assert_eq!(family.realloc(block + 16, 10).unwrap(), 0);
    assert!(!family.plugin.guest().is_poisoned());
    assert_eq!(family.plugin.heap_stats().invalid_frees, 5, "measuring changes no counter");
    family.free(block).unwrap();
}

/// The policy is for the guest; the host's own mistake is its own error.
pub fn the_hosts_own_mistakes_are_always_errors<S: Subject>() {
    let policy = Limits::new().on_invalid_pointer(OnInvalidPointer::Ignore);
    let mut family = Family::<S>::limited(&LoadOptions::new(), policy);
    let block = family.malloc(50).unwrap();
    let mut guest = family.plugin.guest();
    guest.free(block).unwrap();
    assert_eq!(expect::invalid_kind(guest.free(block)), InvalidKind::AlreadyFreed);
    guest.free(0).unwrap();
}

/// Whatever the guest writes over its whole memory, the heap decides the same.
pub fn scribbling_over_all_of_memory_changes_no_decision<S: Subject>() {
    let script = |scribble: bool| {
        let mut family = Family::<S>::new();
        let mut seen = Vec::new();
        let mut blocks = Vec::new();
        for i in 0..200_u32 {
            blocks.push(family.malloc(i * 13 % 3000).unwrap());
            if scribble {
                family.scribble(i.wrapping_mul(83) & 0xff).unwrap();
            }
            if i % 3 == 2 {
                let block = blocks.swap_remove(i as usize / 3 % blocks.len());
                family.free(block).unwrap();
            }
            if i % 5 == 0 {
                let last = blocks.len() - 1;
                blocks[last] = family.realloc(blocks[last], i * 31).unwrap();
            }
            seen.extend_from_slice(&blocks);
        }
        (seen, family.plugin.heap_stats())
    };
    assert_eq!(script(true), script(false));
}

/// A borrowed argument cannot be freed: it is lent.
pub fn a_borrowed_argument_is_not_freed<S: Subject>() {
    let mut plugin = Family::<S>::new().plugin;
    let error = expect::invalid_kind(plugin.call::<_, ()>("free_argument", ("borrowed",)));
    assert_eq!(error, InvalidKind::Lent);
    assert_eq!(plugin.heap_stats().live_blocks, 0, "and it is released once");
}

/// Nothing around a borrowed argument can be freed, and nothing within it.
pub fn no_pointer_near_a_borrowed_argument_is_freed<S: Subject>() {
    let wat = r#"(module
        (import "env" "free" (func $free (param i32)))
        (memory (export "memory") 1)
        (func (export "free_at") (param i32 i32 i32)
            (call $free (i32.add (local.get 0) (local.get 2)))))"#;
    for distance in [-8, -4, -1, 0, 1, 8, 16] {
        let mut plugin = plugin::<S>(wat);
        let result = plugin.call::<_, ()>("free_at", ("some borrowed text", distance));
        match (expect::invalid_kind(result), distance) {
            (InvalidKind::Lent, 0) | (InvalidKind::Interior { .. }, 1..) => {}
            (InvalidKind::Lent | InvalidKind::Interior { .. }, _) => panic!("{distance}"),
            (_, i32::MIN..=-1) => {}
            (other, _) => panic!("{other:?} at {distance}"),
        }
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// A pointer kept after the call reads whatever is there now, and harms nobody.
pub fn a_kept_argument_is_stale_and_harmless<S: Subject>() {
    let mut plugin = Family::<S>::new().plugin;
    plugin.call::<_, ()>("keep_argument", ("secret",)).unwrap();
    plugin.call::<_, u32>("read_kept", ()).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Blocks that the plugin loses stay live and are counted, until it is dropped.
pub fn leaked_blocks_are_counted<S: Subject>() {
    let mut plugin = Family::<S>::new().plugin;
    for _ in 0..100 {
        plugin.call::<_, ()>("leak", (100u32,)).unwrap();
    }
    let stats = plugin.heap_stats();
    assert_eq!(stats.live_blocks, 100);
    assert!(stats.live_bytes >= 10_000);
}

/// A guest that returns a pointer into the arguments of an *outer* call cannot have them freed
/// under it.
pub fn the_arguments_of_an_outer_call_survive_a_nested_result<S: Subject>() {
    let wat = r#"(module
        (import "host" "nest" (func $nest))
        (memory (export "memory") 1)
        (global $at (mut i64) (i64.const 0))
        (func (export "outer") (param i32 i32) (result i32)
            (global.set $at (i64.or
                (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
                (i64.extend_i32_u (local.get 1))))
            (call $nest)
            (i32.load8_u (local.get 0)))
        (func (export "inner") (result i64) (global.get $at)))"#;
    let mut plugin = plugin_with::<S, Option<Result<String>>>(wat, None, |linker| {
        let nest = |guest: &mut GuestOf<'_, S, Option<Result<String>>>| {
            let taken = guest.call::<_, String>("inner", ());
            *guest.state_mut() = Some(taken);
            // Takes the place of what was freed, if anything was.
            let block = guest.malloc(64).unwrap();
            guest.context().fill(block, b'!', 64).unwrap();
        };
        linker.func("host", "nest", nest).unwrap();
    });
    let first = plugin.call::<_, u32>("outer", ("argument",)).unwrap();
    assert_eq!(first, u32::from(b'a'), "the argument was overwritten in mid-call");
    assert_eq!(plugin.heap_stats().live_blocks, 1, "the host's own block and nothing else");
    // The text may be copied or refused; it must not be given away.
    if let Some(Ok(text)) = plugin.guest().state() {
        assert_eq!(text, "argument");
    }
}
