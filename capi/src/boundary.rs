//! The only place of this crate with `unsafe` blocks: what C hands over becomes values of Rust.
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
//!   for each of them.
//! - An owned handle goes out by [`hand_out`] and comes back as an [`Owned`].
//! - Nothing unwinds into C: every exported function runs inside [`entry`].

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::{Mutex, PoisonError};

use crate::status::{Fail, hh_status, record, succeed};

/// Runs an exported function: its failure and its panic become a status and a message.
pub(crate) fn entry(f: impl FnOnce() -> Result<(), Fail>) -> hh_status {
    // What a panic leaves half done is this library's own mistake, and is reported as such.
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => succeed(),
        Ok(Err(fail)) => record(fail),
        Err(panic) => record(Fail::panic(&*panic)),
    }
}

/// The same for one that cannot fail but has an answer: `otherwise` if it panics.
pub(crate) fn answer<R>(otherwise: R, f: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(otherwise)
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

/// `const char *`: NULL, or text that ends with a NUL byte.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(*const c_char, PhantomData<&'a c_char>);

impl<'a> Text<'a> {
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

fn check_len<T>(what: &'static str, len: usize) -> Result<(), Fail> {
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(Fail::argument(format!("`{what}` has {len} elements, more than memory can hold"))),
    }
}

/// Owned handles that C has, by address, with the name of their type.
static LIVE: Mutex<BTreeMap<usize, &'static str>> = Mutex::new(BTreeMap::new());

/// A type that C owns values of.
pub(crate) trait Handle {
    /// Its name in C.
    const NAME: &'static str;
}

/// Gives C a handle, which it destroys by the function for its type.
pub(crate) fn hand_out<T: Handle>(value: Box<T>) -> *mut T {
    let pointer = Box::into_raw(value);
    let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    live.insert(pointer.addr(), T::NAME);
    pointer
}

/// `T *` to be destroyed: NULL, or what [`hand_out`] gave.
#[repr(transparent)]
#[derive(Debug)]
pub struct Owned<T>(*mut T);

impl<T: Handle> Owned<T> {
    /// Looks at it before it is taken; `None` for NULL.
    pub(crate) fn peek(&self) -> Result<Option<&T>, Fail> {
        if self.0.is_null() {
            return Ok(None);
        }
        let live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        if live.get(&self.0.addr()) != Some(&T::NAME) {
            return Err(Fail::not_live(T::NAME));
        }
        // SAFETY: it is registered as a live `T`, so `hand_out` made it of a box, and `take` has not
        // taken it back.
        Ok(Some(unsafe { &*self.0 }))
    }

    /// The value, which is C's no longer; `None` for NULL. A second time is an error.
    pub(crate) fn take(self) -> Result<Option<Box<T>>, Fail> {
        if self.0.is_null() {
            return Ok(None);
        }
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        if live.get(&self.0.addr()) != Some(&T::NAME) {
            return Err(Fail::not_live(T::NAME));
        }
        live.remove(&self.0.addr());
        // SAFETY: it was registered as a live `T`, so `hand_out` made it of a box; it is registered
        // no longer, so this happens once. C promised that nothing uses it any more.
        Ok(Some(unsafe { Box::from_raw(self.0) }))
    }
}
