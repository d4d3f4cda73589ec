//! Making the traces.

use super::{Kind, Row, Sizes, Step, Trace};
use crate::random::Random;

/// The seed of every trace, mixed with nothing: each row starts anew from it.
const SEED: u64 = 0x686f_7374_6865_6170;

/// What each phase of trace C multiplies B's sizes by.
const PHASES: [f64; 4] = [1.0, 2.0, 0.5, 3.0];
/// How many of the slots are freed between two phases of trace C.
const FREED_BETWEEN: f64 = 0.9;
/// The size of the pair.
pub(crate) const PAIR_SIZE: u32 = 48;
/// The number of live blocks in trace small, at least and at most.
const SMALL_LIVE: (usize, usize) = (20, 200);
/// The most steps of one burst in trace small.
const SMALL_BURST: u32 = 16;
/// A vector's first and last size, in bytes.
const VECTOR: (u32, u32) = (16, 65536);

/// The trace of `row`.
pub(super) fn trace(row: Row, steps: usize) -> Trace {
    let mut random = Random::new(SEED);
    let random = &mut random;
    let (slots, warm_up, timed) = match row {
        Row::Pair => (0, Vec::new(), pairs(steps)),
        Row::PairInUse => (1000, fill(random, 1000, Sizes::B), pairs(steps)),
        Row::A => churn(random, 50_000, Sizes::Wide, steps),
        Row::B | Row::Calloc => churn(random, 50_000, Sizes::B, steps),
        Row::C => phases(random, 50_000, steps),
        Row::D => churn(random, 500, Sizes::B, steps),
        Row::Small => wandering(random, steps),
        Row::Vector => vectors(random, 16, steps),
        Row::Large => {
            let (slots, mut warm_up, timed) = churn(random, 64, Sizes::Large, steps);
            // So few slots would still make the memory grow while it is timed.
            warm_up.extend(replace(random, slots, Sizes::Large, 1500));
            (slots, warm_up, timed)
        }
    };
    let slots = slots as usize;
    let operations = operations(row.kind(), slots, &warm_up, &timed);
    Trace { row, slots, warm_up, timed, operations }
}

/// The three parts of a trace: number of slots, warm-up, timed steps.
type Parts = (u32, Vec<Step>, Vec<Step>);

/// Steps of which only the number counts.
fn pairs(steps: usize) -> Vec<Step> {
    vec![Step { slot: 0, size: PAIR_SIZE }; steps]
}

/// One step for each slot, in order.
fn fill(random: &mut Random, slots: u32, sizes: Sizes) -> Vec<Step> {
    (0..slots).map(|slot| Step { slot, size: sizes.next(random) }).collect()
}

/// Fill all slots, then replace a random one in each step.
fn churn(random: &mut Random, slots: u32, sizes: Sizes, steps: usize) -> Parts {
    let warm_up = fill(random, slots, sizes);
    let timed = replace(random, slots, sizes, steps);
    (slots, warm_up, timed)
}

/// Replaces a random slot in each step.
fn replace(random: &mut Random, slots: u32, sizes: Sizes, steps: usize) -> Vec<Step> {
    (0..steps).map(|_| Step { slot: random.below(slots), size: sizes.next(random) }).collect()
}

/// Trace C. The warm-up fills the slots; each phase replaces random slots with its own sizes, and
/// before each phase but the first, 90 % of the slots are emptied, in random order.
fn phases(random: &mut Random, slots: u32, steps: usize) -> Parts {
    let warm_up = fill(random, slots, Sizes::Small { factor: PHASES[0] });
    let mut timed = Vec::with_capacity(steps + 3 * slots as usize);
    for (number, factor) in PHASES.into_iter().enumerate() {
        if number > 0 {
            let mut order: Vec<u32> = (0..slots).collect();
            for i in (1..order.len()).rev() {
                order.swap(i, random.below(i as u32 + 1) as usize);
            }
            let freed = (f64::from(slots) * FREED_BETWEEN) as usize;
            timed.extend(order.into_iter().take(freed).map(|slot| Step { slot, size: 0 }));
        }
        timed.extend(replace(random, slots, Sizes::Small { factor }, steps / PHASES.len()));
    }
    (slots, warm_up, timed)
}

/// Trace small: the number of live blocks wanders between 20 and 200. As a plugin's calls do, steps
/// come in bursts: 1 to [`SMALL_BURST`] mallocs into empty slots, or as many frees of full ones, in
/// random order. Each burst is one or the other with the same probability, and ends at the limit.
fn wandering(random: &mut Random, steps: usize) -> Parts {
    let (low, high) = SMALL_LIVE;
    let mut empty: Vec<u32> = (0..high as u32).rev().collect();
    let mut full: Vec<u32> = Vec::new();
    let mut take = |random: &mut Random, grow: bool| {
        let (from, to) = if grow { (&mut empty, &mut full) } else { (&mut full, &mut empty) };
        let slot = from.swap_remove(random.below(from.len() as u32) as usize);
        to.push(slot);
        let size = if grow { Sizes::Plugin.next(random) } else { 0 };
        Step { slot, size }
    };
    let mut live = usize::midpoint(low, high);
    let warm_up = (0..live).map(|_| take(random, true)).collect();
    let mut timed = Vec::with_capacity(steps + SMALL_BURST as usize);
    while timed.len() < steps {
        let grow = random.happens(0.5);
        for _ in 0..=random.below(SMALL_BURST) {
            if live == if grow { high } else { low } {
                break;
            }
            timed.push(take(random, grow));
            live = if grow { live + 1 } else { live - 1 };
        }
    }
    timed.truncate(steps);
    (high as u32, warm_up, timed)
}

/// Trace vector: each step doubles a random vector; one that has its last size is freed instead.
fn vectors(random: &mut Random, slots: u32, steps: usize) -> Parts {
    let mut sizes = vec![0u32; slots as usize];
    let mut step = |random: &mut Random| {
        let slot = random.below(slots);
        let size = &mut sizes[slot as usize];
        *size = match *size {
            0 => VECTOR.0,
            size if size >= VECTOR.1 => 0,
            size => size * 2,
        };
        Step { slot, size: *size }
    };
    let warm_up = (0..20 * slots).map(|_| step(random)).collect();
    let timed = (0..steps).map(|_| step(random)).collect();
    (slots, warm_up, timed)
}

/// Counts the operations of the timed steps.
pub(super) fn operations(kind: Kind, slots: usize, warm_up: &[Step], timed: &[Step]) -> u64 {
    if kind == Kind::Pair {
        return 2 * timed.len() as u64;
    }
    let mut full = vec![false; slots];
    let mut run = |steps: &[Step]| {
        let mut count = 0;
        for step in steps {
            let full = &mut full[step.slot as usize];
            count += u64::from(*full && (kind != Kind::Realloc || step.size == 0));
            count += u64::from(step.size > 0);
            *full = step.size > 0;
        }
        count
    };
    run(warm_up);
    run(timed)
}
