//! Going back to an earlier state.

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::heap::Heap;
use super::map::UNIT;
use super::storage::Storage;

/// A heap's state at one moment, to go back to: see [`Heap::snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapSnapshot<S = Vec<u32>>(Heap<S>);

/// Why [`Heap::restore`] refused. The heap is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreError {
    /// The snapshot is of a heap with another base or other limits, or of one that reaches further
    /// up than this one ever did.
    OtherHeap,
    /// Blocks are lent or kept, now or in the snapshot: a call is or was in progress, or the host
    /// holds on to blocks.
    CallInProgress,
    /// The host has no memory left for bookkeeping.
    HostMemory,
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RestoreError::OtherHeap => {
                "the snapshot is of another heap: restore it into the heap it was taken of"
            }
            RestoreError::CallInProgress => {
                "a call's arguments or kept blocks are lent to the plugin: take and restore snapshots \
                 between calls, with no block kept"
            }
            RestoreError::HostMemory => {
                "cannot restore the heap: the host has no memory left to describe it"
            }
        })
    }
}

impl Error for RestoreError {}

impl<S: Storage + Clone> Heap<S> {
    /// The heap as it is now. The caller keeps a copy of the linear memory beside it.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 65536)?;
    /// let kept = heap.malloc(100)?;
    /// let snapshot = heap.snapshot();
    /// let later = heap.malloc(100)?;
    /// heap.free(kept)?;
    ///
    /// heap.restore(&snapshot)?;
    /// assert!(heap.free(later).is_err(), "it was never allocated");
    /// heap.free(kept)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot(&self) -> HeapSnapshot<S> {
        HeapSnapshot(self.clone())
    }

    /// Goes back to a snapshot of this heap. The caller brings back the bytes of linear memory.
    ///
    /// Linear memory cannot shrink, so what the heap was given since stays with it, as free memory
    /// that is not known to be zero. All counters are as they were, those of failures included.
    ///
    /// # Errors
    /// [`RestoreError`]; nothing has changed then.
    pub fn restore(&mut self, snapshot: &HeapSnapshot<S>) -> Result<(), RestoreError> {
        let HeapSnapshot(then) = snapshot;
        if then.config != self.config || then.top() > self.top() {
            return Err(RestoreError::OtherHeap);
        }
        if self.lent_blocks() > 0 || then.lent_blocks() > 0 {
            return Err(RestoreError::CallInProgress);
        }
        let mut heap = then.clone();
        for (start, end) in self.regions() {
            let start = start.max(then.top());
            if start < end {
                heap.extend(start, end).map_err(|_| RestoreError::HostMemory)?;
            }
        }
        heap.runs.touched_up_to(self.runs.untouched());
        *self = heap;
        Ok(())
    }

    /// The bytes of whole units that the heap owns, up to its top.
    fn regions(&self) -> impl Iterator<Item = (u64, u64)> {
        let extent = self.extent();
        (0..extent.regions()).map(move |region| {
            let (first, end) = extent.region_units(&self.tables, region);
            let start = u64::from(extent.place_of(&self.tables, first)) * u64::from(UNIT);
            let last = region + 1 == extent.regions();
            let bytes = u64::from(end - first) * u64::from(UNIT);
            (start, if last { extent.top() } else { start + bytes })
        })
    }
}
