//! Stores, and the instances in them.

use hostheap_core::error::{LinkError, Mismatch};
use hostheap_core::{EngineId, Error, Result, StoreId, Value};

use crate::context::Context;
use crate::{Engine, error, table};

/// What wasmtime keeps as a store's data: the state, with what this crate needs beside it.
pub(crate) struct Slot<S> {
    pub(crate) id: StoreId,
    /// Bound once, so that nothing is looked up by name later.
    pub(crate) memory: Option<wasmtime::Memory>,
    /// Bound once too.
    pub(crate) table: Option<wasmtime::Table>,
    pub(crate) state: S,
}

/// A wasmtime store with a state and, once bound, a linear memory.
pub struct Store<S: 'static> {
    pub(crate) inner: wasmtime::Store<Slot<S>>,
    pub(crate) engine: EngineId,
}

impl<S: std::fmt::Debug> std::fmt::Debug for Store<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("state", &self.inner.data().state).finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Store<S> {
    pub(crate) fn new(engine: &Engine, state: S) -> Self {
        let slot = Slot { id: StoreId::fresh(), memory: None, table: None, state };
        let mut inner = wasmtime::Store::new(&engine.inner, slot);
        // An engine made by other means may count fuel or epochs: no limit until there is an API for
        // one, rather than one of zero, which is wasmtime's default.
        let _ = inner.set_fuel(u64::MAX);
        inner.set_epoch_deadline(u64::MAX / 2);
        Store { inner, engine: engine.id }
    }

    pub(crate) fn state(&self) -> &S {
        &self.inner.data().state
    }

    pub(crate) fn state_mut(&mut self) -> &mut S {
        &mut self.inner.data_mut().state
    }

    #[inline]
    pub(crate) fn context(&mut self) -> Context<'_, S> {
        Context(wasmtime::AsContextMut::as_context_mut(&mut self.inner))
    }
}

/// An instance, and which store it lives in.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    pub(crate) inner: wasmtime::Instance,
    pub(crate) store: StoreId,
}

impl Instance {
    pub(crate) fn check<S>(&self, cx: &Context<'_, S>) -> Result<()> {
        if self.store == cx.0.data().id {
            Ok(())
        } else {
            Err(Mismatch::InstanceOfOtherStore.into())
        }
    }

    pub(crate) fn bind_memory<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<()> {
        self.check(cx)?;
        let memory = match self.inner.get_memory(&mut cx.0, name) {
            Some(memory) => memory,
            None => return Err(self.missing(cx, name, "memory")),
        };
        cx.0.data_mut().memory = Some(memory);
        Ok(())
    }

    pub(crate) fn global<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<Value> {
        let global = self.find_global(cx, name)?;
        let value = error::value_of(&global.get(&mut cx.0));
        value.ok_or_else(|| self.missing(cx, name, "number global"))
    }

    pub(crate) fn set_global<S>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
        value: Value,
    ) -> Result<()> {
        let global = self.find_global(cx, name)?;
        let ty = global.ty(&cx.0);
        let found = error::val_type(ty.content());
        if found != value.ty() {
            let expected = value.ty();
            return Err(LinkError::GlobalType { name: name.into(), expected, found }.into());
        }
        if ty.mutability() == wasmtime::Mutability::Const {
            return Err(LinkError::ImmutableGlobal { name: name.into() }.into());
        }
        global.set(&mut cx.0, error::val_of(value)).map_err(Error::runtime)
    }

    /// An exported function of this instance.
    pub(crate) fn find_func<S>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
    ) -> Result<wasmtime::Func> {
        self.check(cx)?;
        match self.inner.get_func(&mut cx.0, name) {
            Some(func) => Ok(func),
            None => Err(self.missing(cx, name, "function")),
        }
    }

    fn find_global<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<wasmtime::Global> {
        self.check(cx)?;
        match self.inner.get_global(&mut cx.0, name) {
            Some(global) => Ok(global),
            None => Err(self.missing(cx, name, "global")),
        }
    }

    /// The error for an export that is not there, with those that are.
    #[cold]
    pub(crate) fn missing<S>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
        kind: &'static str,
    ) -> Error {
        let exports: Vec<_> =
            self.inner.exports(&mut cx.0).map(|e| (e.name().to_owned(), e.into_extern())).collect();
        let of_kind = |ext: &wasmtime::Extern| match kind {
            "function" => ext.clone().into_func().is_some(),
            "function table" => {
                ext.clone().into_table().is_some_and(|t| table::is_of_functions(&t.ty(&cx.0)))
            }
            "memory" => ext.clone().into_memory().is_some(),
            _ => ext.clone().into_global().is_some(),
        };
        let available =
            exports.into_iter().filter(|(_, ext)| of_kind(ext)).map(|(name, _)| name).collect();
        LinkError::MissingExport { name: name.into(), kind, available }.into()
    }
}
