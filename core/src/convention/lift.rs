//! What a plugin passes to a host function, as host values.

use alloc::borrow::ToOwned;
use alloc::ffi::CString;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::element::{self, CStruct, Element, GuestPtr};
use super::error::ConventionError;
use super::lower::Owned;
use super::take::{FromPair, copy_c_string, text, to_char};
use super::views::{GuestBytes, GuestSlice, GuestStr};
use crate::context::Context;
use crate::error::{Error, OutOfBounds, Result};
use crate::plugin::Guest;
use crate::runtime::Runtime;
use crate::types::WasmTypes;

/// Limits that lifting obeys, and what it may know about the plugin's memory.
pub trait LiftLimits {
    /// The most bytes that one string or buffer may have on its way to the host.
    fn max_transfer(&self) -> u32;
    /// Where static data may lie: below the heap, and above the stack where that comes first. Where
    /// the stack lies between data and heap it cannot be told from data without initial value, and
    /// is part of this.
    fn static_data(&self) -> Range<u32>;
}

/// A value that a plugin passes to a host function.
///
/// | host type | the plugin's C parameters | |
/// |---|---|---|
/// | integers, floats, `bool`, `char` | the same | |
/// | `String` | `const char *, size_t` | copied before the host function runs |
/// | `Vec<T>` | `const T *, size_t` | copied |
/// | `CString` | `const char *`, NUL-terminated | copied |
/// | `T`, a [`CStruct`] | `const T *`, or `T` by value | copied |
/// | [`GuestStr`], [`GuestBytes`], [`GuestSlice<T>`](GuestSlice) | pointer, `size_t` | checked; read and written in place through the guest |
/// | [`GuestPtr<T>`](GuestPtr) | `T *` | unchecked until it is used |
/// | `Option` of these, but for [`GuestPtr`] | the same, `NULL` is `None` | |
/// | [`Owned<String>`](Owned), [`Owned<Vec<T>>`](Owned) | pointer, `size_t` | copied, and the plugin's block freed |
/// | [`FuncPtr`](super::FuncPtr) | a function pointer | |
#[diagnostic::on_unimplemented(
    message = "a host function cannot take `{Self}` from a plugin",
    note = "take integers, floats, `bool`, `char`, `String`, `Vec<T>`, `CString`, a `CStruct`, \
            `GuestStr`, `GuestBytes`, `GuestSlice<T>`, `GuestPtr<T>`, or an `Option` or `Owned` of \
            these"
)]
pub trait Lift: Sized {
    /// The wasm values it is made from.
    type Flat: WasmTypes;
    /// The C parameters it is made from, for messages.
    fn c_params() -> Vec<String>;

    /// Makes the value. `budget` is what is left of the bytes that this call may pass to the host.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], [`Error::Convention`].
    fn lift<B: Runtime, T: Send + 'static>(
        flat: Self::Flat,
        guest: &mut Guest<'_, B, T>,
        budget: &mut u32,
    ) -> Result<Self>;
}

/// A [`Lift`] value behind a pointer, which may be `NULL` in an `Option`.
pub trait LiftPointer: Lift {
    /// Whether the pointer is `NULL`.
    fn is_null(flat: Self::Flat) -> bool;
}

impl<X: LiftPointer> Lift for Option<X> {
    type Flat = X::Flat;

    fn c_params() -> Vec<String> {
        X::c_params()
    }
    #[inline]
    fn lift<B: Runtime, T: Send + 'static>(
        flat: Self::Flat,
        guest: &mut Guest<'_, B, T>,
        budget: &mut u32,
    ) -> Result<Self> {
        if X::is_null(flat) { Ok(None) } else { X::lift(flat, guest, budget).map(Some) }
    }
}

macro_rules! scalar {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:literal = |$v:ident| $lift:expr;)*) => {
        $(impl<$($generics)*> Lift for $host {
            type Flat = ($wasm,);

            fn c_params() -> Vec<String> {
                Vec::from([$c.to_owned()])
            }
            #[inline]
            fn lift<B: Runtime, T: Send + 'static>(
                ($v,): ($wasm,),
                _: &mut Guest<'_, B, T>,
                _: &mut u32,
            ) -> Result<Self> {
                Ok($lift)
            }
        })*
    };
}
// Narrow integers are truncated: the Basic C ABI leaves the upper bits to the callee's care.
scalar! {
    [] i8 => i32 as "int8_t" = |v| v as i8;
    [] u8 => i32 as "uint8_t" = |v| v as u8;
    [] i16 => i32 as "int16_t" = |v| v as i16;
    [] u16 => i32 as "uint16_t" = |v| v as u16;
    [] i32 => i32 as "int32_t" = |v| v;
    [] u32 => i32 as "uint32_t" = |v| v.cast_unsigned();
    [] i64 => i64 as "int64_t" = |v| v;
    [] u64 => i64 as "uint64_t" = |v| v.cast_unsigned();
    [] f32 => f32 as "float" = |v| v;
    [] f64 => f64 as "double" = |v| v;
    [] bool => i32 as "bool" = |v| v & 1 != 0;
    [] char => i32 as "uint32_t" = |v| to_char(v)?;
    [P: 'static] GuestPtr<P> => i32 as "void *" = |v| GuestPtr::new(v.cast_unsigned());
}

/// Takes `len` bytes from the budget.
#[inline]
pub(super) fn spend<B: Runtime, T: Send + 'static>(
    guest: &Guest<'_, B, T>,
    len: u64,
    budget: &mut u32,
) -> Result<u32> {
    match u32::try_from(len).ok().and_then(|n| Some((n, budget.checked_sub(n)?))) {
        Some((len, rest)) => {
            *budget = rest;
            Ok(len)
        }
        None => {
            let max = guest.state_of_plugin().max_transfer();
            Err(ConventionError::TooLong { len, max }.into())
        }
    }
}

/// The same, and checks that they exist.
#[inline]
pub(super) fn checked<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    len: u64,
    budget: &mut u32,
) -> Result<u32> {
    let len = spend(guest, len, budget)?;
    let size = guest.context().memory_size()?;
    if u64::from(offset) + u64::from(len) > size {
        let (offset, len) = (offset.into(), len.into());
        return Err(Error::OutOfBounds(OutOfBounds { offset, len, size }));
    }
    Ok(len)
}

macro_rules! pairs {
    ($([$($generics:tt)*] $host:ty as $pointer:expr, $size:expr;
        |$guest:ident, $offset:ident, $len:ident| $lift:expr;)*) => {
        $(impl<$($generics)*> Lift for $host {
            type Flat = (i32, i32);

            fn c_params() -> Vec<String> {
                Vec::from([$pointer, "size_t".to_owned()])
            }
            #[inline]
            fn lift<B: Runtime, T: Send + 'static>(
                ($offset, $len): (i32, i32),
                $guest: &mut Guest<'_, B, T>,
                budget: &mut u32,
            ) -> Result<Self> {
                let ($offset, $len) = ($offset.cast_unsigned(), $len.cast_unsigned());
                checked($guest, $offset, u64::from($len) * u64::from($size), budget)?;
                $lift
            }
        }
        impl<$($generics)*> LiftPointer for $host {
            #[inline]
            fn is_null((offset, _): (i32, i32)) -> bool {
                offset == 0
            }
        })*
    };
}
pairs! {
    [] GuestBytes as "const unsigned char *".to_owned(), 1u32;
        |_guest, offset, len| Ok(GuestBytes::new(offset, len));
    [] GuestStr as "const char *".to_owned(), 1u32;
        |guest, offset, len| {
            let this = GuestStr::new(GuestBytes::new(offset, len));
            this.read(guest.context())?;
            Ok(this)
        };
    [] String as "const char *".to_owned(), 1u32;
        |guest, offset, len| Ok(text(guest.context().bytes(offset, len)?, offset)?.into());
    [E: Element] GuestSlice<E> as pointer(E::C_NAME, ""), element::size::<E>();
        |_guest, offset, len| {
            if len > 0 {
                element::check_aligned::<E>(offset)?;
            }
            Ok(GuestSlice::new(offset, len))
        };
    [E: Element] Vec<E> as pointer(E::C_NAME, "const "), element::size::<E>();
        |guest, offset, len| {
            if len > 0 {
                element::check_aligned::<E>(offset)?;
            }
            // The product was checked to be within memory.
            let bytes = guest.context().bytes(offset, len.wrapping_mul(element::size::<E>()))?;
            Ok(element::read_all(bytes, offset)?)
        };
}

fn pointer(element: &str, constness: &str) -> String {
    match element.ends_with('*') {
        true => format!("{element}*"),
        false => format!("{constness}{element} *"),
    }
}

impl Lift for CString {
    type Flat = (i32,);

    fn c_params() -> Vec<String> {
        Vec::from(["const char *".to_owned()])
    }
    fn lift<B: Runtime, T: Send + 'static>(
        (offset,): (i32,),
        guest: &mut Guest<'_, B, T>,
        budget: &mut u32,
    ) -> Result<Self> {
        let offset = offset.cast_unsigned();
        if offset == 0 {
            return Err(ConventionError::NullPointer { of: "const char" }.into());
        }
        let text = copy_c_string(guest, offset, u64::MAX, *budget)?;
        *budget -= (text.as_bytes().len() as u32).min(*budget);
        Ok(text)
    }
}

impl<X: CStruct> Lift for X {
    type Flat = (i32,);

    fn c_params() -> Vec<String> {
        Vec::from([pointer(X::C_NAME, "const ")])
    }
    #[inline]
    fn lift<B: Runtime, T: Send + 'static>(
        (offset,): (i32,),
        guest: &mut Guest<'_, B, T>,
        budget: &mut u32,
    ) -> Result<Self> {
        let offset = offset.cast_unsigned();
        if offset == 0 {
            return Err(ConventionError::NullPointer { of: X::C_NAME }.into());
        }
        let len = checked(guest, offset, element::size::<X>().into(), budget)?;
        element::check_aligned::<X>(offset)?;
        Ok(element::read(guest.context().bytes(offset, len)?, offset)?)
    }
}

impl LiftPointer for CString {
    #[inline]
    fn is_null((offset,): (i32,)) -> bool {
        offset == 0
    }
}

impl<X: CStruct> LiftPointer for X {
    #[inline]
    fn is_null((offset,): (i32,)) -> bool {
        offset == 0
    }
}

impl<X: FromPair> LiftPointer for Owned<X> {
    #[inline]
    fn is_null((offset, _): (i32, i32)) -> bool {
        offset == 0
    }
}

impl<X: FromPair> Lift for Owned<X> {
    type Flat = (i32, i32);

    fn c_params() -> Vec<String> {
        Vec::from([pointer(X::C_ELEMENT, ""), "size_t".to_owned()])
    }
    fn lift<B: Runtime, T: Send + 'static>(
        (offset, len): (i32, i32),
        guest: &mut Guest<'_, B, T>,
        budget: &mut u32,
    ) -> Result<Self> {
        let (offset, len) = (offset.cast_unsigned(), len.cast_unsigned());
        // Taken first: the block is freed also if it is too long.
        let value = X::take(guest, offset, len)?;
        spend(guest, u64::from(len) * u64::from(X::SIZE), budget)?;
        Ok(Owned(value))
    }
}
