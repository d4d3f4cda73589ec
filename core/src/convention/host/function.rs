//! Closures as host functions.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Outcome, Sink, ToGuest};
use crate::convention::parameters::Parameters;
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// A closure that the convention can offer to plugins with user state `T` on backend `B`.
///
/// Implemented for `Fn(&mut Guest<'_, B, T>, A1, …, An) -> R` with [`Lift`](crate::convention::Lift)
/// parameters and an [`Outcome`] of a [`ToGuest`] value.
#[diagnostic::on_unimplemented(
    message = "this closure cannot be a host function",
    note = "write `|guest: &mut Guest<'_, T>, a: A, …| -> R`, with `T` the state of the linker",
    note = "parameters: integers, floats, `bool`, `char`, `String`, `Vec<T>`, `CString`, a `CStruct`, \
            `GuestStr`, `GuestBytes`, `GuestSlice<T>`, `GuestPtr<T>`, `Option` or `Owned` of these",
    note = "results: `()`, integers, floats, `bool`, `char`, text, `Vec<T>`, `CString`, a `CStruct`, \
            `Option` of these, a tuple of scalars, `Fallible`, or a `Result` of one of these"
)]
pub trait HostFunction<B: Runtime, T: Send + 'static, A, R>: Send + Sync + 'static {
    /// Registers it in the shape that the sink asks for.
    ///
    /// # Errors
    ///
    /// [`LinkError::ImportSignature`](crate::error::LinkError::ImportSignature),
    /// [`LinkError::DuplicateImport`](crate::error::LinkError::DuplicateImport).
    fn define(self: Arc<Self>, sink: Sink<'_, '_, B, T>) -> Result<()>;

    /// The C parameters, for messages.
    fn c_params() -> Vec<String>;
}

macro_rules! host_function {
    ($($A:ident)*) => {
        impl<B, T, F, R, $($A),*> HostFunction<B, T, ($($A,)*), R> for F
        where
            B: Runtime,
            T: Send + 'static,
            ($($A,)*): Parameters,
            R: Outcome<Value: ToGuest<B, T, <($($A,)*) as Parameters>::Flat>>,
            F: for<'g, 'a> Fn(&'g mut Guest<'a, B, T>, $($A),*) -> R + Send + Sync + 'static,
        {
            fn define(self: Arc<Self>, sink: Sink<'_, '_, B, T>) -> Result<()> {
                R::Value::define(sink, move |guest: &mut Guest<'_, B, T>, flat| {
                    #[allow(non_snake_case, reason = "type names double as value names")]
                    let ($($A,)*) = <($($A,)*) as Parameters>::lift(flat, guest)?;
                    self(guest, $($A),*).outcome()
                })
            }

            fn c_params() -> Vec<String> {
                <($($A,)*) as Parameters>::c_params()
            }
        }
    };
}
host_function!();
host_function!(A1);
host_function!(A1 A2);
host_function!(A1 A2 A3);
host_function!(A1 A2 A3 A4);
host_function!(A1 A2 A3 A4 A5);
host_function!(A1 A2 A3 A4 A5 A6);
host_function!(A1 A2 A3 A4 A5 A6 A7);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
