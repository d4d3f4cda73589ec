//! Millions of operations of every kind, nonsense included, in several configurations.
//!
//! `HOSTHEAP_OPS` is how many operations all of them run together, ten million by default.

use hostheap_core::heap::{Hardening, Realloc};

use crate::checked::{Checked, Grow, Limits};
use crate::random::Random;

/// How many tests share the operations.
const CONFIGURATIONS: u64 = 11;

/// Between two checks of everything.
const CHECK_EVERY: u64 = 8192;

/// At most so many pieces of memory, so that looking through them stays cheap.
const MAX_REGIONS: usize = 24;

/// What a run looks like.
struct Run {
    limits: Limits,
    seed: u64,
    /// The most blocks that are kept live.
    blocks: usize,
    /// Sizes have mostly up to so many bits, and seldom up to the second number.
    bits: (u64, u64),
}

struct Script {
    checked: Checked,
    random: Random,
    bits: (u64, u64),
    /// Blocks that were live when they were put here; some are gone since.
    handles: Vec<u32>,
}

impl Run {
    fn new(seed: u64) -> Run {
        let max_memory = if cfg!(miri) { 1 << 19 } else { 256 << 20 };
        let limits = Limits { max_memory, ..Limits::none(1024) };
        Run { limits, seed, blocks: 1500, bits: (9, 15) }
    }

    fn hardened(seed: u64, hardening: Hardening) {
        let run = Run::new(seed);
        // Tight enough that memory runs out now and then, which ends the quarantine.
        let limits = Limits { hardening, max_memory: 300_000, ..run.limits };
        Run { limits, ..run }.go();
    }

    fn go(self) {
        let operations = operations();
        let mut checked = Checked::new(self.limits);
        checked.thorough_every = 503;
        let start = u64::from(self.limits.base);
        checked.extend(start, (start + 1).next_multiple_of(65536).min(self.limits.max_memory));
        let mut script =
            Script { checked, random: Random(self.seed), bits: self.bits, handles: Vec::new() };
        let mut goal = self.blocks;
        let mut next_check = CHECK_EVERY.min(operations / 4);
        while script.checked.operations < operations {
            script.step(goal);
            if script.checked.operations >= next_check {
                script.checked.check();
                next_check += CHECK_EVERY;
                // Sometimes nearly empty, sometimes as full as it gets.
                goal = script.random.below(self.blocks as u64 + 1) as usize;
            }
        }
        let stats = script.checked.heap.stats();
        println!(
            "{} operations, {} blocks handed out, at most {} live, {} invalid frees, {} requests \
             failed, {} pieces of memory, {} KiB",
            script.checked.operations,
            stats.allocated,
            stats.peak_blocks,
            stats.invalid_frees,
            stats.failed,
            script.checked.regions.len(),
            stats.owned_bytes >> 10,
        );
        script.checked.check();
        script.checked.free_all_and_expect_empty();
    }
}

/// Operations of one configuration.
fn operations() -> u64 {
    let all = match std::env::var("HOSTHEAP_OPS") {
        Ok(text) => text.parse().expect("HOSTHEAP_OPS is a number of operations"),
        Err(_) if cfg!(miri) => CONFIGURATIONS * 400,
        Err(_) => 10_000_000,
    };
    u64::div_ceil(all, CONFIGURATIONS)
}

impl Script {
    fn step(&mut self, goal: usize) {
        let more = self.checked.live.len() < goal;
        match self.random.below(200) {
            0..64 if more => {
                let (size, grow) = (self.size(), self.grow());
                let outcome = self.checked.malloc(size, grow);
                self.handles.extend(outcome.ok());
            }
            64..76 if more => {
                let (size, grow) = (self.size(), self.grow());
                let count = self.random.below(5) as u32;
                let outcome = self.checked.calloc(count, size / 2, grow);
                self.handles.extend(outcome.ok());
            }
            76..92 if more => {
                let (align, size, grow) = (self.align(), self.size(), self.grow());
                let outcome = self.checked.aligned_alloc(align, size, grow);
                self.handles.extend(outcome.ok());
            }
            92..116 => {
                let (block, size, grow) = (self.any_handle(), self.size(), self.grow());
                let done = self.checked.realloc(block.unwrap_or(0), size, grow);
                self.handles.extend(done.map(Realloc::offset));
            }
            116..122 => {
                let (size, grow) = (self.size() % 3000, self.grow());
                if self.checked.lent.len() < 6 {
                    _ = self.checked.lend(size, grow);
                }
            }
            122..128 => {
                let last = self.checked.lent.last().copied();
                let lent = match self.random.below(4) {
                    0 => self.random.pick(&self.checked.lent),
                    1 => self.any_handle(),
                    _ => last,
                };
                self.checked.take_back(lent.unwrap_or(0));
            }
            128..152 => self.nonsense(),
            152..155 => self.look(),
            155 => self.seldom(),
            _ => {
                if let Some(block) = self.take_handle() {
                    self.checked.free(block);
                }
            }
        }
    }

    /// Frees and reallocs of what is no block, of every kind.
    fn nonsense(&mut self) {
        let by = self.random.next();
        let block = self.any_handle().unwrap_or(0);
        let size = u64::from(self.checked.live.get(&block).copied().unwrap_or(1));
        let base = u64::from(self.checked.heap.base());
        let regions = &self.checked.regions;
        let edge = self.random.pick(regions).map_or(0, |(start, end)| match by % 2 {
            0 => start,
            _ => end,
        });
        let at = match self.random.below(12) {
            0 => u64::from(block) + by % size,
            1 => u64::from(block) + [1, 4, 8, 16, 24, 256][by as usize % 6],
            2 => u64::from(block).wrapping_sub([1, 8, 16, 256][by as usize % 4]),
            3 => self.checked.stale.into(),
            4 => {
                let from = (by % (1 << 32)) as u32;
                self.checked.freed.range(from..).next().copied().unwrap_or(0).into()
            }
            5 => by % base,
            6 => self.checked.top() + by % 70_000,
            // Around the edges of holes, and within the first.
            7 => edge.wrapping_add(by % 600).wrapping_sub(300),
            8 => regions.first().map_or(0, |first| first.1 + by % 65536),
            9 => base + by % (self.checked.top() - base + 1),
            10 => self.random.pick(&self.checked.lent).unwrap_or(0).into(),
            _ => by,
        } as u32;
        match self.random.below(8) {
            0 if !self.checked.live.contains_key(&at) => {
                let size = self.size();
                let done = self.checked.realloc(at, size, Grow::Refuse);
                self.handles.extend(done.map(Realloc::offset));
            }
            _ => _ = self.checked.free(at),
        }
    }

    /// Questions that change nothing.
    fn look(&mut self) {
        let base = u64::from(self.checked.heap.base());
        let at = (base + self.random.below(self.checked.top() - base + 300)) as u32;
        let heap = &self.checked.heap;
        assert_eq!(heap.block_containing(at), self.checked.containing(at));
        assert_eq!(heap.usable_size(at).ok(), self.checked.live.get(&at).copied());
        assert_eq!(heap.is_lent(at), self.checked.lent.contains(&at));
        self.checked.operations += 3;
    }

    /// What happens now and then: memory comes unasked, or everything goes at once.
    fn seldom(&mut self) {
        let top = self.checked.top();
        match self.random.below(100) {
            0 => {
                self.checked.reset();
                self.handles.clear();
            }
            1..3 => self.checked.extend(top, top + self.random.next() % 9000),
            3 if self.checked.regions.len() < MAX_REGIONS => {
                let start = top + self.random.below(5000);
                self.checked.extend(start, start + self.random.below(30_000));
            }
            4..6 => {
                let start = top.saturating_sub(self.random.below(9000));
                self.checked.extend(start, start + 10);
            }
            6 => self.checked.extend(top, u64::MAX),
            _ => {}
        }
    }

    fn size(&mut self) -> u32 {
        let (most, rare) = self.bits;
        let most = if self.random.below(100) == 0 { rare } else { most };
        let bits = 1 + self.random.below(most);
        match self.random.below(5000) {
            0 => u32::MAX - self.random.below(70_000) as u32,
            _ => self.random.below(1 << bits) as u32,
        }
    }

    fn align(&mut self) -> u32 {
        match self.random.below(200) {
            0 => self.random.next() as u32,
            1..4 => 1 << self.random.below(32),
            4..70 => 1 << self.random.below(4),
            70..120 => 8,
            _ => 1 << self.random.below(10),
        }
    }

    fn grow(&mut self) -> Grow {
        match self.random.below(100) {
            0 if self.checked.regions.len() < MAX_REGIONS => {
                Grow::AfterHole(1 + self.random.below(150_000) as u32)
            }
            0..15 => Grow::Refuse,
            15..40 => Grow::Min,
            _ => Grow::Want,
        }
    }

    /// A live block, most likely, and mostly one of its owner's.
    fn any_handle(&mut self) -> Option<u32> {
        let handle = self.take_handle();
        self.handles.extend(handle);
        handle
    }

    fn take_handle(&mut self) -> Option<u32> {
        for _ in 0..20 {
            let index = self.random.below(self.handles.len() as u64) as usize;
            let handle = *self.handles.get(index)?;
            self.handles.swap_remove(index);
            if self.checked.live.contains_key(&handle) {
                return Some(handle);
            }
        }
        None
    }
}

#[test]
fn default() {
    Run::new(1).go();
}

#[test]
fn few_blocks() {
    Run { blocks: 40, ..Run::new(2) }.go();
}

#[test]
fn tiny_quotas() {
    let run = Run::new(3);
    let limits = Limits {
        max_memory: 300_000,
        max_live_bytes: 60_000,
        max_blocks: 300,
        max_block: 9000,
        ..run.limits
    };
    Run { limits, ..run }.go();
}

#[test]
fn small_sizes() {
    Run { bits: (7, 9), blocks: 6000, ..Run::new(4) }.go();
}

#[test]
fn large_sizes() {
    Run { bits: (16, 20), blocks: 200, ..Run::new(5) }.go();
}

#[test]
fn a_memory_at_the_end_of_four_gibibytes() {
    let limits = Limits::none(0u32.wrapping_sub(300_000));
    Run { limits, ..Run::new(6) }.go();
}

#[test]
fn quarantine() {
    let hardening =
        Hardening { quarantine_blocks: 50, quarantine_bytes: 20_000, ..Hardening::default() };
    Run::hardened(7, hardening);
}

#[test]
fn random_placement() {
    Run::hardened(8, Hardening { placement_seed: 77, ..Hardening::default() });
}

#[test]
fn junk() {
    Run::hardened(9, Hardening { junk_fill: true, ..Hardening::default() });
}

#[test]
fn zeros() {
    Run::hardened(10, Hardening { zero_on_free: true, ..Hardening::default() });
}

#[test]
fn all_modes_together() {
    let hardening = Hardening {
        quarantine_blocks: 200,
        quarantine_bytes: 0,
        junk_fill: true,
        zero_on_free: true,
        placement_seed: 5,
    };
    Run::hardened(11, hardening);
}
