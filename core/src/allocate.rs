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
    /// Why the heap must not grow the memory, if there is a reason.
    fn growth_forbidden(&self) -> Option<Error> {
        None
    }
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
        if let Some(reason) = cx.state().growth_forbidden() {
            return Err(reason);
        }
        let Some(size) = grow(cx, min_bytes, want_bytes)? else {
            // What waits in quarantine may be enough.
            let heap = cx.state_mut().heap_mut();
            if !heap.end_quarantine() {
                break;
            }
            match request(heap) {
                Ok(done) => return Ok(done),
                Err(next) => refused = next,
            }
            continue;
        };
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
    match cx.state_mut().heap_mut().malloc_cached(size) {
        Some(offset) => Ok(offset),
        None => malloc_uncached(cx, size),
    }
}

#[inline(never)]
fn malloc_uncached<C: Context<State: HasHeap>>(cx: &mut C, size: u32) -> Result<u32> {
    let offset = with_growth(cx, |heap| heap.malloc(size))?;
    fill_new(cx, offset, 0)?;
    Ok(offset)
}

/// A new block as [`malloc`] gives, if the heap has one at hand: nothing is asked of the memory, and the
/// answer is one number. For bindings whose way to [`malloc`] costs more than it does.
#[inline(always)]
pub fn malloc_at_hand(heap: &mut Heap, size: u32) -> Option<u32> {
    heap.malloc_cached(size)
}

/// Frees a block as [`free`] does, if it goes where the heap has blocks at hand; otherwise nothing
/// happened, and [`free`] knows why.
#[inline(always)]
pub fn free_at_hand(heap: &mut Heap, offset: u32) -> bool {
    heap.free_cached(offset)
}

/// A new block as [`malloc`] gives, which the guest cannot free: see [`Heap::lend`].
///
/// # Errors
///
/// [`Error::Alloc`].
pub fn lend<C: Context<State: HasHeap>>(cx: &mut C, size: u32) -> Result<u32> {
    with_growth(cx, |heap| heap.lend(size))
}

/// A new block that the host keeps, and the guest cannot free: see [`Heap::keep`].
///
/// # Errors
///
/// [`Error::Alloc`].
pub(crate) fn keep<C: Context<State: HasHeap>>(
    cx: &mut C,
    size: u32,
    generation: u32,
) -> Result<u32> {
    with_growth(cx, |heap| heap.keep(size, generation))
}

/// Takes a lent block back, and frees it. Nothing happens if it is none.
pub fn take_back<C: Context<State: HasHeap>>(cx: &mut C, offset: u32) {
    let heap = cx.state_mut().heap_mut();
    if heap.config().hardening.fill_freed().is_some() {
        // A block within linear memory can be filled, and nothing better could be done if not.
        let _ = fill_freed(cx, offset, usable_size(cx, offset).unwrap_or(0));
    }
    cx.state_mut().heap_mut().take_back(offset);
}

/// A new block of at least `size` bytes at a multiple of `align`, a power of two.
///
/// # Errors
///
/// [`Error::Alloc`].
pub fn aligned_alloc<C: Context<State: HasHeap>>(cx: &mut C, align: u32, size: u32) -> Result<u32> {
    let offset = with_growth(cx, |heap| heap.aligned_alloc(align, size))?;
    fill_new(cx, offset, 0)?;
    Ok(offset)
}

/// A new block of `count * size` zero bytes.
///
/// # Errors
///
/// [`Error::Alloc`].
#[inline]
pub fn calloc<C: Context<State: HasHeap>>(cx: &mut C, count: u32, size: u32) -> Result<u32> {
    let heap = cx.state_mut().heap_mut();
    let block = match count.checked_mul(size).and_then(|bytes| heap.calloc_cached(bytes)) {
        Some(block) => block,
        None => with_growth(cx, |heap| heap.calloc(count, size))?,
    };
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
    let fills = cx.state().heap().config().hardening.is_on();
    let old = if fills { usable_size(cx, offset).unwrap_or(0) } else { 0 };
    // Growth is all that the heap asks for, so an invalid pointer is an answer, not a refusal.
    let answer = with_growth(cx, |heap| match heap.realloc(offset, size) {
        Ok(done) => Ok(Ok(done)),
        Err(ReallocError::Invalid(invalid)) => Ok(Err(invalid)),
        Err(ReallocError::Alloc(refused)) => Err(refused),
    })?;
    let done = answer.map_err(Error::InvalidPointer)?;
    if let Realloc::Moved { from, to, copy_len } = done {
        cx.copy_within(from, to, copy_len)?;
    }
    if fills {
        match done {
            Realloc::InPlace { offset } => {
                let new = usable_size(cx, offset)?;
                fill_new(cx, offset, old)?;
                // Whole units may have been cut off the end, which are free now.
                fill_freed(cx, offset.wrapping_add(new), old.saturating_sub(new))?;
            }
            Realloc::Moved { from, to, copy_len } => {
                fill_new(cx, to, copy_len)?;
                fill_freed(cx, from, old)?;
            }
        }
    }
    Ok(done.offset())
}

/// Frees the block at `offset`; 0 is nothing.
///
/// # Errors
///
/// [`Error::InvalidPointer`] unless `offset` is the start of a live block; nothing changed then.
#[inline]
pub fn free<C: Context<State: HasHeap>>(cx: &mut C, offset: u32) -> Result<()> {
    match cx.state_mut().heap_mut().free_cached(offset) {
        true => Ok(()),
        false => free_uncached(cx, offset),
    }
}

#[inline(never)]
fn free_uncached<C: Context<State: HasHeap>>(cx: &mut C, offset: u32) -> Result<()> {
    let heap = cx.state_mut().heap_mut();
    let len = match heap.config().hardening.fill_freed() {
        Some(_) => heap.usable_size(offset).unwrap_or(0),
        None => 0,
    };
    heap.free_uncached(offset).map_err(Error::InvalidPointer)?;
    fill_freed(cx, offset, len)
}

/// Fills what is new in a block, from byte `old` on, as the heap's hardening says. A heap that is
/// hardened serves nothing from its magazines, so that all requests come by here.
fn fill_new<C: Context<State: HasHeap>>(cx: &mut C, offset: u32, old: u32) -> Result<()> {
    if let Some(byte) = cx.state().heap().config().hardening.fill_new() {
        let len = usable_size(cx, offset)?;
        if old < len {
            cx.fill(offset + old, byte, len - old)?;
        }
    }
    Ok(())
}

/// Fills bytes that are no longer in a block, as the heap's hardening says.
fn fill_freed<C: Context<State: HasHeap>>(cx: &mut C, offset: u32, len: u32) -> Result<()> {
    match cx.state().heap().config().hardening.fill_freed() {
        Some(byte) if len > 0 => cx.fill(offset, byte, len),
        _ => Ok(()),
    }
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
#[cold]
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
