//! What a plugin's function gave, as host values.

use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;

use super::number::Number;
use super::plan::{Behind, Content, Of, Plan, Returns, Shape};
use super::raw::RawFunc;
use super::slots::Slots;
use crate::context::Context;
use crate::convention::error::ConventionError;
use crate::convention::results::{GuestError, InMemory};
use crate::convention::take::{FromPair, Returned, take, take_c_string};
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// What a [`DynFunc`](super::DynFunc) gave: the host's own copy, whose block in the plugin is freed.
///
/// | in the prototype | |
/// |---|---|
/// | nothing, `result<()>` that went well | [`None`](Self::None) |
/// | `i8` … `char` | [`Number`](Self::Number) |
/// | `ptr`, `func` | [`Pointer`](Self::Pointer), [`Function`](Self::Function) |
/// | `string` | [`Text`](Self::Text) |
/// | `bytes`, `vec<T>` | [`Bytes`](Self::Bytes) |
/// | `cstring` | [`CString`](Self::CString) |
/// | a struct | [`Struct`](Self::Struct) |
/// | `option<…>` of these | the same, or [`Null`](Self::Null) |
/// | `(i32, f64)` | [`Tuple`](Self::Tuple) |
/// | `result<…>` | what is in it, or [`Failed`](Self::Failed) |
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// Nothing.
    None,
    /// A number, `bool` or `char`.
    Number(Number),
    /// A pointer into the plugin's memory, which nobody has checked yet.
    Pointer(u32),
    /// A function pointer of the plugin's: an index into its function table.
    Function(u32),
    /// Text.
    Text(String),
    /// Bytes, or elements in a row: little-endian, in C's layout.
    Bytes(Vec<u8>),
    /// Text that ends with a NUL.
    CString(CString),
    /// The bytes of a struct.
    Struct(Vec<u8>),
    /// `NULL`, where that is allowed.
    Null,
    /// Two to four numbers.
    Tuple(Vec<Number>),
    /// The error of a function that may fail. The call as such went well.
    Failed(GuestError),
}

impl Plan {
    /// Calls the function and lifts what it returned; `out` is the offset of the room for it.
    ///
    /// The outer error is that of the call: the plugin did not come back. The inner one is that of
    /// lifting, and leaves the plugin whole.
    #[inline]
    pub(super) fn run<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        func: &dyn RawFunc<B, T>,
        slots: &mut Slots,
        out: u32,
        size: u32,
    ) -> Result<Result<Answer>> {
        if self.out {
            slots[0] = out.into();
            if let Returns::Fallible(_) = self.returns {
                // A function that fails need not touch it, and what was there before is no message.
                guest.context().fill(out, 0, self.out_size(size)?)?;
            }
        }
        func.call(guest.context(), slots)?;
        Ok(match self.returns {
            Returns::Nothing => Ok(Answer::None),
            Returns::Scalar(scalar) => {
                Number::of_slot(scalar, slots[0]).map(Answer::Number).map_err(Into::into)
            }
            _ => self.lift(guest, slots, out, size),
        })
    }

    fn lift<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        slots: &Slots,
        out: u32,
        size: u32,
    ) -> Result<Answer> {
        // Pointers are `i32`s.
        let first = slots[0] as u32;
        match self.returns {
            Returns::Nothing => Ok(Answer::None),
            Returns::Scalar(scalar) => Ok(Answer::Number(Number::of_slot(scalar, slots[0])?)),
            Returns::Pointer => Ok(Answer::Pointer(first)),
            Returns::Function | Returns::CString | Returns::Struct { by_pointer: true }
                if self.nullable && first == 0 =>
            {
                Ok(Answer::Null)
            }
            Returns::Function => Ok(Answer::Function(first)),
            Returns::CString => take_c_string(guest, first).map(Answer::CString),
            Returns::Struct { by_pointer: true } => {
                if first == 0 {
                    let of = Of::Struct.c_name();
                    return Err(ConventionError::NullPointer { of }.into());
                }
                let size = self.element_size(size)?;
                take(guest, first, size.into(), |bytes| Ok(Answer::Struct(bytes.into())))
            }
            Returns::Struct { by_pointer: false } => {
                let size = self.element_size(size)?;
                Ok(Answer::Struct(guest.context().bytes(out, size)?.into()))
            }
            Returns::Pair(shape, content) => {
                let pair = match shape {
                    Shape::Packed => Returned::from_packed((slots[0]).cast_signed()),
                    Shape::Two => Returned { offset: first, len: slots[1] as u32 },
                    Shape::Struct => {
                        let mut pair = [0; 8];
                        guest.context().read(out, &mut pair)?;
                        Returned::from_struct(pair)
                    }
                };
                match pair {
                    Returned { offset: 0, len: 0 } if self.nullable => Ok(Answer::Null),
                    pair => self.take(guest, content, pair, size),
                }
            }
            Returns::Tuple { many, fields } => {
                let mut numbers = Vec::with_capacity(fields.len());
                for ((scalar, offset), slot) in fields.iter().zip(slots) {
                    numbers.push(if many {
                        Number::of_slot(scalar, *slot)?
                    } else {
                        number_at(guest, scalar, out.wrapping_add(offset))?
                    });
                }
                Ok(Answer::Tuple(numbers))
            }
            Returns::Fallible(behind) => match (first.cast_signed(), behind) {
                (0, Behind::Nothing) => Ok(Answer::None),
                (0, Behind::Value(Of::Scalar(scalar))) => {
                    Ok(Answer::Number(number_at(guest, scalar, out)?))
                }
                (0, Behind::Value(Of::Pointer)) => {
                    let mut pointer = [0; 4];
                    guest.context().read(out, &mut pointer)?;
                    Ok(Answer::Pointer(u32::from_le_bytes(pointer)))
                }
                (0, Behind::Value(Of::Struct)) => {
                    let size = self.element_size(size)?;
                    Ok(Answer::Struct(guest.context().bytes(out, size)?.into()))
                }
                (0, Behind::Pair(content)) => {
                    let mut pair = [0; 8];
                    guest.context().read(out, &mut pair)?;
                    self.take(guest, content, Returned::from_struct(pair), size)
                }
                (code, Behind::Pair(_)) => {
                    let message = String::take_message(guest, out)?;
                    Ok(Answer::Failed(GuestError::new(code, message)))
                }
                (code, _) => Ok(Answer::Failed(GuestError::new(code, ""))),
            },
        }
    }

    /// Takes what pointer and length refer to.
    fn take<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        content: Content,
        Returned { offset, len }: Returned,
        size: u32,
    ) -> Result<Answer> {
        match content {
            Content::Text => String::take(guest, offset, len).map(Answer::Text),
            Content::Elements(of) => {
                let size = self.element_size(size)?;
                take_elements(guest, of, offset, len, size).map(Answer::Bytes)
            }
        }
    }
}

/// Copies elements that the plugin hands over, and frees their block.
pub(super) fn take_elements<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    of: Of,
    offset: u32,
    len: u32,
    size: u32,
) -> Result<Vec<u8>> {
    take(guest, offset, u64::from(len) * u64::from(size), |bytes| {
        if len > 0 {
            of.check_aligned(offset)?;
        }
        of.check_bits(bytes, offset)?;
        Ok(bytes.into())
    })
}

fn number_at<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    scalar: crate::contract::Scalar,
    at: u32,
) -> Result<Number> {
    let size = Of::Scalar(scalar).size(0).unwrap_or(0);
    Ok(Number::read(scalar, guest.context().bytes(at, size)?, at)?)
}
