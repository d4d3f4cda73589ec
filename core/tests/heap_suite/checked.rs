//! A heap next to a model of it: every operation is checked against what the model expects.

use std::collections::{BTreeMap, BTreeSet};

use hostheap_core::heap::{
    AllocError, Block, Heap, HeapConfig, InvalidKind, InvalidPointer, Realloc, ReallocError,
};

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
}

impl Limits {
    pub(crate) fn none(base: u32) -> Limits {
        Limits {
            base,
            max_memory: 1 << 32,
            max_live_bytes: u64::MAX,
            max_blocks: u32::MAX,
            max_block: u32::MAX,
        }
    }

    pub(crate) fn config(self) -> HeapConfig {
        HeapConfig::new(self.base)
            .max_memory(self.max_memory)
            .max_live_bytes(self.max_live_bytes)
            .max_blocks(self.max_blocks)
            .max_block(self.max_block)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) heap: Heap,
    pub(crate) limits: Limits,
    /// Live blocks: start and usable size.
    pub(crate) live: BTreeMap<u32, u32>,
    /// What the heap was given, in order; touching pieces are joined.
    pub(crate) regions: Vec<(u64, u64)>,
    /// Whether the latest extension began above the top.
    pub(crate) after_hole: bool,
    /// The last block that was freed.
    pub(crate) stale: u32,
    /// Where blocks started that were freed.
    pub(crate) freed: BTreeSet<u32>,
}

/// How an allocation ended.
pub(crate) type Outcome = Result<u32, AllocError>;

impl Checked {
    pub(crate) fn new(limits: Limits) -> Checked {
        let heap = Heap::new(limits.config());
        Checked {
            heap,
            limits,
            live: BTreeMap::new(),
            regions: Vec::new(),
            after_hole: false,
            stale: 0,
            freed: BTreeSet::new(),
        }
    }

    pub(crate) fn top(&self) -> u64 {
        self.regions.last().map_or(u64::from(self.heap.base()), |region| region.1)
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
        assert_eq!(stats.owned_bytes, self.regions.iter().map(|(s, e)| e - s).sum::<u64>());
        assert_eq!(stats.top, self.top());
        assert_eq!(self.heap.top(), self.top());
        let in_heap = u64::from(self.heap.base()) + stats.owned_bytes + stats.hole_bytes;
        assert_eq!(in_heap, self.top());
        let blocks: Vec<Block> = self.heap.blocks().collect();
        let expected: Vec<Block> =
            self.live.iter().map(|(&offset, &size)| Block { offset, size }).collect();
        assert_eq!(blocks, expected);
    }

    pub(crate) fn extend(&mut self, start: u64, end: u64) {
        let before = self.heap.clone();
        let from = start.max(u64::from(self.heap.base()));
        let fine = start <= end
            && start >= u64::from(self.limits.base)
            && from >= self.top()
            && end <= self.limits.max_memory;
        let result = self.heap.extend(start, end);
        assert_eq!(result.is_ok(), fine, "extend {start:#x}..{end:#x}: {result:?}");
        if !fine || end <= from {
            assert!(self.heap.same_state(&before));
            return;
        }
        self.after_hole = from > before.top();
        match self.regions.last_mut() {
            Some(last) if last.1 == from => last.1 = end,
            _ => self.regions.push((from, end)),
        }
    }

    pub(crate) fn malloc(&mut self, size: u32, grow: Grow) -> Outcome {
        self.allocate(size, 16, grow, |heap| heap.malloc(size))
    }

    pub(crate) fn aligned_alloc(&mut self, align: u32, size: u32, grow: Grow) -> Outcome {
        self.allocate(size, align, grow, |heap| heap.aligned_alloc(align, size))
    }

    pub(crate) fn calloc(&mut self, count: u32, size: u32, grow: Grow) -> Outcome {
        let Some(bytes) = count.checked_mul(size) else {
            let before = self.heap.clone();
            let error = self.heap.calloc(count, size).unwrap_err();
            assert!(matches!(error, AllocError::TooLarge { .. }));
            assert!(self.heap.same_state(&before));
            return Err(error);
        };
        self.allocate(bytes, 16, grow, |heap| {
            let block = heap.calloc(count, size)?;
            assert!(heap.usable_size(block.offset).is_ok_and(|usable| block.len_to_zero <= usable));
            Ok(block.offset)
        })
    }

    fn allocate(
        &mut self,
        size: u32,
        align: u32,
        grow: Grow,
        call: impl Fn(&mut Heap) -> Outcome,
    ) -> Outcome {
        let outcome = self.with_growth(grow, |this| this.attempt(size, align, None, &call));
        if let Ok(offset) = outcome {
            self.take(offset, size, align);
        }
        outcome
    }

    /// Asks, grows and asks again, as a caller of the heap does.
    fn with_growth(&mut self, grow: Grow, attempt: impl Fn(&mut Self) -> Outcome) -> Outcome {
        let mut hole = match grow {
            Grow::AfterHole(bytes) => u64::from(bytes),
            _ => 0,
        };
        for _ in 0..3 {
            let outcome = attempt(self);
            let Err(AllocError::NeedMemory { min_bytes, want_bytes }) = outcome else {
                return outcome;
            };
            let bytes = match grow {
                Grow::Refuse => return outcome,
                Grow::Min => min_bytes,
                Grow::Want | Grow::AfterHole(_) => want_bytes,
            };
            let start = self.top() + std::mem::take(&mut hole);
            if start + bytes > self.limits.max_memory {
                return outcome;
            }
            self.extend(start, start + bytes);
        }
        panic!("the heap asks for memory without end");
    }

    /// One call that allocates. `moving` is a block that is to be resized.
    fn attempt(
        &mut self,
        size: u32,
        align: u32,
        moving: Option<u32>,
        call: impl Fn(&mut Heap) -> Outcome,
    ) -> Outcome {
        let before = self.heap.clone();
        let outcome = call(&mut self.heap);
        let Err(error) = outcome else { return outcome };
        assert!(self.heap.same_blocks(&before), "{error} changed something");
        self.heap.audit().unwrap();
        let live_bytes = before.stats().live_bytes;
        let max_block = (self.limits.max_memory.saturating_sub(u64::from(before.base())))
            .min(self.limits.max_block.into());
        match error {
            AllocError::NeedMemory { min_bytes, want_bytes } => {
                assert!(min_bytes > 0 && min_bytes <= want_bytes);
                assert!(min_bytes % PAGE == 0 && want_bytes % PAGE == 0);
                assert!(self.top() + want_bytes <= self.limits.max_memory);
                // What is promised: if it is contiguous, the least is enough.
                let mut grown = self.heap.clone();
                grown.extend(self.top(), self.top() + min_bytes).unwrap();
                let again = call(&mut grown);
                assert!(again.is_ok(), "{again:?} after growing by {min_bytes}");
                // After one hole, what is wanted is enough behind another one too.
                let start = self.top() + PAGE;
                if self.after_hole && start + want_bytes <= self.limits.max_memory {
                    let mut grown = self.heap.clone();
                    grown.extend(start, start + want_bytes).unwrap();
                    let again = call(&mut grown);
                    let more = matches!(again, Err(AllocError::NeedMemory { .. }));
                    assert!(!more, "{again:?} after growing by {want_bytes} behind a hole");
                }
                // And not a page less.
                if min_bytes > PAGE {
                    let mut grown = self.heap.clone();
                    grown.extend(self.top(), self.top() + min_bytes - PAGE).unwrap();
                    assert!(call(&mut grown).is_err(), "{min_bytes} is more than needed");
                }
            }
            AllocError::TooLarge { requested, max } => {
                assert_eq!((requested, max), (size.into(), max_block));
                assert!(requested > max);
            }
            AllocError::TooManyBlocks { max } => {
                assert_eq!(max, self.limits.max_blocks);
                assert_eq!(self.live.len(), max as usize);
            }
            AllocError::QuotaExceeded { live, requested, max } => {
                assert_eq!((live, max), (live_bytes, self.limits.max_live_bytes));
                assert!(live + requested > max);
                assert!(requested <= u64::from(size).max(1) + 255);
            }
            AllocError::OutOfMemory => {
                // Even a whole new piece of memory behind the top would not do.
                let room = self.limits.max_memory.saturating_sub(self.top());
                let most = u64::from(size).max(1) + u64::from(align) + 512 + PAGE;
                let in_the_way = moving.map_or(0, |block| u64::from(self.live[&block]));
                assert!(room < most + in_the_way, "{room} bytes of room for {most}");
            }
            AllocError::BadAlignment { align: seen } => {
                assert_eq!(seen, align);
                assert!(!align.is_power_of_two());
            }
            other => panic!("unknown error {other}"),
        }
        outcome
    }

    /// Enters a new block into the model.
    fn take(&mut self, offset: u32, size: u32, align: u32) {
        let usable = self.heap.usable_size(offset).unwrap();
        assert!(usable >= size.max(1), "{usable} usable of {size}");
        let least = if align < 16 { 8 } else { 16 };
        assert!(
            offset != 0 && offset.is_multiple_of(least) && offset.is_multiple_of(align),
            "{offset:#x} for {align}"
        );
        let (start, end) = (u64::from(offset), u64::from(offset) + u64::from(usable));
        assert!(
            self.regions.iter().any(|region| region.0 <= start && end <= region.1),
            "{start:#x}..{end:#x} is not in {:x?}",
            self.regions
        );
        if let Some((&before, &len)) = self.live.range(..=offset).next_back() {
            assert!(
                u64::from(before) + u64::from(len) <= start,
                "{offset:#x} overlaps {before:#x}"
            );
        }
        if let Some((&after, _)) = self.live.range(offset..).next() {
            assert!(end <= u64::from(after), "{offset:#x} overlaps {after:#x}");
        }
        let block = Some(Block { offset, size: usable });
        for byte in [0, 1, usable / 2, usable - 1] {
            assert_eq!(self.heap.block_containing(offset + byte), block);
        }
        self.live.insert(offset, usable);
    }

    /// The live block with this byte, by the model.
    fn containing(&self, offset: u32) -> Option<Block> {
        let (&start, &size) = self.live.range(..=offset).next_back()?;
        (offset - start < size).then_some(Block { offset: start, size })
    }

    /// Checks that an offset that is no live block was called so for the right reason.
    fn expect_invalid(&self, error: InvalidPointer, offset: u32) {
        assert_eq!(error.offset, offset);
        let base = self.heap.base();
        let owned =
            self.regions.iter().any(|&(s, e)| s <= u64::from(offset) && u64::from(offset) < e);
        match error.kind {
            InvalidKind::BelowHeap { base: seen } => assert!(seen == base && offset < base),
            InvalidKind::BeyondTop { top } => {
                assert!(top == self.top() && u64::from(offset) >= top && offset >= base);
            }
            InvalidKind::Interior { block, size } => {
                assert_eq!(self.containing(offset), Some(Block { offset: block, size }));
                assert_ne!(block, offset);
            }
            InvalidKind::AlreadyFreed => {
                assert!(owned && self.containing(offset).is_none());
                assert!(self.freed.contains(&offset), "{offset:#x} was never a block");
            }
            InvalidKind::NeverAllocated => {
                assert!(owned && self.containing(offset).is_none());
                // A block that was aligned to 8 need not leave a trace.
                assert!(
                    !offset.is_multiple_of(16) || !self.freed.contains(&offset),
                    "{offset:#x} was one"
                );
            }
            InvalidKind::Foreign => {
                // Up to a unit at the edges of a hole counts as part of it.
                let near = |at: u64| u64::from(offset).abs_diff(at) < 256;
                assert!(!owned || self.regions.iter().any(|&(s, e)| near(s) || near(e)));
            }
            other => panic!("unknown kind {other:?}"),
        }
    }

    /// Frees whatever is given, and expects exactly what the model says.
    pub(crate) fn free(&mut self, offset: u32) -> bool {
        let before = self.heap.clone();
        assert_eq!(self.heap.block_containing(offset), self.containing(offset));
        let usable = self.heap.usable_size(offset);
        let result = self.heap.free(offset);
        if offset == 0 {
            assert_eq!((usable, result), (Ok(0), Ok(())));
            assert_eq!(self.heap, before);
            return false;
        }
        let known = self.live.remove(&offset);
        assert_eq!(result.is_ok(), known.is_some(), "free({offset:#x}): {result:?}");
        assert_eq!(usable.ok(), known);
        if let Err(error) = result {
            assert!(self.heap.same_state(&before));
            assert_eq!(self.heap.stats().invalid_frees, before.stats().invalid_frees + 1);
            assert_eq!(usable, Err(error));
            self.expect_invalid(error, offset);
        } else {
            self.stale = offset;
            self.freed.insert(offset);
        }
        known.is_some()
    }

    /// Resizes whatever is given; answers what became of it if it was a block or NULL.
    pub(crate) fn realloc(&mut self, offset: u32, size: u32, grow: Grow) -> Option<Realloc> {
        if offset == 0 {
            let outcome = self.allocate(size, 16, grow, |heap| match heap.realloc(0, size) {
                Ok(Realloc::InPlace { offset }) => Ok(offset),
                Err(ReallocError::Alloc(error)) => Err(error),
                other => panic!("realloc of NULL: {other:?}"),
            });
            return outcome.ok().map(|offset| Realloc::InPlace { offset });
        }
        let Some(&old) = self.live.get(&offset) else {
            let before = self.heap.clone();
            match self.heap.realloc(offset, size) {
                Err(ReallocError::Invalid(error)) => self.expect_invalid(error, offset),
                other => panic!("realloc of {offset:#x}, which is not live: {other:?}"),
            }
            assert!(self.heap.same_state(&before));
            return None;
        };
        let done = std::cell::Cell::new(None);
        let call = |heap: &mut Heap| match heap.realloc(offset, size) {
            Ok(realloc) => {
                done.set(Some(realloc));
                Ok(realloc.offset())
            }
            Err(ReallocError::Alloc(error)) => Err(error),
            Err(error) => panic!("{error}"),
        };
        let outcome = self.with_growth(grow, |this| this.attempt(size, 16, Some(offset), call));
        if outcome.is_err() {
            assert!(size > old, "shrinking from {old} to {size} failed");
            assert_eq!(self.heap.usable_size(offset), Ok(old));
            return None;
        }
        let done = done.get().unwrap();
        match done {
            Realloc::InPlace { offset: same } => {
                assert_eq!(same, offset);
                self.live.remove(&offset);
            }
            Realloc::Moved { from, to, copy_len } => {
                assert_eq!(from, offset);
                assert_eq!(copy_len, old.min(size));
                // The old block is still in the model, so that an overlap is noticed.
                self.take(to, size, 16);
                self.live.remove(&offset);
                self.stale = from;
                self.freed.insert(from);
                return Some(done);
            }
        }
        self.take(offset, size, 16);
        Some(done)
    }

    pub(crate) fn reset(&mut self) {
        self.heap.reset();
        self.freed.extend(self.live.keys());
        self.live.clear();
    }

    /// Frees everything, one by one, and finds the heap as good as new.
    pub(crate) fn free_all_and_expect_empty(mut self) {
        let mut fresh = self.clone();
        for offset in self.live.clone().into_keys() {
            assert!(self.free(offset));
        }
        self.check();
        assert_eq!(self.heap.stats().live_bytes, 0);
        fresh.reset();
        fresh.check();
        for checked in [&mut self, &mut fresh] {
            checked.limits.max_live_bytes = u64::MAX;
            // The longest region is one block again. (Of very many, only some are looked at.)
            if checked.regions.len() > 8 {
                continue;
            }
            let Some(longest) = checked.regions.iter().map(|&(s, e)| whole_units(s, e)).max()
            else {
                continue;
            };
            let Ok(size) = u32::try_from(longest) else { continue };
            if size > 2048 {
                let result = checked.heap.malloc(size);
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
}

/// How many bytes of a region make whole units.
fn whole_units(start: u64, end: u64) -> u64 {
    (end / 256 * 256).saturating_sub(start.next_multiple_of(256))
}
