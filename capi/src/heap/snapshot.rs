//! Going back to an earlier state of a heap.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::heap::{HeapSnapshot, RestoreError};

use super::{hh_heap, with};
use crate::boundary::{Handle, Owned, entry, hand_out, needed, vacant};
use crate::status::{Fail, hh_status};

/// A heap's state at one moment. It never changes, so threads may share it. Made by
/// `hh_heap_take_snapshot`.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_heap_snapshot(HeapSnapshot);

impl Handle for hh_heap_snapshot {
    const NAME: &'static str = "hh_heap_snapshot";
}

/// Notes a heap's present state, to go back to it. Keep a copy of the linear memory beside it.
///
/// `*snapshot` is the caller's, who frees it by `hh_heap_snapshot_delete`; NULL on failure. It does not
/// need the heap to live.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_take_snapshot(
    heap: Option<&hh_heap>,
    snapshot: Option<&mut MaybeUninit<*mut hh_heap_snapshot>>,
) -> hh_status {
    entry(|| {
        let place = vacant("snapshot", snapshot, core::ptr::null_mut())?;
        let taken = with(heap, |inner| Ok(inner.state.heap.snapshot()))?;
        *place = hand_out(Box::new(hh_heap_snapshot(taken)));
        Ok(())
    })
}

/// Goes back to a snapshot of this heap; the caller brings back the bytes of linear memory. What the
/// heap was given since stays with it, as linear memory cannot shrink.
///
/// HH_ERR_MISMATCH for a snapshot of a heap with another base or other limits; HH_ERR_BUSY while blocks
/// are lent, or if some were when it was taken. Nothing has changed then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_restore(
    heap: Option<&hh_heap>,
    snapshot: Option<&hh_heap_snapshot>,
) -> hh_status {
    entry(|| {
        let hh_heap_snapshot(snapshot) = needed("snapshot", snapshot)?;
        with(heap, |inner| {
            inner.state.heap.restore(snapshot).map_err(|error| {
                let status = match error {
                    RestoreError::OtherHeap => hh_status::HH_ERR_MISMATCH,
                    RestoreError::CallInProgress => hh_status::HH_ERR_BUSY,
                    _ => hh_status::HH_ERR_MEMORY,
                };
                Fail::new(status, error.to_string())
            })
        })
    })
}

/// Frees a snapshot. NULL is fine; a second time is HH_ERR_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_snapshot_delete(snapshot: Owned<hh_heap_snapshot>) -> hh_status {
    entry(|| {
        snapshot.take()?;
        Ok(())
    })
}
