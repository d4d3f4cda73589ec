//! Host values to a plugin's parameters.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::element::GuestPtr;
use super::error::ConventionError;
use super::pointee::Pointee;
use super::room::{Back, Room, taken};
use crate::context::Context;
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;
use crate::types::WasmTypes;

/// A host value that can be an argument of a plugin's function.
///
/// | host type | wasm parameters | the plugin's C parameters |
/// |---|---|---|
/// | `i8` … `i32`, `u8` … `u32`, `bool`, `char` | `i32` | `int8_t` … `uint32_t`, `bool`, `uint32_t` |
/// | `i64`, `u64` | `i64` | `int64_t`, `uint64_t` |
/// | `f32`, `f64` | `f32`, `f64` | `float`, `double` |
/// | every [`Pointee`]: `&str`, `&[T]`, `&CStr`, `&T`, `&mut [T]`, `&mut T` … | `i32` or `i32, i32` | pointer, or pointer and `size_t` |
/// | `Option` of a [`Pointee`], and of those below but [`GuestPtr`] | the same | the same, `NULL` for `None` |
/// | [`Owned`]`(`[`Pointee`]`)` | the same | the same; the plugin must free it |
/// | [`&GuestBlock`](super::GuestBlock) | `i32` | a pointer that outlives the call |
/// | [`&Callback`](super::Callback), [`FuncPtr`](super::FuncPtr) | `i32` | a function pointer |
/// | [`GuestPtr`] | `i32` | a pointer that the plugin gave the host |
///
/// Borrowed arguments live in the plugin's memory for the duration of the call only, all of them in
/// one block that the plugin cannot free.
pub trait Lower: Sized {
    /// The wasm values it becomes.
    type Flat: WasmTypes;
    /// The same type without lifetimes, by which function handles are known.
    type Static: Lower<Flat = Self::Flat> + 'static;
    /// The same type with the lifetime `'a`, which is what a handle's call takes.
    type At<'a>: Lower<Flat = Self::Flat>;
    /// What [`prepare`](Self::prepare) found out. The default stands for nothing at all.
    type Prepared: Copy + Default;
    /// Whether it takes room in the block of the arguments.
    const IN_MEMORY: bool = false;
    /// Whether it is copied back after the call.
    const COPIES_BACK: bool = false;
    /// Whether [`prepare`](Self::prepare) does anything, or [`lower`](Self::lower) runs code of the
    /// application's.
    const PREPARES: bool = false;

    /// The C parameters it becomes, for messages.
    fn c_params() -> Vec<String>;

    /// What must happen before the arguments are written: a block of the plugin's own is made, or a
    /// handle is checked.
    ///
    /// # Errors
    ///
    /// [`Error::Alloc`](crate::Error::Alloc), [`ConventionError::Stale`].
    #[inline]
    fn prepare<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
    ) -> Result<Self::Prepared> {
        let _ = guest;
        Ok(Self::Prepared::default())
    }

    /// Undoes [`prepare`](Self::prepare), for a call that does not happen.
    #[inline]
    fn abandon<B: Runtime, T: Send + 'static>(
        prepared: Self::Prepared,
        guest: &mut Guest<'_, B, T>,
    ) {
        let _ = (prepared, guest);
    }

    /// Bytes that it takes in the block of the arguments.
    #[inline]
    fn room(&self) -> u64 {
        0
    }

    /// Writes what goes to memory and returns the wasm values.
    fn lower(&self, prepared: Self::Prepared, room: &mut Room<'_>) -> Self::Flat;

    /// Copies back what the plugin wrote. It walks through the same room as
    /// [`lower`](Self::lower).
    ///
    /// # Errors
    ///
    /// [`ConventionError::InvalidBits`]; this argument is as it was then.
    #[inline]
    fn copy_back(self, back: &mut Back<'_>) -> Result<(), ConventionError> {
        if Self::IN_MEMORY {
            // One byte less than it took, so that the same step is taken again.
            let room = self.room();
            if room > 0 {
                back.next(room - 1);
            }
        }
        Ok(())
    }
}

macro_rules! scalar {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:literal = |$v:ident| $lower:expr;)*) => {
        $(impl<$($generics)*> Lower for $host {
            type Flat = ($wasm,);
            type Static = $host;
            type At<'a> = $host;
            type Prepared = ();

            fn c_params() -> Vec<String> {
                Vec::from([$c.to_owned()])
            }
            #[inline]
            fn lower(&self, (): (), _: &mut Room<'_>) -> ($wasm,) {
                let $v = *self;
                ($lower,)
            }
        })*
    };
}
// Narrow integers are extended to i32 by their own signedness, as the Basic C ABI asks of callers.
scalar! {
    [] i8 => i32 as "int8_t" = |v| i32::from(v);
    [] u8 => i32 as "uint8_t" = |v| i32::from(v);
    [] i16 => i32 as "int16_t" = |v| i32::from(v);
    [] u16 => i32 as "uint16_t" = |v| i32::from(v);
    [] i32 => i32 as "int32_t" = |v| v;
    [] u32 => i32 as "uint32_t" = |v| v.cast_signed();
    [] i64 => i64 as "int64_t" = |v| v;
    [] u64 => i64 as "uint64_t" = |v| v.cast_signed();
    [] f32 => f32 as "float" = |v| v;
    [] f64 => f64 as "double" = |v| v;
    [] bool => i32 as "bool" = |v| i32::from(v);
    [] char => i32 as "uint32_t" = |v| u32::from(v).cast_signed();
    [P: 'static] GuestPtr<P> => i32 as "void *" = |v| v.offset().cast_signed();
}

impl<X: Pointee> Lower for X {
    type Flat = X::Flat;
    type Static = X::Static;
    type At<'a> = X::At<'a>;
    type Prepared = ();
    const IN_MEMORY: bool = true;
    const COPIES_BACK: bool = X::COPIES_BACK;
    const PREPARES: bool = X::COMPOSES;

    fn c_params() -> Vec<String> {
        X::c_params()
    }
    #[inline]
    fn room(&self) -> u64 {
        taken(self.size())
    }
    #[inline]
    fn lower(&self, (): (), room: &mut Room<'_>) -> Self::Flat {
        let (bytes, offset) = room.next(self.size());
        self.write(bytes, offset);
        self.flat(offset)
    }
    #[inline]
    fn copy_back(self, back: &mut Back<'_>) -> Result<(), ConventionError> {
        let (bytes, offset) = back.next(self.size());
        Pointee::copy_back(self, bytes, offset)
    }
}

impl<X: Pointee> Lower for Option<X> {
    type Flat = X::Flat;
    type Static = Option<X::Static>;
    type At<'a> = Option<X::At<'a>>;
    type Prepared = ();
    const IN_MEMORY: bool = true;
    const COPIES_BACK: bool = X::COPIES_BACK;
    const PREPARES: bool = X::COMPOSES;

    fn c_params() -> Vec<String> {
        X::c_params()
    }
    #[inline]
    fn room(&self) -> u64 {
        self.as_ref().map_or(0, Lower::room)
    }
    #[inline]
    fn lower(&self, (): (), room: &mut Room<'_>) -> Self::Flat {
        match self {
            Some(value) => Lower::lower(value, (), room),
            None => X::NULL,
        }
    }
    #[inline]
    fn copy_back(self, back: &mut Back<'_>) -> Result<(), ConventionError> {
        match self {
            Some(value) => Lower::copy_back(value, back),
            None => Ok(()),
        }
    }
}

/// A value that changes hands.
///
/// As an argument, `Owned("text")`: the plugin gets a block of its own, which it must free. As a
/// host function's parameter, `text: Owned<String>`: the plugin hands its block over, and the host
/// frees it once it is copied.
///
/// If the call never happens, the block is freed; once the plugin has run, it is the plugin's, also
/// if it trapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owned<X>(pub X);

impl<X: Pointee> Lower for Option<Owned<X>> {
    type Flat = X::Flat;
    type Static = Option<Owned<X::Static>>;
    type At<'a> = Option<Owned<X::At<'a>>>;
    type Prepared = u32;
    const PREPARES: bool = true;

    fn c_params() -> Vec<String> {
        Owned::<X>::c_params()
    }
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<u32> {
        self.as_ref().map_or(Ok(0), |value| value.prepare(guest))
    }
    fn abandon<B: Runtime, T: Send + 'static>(offset: u32, guest: &mut Guest<'_, B, T>) {
        Owned::<X>::abandon(offset, guest);
    }
    #[inline]
    fn lower(&self, offset: u32, room: &mut Room<'_>) -> Self::Flat {
        self.as_ref().map_or(X::NULL, |value| value.lower(offset, room))
    }
}

impl<X: Pointee> Lower for Owned<X> {
    type Flat = X::Flat;
    type Static = Owned<X::Static>;
    type At<'a> = Owned<X::At<'a>>;
    type Prepared = u32;
    const PREPARES: bool = true;

    fn c_params() -> Vec<String> {
        // What the plugin may free, it may write to.
        let params = X::c_params().into_iter();
        params.map(|param| param.trim_start_matches("const ").to_owned()).collect()
    }
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<u32> {
        const {
            assert!(!X::COPIES_BACK, "what the plugin owns cannot be copied back to the host");
        }
        let bytes = self.0.size();
        let size =
            u32::try_from(bytes).map_err(|_| ConventionError::ArgumentsTooLarge { bytes })?;
        let offset = guest.malloc(size)?;
        let written =
            guest.context().bytes_mut(offset, size).map(|bytes| self.0.write(bytes, offset));
        if let Err(error) = written {
            Self::abandon(offset, guest);
            return Err(error);
        }
        Ok(offset)
    }
    fn abandon<B: Runtime, T: Send + 'static>(offset: u32, guest: &mut Guest<'_, B, T>) {
        // The plugin never heard of it, so it is as it was.
        let _ = guest.free(offset);
    }
    #[inline]
    fn lower(&self, offset: u32, _: &mut Room<'_>) -> Self::Flat {
        self.0.flat(offset)
    }
}
