//! Errors that the plugin sees: a code, and the value behind the first parameter.

use alloc::string::String;
use alloc::vec::Vec;

use super::pairs::{give, give_pair};
use super::{Plain, Sink, ToGuest, one_value_to_guest};
use crate::context::Context;
use crate::convention::element::{self, Element};
use crate::convention::flat::Flat;
use crate::convention::results::{GuestError, InMemory, Shape};
use crate::convention::take::Returned;
use crate::error::Result;
use crate::import::Import;
use crate::plugin::Guest;
use crate::runtime::Runtime;
use crate::types::func_type;

/// What a host function returns that can fail in a way the plugin is to handle: `int32_t f(X *out,
/// …)` in C, which returns 0 and has the value in `*out`, or an error's code.
///
/// For `String` and `Vec<T>`, `*out` is an `hh_bytes`, and on failure it holds the error's message,
/// which the plugin frees like the value. An error with code 0 would look like success, so it goes
/// to the plugin as code -1.
///
/// A plain `Result` is another thing: its error is a trap, and ends the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallible<X>(pub Result<X, GuestError>);

impl<X> Plain for Fallible<X> {}

pub(in crate::convention) fn code(error: &GuestError) -> i32 {
    if error.code == 0 { -1 } else { error.code }
}

/// What can be put behind an out pointer of the plugin's.
pub trait IntoMemory: InMemory + 'static {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// [`Error::Alloc`](crate::Error::Alloc), [`Error::OutOfBounds`](crate::Error::OutOfBounds).
    fn store<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        out: u32,
    ) -> Result<()>;

    /// Writes an error's message, where there is a place for one.
    ///
    /// # Errors
    ///
    /// The same.
    fn store_message<B: Runtime, T: Send + 'static>(
        message: &str,
        guest: &mut Guest<'_, B, T>,
        out: u32,
    ) -> Result<()> {
        let _ = (message, guest, out);
        Ok(())
    }
}

impl<X: Element> IntoMemory for X {
    fn store<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        out: u32,
    ) -> Result<()> {
        let _ = element::size::<X>();
        guest.context().write(out, bytemuck::bytes_of(self))
    }
}

macro_rules! pair {
    ($([$($generics:tt)*] $host:ty;)*) => {
        $(impl<$($generics)*> IntoMemory for $host {
            fn store<B: Runtime, T: Send + 'static>(
                &self,
                guest: &mut Guest<'_, B, T>,
                out: u32,
            ) -> Result<()> {
                let pair = give_pair(guest, self)?.to_struct();
                guest.context().write(out, &pair)
            }

            fn store_message<B: Runtime, T: Send + 'static>(
                message: &str,
                guest: &mut Guest<'_, B, T>,
                out: u32,
            ) -> Result<()> {
                let offset = if message.is_empty() { 0 } else { give(guest, message.as_bytes())? };
                let pair = Returned { offset, len: message.len() as u32 }.to_struct();
                guest.context().write(out, &pair)
            }
        })*
    };
}
pair! { [] String; [E: Element] Vec<E>; }

one_value_to_guest! {
    [] Fallible<()> => i32 as "int32_t", "0, or an error code";
        |guest, value| value.0.err().as_ref().map_or(0, code);
}

impl<B, T, P, X> ToGuest<B, T, P> for Fallible<X>
where
    T: Send + 'static,
    P: Flat,
    B: Import<P::WithOut, i32>,
    X: IntoMemory,
{
    fn accepted() -> Vec<Shape> {
        let shape = Shape::new(func_type::<P::WithOut, i32>(), "int32_t");
        Vec::from([shape.first(X::c_pointer()).note("0, or an error code")])
    }

    fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
    where
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
    {
        sink.choose(<Self as ToGuest<B, T, P>>::accepted())?;
        sink.put_out::<P, i32, _, _, _>(X::SIZE, f, |guest, value: Self, out| match value.0 {
            Ok(value) => value.store(guest, out).map(|()| 0),
            Err(error) => {
                X::store_message(&error.message, guest, out)?;
                Ok(code(&error))
            }
        })
    }
}
