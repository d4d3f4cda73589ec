//! Limits on a plugin's heap, holes in it, and what exhaustion looks like.

use hostheap_core::error::AllocError;
use hostheap_core::heap::InvalidKind;
use hostheap_core::{Context, Limits, LoadOptions, OwnHeap};

use crate::rig::{Family, PluginOf, plugin, try_load_with};
use crate::subject::Subject;
use crate::{expect, guests};

const PAGE: u64 = 65536;

fn small() -> LoadOptions {
    LoadOptions::new().max_memory(6 * PAGE)
}

/// One block more than the quota is NULL, and one freed makes room for one.
pub fn a_quota_of_blocks_gives_null<S: Subject>() {
    let mut family = Family::<S>::limited(&small(), Limits::new().max_blocks(10));
    let blocks: Vec<u32> = (0..10).map(|_| family.malloc(8).unwrap()).collect();
    assert!(blocks.iter().all(|block| *block != 0));
    assert_eq!(family.malloc(8).unwrap(), 0);
    assert_eq!(family.calloc(1, 8).unwrap(), 0);
    assert_eq!(family.aligned_alloc(64, 8).unwrap(), 0);
    let alloc = expect::alloc(family.plugin.guest().malloc(8));
    assert_eq!(alloc, AllocError::TooManyBlocks { max: 10 });
    family.free(blocks[3]).unwrap();
    assert!(family.malloc(8).unwrap() != 0);
    assert_eq!(family.malloc(8).unwrap(), 0);
    assert_eq!(family.plugin.heap_stats().peak_blocks, 10);
}

/// A realloc at the quota exceeds it not even for a moment: it resizes the block, or it is NULL
/// and the block is as it was.
pub fn realloc_never_exceeds_the_quota_of_blocks<S: Subject>() {
    let mut family = Family::<S>::limited(&small(), Limits::new().max_blocks(2));
    let one = family.malloc(8).unwrap();
    let two = family.malloc(8).unwrap();
    family.fill(one, 1, 8);
    let block = match family.realloc(one, 5000).unwrap() {
        0 => one,
        moved => moved,
    };
    assert_eq!(family.bytes(block, 8), [1; 8]);
    assert_eq!((family.live(), family.plugin.heap_stats().peak_blocks), (2, 2));
    family.free(two).unwrap();
    assert!(family.realloc(block, 5000).unwrap() != 0, "with room for one more it moves");
    assert_eq!(family.plugin.heap_stats().peak_blocks, 2);
}

/// More live bytes than the quota are NULL, however they are asked for.
pub fn a_quota_of_bytes_gives_null<S: Subject>() {
    let mut family = Family::<S>::limited(&small(), Limits::new().max_heap_bytes(10_000));
    let block = family.malloc(9000).unwrap();
    assert!(block != 0);
    assert_eq!(family.malloc(2000).unwrap(), 0);
    assert_eq!(family.realloc(block, 20_000).unwrap(), 0);
    assert!(family.malloc(100).unwrap() != 0);
    assert!(family.plugin.heap_stats().peak_bytes <= 10_000);
    family.free(block).unwrap();
    assert!(family.malloc(2000).unwrap() != 0);
}

/// Arguments count towards the quota: a call whose arguments do not fit is refused, and the
/// plugin is none the worse.
pub fn arguments_count_towards_the_quota<S: Subject>() {
    let mut family = Family::<S>::limited(&small(), Limits::new().max_heap_bytes(1000));
    let refused = family.plugin.call::<_, Vec<u8>>("return_argument", (&[0u8; 2000],));
    assert!(matches!(expect::alloc(refused), AllocError::QuotaExceeded { max: 1000, .. }));
    let fits = family.plugin.call::<_, Vec<u8>>("return_argument", (b"fits",));
    assert_eq!(fits.unwrap(), b"fits");
}

/// A plugin takes all there is, gets NULL, gives it back, and can take it again.
pub fn exhaustion_gives_null_and_recovers<S: Subject>() {
    for size in [4, 100, 1000, 5000, 70_000] {
        let mut family = Family::<S>::limited(&small(), Limits::new());
        let blocks = family.exhaust(size).unwrap();
        assert!(blocks > 0, "{size}");
        assert_eq!(family.live(), blocks);
        assert_eq!(family.malloc(size).unwrap(), 0);
        assert_eq!(family.release().unwrap(), blocks);
        assert_eq!(family.live(), 0);
        assert_eq!(family.exhaust(size).unwrap(), blocks, "as much as before");
    }
}

/// More than an address space can hold is NULL, and costs nothing.
pub fn a_request_beyond_the_address_space_gives_null<S: Subject>() {
    let mut family = Family::<S>::new();
    let before = family.plugin.guest().context().memory_size().unwrap();
    assert_eq!(family.plugin.call::<_, u32>("malloc_huge", ()).unwrap(), 0);
    assert_eq!(family.malloc(u32::MAX - 65536).unwrap(), 0);
    assert_eq!(family.aligned_alloc(1 << 31, u32::MAX).unwrap(), 0);
    let after = family.plugin.guest().context().memory_size().unwrap();
    assert_eq!(before, after);
    assert!(family.malloc(1).unwrap() != 0);
}

/// A request that fits the memory's maximum is not refused because more would be better.
pub fn growth_takes_what_is_left<S: Subject>() {
    let mut family = Family::<S>::limited(&small(), Limits::new());
    let base = u64::from(family.plugin.guest().heap().base());
    let room = 6 * PAGE - base;
    let block = family.malloc((room - 4096) as u32).unwrap();
    assert!(block != 0);
    assert_eq!(family.plugin.guest().context().memory_size().unwrap(), 6 * PAGE);
}

fn grower<S: Subject>(max_memory: u64) -> PluginOf<S> {
    let options = LoadOptions::new().max_memory(max_memory).own_heap(OwnHeap::Ignore);
    try_load_with::<S, ()>(&guests::wasm("grower"), &options, (), |_| {}).unwrap()
}

fn malloc<S: Subject>(plugin: &mut PluginOf<S>, size: u32) -> u32 {
    plugin.call("raw_malloc", (size,)).unwrap()
}

/// Pages that the guest grew itself are its own: no block is ever put there.
pub fn pages_that_the_guest_grew_are_never_handed_out<S: Subject>() {
    let mut plugin = grower::<S>(24 * PAGE);
    let mut holes = Vec::new();
    let mut blocks = Vec::new();
    for round in 0..4 {
        blocks.push(malloc::<S>(&mut plugin, 1000));
        let pages = 1 + round % 2;
        let before: u32 = plugin.call("grow_memory", (pages,)).unwrap();
        let hole = before * 65536..(before + pages) * 65536;
        plugin.guest().context().fill(hole.start, 0xaa, hole.end - hole.start).unwrap();
        holes.push(hole);
        blocks.push(malloc::<S>(&mut plugin, 60_000));
        blocks.push(malloc::<S>(&mut plugin, 90_000));
    }
    // And all the rest there is.
    loop {
        match malloc::<S>(&mut plugin, 3000) {
            0 => break,
            block => blocks.push(block),
        }
    }
    let mut guest = plugin.guest();
    for block in &blocks {
        let size = guest.heap().usable_size(*block).unwrap();
        for hole in &holes {
            assert!(*block >= hole.end || block + size <= hole.start, "{block:#x} {hole:x?}");
        }
        guest.context().fill(*block, 0x11, size).unwrap();
    }
    for hole in holes {
        let bytes = guest.context().bytes(hole.start, hole.end - hole.start).unwrap();
        assert!(bytes.iter().all(|byte| *byte == 0xaa), "a hole was overwritten");
    }
    drop(guest);
    let stats = plugin.heap_stats();
    assert_eq!(stats.hole_bytes, 6 * PAGE);
}

/// A free in such a hole says whose memory it is.
pub fn a_free_in_a_hole_is_foreign<S: Subject>() {
    let mut plugin = grower::<S>(24 * PAGE);
    malloc::<S>(&mut plugin, 1000);
    let before: u32 = plugin.call("grow_memory", (1u32,)).unwrap();
    let above = malloc::<S>(&mut plugin, 100_000);
    assert!(above > before * 65536);
    let result = plugin.call::<_, ()>("raw_free", (before * 65536 + 64,));
    assert_eq!(expect::invalid_kind(result), InvalidKind::Foreign);
}

/// A guest that takes all pages for itself leaves the heap with what it has.
pub fn a_guest_that_takes_all_pages_leaves_null<S: Subject>() {
    let mut plugin = grower::<S>(8 * PAGE);
    let block = malloc::<S>(&mut plugin, 100);
    let pages: u32 = plugin.call("memory_pages", ()).unwrap();
    assert!(plugin.call::<_, i32>("grow_memory", (8 - pages,)).unwrap() > 0);
    assert_eq!(malloc::<S>(&mut plugin, 200_000), 0);
    plugin.call::<_, ()>("raw_free", (block,)).unwrap();
    assert_eq!(malloc::<S>(&mut plugin, 100), block);
}

/// A heap that begins at the end of memory grows for its first block.
pub fn a_heap_at_the_end_of_memory_grows_for_its_first_block<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "get") (param i32) (result i32) (call $malloc (local.get 0))))"#,
    );
    assert_eq!(plugin.guest().heap().base(), 65536);
    assert_eq!(plugin.heap_stats().owned_bytes, 0);
    let block: u32 = plugin.call("get", (10u32,)).unwrap();
    assert!(block >= 65536);
    assert!(plugin.guest().context().memory_size().unwrap() > PAGE);
}

/// A heap base that the module exports is where the heap begins.
pub fn the_heap_begins_at_the_exported_heap_base<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (memory (export "memory") 1)
            (global (export "__heap_base") i32 (i32.const 1025))
            (func (export "get") (param i32) (result i32) (call $malloc (local.get 0))))"#,
    );
    assert_eq!(plugin.guest().heap().base(), 1040);
    let block: u32 = plugin.call("get", (10u32,)).unwrap();
    assert!((1040..65536).contains(&block));
    assert_eq!(plugin.guest().context().memory_size().unwrap(), PAGE, "no growth was needed");
}

/// The first pages of a plugin are used before memory grows.
pub fn memory_grows_only_when_it_is_full<S: Subject>() {
    let mut family = Family::<S>::new();
    let before = family.plugin.guest().context().memory_size().unwrap();
    let room = before - u64::from(family.plugin.guest().heap().base());
    let mut used = 0;
    while used + 2048 < room {
        used += 1024;
        assert!(family.malloc(1000).unwrap() != 0);
    }
    assert_eq!(family.plugin.guest().context().memory_size().unwrap(), before);
}
