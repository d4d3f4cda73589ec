//! A heap next to a model of it: every operation is checked against what the model expects.
//!
//! The fuzzer uses it as well, see `fuzz/`.

mod allocate;
mod release;

use std::collections::{BTreeMap, BTreeSet};

use hostheap_core::heap::{AllocError, Block, Hardening, Heap, HeapConfig, HeapStats};

const PAGE: u64 = 65536;

/// What the caller does when the heap needs memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grow {
    /// The memory does not grow.
    Refuse,
    /// It grows by the least that was asked for.
    Min,
    /// It grows by what was wanted.
    Want,
    /// Somebody else grew it by so many bytes before; then as wanted.
    AfterHole(u32),
}

/// The limits of a heap, as the model needs them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) base: u32,
    pub(crate) max_memory: u64,
    pub(crate) max_live_bytes: u64,
    pub(crate) max_blocks: u32,
    pub(crate) max_block: u32,
    pub(crate) hardening: Hardening,
}

impl Limits {
    pub(crate) fn none(base: u32) -> Limits {
        Limits {
            base,
            max_memory: 1 << 32,
            max_live_bytes: u64::MAX,
            max_blocks: u32::MAX,
            max_block: u32::MAX,
            hardening: Hardening::default(),
        }
    }

    pub(crate) fn config(self) -> HeapConfig {
        HeapConfig::new(self.base)
            .max_memory(self.max_memory)
            .max_live_bytes(self.max_live_bytes)
            .max_blocks(self.max_blocks)
            .max_block(self.max_block)
            .hardening(self.hardening)
    }

    /// Whether freed blocks wait before their memory is used again.
    fn delays_reuse(self) -> bool {
        self.hardening.quarantine_blocks > 0
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) heap: Heap,
    pub(crate) limits: Limits,
    /// Live blocks, lent ones included: start and usable size.
    pub(crate) live: BTreeMap<u32, u32>,
    /// Lent blocks, in the order they were lent.
    pub(crate) lent: Vec<u32>,
    /// Those of them that are kept, with their generations.
    pub(crate) kept: BTreeMap<u32, u32>,
    pub(crate) generation: u32,
    /// What the heap was given, in order; touching pieces are joined.
    pub(crate) regions: Vec<(u64, u64)>,
    /// Whether the latest extension began above the top.
    pub(crate) after_hole: bool,
    /// The last block that was freed.
    pub(crate) stale: u32,
    /// Where blocks started that were freed.
    pub(crate) freed: BTreeSet<u32>,
    /// Every so many operations the whole heap is compared with what it was, not just its
    /// counters: that takes time in proportion to the heap.
    pub(crate) thorough_every: u64,
    /// Operations so far.
    pub(crate) operations: u64,
    /// What the counters of bytes must be.
    requested: u64,
    granted: u64,
}

/// How an allocation ended.
pub(crate) type Outcome = Result<u32, AllocError>;

/// A heap before an operation.
struct Before {
    stats: HeapStats,
    /// A copy, if this operation is one of those that are checked thoroughly.
    heap: Option<Heap>,
}

impl Before {
    /// Nothing changed but the counts of failures.
    fn expect_same(&self, heap: &Heap) {
        let mut now = heap.stats();
        (now.failed, now.invalid_frees) = (self.stats.failed, self.stats.invalid_frees);
        assert_eq!(now, self.stats);
        assert!(self.heap.as_ref().is_none_or(|before| heap.same_state(before)));
    }

    /// No block changed, nor any count but that of failures.
    fn expect_same_blocks(&self, heap: &Heap) {
        let mut now = heap.stats();
        (now.failed, now.metadata_bytes) = (self.stats.failed, self.stats.metadata_bytes);
        assert_eq!(now, self.stats);
        if let Some(before) = &self.heap {
            assert!(heap.same_blocks(before));
            heap.audit().unwrap();
        }
    }
}

impl Checked {
    pub(crate) fn new(limits: Limits) -> Checked {
        let heap = Heap::new(limits.config());
        Checked {
            heap,
            limits,
            live: BTreeMap::new(),
            lent: Vec::new(),
            kept: BTreeMap::new(),
            generation: 0,
            regions: Vec::new(),
            after_hole: false,
            stale: 0,
            freed: BTreeSet::new(),
            thorough_every: 1,
            operations: 0,
            requested: 0,
            granted: 0,
        }
    }

    fn before(&mut self) -> Before {
        self.operations += 1;
        let thorough = self.operations.is_multiple_of(self.thorough_every);
        Before { stats: self.heap.stats(), heap: thorough.then(|| self.heap.clone()) }
    }

    /// The first byte that blocks may have. Rounded up it may be past every offset.
    fn base(&self) -> u64 {
        u64::from(self.limits.base.max(1)).next_multiple_of(16)
    }

    pub(crate) fn top(&self) -> u64 {
        self.regions.last().map_or(self.base(), |region| region.1)
    }

    pub(crate) fn nth_live(&self, n: usize) -> Option<u32> {
        let len = self.live.len();
        self.live.keys().nth(n.checked_rem(len)?).copied()
    }

    /// Checks everything that holds between operations.
    pub(crate) fn check(&self) {
        self.heap.audit().unwrap();
        let stats = self.heap.stats();
        assert_eq!(stats.live_blocks as usize, self.live.len());
        assert_eq!(stats.live_bytes, self.live.values().map(|&size| u64::from(size)).sum::<u64>());
        assert!(stats.peak_bytes >= stats.live_bytes && stats.peak_blocks >= stats.live_blocks);
        assert!(stats.peak_bytes <= self.limits.max_live_bytes);
        assert!(stats.peak_blocks <= self.limits.max_blocks);
        assert_eq!(stats.allocated - stats.freed, u64::from(stats.live_blocks));
        assert_eq!(stats.requested_bytes, self.requested);
        assert_eq!(stats.granted_bytes, self.granted);
        assert_eq!(stats.owned_bytes, self.regions.iter().map(|(s, e)| e - s).sum::<u64>());
        assert_eq!(stats.top, self.top());
        assert_eq!(self.heap.top(), self.top());
        let in_heap = self.base() + stats.owned_bytes + stats.hole_bytes;
        assert_eq!(in_heap, self.top());
        let blocks: Vec<Block> = self.heap.blocks().collect();
        let expected: Vec<Block> =
            self.live.iter().map(|(&offset, &size)| Block { offset, size }).collect();
        assert_eq!(blocks, expected);
    }

    pub(crate) fn extend(&mut self, start: u64, end: u64) {
        let before = self.before();
        let from = start.max(self.base());
        let fine = start <= end
            && start >= u64::from(self.limits.base)
            && from >= self.top()
            && end <= self.limits.max_memory;
        let result = self.heap.extend(start, end);
        assert_eq!(result.is_ok(), fine, "extend {start:#x}..{end:#x}: {result:?}");
        if !fine || end <= from {
            before.expect_same(&self.heap);
            return;
        }
        self.after_hole = from > before.stats.top;
        match self.regions.last_mut() {
            Some(last) if last.1 == from => last.1 = end,
            _ => self.regions.push((from, end)),
        }
    }

    pub(crate) fn reset(&mut self) {
        self.heap.reset();
        self.freed.extend(self.live.keys());
        self.live.clear();
        self.lent.clear();
        self.kept.clear();
    }

    /// Frees everything, one by one, and finds the heap as good as new.
    pub(crate) fn free_all_and_expect_empty(mut self) {
        let mut fresh = self.clone();
        for offset in self.lent.clone() {
            self.take_back(offset);
        }
        for offset in self.live.clone().into_keys() {
            assert!(self.free(offset));
        }
        self.check();
        assert_eq!(self.heap.stats().live_bytes, 0);
        fresh.reset();
        fresh.check();
        // What is in quarantine is reused only once memory has run out.
        if !self.limits.delays_reuse() {
            self.expect_one_large_block();
        }
        fresh.expect_one_large_block();
    }

    /// The longest region is one block again, unless a limit is in the way.
    fn expect_one_large_block(&mut self) {
        // Of very many free runs, only some are looked at.
        if self.regions.len() > 8 {
            return;
        }
        let longest = self.regions.iter().map(|&(s, e)| whole_units(s, e)).max();
        let Some(Ok(size)) = longest.map(u32::try_from) else { return };
        if size > 2048 {
            let result = self.heap.malloc(size);
            let limited = matches!(
                result,
                Err(AllocError::QuotaExceeded { .. }
                    | AllocError::TooLarge { .. }
                    | AllocError::TooManyBlocks { .. })
            );
            assert!(result.is_ok() || limited, "{size} bytes in one piece: {result:?}");
        }
    }
}

/// How many bytes of a region make whole units.
fn whole_units(start: u64, end: u64) -> u64 {
    (end / 256 * 256).saturating_sub(start.next_multiple_of(256))
}
