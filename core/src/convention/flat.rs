//! Flat wasm parameter lists, put together and taken apart at compile time.
//!
//! A host argument is one or two wasm values. A call's parameters are the concatenation of its
//! arguments' values, and a runtime's typed call wants that as one tuple type. [`Append`] builds
//! the type, so a convention call compiles to the same code as a typed call written by hand.

use crate::types::{WasmType, WasmTypes};

/// A tuple of wasm values that another (of one or two) can be appended to.
#[diagnostic::on_unimplemented(
    message = "these arguments need more than 15 wasm parameters",
    note = "a string or a byte slice takes two; pass several values in one buffer instead"
)]
pub trait Append<X>: Sized {
    /// Both, in one tuple.
    type Out;
    /// Puts `x` behind `self`.
    fn append(self, x: X) -> Self::Out;
    /// Takes them apart again.
    fn split(out: Self::Out) -> (Self, X);
}

/// The tuple type of `T` with `X` behind it.
pub type Cat<T, X> = <T as Append<X>>::Out;

/// A tuple of wasm values that can be a function's parameters, with and without a pointer to a
/// struct return in front.
pub trait Flat: WasmTypes {
    /// The same with the struct-return pointer in front, where the C ABI puts it.
    ///
    /// Source: WebAssembly Basic C ABI, "Function signatures".
    type WithOut: WasmTypes;
    /// Puts the pointer in front.
    fn with_out(self, out: i32) -> Self::WithOut;
    /// Takes it off again.
    fn without_out(flat: Self::WithOut) -> (i32, Self);
}

macro_rules! append {
    ($($A:ident)*) => {
        #[allow(non_snake_case, reason = "type names double as value names in the macro")]
        impl<$($A,)* X> Append<(X,)> for ($($A,)*) {
            type Out = ($($A,)* X,);
            #[inline]
            fn append(self, (x,): (X,)) -> Self::Out {
                let ($($A,)*) = self;
                ($($A,)* x,)
            }
            #[inline]
            fn split(($($A,)* x,): Self::Out) -> (Self, (X,)) {
                (($($A,)*), (x,))
            }
        }
        #[allow(non_snake_case, reason = "type names double as value names in the macro")]
        impl<$($A,)* X, Y> Append<(X, Y)> for ($($A,)*) {
            type Out = ($($A,)* X, Y);
            #[inline]
            fn append(self, (x, y): (X, Y)) -> Self::Out {
                let ($($A,)*) = self;
                ($($A,)* x, y)
            }
            #[inline]
            fn split(($($A,)* x, y): Self::Out) -> (Self, (X, Y)) {
                (($($A,)*), (x, y))
            }
        }
    };
}

macro_rules! flat {
    ($($A:ident)*) => {
        #[allow(non_snake_case, reason = "type names double as value names in the macro")]
        impl<$($A: WasmType),*> Flat for ($($A,)*) {
            type WithOut = (i32, $($A,)*);
            #[inline]
            fn with_out(self, out: i32) -> Self::WithOut {
                let ($($A,)*) = self;
                (out, $($A,)*)
            }
            #[inline]
            fn without_out((out, $($A,)*): Self::WithOut) -> (i32, Self) {
                (out, ($($A,)*))
            }
        }
    };
}

/// Up to 15: with a struct-return pointer that makes 16, the most a runtime's typed call takes.
macro_rules! up_to_15 {
    ($mac:ident) => {
        $mac!();
        $mac!(A1);
        $mac!(A1 A2);
        $mac!(A1 A2 A3);
        $mac!(A1 A2 A3 A4);
        $mac!(A1 A2 A3 A4 A5);
        $mac!(A1 A2 A3 A4 A5 A6);
        $mac!(A1 A2 A3 A4 A5 A6 A7);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
    };
}
up_to_15!(append);
up_to_15!(flat);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ValType;

    #[test]
    fn append_and_split_are_inverse() {
        let flat = ().append((1i32, 2i32)).append((3.0f64,));
        assert_eq!(flat, (1, 2, 3.0));
        let (rest, last) = <Cat<(), (i32, i32)> as Append<(f64,)>>::split(flat);
        assert_eq!((rest, last), ((1, 2), (3.0,)));
    }

    #[test]
    fn the_struct_return_pointer_goes_first() {
        assert_eq!((7i64,).with_out(16), (16, 7));
        assert_eq!(<(i64,) as Flat>::WithOut::TYPES, [ValType::I32, ValType::I64]);
        assert_eq!(<(i64,) as Flat>::without_out((16, 7)), (16, (7,)));
    }
}
