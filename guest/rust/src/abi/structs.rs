//! What `#[derive(Plain)]` adds to a struct, besides the checks.
//!
//! These are no blanket implementations, as other crates could make references plain.

/// What may stand behind a pointer, in a `Result`.
#[doc(hidden)]
#[macro_export]
macro_rules! __plain_value {
    ($ty:ty) => {
        impl $crate::abi::OutValue for $ty {
            type Slot = Self;
            #[inline(always)]
            unsafe fn write(self, out: *mut Self) {
                // Safety: the caller's promise.
                unsafe { out.write(self) }
            }
        }
        impl $crate::abi::InValue for $ty {
            type Slot = Self;
            #[inline(always)]
            unsafe fn read(slot: ::core::mem::MaybeUninit<Self>) -> Self {
                // Safety: the caller's promise.
                unsafe { slot.assume_init() }
            }
        }
    };
}

/// A struct by value: a pointer as a parameter, a hidden first parameter as a result.
#[doc(hidden)]
#[macro_export]
macro_rules! __plain_struct {
    ($ty:ty) => {
        $crate::__plain_value!($ty);
        impl $crate::abi::Abi for $ty {
            type A = *mut u8;
            type B = ();
        }
        impl $crate::abi::Param<'_> for $ty {
            #[inline(always)]
            unsafe fn lift(_: &$crate::abi::Scope, a: *mut u8, (): ()) -> Self {
                // Safety: the host passes a pointer to one.
                unsafe { a.cast::<Self>().read() }
            }
        }
        impl $crate::abi::Outcome for $ty {
            type Out = *mut Self;
            type Ret = ();
            #[inline(always)]
            unsafe fn lower(self, out: *mut Self) {
                // Safety: the caller's promise.
                unsafe { out.write(self) }
            }
        }
        impl $crate::abi::Nullable for $ty {
            type Ret = *mut u8;
            #[inline]
            fn some(self) -> *mut u8 {
                $crate::abi::Nullable::some($crate::__private::Box::new(self))
            }
        }
        impl $crate::abi::Received for $ty {
            type Out = *mut Self;
            type Ret = ();
            #[inline]
            unsafe fn receive(call: impl ::core::ops::FnOnce(*mut Self)) -> Self {
                let mut slot = ::core::mem::MaybeUninit::uninit();
                call(slot.as_mut_ptr());
                // Safety: the host wrote it.
                unsafe { slot.assume_init() }
            }
        }
    };
}
