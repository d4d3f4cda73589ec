//! Parameters of exports: from the host to the plugin.

use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use super::blocks::{self, Bytes};
use super::{Abi, Blob, Plain, Pointer, Scope, Text};

/// A type that a parameter of an `#[export]` can have. What is borrowed lives for `'a`: the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an export",
    label = "not a type of the calling convention",
    note = "what is borrowed is borrowed for the call: `&str`, and no longer lifetime"
)]
pub trait Param<'a>: Abi + Sized {
    /// Makes it of what the host passed.
    ///
    /// # Safety
    ///
    /// The host passed them, as values of this type.
    unsafe fn lift(scope: &'a Scope, a: Self::A, b: Self::B) -> Self;
}

impl<'a, T: Pointer + Param<'a>> Param<'a> for Option<T> {
    #[inline(always)]
    unsafe fn lift(scope: &'a Scope, a: *mut u8, b: T::B) -> Self {
        // Safety: not NULL, so a value of the type.
        (!a.is_null()).then(|| unsafe { T::lift(scope, a, b) })
    }
}

macro_rules! lent {
    ($([$($generics:tt)*] $ty:ty, $b:ty: |$ptr:ident, $len:ident| $lift:expr;)*) => {$(
        impl<'a, $($generics)*> Abi for $ty {
            type A = *mut u8;
            type B = $b;
        }
        impl<'a, $($generics)*> Pointer for $ty {}
        impl<'a, $($generics)*> Param<'a> for $ty {
            #[inline(always)]
            unsafe fn lift(_: &'a Scope, $ptr: *mut u8, $len: $b) -> Self {
                // Safety: the host lends this for the call, aligned, and nobody else writes to it.
                unsafe { $lift }
            }
        }
    )*};
}
lent! {
    [] &'a str, usize: |ptr, len| core::str::from_utf8_unchecked(slice(ptr, len));
    [T: Plain] &'a [T], usize: |ptr, len| slice(ptr, len);
    [T: Plain] &'a mut [T], usize: |ptr, len| slice_mut(ptr, len);
    [T: Plain] &'a T, (): |ptr, _len| &*ptr.cast();
    [T: Plain] &'a mut T, (): |ptr, _len| &mut *ptr.cast();
    [] &'a CStr, (): |ptr, _len| CStr::from_ptr(ptr.cast());
    [] &'a [Text<'a>], usize: |ptr, len| slice(ptr, len);
    [] &'a [Blob<'a>], usize: |ptr, len| slice(ptr, len);
}

/// The pointer of an empty slice is not looked at.
#[inline(always)]
unsafe fn slice<'a, T>(ptr: *mut u8, len: usize) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // Safety: the caller's promise.
    unsafe { core::slice::from_raw_parts(ptr.cast(), len) }
}

#[inline(always)]
unsafe fn slice_mut<'a, T>(ptr: *mut u8, len: usize) -> &'a mut [T] {
    if len == 0 {
        return &mut [];
    }
    // Safety: the caller's promise.
    unsafe { core::slice::from_raw_parts_mut(ptr.cast(), len) }
}

macro_rules! handed_over {
    ($([$($generics:tt)*] $ty:ty, $b:ty: |$ptr:ident, $len:ident| $lift:expr;)*) => {$(
        impl<$($generics)*> Abi for $ty {
            type A = *mut u8;
            type B = $b;
        }
        impl<$($generics)*> Pointer for $ty {}
        impl<$($generics)*> Param<'_> for $ty {
            #[inline(always)]
            unsafe fn lift(_: &Scope, $ptr: *mut u8, $len: $b) -> Self {
                // Safety: a block that is the plugin's from now on.
                unsafe { $lift }
            }
        }
    )*};
}
handed_over! {
    [] String, usize: |ptr, len| blocks::take_text(Bytes { ptr, len });
    [T: Plain] Vec<T>, usize: |ptr, len| blocks::take(Bytes { ptr, len });
    [T: Plain] Box<T>, (): |ptr, _len| blocks::take_box(ptr);
    [] CString, (): |ptr, _len| take_c_string(ptr);
}

/// Takes a block with a C string.
///
/// # Safety
///
/// A live block with a NUL in it, that nobody else frees.
#[inline]
pub(super) unsafe fn take_c_string(ptr: *mut u8) -> CString {
    // Safety: the caller's promise.
    unsafe {
        let len = CStr::from_ptr(ptr.cast()).count_bytes() + 1;
        CString::from_vec_with_nul_unchecked(blocks::take(Bytes { ptr, len }))
    }
}
