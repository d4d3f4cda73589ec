//! What is in a heap.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::heap::{Block, HeapStats};

use super::{hh_heap, with};
use crate::abi::abi;
use crate::boundary::{ArrayMut, answer, entry, put, vacant};
use crate::status::hh_status;

/// What a heap holds and did so far. Bytes of blocks are usable sizes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_heap_stats {
    /// Bytes in live blocks.
    pub(crate) live_bytes: u64,
    /// Blocks live now.
    pub(crate) live_blocks: u64,
    /// The most bytes that were ever live at once.
    pub(crate) peak_bytes: u64,
    /// The most blocks that were ever live at once.
    pub(crate) peak_blocks: u64,
    /// Blocks handed out so far.
    pub(crate) allocated: u64,
    /// Blocks taken back so far, those of a reset included.
    pub(crate) freed: u64,
    /// Bytes asked for so far.
    pub(crate) requested_bytes: u64,
    /// Usable bytes that were given for them: the difference is what rounding costs.
    pub(crate) granted_bytes: u64,
    /// Requests refused so far.
    pub(crate) failed: u64,
    /// Frees and reallocs of what was no live block.
    pub(crate) invalid_frees: u64,
    /// Bytes of linear memory that the heap owns.
    pub(crate) owned_bytes: u64,
    /// Bytes between its base and its top that others grew.
    pub(crate) hole_bytes: u64,
    /// One past the last byte that was ever in use.
    pub(crate) touched_top: u64,
    /// One past its last byte.
    pub(crate) top: u64,
    /// Bytes of host memory that bookkeeping takes.
    pub(crate) metadata_bytes: u64,
    /// 0, until a later version has a use for it.
    pub(crate) reserved: [u64; 5],
}

abi!(hh_heap_stats: 160 {
    live_bytes: 0, live_blocks: 8, peak_bytes: 16, peak_blocks: 24, allocated: 32, freed: 40,
    requested_bytes: 48, granted_bytes: 56, failed: 64, invalid_frees: 72, owned_bytes: 80,
    hole_bytes: 88, touched_top: 96, top: 104, metadata_bytes: 112, reserved: 120,
});

impl From<HeapStats> for hh_heap_stats {
    fn from(stats: HeapStats) -> Self {
        hh_heap_stats {
            live_bytes: stats.live_bytes,
            live_blocks: stats.live_blocks.into(),
            peak_bytes: stats.peak_bytes,
            peak_blocks: stats.peak_blocks.into(),
            allocated: stats.allocated,
            freed: stats.freed,
            requested_bytes: stats.requested_bytes,
            granted_bytes: stats.granted_bytes,
            failed: stats.failed,
            invalid_frees: stats.invalid_frees,
            owned_bytes: stats.owned_bytes,
            hole_bytes: stats.hole_bytes,
            touched_top: stats.touched_top,
            top: stats.top,
            metadata_bytes: stats.metadata_bytes,
            reserved: [0; 5],
        }
    }
}

/// A live block.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_heap_block {
    /// Where it starts; 0 for no block.
    pub(crate) offset: u32,
    /// Its usable size in bytes.
    pub(crate) size: u32,
}

abi!(hh_heap_block: 8 { offset: 0, size: 4 });

impl From<Block> for hh_heap_block {
    fn from(block: Block) -> Self {
        hh_heap_block { offset: block.offset, size: block.size }
    }
}

/// Reads a heap's counters.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_statistics(
    heap: Option<&hh_heap>,
    out: Option<&mut MaybeUninit<hh_heap_stats>>,
) -> hh_status {
    entry(|| put("out", out, with(heap, |inner| Ok(inner.state.heap.stats()))?.into()))
}

/// Lists the live blocks by offset, such as what a plugin has leaked: the first `max` of them in
/// `blocks`, and in `*count` how many there are, which may be more. With `max` 0 it only counts, and
/// `blocks` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_blocks(
    heap: Option<&hh_heap>,
    blocks: ArrayMut<'_, hh_heap_block>,
    max: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> hh_status {
    entry(|| {
        let count = vacant("count", count, 0)?;
        let mut room = blocks.room("blocks", max)?.iter_mut();
        *count = with(heap, |inner| {
            Ok(inner.state.heap.blocks().fold(0, |count: usize, block| {
                if let Some(place) = room.next() {
                    place.write(block.into());
                }
                count + 1
            }))
        })?;
        Ok(())
    })
}

/// Finds the live block that the byte at `offset` lies in. `*out` is all 0 if it lies in none, which is
/// no failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_block_at(
    heap: Option<&hh_heap>,
    offset: u32,
    out: Option<&mut MaybeUninit<hh_heap_block>>,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, hh_heap_block::default())?;
        let block = with(heap, |inner| Ok(inner.state.heap.block_containing(offset)))?;
        *out = block.map(hh_heap_block::from).unwrap_or_default();
        Ok(())
    })
}

/// Frees every block in one go. The memory stays with the heap, and so do the peaks. Lent blocks are
/// lent no longer.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_reset(heap: Option<&hh_heap>) -> hh_status {
    entry(|| {
        with(heap, |inner| {
            inner.state.heap.reset();
            Ok(())
        })
    })
}

/// Where the heap starts: the base that it was given, rounded up to a multiple of 16. 0 for NULL, and
/// while one of the heap's functions runs.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_base(heap: Option<&hh_heap>) -> u32 {
    answer(0, || with(heap, |inner| Ok(inner.state.heap.base())).unwrap_or(0))
}

/// One past the last byte that the heap owns; its base while it owns nothing. 0 for NULL, and while
/// one of the heap's functions runs.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_top(heap: Option<&hh_heap>) -> u64 {
    answer(0, || with(heap, |inner| Ok(inner.state.heap.top())).unwrap_or(0))
}
