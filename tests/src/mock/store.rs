//! Stores, and the instances in them.

use hostheap_core::error::{LinkError, Mismatch};
use hostheap_core::{EngineId, Error, FuncType, Result, StoreId, Value};
use wasmparser::ExternalKind;

use super::context::Context;
use super::instance::{InstanceData, Memory};
use super::linker::HostFunc;
use super::{Engine, error, module, slot, table};

/// Instances, a state and, once bound, a linear memory.
pub struct Store<S: 'static> {
    pub(super) id: StoreId,
    pub(super) engine: EngineId,
    pub(super) instances: Vec<InstanceData<S>>,
    /// The instance whose memory is bound; one has one memory at the most.
    bound: Option<usize>,
    pub(super) table: Option<table::Bound>,
    /// Functions of the host's that can stand in tables, with their types.
    pub(super) functions: Vec<(FuncType, HostFunc<S>)>,
    pub(super) stack: Stack,
    pub(super) state: S,
}

/// How much stack there is and how much of it the calls in progress use. It stands in the store
/// so that a guest that calls itself by way of the host has no more than one that does not.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    pub(super) max: usize,
    pub(super) used: usize,
    /// Calls from the host in progress.
    pub(super) entries: usize,
}

impl<S: std::fmt::Debug> std::fmt::Debug for Store<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Store<S> {
    pub(super) fn new(engine: &Engine, state: S) -> Self {
        Store {
            id: StoreId::fresh(),
            engine: engine.id,
            instances: Vec::new(),
            bound: None,
            table: None,
            functions: Vec::new(),
            stack: Stack { max: engine.max_stack, used: 0, entries: 0 },
            state,
        }
    }

    pub(super) fn context(&mut self) -> Context<'_, S> {
        Context(self)
    }
}

impl<S> Store<S> {
    pub(super) fn bound_memory(&self) -> Result<&Memory> {
        let instance = self.bound.and_then(|index| self.instances.get(index));
        instance.and_then(|data| data.memory.as_ref()).ok_or(Error::Unbound)
    }

    /// The bound memory and, as every caller might want it at once, the state.
    pub(super) fn bound_memory_mut(&mut self) -> Result<(&mut Memory, &mut S)> {
        let instance = self.bound.and_then(|index| self.instances.get_mut(index));
        let memory = instance.and_then(|data| data.memory.as_mut()).ok_or(Error::Unbound)?;
        Ok((memory, &mut self.state))
    }
}

/// An instance, and which store it lives in.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    pub(super) index: usize,
    pub(super) store: StoreId,
}

impl Instance {
    /// The instance behind this handle, if it lives in the context's store.
    pub(super) fn data<'a, S>(
        &self,
        cx: &'a mut Context<'_, S>,
    ) -> Result<&'a mut InstanceData<S>> {
        if self.store != cx.0.id {
            return Err(Mismatch::InstanceOfOtherStore.into());
        }
        cx.0.instances.get_mut(self.index).ok_or(Mismatch::InstanceOfOtherStore.into())
    }

    pub(super) fn bind_memory<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<()> {
        let module = &self.data(cx)?.module;
        if module.export(name, ExternalKind::Memory).is_none() {
            return Err(missing(module, name, "memory"));
        }
        cx.0.bound = Some(self.index);
        Ok(())
    }

    pub(super) fn global<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<Value> {
        let data = self.data(cx)?;
        let (index, ty) = find_global(&data.module, name)?;
        let slot = data.globals.get(index).copied().unwrap_or_default();
        let value = slot::value_of(error::val_type(ty.content_type), slot);
        value.ok_or_else(|| missing(&data.module, name, "number global"))
    }

    pub(super) fn set_global<S>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
        value: Value,
    ) -> Result<()> {
        let data = self.data(cx)?;
        let (index, ty) = find_global(&data.module, name)?;
        let (expected, found) = (value.ty(), error::val_type(ty.content_type));
        if found != expected {
            return Err(LinkError::GlobalType { name: name.into(), expected, found }.into());
        }
        if !ty.mutable {
            return Err(LinkError::ImmutableGlobal { name: name.into() }.into());
        }
        if let Some(slot) = data.globals.get_mut(index) {
            *slot = slot::slot_of(value);
        }
        Ok(())
    }
}

fn find_global(module: &module::Module, name: &str) -> Result<(usize, wasmparser::GlobalType)> {
    let index = module.export(name, ExternalKind::Global);
    let global =
        index.and_then(|index| Some((index as usize, module.globals.get(index as usize)?.ty)));
    global.ok_or_else(|| missing(module, name, "global"))
}

/// The error for an export that is not there, with those that are.
#[cold]
pub(super) fn missing(module: &module::Module, name: &str, kind: &'static str) -> Error {
    let of_kind = match kind {
        "function" => ExternalKind::Func,
        "memory" => ExternalKind::Memory,
        "function table" => ExternalKind::Table,
        _ => ExternalKind::Global,
    };
    let fits = |name: &str| match module.export(name, ExternalKind::Table) {
        Some(index) => {
            module.tables.get(index as usize).is_some_and(|t| table::is_of_functions(&t.ty))
        }
        None => true,
    };
    let available = module.exports_of(of_kind).filter(|name| fits(name));
    let available = available.map(str::to_owned).collect();
    LinkError::MissingExport { name: name.into(), kind, available }.into()
}
