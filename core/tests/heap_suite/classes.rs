//! Size classes as callers see them: blocks aligned to 8, and the statistics.

use std::collections::BTreeMap;

use hostheap_core::heap::{Hardening, Heap, HeapConfig, InvalidKind, Realloc};

use crate::random::Random;

fn heap() -> Heap {
    let mut heap = Heap::new(HeapConfig::new(1024));
    heap.extend(1024, if cfg!(miri) { 1 << 16 } else { 4 << 20 }).unwrap();
    heap
}

/// Sizes of the classes that are aligned to 8 only.
fn odd_sizes() -> impl Iterator<Item = u32> {
    (24..=120).step_by(if cfg!(miri) { 48 } else { 16 })
}

#[test]
fn where_eight_will_do_blocks_lie_eight_bytes_apart_from_multiples_of_sixteen() {
    for size in odd_sizes() {
        for align in [1, 2, 4, 8] {
            let mut heap = heap();
            let mut offsets: Vec<u32> =
                (0..40).map(|_| heap.aligned_alloc(align, size).unwrap()).collect();
            offsets.sort_unstable();
            assert!(offsets.iter().all(|&offset| heap.usable_size(offset) == Ok(size)));
            assert!(offsets.iter().any(|offset| offset % 16 == 8), "some are at odd eighths");
            let close = offsets.windows(2).filter(|pair| pair[1] - pair[0] == size).count();
            assert!(close > 15, "{size}: many are neighbours without a gap");
            // Whoever asks for more alignment gets it, in another class.
            assert_eq!(heap.aligned_alloc(16, size).unwrap() % 16, 0);
            assert_eq!(heap.malloc(size).map(|offset| offset % 16), Ok(0));
        }
    }
}

#[test]
fn inside_a_block_that_is_aligned_to_eight_nothing_can_be_freed() {
    for size in odd_sizes() {
        let mut heap = heap();
        let blocks = if cfg!(miri) { 5 } else { 40 };
        let blocks: Vec<u32> = (0..blocks).map(|_| heap.aligned_alloc(8, size).unwrap()).collect();
        let before = heap.clone();
        for &block in &blocks {
            for at in 1..size {
                assert_eq!(
                    heap.free(block + at).map_err(|error| error.kind),
                    Err(InvalidKind::Interior { block, size }),
                    "{at} bytes into {block:#x}"
                );
                assert!(heap.realloc(block + at, 50).is_err());
            }
        }
        assert!(heap.same_state(&before));
        heap.audit().unwrap();
        for block in blocks {
            heap.free(block).unwrap();
            assert_eq!(heap.free(block).map_err(|e| e.kind), Err(InvalidKind::AlreadyFreed));
        }
        heap.audit().unwrap();
    }
}

#[test]
fn a_freed_block_that_is_aligned_to_eight_is_told_from_what_never_was_one() {
    let mut heap = heap();
    let blocks: Vec<u32> = (0..10).map(|_| heap.aligned_alloc(8, 40).unwrap()).collect();
    let freed = blocks[4];
    heap.free(freed).unwrap();
    let mut kind = |offset: u32| heap.free(offset).unwrap_err().kind;
    assert_eq!(kind(freed), InvalidKind::AlreadyFreed);
    for at in [1, 4, 7, 9, 17, 24, 31] {
        let inside = freed + at;
        assert_eq!(kind(inside), InvalidKind::NeverAllocated, "{at} bytes behind {freed:#x}");
    }
}

/// Live blocks by class size, by what the heap says about each block.
fn expect_right_classes(heap: &Heap, small_max: u32) {
    let mut live: BTreeMap<u32, u32> = BTreeMap::new();
    for block in heap.blocks().filter(|block| block.size <= small_max) {
        *live.entry(block.size).or_default() += 1;
    }
    let classes = heap.classes();
    assert!(classes.is_sorted_by_key(|class| class.block_size));
    for class in &classes {
        assert_eq!(class.live, live.remove(&class.block_size).unwrap_or(0), "{class:?}");
        let slots = u64::from(class.live + class.free + class.quarantined);
        let used = slots * u64::from(class.block_size);
        assert!(used <= class.slab_bytes && class.slab_bytes % 256 == 0, "{class:?}");
        assert!(used * 2 > class.slab_bytes, "{class:?} leaves half of its slabs over");
    }
    assert!(live.is_empty(), "blocks of classes that are not listed: {live:?}");
}

#[test]
fn what_is_said_of_classes_agrees_with_the_blocks() {
    let delayed = Hardening { quarantine_blocks: 40, ..Hardening::default() };
    for config in [HeapConfig::new(1024), HeapConfig::new(1024).hardening(delayed)] {
        let mut heap = Heap::new(config);
        heap.extend(1024, if cfg!(miri) { 1 << 18 } else { 4 << 20 }).unwrap();
        assert_eq!(heap.classes(), []);
        let (mut random, mut live) = (Random(1), Vec::new());
        for _ in 0..if cfg!(miri) { 10 } else { 300 } {
            for _ in 0..20 {
                let (align, size) = (1 << random.below(6), random.size() % 2500);
                // Large blocks have whole units, and of those only some are as small as a class.
                let size = if size > 2048 { size + 256 } else { size };
                live.push(heap.aligned_alloc(align, size).unwrap());
            }
            while live.len() > 300 || random.below(4) > 0 && !live.is_empty() {
                let block = random.pick(&live).unwrap();
                live.retain(|&other| other != block);
                heap.free(block).unwrap();
            }
            expect_right_classes(&heap, 2048);
        }
    }
}

#[test]
fn what_was_asked_for_and_what_was_given_are_counted() {
    let mut heap = heap();
    let counts = |heap: &Heap| (heap.stats().requested_bytes, heap.stats().granted_bytes);
    let small = heap.malloc(100).unwrap();
    assert_eq!(counts(&heap), (100, 112));
    let large = heap.calloc(50, 100).unwrap().offset;
    assert_eq!(counts(&heap), (5100, 112 + 5120));
    // Growing in place: what was asked for beyond what there was.
    assert_eq!(heap.realloc(large, 10_000).map(Realloc::offset), Ok(large));
    assert_eq!(counts(&heap), (5100 + 4880, 112 + 10_240));
    let moved = heap.realloc(small, 200).unwrap().offset();
    assert_ne!(moved, small);
    assert_eq!(counts(&heap), (9980 + 200, 10_352 + 208));
    // Neither shrinking nor failing nor freeing is asking.
    assert_eq!(heap.realloc(large, 100).map(Realloc::offset), Ok(large));
    assert!(heap.malloc(u32::MAX).is_err());
    heap.free(moved).unwrap();
    heap.free(large).unwrap();
    assert_eq!(counts(&heap), (10_180, 10_560));
}
