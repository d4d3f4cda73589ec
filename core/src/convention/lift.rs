//! What a plugin returned, and what it passed to a host function, as host values.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::error::ConventionError;
use super::flat::{Append, Cat, Flat};
use crate::allocate::{self, HasHeap};
use crate::context::Context;
use crate::error::{Error, OutOfBounds, Result};
use crate::memory::range;
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

/// Bytes that a plugin returned by offset and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

impl Returned {
    /// From `offset << 32 | length`.
    #[inline]
    pub(crate) fn from_packed(packed: i64) -> Self {
        let packed = packed.cast_unsigned();
        Returned { offset: (packed >> 32) as u32, len: packed as u32 }
    }

    /// To `offset << 32 | length`.
    #[inline]
    pub(crate) fn to_packed(self) -> i64 {
        (u64::from(self.offset) << 32 | u64::from(self.len)).cast_signed()
    }
}

/// Copies a returned buffer with `copy` and releases its block.
///
/// The buffer must lie in one live block, which is freed as a whole; or in arguments that are lent
/// to the plugin, which their own calls free; or in static data.
pub(crate) fn take<C, R>(
    cx: &mut C,
    returned: Returned,
    copy: impl FnOnce(&[u8]) -> Result<R>,
) -> Result<R>
where
    C: Context<State: HasHeap + LiftLimits>,
{
    let Returned { offset, len } = returned;
    let (owned, lies_well) = whose(cx, returned)?;
    let max = cx.state().max_transfer();
    let result = match lies_well {
        Err(error) => Err(error.into()),
        Ok(()) if len > max => Err(ConventionError::TooLong { len, max }.into()),
        Ok(()) => cx.bytes(offset, len).and_then(copy),
    };
    // Also if the result was of no use: it was the host's, and nothing may leak.
    if let Some(block) = owned {
        allocate::free(cx, block)?;
    }
    result
}

/// The block that comes with a returned buffer and is the host's to free, and whether the buffer
/// lies where it may.
fn whose<C: Context<State: HasHeap + LiftLimits>>(
    cx: &C,
    Returned { offset, len }: Returned,
) -> Result<(Option<u32>, Result<(), ConventionError>)> {
    let end = u64::from(offset) + u64::from(len);
    let elsewhere = ConventionError::ResultNotInBlock { offset, len };
    let heap = cx.state().heap();
    if let Some(block) = heap.block_containing(offset) {
        // An empty result may point anywhere; only at a block's own start does it hand it over.
        let owned = !heap.is_lent(block.offset) && (len > 0 || offset == block.offset);
        let lies_well = if end <= block.end() {
            Ok(())
        } else {
            let (block, size) = (block.offset, block.size);
            Err(ConventionError::ResultOverrunsBlock { offset, len, block, size })
        };
        return Ok((owned.then_some(block.offset), lies_well));
    }
    let lies_well = if len == 0 {
        u64::from(offset) <= cx.memory_size()?
    } else {
        let data = cx.state().static_data();
        offset >= data.start && end <= u64::from(data.end)
    };
    Ok((None, if lies_well { Ok(()) } else { Err(elsewhere) }))
}

/// Text from bytes that lie at `offset` in linear memory.
pub(crate) fn text(bytes: &[u8], offset: u32) -> Result<&str, ConventionError> {
    core::str::from_utf8(bytes).map_err(|e| ConventionError::NotUtf8 {
        offset,
        len: bytes.len() as u32,
        valid_up_to: e.valid_up_to(),
    })
}

/// A value that a plugin passes to a host function.
///
/// | host type | the plugin's C parameters | |
/// |---|---|---|
/// | integers, floats, `bool`, `char` | the same | |
/// | `String`, `Vec<u8>` | pointer, `size_t` | copied before the host function runs |
/// | [`GuestBytes`], [`GuestStr`] | pointer, `size_t` | checked; read in place through the context |
#[diagnostic::on_unimplemented(
    message = "a host function cannot take `{Self}` from a plugin",
    note = "take integers, floats, `bool`, `char`, `String`, `Vec<u8>`, `GuestStr` or `GuestBytes`"
)]
pub trait Lift: Sized {
    /// The wasm values it is made from.
    type Flat: WasmTypes;
    /// The C parameters it is made from, for messages.
    const C_PARAMS: &'static [&'static str];

    /// Makes the value. `budget` is what is left of the bytes that this call may pass to the host.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], [`Error::Convention`].
    fn lift<C: Context<State: LiftLimits>>(
        flat: Self::Flat,
        cx: &C,
        budget: &mut u32,
    ) -> Result<Self>;
}

macro_rules! scalar {
    ($($host:ty => $wasm:ty as $c:literal = |$v:ident| $lift:expr;)*) => {
        $(impl Lift for $host {
            type Flat = ($wasm,);
            const C_PARAMS: &'static [&'static str] = &[$c];
            #[inline]
            fn lift<C: Context<State: LiftLimits>>(
                ($v,): ($wasm,),
                _: &C,
                _: &mut u32,
            ) -> Result<Self> {
                Ok($lift)
            }
        })*
    };
}
// Narrow integers are truncated: the Basic C ABI leaves the upper bits to the callee's care.
scalar! {
    i8 => i32 as "int8_t" = |v| v as i8;
    u8 => i32 as "uint8_t" = |v| v as u8;
    i16 => i32 as "int16_t" = |v| v as i16;
    u16 => i32 as "uint16_t" = |v| v as u16;
    i32 => i32 as "int32_t" = |v| v;
    u32 => i32 as "uint32_t" = |v| v.cast_unsigned();
    i64 => i64 as "int64_t" = |v| v;
    u64 => i64 as "uint64_t" = |v| v.cast_unsigned();
    f32 => f32 as "float" = |v| v;
    f64 => f64 as "double" = |v| v;
    bool => i32 as "bool" = |v| v & 1 != 0;
    char => i32 as "uint32_t" = |v| to_char(v)?;
}

pub(crate) fn to_char(v: i32) -> Result<char, ConventionError> {
    let value = v.cast_unsigned();
    char::from_u32(value).ok_or(ConventionError::NotChar { value })
}

/// Bytes in linear memory that a plugin passed: a checked range, read through the context.
///
/// It is an offset and a length, not a view: reading borrows the context, so no view survives a
/// guest call, and each reading checks the range against the memory as it is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestBytes {
    offset: u32,
    len: u32,
}

impl GuestBytes {
    /// Offset in linear memory.
    pub fn offset(self) -> u32 {
        self.offset
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The bytes.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] if memory no longer has them.
    pub fn read<C: Context>(self, cx: &C) -> Result<&[u8]> {
        self.of(cx.memory()?)
    }

    /// The bytes, of a view of linear memory such as
    /// [`Guest::memory_and_state`](crate::Guest::memory_and_state) gives.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] if that memory does not have them.
    pub fn of(self, memory: &[u8]) -> Result<&[u8]> {
        Ok(&memory[range(self.offset, self.len, memory.len())?])
    }
}

/// UTF-8 text in linear memory that a plugin passed; checked again on each reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestStr(GuestBytes);

impl GuestStr {
    /// Where the text lies.
    pub fn bytes(self) -> GuestBytes {
        self.0
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] or [`Error::Convention`] if the plugin has changed it since.
    pub fn read<C: Context>(self, cx: &C) -> Result<&str> {
        self.of(cx.memory()?)
    }

    /// The text, of a view of linear memory such as
    /// [`Guest::memory_and_state`](crate::Guest::memory_and_state) gives.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] or [`Error::Convention`] if that memory does not have it.
    pub fn of(self, memory: &[u8]) -> Result<&str> {
        Ok(text(self.0.of(memory)?, self.0.offset)?)
    }
}

impl Lift for GuestBytes {
    type Flat = (i32, i32);
    const C_PARAMS: &'static [&'static str] = &["const unsigned char *", "size_t"];

    #[inline]
    fn lift<C: Context<State: LiftLimits>>(
        (offset, len): (i32, i32),
        cx: &C,
        budget: &mut u32,
    ) -> Result<Self> {
        let (offset, len) = (offset.cast_unsigned(), len.cast_unsigned());
        match budget.checked_sub(len) {
            Some(rest) => *budget = rest,
            None => {
                let max = cx.state().max_transfer();
                return Err(ConventionError::TooLong { len, max }.into());
            }
        }
        let size = cx.memory_size()?;
        if u64::from(offset) + u64::from(len) > size {
            let (offset, len) = (offset.into(), len.into());
            return Err(Error::OutOfBounds(OutOfBounds { offset, len, size }));
        }
        Ok(GuestBytes { offset, len })
    }
}

impl Lift for GuestStr {
    type Flat = (i32, i32);
    const C_PARAMS: &'static [&'static str] = &["const char *", "size_t"];

    #[inline]
    fn lift<C: Context<State: LiftLimits>>(
        flat: (i32, i32),
        cx: &C,
        budget: &mut u32,
    ) -> Result<Self> {
        let this = GuestStr(GuestBytes::lift(flat, cx, budget)?);
        this.read(cx)?;
        Ok(this)
    }
}

impl Lift for Vec<u8> {
    type Flat = (i32, i32);
    const C_PARAMS: &'static [&'static str] = GuestBytes::C_PARAMS;

    fn lift<C: Context<State: LiftLimits>>(
        flat: (i32, i32),
        cx: &C,
        budget: &mut u32,
    ) -> Result<Self> {
        Ok(GuestBytes::lift(flat, cx, budget)?.read(cx)?.into())
    }
}

impl Lift for String {
    type Flat = (i32, i32);
    const C_PARAMS: &'static [&'static str] = GuestStr::C_PARAMS;

    fn lift<C: Context<State: LiftLimits>>(
        flat: (i32, i32),
        cx: &C,
        budget: &mut u32,
    ) -> Result<Self> {
        let bytes = GuestBytes::lift(flat, cx, budget)?;
        Ok(text(bytes.read(cx)?, bytes.offset)?.into())
    }
}

/// The parameters of a host function: a tuple of up to 12 [`Lift`] values.
pub trait Parameters: Sized {
    /// The wasm values they are made from, in one tuple.
    type Flat: Flat;

    /// Makes them all.
    ///
    /// # Errors
    ///
    /// The first that [`Lift::lift`] gives.
    fn lift<C: Context<State: LiftLimits>>(flat: Self::Flat, cx: &C) -> Result<Self>;
    /// The C parameters, for messages.
    fn c_params() -> Vec<&'static str>;
}

macro_rules! parameters {
    ($($A:ident)*) => {
        parameters!(@ [] [] [()] [] $($A)*);
    };
    // Collects the names in order and, in reverse, each name with the tuple that stands before it.
    (@ [$($done:ident)*] [$($back:tt)*] [$flat:ty] [$($wheres:tt)*] $A:ident $($rest:ident)*) => {
        parameters!(
            @ [$($done)* $A]
            [($A, $flat) $($back)*]
            [Cat<$flat, <$A as Lift>::Flat>]
            [$($wheres)* $flat: Append<<$A as Lift>::Flat>,]
            $($rest)*
        );
    };
    (@ [$($A:ident)*] [$(($B:ident, $before:ty))*] [$flat:ty] [$($wheres:tt)*]) => {
        impl<$($A: Lift),*> Parameters for ($($A,)*)
        where
            $($wheres)*
            $flat: Flat,
        {
            type Flat = $flat;

            #[inline]
            #[allow(non_snake_case, unused_mut, unused_variables, reason = "shared by all arities")]
            fn lift<Cx: Context<State: LiftLimits>>(flat: Self::Flat, cx: &Cx) -> Result<Self> {
                $(let (flat, $B) = <$before as Append<<$B as Lift>::Flat>>::split(flat);)*
                let mut budget = cx.state().max_transfer();
                Ok(($($A::lift($A, cx, &mut budget)?,)*))
            }

            fn c_params() -> Vec<&'static str> {
                <[&[&'static str]]>::concat(&[$($A::C_PARAMS),*])
            }
        }
    };
}
parameters!();
parameters!(A1);
parameters!(A1 A2);
parameters!(A1 A2 A3);
parameters!(A1 A2 A3 A4);
parameters!(A1 A2 A3 A4 A5);
parameters!(A1 A2 A3 A4 A5 A6);
parameters!(A1 A2 A3 A4 A5 A6 A7);
parameters!(A1 A2 A3 A4 A5 A6 A7 A8);
parameters!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
parameters!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
parameters!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
parameters!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
