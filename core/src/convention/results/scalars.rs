//! `()` and single numbers.

use alloc::vec::Vec;

use super::{FromGuest, Shape, Target};
use crate::convention::element::GuestPtr;
use crate::convention::take::to_char;
use crate::error::Result;
use crate::export::Export;
use crate::plugin::Guest;
use crate::types::{WasmTypes, func_type};
use crate::value::FuncType;

macro_rules! scalar {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:literal = |$v:ident| $lift:expr;)*) => {
        $(impl<B, P, $($generics)*> FromGuest<B, P> for $host
        where
            P: WasmTypes,
            B: Export<P, $wasm>,
        {
            type Func = <B as Export<P, $wasm>>::Func;

            fn accepted() -> Vec<Shape> {
                Vec::from([Shape::new(func_type::<P, $wasm>(), $c)])
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                target: &Target<'_, B>,
                ty: &FuncType,
            ) -> Result<Option<Self::Func>> {
                if *ty != func_type::<P, $wasm>() {
                    return Ok(None);
                }
                target.func::<P, $wasm, S>(cx).map(Some)
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                <B as Export<P, $wasm>>::belongs(cx, func)
            }

            #[inline]
            fn call<T: Send + 'static>(
                guest: &mut Guest<'_, B, T>,
                func: &Self::Func,
                params: P,
                _: u32,
            ) -> Result<Result<Self>> {
                let $v = <B as Export<P, $wasm>>::call(guest.context(), func, params)?;
                Ok($lift)
            }
        })*
    };
}
// Narrow integers are truncated: not every compiler extends what it returns.
scalar! {
    [] () => () as "void" = |v| Ok(v);
    [] i8 => i32 as "int8_t" = |v| Ok(v as i8);
    [] u8 => i32 as "uint8_t" = |v| Ok(v as u8);
    [] i16 => i32 as "int16_t" = |v| Ok(v as i16);
    [] u16 => i32 as "uint16_t" = |v| Ok(v as u16);
    [] i32 => i32 as "int32_t" = |v| Ok(v);
    [] u32 => i32 as "uint32_t" = |v| Ok(v.cast_unsigned());
    [] i64 => i64 as "int64_t" = |v| Ok(v);
    [] u64 => i64 as "uint64_t" = |v| Ok(v.cast_unsigned());
    [] f32 => f32 as "float" = |v| Ok(v);
    [] f64 => f64 as "double" = |v| Ok(v);
    [] bool => i32 as "bool" = |v| Ok(v & 1 != 0);
    [] char => i32 as "uint32_t" = |v| to_char(v).map_err(Into::into);
    [X: 'static] GuestPtr<X> => i32 as "void *" = |v| Ok(GuestPtr::new(v.cast_unsigned()));
}
