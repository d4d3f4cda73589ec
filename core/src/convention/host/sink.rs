//! Where a host function goes: to a linker, by name.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::convention::flat::Flat;
use crate::convention::results::{Shape, prototypes};
use crate::error::{LinkError, Result};
use crate::import::{HostFn, Import};
use crate::plugin::{Guest, State};
use crate::runtime::Runtime;
use crate::types::WasmTypes;
use crate::value::FuncType;

/// Where a host function goes, and the type that it should have there.
pub struct Sink<'s, 'n, B: Runtime, T: Send + 'static> {
    pub(crate) linker: &'s mut B::Linker<State<B, T>>,
    pub(crate) module: &'n str,
    pub(crate) name: &'n str,
    pub(crate) ty: &'n FuncType,
    pub(crate) c_params: fn() -> Vec<String>,
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for Sink<'_, '_, B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sink({}.{})", self.module, self.name)
    }
}

impl<B: Runtime, T: Send + 'static> Sink<'_, '_, B, T> {
    /// Which of the shapes it should have; the number of one of them.
    ///
    /// # Errors
    ///
    /// [`LinkError::ImportSignature`] if it is none of them.
    pub(crate) fn choose(&self, shapes: Vec<Shape>) -> Result<usize> {
        if let Some(index) = shapes.iter().position(|shape| shape.ty == *self.ty) {
            return Ok(index);
        }
        let error = LinkError::ImportSignature {
            module: self.module.into(),
            name: self.name.into(),
            found: self.ty.clone(),
            accepted: prototypes(self.name, shapes, &(self.c_params)()),
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

    fn register<P, R>(self, f: impl HostFn<B, State<B, T>, P, R>) -> Result<()>
    where
        B: Import<P, R>,
        P: WasmTypes,
        R: WasmTypes,
    {
        <B as Import<P, R>>::import(self.linker, self.module, self.name, f)
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
