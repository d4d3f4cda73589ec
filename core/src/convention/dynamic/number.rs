//! Numbers of every scalar type, by a scalar type that is known at run time.

use core::fmt;

use super::slots::Slot;
use crate::contract::Scalar;
use crate::convention::element;
use crate::convention::error::ConventionError;
use crate::convention::results::Field;

/// A number, `bool` or `char` whose type is known at run time.
///
/// As an argument an integer fits every integer type that has it: `I32(7)` may be passed as a `u8`
/// or an `i64`. Floats, `bool` and `char` fit their own type only. A result is an `I32` for `i8`,
/// `i16` and `i32`, a `U32` for the unsigned ones, and otherwise what its type is called.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// A signed integer of up to 32 bits.
    I32(i32),
    /// An unsigned integer of up to 32 bits.
    U32(u32),
    /// A signed integer of 64 bits.
    I64(i64),
    /// An unsigned integer of 64 bits.
    U64(u64),
    /// C's `float`.
    F32(f32),
    /// C's `double`.
    F64(f64),
    /// C's `bool`.
    Bool(bool),
    /// A Unicode scalar value; a `uint32_t` in C.
    Char(char),
}

macro_rules! from {
    ($($ty:ty = $variant:ident;)*) => {
        $(impl From<$ty> for Number {
            #[inline]
            fn from(value: $ty) -> Self {
                Number::$variant(value.into())
            }
        })*
    };
}
from! {
    i8 = I32;
    u8 = U32;
    i16 = I32;
    u16 = U32;
    i32 = I32;
    u32 = U32;
    i64 = I64;
    u64 = U64;
    f32 = F32;
    f64 = F64;
    bool = Bool;
    char = Char;
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::I32(v) => v.fmt(f),
            Number::U32(v) => v.fmt(f),
            Number::I64(v) => v.fmt(f),
            Number::U64(v) => v.fmt(f),
            Number::F32(v) => v.fmt(f),
            Number::F64(v) => v.fmt(f),
            Number::Bool(v) => v.fmt(f),
            Number::Char(v) => v.fmt(f),
        }
    }
}

/// Runs an expression with the Rust type of a scalar: `for_scalar!(scalar, X => f::<X>())`.
macro_rules! for_scalar {
    ($scalar:expr, $X:ident => $do:expr) => {
        match $scalar {
            $crate::contract::Scalar::I8 => {
                type $X = i8;
                $do
            }
            $crate::contract::Scalar::U8 => {
                type $X = u8;
                $do
            }
            $crate::contract::Scalar::I16 => {
                type $X = i16;
                $do
            }
            $crate::contract::Scalar::U16 => {
                type $X = u16;
                $do
            }
            $crate::contract::Scalar::I32 => {
                type $X = i32;
                $do
            }
            $crate::contract::Scalar::U32 => {
                type $X = u32;
                $do
            }
            $crate::contract::Scalar::I64 => {
                type $X = i64;
                $do
            }
            $crate::contract::Scalar::U64 => {
                type $X = u64;
                $do
            }
            $crate::contract::Scalar::F32 => {
                type $X = f32;
                $do
            }
            $crate::contract::Scalar::F64 => {
                type $X = f64;
                $do
            }
            $crate::contract::Scalar::Bool => {
                type $X = bool;
                $do
            }
            $crate::contract::Scalar::Char => {
                type $X = char;
                $do
            }
        }
    };
}
pub(super) use for_scalar;

/// A scalar's Rust type, of a number that it has.
trait OfNumber: Sized {
    fn of_number(number: Number) -> Option<Self>;
}

macro_rules! integers {
    ($($ty:ty)*) => {
        $(impl OfNumber for $ty {
            #[inline]
            fn of_number(number: Number) -> Option<Self> {
                match number {
                    Number::I32(v) => v.try_into().ok(),
                    Number::U32(v) => v.try_into().ok(),
                    Number::I64(v) => v.try_into().ok(),
                    Number::U64(v) => v.try_into().ok(),
                    _ => None,
                }
            }
        })*
    };
}
integers! { i8 u8 i16 u16 i32 u32 i64 u64 }

macro_rules! exactly {
    ($($ty:ty = $variant:ident;)*) => {
        $(impl OfNumber for $ty {
            #[inline]
            fn of_number(number: Number) -> Option<Self> {
                match number {
                    Number::$variant(v) => Some(v),
                    _ => None,
                }
            }
        })*
    };
}
exactly! {
    f32 = F32;
    f64 = F64;
    bool = Bool;
    char = Char;
}

impl Number {
    /// As a wasm value of a scalar type, if the type has it.
    #[inline]
    pub(super) fn to_slot(self, scalar: Scalar) -> Option<u64> {
        for_scalar!(scalar, X => X::of_number(self).map(|v| Slot::to_bits(v.to_wasm())))
    }

    /// From a wasm value of a scalar type.
    #[inline]
    pub(super) fn of_slot(scalar: Scalar, bits: u64) -> Result<Number, ConventionError> {
        for_scalar!(scalar, X => {
            <X as Field>::from_wasm(Slot::of_bits(bits)).map(Number::from)
        })
    }

    /// From memory, whose bytes lie at `offset`.
    pub(super) fn read(scalar: Scalar, bytes: &[u8], at: u32) -> Result<Number, ConventionError> {
        for_scalar!(scalar, X => element::read::<X>(bytes, at).map(Number::from))
    }

    /// To memory: hands the bytes to `write`, if the type has the number.
    pub(super) fn write<R>(self, scalar: Scalar, write: impl FnOnce(&[u8]) -> R) -> Option<R> {
        for_scalar!(scalar, X => X::of_number(self).map(|v| write(bytemuck::bytes_of(&v))))
    }

    /// Its type's name.
    pub(super) fn ty(self) -> &'static str {
        match self {
            Number::I32(_) => "i32",
            Number::U32(_) => "u32",
            Number::I64(_) => "i64",
            Number::U64(_) => "u64",
            Number::F32(_) => "f32",
            Number::F64(_) => "f64",
            Number::Bool(_) => "bool",
            Number::Char(_) => "char",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_fits_every_type_that_has_it_and_no_other() {
        assert_eq!(Number::I32(-1).to_slot(Scalar::I8), Some(0xffff_ffff));
        assert_eq!(Number::I32(-1).to_slot(Scalar::I64), Some(u64::MAX));
        assert_eq!(Number::U64(255).to_slot(Scalar::U8), Some(255));
        assert_eq!(Number::I32(-1).to_slot(Scalar::U8), None);
        assert_eq!(Number::I32(128).to_slot(Scalar::I8), None);
        assert_eq!(Number::U64(1 << 63).to_slot(Scalar::I64), None);
    }

    #[test]
    fn floats_bools_and_chars_fit_exactly() {
        assert_eq!(Number::F64(0.5).to_slot(Scalar::F32), None);
        assert_eq!(Number::I32(1).to_slot(Scalar::Bool), None);
        assert_eq!(Number::U32(65).to_slot(Scalar::Char), None);
        assert_eq!(Number::Char('A').to_slot(Scalar::U32), None);
        assert_eq!(
            Number::F32(f32::from_bits(0x7fc0_1234)).to_slot(Scalar::F32),
            Some(0x7fc0_1234)
        );
    }

    #[test]
    fn what_comes_back_is_cut_to_its_type() {
        assert_eq!(Number::of_slot(Scalar::I8, 0x1ff), Ok(Number::I32(-1)));
        assert_eq!(Number::of_slot(Scalar::U8, 0x1ff), Ok(Number::U32(255)));
        assert_eq!(Number::of_slot(Scalar::Bool, 2), Ok(Number::Bool(false)));
        let surrogate = ConventionError::NotChar { value: 0xd800 };
        assert_eq!(Number::of_slot(Scalar::Char, 0xd800), Err(surrogate));
    }
}
