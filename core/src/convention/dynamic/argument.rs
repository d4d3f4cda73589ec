//! Values for a plugin, checked against a prototype and written to its memory.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use core::ffi::CStr;

use super::number::Number;
use super::plan::{Kind, Of, PARAMS, Param, Plan};
use super::slots::Slots;
use crate::contract::{Access, Scalar};
use crate::convention::block::GuestBlock;
use crate::convention::callback::Callback;
use crate::convention::error::ConventionError;
use crate::convention::lower::{Lower, Owned};
use crate::convention::pointee::Pointee;
use crate::convention::room::{Back, Room, taken};
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// A value for a plugin, whose type is checked against a prototype when it is passed: an argument of
/// a [`DynFunc`](super::DynFunc), or the result of a host function.
///
/// | in the prototype | is passed as |
/// |---|---|
/// | `i8` … `char` | [`Number`](Self::Number) |
/// | `str`; as a result `string` | [`Str`](Self::Str) |
/// | `bytes` | [`Bytes`](Self::Bytes), or `Array` of as many elements |
/// | `cstr`; as a result `cstring` | [`CStr`](Self::CStr) |
/// | `slice<T>`; as a result `vec<T>` | [`Array`](Self::Array) |
/// | `mut slice<T>`, `out slice<T>` | [`ArrayMut`](Self::ArrayMut) |
/// | `&T`; as a result a struct | [`Value`](Self::Value) |
/// | `mut T`, `out T` | [`ValueMut`](Self::ValueMut) |
/// | `slice<str>`, `slice<bytes>` | [`List`](Self::List) |
/// | `ptr` | [`Pointer`](Self::Pointer), [`Block`](Self::Block) |
/// | `func` | [`Function`](Self::Function), [`Callback`](Self::Callback) |
/// | `option<…>` | what is in it, or [`Null`](Self::Null) |
/// | `owned<…>` | what is in it |
///
/// Bytes of values and elements are as the plugin has them in memory: little-endian, in C's layout.
/// They are written to multiples of 16.
#[derive(Debug)]
#[non_exhaustive]
pub enum Argument<'a> {
    /// A number, `bool` or `char`.
    Number(Number),
    /// Text.
    Str(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text that ends with a NUL.
    CStr(&'a CStr),
    /// Several values in a row.
    Array {
        /// All of them.
        bytes: &'a [u8],
        /// How many there are.
        count: u32,
    },
    /// Several values in a row that the plugin writes to: copied back after the call.
    ArrayMut {
        /// All of them.
        bytes: &'a mut [u8],
        /// How many there are.
        count: u32,
    },
    /// One value.
    Value(&'a [u8]),
    /// One value that the plugin writes to: copied back after the call.
    ValueMut(&'a mut [u8]),
    /// Several texts or buffers.
    List(&'a [&'a [u8]]),
    /// A pointer that the plugin gave the host.
    Pointer(u32),
    /// A block that the host keeps in the plugin's memory.
    Block(&'a GuestBlock),
    /// A function pointer of the plugin's.
    Function(u32),
    /// A closure of the host's in the plugin's function table.
    Callback(&'a Callback),
    /// Nothing, where there may be nothing.
    Null,
}

/// What an argument puts into the plugin's memory.
#[derive(Clone, Copy)]
pub(super) enum Memory<'a> {
    Plain(&'a [u8]),
    List(&'a [&'a [u8]]),
}

impl Memory<'_> {
    #[inline]
    fn size(&self) -> u64 {
        match self {
            Memory::Plain(bytes) => bytes.len() as u64,
            Memory::List(list) => list.size(),
        }
    }

    /// A block of the plugin's own.
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<u32> {
        match self {
            Memory::Plain(bytes) => Owned(*bytes).prepare(guest),
            Memory::List(list) => Owned(*list).prepare(guest),
        }
    }
}

/// What the arguments of one call need.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    /// Bytes in the block of the arguments.
    pub(super) room: u64,
    /// Something must be done before they are written.
    pub(super) prepares: bool,
}

/// Where the blocks are that the plugin will own.
pub(super) type Prepared = [u32; PARAMS];

impl Argument<'_> {
    #[inline]
    pub(super) fn memory(&self) -> Option<Memory<'_>> {
        Some(Memory::Plain(match self {
            Argument::Str(text) => text.as_bytes(),
            Argument::CStr(text) => text.to_bytes_with_nul(),
            Argument::Bytes(bytes) | Argument::Value(bytes) => bytes,
            Argument::Array { bytes, .. } => bytes,
            Argument::ArrayMut { bytes, .. } => bytes,
            Argument::ValueMut(bytes) => bytes,
            Argument::List(list) => return Some(Memory::List(list)),
            _ => return None,
        }))
    }

    /// C's `size_t` beside the pointer. More than 4 Gi are more bytes than there is room for.
    pub(super) fn count(&self) -> u32 {
        match self {
            Argument::Str(text) => text.len() as u32,
            Argument::Bytes(bytes) => bytes.len() as u32,
            Argument::List(list) => list.len() as u32,
            Argument::Array { count, .. } | Argument::ArrayMut { count, .. } => *count,
            _ => 0,
        }
    }

    /// Whether it is what the prototype says; if not, what it is.
    pub(super) fn check(&self, kind: Kind, nullable: bool) -> Result<(), Cow<'static, str>> {
        let fits = match (kind, self) {
            (_, Argument::Null) => nullable,
            (Kind::Scalar(scalar), Argument::Number(number)) => number.to_slot(scalar).is_some(),
            (Kind::Str, Argument::Str(_))
            | (Kind::CStr, Argument::CStr(_))
            | (Kind::Slice(Of::Scalar(Scalar::U8), Access::In), Argument::Bytes(_))
            | (Kind::Pointer, Argument::Pointer(_) | Argument::Block(_))
            | (Kind::Function, Argument::Function(_) | Argument::Callback(_)) => true,
            (Kind::Slice(of, Access::In), Argument::Array { bytes, count }) => {
                return many(of, bytes, *count, true);
            }
            (
                Kind::Slice(of, access @ (Access::Mut | Access::Out)),
                Argument::ArrayMut { bytes, count },
            ) => {
                return many(of, bytes, *count, access == Access::Mut);
            }
            (Kind::Reference(of, Access::In), Argument::Value(bytes)) => {
                return one(of, bytes, true);
            }
            (
                Kind::Reference(of, access @ (Access::Mut | Access::Out)),
                Argument::ValueMut(bytes),
            ) => {
                return one(of, bytes, access == Access::Mut);
            }
            (Kind::List { texts }, Argument::List(list)) => {
                let is_text = |item: &&[u8]| !texts || core::str::from_utf8(item).is_ok();
                match list.iter().position(|item| !is_text(item)) {
                    Some(index) => {
                        return Err(format!("a list whose item {} is not UTF-8", index + 1).into());
                    }
                    None => true,
                }
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.given()) }
    }

    /// What it is, in words.
    #[cold]
    pub(super) fn given(&self) -> Cow<'static, str> {
        Cow::Owned(match self {
            Argument::Number(number) => format!("the {} {number}", number.ty()),
            Argument::Str(text) => format!("text of {} bytes", text.len()),
            Argument::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Argument::CStr(text) => format!("a C string of {} bytes", text.count_bytes()),
            Argument::Array { bytes, count } => {
                format!("an array of {count} in {} bytes", bytes.len())
            }
            Argument::ArrayMut { bytes, count } => {
                format!("an array of {count} in {} bytes that is written to", bytes.len())
            }
            Argument::Value(bytes) => format!("a value of {} bytes", bytes.len()),
            Argument::ValueMut(bytes) => {
                format!("a value of {} bytes that is written to", bytes.len())
            }
            Argument::List(list) => format!("a list of {}", list.len()),
            Argument::Pointer(_) => "a pointer".to_owned(),
            Argument::Block(_) => "a kept block".to_owned(),
            Argument::Function(_) => "a function pointer".to_owned(),
            Argument::Callback(_) => "a callback".to_owned(),
            Argument::Null => "NULL".to_owned(),
        })
    }
}

/// Whether bytes are so many elements.
pub(super) fn many(of: Of, bytes: &[u8], count: u32, whole: bool) -> Result<(), Cow<'static, str>> {
    let len = bytes.len() as u64;
    let size = match (of, count) {
        // Nobody knows their size, so there must be some.
        (Of::Struct, 0) => return if len == 0 { Ok(()) } else { Err(wrong_many(of, len, count)) },
        (Of::Struct, count) => {
            let size = len / u64::from(count);
            of.size(u32::try_from(size).unwrap_or(u32::MAX))
        }
        _ => of.size(0),
    };
    match size {
        Some(size) if len == u64::from(count) * u64::from(size) => values(of, bytes, whole),
        _ => Err(wrong_many(of, len, count)),
    }
}

/// Whether bytes are one value.
pub(super) fn one(of: Of, bytes: &[u8], whole: bool) -> Result<(), Cow<'static, str>> {
    let len = bytes.len();
    match of.size(u32::try_from(len).unwrap_or(u32::MAX)) {
        Some(size) if size as usize == len => values(of, bytes, whole),
        _ => Err(format!("a value of {len} bytes").into()),
    }
}

#[cold]
fn wrong_many(of: Of, len: u64, count: u32) -> Cow<'static, str> {
    match of.size(0) {
        Some(size) => format!("an array of {count} in {len} bytes (each has {size})").into(),
        None => format!("an array of {count} in {len} bytes").into(),
    }
}

/// Whether bytes that the plugin may read are values of the type.
fn values(of: Of, bytes: &[u8], read: bool) -> Result<(), Cow<'static, str>> {
    match read.then(|| of.check_bits(bytes, 0)) {
        Some(Err(ConventionError::InvalidBits { offset, of })) => {
            Err(format!("bytes that are no {of} at {offset}").into())
        }
        _ => Ok(()),
    }
}

impl Plan {
    /// Checks the arguments, and what they need.
    #[inline]
    pub(super) fn measure(&self, arguments: &[Argument<'_>]) -> Result<Needs, ConventionError> {
        if arguments.len() != self.params.len() {
            let (expected, given) = (self.params.len() as u32, arguments.len() as u64);
            return Err(ConventionError::WrongCount { expected, given });
        }
        let mut needs = Needs { room: 0, prepares: false };
        for (index, (argument, param)) in arguments.iter().zip(&self.params).enumerate() {
            if let Err(given) = argument.check(param.kind, param.nullable) {
                return Err(self.wrong_argument(index, given));
            }
            match argument.memory() {
                Some(_) if param.owned => needs.prepares = true,
                Some(memory) => needs.room = needs.room.saturating_add(taken(memory.size())),
                None => {
                    needs.prepares |=
                        matches!(argument, Argument::Block(_) | Argument::Callback(_));
                }
            }
        }
        Ok(needs)
    }

    /// Checks handles, and makes the blocks that the plugin will own; if one fails, those before it
    /// are freed.
    pub(super) fn prepare<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        arguments: &[Argument<'_>],
    ) -> Result<Prepared> {
        let mut prepared = [0; PARAMS];
        let all = arguments.iter().zip(&self.params).zip(prepared.iter_mut());
        let result = { all }.try_for_each(|((argument, param), place)| {
            match (argument, argument.memory()) {
                (_, Some(memory)) if param.owned => *place = memory.prepare(guest)?,
                (Argument::Block(block), _) => block.check(guest)?,
                (Argument::Callback(callback), _) => callback.check(guest)?,
                _ => {}
            }
            Ok(())
        });
        match result {
            Ok(()) => Ok(prepared),
            Err(error) => {
                self.abandon(guest, &prepared);
                Err(error)
            }
        }
    }

    /// Frees what `prepare` made, for a call that does not happen.
    pub(super) fn abandon<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        prepared: &Prepared,
    ) {
        for offset in prepared.iter().filter(|offset| **offset != 0) {
            Owned::<&[u8]>::abandon(*offset, guest);
        }
    }

    /// Writes what goes to memory, and the wasm values.
    #[inline]
    pub(super) fn lower(
        &self,
        arguments: &[Argument<'_>],
        prepared: &Prepared,
        room: &mut Room<'_>,
        slots: &mut Slots,
    ) {
        for (index, (argument, param)) in arguments.iter().zip(&self.params).enumerate() {
            let first = match (argument, argument.memory()) {
                (_, Some(_)) if param.owned => prepared.get(index).copied().unwrap_or(0).into(),
                (_, Some(memory)) => write(memory, param, room).into(),
                // It was checked that it fits.
                (Argument::Number(number), _) => match param.kind {
                    Kind::Scalar(scalar) => number.to_slot(scalar).unwrap_or(0),
                    _ => 0,
                },
                (Argument::Pointer(value) | Argument::Function(value), _) => (*value).into(),
                (Argument::Block(block), _) => block.offset().into(),
                (Argument::Callback(callback), _) => callback.index().into(),
                _ => 0,
            };
            if let Some(slot) = slots.get_mut(param.slot) {
                *slot = first;
            }
            if param.kind.slots() == 2
                && let Some(slot) = slots.get_mut(param.slot + 1)
            {
                *slot = argument.count().into();
            }
        }
    }

    /// Copies back what the plugin wrote, all of it that is valid.
    pub(super) fn copy_back(
        &self,
        arguments: &mut [Argument<'_>],
        back: &mut Back<'_>,
    ) -> Result<(), ConventionError> {
        let mut result = Ok(());
        for (argument, param) in arguments.iter_mut().zip(&self.params) {
            if param.owned {
                continue;
            }
            let Some(memory) = argument.memory() else { continue };
            let (from, offset) = back.next(memory.size());
            let (Kind::Slice(of, _) | Kind::Reference(of, _)) = param.kind else { continue };
            let (Argument::ArrayMut { bytes: to, .. } | Argument::ValueMut(to)) = argument else {
                continue;
            };
            match of.check_bits(from, offset) {
                Ok(()) if from.len() == to.len() => to.copy_from_slice(from),
                Ok(()) => {}
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }
}

/// Writes one argument, and says where.
#[inline]
fn write(memory: Memory<'_>, param: &Param, room: &mut Room<'_>) -> u32 {
    let (to, offset) = room.next(memory.size());
    match memory {
        // What the plugin finds in what it only writes is unspecified.
        _ if matches!(
            param.kind,
            Kind::Slice(_, Access::Out) | Kind::Reference(_, Access::Out)
        ) => {}
        Memory::Plain(from) => from.write(to, offset),
        Memory::List(list) => list.write(to, offset),
    }
    offset
}
