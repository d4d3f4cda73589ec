//! Host values to guest parameters.

use alloc::vec::Vec;

use super::flat::{Append, Cat, Flat};
use crate::types::WasmTypes;

/// A host value that can be an argument of a plugin's function.
///
/// | host type | wasm parameters | the plugin's C parameters |
/// |---|---|---|
/// | `i8` … `i32`, `u8` … `u32`, `bool`, `char` | `i32` | `int8_t` … `uint32_t`, `bool`, `uint32_t` |
/// | `i64`, `u64` | `i64` | `int64_t`, `uint64_t` |
/// | `f32`, `f64` | `f32`, `f64` | `float`, `double` |
/// | `&str`, `&String` | `i32, i32` | `const char *s, size_t len` |
/// | `&[u8]`, `&Vec<u8>` | `i32, i32` | `const unsigned char *p, size_t len` |
///
/// Borrowed arguments live in the plugin's memory for the duration of the call only. Their
/// pointers are never the start of a block, so a plugin that frees one is told so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a plugin",
    note = "pass integers, floats, `bool`, `char`, `&str` or `&[u8]`"
)]
pub trait Lower: Copy {
    /// The wasm values it becomes.
    type Flat: WasmTypes;
    /// The same type without lifetimes, by which function handles are known.
    type Static: Lower<Flat = Self::Flat> + 'static;
    /// The same type with the lifetime `'a`, which is what a handle's call takes.
    type At<'a>: Lower<Flat = Self::Flat>;
    /// The C parameters it becomes, for messages.
    const C_PARAMS: &'static [&'static str];
    /// Whether it takes room in linear memory.
    const IN_MEMORY: bool = false;

    /// Bytes of linear memory that it takes.
    #[inline]
    fn room(&self) -> u64 {
        0
    }

    /// Writes what goes to memory and returns the wasm values.
    fn lower(self, room: &mut Room<'_>) -> Self::Flat;
}

/// The part of linear memory into which the arguments of one call are written.
#[derive(Debug)]
pub struct Room<'a> {
    /// What is left of it.
    bytes: &'a mut [u8],
    /// Offset of `bytes[0]` in linear memory.
    offset: u32,
}

/// Every argument starts at a multiple of this, as a block from malloc would.
const ALIGN: u64 = 16;

impl<'a> Room<'a> {
    /// No room at all, for calls whose arguments need none.
    pub(crate) fn none() -> Self {
        Room { bytes: &mut [], offset: 0 }
    }

    /// The bytes of linear memory that start at `offset`, a multiple of 16.
    pub(crate) fn new(bytes: &'a mut [u8], offset: u32) -> Self {
        Room { bytes, offset }
    }

    /// Bytes that `len` bytes take here: at least one more, so that a pointer to the end of an
    /// argument, and any pointer to an empty one, still lies in the block of the arguments.
    #[inline]
    fn taken(len: u64) -> u64 {
        (len + 1).next_multiple_of(ALIGN)
    }

    /// Copies `bytes` in and returns offset and length.
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> (i32, i32) {
        let at = self.offset;
        // `Arguments::room` was reserved for exactly these arguments, so both splits are within
        // bounds; an empty tail is what an inconsistent `room` would meet, not a panic.
        let taken = (Self::taken(bytes.len() as u64) as usize).min(self.bytes.len());
        let (here, rest) = core::mem::take(&mut self.bytes).split_at_mut(taken);
        if let Some(here) = here.get_mut(..bytes.len()) {
            here.copy_from_slice(bytes);
        }
        self.bytes = rest;
        self.offset = at.wrapping_add(taken as u32);
        (at.cast_signed(), (bytes.len() as u32).cast_signed())
    }
}

macro_rules! scalar {
    ($($host:ty => $wasm:ty as $c:literal = |$v:ident| $lower:expr;)*) => {
        $(impl Lower for $host {
            type Flat = ($wasm,);
            type Static = $host;
            type At<'a> = $host;
            const C_PARAMS: &'static [&'static str] = &[$c];
            #[inline]
            fn lower(self, _: &mut Room<'_>) -> ($wasm,) {
                let $v = self;
                ($lower,)
            }
        })*
    };
}
// Narrow integers are extended to i32 by their own signedness, as the Basic C ABI asks of callers.
scalar! {
    i8 => i32 as "int8_t" = |v| i32::from(v);
    u8 => i32 as "uint8_t" = |v| i32::from(v);
    i16 => i32 as "int16_t" = |v| i32::from(v);
    u16 => i32 as "uint16_t" = |v| i32::from(v);
    i32 => i32 as "int32_t" = |v| v;
    u32 => i32 as "uint32_t" = |v| v.cast_signed();
    i64 => i64 as "int64_t" = |v| v;
    u64 => i64 as "uint64_t" = |v| v.cast_signed();
    f32 => f32 as "float" = |v| v;
    f64 => f64 as "double" = |v| v;
    bool => i32 as "bool" = |v| i32::from(v);
    char => i32 as "uint32_t" = |v| u32::from(v).cast_signed();
}

macro_rules! pointer_and_length {
    ($($host:ty => $stat:ty as $c:literal = |$v:ident| $bytes:expr;)*) => {
        $(impl<'a> Lower for &'a $host {
            type Flat = (i32, i32);
            type Static = &'static $stat;
            type At<'b> = &'b $stat;
            const C_PARAMS: &'static [&'static str] = &[$c, "size_t"];
            const IN_MEMORY: bool = true;
            #[inline]
            fn room(&self) -> u64 {
                let $v = *self;
                Room::taken($bytes.len() as u64)
            }
            #[inline]
            fn lower(self, room: &mut Room<'_>) -> (i32, i32) {
                let $v = self;
                room.put($bytes)
            }
        })*
    };
}
pointer_and_length! {
    str => str as "const char *" = |v| v.as_bytes();
    alloc::string::String => str as "const char *" = |v| v.as_bytes();
    [u8] => [u8] as "const unsigned char *" = |v| v;
    Vec<u8> => [u8] as "const unsigned char *" = |v| v.as_slice();
}

impl<const N: usize> Lower for &[u8; N] {
    type Flat = (i32, i32);
    type Static = &'static [u8];
    type At<'b> = &'b [u8];
    const C_PARAMS: &'static [&'static str] = <&[u8]>::C_PARAMS;
    const IN_MEMORY: bool = true;
    #[inline]
    fn room(&self) -> u64 {
        Room::taken(N as u64)
    }
    #[inline]
    fn lower(self, room: &mut Room<'_>) -> (i32, i32) {
        room.put(self)
    }
}

/// The arguments of a call: a tuple of up to 12 [`Lower`] values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of a plugin's function",
    note = "pass a tuple of integers, floats, `bool`, `char`, `&str` and `&[u8]`; \
            one argument is `(x,)`, none is `()`"
)]
pub trait Arguments {
    /// The wasm values they become, in one tuple.
    type Flat: Flat;
    /// The same types without lifetimes, by which function handles are known.
    type Static: Arguments<Flat = Self::Flat> + 'static;
    /// The same types with the lifetime `'a`, which is what a handle's call takes.
    type At<'a>: Arguments<Flat = Self::Flat>;
    /// Whether any of them takes room in linear memory.
    const IN_MEMORY: bool;

    /// Bytes of linear memory that they take together.
    fn room(&self) -> u64;
    /// Writes what goes to memory and returns the wasm values.
    fn lower(self, room: &mut Room<'_>) -> Self::Flat;
    /// The C parameters, for messages.
    fn c_params() -> Vec<&'static str>;
}

macro_rules! arguments {
    ($($A:ident)*) => {
        arguments!(@ [] [()] [] $($A)*);
    };
    (@ [$($done:ident)*] [$flat:ty] [$($wheres:tt)*] $A:ident $($rest:ident)*) => {
        arguments!(
            @ [$($done)* $A]
            [Cat<$flat, <$A as Lower>::Flat>]
            [$($wheres)* $flat: Append<<$A as Lower>::Flat>,]
            $($rest)*
        );
    };
    (@ [$($A:ident)*] [$flat:ty] [$($wheres:tt)*]) => {
        impl<$($A: Lower),*> Arguments for ($($A,)*)
        where
            $($wheres)*
            $flat: Flat,
        {
            type Flat = $flat;
            type Static = ($($A::Static,)*);
            type At<'a> = ($($A::At<'a>,)*);
            const IN_MEMORY: bool = false $(|| $A::IN_MEMORY)*;

            #[inline]
            #[allow(non_snake_case, reason = "type names double as value names in the macro")]
            fn room(&self) -> u64 {
                let ($($A,)*) = self;
                // Each is the length of a host slice, below 2^63; their sum saturates.
                0u64 $(.saturating_add($A.room()))*
            }

            #[inline]
            #[allow(non_snake_case, unused_variables, reason = "shared by all arities")]
            fn lower(self, room: &mut Room<'_>) -> Self::Flat {
                let ($($A,)*) = self;
                let flat = ();
                $(let flat = flat.append($A.lower(room));)*
                flat
            }

            fn c_params() -> Vec<&'static str> {
                <[&[&'static str]]>::concat(&[$($A::C_PARAMS),*])
            }
        }
    };
}
arguments!();
arguments!(A1);
arguments!(A1 A2);
arguments!(A1 A2 A3);
arguments!(A1 A2 A3 A4);
arguments!(A1 A2 A3 A4 A5);
arguments!(A1 A2 A3 A4 A5 A6);
arguments!(A1 A2 A3 A4 A5 A6 A7);
arguments!(A1 A2 A3 A4 A5 A6 A7 A8);
arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
