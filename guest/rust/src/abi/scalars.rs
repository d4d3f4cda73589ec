//! Numbers, `bool`, `char`, pointers and functions: one wasm value.

use super::Scope;
use super::{Abi, Argument, Nullable, NullableReceived, Outcome, Param, Plain, Pointer, Received};

/// One wasm value: what a function pointer's parameters and result can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a function pointer that host and plugin exchange",
    label = "not a scalar",
    note = "numbers, bool, and pointers; a text is `*const u8, usize`"
)]
pub trait Scalar: Copy {}

/// A [`Scalar`], or no result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a function pointer that host and plugin exchange",
    label = "not a scalar",
    note = "numbers, bool, pointers, or no result"
)]
pub trait ScalarOrUnit {}

impl<T: Scalar> ScalarOrUnit for T {}
impl ScalarOrUnit for () {}

macro_rules! scalars {
    ($($ty:ty as $wasm:ty: |$in:ident| $lift:expr;)*) => {$(
        impl Abi for $ty {
            type A = $wasm;
            type B = ();
        }
        impl Param<'_> for $ty {
            #[inline(always)]
            unsafe fn lift(_: &Scope, $in: $wasm, (): ()) -> Self {
                $lift
            }
        }
        impl Argument for $ty {
            #[inline(always)]
            fn lower(self) -> ($wasm, ()) {
                (self as $wasm, ())
            }
        }
        impl Outcome for $ty {
            type Out = ();
            type Ret = $wasm;
            #[inline(always)]
            unsafe fn lower(self, (): ()) -> $wasm {
                self as $wasm
            }
        }
        impl Received for $ty {
            type Out = ();
            type Ret = $wasm;
            #[inline(always)]
            unsafe fn receive(call: impl FnOnce(()) -> $wasm) -> Self {
                let $in = call(());
                $lift
            }
        }
        // Safety: a number for all compilers.
        unsafe impl Plain for $ty {}
        $crate::__plain_value!($ty);
        impl Scalar for $ty {}
    )*};
}
scalars! {
    i8 as i8: |a| a;
    i16 as i16: |a| a;
    i32 as i32: |a| a;
    i64 as i64: |a| a;
    isize as isize: |a| a;
    u8 as u8: |a| a;
    u16 as u16: |a| a;
    u32 as u32: |a| a;
    u64 as u64: |a| a;
    usize as usize: |a| a;
    f32 as f32: |a| a;
    f64 as f64: |a| a;
    // Only the lowest bit counts.
    bool as u32: |a| a & 1 != 0;
    char as u32: |a| char::from_u32(a).expect("a char of the host's is a Unicode scalar value");
}

impl Outcome for () {
    type Out = ();
    type Ret = ();
    #[inline(always)]
    unsafe fn lower(self, (): ()) {}
}

impl Received for () {
    type Out = ();
    type Ret = ();
    #[inline(always)]
    unsafe fn receive(call: impl FnOnce(())) {
        call(());
    }
}

macro_rules! pointers {
    ($($ty:ty),*) => {$(
        impl<T: 'static> Scalar for $ty {}
        impl<T: 'static> Abi for $ty {
            type A = Self;
            type B = ();
        }
        impl<T: 'static> Param<'_> for $ty {
            #[inline(always)]
            unsafe fn lift(_: &Scope, a: Self, (): ()) -> Self {
                a
            }
        }
        impl<T: 'static> Argument for $ty {
            #[inline(always)]
            fn lower(self) -> (Self, ()) {
                (self, ())
            }
        }
        impl<T: 'static> Outcome for $ty {
            type Out = ();
            type Ret = Self;
            #[inline(always)]
            unsafe fn lower(self, (): ()) -> Self {
                self
            }
        }
        impl<T: 'static> Received for $ty {
            type Out = ();
            type Ret = Self;
            #[inline(always)]
            unsafe fn receive(call: impl FnOnce(()) -> Self) -> Self {
                call(())
            }
        }
    )*};
}
pointers!(*const T, *mut T);

macro_rules! functions {
    ($($param:ident)*) => {
        functions!(@ [extern "C" fn($($param),*) -> R] $($param)*);
        functions!(@ [unsafe extern "C" fn($($param),*) -> R] $($param)*);
    };
    (@ [$ty:ty] $($param:ident)*) => {
        impl<R: ScalarOrUnit, $($param: Scalar),*> Abi for $ty {
            type A = *mut u8;
            type B = ();
        }
        impl<R: ScalarOrUnit, $($param: Scalar),*> Pointer for $ty {}
        impl<R: ScalarOrUnit, $($param: Scalar),*> Param<'_> for $ty {
            #[inline(always)]
            unsafe fn lift(_: &Scope, a: *mut u8, (): ()) -> Self {
                // Safety: a function pointer, not NULL. Calling it as another type traps.
                unsafe { core::mem::transmute(a) }
            }
        }
        impl<R: ScalarOrUnit, $($param: Scalar),*> Argument for $ty {
            #[inline(always)]
            fn lower(self) -> (*mut u8, ()) {
                (self as *mut u8, ())
            }
        }
        impl<R: ScalarOrUnit, $($param: Scalar),*> Outcome for $ty {
            type Out = ();
            type Ret = *mut u8;
            #[inline(always)]
            unsafe fn lower(self, (): ()) -> *mut u8 {
                self as *mut u8
            }
        }
        impl<R: ScalarOrUnit, $($param: Scalar),*> Nullable for $ty {
            type Ret = *mut u8;
            #[inline(always)]
            fn some(self) -> *mut u8 {
                self as *mut u8
            }
        }
        impl<R: ScalarOrUnit, $($param: Scalar),*> Received for $ty {
            type Out = ();
            type Ret = *mut u8;
            #[inline(always)]
            unsafe fn receive(call: impl FnOnce(()) -> *mut u8) -> Self {
                // Safety: as in `lift`.
                unsafe { core::mem::transmute(call(())) }
            }
        }
        impl<R: ScalarOrUnit, $($param: Scalar),*> NullableReceived for $ty {
            type Ret = *mut u8;
            #[inline(always)]
            unsafe fn take(ret: *mut u8) -> Self {
                // Safety: as in `lift`.
                unsafe { core::mem::transmute(ret) }
            }
        }
    };
}
functions!();
functions!(P0);
functions!(P0 P1);
functions!(P0 P1 P2);
functions!(P0 P1 P2 P3);
functions!(P0 P1 P2 P3 P4);
functions!(P0 P1 P2 P3 P4 P5);
functions!(P0 P1 P2 P3 P4 P5 P6);
functions!(P0 P1 P2 P3 P4 P5 P6 P7);
