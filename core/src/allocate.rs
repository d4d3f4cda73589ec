//! Allocating in a context: the heap decides, the memory grows, the heap is asked again.
//!
//! Everything that allocates goes through here, for a guest's `malloc` and for a host's arguments.

use crate::context::Context;
use crate::error::{AllocError, Error, GrowError, Result};
use crate::heap::{Heap, InvalidPointer, Realloc, ReallocError};

/// A store state that has the heap of the store's linear memory in it.
pub trait HasHeap: Send + 'static {
    /// The heap.
    fn heap(&self) -> &Heap;
    /// The heap, writable.
    fn heap_mut(&mut self) -> &mut Heap;
    /// What a guest's free of something that is no live block leads to.
    fn on_invalid_pointer(&self) -> OnInvalidPointer {
        OnInvalidPointer::Trap
    }
}

/// What happens when a guest frees, reallocates or measures something that is not the start of a
/// live block. The heap is unchanged in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnInvalidPointer {
    /// The guest traps with [`Error::InvalidPointer`].
    #[default]
    Trap,
    /// Nothing happens but that it is counted in the heap's statistics: `free` returns, `realloc`
    /// returns NULL, `malloc_usable_size` returns 0.
    Ignore,
}

/// A heap asks for memory at most this often in one call: once for the extent that it thought
/// missing, again after a hole that somebody else's growth left, and once to say no.
const ROUNDS: usize = 4;

/// Runs a request of the heap, growing linear memory as the heap asks for it.
///
/// # Errors
///
/// [`Error::Alloc`] with the heap's reason; a growth that failed changed nothing.
#[inline]
fn with_growth<C, R>(
    cx: &mut C,
    mut request: impl FnMut(&mut Heap) -> Result<R, AllocError>,
) -> Result<R>
where
    C: Context<State: HasHeap>,
{
    match request(cx.state_mut().heap_mut()) {
        Ok(done) => Ok(done),
        Err(refused) => after_growth(cx, refused, &mut request),
    }
}

#[cold]
fn after_growth<C, R>(
    cx: &mut C,
    mut refused: AllocError,
    request: &mut dyn FnMut(&mut Heap) -> Result<R, AllocError>,
) -> Result<R>
where
    C: Context<State: HasHeap>,
{
    for _ in 0..ROUNDS {
        let AllocError::NeedMemory { min_bytes, want_bytes } = refused else {
            return Err(Error::Alloc(refused));
        };
        let Some(size) = grow(cx, min_bytes, want_bytes)? else { break };
        let now = cx.memory_size()?;
        let heap = cx.state_mut().heap_mut();
        // Refused if the host has no memory for the bookkeeping, or if the range lies below the
        // heap's top, which a runtime that shrank its memory would bring about.
        if heap.extend(size, now).is_err() {
            break;
        }
        match request(heap) {
            Ok(done) => return Ok(done),
            Err(next) => refused = next,
        }
    }
    cx.state_mut().heap_mut().growth_refused();
    Err(Error::Alloc(AllocError::OutOfMemory))
}

/// Grows by `want` bytes, or at least by `min`, and returns the size before, in bytes. `None` if
/// the memory cannot grow.
fn grow<C: Context>(cx: &mut C, min: u64, want: u64) -> Result<Option<u64>> {
    for bytes in [want.max(min), min] {
        match cx.grow(bytes) {
            Ok(size) => return Ok(Some(size)),
            Err(Error::Grow(GrowError { .. })) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}

/// A new block of at least `size` bytes at a multiple of 16.
///
/// # Errors
///
/// [`Error::Alloc`].
#[inline]
pub fn malloc<C: Context<State: HasHeap>>(cx: &mut C, size: u32) -> Result<u32> {
    with_growth(cx, |heap| heap.malloc(size))
}

/// A new block as [`malloc`] gives, which the guest cannot free: see [`Heap::lend`].
///
/// # Errors
///
/// [`Error::Alloc`].
#[inline]
pub(crate) fn lend<C: Context<State: HasHeap>>(cx: &mut C, size: u32) -> Result<u32> {
    with_growth(cx, |heap| heap.lend(size))
}

/// A new block of at least `size` bytes at a multiple of `align`, a power of two.
///
/// # Errors
///
/// [`Error::Alloc`].
pub fn aligned_alloc<C: Context<State: HasHeap>>(cx: &mut C, align: u32, size: u32) -> Result<u32> {
    with_growth(cx, |heap| heap.aligned_alloc(align, size))
}

/// A new block of `count * size` zero bytes.
///
/// # Errors
///
/// [`Error::Alloc`].
pub fn calloc<C: Context<State: HasHeap>>(cx: &mut C, count: u32, size: u32) -> Result<u32> {
    let block = with_growth(cx, |heap| heap.calloc(count, size))?;
    cx.fill(block.offset, 0, block.len_to_zero)?;
    Ok(block.offset)
}

/// The block at `offset` with a new size, moved if need be with its bytes. `offset` 0 is a new
/// block.
///
/// # Errors
///
/// [`Error::Alloc`] or [`Error::InvalidPointer`]; the block is as it was then.
pub fn realloc<C: Context<State: HasHeap>>(cx: &mut C, offset: u32, size: u32) -> Result<u32> {
    // Growth is all that the heap asks for, so an invalid pointer is an answer, not a refusal.
    let answer = with_growth(cx, |heap| match heap.realloc(offset, size) {
        Ok(done) => Ok(Ok(done)),
        Err(ReallocError::Invalid(invalid)) => Ok(Err(invalid)),
        Err(ReallocError::Alloc(refused)) => Err(refused),
    })?;
    match answer {
        Ok(Realloc::InPlace { offset }) => Ok(offset),
        Ok(Realloc::Moved { from, to, copy_len }) => {
            cx.copy_within(from, to, copy_len)?;
            Ok(to)
        }
        Err(invalid) => Err(Error::InvalidPointer(invalid)),
    }
}

/// Frees the block at `offset`; 0 is nothing.
///
/// # Errors
///
/// [`Error::InvalidPointer`] unless `offset` is the start of a live block; nothing changed then.
#[inline]
pub fn free<C: Context<State: HasHeap>>(cx: &mut C, offset: u32) -> Result<()> {
    cx.state_mut().heap_mut().free(offset).map_err(Error::InvalidPointer)
}

/// Bytes that the block at `offset` has room for; 0 for offset 0.
///
/// # Errors
///
/// [`Error::InvalidPointer`] unless `offset` is the start of a live block.
pub fn usable_size<C: Context<State: HasHeap>>(cx: &C, offset: u32) -> Result<u32> {
    cx.state().heap().usable_size(offset).map_err(Error::InvalidPointer)
}

/// Applies the policy for invalid pointers of a guest: `otherwise` where they are ignored.
pub(crate) fn tolerate<C: Context<State: HasHeap>, R>(
    cx: &C,
    result: Result<R>,
    otherwise: R,
) -> Result<R> {
    match (result, cx.state().on_invalid_pointer()) {
        (Err(Error::InvalidPointer(InvalidPointer { .. })), OnInvalidPointer::Ignore) => {
            Ok(otherwise)
        }
        (result, _) => result,
    }
}
