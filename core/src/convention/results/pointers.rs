//! NUL-terminated strings, and structs by pointer or by C's struct return.

use alloc::ffi::CString;
use alloc::format;
use alloc::vec::Vec;

use super::{FromGuest, Shape, Target, one_value};
use crate::context::Context;
use crate::convention::element::{self, CStruct};
use crate::convention::error::ConventionError;
use crate::convention::flat::Flat;
use crate::convention::take::{take, take_c_string};
use crate::error::Result;
use crate::export::Export;
use crate::plugin::Guest;
use crate::runtime::Runtime;
use crate::types::func_type;
use crate::value::FuncType;

one_value! {
    [] CString => i32 as "char *"; |guest, at| take_c_string(guest, at.cast_unsigned());
    [] Option<CString> => i32 as "char *"; |guest, at| match at.cast_unsigned() {
        0 => Ok(None),
        offset => take_c_string(guest, offset).map(Some),
    };
    [X: CStruct] Option<X> => i32 as format!("{} *", X::C_NAME);
        |guest, at| match at.cast_unsigned() {
            0 => Ok(None),
            offset => take_struct(guest, offset).map(Some),
        };
}

/// Copies the struct that a plugin returned a pointer to, and frees its block.
fn take_struct<B: Runtime, T: Send + 'static, X: CStruct>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
) -> Result<X> {
    if offset == 0 {
        return Err(ConventionError::NullPointer { of: X::C_NAME }.into());
    }
    take(guest, offset, element::size::<X>().into(), |bytes| {
        element::check_aligned::<X>(offset)?;
        element::read(bytes, offset)
    })
}

/// A function that returns a struct, in the shape it has.
pub enum StructFunc<B, P>
where
    P: Flat,
    B: Export<P, i32> + Export<P::WithOut, ()>,
{
    /// Written to where the first parameter points.
    Return(<B as Export<P::WithOut, ()>>::Func),
    /// A pointer to it.
    Pointer(<B as Export<P, i32>>::Func),
}

impl<B, P> core::fmt::Debug for StructFunc<B, P>
where
    P: Flat,
    B: Export<P, i32> + Export<P::WithOut, ()>,
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            StructFunc::Return(_) => "StructFunc::Return",
            StructFunc::Pointer(_) => "StructFunc::Pointer",
        })
    }
}

impl<B, P> Clone for StructFunc<B, P>
where
    P: Flat,
    B: Export<P, i32> + Export<P::WithOut, ()>,
{
    fn clone(&self) -> Self {
        match self {
            StructFunc::Return(f) => StructFunc::Return(f.clone()),
            StructFunc::Pointer(f) => StructFunc::Pointer(f.clone()),
        }
    }
}

impl<B, P, X> FromGuest<B, P> for X
where
    X: CStruct,
    P: Flat,
    B: Export<P, i32> + Export<P::WithOut, ()>,
{
    type Func = StructFunc<B, P>;

    fn accepted() -> Vec<Shape> {
        Vec::from([
            Shape::new(func_type::<P::WithOut, ()>(), X::C_NAME),
            Shape::new(func_type::<P, i32>(), format!("{} *", X::C_NAME)),
        ])
    }

    fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        target: &Target<'_, B>,
        ty: &FuncType,
    ) -> Result<Option<Self::Func>> {
        Ok(Some(if *ty == func_type::<P::WithOut, ()>() {
            StructFunc::Return(target.func::<P::WithOut, (), S>(cx)?)
        } else if *ty == func_type::<P, i32>() {
            StructFunc::Pointer(target.func::<P, i32, S>(cx)?)
        } else {
            return Ok(None);
        }))
    }

    fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
        match func {
            StructFunc::Return(f) => <B as Export<P::WithOut, ()>>::belongs(cx, f),
            StructFunc::Pointer(f) => <B as Export<P, i32>>::belongs(cx, f),
        }
    }

    #[inline]
    fn out_size(func: &Self::Func) -> u32 {
        if matches!(func, StructFunc::Return(_)) { element::size::<X>() } else { 0 }
    }

    #[inline]
    fn call<T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        func: &Self::Func,
        params: P,
        out: u32,
    ) -> Result<Result<Self>> {
        match func {
            StructFunc::Return(f) => {
                let params = params.with_out(out.cast_signed());
                let cx = guest.context();
                <B as Export<P::WithOut, ()>>::call(cx, f, params)?;
                let bytes = cx.bytes(out, element::size::<X>())?;
                Ok(element::read(bytes, out).map_err(Into::into))
            }
            StructFunc::Pointer(f) => {
                let offset = <B as Export<P, i32>>::call(guest.context(), f, params)?;
                Ok(take_struct(guest, offset.cast_unsigned()))
            }
        }
    }
}
