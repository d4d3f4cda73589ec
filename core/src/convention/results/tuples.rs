//! Tuples of scalars: a small struct in C.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{FromGuest, MULTI_VALUE, Shape, Target};
use crate::context::Context;
use crate::convention::element::{self, Element};
use crate::convention::error::ConventionError;
use crate::convention::flat::Flat;
use crate::convention::take::to_char;
use crate::error::Result;
use crate::export::Export;
use crate::plugin::Guest;
use crate::types::{WasmType, func_type};
use crate::value::FuncType;

/// A field of a tuple that C returns as a struct: a number, `bool` or `char`.
pub trait Field: Element {
    /// The wasm value it is, where several are returned.
    type Wasm: WasmType;
    /// From the wasm value.
    ///
    /// # Errors
    ///
    /// [`ConventionError::NotChar`].
    fn from_wasm(wasm: Self::Wasm) -> Result<Self, ConventionError>;
    /// To the wasm value.
    fn to_wasm(self) -> Self::Wasm;
}

macro_rules! fields {
    ($($host:ty => $wasm:ty = |$v:ident| $from:expr, |$w:ident| $to:expr;)*) => {
        $(impl Field for $host {
            type Wasm = $wasm;
            #[inline]
            fn from_wasm($v: $wasm) -> Result<Self, ConventionError> {
                Ok($from)
            }
            #[inline]
            fn to_wasm(self) -> $wasm {
                let $w = self;
                $to
            }
        })*
    };
}
fields! {
    i8 => i32 = |v| v as i8, |v| v.into();
    u8 => i32 = |v| v as u8, |v| v.into();
    i16 => i32 = |v| v as i16, |v| v.into();
    u16 => i32 = |v| v as u16, |v| v.into();
    i32 => i32 = |v| v, |v| v;
    u32 => i32 = |v| v.cast_unsigned(), |v| v.cast_signed();
    i64 => i64 = |v| v, |v| v;
    u64 => i64 = |v| v.cast_unsigned(), |v| v.cast_signed();
    f32 => f32 = |v| v, |v| v;
    f64 => f64 = |v| v, |v| v;
    bool => i32 = |v| v & 1 != 0, |v| v.into();
    char => i32 = |v| to_char(v)?, |v| u32::from(v).cast_signed();
}

/// Where C puts fields of these sizes, each of which is its alignment too, and the size of the whole.
pub(crate) const fn layout<const N: usize>(sizes: [u32; N]) -> ([u32; N], u32) {
    let mut offsets = [0; N];
    let size = lay_out(&sizes, &mut offsets);
    (offsets, size)
}

/// The same for as many fields as both slices have.
pub(crate) const fn lay_out(sizes: &[u32], offsets: &mut [u32]) -> u32 {
    let (mut at, mut align, mut index) = (0u32, 1, 0);
    while index < sizes.len() && index < offsets.len() {
        let size = sizes[index];
        at = at.next_multiple_of(size);
        offsets[index] = at;
        at += size;
        if size > align {
            align = size;
        }
        index += 1;
    }
    at.next_multiple_of(align)
}

/// A function that returns a tuple, in the shape it has.
#[derive(Clone, Debug)]
pub enum TupleFunc<Many, Struct> {
    /// Several results.
    Many(Many),
    /// Written to where the first parameter points.
    Struct(Struct),
}

macro_rules! tuple {
    ($($A:ident $name:literal $i:tt)*) => {
        impl<B, P, $($A: Field),*> FromGuest<B, P> for ($($A,)*)
        where
            P: Flat,
            B: Export<P, ($($A::Wasm,)*)> + Export<P::WithOut, ()>,
        {
            type Func = TupleFunc<
                <B as Export<P, ($($A::Wasm,)*)>>::Func,
                <B as Export<P::WithOut, ()>>::Func,
            >;

            fn accepted() -> Vec<Shape> {
                let fields: Vec<String> =
                    Vec::from([$(format!("{} {};", <$A as Element>::C_NAME, $name)),*]);
                let result = format!("struct {{ {} }}", fields.join(" "));
                Vec::from([
                    Shape::new(func_type::<P::WithOut, ()>(), result.clone()),
                    Shape::new(func_type::<P, ($($A::Wasm,)*)>(), result).note(MULTI_VALUE),
                ])
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                target: &Target<'_, B>,
                ty: &FuncType,
            ) -> Result<Option<Self::Func>> {
                Ok(Some(if *ty == func_type::<P::WithOut, ()>() {
                    TupleFunc::Struct(target.func::<P::WithOut, (), S>(cx)?)
                } else if *ty == func_type::<P, ($($A::Wasm,)*)>() {
                    TupleFunc::Many(target.func::<P, ($($A::Wasm,)*), S>(cx)?)
                } else {
                    return Ok(None);
                }))
            }

            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                match func {
                    TupleFunc::Many(f) => <B as Export<P, ($($A::Wasm,)*)>>::belongs(cx, f),
                    TupleFunc::Struct(f) => <B as Export<P::WithOut, ()>>::belongs(cx, f),
                }
            }

            #[inline]
            fn out_size(func: &Self::Func) -> u32 {
                match func {
                    TupleFunc::Many(_) => 0,
                    TupleFunc::Struct(_) => layout([$(element::size::<$A>()),*]).1,
                }
            }

            fn call<T: Send + 'static>(
                guest: &mut Guest<'_, B, T>,
                func: &Self::Func,
                params: P,
                out: u32,
            ) -> Result<Result<Self>> {
                let cx = guest.context();
                match func {
                    TupleFunc::Many(f) => {
                        let many = <B as Export<P, ($($A::Wasm,)*)>>::call(cx, f, params)?;
                        let lift = || Ok::<_, ConventionError>(($($A::from_wasm(many.$i)?,)*));
                        Ok(lift().map_err(Into::into))
                    }
                    TupleFunc::Struct(f) => {
                        let params = params.with_out(out.cast_signed());
                        <B as Export<P::WithOut, ()>>::call(cx, f, params)?;
                        let (offsets, _) = layout([$(element::size::<$A>()),*]);
                        let lift = || -> Result<Self> {
                            Ok(($({
                                let at = out.wrapping_add(offsets[$i]);
                                element::read(cx.bytes(at, element::size::<$A>())?, at)?
                            },)*))
                        };
                        Ok(lift())
                    }
                }
            }
        }
    };
}
tuple!(A1 "a" 0 A2 "b" 1);
tuple!(A1 "a" 0 A2 "b" 1 A3 "c" 2);
tuple!(A1 "a" 0 A2 "b" 1 A3 "c" 2 A4 "d" 3);

#[cfg(test)]
mod tests {
    use super::layout;

    #[test]
    fn fields_lie_where_c_puts_them() {
        assert_eq!(layout([4, 8]), ([0, 8], 16));
        assert_eq!(layout([8, 4, 1, 4]), ([0, 8, 12, 16], 24));
        assert_eq!(layout([1, 1]), ([0, 1], 2));
    }
}
