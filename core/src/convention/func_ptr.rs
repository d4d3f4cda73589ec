//! The plugin's function pointers, for the host to call.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::arguments::Arguments;
use super::call::Func;
use super::flat::Flat;
use super::host::{Plain, Sink, ToGuest};
use super::lift::{Lift, LiftPointer};
use super::lower::Lower;
use super::results::{FromGuest, Shape, Target};
use super::room::Room;
use crate::error::Result;
use crate::export::Export;
use crate::import::Import;
use crate::plugin::{AsGuest, Guest};
use crate::runtime::Runtime;
use crate::types::{WasmTypes, func_type};
use crate::value::FuncType;

/// A function pointer of the plugin's, with the types that the host expects behind it: `A` the tuple
/// of arguments, `R` the result.
///
/// It is an index into the plugin's function table, which nobody has checked yet:
/// [`func`](Self::func) and [`call`](Self::call) do, and refuse a function of another type with the
/// C prototypes that would fit.
///
/// ```text
/// // int32_t call_me(int32_t (*f)(int32_t), int32_t x);
/// linker.func("host", "call_me", |guest: &mut Guest<'_, ()>, f: FuncPtr<(i32,), i32>, x: i32| {
///     f.call(guest, (x,))
/// })?;
/// ```
///
/// A pointer that the plugin may leave out is an `Option<FuncPtr<A, R>>`. To call one many times
/// resolve it once, by [`func`](Self::func).
pub struct FuncPtr<A, R> {
    index: u32,
    signature: PhantomData<fn(A) -> R>,
}

impl<A, R> Clone for FuncPtr<A, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, R> Copy for FuncPtr<A, R> {}

impl<A, R> fmt::Debug for FuncPtr<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FuncPtr({})", self.index)
    }
}

impl<A, R> FuncPtr<A, R> {
    /// The function at an index of the plugin's table, such as a field of a struct holds.
    pub const fn new(index: u32) -> Self {
        FuncPtr { index, signature: PhantomData }
    }

    /// The index.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// The function, its signature checked, to be called many times.
    ///
    /// # Errors
    ///
    /// [`TableError`](crate::error::TableError) if the table has no function there,
    /// [`LinkError::PointerSignature`](crate::error::LinkError::PointerSignature) if it has another
    /// type.
    pub fn func<P>(self, plugin: &mut P) -> Result<Func<P::Backend, A, R>>
    where
        P: AsGuest,
        A: Arguments,
        R: FromGuest<P::Backend, A::Flat>,
    {
        let mut guest = plugin.as_guest();
        let cx = guest.context();
        let ty = <P::Backend as Runtime>::table_func_type(cx, self.index)?;
        Func::resolve(cx, &Target::Table(self.index), &ty)
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// Those of [`func`](Self::func) and of [`Func::call`].
    pub fn call<P>(self, plugin: &mut P, arguments: A::At<'_>) -> Result<R>
    where
        P: AsGuest,
        A: Arguments,
        R: FromGuest<P::Backend, A::Flat>,
    {
        self.func(plugin)?.call(plugin, arguments)
    }
}

const C: &str = "void (*)()";

impl<A: 'static, R: 'static> Lower for FuncPtr<A, R> {
    type Flat = (i32,);
    type Static = Self;
    type At<'a> = Self;
    type Prepared = ();

    fn c_params() -> Vec<String> {
        Vec::from([C.to_owned()])
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.index.cast_signed(),)
    }
}

impl<A: 'static, R: 'static> Lower for Option<FuncPtr<A, R>> {
    type Flat = (i32,);
    type Static = Self;
    type At<'a> = Self;
    type Prepared = ();

    fn c_params() -> Vec<String> {
        Vec::from([C.to_owned()])
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.map_or(0, |pointer| pointer.index.cast_signed()),)
    }
}

impl<A, R> Lift for FuncPtr<A, R> {
    type Flat = (i32,);

    fn c_params() -> Vec<String> {
        Vec::from([C.to_owned()])
    }
    #[inline]
    fn lift<B: Runtime, T: Send + 'static>(
        (index,): (i32,),
        _: &mut Guest<'_, B, T>,
        _: &mut u32,
    ) -> Result<Self> {
        Ok(FuncPtr::new(index.cast_unsigned()))
    }
}

impl<A, R> LiftPointer for FuncPtr<A, R> {
    #[inline]
    fn is_null((index,): (i32,)) -> bool {
        index == 0
    }
}

macro_rules! to_guest {
    ($($host:ty = |$v:ident| $index:expr;)*) => {
        $(impl<A, R> Plain for $host {}

impl<B, T, P, A, R> ToGuest<B, T, P> for $host
where
    T: Send + 'static,
    P: WasmTypes,
    B: Import<P, i32>,
    A: 'static,
    R: 'static,
{
    fn accepted() -> Vec<Shape> {
        Vec::from([Shape::new(func_type::<P, i32>(), C)])
    }

    fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
    where
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
    {
        sink.choose(<Self as ToGuest<B, T, P>>::accepted())?;
        sink.put::<P, i32, _, _, _>(f, |_, $v: Self| Ok($index.cast_signed()))
    }
})*
    };
}
to_guest! {
    FuncPtr<A, R> = |value| value.index;
    Option<FuncPtr<A, R>> = |value| value.map_or(0, |pointer| pointer.index);
}

macro_rules! from_guest {
    ($($host:ty = |$index:ident| $make:expr;)*) => {
        $(impl<B, P, A, R> FromGuest<B, P> for $host
        where
            P: Flat,
            B: Export<P, i32>,
        {
            type Func = <B as Export<P, i32>>::Func;

            fn accepted() -> Vec<Shape> {
                Vec::from([Shape::new(func_type::<P, i32>(), C)])
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                target: &Target<'_, B>,
                ty: &FuncType,
            ) -> Result<Option<Self::Func>> {
                if *ty != func_type::<P, i32>() {
                    return Ok(None);
                }
                target.func::<P, i32, S>(cx).map(Some)
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                <B as Export<P, i32>>::belongs(cx, func)
            }

            #[inline]
            fn call<T: Send + 'static>(
                guest: &mut Guest<'_, B, T>,
                func: &Self::Func,
                params: P,
                _: u32,
            ) -> Result<Result<Self>> {
                let $index = <B as Export<P, i32>>::call(guest.context(), func, params)?;
                let $index = $index.cast_unsigned();
                Ok(Ok($make))
            }
        })*
    };
}
from_guest! {
    FuncPtr<A, R> = |index| FuncPtr::new(index);
    Option<FuncPtr<A, R>> = |index| (index != 0).then_some(FuncPtr::new(index));
}
