//! Random scripts of all operations, garbage included.

use hostheap_core::heap::Hardening;
use proptest::prelude::*;

use crate::checked::{Checked, Grow, Limits};

#[derive(Clone, Debug)]
enum Action {
    Malloc(u32, Grow),
    Aligned(u32, u32, Grow),
    Calloc(u32, u32, Grow),
    Realloc(usize, u32, Grow),
    Free(usize),
    FreeInside(usize, u32),
    FreeStale,
    FreeAt(u32),
    FreeAtEdge(usize, bool, i64),
    ReallocAt(u32, u32),
    Extend(i64, i64),
    Lend(u32, Grow),
    TakeBack(usize),
    Reset,
}

fn size() -> impl Strategy<Value = u32> {
    prop_oneof![
        20 => 0..200u32,
        10 => 0..1100u32,
        6 => 1000..10_000u32,
        2 => 10_000..300_000u32,
        1 => (0..40u32, -20..20i64).prop_map(|(p, d)| ((1i64 << p.min(32)) + d).clamp(0, u32::MAX.into()) as u32),
    ]
}

fn align() -> impl Strategy<Value = u32> {
    prop_oneof![10 => (0..9u32).prop_map(|p| 1 << p), 3 => (9..32u32).prop_map(|p| 1 << p), 1 => any::<u32>()]
}

fn grow() -> impl Strategy<Value = Grow> {
    prop_oneof![
        2 => Just(Grow::Refuse),
        6 => Just(Grow::Min),
        6 => Just(Grow::Want),
        1 => (1..4u32).prop_map(|pages| Grow::AfterHole(pages * 65536)),
        1 => (1..100_000u32).prop_map(Grow::AfterHole),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        30 => (size(), grow()).prop_map(|(size, grow)| Action::Malloc(size, grow)),
        8 => (align(), size(), grow()).prop_map(|(align, size, grow)| Action::Aligned(align, size, grow)),
        4 => (0..9u32, size(), grow()).prop_map(|(count, size, grow)| Action::Calloc(count, size, grow)),
        15 => (any::<usize>(), size(), grow()).prop_map(|(n, size, grow)| Action::Realloc(n, size, grow)),
        30 => any::<usize>().prop_map(Action::Free),
        3 => (any::<usize>(), 1..5000u32).prop_map(|(n, by)| Action::FreeInside(n, by)),
        2 => Just(Action::FreeStale),
        3 => prop_oneof![0..1_000_000u32, any::<u32>()].prop_map(Action::FreeAt),
        2 => (any::<usize>(), any::<bool>(), -140..140i64)
            .prop_map(|(n, end, by)| Action::FreeAtEdge(n, end, if by % 3 == 0 { 0 } else { by })),
        1 => (0..1_000_000u32, size()).prop_map(|(at, size)| Action::ReallocAt(at, size)),
        2 => (-200..70_000i64, -10..200_000i64).prop_map(|(gap, len)| Action::Extend(gap, len)),
        3 => (size(), grow()).prop_map(|(size, grow)| Action::Lend(size, grow)),
        3 => any::<usize>().prop_map(Action::TakeBack),
        1 => Just(Action::Reset),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    // What is checked takes time in proportion to the memory, so most of it is out of reach; the
    // end of the address space is reached from a base close to it.
    let reach = prop_oneof![
        6 => prop_oneof![0..70_000u32, Just(1024)].prop_map(|base| (base, 8u64 << 20)),
        2 => (0..70_000u32, 0..3_000_000u64),
        2 => (0..70_000u32, (1..40u64).prop_map(|pages| pages * 65536)),
        2 => (1..3_000_000u32).prop_map(|below| (0u32.wrapping_sub(below), 1u64 << 32)),
    ];
    let max_live_bytes = prop_oneof![3 => Just(u64::MAX), 1 => 0..100_000u64];
    let max_blocks = prop_oneof![3 => Just(u32::MAX), 1 => 0..40u32];
    let max_block = prop_oneof![3 => Just(u32::MAX), 1 => 0..20_000u32];
    (reach, max_live_bytes, max_blocks, max_block, hardening()).prop_map(
        |((base, max_memory), max_live_bytes, max_blocks, max_block, hardening)| Limits {
            base,
            max_memory,
            max_live_bytes,
            max_blocks,
            max_block,
            hardening,
        },
    )
}

fn hardening() -> impl Strategy<Value = Hardening> {
    let quarantine =
        prop_oneof![2 => Just((0, 0)), 1 => (1..20u32, prop_oneof![Just(0), 1..9000u32])];
    let seed = prop_oneof![2 => Just(0), 1 => any::<u64>()];
    let modes = (quarantine, seed).prop_map(|((quarantine_blocks, quarantine_bytes), seed)| {
        let placement_seed = seed;
        let junk_fill = seed % 5 == 1;
        Hardening {
            quarantine_blocks,
            quarantine_bytes,
            junk_fill,
            placement_seed,
            ..Hardening::default()
        }
    });
    prop_oneof![2 => Just(Hardening::default()), 1 => modes]
}

/// Runs a script; each step's outcome is part of the answer.
fn run(limits: Limits, script: &[Action]) -> (Checked, Vec<String>) {
    let mut checked = Checked::new(limits);
    let mut outcomes = Vec::new();
    checked.extend(limits.base.into(), 131_072);
    for action in script {
        let outcome = match *action {
            Action::Malloc(size, grow) => format!("{:?}", checked.malloc(size, grow)),
            Action::Aligned(align, size, grow) => {
                format!("{:?}", checked.aligned_alloc(align, size, grow))
            }
            Action::Calloc(count, size, grow) => {
                format!("{:?}", checked.calloc(count, size, grow))
            }
            Action::Realloc(n, size, grow) => {
                let block = checked.nth_live(n).unwrap_or(0);
                format!("{:?}", checked.realloc(block, size, grow))
            }
            Action::Free(n) => {
                let block = checked.nth_live(n).unwrap_or(0);
                format!("{:?}", checked.free(block))
            }
            Action::FreeInside(n, by) => {
                let block = checked.nth_live(n).unwrap_or(0);
                let size = checked.live.get(&block).copied().unwrap_or(1);
                format!("{:?}", checked.free(block.saturating_add(by % size)))
            }
            Action::FreeStale => {
                let stale = checked.stale;
                format!("{:?}", checked.free(stale))
            }
            Action::FreeAt(at) => format!("{:?}", checked.free(at)),
            Action::FreeAtEdge(n, end, by) => {
                let Some(count) = n.checked_rem(checked.regions.len()) else { continue };
                let region = checked.regions[count];
                let edge = if end { region.1 } else { region.0 };
                let at = edge.saturating_add_signed(by).min(u32::MAX.into());
                format!("{:?}", checked.free(at as u32))
            }
            Action::ReallocAt(at, size) => {
                format!("{:?}", checked.realloc(at, size, Grow::Refuse))
            }
            Action::Extend(gap, len) => {
                let start = checked.top().saturating_add_signed(gap);
                checked.extend(start, start.saturating_add_signed(len));
                String::new()
            }
            Action::Lend(size, grow) => format!("{:?}", checked.lend(size, grow)),
            Action::TakeBack(n) => {
                let lent = n.checked_rem(checked.lent.len()).map(|n| checked.lent[n]);
                checked.take_back(lent.unwrap_or(checked.stale));
                String::new()
            }
            Action::Reset => {
                checked.reset();
                String::new()
            }
        };
        outcomes.push(outcome);
        checked.check();
    }
    (checked, outcomes)
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if cfg!(miri) { 1 } else { default.cases };
    ProptestConfig { failure_persistence: None, cases, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_operation_does_what_the_model_says(
        limits in limits(),
        script in prop::collection::vec(action(), 1..120),
    ) {
        run(limits, &script).0.free_all_and_expect_empty();
    }

    #[test]
    fn the_same_calls_give_the_same_offsets(
        limits in limits(),
        script in prop::collection::vec(action(), 1..40),
    ) {
        let (first, outcomes) = run(limits, &script);
        let (second, again) = run(limits, &script);
        prop_assert_eq!(outcomes, again);
        prop_assert!(first.heap == second.heap);
    }

    #[test]
    fn small_blocks_come_and_go(
        script in prop::collection::vec(
            prop_oneof![
                5 => (0..1300u32).prop_map(|size| Action::Malloc(size, Grow::Min)),
                4 => any::<usize>().prop_map(Action::Free),
                1 => (any::<usize>(), 0..1300u32).prop_map(|(n, size)| Action::Realloc(n, size, Grow::Min)),
            ],
            100..400,
        ),
    ) {
        run(Limits::none(1000), &script).0.free_all_and_expect_empty();
    }
}
