//! The part of linear memory that the arguments of one call are written to.

use core::ffi::CStr;

use super::element::{self, CStruct, Element, GuestPtr};

/// Every argument starts at a multiple of this, as a block from malloc would.
const ALIGN: u64 = 16;

/// Bytes that `size` bytes take: at least one more, so that a pointer to the end of an argument, and
/// any pointer to an empty one, still lies in the block of the arguments.
#[inline]
pub(crate) fn taken(size: u64) -> u64 {
    // Sizes are sums of lengths of host slices, far below 2^64.
    size.saturating_add(ALIGN) / ALIGN * ALIGN
}

/// The part of linear memory into which the arguments of one call are written, one after the other.
#[derive(Debug)]
pub struct Room<'a> {
    /// What is left of it.
    bytes: &'a mut [u8],
    /// Offset of `bytes[0]` in linear memory.
    offset: u32,
}

impl<'a> Room<'a> {
    /// No room at all, for calls whose arguments need none.
    #[inline]
    pub(crate) fn none() -> Self {
        Room { bytes: &mut [], offset: 0 }
    }

    /// The bytes of linear memory that start at `offset`, a multiple of 16.
    #[inline]
    pub(crate) fn new(bytes: &'a mut [u8], offset: u32) -> Self {
        Room { bytes, offset }
    }

    /// The next `size` bytes, and their offset.
    #[inline]
    pub(crate) fn next(&mut self, size: u64) -> (&mut [u8], u32) {
        let at = self.offset;
        // `Arguments::room` was reserved for exactly these arguments, so both ends are within
        // bounds; less is what an inconsistent `room` would meet, not a panic.
        let step = taken(size).min(self.bytes.len() as u64) as usize;
        let (here, rest) = core::mem::take(&mut self.bytes).split_at_mut(step);
        self.bytes = rest;
        self.offset = at.wrapping_add(step as u32);
        let size = (size as usize).min(here.len());
        (&mut here[..size], at)
    }
}

/// The same part after the call, for what is copied back.
#[derive(Debug)]
pub struct Back<'a> {
    bytes: &'a [u8],
    offset: u32,
}

impl<'a> Back<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], offset: u32) -> Self {
        Back { bytes, offset }
    }

    /// The next `size` bytes, and their offset: as [`Room::next`] gave them.
    #[inline]
    pub(crate) fn next(&mut self, size: u64) -> (&'a [u8], u32) {
        let at = self.offset;
        let step = taken(size).min(self.bytes.len() as u64) as usize;
        let (here, rest) = self.bytes.split_at(step);
        self.bytes = rest;
        self.offset = at.wrapping_add(step as u32);
        (&here[..(size as usize).min(here.len())], at)
    }
}

/// A host value that becomes a C struct with pointers in it, to data that is passed along.
///
/// The struct and all that it points to lie in one place and are borrowed for the call together.
///
/// ```
/// use bytemuck::{Pod, Zeroable};
/// use hostheap_core::convention::{CStruct, Compose, GuestPtr, Place};
///
/// /// struct request { const char *path; size_t path_len; uint32_t id; };
/// #[repr(C)]
/// #[derive(Clone, Copy, Pod, Zeroable)]
/// struct RawRequest {
///     path: GuestPtr<u8>,
///     path_len: u32,
///     id: u32,
/// }
///
/// impl CStruct for RawRequest {
///     const C_NAME: &'static str = "struct request";
/// }
///
/// struct Request {
///     path: String,
///     id: u32,
/// }
///
/// impl Compose for Request {
///     type Struct = RawRequest;
///     fn compose(&self, place: &mut Place<'_>) -> RawRequest {
///         let path = place.str(&self.path);
///         RawRequest { path: path.ptr, path_len: path.len, id: self.id }
///     }
/// }
/// ```
///
/// It is passed as [`Composed(&request)`](super::Composed).
pub trait Compose {
    /// The C struct.
    type Struct: CStruct;

    /// Places what the struct points to, and makes the struct.
    ///
    /// It runs twice: once to measure, with pointers that mean nothing, and once to write. It must
    /// place the same both times.
    fn compose(&self, place: &mut Place<'_>) -> Self::Struct;
}

/// Where a composed struct and what it points to are put.
#[derive(Debug)]
pub struct Place<'a> {
    /// `None` while it is measured how much there will be.
    bytes: Option<&'a mut [u8]>,
    /// Offset of the first byte.
    base: u32,
    used: u64,
}

/// Where something lies in linear memory, and how many there are of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<T> {
    /// The first.
    pub ptr: GuestPtr<T>,
    /// How many, C's `size_t`.
    pub len: u32,
}

impl Place<'_> {
    /// Places text: `const char *, size_t`.
    pub fn str(&mut self, text: &str) -> Span<u8> {
        self.bytes(text.as_bytes())
    }

    /// Places bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Span<u8> {
        Span { ptr: self.put(bytes, 1), len: bytes.len() as u32 }
    }

    /// Places a NUL-terminated string.
    pub fn c_str(&mut self, text: &CStr) -> GuestPtr<u8> {
        self.put(text.to_bytes_with_nul(), 1)
    }

    /// Places one value.
    pub fn value<T: Element>(&mut self, value: &T) -> GuestPtr<T> {
        let _ = element::size::<T>();
        self.put(bytemuck::bytes_of(value), align_of::<T>() as u32)
    }

    /// Places several values in a row.
    pub fn slice<T: Element>(&mut self, values: &[T]) -> Span<T> {
        let _ = element::size::<T>();
        Span {
            ptr: self.put(bytemuck::cast_slice(values), align_of::<T>() as u32),
            len: values.len() as u32,
        }
    }

    /// Places another composed struct.
    pub fn composed<S: CStruct>(
        &mut self,
        value: &(impl Compose<Struct = S> + ?Sized),
    ) -> GuestPtr<S> {
        let at = self.reserve(element::size::<S>().into(), align_of::<S>() as u32);
        let raw = value.compose(self);
        self.fill(at, bytemuck::bytes_of(&raw));
        self.pointer(at)
    }

    /// Places several composed structs in a row: the array first, then what they point to.
    pub fn all_composed<'v, V>(&mut self, values: &'v [V]) -> Span<V::Struct>
    where
        V: Compose + 'v,
    {
        let size = u64::from(element::size::<V::Struct>());
        let at = self.reserve(size * values.len() as u64, align_of::<V::Struct>() as u32);
        for (index, value) in values.iter().enumerate() {
            let raw = value.compose(self);
            self.fill(at + size * index as u64, bytemuck::bytes_of(&raw));
        }
        Span { ptr: self.pointer(at), len: values.len() as u32 }
    }

    fn put<T>(&mut self, bytes: &[u8], align: u32) -> GuestPtr<T> {
        let at = self.reserve(bytes.len() as u64, align);
        self.fill(at, bytes);
        self.pointer(at)
    }

    /// Room for `size` bytes at a multiple of `align`, as the distance from the base.
    fn reserve(&mut self, size: u64, align: u32) -> u64 {
        let at = self.used.next_multiple_of(align.max(1).into());
        self.used = at.saturating_add(size);
        at
    }

    fn fill(&mut self, at: u64, from: &[u8]) {
        let Some(bytes) = &mut self.bytes else { return };
        // Out of bounds only if `compose` places other things than when it was measured.
        let to =
            (at as usize).checked_add(from.len()).and_then(|end| bytes.get_mut(at as usize..end));
        if let Some(to) = to {
            to.copy_from_slice(from);
        }
    }

    fn pointer<T>(&self, at: u64) -> GuestPtr<T> {
        GuestPtr::new(self.base.wrapping_add(at as u32))
    }
}

/// Bytes that a composed value takes.
pub(crate) fn measure(place: impl FnOnce(&mut Place<'_>)) -> u64 {
    let mut measured = Place { bytes: None, base: 0, used: 0 };
    place(&mut measured);
    measured.used
}

/// Writes it to `bytes`, which lie at `base`.
pub(crate) fn write(bytes: &mut [u8], base: u32, place: impl FnOnce(&mut Place<'_>)) {
    // Gaps that alignment leaves would show the plugin what was there before: its own bytes.
    place(&mut Place { bytes: Some(bytes), base, used: 0 });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_takes_a_byte_more_up_to_a_multiple_of_16() {
        assert_eq!([0, 1, 15, 16, 17].map(taken), [16, 16, 16, 32, 32]);
    }

    #[test]
    fn room_and_back_walk_alike() {
        let mut memory = [0u8; 64];
        let mut room = Room::new(&mut memory, 1024);
        for (size, at) in [(3, 1024), (0, 1040), (16, 1056)] {
            let (bytes, offset) = room.next(size);
            assert_eq!((bytes.len() as u64, offset), (size, at));
            bytes.fill(size as u8);
        }
        let mut back = Back::new(&memory, 1024);
        for (size, at) in [(3, 1024), (0, 1040), (16, 1056)] {
            let (bytes, offset) = back.next(size);
            assert_eq!(offset, at);
            assert!(
                bytes.len() as u64 == size && bytes.iter().all(|&byte| u64::from(byte) == size)
            );
        }
    }

    #[test]
    fn too_little_room_is_no_panic() {
        let mut memory = [0u8; 16];
        let mut room = Room::new(&mut memory, 0);
        assert_eq!(room.next(100).0.len(), 16);
        assert_eq!(room.next(100).0.len(), 0);
    }
}
