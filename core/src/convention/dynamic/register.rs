//! Host functions by their prototypes: for linkers, and for a plugin's function table.

use alloc::sync::Arc;
use core::marker::PhantomData;

use super::host::HostCall;
use super::plan::Plan;
use super::slots::{InSlots, MOST, Slots, is, of_value, to_value};
use crate::backend::Backend;
use crate::contract::{Prototype, Role};
use crate::convention::callback::Callback;
use crate::convention::host::Sink;
use crate::error::{Error, Result};
use crate::import::{HostFn, Import};
use crate::plugin::{Guest, Plugin, State};
use crate::runtime::Runtime;
use crate::value::{FuncType, Value};

/// A host function's closure, of any prototype.
pub(crate) type Closure<B, T> =
    Arc<dyn Fn(&mut HostCall<'_, '_, B, T>) -> Result<()> + Send + Sync>;

/// A closure with its prototype, in one shape.
struct Host<B: Runtime, T: Send + 'static> {
    plan: Plan,
    closure: Closure<B, T>,
}

impl<B: Runtime, T: Send + 'static> Host<B, T> {
    fn call(&self, guest: &mut Guest<'_, B, T>, slots: &mut Slots) -> Result<()> {
        HostCall::run(guest, &self.plan, slots, |call| (self.closure)(call))
    }

    /// The same for a function of any type.
    fn call_values(
        &self,
        cx: B::Context<'_, State<B, T>>,
        params: &[Value],
        results: &mut [Value],
    ) -> Result<()> {
        let mut slots = [0; MOST];
        for (slot, param) in slots.iter_mut().zip(params) {
            *slot = of_value(*param);
        }
        self.call(&mut Guest::new(cx), &mut slots)?;
        for ((result, ty), bits) in results.iter_mut().zip(&self.plan.ty.results).zip(slots) {
            *result = to_value(*ty, bits);
        }
        Ok(())
    }
}

/// The same for a function of a type that is known here.
struct Typed<B: Runtime, T: Send + 'static, P, R> {
    host: Arc<Host<B, T>>,
    signature: PhantomData<fn(P) -> R>,
}

impl<B, T, P, R> HostFn<B, State<B, T>, P, R> for Typed<B, T, P, R>
where
    B: Runtime,
    T: Send + 'static,
    P: InSlots,
    R: InSlots,
{
    fn call(&self, cx: B::Context<'_, State<B, T>>, params: P) -> Result<R> {
        let mut slots = [0; MOST];
        params.store(&mut slots);
        self.host.call(&mut Guest::new(cx), &mut slots)?;
        Ok(R::load(&slots))
    }
}

/// Registers a closure in the shape that the sink asks for.
///
/// # Errors
///
/// Those of [`HostFunction::define`](crate::convention::HostFunction::define).
pub(crate) fn define<B: Backend, T: Send + 'static>(
    sink: Sink<'_, '_, B, T>,
    prototype: &Prototype,
    closure: Closure<B, T>,
) -> Result<()> {
    let shapes = prototype.shapes(Role::Import);
    let chosen = sink.choose(shapes.clone())?;
    let ty = shapes.into_iter().nth(chosen).map(|shape| shape.ty);
    // There is a shape of each number that the sink chooses.
    let ty = ty.ok_or_else(|| Error::runtime("a prototype has no such shape"))?;
    let plan = Plan::new(prototype.clone(), ty.clone());
    register(sink, &ty, Arc::new(Host { plan, closure }))
}

/// The function types that are as fast as those that are known when the host is compiled.
macro_rules! common {
    ($(($($P:ty),*) -> $R:ty;)*) => {
        fn register<B: Backend, T: Send + 'static>(
            sink: Sink<'_, '_, B, T>,
            ty: &FuncType,
            host: Arc<Host<B, T>>,
        ) -> Result<()> {
            $(if is::<($($P,)*), $R>(ty) {
                let signature = PhantomData::<fn(($($P,)*)) -> $R>;
                return typed::<B, T, ($($P,)*), $R>(sink, Typed { host, signature });
            })*
            sink.register_dynamic(ty, Arc::new(move |cx, params, results| {
                host.call_values(cx, params, results)
            }))
        }
    };
}
common! {
    () -> ();
    () -> i32;
    () -> i64;
    (i32) -> ();
    (i32) -> i32;
    (i32) -> i64;
    (i64) -> i64;
    (f32) -> f32;
    (f64) -> f64;
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
    (i32, i32, i32, i32, i32, i32) -> ();
    (i32, i32, i32, i32, i32, i32) -> i32;
}

fn typed<B, T, P, R>(sink: Sink<'_, '_, B, T>, function: Typed<B, T, P, R>) -> Result<()>
where
    B: Import<P, R>,
    T: Send + 'static,
    P: InSlots,
    R: InSlots,
{
    sink.register::<P, R>(function)
}

impl<B: Backend, T: Send + 'static> Guest<'_, B, T> {
    /// Puts a closure into the plugin's function table whose prototype is known at run time: see
    /// [`callback`](Self::callback), and [`Linker::dyn_func`](crate::Linker::dyn_func) for the
    /// closure.
    ///
    /// # Errors
    ///
    /// Those of [`callback`](Self::callback).
    pub fn dyn_callback<F>(&mut self, prototype: &Prototype, f: F) -> Result<Callback>
    where
        F: Fn(&mut HostCall<'_, '_, B, T>) -> Result<()> + Send + Sync + 'static,
    {
        let closure: Closure<B, T> = Arc::new(f);
        Callback::place(self, |sink| define(sink, prototype, closure))
    }
}

impl<B: Backend, T: Send + 'static> Plugin<B, T> {
    /// Puts a closure into the plugin's function table whose prototype is known at run time: see
    /// [`Guest::dyn_callback`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn dyn_callback<F>(&mut self, prototype: &Prototype, f: F) -> Result<Callback>
    where
        F: Fn(&mut HostCall<'_, '_, B, T>) -> Result<()> + Send + Sync + 'static,
    {
        self.guest().dyn_callback(prototype, f)
    }
}
