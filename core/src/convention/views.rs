//! What a plugin passed to a host function, read and written in place.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::element::{self, Element, GuestPtr};
use super::take::text;
use crate::context::Context;
use crate::error::{OutOfBounds, Result};
use crate::memory::range;

/// Bytes in linear memory that a plugin passed: a checked range, read through the context.
///
/// It is an offset and a length, not a view: reading borrows the context, so no view survives a
/// guest call, and each reading checks the range against the memory as it is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestBytes {
    offset: u32,
    len: u32,
}

impl GuestBytes {
    #[inline]
    pub(crate) fn new(offset: u32, len: u32) -> Self {
        GuestBytes { offset, len }
    }

    /// Offset in linear memory.
    pub fn offset(self) -> u32 {
        self.offset
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The bytes.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) if memory no longer has them.
    pub fn read<C: Context>(self, cx: &C) -> Result<&[u8]> {
        self.of(cx.memory()?)
    }

    /// The bytes, of a view of linear memory such as
    /// [`Guest::memory_and_state`](crate::Guest::memory_and_state) gives.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) if that memory does not have them.
    pub fn of(self, memory: &[u8]) -> Result<&[u8]> {
        Ok(&memory[range(self.offset, self.len, memory.len())?])
    }
}

/// UTF-8 text in linear memory that a plugin passed; checked again on each reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestStr(GuestBytes);

impl GuestStr {
    #[inline]
    pub(crate) fn new(bytes: GuestBytes) -> Self {
        GuestStr(bytes)
    }

    /// Where the text lies.
    pub fn bytes(self) -> GuestBytes {
        self.0
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) or [`Error::Convention`](crate::Error::Convention) if the plugin has changed it since.
    pub fn read<C: Context>(self, cx: &C) -> Result<&str> {
        self.of(cx.memory()?)
    }

    /// The text, of a view of linear memory such as
    /// [`Guest::memory_and_state`](crate::Guest::memory_and_state) gives.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) or [`Error::Convention`](crate::Error::Convention) if that memory does not have it.
    pub fn of(self, memory: &[u8]) -> Result<&str> {
        Ok(text(self.0.of(memory)?, self.0.offset)?)
    }
}

/// Several `T` in linear memory that a plugin passed: a checked and aligned range, read and written
/// through the context.
pub struct GuestSlice<T: Element> {
    offset: u32,
    len: u32,
    of: PhantomData<fn() -> T>,
}

impl<T: Element> Clone for GuestSlice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Element> Copy for GuestSlice<T> {}

impl<T: Element> fmt::Debug for GuestSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuestSlice<{}>({:#x}, {})", T::C_NAME, self.offset, self.len)
    }
}

impl<T: Element> GuestSlice<T> {
    #[inline]
    pub(crate) fn new(offset: u32, len: u32) -> Self {
        GuestSlice { offset, len, of: PhantomData }
    }

    /// Pointer to the first element.
    pub fn ptr(self) -> GuestPtr<T> {
        GuestPtr::new(self.offset)
    }

    /// How many elements there are.
    pub fn len(self) -> u32 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Its bytes. They were in bounds when it was made, so the length in bytes fits.
    pub fn bytes(self) -> GuestBytes {
        GuestBytes::new(self.offset, self.len.wrapping_mul(element::size::<T>()))
    }

    /// Copies the elements out.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds),
    /// [`ConventionError::InvalidBits`](super::ConventionError::InvalidBits).
    pub fn read<C: Context>(self, cx: &C) -> Result<Vec<T>> {
        Ok(element::read_all(self.bytes().read(cx)?, self.offset)?)
    }

    /// Copies one element out.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) if there is no such element,
    /// [`ConventionError::InvalidBits`](super::ConventionError::InvalidBits).
    pub fn get<C: Context>(self, cx: &C, index: u32) -> Result<T> {
        let size = element::size::<T>();
        let at = u64::from(self.offset) + u64::from(index) * u64::from(size);
        if index >= self.len {
            let (len, size) = (size.into(), u64::from(self.offset) + self.bytes().len() as u64);
            return Err(OutOfBounds { offset: at, len, size }.into());
        }
        // Within the slice, which is within memory.
        let at = at as u32;
        Ok(element::read(cx.bytes(at, size)?, at)?)
    }

    /// Overwrites the first elements.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) if there are fewer; nothing is written then.
    pub fn write<C: Context>(self, cx: &mut C, values: &[T]) -> Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        if values.len() as u64 > u64::from(self.len) {
            let (offset, len) = (self.offset.into(), bytes.len() as u64);
            let size = u64::from(self.offset) + u64::from(self.bytes().len());
            return Err(OutOfBounds { offset, len, size }.into());
        }
        cx.write(self.offset, bytes)
    }
}
