//! All arguments of a call together.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::ConventionError;
use super::flat::{Append, Cat, Flat};
use super::lower::Lower;
use super::room::{Back, Room};
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// The arguments of a call: a tuple of up to 12 [`Lower`] values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of a plugin's function",
    note = "pass a tuple of up to 12 values that can be passed (integers, floats, `bool`, `char`, \
            `&str`, `&[T]`, `&T`, `&mut T` …); one argument is `(x,)`, none is `()`"
)]
pub trait Arguments: Sized {
    /// The wasm values they become, in one tuple.
    type Flat: Flat;
    /// The same types without lifetimes, by which function handles are known.
    type Static: Arguments<Flat = Self::Flat> + 'static;
    /// The same types with the lifetime `'a`, which is what a handle's call takes.
    type At<'a>: Arguments<Flat = Self::Flat>;
    /// What [`prepare`](Self::prepare) found out.
    type Prepared: Copy + Default;
    /// Whether any of them takes room in linear memory.
    const IN_MEMORY: bool;
    /// Whether any of them is copied back after the call.
    const COPIES_BACK: bool;
    /// Whether [`prepare`](Self::prepare) does anything, or [`lower`](Self::lower) runs code of the
    /// application's.
    const PREPARES: bool;

    /// Prepares them all; if one fails, those before it are abandoned.
    ///
    /// # Errors
    ///
    /// The first that [`Lower::prepare`] gives.
    fn prepare<B: Runtime, T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
    ) -> Result<Self::Prepared>;
    /// Undoes [`prepare`](Self::prepare), for a call that does not happen.
    fn abandon<B: Runtime, T: Send + 'static>(
        prepared: Self::Prepared,
        guest: &mut Guest<'_, B, T>,
    );
    /// Bytes of linear memory that they take together.
    fn room(&self) -> u64;
    /// Writes what goes to memory and returns the wasm values.
    fn lower(&self, prepared: Self::Prepared, room: &mut Room<'_>) -> Self::Flat;
    /// Copies back what the plugin wrote, all of it that is valid.
    ///
    /// # Errors
    ///
    /// The first that [`Lower::copy_back`] gives.
    fn copy_back(self, back: &mut Back<'_>) -> Result<(), ConventionError>;
    /// The C parameters, for messages.
    fn c_params() -> Vec<String>;
}

/// Pairs the fields of two tuples.
macro_rules! zip {
    ($a:ident, $b:ident,) => {
        ()
    };
    ($a:ident, $b:ident, $($A:ident)+) => {
        zip!(@ $a, $b, [] [0 1 2 3 4 5 6 7 8 9 10 11] $($A)+)
    };
    (@ $a:ident, $b:ident, [$($done:tt)*] [$i:tt $($more:tt)*] $A:ident $($rest:ident)*) => {
        zip!(@ $a, $b, [$($done)* (&$a.$i, $b.$i),] [$($more)*] $($rest)*)
    };
    (@ $a:ident, $b:ident, [$($done:tt)*] [$($more:tt)*]) => {
        ($($done)*)
    };
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
        #[allow(non_snake_case, unused_variables, unused_mut, reason = "shared by all arities")]
        impl<$($A: Lower),*> Arguments for ($($A,)*)
        where
            $($wheres)*
            $flat: Flat,
        {
            type Flat = $flat;
            type Static = ($($A::Static,)*);
            type At<'a> = ($($A::At<'a>,)*);
            type Prepared = ($($A::Prepared,)*);
            const IN_MEMORY: bool = false $(|| $A::IN_MEMORY)*;
            const COPIES_BACK: bool = false $(|| $A::COPIES_BACK)*;
            const PREPARES: bool = false $(|| $A::PREPARES)*;

            #[inline]
            fn prepare<Rt: Runtime, St: Send + 'static>(
                &self,
                guest: &mut Guest<'_, Rt, St>,
            ) -> Result<Self::Prepared> {
                let ($($A,)*) = self;
                let mut failed = None;
                $(let $A = match failed {
                    None => Lower::prepare($A, guest).unwrap_or_else(|error| {
                        failed = Some(error);
                        Default::default()
                    }),
                    Some(_) => Default::default(),
                };)*
                let prepared = ($($A,)*);
                match failed {
                    None => Ok(prepared),
                    Some(error) => {
                        Self::abandon(prepared, guest);
                        Err(error)
                    }
                }
            }

            #[inline]
            fn abandon<Rt: Runtime, St: Send + 'static>(
                prepared: Self::Prepared,
                guest: &mut Guest<'_, Rt, St>,
            ) {
                let ($($A,)*) = prepared;
                $(<$A as Lower>::abandon($A, guest);)*
            }

            #[inline]
            fn room(&self) -> u64 {
                let ($($A,)*) = self;
                0u64 $(.saturating_add($A.room()))*
            }

            #[inline]
            fn lower(&self, prepared: Self::Prepared, room: &mut Room<'_>) -> Self::Flat {
                let values = self;
                let flat = ();
                let ($($A,)*) = zip!(values, prepared, $($A)*);
                $(let flat = flat.append($A.0.lower($A.1, room));)*
                flat
            }

            #[inline]
            fn copy_back(self, back: &mut Back<'_>) -> Result<(), ConventionError> {
                let ($($A,)*) = self;
                let mut result = Ok(());
                $(result = result.and($A.copy_back(back));)*
                result
            }

            fn c_params() -> Vec<String> {
                let mut all = Vec::new();
                $(all.extend(<$A as Lower>::c_params());)*
                all
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
