//! Blocks that pass from plugin to host, and from host to plugin.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Plain;
use crate::sys;

/// What C calls `hh_bytes`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    pub(crate) ptr: *mut u8,
    pub(crate) len: usize,
}

impl Bytes {
    pub(crate) const NONE: Self = Self { ptr: core::ptr::null_mut(), len: 0 };

    /// An empty one, which is not `NULL`: it lies in static data, so that nobody frees it.
    pub(crate) fn empty() -> Self {
        static NOTHING: [u64; 1] = [0];
        Self { ptr: (&raw const NOTHING).cast::<u8>().cast_mut(), len: 0 }
    }

    /// C's `hh_packed`: the pointer in the high half.
    #[inline(always)]
    pub(crate) fn pack(self) -> u64 {
        (self.ptr.expose_provenance() as u64) << 32 | self.len as u64
    }

    #[inline(always)]
    pub(crate) fn unpack(packed: u64) -> Self {
        let ptr = core::ptr::with_exposed_provenance_mut((packed >> 32) as usize);
        Self { ptr, len: packed as u32 as usize }
    }
}

/// `[T; 0]` is plain and has no bytes: Rust makes no block for it.
const fn not_empty<T>() {
    assert!(size_of::<T>() > 0, "a type without bytes cannot be passed in a block");
}

/// Hands a vector's block over. The host frees it.
#[inline]
pub(crate) fn give<T: Plain>(values: Vec<T>) -> Bytes {
    const { not_empty::<T>() }
    if values.is_empty() {
        // With capacity it has a block, which goes with the vector.
        return Bytes::empty();
    }
    if cfg!(feature = "global-allocator") {
        let mut values = core::mem::ManuallyDrop::new(values);
        return Bytes { ptr: values.as_mut_ptr().cast(), len: values.len() };
    }
    copy(&values)
}

/// Gives the host what it only copies: static data as it is, all else in a block of its own, as the
/// host would free the block that it lies in.
#[inline]
pub(crate) fn lend<T: Plain>(values: &[T]) -> Bytes {
    const { not_empty::<T>() }
    if values.is_empty() {
        return Bytes::empty();
    }
    if values.as_ptr().addr() < sys::heap_base() {
        return Bytes { ptr: values.as_ptr().cast_mut().cast(), len: values.len() };
    }
    copy(values)
}

/// In a block of the host's malloc.
fn copy<T: Plain>(values: &[T]) -> Bytes {
    #[cfg(feature = "global-allocator")]
    return give(values.to_vec());
    #[cfg(not(feature = "global-allocator"))]
    {
        let size = size_of_val(values);
        // Safety: C's function, and what it gives has the size.
        unsafe {
            let block: *mut T = sys::host_malloc(size).cast();
            if block.is_null() {
                alloc::alloc::handle_alloc_error(core::alloc::Layout::for_value(values));
            }
            block.copy_from_nonoverlapping(values.as_ptr(), values.len());
            Bytes { ptr: block.cast(), len: values.len() }
        }
    }
}

/// Takes a block of the host's over. `NULL` is empty.
///
/// # Safety
///
/// A live block, or `NULL`, with so many values at its start, that nobody else frees.
#[inline]
pub(crate) unsafe fn take<T: Plain>(Bytes { ptr, len }: Bytes) -> Vec<T> {
    const { not_empty::<T>() }
    if cfg!(feature = "global-allocator") && len > 0 {
        // Safety: the allocator is the host's malloc, which asks for no size to free a block.
        return unsafe { Vec::from_raw_parts(ptr.cast(), len, len) };
    }
    let values = if len == 0 {
        Vec::new()
    } else {
        // Safety: the caller's promise.
        unsafe { core::slice::from_raw_parts(ptr.cast::<T>(), len) }.to_vec()
    };
    // Safety: a block, or NULL. An empty one is a block as well.
    unsafe { sys::host_free(ptr.cast()) };
    values
}

/// The same for text.
///
/// # Safety
///
/// As with [`take`]; the bytes are UTF-8.
#[inline]
pub(crate) unsafe fn take_text(bytes: Bytes) -> String {
    // Safety: the caller's promise.
    unsafe { String::from_utf8_unchecked(take(bytes)) }
}

/// A single value in a block.
#[inline]
pub(crate) fn give_box<T: Plain>(value: Box<T>) -> *mut u8 {
    const { not_empty::<T>() }
    if cfg!(feature = "global-allocator") {
        return Box::into_raw(value).cast();
    }
    copy(core::slice::from_ref(&*value)).ptr
}

/// Takes a block with a single value.
///
/// # Safety
///
/// A live block that holds a value, and that nobody else frees.
#[inline]
pub(crate) unsafe fn take_box<T: Plain>(block: *mut u8) -> Box<T> {
    const { not_empty::<T>() }
    // Safety: the caller's promise.
    unsafe {
        if cfg!(feature = "global-allocator") {
            return Box::from_raw(block.cast());
        }
        let value = Box::new(block.cast::<T>().read());
        sys::host_free(block.cast());
        value
    }
}
