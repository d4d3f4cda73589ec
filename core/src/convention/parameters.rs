//! All parameters of a host function together.

use alloc::string::String;
use alloc::vec::Vec;

use super::flat::{Append, Cat, Flat};
use super::lift::{Lift, LiftLimits};
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// The parameters of a host function: a tuple of up to 12 [`Lift`] values.
pub trait Parameters: Sized {
    /// The wasm values they are made from, in one tuple.
    type Flat: Flat;

    /// Makes them all.
    ///
    /// # Errors
    ///
    /// The first that [`Lift::lift`] gives.
    fn lift<B: Runtime, T: Send + 'static>(
        flat: Self::Flat,
        guest: &mut Guest<'_, B, T>,
    ) -> Result<Self>;
    /// The C parameters, for messages.
    fn c_params() -> Vec<String>;
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
            fn lift<Rt: Runtime, St: Send + 'static>(
                flat: Self::Flat,
                guest: &mut Guest<'_, Rt, St>,
            ) -> Result<Self> {
                $(let (flat, $B) = <$before as Append<<$B as Lift>::Flat>>::split(flat);)*
                let mut budget = guest.state_of_plugin().max_transfer();
                Ok(($($A::lift($A, guest, &mut budget)?,)*))
            }

            #[allow(unused_mut, reason = "shared by all arities")]
            fn c_params() -> Vec<String> {
                let mut all = Vec::new();
                $(all.extend(<$A as Lift>::c_params());)*
                all
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
