//! What fails is answered with an error and leaves everything as it was: each growth of the host's
//! bookkeeping, and each growth of linear memory, fails once.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use hostheap_core::Context;
use hostheap_core::allocate;
use hostheap_core::error::Error;
use hostheap_core::heap::{
    AllocError, Hardening, Heap, HeapConfig, ReallocError, Storage, StorageFull,
};

use crate::host::Host;
use crate::random::Random;

/// A storage that fails to grow at certain times.
#[derive(Clone, Debug, PartialEq)]
struct Failing {
    words: Vec<u32>,
    fail: Range<u64>,
    /// Growths so far. Copies of the heap count with it.
    growths: Rc<Cell<u64>>,
}

impl Storage for Failing {
    fn words(&self) -> &[u32] {
        &self.words
    }
    fn words_mut(&mut self) -> &mut [u32] {
        &mut self.words
    }
    fn grow(&mut self, len: usize) -> Result<(), StorageFull> {
        if len <= self.words.len() {
            return Ok(());
        }
        let growth = self.growths.replace(self.growths.get() + 1);
        if self.fail.contains(&growth) {
            return Err(StorageFull);
        }
        self.words.resize(len, 0);
        Ok(())
    }
    fn bytes(&self) -> u64 {
        self.words.len() as u64 * 4
    }
}

/// What happened in a run: growths of the storage that were tried, and errors that were answered.
struct Seen {
    growths: u64,
    errors: u64,
}

/// The same script each time, for which the storage fails as it is told.
fn run(hardening: Hardening, fail: Range<u64>) -> Seen {
    let growths = Rc::new(Cell::new(0));
    let storage = Failing { words: Vec::new(), fail, growths: Rc::clone(&growths) };
    let config = HeapConfig::new(1024).hardening(hardening);
    let mut heap = Heap::in_storage(config, storage);
    let mut random = Random(3);
    let mut live = BTreeMap::new();
    let mut lent = Vec::new();
    let mut errors = 0;
    for step in 0..if cfg!(miri) { 15 } else { 700 } {
        let before = heap.clone();
        let size = random.size();
        let block = random.below(live.len() as u64) as usize;
        let block = live.keys().nth(block).copied().unwrap_or(0);
        let failed = match random.below(20) {
            0..9 => heap.malloc(size).map(|offset| _ = live.insert(offset, size)).err(),
            9 => heap.aligned_alloc(8, size).map(|offset| _ = live.insert(offset, size)).err(),
            10 => heap.lend(size).map(|offset| lent.push(offset)).err(),
            11 => {
                lent.pop().into_iter().for_each(|lent| heap.take_back(lent));
                None
            }
            12..15 if block != 0 => match heap.realloc(block, size) {
                Ok(done) => {
                    live.remove(&block);
                    live.insert(done.offset(), size);
                    None
                }
                Err(ReallocError::Alloc(error)) => Some(error),
                Err(error) => panic!("{error}"),
            },
            15 => {
                // Somebody else grows the memory too, so that there are regions to describe.
                let start = heap.top() + 600;
                heap.extend(start, start + 5000).err().map(|_| AllocError::OutOfMemory)
            }
            _ => {
                // Freeing never fails.
                heap.free(block).unwrap();
                live.remove(&block);
                None
            }
        };
        let more = match failed {
            Some(AllocError::NeedMemory { min_bytes, .. }) => {
                let top = heap.top();
                heap.extend(top, top + min_bytes).err().map(|_| AllocError::OutOfMemory)
            }
            failed => failed,
        };
        if let Some(error) = more {
            assert_eq!(error, AllocError::OutOfMemory, "step {step}");
            assert!(heap.same_blocks(&before), "step {step}");
            errors += 1;
        }
        heap.audit().unwrap_or_else(|error| panic!("step {step}: {error}"));
        for (&offset, &size) in &live {
            assert!(heap.usable_size(offset).is_ok_and(|usable| usable >= size), "step {step}");
        }
        assert_eq!(heap.stats().live_blocks as usize, live.len() + lent.len());
    }
    lent.into_iter().for_each(|lent| heap.take_back(lent));
    live.into_keys().for_each(|block| heap.free(block).unwrap());
    heap.audit().unwrap();
    Seen { growths: growths.get(), errors }
}

fn sweep(hardening: Hardening) {
    let Seen { growths, errors } = run(hardening, 0..0);
    assert_eq!(errors, 0, "nothing fails unless it is made to");
    assert!(cfg!(miri) || growths > 40, "{growths} growths");
    let step = if cfg!(miri) { 8 } else { 1 };
    for growth in (0..growths).step_by(step) {
        // Once: whoever is hit asks again later, or has found another way already.
        run(hardening, growth..growth + 1);
        // From then on: a storage of a fixed size that is full.
        let full = run(hardening, growth..u64::MAX);
        assert!(cfg!(miri) || full.errors > 0, "growth {growth}");
    }
}

#[test]
fn bookkeeping_may_fail_to_grow_at_any_time() {
    sweep(Hardening::default());
}

#[test]
fn bookkeeping_may_fail_to_grow_at_any_time_in_a_hardened_heap() {
    sweep(Hardening { quarantine_blocks: 30, placement_seed: 8, ..Hardening::default() });
}

#[test]
fn a_full_storage_does_not_make_a_heap_ask_for_memory_that_it_has() {
    let storage = Failing { words: Vec::new(), fail: 2..u64::MAX, growths: Rc::default() };
    let mut heap = Heap::in_storage(HeapConfig::new(1024), storage);
    heap.extend(1024, 65536).unwrap();
    // A slab is described; a second one could not be.
    for _ in 0..100 {
        let block = heap.malloc(16).unwrap();
        heap.free(block).unwrap();
    }
    // The first one is free, so its description can be used again, and memory there is.
    let block = heap.malloc(2000);
    assert!(block.is_ok(), "{block:?}");
}

/// Live blocks with their sizes, each filled with a byte of its own.
struct Filled {
    host: Host,
    live: BTreeMap<u32, (u32, u8)>,
}

impl Filled {
    fn enter(&mut self, offset: u32, size: u32, byte: u8) {
        self.host.fill(offset, byte, size).unwrap();
        self.live.insert(offset, (size, byte));
    }

    fn expect_intact(&self) {
        self.host.heap().audit().unwrap();
        assert_eq!(self.host.heap().stats().live_blocks as usize, self.live.len());
        for (&offset, &(size, byte)) in &self.live {
            let bytes = self.host.bytes(offset, size).unwrap();
            assert!(bytes.iter().all(|&seen| seen == byte), "{offset:#x} was changed");
        }
    }
}

/// The same script each time, for which the memory refuses to grow as it is told. Answers how
/// many growths were tried, and how many requests failed.
fn run_with_memory(refuse: Range<u64>) -> (u64, u64) {
    let mut host = Host::new(HeapConfig::new(1024));
    host.refuse = refuse;
    let mut filled = Filled { host, live: BTreeMap::new() };
    let mut random = Random(4);
    let mut failed = 0;
    for step in 0..if cfg!(miri) { 30 } else { 1500 } {
        let before = filled.host.heap().clone();
        let size = random.size() * 16;
        let block = random.below(filled.live.len() as u64) as usize;
        let block = filled.live.keys().nth(block).copied().unwrap_or(0);
        let byte = step as u8;
        let host = &mut filled.host;
        let outcome = match random.below(10) {
            0..4 => allocate::malloc(host, size),
            4 => allocate::calloc(host, size, 1),
            5 => allocate::aligned_alloc(host, 512, size),
            6..8 if block != 0 => allocate::realloc(host, block, size).inspect(|&moved| {
                let (old, byte) = filled.live.remove(&block).unwrap();
                filled.live.insert(moved, (old.min(size), byte));
                filled.expect_intact();
            }),
            _ => {
                allocate::free(host, block).unwrap();
                filled.live.remove(&block);
                continue;
            }
        };
        match outcome {
            Ok(offset) => filled.enter(offset, size, byte),
            Err(Error::Alloc(AllocError::OutOfMemory)) => {
                failed += 1;
                assert!(filled.host.heap().same_blocks(&before));
                assert_eq!(filled.host.heap().stats().failed, before.stats().failed + 1);
                filled.expect_intact();
            }
            Err(error) => panic!("{error}"),
        }
    }
    filled.expect_intact();
    (filled.host.growths, failed)
}

#[test]
fn memory_may_refuse_to_grow_at_any_time() {
    let (growths, failed) = run_with_memory(0..0);
    assert_eq!(failed, 0);
    assert!(cfg!(miri) || growths > 10, "{growths} growths");
    for growth in 0..growths {
        // What is refused once is asked for again, as little as will do.
        assert_eq!(run_with_memory(growth..growth + 1).1, 0, "growth {growth}");
        assert_eq!(run_with_memory(growth..growth + 2).1, 1, "growth {growth}");
        assert!(run_with_memory(growth..u64::MAX).1 >= 1, "growth {growth}");
    }
}
