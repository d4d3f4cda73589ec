//! `()` and single numbers.

use alloc::vec::Vec;

use super::{Plain, Sink, ToGuest};
use crate::convention::element::GuestPtr;
use crate::convention::results::Shape;
use crate::error::Result;
use crate::import::Import;
use crate::plugin::Guest;
use crate::types::{WasmTypes, func_type};

macro_rules! scalar {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:literal = |$v:ident| $lower:expr;)*) => {
        $(impl<$($generics)*> Plain for $host {}
        impl<B, T, P, $($generics)*> ToGuest<B, T, P> for $host
        where
            T: Send + 'static,
            P: WasmTypes,
            B: Import<P, $wasm>,
        {
            fn accepted() -> Vec<Shape> {
                Vec::from([Shape::new(func_type::<P, $wasm>(), $c)])
            }

            fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
            where
                F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
            {
                sink.choose(<Self as ToGuest<B, T, P>>::accepted())?;
                sink.put::<P, $wasm, _, _, _>(f, |_, $v: $host| Ok($lower))
            }
        })*
    };
}
scalar! {
    [] () => () as "void" = |v| v;
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
    [X: 'static] GuestPtr<X> => i32 as "void *" = |v| v.offset().cast_signed();
}
