//! What the attributes' code uses: which wasm values a type is, and how it becomes them.
//!
//! Nothing here has to be named in a plugin. The traits are public because generated code is the
//! plugin's, and because the compiler's messages name them.
//!
//! Every parameter becomes two of C's, `A` and `B`. Where there is only one, `B` is `()`, which the C
//! ABI of wasm32 leaves out.

mod argument;
mod blocks;
mod lists;
mod outcome;
mod param;
mod received;
mod scalars;
mod structs;

pub use argument::Argument;
pub use lists::{Blob, Text};
pub use outcome::{Nullable, OutValue, Outcome};
pub use param::Param;
pub use received::{InValue, NullableReceived, Received};
pub use scalars::{Scalar, ScalarOrUnit};

use core::marker::PhantomData;

/// The C parameters that a type is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed between plugin and host",
    label = "not a type of the calling convention",
    note = "by value: i8 to u64, usize, f32, f64, bool, char, a struct with #[derive(Plain)]",
    note = "borrowed for the call: &str, &[u8], &[T], &mut [T], &T, &mut T, &CStr, &[Text<'_>], \
            &[Blob<'_>]; T is a number or has #[derive(Plain)]",
    note = "handed over: String, Vec<T>, CString, Box<T>",
    note = "functions: extern \"C\" fn(A, B, …) -> R of scalars; what is a pointer may be in an Option"
)]
pub trait Abi {
    /// The first, or only, one.
    type A;
    /// The second: a length, or `()`.
    type B: Default;
}

/// Types whose C parameter is a pointer, so that `NULL` can stand for `None`.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be passed: only what is a pointer in C can be NULL",
    label = "has no NULL",
    note = "instead of an optional number take `Option<&u32>`, instead of a struct by value \
            `Option<&Point>`"
)]
pub trait Pointer: Abi<A = *mut u8> {}

impl<T: Pointer> Abi for Option<T> {
    type A = *mut u8;
    type B = T::B;
}

/// Values that are the same bytes in plugin and host: numbers, `bool`, `char`, arrays, and structs and
/// enums that derive it.
///
/// ```
/// use hostheap_guest::Plain;
///
/// #[repr(C)]
/// #[derive(Clone, Copy, Plain)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
/// ```
///
/// # Safety
///
/// The type has one layout for all compilers (`#[repr(C)]`), no gaps, and an alignment of at most
/// 16. `#[derive(Plain)]` checks that.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not plain data, so there can be no slice of it, or reference to it",
    label = "not plain data",
    note = "a struct: #[repr(C)] #[derive(Clone, Copy, Plain)]; several texts: &[Text<'_>]; one text: \
            &str",
    note = "an owned value that is only borrowed: &str for &String, &[T] for &Vec<T>"
)]
pub unsafe trait Plain: Copy + 'static {}

// Safety: as its elements are, one behind the other.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
// Safety: an address, which nothing reads without a promise of its own.
unsafe impl<T: 'static> Plain for *const T {}
// Safety: as above.
unsafe impl<T: 'static> Plain for *mut T {}

/// The time of one call. What the host lends lives as long, and no longer.
#[derive(Debug)]
pub struct Scope(PhantomData<*mut ()>);

impl Scope {
    /// Begins with the call.
    #[inline(always)]
    #[expect(clippy::new_without_default, reason = "generated code makes it, and names this")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}
