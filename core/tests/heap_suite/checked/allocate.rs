//! Operations that give a block: what they answer, and why they may refuse.

use std::cell::Cell;

use hostheap_core::heap::{AllocError, Block, Calloc, Heap, Realloc, ReallocError};

use super::{Before, Checked, Grow, Outcome, PAGE};

impl Checked {
    pub(crate) fn malloc(&mut self, size: u32, grow: Grow) -> Outcome {
        self.allocate(size, 16, grow, |heap| heap.malloc(size))
    }

    pub(crate) fn aligned_alloc(&mut self, align: u32, size: u32, grow: Grow) -> Outcome {
        self.allocate(size, align, grow, |heap| heap.aligned_alloc(align, size))
    }

    pub(crate) fn lend(&mut self, size: u32, grow: Grow) -> Outcome {
        if size % 3 == 1 {
            return self.keep(size, grow);
        }
        let outcome = self.allocate(size, 16, grow, |heap| heap.lend(size));
        self.lent.extend(outcome.ok());
        outcome
    }

    /// Some of the blocks that are lent are kept, by generations that rise.
    fn keep(&mut self, size: u32, grow: Grow) -> Outcome {
        self.generation += 1;
        let generation = self.generation;
        let outcome = self.allocate(size, 16, grow, |heap| heap.keep(size, generation));
        self.lent.extend(outcome.ok());
        self.kept.extend(outcome.ok().map(|offset| (offset, generation)));
        outcome
    }

    pub(crate) fn calloc(&mut self, count: u32, size: u32, grow: Grow) -> Outcome {
        let Some(bytes) = count.checked_mul(size) else {
            let before = self.before();
            let error = self.heap.calloc(count, size).unwrap_err();
            assert!(matches!(error, AllocError::TooLarge { .. }));
            before.expect_same(&self.heap);
            return Err(error);
        };
        self.allocate(bytes, 16, grow, |heap| {
            let touched = heap.stats().touched_top;
            let block = heap.calloc(count, size)?;
            expect_zeroing(block, heap.usable_size(block.offset).unwrap(), touched);
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
            self.requested += u64::from(size);
            self.granted += u64::from(self.take(offset, size, align));
        }
        outcome
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
        let old = match self.live.get(&offset) {
            Some(&old) if !self.lent.contains(&offset) => old,
            _ => {
                let before = self.before();
                match self.heap.realloc(offset, size) {
                    Err(ReallocError::Invalid(error)) => self.expect_invalid(error, offset),
                    other => panic!("realloc of {offset:#x}, which is not live: {other:?}"),
                }
                before.expect_same(&self.heap);
                return None;
            }
        };
        let done = Cell::new(None);
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
                let new = self.take(offset, size, 8);
                self.requested += u64::from(size.saturating_sub(old));
                self.granted += u64::from(new.saturating_sub(old));
            }
            Realloc::Moved { from, to, copy_len } => {
                assert_eq!(from, offset);
                assert_eq!(copy_len, old.min(size));
                // The old block is still in the model, so that an overlap is noticed.
                self.requested += u64::from(size);
                self.granted += u64::from(self.take(to, size, 16));
                self.live.remove(&offset);
                self.stale = from;
                self.freed.insert(from);
            }
        }
        Some(done)
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
                Grow::Refuse => return self.growth_refused(outcome),
                Grow::Min => min_bytes,
                Grow::Want | Grow::AfterHole(_) => want_bytes,
            };
            let start = self.top() + std::mem::take(&mut hole);
            if start + bytes > self.limits.max_memory {
                return self.growth_refused(outcome);
            }
            self.extend(start, start + bytes);
        }
        panic!("the heap asks for memory without end");
    }

    fn growth_refused(&mut self, outcome: Outcome) -> Outcome {
        let failed = self.heap.stats().failed;
        self.heap.growth_refused();
        assert_eq!(self.heap.stats().failed, failed + 1);
        outcome
    }

    /// One call that allocates. `moving` is a block that is to be resized.
    fn attempt(
        &mut self,
        size: u32,
        align: u32,
        moving: Option<u32>,
        call: impl Fn(&mut Heap) -> Outcome,
    ) -> Outcome {
        let before = self.before();
        let outcome = call(&mut self.heap);
        let Err(error) = outcome else { return outcome };
        before.expect_same_blocks(&self.heap);
        let asks = matches!(error, AllocError::NeedMemory { .. });
        assert_eq!(self.heap.stats().failed, before.stats.failed + u64::from(!asks));
        let max_block =
            (self.limits.max_memory.saturating_sub(self.base())).min(self.limits.max_block.into());
        match error {
            AllocError::NeedMemory { min_bytes, want_bytes } => {
                assert!(min_bytes > 0 && min_bytes <= want_bytes);
                assert!(min_bytes % PAGE == 0 && want_bytes % PAGE == 0);
                assert!(self.top() + want_bytes <= self.limits.max_memory);
                if before.heap.is_some() {
                    self.expect_right_growth(min_bytes, want_bytes, call);
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
                assert_eq!((live, max), (before.stats.live_bytes, self.limits.max_live_bytes));
                assert!(live + requested > max);
                assert!(requested <= u64::from(size).max(1) + 255);
            }
            AllocError::OutOfMemory => self.expect_no_room(&before, size, align, moving),
            AllocError::BadAlignment { align: seen } => {
                assert_eq!(seen, align);
                assert!(!align.is_power_of_two());
            }
            other => panic!("unknown error {other}"),
        }
        outcome
    }

    /// What the heap asks for is enough, and not too much.
    fn expect_right_growth(&self, min: u64, want: u64, call: impl Fn(&mut Heap) -> Outcome) {
        // What is promised: if it is contiguous, the least is enough.
        let mut grown = self.heap.clone();
        grown.extend(self.top(), self.top() + min).unwrap();
        let again = call(&mut grown);
        assert!(again.is_ok(), "{again:?} after growing by {min}");
        // After one hole, what is wanted is enough behind another one too.
        let start = self.top() + PAGE;
        if self.after_hole && start + want <= self.limits.max_memory {
            let mut grown = self.heap.clone();
            grown.extend(start, start + want).unwrap();
            let again = call(&mut grown);
            let more = matches!(again, Err(AllocError::NeedMemory { .. }));
            assert!(!more, "{again:?} after growing by {want} behind a hole");
        }
        // And not a page less, unless that ends the quarantine.
        if min > PAGE && !self.limits.delays_reuse() {
            let mut grown = self.heap.clone();
            grown.extend(self.top(), self.top() + min - PAGE).unwrap();
            assert!(call(&mut grown).is_err(), "{min} is more than needed");
        }
    }

    /// Even a whole new piece of memory behind the top would not do.
    fn expect_no_room(&self, before: &Before, size: u32, align: u32, moving: Option<u32>) {
        let room = self.limits.max_memory.saturating_sub(before.stats.top);
        let most = u64::from(size).max(1) + u64::from(align) + 512 + PAGE;
        let in_the_way = moving.map_or(0, |block| u64::from(self.live[&block]));
        assert!(room < most + in_the_way, "{room} bytes of room for {most}");
    }

    /// Enters a new block into the model. Answers its usable size.
    fn take(&mut self, offset: u32, size: u32, align: u32) -> u32 {
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
        usable
    }
}

/// A block above everything that was ever in use need not be zeroed, one below must be, and one
/// in between as far as it was in use at least.
fn expect_zeroing(block: Calloc, usable: u32, touched: u64) {
    let Calloc { offset, len_to_zero } = block;
    let in_use = touched.saturating_sub(offset.into()).min(usable.into());
    match in_use {
        0 => assert_eq!(len_to_zero, 0, "{block:?}, {touched:#x} was touched"),
        _ => assert!((in_use..=usable.into()).contains(&len_to_zero.into()), "{block:?} {in_use}"),
    }
}
