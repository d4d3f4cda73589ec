//! What C does, for tests in Rust.

use core::ffi::{CStr, c_void};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr;

use super::value::{hh_kind, hh_value};
use super::{Array, ArrayMut, Chosen, Owned, Returned, Text, User};
use crate::status::{hh_error_message, hh_status};

impl<'a> Text<'a> {
    pub(crate) fn of(text: &'a CStr) -> Self {
        Text(text.as_ptr(), PhantomData)
    }
}

impl<'a, T> Array<'a, T> {
    pub(crate) fn of(elements: &'a [T]) -> Self {
        Array(elements.as_ptr(), PhantomData)
    }

    pub(crate) fn null() -> Self {
        Array(ptr::null(), PhantomData)
    }
}

impl<T> ArrayMut<'_, T> {
    pub(crate) fn null() -> Self {
        ArrayMut(ptr::null_mut(), PhantomData)
    }
}

impl<'a> Array<'a, c_void> {
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        Array(bytes.as_ptr().cast(), PhantomData)
    }
}

impl<'a> ArrayMut<'a, c_void> {
    pub(crate) fn of_bytes(bytes: &'a mut [u8]) -> Self {
        ArrayMut(bytes.as_mut_ptr().cast(), PhantomData)
    }
}

impl<T> Chosen<'_, T> {
    pub(crate) fn null() -> Self {
        Chosen(ptr::null(), PhantomData)
    }
}

impl<T> Owned<T> {
    pub(crate) fn of(pointer: *mut T) -> Self {
        Owned(pointer)
    }
}

impl User {
    pub(crate) fn number(number: usize) -> Self {
        User(ptr::without_provenance_mut(number))
    }

    pub(crate) fn to_number(self) -> usize {
        self.0.addr()
    }
}

impl Returned {
    pub(crate) fn of(number: i32) -> Self {
        Returned(number)
    }
}

impl From<hh_status> for Returned {
    fn from(status: hh_status) -> Self {
        Returned(status as i32)
    }
}

impl<'a> hh_value<'a> {
    pub(crate) fn made(kind: hh_kind, size: u32, bits: u64, data: *mut c_void) -> Self {
        hh_value {
            kind: kind as u32,
            size,
            bits,
            data,
            more: ptr::null_mut(),
            lifetime: PhantomData,
        }
    }

    pub(crate) fn of_kind(kind: u32) -> Self {
        hh_value { kind, ..Self::to_void() }
    }

    pub(crate) fn i32(number: i32) -> Self {
        Self::made(hh_kind::HH_KIND_I32, 0, i64::from(number).cast_unsigned(), ptr::null_mut())
    }

    pub(crate) fn to_void() -> Self {
        Self::made(hh_kind::HH_KIND_TO_VOID, 0, 0, ptr::null_mut())
    }

    pub(crate) fn to_i32(place: &'a mut i32) -> Self {
        Self::made(hh_kind::HH_KIND_TO_I32, 0, 0, ptr::from_mut(place).cast())
    }
}

impl super::value::hh_span {
    /// Writes to the bytes of a span of 4-byte elements.
    pub(crate) fn fill(&self, byte: u8) {
        // SAFETY: the library gave it to a host function that still runs.
        unsafe { self.data.cast::<u8>().write_bytes(byte, self.len * 4) }
    }
}

/// The place that a function writes its result to, which is `empty` before.
pub(crate) fn result<T>(
    empty: T,
    f: impl FnOnce(Option<&mut MaybeUninit<T>>) -> hh_status,
) -> (hh_status, T) {
    let mut place = MaybeUninit::new(empty);
    let status = f(Some(&mut place));
    // SAFETY: it was made with a value, and the library writes none but values there.
    (status, unsafe { place.assume_init() })
}

/// A handle as a parameter.
pub(crate) fn handle<'a, T>(pointer: *mut T) -> Option<&'a T> {
    // SAFETY: tests use what the library gave them, and not once it was freed.
    unsafe { pointer.as_ref() }
}

pub(crate) fn message() -> String {
    // SAFETY: the library's own text.
    unsafe { CStr::from_ptr(hh_error_message()) }.to_string_lossy().into_owned()
}
