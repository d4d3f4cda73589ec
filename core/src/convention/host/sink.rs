//! Where a host function goes: to a linker by name, or to a function table.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::convention::callback::{DynClosure, Placed, place, place_dynamic};
use crate::convention::flat::Flat;
use crate::convention::results::{Shape, prototypes};
use crate::error::{LinkError, Result};
use crate::import::{HostFn, Import};
use crate::plugin::{Guest, State};
use crate::runtime::Runtime;
use crate::types::WasmTypes;
use crate::value::{FuncType, Value};

/// Where a host function goes, and the type that it should have there.
pub struct Sink<'s, 'n, B: Runtime, T: Send + 'static>(To<'s, 'n, B, T>);

enum To<'s, 'n, B: Runtime, T: Send + 'static> {
    /// To a linker, for a module's import.
    Linker {
        linker: &'s mut B::Linker<State<B, T>>,
        module: &'n str,
        name: &'n str,
        ty: &'n FuncType,
        c_params: &'n dyn Fn() -> Vec<String>,
    },
    /// To a plugin's function table.
    Table { guest: &'s mut Guest<'n, B, T>, placed: &'s mut Option<Placed> },
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for Sink<'_, '_, B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            To::Linker { module, name, .. } => write!(f, "Sink({module}.{name})"),
            To::Table { .. } => write!(f, "Sink(table)"),
        }
    }
}

impl<'s, 'n, B: Runtime, T: Send + 'static> Sink<'s, 'n, B, T> {
    /// To a linker, for an import of this type.
    pub(crate) fn import(
        linker: &'s mut B::Linker<State<B, T>>,
        (module, name): (&'n str, &'n str),
        ty: &'n FuncType,
        c_params: &'n dyn Fn() -> Vec<String>,
    ) -> Self {
        Sink(To::Linker { linker, module, name, ty, c_params })
    }

    /// To a plugin's function table; `placed` is where.
    pub(crate) fn table(guest: &'s mut Guest<'n, B, T>, placed: &'s mut Option<Placed>) -> Self {
        Sink(To::Table { guest, placed })
    }

    /// Which of the shapes it should have, by number: for a function table the first one, which is
    /// what C compilers make without flags.
    ///
    /// # Errors
    ///
    /// [`LinkError::ImportSignature`] if the import has none of them.
    pub(crate) fn choose(&self, shapes: Vec<Shape>) -> Result<usize> {
        let To::Linker { module, name, ty, c_params, .. } = &self.0 else { return Ok(0) };
        if let Some(index) = shapes.iter().position(|shape| shape.ty == **ty) {
            return Ok(index);
        }
        let error = LinkError::ImportSignature {
            module: (*module).into(),
            name: (*name).into(),
            found: (*ty).clone(),
            accepted: prototypes(name, shapes, &c_params()),
        };
        Err(error.into())
    }

    /// Registers a closure over wasm values, whose result `lower` makes wasm values of.
    pub(crate) fn put<P, R, V, F, L>(self, f: F, lower: L) -> Result<()>
    where
        B: Import<P, R>,
        P: WasmTypes,
        R: WasmTypes,
        V: 'static,
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
        L: Fn(&mut Guest<'_, B, T>, V) -> Result<R> + Send + Sync + 'static,
    {
        self.register::<P, R>(Raw { f, lower, value: PhantomData })
    }

    /// The same for a result that is written to where a pointer in front of the parameters points:
    /// `store` does so, and gives what is returned beside.
    pub(crate) fn put_out<P, R, V, F, L>(self, size: u32, f: F, store: L) -> Result<()>
    where
        B: Import<P::WithOut, R>,
        P: Flat,
        R: WasmTypes,
        V: 'static,
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
        L: Fn(&mut Guest<'_, B, T>, V, u32) -> Result<R> + Send + Sync + 'static,
    {
        self.register::<P::WithOut, R>(StructReturn { f, store, size, signature: PhantomData })
    }

    pub(in crate::convention) fn register<P, R>(
        self,
        f: impl HostFn<B, State<B, T>, P, R>,
    ) -> Result<()>
    where
        B: Import<P, R>,
        P: WasmTypes,
        R: WasmTypes,
    {
        match self.0 {
            To::Linker { linker, module, name, .. } => {
                <B as Import<P, R>>::import(linker, module, name, f)
            }
            To::Table { guest, placed } => {
                *placed = Some(place::<B, T, P, R>(guest, f)?);
                Ok(())
            }
        }
    }

    /// The same for a function whose type is known at run time.
    pub(in crate::convention) fn register_dynamic(
        self,
        ty: &FuncType,
        f: DynClosure<B, T>,
    ) -> Result<()> {
        match self.0 {
            To::Linker { linker, module, name, .. } => B::dyn_import::<State<B, T>, _>(
                linker,
                module,
                name,
                ty,
                move |cx: B::Context<'_, State<B, T>>, params: &[Value], results: &mut [Value]| {
                    f(cx, params, results)
                },
            ),
            To::Table { guest, placed } => {
                *placed = Some(place_dynamic(guest, ty, f)?);
                Ok(())
            }
        }
    }
}

/// A closure over flat values as a raw host function: `L` lowers its result.
struct Raw<F, L, V> {
    f: F,
    lower: L,
    value: PhantomData<fn() -> V>,
}

impl<B, T, P, R, V, F, L> HostFn<B, State<B, T>, P, R> for Raw<F, L, V>
where
    B: Runtime,
    T: Send + 'static,
    V: 'static,
    F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
    L: Fn(&mut Guest<'_, B, T>, V) -> Result<R> + Send + Sync + 'static,
{
    #[inline]
    fn call(&self, cx: B::Context<'_, State<B, T>>, params: P) -> Result<R> {
        let mut guest = Guest::new(cx);
        let value = (self.f)(&mut guest, params)?;
        (self.lower)(&mut guest, value)
    }
}

/// The same for a struct return, whose pointer comes in front of the parameters `P`.
struct StructReturn<P, F, L, V> {
    f: F,
    store: L,
    /// Bytes behind the pointer.
    size: u32,
    signature: PhantomData<fn(P) -> V>,
}

impl<B, T, P, R, V, F, L> HostFn<B, State<B, T>, P::WithOut, R> for StructReturn<P, F, L, V>
where
    B: Runtime,
    T: Send + 'static,
    P: Flat,
    V: 'static,
    F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
    L: Fn(&mut Guest<'_, B, T>, V, u32) -> Result<R> + Send + Sync + 'static,
{
    #[inline]
    fn call(&self, cx: B::Context<'_, State<B, T>>, params: P::WithOut) -> Result<R> {
        let mut guest = Guest::<B, T>::new(cx);
        let (out, params) = P::without_out(params);
        let out = out.cast_unsigned();
        // Before the host function runs, so that a wild pointer has no effect at all.
        crate::context::Context::bytes(guest.context(), out, self.size)?;
        let value = (self.f)(&mut guest, params)?;
        (self.store)(&mut guest, value, out)
    }
}
