//! Pointer and length, in the three shapes that C compilers give them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{FromGuest, MULTI_VALUE, Shape, Target};
use crate::context::Context;
use crate::convention::element::Element;
use crate::convention::flat::Flat;
use crate::convention::take::{FromPair, Returned};
use crate::error::Result;
use crate::export::Export;
use crate::plugin::Guest;
use crate::types::func_type;
use crate::value::FuncType;

/// A function that returns pointer and length, in the shape it has.
pub enum PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    /// `offset << 32 | length` in one `i64`.
    Packed(<B as Export<P, i64>>::Func),
    /// Two results.
    Two(<B as Export<P, (i32, i32)>>::Func),
    /// Written to where the first parameter points.
    Struct(<B as Export<P::WithOut, ()>>::Func),
}

impl<B, P> core::fmt::Debug for PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            PairFunc::Packed(_) => "PairFunc::Packed",
            PairFunc::Two(_) => "PairFunc::Two",
            PairFunc::Struct(_) => "PairFunc::Struct",
        })
    }
}

impl<B, P> Clone for PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    fn clone(&self) -> Self {
        match self {
            PairFunc::Packed(f) => PairFunc::Packed(f.clone()),
            PairFunc::Two(f) => PairFunc::Two(f.clone()),
            PairFunc::Struct(f) => PairFunc::Struct(f.clone()),
        }
    }
}

/// The three function types of a pointer-and-length result, with the C result types that make
/// them.
pub(crate) fn pair_shapes<P: Flat>(element: &str) -> [Shape; 3] {
    let space = if element.ends_with('*') { "" } else { " " };
    let pair = format!("struct {{ {element}{space}*ptr; size_t len; }}");
    [
        Shape::new(func_type::<P, i64>(), "uint64_t").note("(uint64_t)pointer << 32 | length"),
        Shape::new(func_type::<P::WithOut, ()>(), pair.clone()),
        Shape::new(func_type::<P, (i32, i32)>(), pair).note(MULTI_VALUE),
    ]
}

impl<B, P> PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        target: &Target<'_, B>,
        ty: &FuncType,
    ) -> Result<Option<Self>> {
        Ok(Some(if *ty == func_type::<P, i64>() {
            PairFunc::Packed(target.func::<P, i64, S>(cx)?)
        } else if *ty == func_type::<P, (i32, i32)>() {
            PairFunc::Two(target.func::<P, (i32, i32), S>(cx)?)
        } else if *ty == func_type::<P::WithOut, ()>() {
            PairFunc::Struct(target.func::<P::WithOut, (), S>(cx)?)
        } else {
            return Ok(None);
        }))
    }

    fn belongs<S: Send + 'static>(&self, cx: &B::Context<'_, S>) -> bool {
        match self {
            PairFunc::Packed(f) => <B as Export<P, i64>>::belongs(cx, f),
            PairFunc::Two(f) => <B as Export<P, (i32, i32)>>::belongs(cx, f),
            PairFunc::Struct(f) => <B as Export<P::WithOut, ()>>::belongs(cx, f),
        }
    }

    #[inline(always)]
    fn call<T: Send + 'static>(
        &self,
        guest: &mut Guest<'_, B, T>,
        params: P,
        out: u32,
    ) -> Result<Returned> {
        let cx = guest.context();
        match self {
            PairFunc::Packed(f) => {
                Ok(Returned::from_packed(<B as Export<P, i64>>::call(cx, f, params)?))
            }
            PairFunc::Two(f) => {
                let (offset, len) = <B as Export<P, (i32, i32)>>::call(cx, f, params)?;
                Ok(Returned { offset: offset.cast_unsigned(), len: len.cast_unsigned() })
            }
            PairFunc::Struct(f) => {
                let params = params.with_out(out.cast_signed());
                <B as Export<P::WithOut, ()>>::call(cx, f, params)?;
                let mut pair = [0; 8];
                cx.read(out, &mut pair)?;
                Ok(Returned::from_struct(pair))
            }
        }
    }
}

macro_rules! pair {
    ($([$($generics:tt)*] $host:ty as $pair:ty = |$guest:ident, $offset:ident, $len:ident| $take:expr;)*) => {
        $(impl<B, P, $($generics)*> FromGuest<B, P> for $host
        where
            P: Flat,
            B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
        {
            type Func = PairFunc<B, P>;

            fn accepted() -> Vec<Shape> {
                pair_shapes::<P>(<$pair as FromPair>::C_ELEMENT).into()
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                target: &Target<'_, B>,
                ty: &FuncType,
            ) -> Result<Option<Self::Func>> {
                PairFunc::resolve(cx, target, ty)
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                func.belongs(cx)
            }

            #[inline]
            fn out_size(func: &Self::Func) -> u32 {
                if matches!(func, PairFunc::Struct(_)) { 8 } else { 0 }
            }

            #[inline(always)]
            fn call<T: Send + 'static>(
                $guest: &mut Guest<'_, B, T>,
                func: &Self::Func,
                params: P,
                out: u32,
            ) -> Result<Result<Self>> {
                let Returned { offset: $offset, len: $len } = func.call($guest, params, out)?;
                Ok($take)
            }
        })*
    };
}
pair! {
    [] String as String = |guest, offset, len| String::take(guest, offset, len);
    [E: Element] Vec<E> as Vec<E> = |guest, offset, len| Vec::take(guest, offset, len);
    [] Option<String> as String = |guest, offset, len| match (offset, len) {
        (0, 0) => Ok(None),
        _ => String::take(guest, offset, len).map(Some),
    };
    [E: Element] Option<Vec<E>> as Vec<E> = |guest, offset, len| match (offset, len) {
        (0, 0) => Ok(None),
        _ => Vec::take(guest, offset, len).map(Some),
    };
}
