//! malloc and its family for the host.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::Error;
use hostheap_core::allocate;
use hostheap_core::error::AllocError;

use super::memory::HeapContext;
use super::{failed, hh_heap, with};
use crate::boundary::{entry, quickly, vacant};
use crate::status::hh_status;

/// A request that has an offset for its answer.
#[inline]
fn offset(
    heap: Option<&hh_heap>,
    out: Option<&mut MaybeUninit<u32>>,
    request: impl FnOnce(&mut HeapContext<'_>) -> hostheap_core::Result<u32>,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, 0)?;
        *out = with(heap, |inner| request(&mut inner.context()?).map_err(failed))?;
        Ok(())
    })
}

/// Allocates a block of at least `size` bytes at a multiple of 16, growing the memory as needed.
/// Zero bytes are a block too. The bytes are what they were.
///
/// `*out` is its offset in linear memory. On failure it is 0, which is NULL for a plugin:
/// HH_ERR_MEMORY if there is no room within the limits, HH_ERR_BOUNDS if there is no memory yet.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_malloc(
    heap: Option<&hh_heap>,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    let mut out = out;
    if quickly(|| malloc_at_hand(heap?, size, out.as_deref_mut()?)) {
        return hh_status::HH_OK;
    }
    offset(heap, out, |cx| allocate::malloc(cx, size))
}

/// `malloc` where the heap has a block at hand, which is nearly always.
#[inline(always)]
pub(super) fn malloc_at_hand(heap: &hh_heap, size: u32, out: &mut MaybeUninit<u32>) -> Option<()> {
    let mut inner = heap.with_memory()?;
    out.write(allocate::malloc_at_hand(&mut inner.state.heap, size)?);
    Some(())
}

/// `free` where the block goes to those at hand.
#[inline(always)]
pub(super) fn free_at_hand(heap: &hh_heap, offset: u32) -> Option<()> {
    let mut inner = heap.with_memory()?;
    allocate::free_at_hand(&mut inner.state.heap, offset).then_some(())
}

/// The same for `count * size` bytes, all zero. A product beyond 32 bits is HH_ERR_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_calloc(
    heap: Option<&hh_heap>,
    count: u32,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    offset(heap, out, |cx| allocate::calloc(cx, count, size))
}

/// Gives the block at `offset` another size, and moves it with its bytes if need be: `*out` is where
/// it is then. Offset 0 is a new block; size 0 shrinks to the smallest block, which is still to be
/// freed. On failure `*out` is 0 and the block is as it was; HH_ERR_POINTER if it is none.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_realloc(
    heap: Option<&hh_heap>,
    offset: u32,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    self::offset(heap, out, |cx| allocate::realloc(cx, offset, size))
}

/// The same for `count * size` bytes. A product beyond 32 bits is HH_ERR_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_reallocarray(
    heap: Option<&hh_heap>,
    offset: u32,
    count: u32,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    self::offset(heap, out, |cx| match count.checked_mul(size) {
        Some(bytes) => allocate::realloc(cx, offset, bytes),
        None => {
            let requested = u64::from(count) * u64::from(size);
            Err(Error::Alloc(AllocError::TooLarge { requested, max: u32::MAX.into() }))
        }
    })
}

/// Allocates a block of at least `size` bytes at a multiple of `align`, a power of two; another
/// alignment is HH_ERR_MEMORY, as it is for C's aligned_alloc. The size need not be a multiple of it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_aligned_alloc(
    heap: Option<&hh_heap>,
    align: u32,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    offset(heap, out, |cx| allocate::aligned_alloc(cx, align, size))
}

/// Frees the block at `offset`. Offset 0 is fine and does nothing. What is not the start of a live
/// block is HH_ERR_POINTER, with certainty, and nothing has changed: a block that was freed already,
/// the inside of one, static data, memory of others.
///
/// For a plugin that frees, `hh_heap_invoke` is right. Works with and without `hh_memory`.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_free(heap: Option<&hh_heap>, offset: u32) -> hh_status {
    if quickly(|| free_at_hand(heap?, offset)) {
        return hh_status::HH_OK;
    }
    entry(|| {
        with(heap, |inner| match inner.memory {
            Some(_) => allocate::free(&mut inner.context()?, offset).map_err(failed),
            None => Ok(inner.state.heap.free(offset).map_err(Error::InvalidPointer)?),
        })
    })
}

/// How many bytes of the block at `offset` may be used: at least as many as were asked for. 0 for
/// offset 0. HH_ERR_POINTER if it is not the start of a live block.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_usable_size(
    heap: Option<&hh_heap>,
    offset: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, 0)?;
        let size = with(heap, |inner| Ok(inner.state.heap.usable_size(offset)))?;
        *out = size.map_err(Error::InvalidPointer)?;
        Ok(())
    })
}
