//! The heap's hardening modes and growth policy, as a plugin sees them.

use hostheap_core::heap::{Growth, Hardening, InvalidKind};
use hostheap_core::{Limits, LoadOptions};

use crate::expect;
use crate::rig::Family;
use crate::subject::Subject;

fn hardened<S: Subject>(hardening: Hardening) -> Family<S> {
    Family::limited(&LoadOptions::new(), Limits::new().hardening(hardening))
}

/// Junk fill: what a plugin reads before it writes, and after it freed, is easy to recognise.
pub fn junk_fills_new_and_freed_blocks<S: Subject>() {
    let mut family = hardened::<S>(Hardening { junk_fill: true, ..Hardening::default() });
    for size in [1, 16, 100, 1000, 5000, 200_000] {
        let block = family.malloc(size).unwrap();
        let usable = family.usable_size(block).unwrap();
        assert!(family.bytes(block, usable).iter().all(|b| *b == Hardening::JUNK_NEW), "{size}");
        family.fill(block, 7, usable);
        family.free(block).unwrap();
        let freed = family.bytes(block, usable);
        assert!(freed.iter().all(|b| *b == Hardening::JUNK_FREED), "{size}");
        // calloc's blocks are zero all the same.
        let zeroed = family.calloc(size, 1).unwrap();
        assert!(family.bytes(zeroed, size).iter().all(|b| *b == 0), "{size}");
        family.free(zeroed).unwrap();
    }
}

/// Junk fill: a realloc keeps the bytes, fills what is new, and what the block left behind.
pub fn junk_fills_around_a_realloc<S: Subject>() {
    let mut family = hardened::<S>(Hardening { junk_fill: true, ..Hardening::default() });
    for (old, new) in [(40, 400), (400, 4000), (4000, 40_000), (40_000, 4000), (1000, 20)] {
        let before = family.malloc(old).unwrap();
        let old_usable = family.usable_size(before).unwrap();
        family.fill(before, 3, old_usable);
        let after = family.realloc(before, new).unwrap();
        let usable = family.usable_size(after).unwrap();
        let bytes = family.bytes(after, usable).to_vec();
        let kept = old_usable.min(new) as usize;
        assert!(bytes[..kept].iter().all(|b| *b == 3), "{old} to {new}");
        if usable > old_usable {
            let fresh = &bytes[old_usable as usize..];
            assert!(fresh.iter().all(|b| *b == Hardening::JUNK_NEW), "{old} to {new}");
        }
        if after != before {
            let left = family.bytes(before, old_usable);
            assert!(left.iter().all(|b| *b == Hardening::JUNK_FREED), "{old} to {new}");
        }
        family.free(after).unwrap();
    }
}

/// Zero on free: nothing that a plugin freed, and no argument of a call, stays in its memory.
pub fn zero_on_free_leaves_nothing_behind<S: Subject>() {
    let mut family = hardened::<S>(Hardening { zero_on_free: true, ..Hardening::default() });
    for size in [16, 1000, 50_000] {
        let block = family.malloc(size).unwrap();
        family.fill(block, 0x77, size);
        family.free(block).unwrap();
        assert!(family.bytes(block, size).iter().all(|b| *b == 0), "{size}");
    }
    family.plugin.call::<_, ()>("keep_argument", ("a secret that nobody else has",)).unwrap();
    let guest = family.plugin.guest();
    let memory = hostheap_core::Context::memory(guest.context_ref()).unwrap();
    assert!(!memory.windows(8).any(|bytes| bytes == b"a secret"), "the argument is still there");
}

/// Quarantine: a freed block is not used again at once, and a second free of it is found.
pub fn quarantine_delays_reuse<S: Subject>() {
    let hardening = Hardening { quarantine_blocks: 8, ..Hardening::default() };
    let mut family = hardened::<S>(hardening);
    let first = family.malloc(64).unwrap();
    family.free(first).unwrap();
    for n in 0..8 {
        let next = family.malloc(64).unwrap();
        assert_ne!(next, first, "reused after {n} frees");
        family.free(next).unwrap();
    }
    assert_eq!(expect::invalid_kind(family.free(first)), InvalidKind::AlreadyFreed);
}

/// Random placement: it differs from seed to seed, and repeats with the same seed.
pub fn placement_follows_from_a_seed<S: Subject>() {
    let offsets = |placement_seed: u64| {
        let mut family = hardened::<S>(Hardening { placement_seed, ..Hardening::default() });
        (0..40).map(|i| family.malloc(16 + i % 3 * 100).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(offsets(1), offsets(1));
    assert_ne!(offsets(1), offsets(2));
    assert_ne!(offsets(1), offsets(0));
}

/// All modes together: C's semantics hold, and nothing is lost.
pub fn all_modes_together_serve_a_plugin<S: Subject>() {
    let mut family = hardened::<S>(Hardening {
        quarantine_blocks: 100,
        quarantine_bytes: 100_000,
        junk_fill: true,
        zero_on_free: true,
        placement_seed: 42,
    });
    let mut blocks = Vec::new();
    for i in 0..300_u32 {
        let size = i * 53 % 3000 + 1;
        let block = family.malloc(size).unwrap();
        family.fill(block, i as u8, size);
        blocks.push((block, size, i as u8));
        if i % 3 == 0 {
            let (block, size, byte) = blocks.swap_remove(blocks.len() / 2);
            assert!(family.bytes(block, size).iter().all(|b| *b == byte));
            let block = family.realloc(block, size * 2).unwrap();
            assert!(family.bytes(block, size).iter().all(|b| *b == byte));
            family.free(block).unwrap();
        }
    }
    for (block, size, byte) in blocks {
        assert!(family.bytes(block, size).iter().all(|b| *b == byte));
        family.free(block).unwrap();
    }
    assert_eq!(family.live(), 0);
}

/// The memory grows in the steps that the host chose.
pub fn memory_grows_in_the_hosts_steps<S: Subject>() {
    let growth = Growth { least_bytes: 5 * 65536, part: 0, ..Growth::default() };
    let mut family = Family::<S>::limited(&LoadOptions::new(), Limits::new().growth(growth));
    let before = family.plugin.heap_stats().top;
    while family.plugin.heap_stats().top == before {
        family.malloc(1000).unwrap();
    }
    assert_eq!(family.plugin.heap_stats().top, before + 5 * 65536);
}

/// A block above the host's limit for one block is refused with NULL; others are served.
pub fn one_block_has_a_limit_of_its_own<S: Subject>() {
    let limits = Limits::new().max_block(10_000);
    let mut family = Family::<S>::limited(&LoadOptions::new(), limits);
    assert_eq!(family.malloc(10_001).unwrap(), 0);
    assert_ne!(family.malloc(10_000).unwrap(), 0);
    assert_eq!(family.plugin.heap_stats().failed, 1);
}

/// A block for which an alignment of 8 will do has no more bytes than it needs.
pub fn an_alignment_of_eight_saves_bytes<S: Subject>() {
    let mut family = Family::<S>::new();
    for size in [24, 40, 56, 120] {
        let block = family.aligned_alloc(8, size).unwrap();
        assert_eq!(block % 8, 0);
        assert_eq!(family.usable_size(block).unwrap(), size);
        family.free(block).unwrap();
        let mut again = Family::<S>::new();
        let block = again.aligned_alloc(8, size).unwrap();
        let error = expect::invalid_kind(again.free(block + 8));
        assert_eq!(error, InvalidKind::Interior { block, size });
    }
}
