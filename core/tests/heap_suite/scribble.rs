//! Whatever is written to linear memory, the heap decides as if nothing had been.

use hostheap_core::Context;
use hostheap_core::allocate;
use hostheap_core::error::Error;
use hostheap_core::heap::{Hardening, HeapConfig};

use crate::host::Host;
use crate::random::Random;

/// One operation, as a guest and its host would carry it out, with all copying and zeroing.
#[derive(Clone, Copy, Debug)]
enum Step {
    Malloc(u32),
    Calloc(u32),
    Aligned(u32, u32),
    Realloc(u32, u32),
    Free(u32),
    UsableSize(u32),
}

impl Step {
    fn random(random: &mut Random, live: &[u32]) -> Step {
        let size = random.size();
        let block = random.pick(live).unwrap_or(0);
        match random.below(16) {
            0..4 => Step::Malloc(size),
            4..6 => Step::Calloc(size),
            6 => Step::Aligned(1 << random.below(12), size),
            7..9 => Step::Realloc(block, size),
            9..14 => Step::Free(block),
            14 => Step::Free(block + random.below(64) as u32),
            _ => Step::UsableSize(random.below(200_000) as u32),
        }
    }

    fn run(self, host: &mut Host) -> Result<u32, String> {
        let result = match self {
            Step::Malloc(size) => allocate::malloc(host, size),
            Step::Calloc(size) => allocate::calloc(host, 1, size),
            Step::Aligned(align, size) => allocate::aligned_alloc(host, align, size),
            Step::Realloc(block, size) => allocate::realloc(host, block, size),
            Step::Free(block) => allocate::free(host, block).map(|()| 0),
            Step::UsableSize(at) => allocate::usable_size(host, at),
        };
        result.map_err(|error: Error| error.to_string())
    }
}

fn same_answers_whatever_is_written(seed: u64, config: HeapConfig) {
    let steps = if cfg!(miri) { 40 } else { 6000 };
    let mut random = Random(seed);
    let [mut calm, mut scribbled] = [Host::new(config), Host::new(config)];
    (calm.max_memory, scribbled.max_memory) = (400_000, 400_000);
    let mut live = Vec::new();
    for _ in 0..steps {
        for chunk in scribbled.memory.chunks_mut(8) {
            chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
        }
        let step = Step::random(&mut random, &live);
        let answer = step.run(&mut calm);
        assert_eq!(step.run(&mut scribbled), answer, "{step:?}");
        assert_eq!(scribbled.heap(), calm.heap());
        assert_eq!(scribbled.heap().stats(), calm.heap().stats());
        assert_eq!(scribbled.memory.len(), calm.memory.len());
        let Ok(offset) = answer else { continue };
        match step {
            Step::Malloc(_) | Step::Aligned(..) => {}
            Step::Calloc(size) => {
                assert!(calm.bytes(offset, size).unwrap().iter().all(|&byte| byte == 0));
            }
            Step::Realloc(block, _) | Step::Free(block) => live.retain(|&other| other != block),
            Step::UsableSize(_) => continue,
        }
        if offset != 0 {
            live.push(offset);
        }
    }
    scribbled.heap().audit().unwrap();
    assert!(live.len() > 5, "the script keeps blocks");
    assert!(calm.heap().blocks().map(|block| block.offset).eq({
        live.sort_unstable();
        live
    }));
}

#[test]
fn random_bytes_all_over_memory_change_no_decision() {
    same_answers_whatever_is_written(1, HeapConfig::new(1024));
}

#[test]
fn nor_do_they_in_a_hardened_heap() {
    let hardening = Hardening {
        quarantine_blocks: 30,
        quarantine_bytes: 10_000,
        junk_fill: true,
        zero_on_free: true,
        placement_seed: 3,
    };
    same_answers_whatever_is_written(2, HeapConfig::new(1024).hardening(hardening));
}
