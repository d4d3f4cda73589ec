//! The edges of C's semantics and of the address space, one by one.

use hostheap_core::heap::{
    AllocError, ExtendError, Growth, Heap, HeapConfig, InvalidKind, InvalidPointer, Realloc,
    ReallocError,
};

const PAGE: u64 = 65536;

fn heap(pages: u64) -> Heap {
    let mut heap = Heap::new(HeapConfig::new(1024));
    heap.extend(1024, pages * PAGE).unwrap();
    heap
}

#[test]
fn zero_bytes_are_blocks_of_their_own() {
    let mut heap = heap(1);
    let (a, b) = (heap.malloc(0).unwrap(), heap.malloc(0).unwrap());
    assert!(a != 0 && b != 0 && a != b);
    heap.free(a).unwrap();
    heap.free(b).unwrap();
    assert!(heap.free(a).is_err());
}

#[test]
fn null_is_no_error() {
    let mut heap = heap(1);
    assert_eq!(heap.free(0), Ok(()));
    assert_eq!(heap.usable_size(0), Ok(0));
    let Ok(Realloc::InPlace { offset }) = heap.realloc(0, 40) else { panic!() };
    assert!(heap.usable_size(offset).unwrap() >= 40);
    assert_eq!(heap.block_containing(0), None);
}

#[test]
fn a_base_of_zero_never_hands_out_null() {
    let mut heap = Heap::new(HeapConfig::new(0));
    assert_eq!(heap.base(), 16);
    heap.extend(0, PAGE).unwrap();
    while let Ok(offset) = heap.malloc(16) {
        assert!(offset >= 16);
    }
}

#[test]
fn the_base_is_rounded_up_and_may_be_the_end_of_memory() {
    assert_eq!(Heap::new(HeapConfig::new(1001)).base(), 1008);
    let mut heap = Heap::new(HeapConfig::new(65535));
    assert_eq!(heap.base(), 65536);
    heap.extend(65535, PAGE).unwrap();
    assert_eq!(heap.stats().owned_bytes, 0);
    assert_eq!(heap.malloc(1), Err(AllocError::NeedMemory { min_bytes: PAGE, want_bytes: PAGE }));
    heap.extend(PAGE, 2 * PAGE).unwrap();
    assert_eq!(heap.malloc(1), Ok(65536));
}

#[test]
fn a_base_at_the_end_of_the_address_space_owns_nothing() {
    for base in [u32::MAX, u32::MAX - 15, u32::MAX - 16] {
        let mut heap = Heap::new(HeapConfig::new(base));
        assert!(heap.base() >= base || u64::from(base) + 16 > u64::from(u32::MAX));
        heap.extend(base.into(), 1 << 32).unwrap();
        assert!(heap.malloc(1).is_err());
        assert!(heap.free(u32::MAX).is_err());
        heap.audit().unwrap();
    }
}

#[test]
fn the_last_byte_of_four_gibibytes_can_be_used() {
    let mut heap = Heap::new(HeapConfig::new(u32::MAX - 0xffff));
    heap.extend((1 << 32) - PAGE, 1 << 32).unwrap();
    let offset = heap.malloc(65536).unwrap();
    assert_eq!(heap.block_containing(u32::MAX).unwrap().end(), 1 << 32);
    assert_eq!(heap.malloc(1), Err(AllocError::OutOfMemory));
    let error = heap.free(u32::MAX).unwrap_err();
    assert_eq!(error.kind, InvalidKind::Interior { block: offset, size: 65536 });
    heap.free(offset).unwrap();
    heap.audit().unwrap();
}

#[test]
fn four_gibibytes_are_too_large_however_they_are_asked_for() {
    let mut heap = heap(1);
    let too_large = |result| matches!(result, Err(AllocError::TooLarge { .. }));
    assert!(too_large(heap.malloc(u32::MAX)));
    assert!(too_large(heap.aligned_alloc(1 << 31, u32::MAX)));
    assert!(too_large(heap.calloc(65536, 65536).map(|block| block.offset)));
    assert!(too_large(heap.calloc(u32::MAX, u32::MAX).map(|block| block.offset)));
    let block = heap.malloc(10).unwrap();
    assert!(matches!(
        heap.realloc(block, u32::MAX),
        Err(ReallocError::Alloc(AllocError::TooLarge { .. }))
    ));
    heap.free(block).unwrap();
    assert_eq!(heap.stats().failed, 5);
}

#[test]
#[cfg_attr(miri, ignore = "goes through the tables for 4 GiB, which takes Miri hours")]
fn any_power_of_two_is_an_alignment_and_nothing_else_is() {
    let mut heap = Heap::new(HeapConfig::new(1024));
    heap.extend(1024, 1 << 32).unwrap();
    for power in 0..32 {
        for size in [0, 1, 24, 1000, 5000, 70_000] {
            let offset = heap.aligned_alloc(1 << power, size).unwrap();
            assert_eq!(offset % (1 << power), 0);
            // Half of the address space has a single place for a block.
            if power > 25 {
                heap.free(offset).unwrap();
            }
        }
    }
    for align in [0, 3, 24, u32::MAX] {
        assert_eq!(heap.aligned_alloc(align, 1), Err(AllocError::BadAlignment { align }));
    }
    heap.audit().unwrap();
}

#[test]
fn small_aligned_blocks_are_small() {
    let mut heap = heap(1);
    for (align, size, usable) in [(32, 40, 64), (64, 100, 128), (32, 130, 160), (128, 200, 256)] {
        let offset = heap.aligned_alloc(align, size).unwrap();
        assert_eq!(heap.usable_size(offset), Ok(usable));
    }
}

#[test]
fn alignment_leaves_no_bytes_behind() {
    let mut heap = heap(64);
    let before = heap.clone();
    let block = heap.aligned_alloc(1 << 20, 100).unwrap();
    assert!(heap.malloc(900_000).unwrap() < block, "what lies before the block is usable");
    heap.reset();
    heap.aligned_alloc(1 << 20, 100).unwrap();
    heap.free(block).unwrap();
    assert!(heap.blocks().eq(before.blocks()));
    heap.malloc(64 * 65536 - 1024).unwrap();
}

#[test]
fn realloc_to_zero_keeps_a_block() {
    let mut heap = heap(1);
    for size in [10, 1000, 20_000] {
        let block = heap.malloc(size).unwrap();
        let small = heap.realloc(block, 0).unwrap().offset();
        assert!(heap.usable_size(small).unwrap() <= 256);
        heap.free(small).unwrap();
    }
    assert_eq!(heap.stats().live_blocks, 0);
}

#[test]
fn realloc_grows_in_place_where_there_is_room() {
    let mut heap = heap(4);
    let a = heap.malloc(5000).unwrap();
    assert_eq!(heap.realloc(a, 50_000), Ok(Realloc::InPlace { offset: a }));
    let b = heap.malloc(2000).unwrap();
    heap.malloc(2000).unwrap();
    heap.free(b).unwrap();
    assert_eq!(heap.realloc(a, 51_900), Ok(Realloc::InPlace { offset: a }));
    assert!(matches!(heap.realloc(a, 60_000), Ok(Realloc::Moved { copy_len: 51_968, .. })));
    heap.audit().unwrap();
}

#[test]
fn realloc_takes_what_is_free_to_the_last_byte() {
    let mut heap = heap(1);
    let (a, b) = (heap.malloc(2560).unwrap(), heap.malloc(2560).unwrap());
    let c = heap.malloc(2560).unwrap();
    heap.free(b).unwrap();
    assert_eq!(heap.realloc(a, 5120), Ok(Realloc::InPlace { offset: a }));
    heap.free(a).unwrap();
    let rest = 65536 - c;
    assert_eq!(heap.realloc(c, rest), Ok(Realloc::InPlace { offset: c }));
    heap.audit().unwrap();
}

#[test]
fn growing_in_place_counts_against_the_quota() {
    let mut heap = Heap::new(HeapConfig::new(1024).max_live_bytes(10_240));
    heap.extend(1024, PAGE).unwrap();
    let block = heap.malloc(5120).unwrap();
    assert_eq!(
        heap.realloc(block, 10_241),
        Err(ReallocError::Alloc(AllocError::QuotaExceeded {
            live: 5120,
            requested: 5376,
            max: 10_240
        }))
    );
    assert_eq!(heap.realloc(block, 10_240), Ok(Realloc::InPlace { offset: block }));
}

#[test]
fn the_last_block_asks_only_for_what_it_lacks() {
    let mut heap = heap(17);
    let block = heap.malloc(1 << 20).unwrap();
    let Err(ReallocError::Alloc(AllocError::NeedMemory { min_bytes, .. })) =
        heap.realloc(block, (1 << 20) + 70_000)
    else {
        panic!()
    };
    assert_eq!(min_bytes, PAGE);
    heap.extend(17 * PAGE, 18 * PAGE).unwrap();
    assert_eq!(heap.realloc(block, (1 << 20) + 70_000), Ok(Realloc::InPlace { offset: block }));
}

#[test]
fn a_moving_block_counts_twice_for_a_moment() {
    let mut heap = Heap::new(HeapConfig::new(1024).max_live_bytes(10_000));
    heap.extend(1024, PAGE).unwrap();
    let block = heap.malloc(6144).unwrap();
    heap.malloc(16).unwrap();
    assert!(matches!(
        heap.realloc(block, 7000),
        Err(ReallocError::Alloc(AllocError::QuotaExceeded { .. }))
    ));
    assert_eq!(heap.usable_size(block), Ok(6144));
    assert!(heap.stats().peak_bytes <= 10_000);
}

#[test]
#[cfg_attr(miri, ignore = "fills a memory of many MiB, which takes Miri minutes")]
fn growth_starts_by_the_page_and_then_follows_the_heap() {
    let mut heap = heap(1);
    let mut steps = Vec::new();
    loop {
        match heap.malloc(10_000) {
            Ok(_) => {}
            Err(AllocError::NeedMemory { min_bytes, want_bytes }) => {
                assert_eq!(min_bytes, PAGE);
                steps.push(want_bytes);
                let top = heap.top();
                heap.extend(top, top + want_bytes).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
        if heap.top() > 200 << 20 {
            break;
        }
    }
    assert_eq!(steps[..4], [PAGE; 4]);
    assert!(steps.is_sorted());
    let last = *steps.last().unwrap();
    assert!((6 << 20..7 << 20).contains(&last), "a thirty-second part of 200 MiB: {last}");
    assert!(steps.len() < 240, "{} steps", steps.len());
}

#[test]
#[cfg_attr(miri, ignore = "fills a memory of many MiB, which takes Miri minutes")]
fn growth_is_as_the_host_wants_it() {
    let growth = Growth { least_bytes: 100_000, part: 2, most_bytes: 1 << 20 };
    let mut heap = Heap::new(HeapConfig::new(1024).growth(growth));
    heap.extend(1024, PAGE).unwrap();
    let mut steps = Vec::new();
    while heap.top() < 16 << 20 {
        if let Err(AllocError::NeedMemory { want_bytes, .. }) = heap.malloc(5000) {
            steps.push(want_bytes);
            heap.extend(heap.top(), heap.top() + want_bytes).unwrap();
        }
    }
    assert_eq!(steps[0], 2 * PAGE, "the least bytes are whole pages");
    assert_eq!(steps.last(), Some(&(1 << 20)));
    // One block may need more than the most.
    let needs = AllocError::NeedMemory { min_bytes: 100 << 20, want_bytes: 100 << 20 };
    let top = heap.top();
    while heap.malloc(1000).is_ok() && heap.top() == top {}
    assert!(matches!(heap.malloc((100 << 20) - 256), Err(seen) if seen == needs));
    // No part at all.
    let growth = Growth { part: 0, ..Growth::default() };
    let heap = &mut Heap::new(HeapConfig::new(1024).growth(growth));
    heap.extend(1024, 64 << 20).unwrap();
    while heap.malloc(60_000).is_ok() {}
    assert_eq!(
        heap.malloc(60_000),
        Err(AllocError::NeedMemory { min_bytes: PAGE, want_bytes: PAGE })
    );
}

#[test]
fn growth_never_passes_the_limit() {
    let mut heap = Heap::new(HeapConfig::new(1024).max_memory(10 * PAGE + 5));
    heap.extend(1024, 8 * PAGE).unwrap();
    assert_eq!(
        heap.malloc(600_000),
        Err(AllocError::NeedMemory { min_bytes: 2 * PAGE, want_bytes: 2 * PAGE })
    );
    assert_eq!(heap.malloc(654_340), Err(AllocError::OutOfMemory));
    assert_eq!(
        heap.extend(8 * PAGE, 11 * PAGE),
        Err(ExtendError::BeyondLimit { end: 11 * PAGE, max: 10 * PAGE + 5 })
    );
    assert!(heap.extend(8 * PAGE, 10 * PAGE + 6).is_err());
    heap.extend(8 * PAGE, 10 * PAGE + 5).unwrap();
}

#[test]
fn extensions_that_make_no_sense_change_nothing() {
    let mut heap = heap(2);
    let before = heap.clone();
    assert_eq!(heap.extend(5, 3), Err(ExtendError::Inverted { start: 5, end: 3 }));
    assert_eq!(heap.extend(0, 3 * PAGE), Err(ExtendError::BelowBase { start: 0, base: 1024 }));
    assert_eq!(
        heap.extend(PAGE, 3 * PAGE),
        Err(ExtendError::Overlap { start: PAGE, top: 2 * PAGE })
    );
    assert!(matches!(heap.extend(2 * PAGE, u64::MAX), Err(ExtendError::BeyondLimit { .. })));
    heap.extend(2 * PAGE, 2 * PAGE).unwrap();
    assert_eq!(heap, before);
}

#[test]
fn holes_are_never_used_and_cost_nothing() {
    let mut heap = heap(1);
    let before = heap.stats().metadata_bytes;
    heap.extend(3 << 30, (3 << 30) + PAGE).unwrap();
    assert!(heap.stats().metadata_bytes < before + 4096, "a hole of 3 GiB has no table");
    assert_eq!(heap.stats().hole_bytes, (3 << 30) - PAGE);
    while let Ok(offset) = heap.malloc(3000) {
        assert!(u64::from(offset) + 3000 <= PAGE || offset >= 3 << 30);
    }
    let error = heap.free(1 << 30).unwrap_err();
    assert_eq!(error, InvalidPointer { offset: 1 << 30, kind: InvalidKind::Foreign });
    heap.reset();
    heap.audit().unwrap();
    heap.malloc(65536).unwrap();
    heap.malloc(60_000).unwrap();
}

#[test]
fn many_holes_stay_cheap_to_look_through() {
    let mut heap = heap(1);
    let mut live = Vec::new();
    for n in 1..if cfg!(miri) { 20 } else { 500 } {
        heap.extend(2 * n * PAGE, (2 * n + 1) * PAGE).unwrap();
        live.push(heap.malloc(40_000).unwrap());
    }
    heap.audit().unwrap();
    for (n, &offset) in live.iter().enumerate() {
        assert_eq!(heap.block_containing(offset + 39_999).unwrap().offset, offset, "block {n}");
        heap.free(offset).unwrap();
        assert!(heap.free(offset).is_err());
    }
    heap.audit().unwrap();
}

#[test]
fn a_slot_that_is_too_large_is_better_than_none() {
    let mut heap = Heap::new(HeapConfig::new(1024).max_memory(PAGE));
    heap.extend(1024, PAGE).unwrap();
    let mut wide = Vec::new();
    while let Ok(offset) = heap.malloc(1024) {
        wide.push(offset);
    }
    while heap.malloc(16).is_ok() {}
    // One slot of a slab that stays, since its other blocks are live.
    let offset = wide[wide.len() - 8];
    heap.free(offset).unwrap();
    assert_eq!(heap.malloc(16), Ok(offset));
    assert_eq!(heap.usable_size(offset), Ok(1024));
    heap.audit().unwrap();
}

#[test]
fn a_free_run_is_found_behind_a_shorter_one_of_its_bin() {
    let mut heap = Heap::new(HeapConfig::new(1024).max_memory(PAGE));
    heap.extend(1024, PAGE).unwrap();
    let mut block = |units: u32| {
        let offset = heap.malloc(units * 128).unwrap();
        heap.malloc(1100).unwrap();
        offset
    };
    let (longer, shorter) = (block(33), block(32));
    while heap.malloc(2000).is_ok() {}
    heap.free(longer).unwrap();
    heap.free(shorter).unwrap();
    assert_eq!(heap.malloc(33 * 128), Ok(longer));
}

#[test]
fn invalid_pointers_say_what_lies_there() {
    let mut heap = heap(2);
    let small = heap.malloc(100).unwrap();
    let large = heap.malloc(5000).unwrap();
    let freed = heap.malloc(5000).unwrap();
    heap.free(freed).unwrap();
    let mut kind = |offset: u32| heap.free(offset).unwrap_err().kind;
    assert_eq!(kind(1), InvalidKind::BelowHeap { base: 1024 });
    assert_eq!(kind(2 * 65536), InvalidKind::BeyondTop { top: 2 * PAGE });
    assert_eq!(kind(2 * 65536 - 16), InvalidKind::NeverAllocated);
    assert_eq!(kind(u32::MAX), InvalidKind::BeyondTop { top: 2 * PAGE });
    assert_eq!(kind(small + 4), InvalidKind::Interior { block: small, size: 112 });
    assert_eq!(kind(large + 128), InvalidKind::Interior { block: large, size: 5120 });
    assert_eq!(kind(large + 5119), InvalidKind::Interior { block: large, size: 5120 });
    assert_eq!(kind(freed), InvalidKind::AlreadyFreed);
    assert_eq!(kind(small + 112), InvalidKind::NeverAllocated);
    assert_eq!(heap.stats().invalid_frees, 9);
    assert_eq!(heap.stats().live_blocks, 2);
}

#[test]
fn messages_name_the_thing_the_value_and_what_to_do() {
    let interior = InvalidPointer {
        offset: 0x12345,
        kind: InvalidKind::Interior { block: 0x12340, size: 48 },
    };
    assert_eq!(
        interior.to_string(),
        "pointer 0x12345 is not a live block: it lies 5 bytes into the block of 48 bytes at \
         0x12340; pass the start of the block (an argument of a host's call is borrowed: do not \
         free it)"
    );
    let freed = InvalidPointer { offset: 0x12340, kind: InvalidKind::AlreadyFreed };
    assert_eq!(
        freed.to_string(),
        "pointer 0x12340 is not a live block: it was freed already; free each block once, and set \
         its pointer to NULL"
    );
    assert_eq!(
        AllocError::TooManyBlocks { max: 10 }.to_string(),
        "10 blocks are live, the most this heap allows; free some or raise HeapConfig::max_blocks"
    );
    assert_eq!(
        ExtendError::Overlap { start: 0x10000, top: 0x20000 }.to_string(),
        "cannot extend the heap from 0x10000: it already reaches 0x20000; start at the size the \
         memory had before it grew"
    );
}

#[test]
fn bookkeeping_is_a_small_part_of_the_heap() {
    let mut heap = heap(1);
    let blocks = if cfg!(miri) { 500 } else { 100_000 };
    for size in [16, 48, 100, 1000, 3000] {
        heap.reset();
        let mut live = 0;
        while live < blocks && heap.top() < 64 << 20 {
            match heap.malloc(size) {
                Ok(_) => live += 1,
                Err(AllocError::NeedMemory { want_bytes, .. }) => {
                    let top = heap.top();
                    heap.extend(top, top + want_bytes).unwrap();
                }
                Err(error) => panic!("{error}"),
            }
        }
        let stats = heap.stats();
        let bound = stats.owned_bytes * 6 / 100 + 16384;
        assert!(stats.metadata_bytes <= bound, "{} of {}", stats.metadata_bytes, stats.owned_bytes);
    }
}

#[test]
fn a_lent_block_cannot_be_freed_until_it_is_taken_back() {
    let mut heap = heap(2);
    let lent = heap.lend(40).expect("room");
    let own = heap.malloc(40).expect("room");
    let before = heap.clone();
    assert_eq!(heap.free(lent).map_err(|e| e.kind), Err(InvalidKind::Lent));
    assert!(matches!(
        heap.realloc(lent, 5000),
        Err(ReallocError::Invalid(InvalidPointer { kind: InvalidKind::Lent, .. }))
    ));
    assert!(heap.same_state(&before), "a refusal changes nothing");
    heap.audit().expect("sound");
    heap.free(own).expect("not lent");
    heap.take_back(lent);
    heap.take_back(lent); // a second time is nothing
    assert_eq!(heap.stats().live_blocks, 0);
    heap.lend(1).expect("room");
    heap.reset();
    heap.audit().expect("sound");
    assert_eq!(heap.stats().live_blocks, 0);
}
