//! `Result`: a code that says whether it went well, and the value behind the first parameter.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{FromGuest, Shape, Target, one_value};
use crate::context::Context;
use crate::convention::element::{self, Element};
use crate::convention::flat::Flat;
use crate::convention::take::{FromPair, Returned, take};
use crate::error::Result;
use crate::export::Export;
use crate::plugin::Guest;
use crate::runtime::Runtime;
use crate::types::func_type;
use crate::value::FuncType;

/// An error that a plugin's function returned: a code other than 0 that is the plugin's own, and a
/// message where the function has a place for one.
///
/// The call as such went well, and the plugin goes on: this is no trap. In C it is
/// `return hh_fail(out, 2, "no such user")`, or just the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuestError {
    /// The plugin's code, not 0.
    pub code: i32,
    /// The plugin's message, empty if there is none.
    pub message: String,
}

impl GuestError {
    /// An error, as a host function gives one to a plugin.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        GuestError { code, message: message.into() }
    }
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "the plugin returned error {}", self.code),
            message => write!(f, "the plugin returned error {}: {message}", self.code),
        }
    }
}

impl core::error::Error for GuestError {}

/// What a function can put behind an out pointer: numbers, structs, and pointer and length of
/// strings and vectors.
pub trait InMemory: Sized {
    /// Bytes behind the pointer.
    const SIZE: u32;
    /// The C type of the pointer.
    fn c_pointer() -> String;

    /// Reads it from `offset`, and takes the block that it refers to, if it does.
    ///
    /// # Errors
    ///
    /// [`Error::Convention`](crate::Error::Convention).
    fn take_from<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        offset: u32,
    ) -> Result<Self>;

    /// The message that a function that failed put there instead.
    ///
    /// # Errors
    ///
    /// [`Error::Convention`](crate::Error::Convention).
    #[inline]
    fn take_message<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        offset: u32,
    ) -> Result<String> {
        let _ = (guest, offset);
        Ok(String::new())
    }
}

impl<X: Element> InMemory for X {
    const SIZE: u32 = element::size::<X>();

    fn c_pointer() -> String {
        format!("{} *out", X::C_NAME)
    }

    fn take_from<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        offset: u32,
    ) -> Result<Self> {
        Ok(element::read(guest.context().bytes(offset, Self::SIZE)?, offset)?)
    }
}

fn pair_at<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
) -> Result<Returned> {
    let mut pair = [0; 8];
    guest.context().read(offset, &mut pair)?;
    Ok(Returned::from_struct(pair))
}

macro_rules! pair_in_memory {
    ($([$($generics:tt)*] $host:ty;)*) => {
        $(impl<$($generics)*> InMemory for $host {
            const SIZE: u32 = 8;

            fn c_pointer() -> String {
                "hh_bytes *out".into()
            }

            fn take_from<B: Runtime, T: Send + 'static>(
                guest: &mut Guest<'_, B, T>,
                offset: u32,
            ) -> Result<Self> {
                let Returned { offset, len } = pair_at(guest, offset)?;
                <$host as FromPair>::take(guest, offset, len)
            }

            fn take_message<B: Runtime, T: Send + 'static>(
                guest: &mut Guest<'_, B, T>,
                offset: u32,
            ) -> Result<String> {
                match pair_at(guest, offset)? {
                    Returned { offset: 0, .. } => Ok(String::new()),
                    // An error's text is for people: what is not UTF-8 in it is replaced.
                    Returned { offset, len } => take(guest, offset, len.into(), |bytes| {
                        Ok(String::from_utf8_lossy(bytes).into_owned())
                    }),
                }
            }
        })*
    };
}
pair_in_memory! { [] String; [E: Element] Vec<E>; }

one_value! {
    [E: From<GuestError>] Result<(), E> => i32 as "int32_t", "0, or an error code";
        |guest, code| match code {
            0 => Ok(Ok(())),
            code => Ok(Err(GuestError::new(code, "").into())),
        };
}

impl<B, P, X, E> FromGuest<B, P> for Result<X, E>
where
    P: Flat,
    B: Export<P::WithOut, i32>,
    X: InMemory,
    E: From<GuestError>,
{
    type Func = <B as Export<P::WithOut, i32>>::Func;

    fn accepted() -> Vec<Shape> {
        let shape = Shape::new(func_type::<P::WithOut, i32>(), "int32_t");
        Vec::from([shape.first(X::c_pointer()).note("0, or an error code")])
    }

    fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        target: &Target<'_, B>,
        ty: &FuncType,
    ) -> Result<Option<Self::Func>> {
        if *ty != func_type::<P::WithOut, i32>() {
            return Ok(None);
        }
        target.func::<P::WithOut, i32, S>(cx).map(Some)
    }

    #[inline]
    fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
        <B as Export<P::WithOut, i32>>::belongs(cx, func)
    }

    #[inline]
    fn out_size(_: &Self::Func) -> u32 {
        X::SIZE
    }

    fn call<T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        func: &Self::Func,
        params: P,
        out: u32,
    ) -> Result<Result<Self>> {
        let cx = guest.context();
        // A function that fails need not touch it, and what was there before is no message.
        cx.fill(out, 0, X::SIZE)?;
        let params = params.with_out(out.cast_signed());
        Ok(match <B as Export<P::WithOut, i32>>::call(cx, func, params)? {
            0 => X::take_from(guest, out).map(Ok),
            code => {
                X::take_message(guest, out).map(|message| Err(GuestError { code, message }.into()))
            }
        })
    }
}
