//! The heap without callbacks: it says what it needs, and is told what it got.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::Error;
use hostheap_core::heap::{AllocError, Heap, Realloc, ReallocError};

use super::{hh_heap, with};
use crate::abi::abi;
use crate::boundary::{entry, entry_with, put, vacant};
use crate::status::{Fail, hh_status};
use crate::words::{Api, in_c};

/// By how much to grow the memory. Both numbers are multiples of 65536.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_need {
    /// The least bytes that will do.
    min_bytes: u64,
    /// Better this many, so that growth stays rare.
    want_bytes: u64,
}

abi!(hh_need: 16 { min_bytes: 0, want_bytes: 8 });

/// What became of a block in `hh_heap_try_realloc`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_resized {
    /// Where the block is now.
    offset: u32,
    /// Where it was. The same as `offset` if it has not moved or is new.
    from: u32,
    /// How many bytes the caller copies from `from` to `offset`, before anything else is done with the
    /// heap. The two do not overlap. 0 if the block has not moved.
    copy_len: u32,
}

abi!(hh_resized: 12 { offset: 0, from: 4, copy_len: 8 });

/// Runs a request that may be answered by a need.
fn request<T: Default>(
    heap: Option<&hh_heap>,
    out: Option<&mut MaybeUninit<T>>,
    need: Option<&mut MaybeUninit<hh_need>>,
    request: impl FnOnce(&mut Heap) -> Result<T, ReallocError>,
) -> hh_status {
    entry_with(|| {
        let out = vacant("out", out, T::default())?;
        let need = vacant("need", need, hh_need::default())?;
        match with(heap, |inner| Ok(request(&mut inner.state.heap)))? {
            Ok(done) => *out = done,
            Err(ReallocError::Alloc(AllocError::NeedMemory { min_bytes, want_bytes })) => {
                *need = hh_need { min_bytes, want_bytes };
                return Ok(hh_status::HH_NEED_MEMORY);
            }
            Err(ReallocError::Alloc(refused)) => return Err(Fail::of_heap(Error::Alloc(refused))),
            Err(ReallocError::Invalid(invalid)) => {
                return Err(Error::InvalidPointer(invalid).into());
            }
            Err(other) => return Err(Fail::new(hh_status::HH_ERR_MEMORY, other.to_string())),
        }
        Ok(hh_status::HH_OK)
    })
}

/// Allocates a block of at least `size` bytes at a multiple of 16: `*out` is its offset.
///
/// HH_NEED_MEMORY says that the memory must grow first: grow it by `need->want_bytes` or at least by
/// `need->min_bytes`, tell the heap by `hh_heap_extend`, and ask again. It may be answered so once more
/// if somebody else grew the memory in between. If the memory cannot grow, tell the heap by
/// `hh_heap_growth_refused`.
///
/// All functions of this kind answer `*out` 0 and `*need` 0 where there is nothing to say.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_try_malloc(
    heap: Option<&hh_heap>,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
    need: Option<&mut MaybeUninit<hh_need>>,
) -> hh_status {
    request(heap, out, need, |heap| Ok(heap.malloc(size)?))
}

/// The same for `count * size` bytes, of which the caller sets the first `*len_to_zero` to zero; the
/// others are zero already, as linear memory is when it is new. A product beyond 32 bits is
/// HH_ERR_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_try_calloc(
    heap: Option<&hh_heap>,
    count: u32,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
    len_to_zero: Option<&mut MaybeUninit<u32>>,
    need: Option<&mut MaybeUninit<hh_need>>,
) -> hh_status {
    let Some(len_to_zero) = len_to_zero else {
        return entry(|| Err(Fail::null("len_to_zero")));
    };
    let len_to_zero = len_to_zero.write(0);
    request(heap, out, need, |heap| {
        let block = heap.calloc(count, size)?;
        *len_to_zero = block.len_to_zero;
        Ok(block.offset)
    })
}

/// Gives the block at `offset` another size; if it moved, the caller copies its bytes, as `*out` says.
/// Offset 0 is a new block; size 0 shrinks to the smallest. HH_ERR_POINTER if it is no live block. The
/// block is as it was unless the status is HH_OK.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_try_realloc(
    heap: Option<&hh_heap>,
    offset: u32,
    size: u32,
    out: Option<&mut MaybeUninit<hh_resized>>,
    need: Option<&mut MaybeUninit<hh_need>>,
) -> hh_status {
    request(heap, out, need, |heap| {
        Ok(match heap.realloc(offset, size)? {
            Realloc::InPlace { offset } => hh_resized { offset, from: offset, copy_len: 0 },
            Realloc::Moved { from, to, copy_len } => hh_resized { offset: to, from, copy_len },
        })
    })
}

/// `hh_heap_try_malloc` at a multiple of `align`, a power of two; another one is HH_ERR_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_try_aligned_alloc(
    heap: Option<&hh_heap>,
    align: u32,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
    need: Option<&mut MaybeUninit<hh_need>>,
) -> hh_status {
    request(heap, out, need, |heap| Ok(heap.aligned_alloc(align, size)?))
}

/// `hh_heap_try_malloc` of a block that the plugin cannot free until `hh_heap_take_back`, as
/// `hh_heap_lend` gives.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_try_lend(
    heap: Option<&hh_heap>,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
    need: Option<&mut MaybeUninit<hh_need>>,
) -> hh_status {
    request(heap, out, need, |heap| Ok(heap.lend(size)?))
}

/// Gives a heap the bytes of linear memory from `start` to `end`, exclusive: at first those from its
/// base to the memory's end, later what each growth added. A `start` above its top means that somebody
/// else grew the memory in between, and leaves that for ever alone. The bytes are taken to be zero, as
/// new memory is.
///
/// HH_ERR_ARGUMENT, with nothing changed, for a range that is inverted, below the base or the top, or
/// beyond the limit; HH_ERR_MEMORY if the host has no memory for the bookkeeping. A heap with
/// `hh_memory` does this itself.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_extend(heap: Option<&hh_heap>, start: u64, end: u64) -> hh_status {
    use hostheap_core::heap::ExtendError;
    entry(|| {
        with(heap, |inner| {
            inner.state.heap.extend(start, end).map_err(|error| {
                let status = match error {
                    ExtendError::HostMemory => hh_status::HH_ERR_MEMORY,
                    _ => hh_status::HH_ERR_ARGUMENT,
                };
                Fail::new(status, in_c(Api::Heap, &error.to_string()))
            })
        })
    })
}

/// Tells a heap that the memory could not grow, so that it counts the request as failed. Before that,
/// `hh_heap_end_quarantine` may have freed enough to ask once more.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_growth_refused(heap: Option<&hh_heap>) -> hh_status {
    entry(|| {
        with(heap, |inner| {
            inner.state.heap.growth_refused();
            Ok(())
        })
    })
}

/// Makes the memory of all freed blocks available that wait in quarantine. `*any` says whether there
/// were any.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_end_quarantine(
    heap: Option<&hh_heap>,
    any: Option<&mut MaybeUninit<bool>>,
) -> hh_status {
    entry(|| put("any", any, with(heap, |inner| Ok(inner.state.heap.end_quarantine()))?))
}
