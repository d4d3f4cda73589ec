//! What the hardening modes promise.

use hostheap_core::allocate;
use hostheap_core::heap::{Hardening, Heap, HeapConfig, InvalidKind};
use hostheap_core::{Context, heap::AllocError};

use crate::host::Host;
use crate::random::Random;

const OFF: Hardening = Hardening {
    quarantine_blocks: 0,
    quarantine_bytes: 0,
    junk_fill: false,
    zero_on_free: false,
    placement_seed: 0,
};

fn heap(hardening: Hardening) -> Heap {
    let mut heap = Heap::new(HeapConfig::new(1024).hardening(hardening));
    heap.extend(1024, if cfg!(miri) { 1 << 18 } else { 1 << 20 }).unwrap();
    heap
}

/// Frees blocks one after the other, allocates after each, and answers how many frees later the
/// memory of each was used again.
fn frees_until_reuse(heap: &mut Heap, size: u32, blocks: usize) -> Vec<usize> {
    let live: Vec<u32> = (0..blocks).map(|_| heap.malloc(size).unwrap()).collect();
    let mut reused = vec![0; blocks];
    for (frees, &block) in live.iter().enumerate() {
        heap.free(block).unwrap();
        let offset = heap.malloc(size).unwrap();
        if let Some(old) = live.iter().position(|&old| old == offset) {
            assert!(old <= frees);
            reused[old] = frees - old;
        }
        heap.audit().unwrap();
    }
    reused.retain(|&frees| frees > 0);
    reused
}

#[test]
fn anything_that_is_on_is_on_but_a_limit_of_bytes_alone() {
    assert_eq!(Hardening::default(), OFF);
    assert!(!OFF.is_on());
    assert!(!Hardening { quarantine_bytes: 100, ..OFF }.is_on());
    assert!(Hardening { quarantine_blocks: 1, ..OFF }.is_on());
    assert!(Hardening { junk_fill: true, ..OFF }.is_on());
    assert!(Hardening { zero_on_free: true, ..OFF }.is_on());
    assert!(Hardening { placement_seed: 1, ..OFF }.is_on());
}

#[test]
fn a_heap_with_everything_off_is_the_default_one() {
    let script = |config: HeapConfig| {
        let mut heap = Heap::new(config);
        heap.extend(1024, 1 << 20).unwrap();
        let (mut random, mut live, mut offsets) = (Random(5), Vec::new(), Vec::new());
        for _ in 0..if cfg!(miri) { 200 } else { 20_000 } {
            match random.pick(&live) {
                Some(block) if live.len() > 300 || random.below(3) == 0 => {
                    heap.free(block).unwrap();
                    live.retain(|&other| other != block);
                }
                _ => {
                    let offset = heap.malloc(random.size() % 3000).unwrap();
                    live.push(offset);
                    offsets.push(offset);
                }
            }
        }
        (offsets, heap.stats())
    };
    let limited = Hardening { quarantine_bytes: 1000, ..OFF };
    let default = script(HeapConfig::new(1024));
    assert_eq!(script(HeapConfig::new(1024).hardening(OFF)), default);
    assert_eq!(script(HeapConfig::new(1024).hardening(limited)), default);
}

#[test]
fn freed_blocks_wait_until_as_many_others_were_freed() {
    for (size, wait) in [(16, 5), (300, 5), (5000, 5), (48, 1), (48, 30)] {
        let mut heap = heap(Hardening { quarantine_blocks: wait, ..OFF });
        let blocks = if cfg!(miri) { 15 } else { 100 };
        let reused = frees_until_reuse(&mut heap, size, blocks);
        assert!(cfg!(miri) || reused.len() > 20, "blocks of {size} are reused: {reused:?}");
        assert!(reused.iter().all(|&frees| frees >= wait as usize), "{size}, {wait}: {reused:?}");
    }
}

#[test]
fn the_first_that_was_freed_is_the_first_to_be_used_again() {
    let mut heap = heap(Hardening { quarantine_blocks: 3, ..OFF });
    let blocks: Vec<u32> = (0..6).map(|_| heap.malloc(5000).unwrap()).collect();
    // Every other one, so that none joins its neighbour.
    let freed = [blocks[0], blocks[2], blocks[4]];
    for block in freed {
        heap.free(block).unwrap();
    }
    let mut next = blocks[1];
    for first in freed {
        heap.free(next).unwrap();
        next = heap.malloc(5000).unwrap();
        assert_eq!(next, first);
    }
}

#[test]
fn no_more_bytes_wait_than_may() {
    let limits = Hardening { quarantine_blocks: 1000, quarantine_bytes: 10_000, ..OFF };
    let mut heap = heap(limits);
    let blocks: Vec<u32> = (0..100).map(|_| heap.malloc(1000).unwrap()).collect();
    for &block in &blocks {
        heap.free(block).unwrap();
    }
    let waiting: u32 =
        heap.classes().iter().map(|class| class.quarantined * class.block_size).sum();
    assert!((8000..=10_000).contains(&waiting), "{waiting} bytes wait");
    // One that is larger than the limit does not wait, and drives out all others.
    let large = heap.malloc(20_000).unwrap();
    heap.free(large).unwrap();
    assert!(heap.classes().iter().all(|class| class.quarantined == 0));
    assert_eq!(heap.malloc(20_000), Ok(large));
    heap.audit().unwrap();
}

#[test]
fn what_waits_is_given_out_when_memory_has_run_out() {
    let hardening = Hardening { quarantine_blocks: 1000, ..OFF };
    let mut heap = Heap::new(HeapConfig::new(1024).max_memory(65536).hardening(hardening));
    heap.extend(1024, 65536).unwrap();
    for size in [60, 1000, 30_000, 60_000] {
        let mut live = Vec::new();
        while let Ok(block) = heap.malloc(size) {
            live.push(block);
        }
        assert_eq!(heap.malloc(size), Err(AllocError::OutOfMemory));
        assert!(u64::from(size) * live.len() as u64 > 30_000, "{} of {size}", live.len());
        for block in live {
            heap.free(block).unwrap();
        }
        heap.audit().unwrap();
    }
}

#[test]
fn what_waits_is_given_out_when_memory_refuses_to_grow() {
    let hardening = Hardening { quarantine_blocks: 1000, ..OFF };
    let mut host = Host::new(HeapConfig::new(1024).hardening(hardening));
    host.max_memory = 65536;
    for _ in 0..20 {
        let block = allocate::malloc(&mut host, 40_000);
        allocate::free(&mut host, block.expect("what was freed can be had again")).unwrap();
    }
}

#[test]
fn a_block_that_waits_was_freed_already() {
    let mut heap = heap(Hardening { quarantine_blocks: 10, ..OFF });
    for size in [16, 100, 5000] {
        let block = heap.malloc(size).unwrap();
        heap.free(block).unwrap();
        let before = heap.clone();
        assert_eq!(heap.free(block).map_err(|e| e.kind), Err(InvalidKind::AlreadyFreed));
        assert!(heap.realloc(block, 10).is_err());
        assert!(heap.free(block + 8).is_err());
        assert_eq!(heap.block_containing(block), None);
        assert_eq!(heap.stats().live_blocks, 0);
        assert!(heap.same_state(&before));
    }
    heap.reset();
    heap.audit().unwrap();
}

#[test]
fn what_waits_is_part_of_a_snapshot() {
    let mut heap = heap(Hardening { quarantine_blocks: 4, placement_seed: 9, ..OFF });
    let blocks: Vec<u32> = (0..20).map(|n| heap.malloc(n * 40).unwrap()).collect();
    for &block in &blocks[..10] {
        heap.free(block).unwrap();
    }
    let snapshot = heap.snapshot();
    let rest = |heap: &mut Heap| -> Vec<u32> {
        blocks[10..]
            .iter()
            .map(|&block| {
                heap.free(block).unwrap();
                heap.malloc(300).unwrap()
            })
            .collect()
    };
    let first = rest(&mut heap);
    heap.restore(&snapshot).unwrap();
    assert_eq!(heap.snapshot(), snapshot);
    heap.audit().unwrap();
    assert_eq!(rest(&mut heap), first);
}

#[test]
fn a_quarantine_that_only_bytes_limit_takes_no_memory_in_advance() {
    let all = Hardening { quarantine_blocks: u32::MAX, quarantine_bytes: 10_000, ..OFF };
    let mut heap = heap(all);
    for _ in 0..1000 {
        let block = heap.malloc(100).unwrap();
        heap.free(block).unwrap();
    }
    assert!(heap.stats().metadata_bytes < 1 << 20);
}

#[test]
fn random_placement_follows_from_the_seed() {
    let offsets = |seed: u64| -> Vec<u32> {
        let mut heap = heap(Hardening { placement_seed: seed, ..OFF });
        let offsets = (0..200).map(|n| heap.malloc(n % 7 * 300).unwrap()).collect();
        heap.audit().unwrap();
        offsets
    };
    assert_eq!(offsets(1), offsets(1));
    let first: Vec<Vec<u32>> = (1..=20).map(offsets).collect();
    for (n, one) in first.iter().enumerate() {
        assert!(first[..n].iter().all(|other| other != one), "two seeds, one placement");
    }
}

#[test]
fn a_block_does_not_know_its_neighbours_where_placement_is_random() {
    for size in [48, 5000] {
        let mut distances: Vec<u32> = (1..=100)
            .map(|seed| {
                let mut heap = heap(Hardening { placement_seed: seed, ..OFF });
                let blocks: Vec<u32> = (0..20).map(|_| heap.malloc(size).unwrap()).collect();
                blocks[19].wrapping_sub(blocks[18])
            })
            .collect();
        distances.sort_unstable();
        distances.dedup();
        assert!(distances.len() >= 8, "blocks of {size} lie at {distances:?} from each other");
    }
}

#[test]
fn a_reset_starts_the_random_numbers_anew() {
    let mut heap = heap(Hardening { placement_seed: 6, ..OFF });
    let mut offsets = || {
        heap.reset();
        (0..50).map(|_| heap.malloc(70).unwrap()).collect::<Vec<u32>>()
    };
    assert_eq!(offsets(), offsets());
}

/// A host whose heap is hardened, with a block of `size` bytes that holds 7s all over.
fn host_with_block(hardening: Hardening, size: u32) -> (Host, u32) {
    let mut host = Host::new(HeapConfig::new(1024).hardening(hardening));
    let block = allocate::malloc(&mut host, size).unwrap();
    let usable = allocate::usable_size(&host, block).unwrap();
    let new = host.bytes(block, usable).unwrap();
    if let Some(byte) = hardening.fill_new() {
        assert!(new.iter().all(|&seen| seen == byte), "new blocks are filled");
    }
    host.fill(block, 7, usable).unwrap();
    (host, block)
}

#[test]
fn new_and_freed_bytes_are_filled_as_the_mode_says() {
    let junk = Hardening { junk_fill: true, ..OFF };
    let zeros = Hardening { zero_on_free: true, ..OFF };
    let both = Hardening { junk_fill: true, zero_on_free: true, ..OFF };
    assert_eq!((junk.fill_new(), junk.fill_freed()), (Some(0xa5), Some(0x5a)));
    assert_eq!((zeros.fill_new(), zeros.fill_freed()), (None, Some(0)));
    assert_eq!((both.fill_new(), both.fill_freed()), (Some(0xa5), Some(0)));
    assert_eq!((OFF.fill_new(), OFF.fill_freed()), (None, None));
    for hardening in [junk, zeros, both, Hardening { quarantine_blocks: 3, ..junk }] {
        for size in [1, 40, 700, 5000, 40_000] {
            let (mut host, block) = host_with_block(hardening, size);
            let usable = allocate::usable_size(&host, block).unwrap();
            allocate::free(&mut host, block).unwrap();
            let freed = hardening.fill_freed();
            let bytes = host.bytes(block, usable).unwrap();
            assert!(bytes.iter().all(|&byte| Some(byte) == freed), "{size} bytes are filled");
        }
    }
    let (mut host, block) = host_with_block(OFF, 700);
    allocate::free(&mut host, block).unwrap();
    assert_eq!(host.bytes(block, 700).unwrap(), [7; 700], "nothing is filled by default");
}

#[test]
fn a_resized_block_keeps_its_bytes_and_the_others_are_filled() {
    let junk = Hardening { junk_fill: true, ..OFF };
    for (from, to) in [(40, 4000), (4000, 40), (5000, 20_000), (20_000, 5000), (100, 101)] {
        let (mut host, block) = host_with_block(junk, from);
        let old = allocate::usable_size(&host, block).unwrap();
        let moved = allocate::realloc(&mut host, block, to).unwrap();
        let new = allocate::usable_size(&host, moved).unwrap();
        let kept = old.min(if moved == block { new } else { to });
        let bytes = host.bytes(moved, new).unwrap();
        assert!(bytes[..kept as usize].iter().all(|&byte| byte == 7), "{from} to {to}");
        assert!(bytes[kept as usize..].iter().all(|&byte| byte == 0xa5), "{from} to {to}");
        let rest = if moved == block { block + new..block + old } else { block..block + old };
        let rest = host.bytes(rest.start, (rest.len()) as u32).unwrap();
        assert!(rest.iter().all(|&byte| byte == 0x5a), "{from} to {to}: what is left is filled");
        let cleared = allocate::calloc(&mut host, 1, old).unwrap();
        assert!(host.bytes(cleared, old).unwrap().iter().all(|&byte| byte == 0));
    }
}
