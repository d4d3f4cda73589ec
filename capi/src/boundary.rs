//! The only place of this crate with `unsafe` blocks, here and in the folder beside: what C hands over
//! becomes values of Rust.
//!
//! What makes the rest safe is the caller's promise, which stands at the top of the header: a pointer
//! is NULL, or it points to what the parameter's type and documentation say, for as long as they
//! say, and no other thread changes it meanwhile.
//!
//! - A handle or struct by reference is an `Option<&T>`, which has the layout of a nullable pointer
//!   (the standard library guarantees it: "Option, representation"). A place for a result is an
//!   `Option<&mut MaybeUninit<T>>`: what C left there is never read and never dropped.
//! - Text, bytes and arrays come in the types below. No code of Rust can make one: they exist only as
//!   parameters of exported functions and fields of structs that C fills, so that the promise holds
//!   for each of them. Options come as [`Chosen`] and are made in [`ToChoose`], linear memory as [`Memory`].
//! - An owned handle goes out by [`hand_out`] and comes back as an [`Owned`]; bytes go out as an
//!   [`hh_string`].
//! - Nothing unwinds into C: every exported function runs inside [`entry`].

use core::ffi::{CStr, c_char, c_void};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use std::panic::catch_unwind;

use crate::status::{Fail, hh_status, record, succeed};

mod handle;
mod linear;
mod options;
mod string;

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod decode;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod innermost;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod places;
#[cfg(all(test, any(feature = "wasmtime", feature = "wasmer", feature = "wasmi")))]
pub(crate) mod testing;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod thread;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub mod value;

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) use handle::Offered;
pub(crate) use handle::hand_out;
pub use handle::{Handle, Owned};
pub use linear::Memory;
pub use options::{Chosen, Options, ToChoose};
pub use string::hh_string;

/// Runs an exported function: its failure and its panic become a status and a message.
pub(crate) fn entry(f: impl FnOnce() -> Result<(), Fail>) -> hh_status {
    entry_with(|| f().map(|()| succeed()))
}

/// The same for one whose success has a status of its own.
pub(crate) fn entry_with(f: impl FnOnce() -> Result<hh_status, Fail>) -> hh_status {
    // What a panic leaves half done is this library's own mistake, and is reported as such.
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(status)) => status,
        Ok(Err(fail)) => record(fail),
        Err(panic) => record(Fail::panic(&*panic)),
    }
}

/// The same for one that cannot fail but has an answer: `otherwise` if it panics.
pub(crate) fn answer<R>(otherwise: R, f: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(otherwise)
}

/// Runs the short way of a function that has a long one, which is gone if this answers `None` or panics.
/// What is moved in and out is small here, unlike a `Fail`.
#[inline(always)]
pub(crate) fn quickly(f: impl FnOnce() -> Option<()>) -> bool {
    matches!(catch_unwind(AssertUnwindSafe(f)), Ok(Some(())))
}

/// A pointer that must not be NULL.
pub(crate) fn needed<T>(what: &'static str, pointer: Option<T>) -> Result<T, Fail> {
    pointer.ok_or_else(|| Fail::null(what))
}

/// Writes a result to where C wants it.
pub(crate) fn put<T>(
    what: &'static str,
    place: Option<&mut MaybeUninit<T>>,
    value: T,
) -> Result<(), Fail> {
    needed(what, place)?.write(value);
    Ok(())
}

/// A place for a result that is `empty` until it is known, so that C finds nothing to misuse there when
/// the call fails.
pub(crate) fn vacant<'a, T>(
    what: &'static str,
    place: Option<&'a mut MaybeUninit<T>>,
    empty: T,
) -> Result<&'a mut T, Fail> {
    Ok(needed(what, place)?.write(empty))
}

/// `const char *`: NULL, or text that ends with a NUL byte.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(*const c_char, PhantomData<&'a c_char>);

impl<'a> Text<'a> {
    /// No text.
    pub(crate) const NULL: Self = Text(core::ptr::null(), PhantomData);

    /// `None` for NULL.
    pub(crate) fn c_str(self) -> Option<&'a CStr> {
        // SAFETY: not NULL, so C promised text that ends with a NUL byte and stays as it is.
        (!self.0.is_null()).then(|| unsafe { CStr::from_ptr(self.0) })
    }

    /// UTF-8; `None` for NULL.
    pub(crate) fn optional(self, what: &'static str) -> Result<Option<&'a str>, Fail> {
        let text = self.c_str().map(CStr::to_str).transpose();
        text.map_err(|e| Fail::not_utf8(what, e.valid_up_to()))
    }

    /// UTF-8, and not NULL.
    pub(crate) fn text(self, what: &'static str) -> Result<&'a str, Fail> {
        needed(what, self.optional(what)?)
    }
}

/// `const T *` with a number of elements beside it: NULL, or that many initialised elements.
#[repr(transparent)]
#[derive(Debug)]
pub struct Array<'a, T>(*const T, PhantomData<&'a [T]>);

impl<T> Clone for Array<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Array<'_, T> {}

impl<'a, T> Array<'a, T> {
    /// NULL is an empty array if there are no elements, and an error otherwise.
    pub(crate) fn slice(self, what: &'static str, len: usize) -> Result<&'a [T], Fail> {
        check_len::<T>(what, len)?;
        match NonNull::new(self.0.cast_mut()) {
            None if len == 0 => Ok(&[]),
            None => Err(Fail::null(what)),
            // SAFETY: C promised `len` elements at a pointer that is not NULL, which nobody changes
            // meanwhile; that they are no larger than `isize::MAX` bytes is checked above.
            Some(start) => Ok(unsafe { core::slice::from_raw_parts(start.as_ptr(), len) }),
        }
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl<'a> Array<'a, c_void> {
    /// `const void *` with a number of bytes beside it.
    pub(crate) fn bytes(self, what: &'static str, len: usize) -> Result<&'a [u8], Fail> {
        Array::<u8>(self.0.cast(), PhantomData).slice(what, len)
    }
}

/// `T *` with a number of elements beside it: NULL, or room for that many, which C does not touch
/// meanwhile.
#[repr(transparent)]
#[derive(Debug)]
pub struct ArrayMut<'a, T>(*mut T, PhantomData<&'a mut [T]>);

impl<'a, T> ArrayMut<'a, T> {
    /// Room whose content does not matter.
    pub(crate) fn room(
        self,
        what: &'static str,
        len: usize,
    ) -> Result<&'a mut [MaybeUninit<T>], Fail> {
        check_len::<T>(what, len)?;
        match NonNull::new(self.0.cast::<MaybeUninit<T>>()) {
            None if len == 0 => Ok(&mut []),
            None => Err(Fail::null(what)),
            // SAFETY: C promised room for `len` elements that nobody else touches; as they may be
            // uninitialised that is all there is to it, and their size is checked above.
            Some(start) => Ok(unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), len) }),
        }
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl<'a> ArrayMut<'a, c_void> {
    /// `void *` with a number of bytes beside it.
    pub(crate) fn bytes(
        self,
        what: &'static str,
        len: usize,
    ) -> Result<&'a mut [MaybeUninit<u8>], Fail> {
        ArrayMut::<u8>(self.0.cast(), PhantomData).room(what, len)
    }
}

fn check_len<T>(what: &'static str, len: usize) -> Result<(), Fail> {
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(Fail::argument(format!("`{what}` has {len} elements, more than memory can hold"))),
    }
}

/// `void *` of C's own, which comes back to its functions and is never looked at.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct User(*mut c_void);

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl User {
    pub(crate) const NULL: Self = User(core::ptr::null_mut());
}

/// What a function of C's returned as an `hh_status`: any number, as far as Rust can know.
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Returned(i32);

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl Returned {
    pub(crate) fn number(self) -> i32 {
        self.0
    }
}
