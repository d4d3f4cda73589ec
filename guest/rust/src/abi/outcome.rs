//! Results of exports: from the plugin to the host.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use super::{Plain, Scalar, blocks, blocks::Bytes};
use crate::error::{Error, Failure};

/// A type that an `#[export]` can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of an export",
    label = "not a result of the calling convention",
    note = "scalars, nothing, String, Vec<T>, &str, &[T], Cow<'static, str>, CString, a struct with \
            #[derive(Plain)], Box of one, 2 to 4 scalars in a tuple, extern \"C\" fn",
    note = "an Option of what is text, a vector, a struct or a function",
    note = "Result<X, E>: X is (), a scalar, a struct, text or a vector; E is \
            hostheap_guest::Error, &str, String, i32, or has a `Failure` of its own"
)]
pub trait Outcome {
    /// Where it is written to: a first parameter of C's, or `()`.
    type Out;
    /// C's result.
    type Ret;
    /// What the host gets.
    ///
    /// # Safety
    ///
    /// `out` leads to room for it.
    unsafe fn lower(self, out: Self::Out) -> Self::Ret;
}

/// Results that can be `None`, which is `NULL`.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be the result of an export: only what is a pointer in C can \
               be NULL",
    label = "has no NULL",
    note = "an optional number: Result<u32, Error>, or a struct; in an Option may be String, Vec<T>, \
            &str, CString, structs with #[derive(Plain)], functions"
)]
pub trait Nullable {
    /// C's result.
    type Ret: Null;
    /// What the host gets of a value, never `NULL`.
    fn some(self) -> Self::Ret;
}

/// A C result that can say "nothing".
pub trait Null {
    /// That.
    const NULL: Self;
    /// Whether it is that.
    fn is_null(&self) -> bool;
}

impl Null for u64 {
    const NULL: Self = 0;
    fn is_null(&self) -> bool {
        *self >> 32 == 0
    }
}

impl Null for *mut u8 {
    const NULL: Self = core::ptr::null_mut();
    fn is_null(&self) -> bool {
        (*self).is_null()
    }
}

impl<T: Nullable> Outcome for Option<T> {
    type Out = ();
    type Ret = T::Ret;
    #[inline(always)]
    unsafe fn lower(self, (): ()) -> T::Ret {
        self.map_or(T::Ret::NULL, T::some)
    }
}

/// What may be in a `Result`: it is written behind C's first parameter.
#[diagnostic::on_unimplemented(
    message = "`Result<{Self}, E>` cannot be the result of an export",
    label = "cannot be in a Result",
    note = "(), scalars, structs with #[derive(Plain)], String, Vec<T>, &str, &[T]"
)]
pub trait OutValue {
    /// What C's first parameter points to.
    type Slot;
    /// Writes it.
    ///
    /// # Safety
    ///
    /// `out` leads to room for it.
    unsafe fn write(self, out: *mut Self::Slot);
    /// Writes an error's message, if there is room for one.
    ///
    /// # Safety
    ///
    /// `out` leads to room for it.
    unsafe fn write_message(message: Cow<'static, str>, out: *mut Self::Slot) {
        let _ = (message, out);
    }
}

impl<X: OutValue, E: Failure> Outcome for Result<X, E> {
    type Out = *mut X::Slot;
    type Ret = i32;
    #[inline]
    unsafe fn lower(self, out: *mut X::Slot) -> i32 {
        // Safety: the caller's promise.
        unsafe {
            match self {
                Ok(value) => {
                    value.write(out);
                    0
                }
                Err(error) => {
                    let Error { code, message } = error.into_error();
                    X::write_message(message, out);
                    code
                }
            }
        }
    }
}

impl<E: Failure> Outcome for Result<(), E> {
    type Out = ();
    type Ret = i32;
    #[inline]
    unsafe fn lower(self, (): ()) -> i32 {
        self.map_or_else(|error| error.into_error().code, |()| 0)
    }
}

/// Texts and vectors.
macro_rules! pairs {
    ($([$($generics:tt)*] $ty:ty: |$this:ident| $give:expr;)*) => {$(
        impl<$($generics)*> Outcome for $ty {
            type Out = ();
            type Ret = u64;
            #[inline]
            unsafe fn lower(self, (): ()) -> u64 {
                Nullable::some(self)
            }
        }
        impl<$($generics)*> Nullable for $ty {
            type Ret = u64;
            #[inline]
            fn some(self) -> u64 {
                let $this = self;
                $give.pack()
            }
        }
        impl<$($generics)*> OutValue for $ty {
            type Slot = Bytes;
            #[inline]
            unsafe fn write(self, out: *mut Bytes) {
                let $this = self;
                // Safety: the caller's promise.
                unsafe { out.write($give) }
            }
            #[inline]
            unsafe fn write_message(message: Cow<'static, str>, out: *mut Bytes) {
                let message = if message.is_empty() { Bytes::NONE } else { give_cow(message) };
                // Safety: the caller's promise.
                unsafe { out.write(message) }
            }
        }
    )*};
}
pairs! {
    [] String: |it| blocks::give(it.into_bytes());
    [] Box<str>: |it| blocks::give(it.into_string().into_bytes());
    [] &str: |it| blocks::lend(it.as_bytes());
    [] Cow<'_, str>: |it| give_cow(it);
    [T: Plain] Vec<T>: |it| blocks::give(it);
    [T: Plain] &[T]: |it| blocks::lend(it);
    [T: Plain] Box<[T]>: |it| blocks::give(it.into_vec());
}

fn give_cow(text: Cow<'_, str>) -> Bytes {
    match text {
        Cow::Borrowed(text) => blocks::lend(text.as_bytes()),
        Cow::Owned(text) => blocks::give(text.into_bytes()),
    }
}

/// Single pointers.
macro_rules! singles {
    ($([$($generics:tt)*] $ty:ty: |$this:ident| $give:expr;)*) => {$(
        impl<$($generics)*> Outcome for $ty {
            type Out = ();
            type Ret = *mut u8;
            #[inline]
            unsafe fn lower(self, (): ()) -> *mut u8 {
                Nullable::some(self)
            }
        }
        impl<$($generics)*> Nullable for $ty {
            type Ret = *mut u8;
            #[inline]
            fn some(self) -> *mut u8 {
                let $this = self;
                $give
            }
        }
    )*};
}
singles! {
    [] CString: |it| blocks::give(it.into_bytes_with_nul()).ptr;
    [] &CStr: |it| blocks::lend(it.to_bytes_with_nul()).ptr;
    [T: Plain] Box<T>: |it| blocks::give_box(it);
}

macro_rules! tuples {
    ($($name:ident($($field:ident $ty:ident),*);)*) => {$(
        /// C's struct of the same fields.
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        pub struct $name<$($ty),*> {
            $(pub(super) $field: $ty),*
        }

        impl<$($ty: Scalar),*> Outcome for ($($ty,)*) {
            type Out = *mut $name<$($ty),*>;
            type Ret = ();
            #[inline]
            unsafe fn lower(self, out: Self::Out) {
                let ($($field,)*) = self;
                // Safety: the caller's promise.
                unsafe { out.write($name { $($field),* }) }
            }
        }
    )*};
}
tuples! {
    Two(a A, b B);
    Three(a A, b B, c C);
    Four(a A, b B, c C, d D);
}
