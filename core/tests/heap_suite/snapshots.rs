//! Going back to a snapshot, whatever has happened since.

use hostheap_core::heap::{AllocError, Calloc, Hardening, Heap, HeapConfig, Realloc, RestoreError};

use crate::random::Random;

const PAGE: u64 = 65536;

/// A heap with a past: blocks of all kinds, some of them freed.
fn heap_with_a_past(config: HeapConfig, seed: u64) -> (Heap, Vec<u32>) {
    let mut heap = Heap::new(config);
    heap.extend(1024, 4 * PAGE).unwrap();
    let mut live = Vec::new();
    act(&mut heap, &mut live, seed, 600);
    (heap, live)
}

/// Random operations within the memory there is; answers what each of them did.
fn act(
    heap: &mut Heap,
    live: &mut Vec<u32>,
    seed: u64,
    steps: u32,
) -> Vec<Result<u32, AllocError>> {
    let steps = if cfg!(miri) { steps / 20 } else { steps };
    let mut random = Random(seed);
    let mut answers = Vec::new();
    for _ in 0..steps {
        let size = random.size() % 4000;
        match random.pick(live) {
            Some(block) if live.len() > 200 || random.below(5) < 2 => {
                live.retain(|&other| other != block);
                if random.below(3) == 0 {
                    let moved = heap.realloc(block, size).map(Realloc::offset);
                    live.push(moved.unwrap_or(block));
                } else {
                    heap.free(block).unwrap();
                }
            }
            _ => {
                let align = 1 << random.below(9);
                answers.push(heap.aligned_alloc(align, size));
                live.extend(answers.last().unwrap());
            }
        }
    }
    answers
}

fn configs() -> [HeapConfig; 2] {
    let hardening = Hardening { quarantine_blocks: 20, placement_seed: 4, ..Hardening::default() };
    [HeapConfig::new(1024), HeapConfig::new(1024).hardening(hardening)]
}

#[test]
fn nothing_has_changed_after_a_restore_at_once() {
    for config in configs() {
        let (mut heap, _) = heap_with_a_past(config, 1);
        let before = heap.clone();
        heap.restore(&heap.snapshot()).unwrap();
        assert_eq!(heap, before);
    }
}

#[test]
fn what_was_allocated_since_is_gone_and_what_was_freed_is_back() {
    for config in configs() {
        let (mut heap, live) = heap_with_a_past(config, 2);
        let then = heap.clone();
        let snapshot = heap.snapshot();
        act(&mut heap, &mut live.clone(), 3, 900);
        assert!(!heap.blocks().eq(then.blocks()));
        heap.restore(&snapshot).unwrap();
        heap.audit().unwrap();
        assert!(heap.same_blocks(&then));
        for block in live {
            heap.free(block).unwrap();
            assert!(heap.free(block).is_err());
        }
        assert_eq!(heap.stats().live_blocks, 0);
        heap.audit().unwrap();
    }
}

#[test]
fn the_restored_heap_goes_on_as_the_original_did() {
    for (config, seed) in configs().into_iter().zip([5, 50]) {
        for seed in seed..seed + if cfg!(miri) { 2 } else { 20 } {
            let (mut heap, live) = heap_with_a_past(config, seed);
            let snapshot = heap.snapshot();
            let first = act(&mut heap, &mut live.clone(), seed + 1, 400);
            heap.restore(&snapshot).unwrap();
            let second = act(&mut heap, &mut live.clone(), seed + 1, 400);
            assert_eq!(first, second, "seed {seed}");
            heap.audit().unwrap();
        }
    }
}

#[test]
fn memory_that_came_since_stays() {
    for config in configs() {
        let (mut heap, live) = heap_with_a_past(config, 7);
        let snapshot = heap.snapshot();
        heap.extend(4 * PAGE, 9 * PAGE).unwrap();
        act(&mut heap, &mut live.clone(), 8, 900);
        heap.malloc(4 * PAGE as u32).unwrap();
        heap.restore(&snapshot).unwrap();
        heap.audit().unwrap();
        let stats = heap.stats();
        assert_eq!((stats.top, stats.hole_bytes), (9 * PAGE, 0));
        assert_eq!(stats.owned_bytes, 9 * PAGE - 1024);
        assert_eq!(stats.live_blocks as usize, live.len());
        let large = heap.malloc(4 * PAGE as u32).unwrap();
        heap.free(large).unwrap();
        heap.audit().unwrap();
    }
}

#[test]
fn holes_that_came_since_stay() {
    for config in configs() {
        let (mut heap, live) = heap_with_a_past(config, 9);
        let then = heap.clone();
        let snapshot = heap.snapshot();
        heap.extend(4 * PAGE, 5 * PAGE).unwrap();
        heap.extend(7 * PAGE, 8 * PAGE).unwrap();
        heap.extend(8 * PAGE + 100, 10 * PAGE).unwrap();
        act(&mut heap, &mut live.clone(), 10, 900);
        heap.restore(&snapshot).unwrap();
        heap.audit().unwrap();
        assert!(heap.blocks().eq(then.blocks()));
        assert_eq!(heap.top(), 10 * PAGE);
        let mut more = Vec::new();
        while let Ok(block) = heap.malloc(3000) {
            let (start, end) = (u64::from(block), u64::from(block) + 3000);
            assert!(end <= 5 * PAGE || (start >= 7 * PAGE && end <= 8 * PAGE) || start > 8 * PAGE);
            more.push(block);
        }
        heap.audit().unwrap();
        // Two snapshots later it is the same.
        let full = heap.snapshot();
        heap.restore(&snapshot).unwrap();
        heap.audit().unwrap();
        assert!(heap.blocks().eq(then.blocks()));
        assert_eq!(heap.restore(&full), Ok(()));
        heap.audit().unwrap();
        for block in more.into_iter().chain(live) {
            heap.free(block).unwrap();
        }
    }
}

#[test]
fn a_snapshot_of_a_heap_that_owned_nothing_can_be_restored() {
    let mut heap = Heap::new(HeapConfig::new(1000));
    let snapshot = heap.snapshot();
    heap.extend(1000, PAGE).unwrap();
    let owned = heap.stats().owned_bytes;
    heap.malloc(5000).unwrap();
    heap.restore(&snapshot).unwrap();
    heap.audit().unwrap();
    assert_eq!(heap.stats().owned_bytes + heap.stats().hole_bytes, owned);
    assert!(heap.stats().hole_bytes < 256);
    heap.malloc(60_000).unwrap();
}

#[test]
fn a_snapshot_of_another_heap_is_refused() {
    let (mut heap, _) = heap_with_a_past(HeapConfig::new(1024), 11);
    let before = heap.clone();
    for config in [
        HeapConfig::new(1040),
        HeapConfig::new(1024).max_memory(1 << 30),
        HeapConfig::new(1024).max_blocks(7),
        HeapConfig::new(1024).hardening(Hardening { junk_fill: true, ..Hardening::default() }),
    ] {
        let other = Heap::new(config).snapshot();
        assert_eq!(heap.restore(&other), Err(RestoreError::OtherHeap));
    }
    // One that reaches further than this one ever did.
    let mut longer = Heap::new(HeapConfig::new(1024));
    longer.extend(1024, 5 * PAGE).unwrap();
    assert_eq!(heap.restore(&longer.snapshot()), Err(RestoreError::OtherHeap));
    assert_eq!(heap, before);
}

#[test]
fn no_snapshot_is_restored_in_the_middle_of_a_call() {
    let (mut heap, _) = heap_with_a_past(HeapConfig::new(1024), 12);
    let idle = heap.snapshot();
    let lent = heap.lend(100).unwrap();
    let before = heap.clone();
    assert_eq!(heap.restore(&idle), Err(RestoreError::CallInProgress));
    assert_eq!(heap, before);
    let in_call = heap.snapshot();
    heap.take_back(lent);
    let before = heap.clone();
    assert_eq!(heap.restore(&in_call), Err(RestoreError::CallInProgress));
    assert_eq!(heap, before);
    heap.restore(&idle).unwrap();
}

#[test]
fn after_a_restore_calloc_clears_whatever_was_ever_touched() {
    for config in configs() {
        let mut heap = Heap::new(config);
        heap.extend(1024, 4 * PAGE).unwrap();
        let snapshot = heap.snapshot();
        let block = heap.malloc(100_000).unwrap();
        let touched = heap.stats().touched_top;
        assert!(touched >= u64::from(block) + 100_000);
        heap.restore(&snapshot).unwrap();
        assert_eq!(heap.stats().touched_top, touched);
        let mut above = 0;
        for size in [10, 300, 50_000, 60_000, 90_000] {
            let Calloc { offset, len_to_zero } = heap.calloc(size, 1).unwrap();
            let below = touched.saturating_sub(offset.into()).min(size.into());
            assert!(u64::from(len_to_zero) >= below, "{size} bytes at {offset:#x}");
            above += u32::from(len_to_zero == 0);
        }
        assert!(above > 0, "memory that nobody has touched need not be cleared");
    }
}
