//! The places in memory that a module uses from the start.

use alloc::vec::Vec;

use super::layout::FoundBy;

/// What is known of the places in memory that the module uses from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Data {
    /// Start and end of the active segments that hold anything and whose place is known; once all
    /// are read in order and without overlaps.
    pub(super) ranges: Vec<(u64, u64)>,
    /// First segment whose place is not known.
    pub(super) unknown: Option<u32>,
    /// The segment that ends last, empty ones included, and its end.
    pub(super) last: Option<(u32, u64)>,
    /// Initial value of the stack pointer.
    pub(super) stack: Option<(u32, FoundBy)>,
    /// What the linker exports as the end of all static data, `.bss` included.
    pub(super) static_end: Option<u32>,
    /// The heap base that the module claims, right or wrong.
    pub(super) claimed_base: Option<u32>,
}

impl Data {
    /// Start of the first and end of the last range.
    pub(super) fn extent(&self) -> Option<(u64, u64)> {
        Some((self.ranges.first()?.0, self.ranges.last()?.1))
    }

    /// Puts the ranges in order; those that touch become one.
    pub(super) fn finish(&mut self) {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, before| {
            let joins = next.0 <= before.1;
            if joins {
                before.1 = before.1.max(next.1);
            }
            joins
        });
    }
}
