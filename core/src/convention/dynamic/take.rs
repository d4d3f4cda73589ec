//! A host function's parameters, as host values.

use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;

use super::answer::take_elements;
use super::host::HostCall;
use super::number::Number;
use super::plan::{Kind, Of, Param, wrong_size};
use crate::context::Context;
use crate::contract::{Access, Scalar};
use crate::convention::error::ConventionError;
use crate::convention::lift::{Lift, checked, spend};
use crate::convention::take::{FromPair, take, take_c_string, text};
use crate::error::{OutOfBounds, Result};
use crate::runtime::Runtime;

/// What a plugin passed to a host function: the host's own copy.
///
/// | in the prototype | |
/// |---|---|
/// | `i8` … `char` | [`Number`](Self::Number) |
/// | `str` | [`Text`](Self::Text) |
/// | `cstr` | [`CString`](Self::CString) |
/// | `bytes`, `slice<T>`, `&T`, and what is written to: `mut …`, `out …` | [`Bytes`](Self::Bytes) |
/// | `slice<str>`, `slice<bytes>` | [`List`](Self::List) |
/// | `ptr`, `func` | [`Pointer`](Self::Pointer), [`Function`](Self::Function) |
/// | `option<…>` of these | the same, or [`Null`](Self::Null) |
/// | `owned<…>` of these | the same, and the plugin's block is freed |
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Taken {
    /// A number, `bool` or `char`.
    Number(Number),
    /// Text.
    Text(String),
    /// Bytes, a value, or elements in a row: little-endian, in C's layout.
    Bytes(Vec<u8>),
    /// Text that ends with a NUL.
    CString(CString),
    /// Several texts or buffers; texts are UTF-8.
    List(Vec<Vec<u8>>),
    /// A pointer into the plugin's memory, which nobody has checked yet.
    Pointer(u32),
    /// A function pointer of the plugin's: an index into its function table.
    Function(u32),
    /// `NULL`, where that is allowed.
    Null,
}

/// What an item of a list counts for beside its bytes: its place in the host's memory.
const ITEM: u64 = size_of::<Vec<u8>>() as u64;

impl<B: Runtime, T: Send + 'static> HostCall<'_, '_, B, T> {
    /// Takes a parameter, the first of which has index 0.
    ///
    /// `size` is what the prototype does not say: how many bytes a struct has, or each of an array
    /// of structs. For others it is 0, or what an element has.
    ///
    /// All that one call takes is at most
    /// [`Limits::max_transfer`](crate::Limits::max_transfer) bytes; an item of a list counts for 24
    /// more. What is not `owned` may be taken again, and counts again.
    ///
    /// # Errors
    ///
    /// Those of [`Lift::lift`](crate::convention::Lift::lift): the plugin's mistakes, which the host
    /// function had better return. [`ConventionError::NoParameter`],
    /// [`ConventionError::AlreadyTaken`], and [`ConventionError::WrongArgument`] for a `size` that
    /// cannot be: the host's own.
    pub fn take(&mut self, index: usize, size: u32) -> Result<Taken> {
        let param = self.param(index)?;
        let size = match param.kind {
            Kind::Slice(of, _) | Kind::Reference(of, _) => match of.size(size) {
                Some(size) => size,
                None => return Err(self.plan.wrong_argument(index, wrong_size(size)).into()),
            },
            _ => 0,
        };
        self.sizes[index] = size;
        let (first, len) = self.flat(&param);
        let offset = first as u32;
        if param.owned {
            if self.taken & (1 << index) != 0 {
                let number = index as u32 + 1;
                return Err(ConventionError::AlreadyTaken { number }.into());
            }
            self.taken |= 1 << index;
        }
        let points = !matches!(param.kind, Kind::Scalar(_));
        if param.nullable && points && offset == 0 {
            return Ok(Taken::Null);
        }
        if param.owned {
            self.take_owned(&param, offset, len, size)
        } else {
            self.copy(&param, first, len, size)
        }
    }

    /// Overwrites what the plugin gave to be written to: a `mut` or `out` parameter. Of several
    /// elements the first ones may be written; a struct is written as a whole.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) for more bytes than the plugin's array has,
    /// and for a pointer out of bounds; [`ConventionError::WrongArgument`] for a parameter that is
    /// not written to, and for bytes that are none of its values; [`ConventionError::NullPointer`],
    /// [`ConventionError::Misaligned`]. Nothing is written then.
    pub fn write_back(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let param = self.param(index)?;
        let (first, count) = self.flat(&param);
        let (offset, len) = (first as u32, bytes.len() as u64);
        let wrong = |given: String| self.plan.wrong_argument(index, given);
        let of = match param.kind {
            Kind::Reference(of, Access::Mut | Access::Out) => {
                if let Err(given) = super::argument::one(of, bytes, true) {
                    return Err(wrong(given.into()).into());
                }
                if offset == 0 {
                    return Err(ConventionError::NullPointer { of: of.c_name() }.into());
                }
                of
            }
            Kind::Slice(of, Access::Mut | Access::Out) => {
                // A struct's size is what `take` was told, or else what makes the bytes all of them.
                let size = match (of.size(0), self.sizes[index], count) {
                    (Some(size), ..) | (None, size @ 1.., _) => size,
                    (None, 0, 0) => 1,
                    (None, 0, count) => u32::try_from(len / u64::from(count)).unwrap_or(u32::MAX),
                };
                let whole = u64::from(size) * u64::from(count);
                if len > whole {
                    let (offset, size) = (offset.into(), u64::from(offset) + whole);
                    return Err(OutOfBounds { offset, len, size }.into());
                }
                if size == 0 || len % u64::from(size) != 0 {
                    return Err(wrong(alloc::format!("{len} bytes")).into());
                }
                let elements = (len / u64::from(size)) as u32;
                if let Err(given) = super::argument::many(of, bytes, elements, true) {
                    return Err(wrong(given.into()).into());
                }
                of
            }
            _ => return Err(wrong("bytes to be written back".into()).into()),
        };
        if len > 0 {
            of.check_aligned(offset)?;
        }
        self.guest.context().write(offset, bytes)
    }

    /// Copies what the plugin lends.
    fn copy(&mut self, param: &Param, first: u64, len: u32, size: u32) -> Result<Taken> {
        let offset = first as u32;
        let pair = (offset.cast_signed(), len.cast_signed());
        let (guest, budget) = (&mut *self.guest, &mut self.budget);
        Ok(match param.kind {
            Kind::Scalar(scalar) => Taken::Number(Number::of_slot(scalar, first)?),
            Kind::Pointer => Taken::Pointer(offset),
            Kind::Function => Taken::Function(offset),
            Kind::Str => Taken::Text(String::lift(pair, guest, budget)?),
            Kind::CStr => Taken::CString(CString::lift((pair.0,), guest, budget)?),
            Kind::Slice(Of::Scalar(Scalar::U8), _) => {
                Taken::Bytes(Vec::<u8>::lift(pair, guest, budget)?)
            }
            Kind::Slice(of, access) => {
                let bytes = u64::from(len) * u64::from(size);
                let bytes = checked(guest, offset, bytes, budget)?;
                if len > 0 {
                    of.check_aligned(offset)?;
                }
                let bytes = guest.context().bytes(offset, bytes)?;
                checked_bits(of, access, bytes, offset)?
            }
            Kind::Reference(of, access) => {
                if offset == 0 {
                    return Err(ConventionError::NullPointer { of: of.c_name() }.into());
                }
                let len = checked(guest, offset, size.into(), budget)?;
                of.check_aligned(offset)?;
                checked_bits(of, access, guest.context().bytes(offset, len)?, offset)?
            }
            Kind::List { texts } => self.copy_list(texts, offset, len)?,
        })
    }

    /// Copies an array of pointers and lengths, and what they refer to.
    fn copy_list(&mut self, texts: bool, offset: u32, len: u32) -> Result<Taken> {
        let (guest, budget) = (&mut *self.guest, &mut self.budget);
        // The host's own room for the items counts too, so that a plugin cannot ask for much of it by
        // many empty ones.
        spend(guest, u64::from(len) * ITEM, budget)?;
        let size = guest.context().memory_size()?;
        let bytes = u64::from(len) * 8;
        if u64::from(offset) + bytes > size {
            return Err(OutOfBounds { offset: offset.into(), len: bytes, size }.into());
        }
        if len > 0 {
            Of::Pointer.check_aligned(offset)?;
        }
        let mut list = Vec::with_capacity(len as usize);
        for index in 0..len {
            let mut pair = [0; 8];
            guest.context().read(offset.wrapping_add(index * 8), &mut pair)?;
            let item = crate::convention::take::Returned::from_struct(pair);
            let len = checked(guest, item.offset, item.len.into(), budget)?;
            let bytes = guest.context().bytes(item.offset, len)?;
            if texts {
                text(bytes, item.offset)?;
            }
            list.push(bytes.into());
        }
        Ok(Taken::List(list))
    }

    /// Copies what the plugin hands over, and frees its block.
    fn take_owned(&mut self, param: &Param, offset: u32, len: u32, size: u32) -> Result<Taken> {
        let guest = &mut *self.guest;
        // Taken first: the block is freed also if it is too long.
        let (taken, bytes) = match param.kind {
            Kind::Str => (Taken::Text(String::take(guest, offset, len)?), u64::from(len)),
            Kind::CStr => {
                let text = take_c_string(guest, offset)?;
                let len = text.count_bytes() as u64;
                (Taken::CString(text), len)
            }
            Kind::Slice(of, _) => {
                let bytes = take_elements(guest, of, offset, len, size)?;
                (Taken::Bytes(bytes), u64::from(len) * u64::from(size))
            }
            Kind::Reference(of, _) => {
                if offset == 0 {
                    return Err(ConventionError::NullPointer { of: of.c_name() }.into());
                }
                (Taken::Bytes(take_elements(guest, of, offset, 1, size)?), size.into())
            }
            Kind::List { texts } => {
                // The block is the array's; what the items refer to lies in it or is lent.
                let list = self.copy_list(texts, offset, len);
                let freed = take(self.guest, offset, u64::from(len) * 8, |_| Ok(()));
                return list.and_then(|list| freed.map(|()| list));
            }
            // The parser lets nothing else be owned.
            Kind::Scalar(_) | Kind::Pointer | Kind::Function => {
                return self.copy(param, offset.into(), len, size);
            }
        };
        spend(guest, bytes, &mut self.budget)?;
        Ok(taken)
    }

    /// Frees what the plugin handed over, unread.
    pub(super) fn discard(&mut self, index: usize, param: &Param) -> Result<()> {
        self.taken |= 1 << index;
        let (first, len) = self.flat(param);
        let offset = first as u32;
        if offset == 0 {
            return Ok(());
        }
        let len = match param.kind {
            Kind::Slice(of, _) => u64::from(len) * u64::from(of.size(0).unwrap_or(1)),
            Kind::Reference(of, _) => of.size(0).unwrap_or(1).into(),
            Kind::List { .. } => u64::from(len) * 8,
            Kind::CStr => return take_c_string(self.guest, offset).map(drop),
            _ => len.into(),
        };
        take(self.guest, offset, len, |_| Ok(()))
    }
}

/// Copies values; what is only written to need not be any.
fn checked_bits(of: Of, access: Access, bytes: &[u8], offset: u32) -> Result<Taken> {
    if access != Access::Out {
        of.check_bits(bytes, offset)?;
    }
    Ok(Taken::Bytes(bytes.into()))
}
