//! Calls of a plugin's functions: typed ones where the type is common, dynamic ones otherwise.

use alloc::sync::Arc;
use core::marker::PhantomData;

use super::slots::{InSlots, MOST, Slots, is, of_value, to_value};
use crate::backend::Backend;
use crate::convention::results::Target;
use crate::error::Result;
use crate::export::Export;
use crate::plugin::State;
use crate::runtime::Runtime;
use crate::value::{FuncType, Value};

/// A plugin's function over slots: parameters before the call, results after it.
pub(super) trait RawFunc<B: Runtime, T: Send + 'static>: Send + Sync {
    fn belongs(&self, cx: &B::Context<'_, State<B, T>>) -> bool;
    fn call(&self, cx: &mut B::Context<'_, State<B, T>>, slots: &mut Slots) -> Result<()>;
}

/// A function of a type that is known here.
struct Typed<F, P, R> {
    func: F,
    signature: PhantomData<fn(P) -> R>,
}

impl<B, T, P, R> RawFunc<B, T> for Typed<<B as Export<P, R>>::Func, P, R>
where
    B: Export<P, R>,
    T: Send + 'static,
    P: InSlots,
    R: InSlots,
{
    #[inline]
    fn belongs(&self, cx: &B::Context<'_, State<B, T>>) -> bool {
        <B as Export<P, R>>::belongs(cx, &self.func)
    }

    #[inline]
    fn call(&self, cx: &mut B::Context<'_, State<B, T>>, slots: &mut Slots) -> Result<()> {
        <B as Export<P, R>>::call(cx, &self.func, P::load(slots))?.store(slots);
        Ok(())
    }
}

/// A function of any type.
struct Untyped<F> {
    func: F,
    ty: FuncType,
}

impl<B, T> RawFunc<B, T> for Untyped<B::DynFunc>
where
    B: Runtime,
    T: Send + 'static,
{
    fn belongs(&self, cx: &B::Context<'_, State<B, T>>) -> bool {
        B::dyn_belongs(cx, &self.func)
    }

    fn call(&self, cx: &mut B::Context<'_, State<B, T>>, slots: &mut Slots) -> Result<()> {
        let (mut params, mut results) = ([Value::I32(0); MOST], [Value::I32(0); MOST]);
        let (given, gives) = (self.ty.params.len().min(MOST), self.ty.results.len().min(MOST));
        for ((param, ty), bits) in params.iter_mut().zip(&self.ty.params).zip(*slots) {
            *param = to_value(*ty, bits);
        }
        B::dyn_call(cx, &self.func, &params[..given], &mut results[..gives])?;
        for (slot, result) in slots.iter_mut().zip(&results[..gives]) {
            *slot = of_value(*result);
        }
        Ok(())
    }
}

/// The function types whose calls are as fast as those that are known when the host is compiled.
macro_rules! common {
    ($(($($P:ty),*) -> $R:ty;)*) => {
        /// Finds a function of this type.
        pub(super) fn resolve<B: Backend, T: Send + 'static>(
            cx: &mut B::Context<'_, State<B, T>>,
            target: &Target<'_, B>,
            ty: &FuncType,
        ) -> Result<Arc<dyn RawFunc<B, T>>> {
            $(if is::<($($P,)*), $R>(ty) {
                let func = target.func::<($($P,)*), $R, State<B, T>>(cx)?;
                let signature = PhantomData::<fn(($($P,)*)) -> $R>;
                return Ok(Arc::new(Typed { func, signature }));
            })*
            let func = match *target {
                Target::Export { instance, name } => B::dyn_func(cx, instance, name)?,
                Target::Table(index) => B::dyn_func_at(cx, index)?,
            };
            Ok(Arc::new(Untyped { func, ty: ty.clone() }))
        }
    };
}
common! {
    () -> ();
    () -> i32;
    () -> i64;
    () -> f64;
    (i32) -> ();
    (i32) -> i32;
    (i32) -> i64;
    (i64) -> ();
    (i64) -> i64;
    (f32) -> f32;
    (f64) -> f64;
    (f64, f64) -> f64;
    (i32, i32) -> ();
    (i32, i32) -> i32;
    (i32, i32) -> i64;
    (i32, i32, i32) -> ();
    (i32, i32, i32) -> i32;
    (i32, i32, i32) -> i64;
    (i32, i32, i32, i32) -> ();
    (i32, i32, i32, i32) -> i32;
    (i32, i32, i32, i32) -> i64;
    (i32, i32, i32, i32, i32) -> ();
    (i32, i32, i32, i32, i32) -> i32;
    (i32, i32, i32, i32, i32) -> i64;
    (i32, i32, i32, i32, i32, i32) -> ();
    (i32, i32, i32, i32, i32, i32) -> i32;
    (i32, i32, i32, i32, i32, i32) -> i64;
}
