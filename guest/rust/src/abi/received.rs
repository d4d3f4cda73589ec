//! Results of host functions: from the host to the plugin.

use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

use super::blocks::{self, Bytes};
use super::outcome::{Four, Null, Three, Two};
use super::param::take_c_string;
use super::{Plain, Scalar};
use crate::error::Error;

/// A type that an `#[import]`ed function can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a host function",
    label = "not a result of the calling convention",
    note = "scalars, nothing, String, Vec<T>, CString, a struct with #[derive(Plain)], Box of \
            one, 2 to 4 scalars in a tuple, extern \"C\" fn; an Option of what is text, a vector, a Box \
            or a function",
    note = "Result<X, hostheap_guest::Error>: X is (), a scalar, a struct, String or Vec<T>",
    note = "what the host returns is a block of the plugin's, so text is a String and not a &str"
)]
pub trait Received: Sized {
    /// Where the host writes it to: a first parameter of C's, or `()`.
    type Out;
    /// C's result.
    type Ret;
    /// Calls the function and takes over what it returns.
    ///
    /// # Safety
    ///
    /// The function is the host's and keeps the convention.
    unsafe fn receive(call: impl FnOnce(Self::Out) -> Self::Ret) -> Self;
}

/// Results of host functions that can be `None`.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be the result of a host function",
    label = "has no NULL",
    note = "in an Option may be String, Vec<T>, CString, Box<T> of a plain struct, functions"
)]
pub trait NullableReceived {
    /// C's result.
    type Ret: Null;
    /// Takes it over.
    ///
    /// # Safety
    ///
    /// The host returned it, and it is not `NULL`.
    unsafe fn take(ret: Self::Ret) -> Self;
}

impl<T: NullableReceived> Received for Option<T> {
    type Out = ();
    type Ret = T::Ret;
    #[inline]
    unsafe fn receive(call: impl FnOnce(()) -> T::Ret) -> Self {
        let ret = call(());
        // Safety: the host's, and not NULL.
        (!ret.is_null()).then(|| unsafe { T::take(ret) })
    }
}

macro_rules! received {
    ($([$($generics:tt)*] $ty:ty, $ret:ty: |$it:ident| $take:expr;)*) => {$(
        impl<$($generics)*> Received for $ty {
            type Out = ();
            type Ret = $ret;
            #[inline]
            unsafe fn receive(call: impl FnOnce(()) -> $ret) -> Self {
                let $it = call(());
                // Safety: a block that is the plugin's from now on.
                unsafe { $take }
            }
        }
        impl<$($generics)*> NullableReceived for $ty {
            type Ret = $ret;
            #[inline]
            unsafe fn take($it: $ret) -> Self {
                // Safety: as above.
                unsafe { $take }
            }
        }
    )*};
}
received! {
    [] String, u64: |it| blocks::take_text(Bytes::unpack(it));
    [T: Plain] Vec<T>, u64: |it| blocks::take(Bytes::unpack(it));
    [] CString, *mut u8: |it| take_c_string(it);
    [T: Plain] Box<T>, *mut u8: |it| blocks::take_box(it);
}

/// What may be in a `Result` of a host function.
#[diagnostic::on_unimplemented(
    message = "`Result<{Self}, Error>` cannot be the result of a host function",
    label = "cannot be in a Result",
    note = "(), scalars, structs with #[derive(Plain)], String, Vec<T>"
)]
pub trait InValue: Sized {
    /// What C's first parameter points to.
    type Slot;
    /// What it holds before the call.
    fn slot() -> MaybeUninit<Self::Slot> {
        MaybeUninit::uninit()
    }
    /// Takes what was written there.
    ///
    /// # Safety
    ///
    /// The host wrote it and said that it did not fail.
    unsafe fn read(slot: MaybeUninit<Self::Slot>) -> Self;
    /// Takes an error's message.
    ///
    /// # Safety
    ///
    /// The host said that it failed.
    unsafe fn read_message(slot: MaybeUninit<Self::Slot>) -> String {
        let _ = slot;
        String::new()
    }
}

macro_rules! in_pairs {
    ($([$($generics:tt)*] $ty:ty: $take:path;)*) => {$(
        impl<$($generics)*> InValue for $ty {
            type Slot = Bytes;
            fn slot() -> MaybeUninit<Bytes> {
                MaybeUninit::new(Bytes::NONE)
            }
            #[inline]
            unsafe fn read(slot: MaybeUninit<Bytes>) -> Self {
                // Safety: `slot` made it, and the host wrote a block of the plugin's there.
                unsafe { $take(slot.assume_init()) }
            }
            unsafe fn read_message(slot: MaybeUninit<Bytes>) -> String {
                // Safety: as above.
                unsafe { blocks::take_text(slot.assume_init()) }
            }
        }
    )*};
}
in_pairs! {
    [] String: blocks::take_text;
    [T: Plain] Vec<T>: blocks::take;
}

impl<X: InValue> Received for Result<X, Error> {
    type Out = *mut X::Slot;
    type Ret = i32;
    #[inline]
    unsafe fn receive(call: impl FnOnce(*mut X::Slot) -> i32) -> Self {
        let mut slot = X::slot();
        let code = call(slot.as_mut_ptr());
        // Safety: the host wrote what its code says.
        unsafe {
            match code {
                0 => Ok(X::read(slot)),
                code => Err(Error::new(code, X::read_message(slot))),
            }
        }
    }
}

impl Received for Result<(), Error> {
    type Out = ();
    type Ret = i32;
    #[inline]
    unsafe fn receive(call: impl FnOnce(()) -> i32) -> Self {
        match call(()) {
            0 => Ok(()),
            code => Err(Error::new(code, "")),
        }
    }
}

macro_rules! tuples {
    ($($name:ident($($field:ident $ty:ident),*);)*) => {$(
        impl<$($ty: Scalar),*> Received for ($($ty,)*) {
            type Out = *mut $name<$($ty),*>;
            type Ret = ();
            #[inline]
            unsafe fn receive(call: impl FnOnce(Self::Out)) -> Self {
                let mut slot = MaybeUninit::uninit();
                call(slot.as_mut_ptr());
                // Safety: the host wrote it.
                let $name { $($field),* } = unsafe { slot.assume_init() };
                ($($field,)*)
            }
        }
    )*};
}
tuples! {
    Two(a A, b B);
    Three(a A, b B, c C);
    Four(a A, b B, c C, d D);
}
