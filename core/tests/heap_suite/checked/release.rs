//! Operations that take a block back, or refuse to because there is none.

use hostheap_core::heap::{Block, InvalidKind, InvalidPointer};

use super::Checked;

impl Checked {
    /// Frees whatever is given, and expects exactly what the model says.
    pub(crate) fn free(&mut self, offset: u32) -> bool {
        let before = self.before();
        assert_eq!(self.heap.block_containing(offset), self.containing(offset));
        let usable = self.heap.usable_size(offset);
        let result = self.heap.free(offset);
        if offset == 0 {
            assert_eq!((usable, result), (Ok(0), Ok(())));
            before.expect_same(&self.heap);
            return false;
        }
        assert_eq!(usable.ok(), self.live.get(&offset).copied());
        let own = self.live.contains_key(&offset) && !self.lent.contains(&offset);
        assert_eq!(result.is_ok(), own, "free({offset:#x}): {result:?}");
        let stats = self.heap.stats();
        assert_eq!(stats.invalid_frees, before.stats.invalid_frees + u64::from(!own));
        match result {
            Ok(()) => self.gone(offset),
            Err(error) => {
                before.expect_same(&self.heap);
                assert!(usable.is_ok() || usable == Err(error));
                self.expect_invalid(error, offset);
            }
        }
        own
    }

    /// Takes a lent block back. Nothing else is one.
    pub(crate) fn take_back(&mut self, offset: u32) {
        let before = self.before();
        if let Some(generation) = self.kept.remove(&offset) {
            self.heap.take_back(offset);
            assert!(!self.heap.release_kept(offset, generation + 1), "another generation");
            assert!(!self.heap.is_kept(offset, generation - 1));
            before.expect_same(&self.heap);
            assert!(self.heap.is_kept(offset, generation));
            if generation % 2 == 0 {
                assert!(self.heap.release_kept(offset, generation));
            } else {
                assert!(self.heap.hand_over(offset, generation));
                assert!(!self.heap.is_lent(offset));
                self.heap.free(offset).expect("it is a block like any other");
            }
            assert!(!self.heap.release_kept(offset, generation));
        } else {
            assert!(!self.heap.release_kept(offset, self.generation));
            self.heap.take_back(offset);
        }
        match self.lent.iter().rposition(|&lent| lent == offset) {
            Some(index) => {
                self.lent.remove(index);
                self.gone(offset);
            }
            None => before.expect_same(&self.heap),
        }
    }

    /// Removes a block from the model.
    fn gone(&mut self, offset: u32) {
        self.live.remove(&offset);
        self.stale = offset;
        self.freed.insert(offset);
        assert_eq!(self.heap.block_containing(offset), None);
    }

    /// The live block with this byte, by the model.
    pub(crate) fn containing(&self, offset: u32) -> Option<Block> {
        let (&start, &size) = self.live.range(..=offset).next_back()?;
        (offset - start < size).then_some(Block { offset: start, size })
    }

    /// Checks that an offset that is no live block was called so for the right reason.
    pub(super) fn expect_invalid(&self, error: InvalidPointer, offset: u32) {
        assert_eq!(error.offset, offset);
        let owned =
            self.regions.iter().any(|&(s, e)| s <= u64::from(offset) && u64::from(offset) < e);
        match error.kind {
            InvalidKind::BelowHeap { base } => {
                assert!(base == self.heap.base() && u64::from(offset) < self.base());
            }
            InvalidKind::BeyondTop { top } => {
                assert!(top == self.top() && u64::from(offset) >= top.max(self.base()));
            }
            InvalidKind::Interior { block, size } => {
                assert_eq!(self.containing(offset), Some(Block { offset: block, size }));
                assert_ne!(block, offset);
            }
            InvalidKind::Lent => assert!(self.lent.contains(&offset)),
            InvalidKind::AlreadyFreed => {
                assert!(owned && self.containing(offset).is_none());
                // The trace is for 16 bytes, in which a block may start that is aligned to 8.
                let grain = offset / 16 * 16..=offset / 16 * 16 + 15;
                let freed = self.freed.range(grain.clone()).next().is_some();
                let live = self.live.range(grain).next().is_some();
                assert!(freed || live, "{offset:#x} was never a block");
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
}
