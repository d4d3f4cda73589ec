//! Every sequence of a few operations on a tiny heap.

use crate::checked::{Checked, Grow, Limits};

/// What can be done at each step.
const STEPS: [fn(&mut Checked); 11] = [
    |it| _ = it.malloc(0, Grow::Refuse),
    |it| _ = it.malloc(100, Grow::Refuse),
    |it| _ = it.malloc(1025, Grow::Refuse),
    |it| _ = it.malloc(1500, Grow::AfterHole(65536)),
    |it| _ = it.aligned_alloc(512, 10, Grow::Refuse),
    |it| _ = it.free(it.nth_live(0).unwrap_or(16)),
    |it| _ = it.free(it.stale.wrapping_add(16)),
    |it| _ = it.realloc(it.nth_live(0).unwrap_or(0), 2000, Grow::Refuse),
    |it| _ = it.realloc(it.nth_live(1).unwrap_or(0), 0, Grow::Refuse),
    |it| it.extend(it.top(), it.top() + 640),
    |it| it.extend(it.top() + 300, it.top() + 1400),
];

fn visit(checked: &Checked, depth: u32) -> u64 {
    checked.check();
    if depth == 0 {
        return 1;
    }
    STEPS
        .iter()
        .map(|step| {
            let mut next = checked.clone();
            step(&mut next);
            visit(&next, depth - 1)
        })
        .sum()
}

#[test]
fn every_sequence_of_five_operations_on_a_tiny_heap() {
    let limits = Limits { max_blocks: 4, max_live_bytes: 3500, ..Limits::none(1000) };
    let mut checked = Checked::new(limits);
    checked.extend(1000, 4096);
    let sequences = visit(&checked, 5);
    assert_eq!(sequences, (STEPS.len() as u64).pow(5));
}
