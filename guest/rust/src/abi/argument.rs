//! Arguments of host functions: from the plugin to the host.

use alloc::boxed::Box;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;

use super::{Abi, Plain, Pointer, blocks};

/// A type that a parameter of an `#[import]`ed function can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a host function",
    label = "not a type of the calling convention",
    note = "scalars, &str, &[T], &mut [T], &T, &mut T, &CStr, functions; handed over: String, Vec<T>; \
            what is a pointer may be in an Option"
)]
pub trait Argument: Abi {
    /// What the host gets.
    fn lower(self) -> (Self::A, Self::B);
}

impl<T: Pointer + Argument> Argument for Option<T> {
    #[inline(always)]
    fn lower(self) -> (*mut u8, T::B) {
        self.map_or((core::ptr::null_mut(), T::B::default()), T::lower)
    }
}

macro_rules! arguments {
    ($([$($generics:tt)*] $ty:ty, $b:ty: |$this:ident| $lower:expr;)*) => {$(
        impl<$($generics)*> Argument for $ty {
            #[inline(always)]
            fn lower(self) -> (*mut u8, $b) {
                let $this = self;
                $lower
            }
        }
    )*};
}
arguments! {
    [] &str, usize: |it| (it.as_ptr().cast_mut(), it.len());
    [T: Plain] &[T], usize: |it| (it.as_ptr().cast_mut().cast(), it.len());
    [T: Plain] &mut [T], usize: |it| (it.as_mut_ptr().cast(), it.len());
    [T: Plain] &T, (): |it| ((&raw const *it).cast_mut().cast(), ());
    [T: Plain] &mut T, (): |it| ((&raw mut *it).cast(), ());
    [] &CStr, (): |it| (it.as_ptr().cast_mut().cast(), ());
    [] String, usize: |it| pair(blocks::give(it.into_bytes()));
    [T: Plain] Vec<T>, usize: |it| pair(blocks::give(it));
    [T: Plain] Box<T>, (): |it| (blocks::give_box(it), ());
    [] CString, (): |it| (blocks::give(it.into_bytes_with_nul()).ptr, ());
}

fn pair(bytes: blocks::Bytes) -> (*mut u8, usize) {
    (bytes.ptr, bytes.len)
}
