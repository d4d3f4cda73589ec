//! Stores, and the instances in them.

use hostheap_core::error::{LinkError, Mismatch};
use hostheap_core::{EngineId, Error, Result, StoreId, Value};

use crate::context::Context;
use crate::table::FunctionTable;
use crate::{Engine, error, table};

/// What wasmer keeps as a store's data: the state, with what this crate needs beside it.
pub(crate) struct Slot<S> {
    /// Bound once, so that nothing is looked up by name later.
    pub(crate) memory: Option<wasmer::Memory>,
    /// Bound once too.
    pub(crate) table: Option<FunctionTable>,
    pub(crate) state: S,
}

/// A wasmer store with a state and, once bound, a linear memory.
pub struct Store<S: 'static> {
    pub(crate) inner: wasmer::Store,
    pub(crate) env: wasmer::FunctionEnv<Slot<S>>,
    pub(crate) id: StoreId,
    pub(crate) engine: EngineId,
}

impl<S: Send + std::fmt::Debug> std::fmt::Debug for Store<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("state", &self.env.as_ref(&self.inner).state)
            .finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Store<S> {
    pub(crate) fn new(engine: &Engine, state: S) -> Self {
        let id = StoreId::fresh();
        let mut inner = wasmer::Store::new(engine.inner.clone());
        let env = wasmer::FunctionEnv::new(&mut inner, Slot { memory: None, table: None, state });
        Store { inner, env, id, engine: engine.id }
    }

    pub(crate) fn state(&self) -> &S {
        &self.env.as_ref(&self.inner).state
    }

    pub(crate) fn state_mut(&mut self) -> &mut S {
        &mut self.env.as_mut(&mut self.inner).state
    }

    #[inline]
    pub(crate) fn context(&mut self) -> Context<'_, S> {
        Context(self.env.clone().into_mut(&mut self.inner), self.id)
    }
}

/// An instance, and which store it lives in.
#[derive(Clone, Debug)]
pub struct Instance {
    pub(crate) inner: wasmer::Instance,
    pub(crate) store: StoreId,
    /// No code of the module changes its tables.
    pub(crate) fixed_tables: bool,
}

impl Instance {
    pub(crate) fn check<S: Send + 'static>(&self, cx: &Context<'_, S>) -> Result<()> {
        if self.store == cx.1 { Ok(()) } else { Err(Mismatch::InstanceOfOtherStore.into()) }
    }

    pub(crate) fn bind_memory<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
    ) -> Result<()> {
        self.check(cx)?;
        let memory = match self.inner.exports.get_memory(name) {
            Ok(memory) => memory.clone(),
            Err(_) => return Err(self.missing(cx, name, "memory")),
        };
        cx.0.data_mut().memory = Some(memory);
        Ok(())
    }

    pub(crate) fn global<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
    ) -> Result<Value> {
        let global = self.find_global(cx, name)?;
        let value = error::value_of(&global.get(&mut cx.0));
        value.ok_or_else(|| self.missing(cx, name, "number global"))
    }

    pub(crate) fn set_global<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
        value: Value,
    ) -> Result<()> {
        let global = self.find_global(cx, name)?;
        let ty = global.ty(&cx.0);
        let found = error::val_type(&ty.ty);
        if found != value.ty() {
            let expected = value.ty();
            return Err(LinkError::GlobalType { name: name.into(), expected, found }.into());
        }
        if ty.mutability == wasmer::Mutability::Const {
            return Err(LinkError::ImmutableGlobal { name: name.into() }.into());
        }
        global.set(&mut cx.0, error::val_of(value)).map_err(Error::runtime)
    }

    /// An exported function of this instance.
    pub(crate) fn find_func<S: Send + 'static>(
        &self,
        cx: &Context<'_, S>,
        name: &str,
    ) -> Result<&wasmer::Function> {
        self.check(cx)?;
        self.inner.exports.get_function(name).map_err(|_| self.missing(cx, name, "function"))
    }

    fn find_global<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
    ) -> Result<wasmer::Global> {
        self.check(cx)?;
        match self.inner.exports.get_global(name) {
            Ok(global) => Ok(global.clone()),
            Err(_) => Err(self.missing(cx, name, "global")),
        }
    }

    /// The error for an export that is not there, with those that are.
    #[cold]
    pub(crate) fn missing<S: Send + 'static>(
        &self,
        cx: &Context<'_, S>,
        name: &str,
        kind: &'static str,
    ) -> Error {
        let of_kind = |ext: &wasmer::Extern| match ext {
            wasmer::Extern::Function(_) => kind == "function",
            wasmer::Extern::Table(table) => {
                kind == "function table" && table::is_of_functions(&table.ty(&cx.0))
            }
            wasmer::Extern::Memory(_) => kind == "memory",
            wasmer::Extern::Global(_) => kind.ends_with("global"),
            _ => false,
        };
        let exports = self.inner.exports.iter();
        let available =
            exports.filter(|(_, ext)| of_kind(ext)).map(|(name, _)| name.clone()).collect();
        LinkError::MissingExport { name: name.into(), kind, available }.into()
    }
}
