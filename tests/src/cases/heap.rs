//! C's semantics of malloc and its family, as a guest sees them.

use hostheap_core::Context;
use hostheap_core::imports::{EINVAL, ENOMEM};

use crate::expect;
use crate::rig::{Family, plugin};
use crate::subject::Subject;

/// Blocks lie in memory, aligned to 16, and apart from each other.
pub fn blocks_are_aligned_and_apart<S: Subject>() {
    let mut family = Family::<S>::new();
    let base = family.plugin.guest().heap().base();
    let mut blocks = Vec::new();
    for size in [1, 2, 15, 16, 17, 100, 128, 129, 1000, 1024, 1025, 5000, 70_000] {
        let offset = family.malloc(size).unwrap();
        assert_eq!(offset % 16, 0);
        assert!(offset >= base);
        blocks.push((offset, size));
    }
    blocks.sort_unstable();
    for pair in blocks.windows(2) {
        assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?}");
    }
    let (last, size) = blocks[blocks.len() - 1];
    let memory = family.plugin.guest().context().memory_size().unwrap();
    assert!(u64::from(last) + u64::from(size) <= memory);
}

/// What the guest stores in a block stays while others come and go.
pub fn bytes_survive_while_others_come_and_go<S: Subject>() {
    let mut family = Family::<S>::new();
    let kept: Vec<_> = (0..50_u32)
        .map(|i| {
            let (size, byte) = (i * 37 + 1, i as u8);
            let block = family.malloc(size).unwrap();
            family.fill(block, byte, size);
            let other = family.malloc(size).unwrap();
            family.fill(other, 0xff, size);
            family.free(other).unwrap();
            (block, size, byte)
        })
        .collect();
    for (block, size, byte) in kept {
        assert!(family.bytes(block, size).iter().all(|b| *b == byte));
        family.free(block).unwrap();
    }
    assert_eq!(family.live(), 0);
}

/// `malloc(0)` is a block of its own that is freed like any other.
pub fn malloc_of_nothing_is_a_block_of_its_own<S: Subject>() {
    let mut family = Family::<S>::new();
    let (one, two) = (family.malloc(0).unwrap(), family.malloc(0).unwrap());
    assert!(one != 0 && two != 0 && one != two);
    family.free(one).unwrap();
    family.free(two).unwrap();
    assert_eq!(family.live(), 0);
}

/// `free(NULL)` does nothing.
pub fn free_of_null_does_nothing<S: Subject>() {
    let mut family = Family::<S>::new();
    family.free(0).unwrap();
    let stats = family.plugin.heap_stats();
    assert_eq!((stats.freed, stats.invalid_frees), (0, 0));
}

/// A freed block is used again.
pub fn freed_memory_is_used_again<S: Subject>() {
    let mut family = Family::<S>::new();
    let first = family.malloc(100).unwrap();
    let top = family.plugin.heap_stats().top;
    for _ in 0..10_000 {
        let block = family.malloc(100).unwrap();
        family.free(block).unwrap();
    }
    assert_eq!(family.plugin.heap_stats().top, top);
    family.free(first).unwrap();
}

/// `realloc(NULL, n)` is `malloc(n)`.
pub fn realloc_of_null_is_malloc<S: Subject>() {
    let mut family = Family::<S>::new();
    let block = family.realloc(0, 40).unwrap();
    assert!(block != 0);
    assert_eq!(family.live(), 1);
    family.free(block).unwrap();
}

/// A block that grows keeps its bytes, in place or moved.
pub fn realloc_keeps_bytes_as_a_block_grows<S: Subject>() {
    let mut family = Family::<S>::new();
    let mut block = family.malloc(1).unwrap();
    family.fill(block, 0xab, 1);
    let mut size = 1;
    while size < 300_000 {
        let larger = size * 3;
        // Something above it, so that it cannot always grow in place.
        let obstacle = family.malloc(16).unwrap();
        block = family.realloc(block, larger).unwrap();
        assert!(block != 0);
        assert!(family.bytes(block, size).iter().all(|b| *b == 0xab), "{size} to {larger}");
        family.fill(block, 0xab, larger);
        family.free(obstacle).unwrap();
        size = larger;
    }
    assert_eq!(family.live(), 1);
}

/// A block that shrinks keeps the bytes it still has.
pub fn realloc_keeps_bytes_as_a_block_shrinks<S: Subject>() {
    let mut family = Family::<S>::new();
    let mut block = family.malloc(100_000).unwrap();
    family.fill(block, 0xcd, 100_000);
    for size in [99_999, 50_000, 4096, 1024, 1000, 64, 16, 3, 1] {
        block = family.realloc(block, size).unwrap();
        assert!(block != 0);
        assert!(family.bytes(block, size).iter().all(|b| *b == 0xcd), "{size}");
    }
    assert_eq!(family.live(), 1);
}

/// A realloc that fails leaves the block as it was.
pub fn a_failed_realloc_keeps_the_block<S: Subject>() {
    let mut family = Family::<S>::new();
    let block = family.malloc(64).unwrap();
    family.fill(block, 0x5a, 64);
    for size in [u32::MAX, u32::MAX - 15, u32::MAX - 65536] {
        assert_eq!(family.realloc(block, size).unwrap(), 0, "{size}");
        assert_eq!(family.bytes(block, 64), [0x5a; 64]);
        assert_eq!(family.live(), 1);
    }
}

/// `calloc` gives zeros, in fresh memory and in memory that was used before.
pub fn calloc_gives_zeros_in_recycled_memory_too<S: Subject>() {
    let mut family = Family::<S>::new();
    for size in [24, 1000, 5000, 200_000] {
        let block = family.malloc(size).unwrap();
        family.fill(block, 0xff, size);
        family.free(block).unwrap();
        let zeroed = family.calloc(size / 8, 8).unwrap();
        assert!(family.bytes(zeroed, size / 8 * 8).iter().all(|b| *b == 0), "{size}");
        family.fill(zeroed, 0xff, size / 8 * 8);
        let other = family.calloc(1, size).unwrap();
        assert!(family.bytes(other, size).iter().all(|b| *b == 0), "{size}");
        family.free(zeroed).unwrap();
        family.free(other).unwrap();
    }
}

/// `calloc` gives zeros wherever a block was, whatever the guest has left there.
pub fn calloc_gives_zeros_where_the_guest_has_scribbled<S: Subject>() {
    let mut family = Family::<S>::new();
    // Memory that was in no block is taken to be zero, so it was in one.
    let all = family.malloc(100_000).unwrap();
    family.free(all).unwrap();
    family.scribble(0xee).unwrap();
    for _ in 0..20 {
        let block = family.calloc(1, 3000).unwrap();
        assert!(family.bytes(block, 3000).iter().all(|b| *b == 0));
    }
}

/// A product that does not fit 32 bits is NULL.
pub fn a_product_that_overflows_is_null<S: Subject>() {
    let mut family = Family::<S>::new();
    let block = family.malloc(8).unwrap();
    for (count, size) in [(65536, 65536), (u32::MAX, 2), (3, 0x5555_5556), (u32::MAX, u32::MAX)] {
        assert_eq!(family.calloc(count, size).unwrap(), 0, "calloc {count} * {size}");
        assert_eq!(family.reallocarray(block, count, size).unwrap(), 0, "{count} * {size}");
        assert_eq!(family.reallocarray(0, count, size).unwrap(), 0, "{count} * {size}");
    }
    assert_eq!(family.live(), 1, "the block is still live");
    assert!(family.usable_size(block).unwrap() >= 8);
}

/// `calloc` of nothing is a block, whichever factor is 0.
pub fn calloc_of_nothing_is_a_block<S: Subject>() {
    let mut family = Family::<S>::new();
    for (count, size) in [(0, 0), (0, u32::MAX), (u32::MAX, 0)] {
        let block = family.calloc(count, size).unwrap();
        assert!(block != 0);
        family.free(block).unwrap();
    }
}

/// `reallocarray` is realloc of the product.
pub fn reallocarray_is_realloc_of_the_product<S: Subject>() {
    let mut family = Family::<S>::new();
    let block = family.reallocarray(0, 10, 12).unwrap();
    assert!(family.usable_size(block).unwrap() >= 120);
    family.fill(block, 7, 120);
    let larger = family.reallocarray(block, 100, 120).unwrap();
    assert!(family.bytes(larger, 120).iter().all(|b| *b == 7));
    assert!(family.usable_size(larger).unwrap() >= 12_000);
}

/// Any power of two is an alignment.
pub fn any_power_of_two_is_an_alignment<S: Subject>() {
    let mut family = Family::<S>::new();
    for shift in 0..=18 {
        let align = 1 << shift;
        let one = family.aligned_alloc(align, 24).unwrap();
        let two = family.memalign(align, 1000).unwrap();
        for block in [one, two] {
            assert!(block != 0 && block % align == 0, "{block:#x} for {align}");
            assert!(family.usable_size(block).unwrap() >= 24);
        }
    }
    assert_eq!(family.live(), 38);
}

/// What is no power of two is NULL from `aligned_alloc` and `memalign`.
pub fn a_bad_alignment_is_null<S: Subject>() {
    let mut family = Family::<S>::new();
    for align in [0, 3, 6, 24, 4095, u32::MAX] {
        assert_eq!(family.aligned_alloc(align, 8).unwrap(), 0, "{align}");
        assert_eq!(family.memalign(align, 8).unwrap(), 0, "{align}");
    }
    assert_eq!(family.live(), 0);
}

/// `posix_memalign` writes the block to where it is told.
pub fn posix_memalign_writes_its_result<S: Subject>() {
    let mut family = Family::<S>::new();
    let out = family.malloc(4).unwrap();
    for align in [4, 8, 16, 64, 4096] {
        family.fill(out, 0xee, 4);
        assert_eq!(family.posix_memalign(out, align, 100).unwrap(), 0);
        let written = family.bytes(out, 4);
        let block = u32::from_le_bytes(written.try_into().unwrap());
        assert!(block % align == 0 && family.usable_size(block).unwrap() >= 100);
    }
}

/// `posix_memalign` has error codes, and leaves its output alone with them.
pub fn posix_memalign_fails_with_codes_and_writes_nothing<S: Subject>() {
    let mut family = Family::<S>::new();
    let out = family.malloc(4).unwrap();
    family.fill(out, 0xee, 4);
    for align in [0, 1, 2, 3, 12, 100, u32::MAX] {
        assert_eq!(family.posix_memalign(out, align, 8).unwrap(), EINVAL, "{align}");
    }
    assert_eq!(family.posix_memalign(out, 16, u32::MAX).unwrap(), ENOMEM);
    assert_eq!(family.bytes(out, 4), [0xee; 4]);
    assert_eq!(family.live(), 1);
}

/// A wild output pointer costs nothing: no block is lost to it.
pub fn posix_memalign_with_a_wild_output_leaks_nothing<S: Subject>() {
    let mut family = Family::<S>::new();
    for out in [u32::MAX, u32::MAX - 3, 0xffff_0000] {
        let mut again = Family::<S>::new();
        let error = expect::out_of_bounds(again.posix_memalign(out, 16, 8));
        assert_eq!((error.offset, error.len), (out.into(), 4));
        assert_eq!(again.live(), 0);
    }
    family.malloc(1).unwrap();
}

/// Usable bytes are at least those asked for, and all of them are the block's own.
pub fn all_usable_bytes_are_the_blocks_own<S: Subject>() {
    let mut family = Family::<S>::new();
    let mut blocks = Vec::new();
    for size in (0..2000).step_by(61) {
        let block = family.malloc(size).unwrap();
        let usable = family.usable_size(block).unwrap();
        assert!(usable >= size);
        blocks.push((block, usable));
    }
    for (i, (block, usable)) in blocks.iter().enumerate() {
        family.fill(*block, i as u8, *usable);
    }
    for (i, (block, usable)) in blocks.iter().enumerate() {
        assert!(family.bytes(*block, *usable).iter().all(|b| *b == i as u8));
    }
    assert_eq!(family.usable_size(0).unwrap(), 0);
}

/// The host allocates from the very same heap.
pub fn host_and_guest_share_one_heap<S: Subject>() {
    let mut family = Family::<S>::new();
    let theirs = family.malloc(32).unwrap();
    let ours = family.plugin.guest().malloc(32).unwrap();
    assert_ne!(theirs, ours);
    family.free(ours).unwrap();
    family.plugin.guest().free(theirs).unwrap();
    assert_eq!(family.live(), 0);
}

/// A large request grows memory for itself.
pub fn a_large_request_grows_memory<S: Subject>() {
    let mut family = Family::<S>::new();
    let before = family.plugin.guest().context().memory_size().unwrap();
    let block = family.malloc(3 << 20).unwrap();
    let after = family.plugin.guest().context().memory_size().unwrap();
    assert!(after >= before + (3 << 20) - 65536);
    family.fill(block, 1, 3 << 20);
    family.free(block).unwrap();
    let again = family.malloc(3 << 20).unwrap();
    assert_eq!(again, block);
    assert_eq!(family.plugin.guest().context().memory_size().unwrap(), after);
}

/// Module `env` is what C compilers emit; a host function there replaces the heap's own.
pub fn a_hosts_own_malloc_replaces_the_familys<S: Subject>() {
    let wat = r#"(module
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (import "env" "free" (func $free (param i32)))
        (memory (export "memory") 1)
        (func (export "get") (param i32) (result i32)
            (call $free (i32.const 0))
            (call $malloc (local.get 0))))"#;
    let mut plugin = crate::rig::plugin_with::<S, ()>(wat, (), |linker| {
        linker.func("env", "malloc", |_: &mut crate::rig::GuestOf<'_, S>, n: u32| n + 1).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("get", (41u32,)).unwrap(), 42);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A module that imports one of the family with another type is told which.
pub fn a_malloc_of_another_type_is_refused<S: Subject>() {
    let wasm = crate::rig::wasm(
        r#"(module
            (import "env" "malloc" (func (param i64) (result i64)))
            (import "env" "calloc" (func (param i32) (result i32)))
            (memory 1))"#,
    );
    let problems = expect::imports(crate::rig::try_load::<S, ()>(&wasm, (), |_| {}));
    let types: Vec<_> = problems
        .iter()
        .map(|p| format!("{} {}", p.name, p.offered.as_ref().expect("it is offered")))
        .collect();
    assert_eq!(types, ["calloc (i32, i32) -> i32", "malloc (i32) -> i32"]);
}

/// A memory of no room above its static data refuses, and nothing breaks.
pub fn a_memory_without_room_gives_null<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (import "env" "malloc" (func $malloc (param i32) (result i32)))
            (memory (export "memory") 1 1)
            (func (export "get") (param i32) (result i32) (call $malloc (local.get 0))))"#,
    );
    for size in [0, 1, 16, 1000, u32::MAX] {
        assert_eq!(plugin.call::<_, u32>("get", (size,)).unwrap(), 0);
    }
}
