//! Every sequence of a few operations on a tiny heap.

use hostheap_core::heap::Hardening;

use crate::checked::{Checked, Grow, Limits};

type Step = fn(&mut Checked);

/// What can be done at each step.
const STEPS: [Step; 17] = [
    |it| _ = it.malloc(0, Grow::Refuse),
    |it| _ = it.malloc(100, Grow::Refuse),
    |it| _ = it.malloc(1025, Grow::Refuse),
    |it| _ = it.malloc(2100, Grow::AfterHole(65536)),
    |it| _ = it.aligned_alloc(512, 10, Grow::Refuse),
    |it| _ = it.aligned_alloc(8, 24, Grow::Refuse),
    |it| _ = it.calloc(3, 200, Grow::Refuse),
    |it| _ = it.lend(40, Grow::Refuse),
    |it| it.take_back(it.lent.last().copied().unwrap_or(it.stale)),
    |it| _ = it.free(it.nth_live(0).unwrap_or(16)),
    |it| _ = it.free(it.live.keys().last().copied().unwrap_or(1024)),
    |it| _ = it.free(it.stale),
    |it| _ = it.realloc(it.nth_live(0).unwrap_or(0), 2000, Grow::Refuse),
    |it| _ = it.realloc(it.nth_live(1).unwrap_or(0), 0, Grow::Refuse),
    |it| it.extend(it.top(), it.top() + 640),
    |it| it.extend(it.top() + 300, it.top() + 1400),
    Checked::reset,
];

/// The core of it, for longer sequences.
const CORE: [Step; 11] = [
    |it| _ = it.malloc(16, Grow::Refuse),
    |it| _ = it.malloc(500, Grow::Refuse),
    |it| _ = it.malloc(2100, Grow::Refuse),
    |it| _ = it.aligned_alloc(8, 24, Grow::Refuse),
    |it| _ = it.aligned_alloc(512, 10, Grow::Refuse),
    |it| _ = it.free(it.nth_live(0).unwrap_or(it.stale)),
    |it| _ = it.free(it.nth_live(1).unwrap_or(1008)),
    |it| _ = it.free(it.live.keys().last().copied().unwrap_or(1024)),
    |it| _ = it.realloc(it.nth_live(0).unwrap_or(0), 1000, Grow::Refuse),
    |it| it.extend(it.top(), it.top() + 640),
    |it| it.extend(it.top() + 300, it.top() + 1400),
];

/// With a quarantine: what waits, what comes back, and what ends it.
const HARDENED: [Step; 11] = [
    |it| _ = it.malloc(24, Grow::Refuse),
    |it| _ = it.malloc(700, Grow::Refuse),
    |it| _ = it.malloc(2100, Grow::Refuse),
    |it| _ = it.aligned_alloc(8, 40, Grow::Refuse),
    |it| _ = it.lend(24, Grow::Refuse),
    |it| it.take_back(it.lent.last().copied().unwrap_or(it.stale)),
    |it| _ = it.free(it.nth_live(0).unwrap_or(it.stale)),
    |it| _ = it.free(it.stale),
    |it| _ = it.realloc(it.nth_live(0).unwrap_or(0), 1500, Grow::Refuse),
    |it| _ = it.realloc(it.live.keys().last().copied().unwrap_or(0), 0, Grow::Refuse),
    Checked::reset,
];

fn visit(checked: &Checked, steps: &[Step], depth: u32) -> u64 {
    checked.check();
    if depth == 0 {
        return 1;
    }
    steps
        .iter()
        .map(|step| {
            let mut next = checked.clone();
            step(&mut next);
            visit(&next, steps, depth - 1)
        })
        .sum()
}

fn every_sequence(limits: Limits, steps: &[Step], length: u32) {
    let length = if cfg!(miri) { 1 } else { length };
    let mut checked = Checked::new(limits);
    checked.extend(1000, 4096);
    assert_eq!(visit(&checked, steps, length), (steps.len() as u64).pow(length));
}

#[test]
fn every_sequence_of_five_operations_on_a_tiny_heap() {
    let limits = Limits { max_blocks: 4, max_live_bytes: 3500, ..Limits::none(1000) };
    every_sequence(limits, &STEPS, 5);
}

#[test]
fn every_sequence_of_six_of_the_core_operations() {
    every_sequence(Limits::none(1000), &CORE, 6);
}

#[test]
fn every_sequence_of_six_operations_with_a_quarantine() {
    let hardening = Hardening { quarantine_blocks: 2, ..Hardening::default() };
    // The memory is all there will be, so that running out of it ends the quarantine.
    let limits = Limits { max_memory: 4096, hardening, ..Limits::none(1000) };
    every_sequence(limits, &HARDENED, 6);
}
