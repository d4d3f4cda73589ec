//! Host functions by name, and modules whose imports are resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostheap_core::error::{Error, Mismatch};
use hostheap_core::link::ImportTable;
use hostheap_core::{EngineId, FuncType, HostFn, Import, Result, types};

use super::context::Context;
use super::instance::InstanceData;
use super::slot::Slots;
use super::store::{Instance, Store};
use super::table::FuncRef;
use super::{Engine, Mock, Module, exec, module, same_engine};

/// A host function as the interpreter calls it: it takes its parameters off the end of the slots
/// and puts its results there.
pub(super) type HostFunc<S> =
    Arc<dyn Fn(Context<'_, S>, &mut Vec<u64>) -> Result<()> + Send + Sync>;

/// Host functions by name.
pub struct Linker<S: 'static> {
    engine: EngineId,
    /// Names and types, for reports that are the same on every runtime.
    table: ImportTable,
    // Two levels, so that looking up needs no owned strings.
    functions: BTreeMap<String, BTreeMap<String, HostFunc<S>>>,
}

impl<S> std::fmt::Debug for Linker<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Linker").field(&self.table).finish()
    }
}

impl<S: Send + 'static> Linker<S> {
    pub(super) fn new(engine: &Engine) -> Self {
        let (engine, table) = (engine.id, ImportTable::new());
        Linker { engine, table, functions: BTreeMap::new() }
    }

    pub(super) fn insert(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        f: HostFunc<S>,
    ) -> Result<()> {
        self.table.insert(module, name, ty)?;
        let names = self.functions.entry(module.to_owned()).or_default();
        names.insert(name.to_owned(), f);
        Ok(())
    }

    pub(super) fn link(&self, module: &Module) -> Result<Linked<S>> {
        same_engine(self.engine, module.engine, Mismatch::ModuleOfOtherEngine)?;
        let imports = &module.inner.imports;
        self.table.check(imports.iter().map(|i| (&*i.module, &*i.name, i.ty.clone())))?;
        let functions = imports.iter().map(|import| {
            let function = self.functions.get(&import.module)?.get(&import.name)?;
            Some(function.clone())
        });
        let functions: Option<Arc<[_]>> = functions.collect();
        let functions = functions.ok_or_else(|| Error::runtime("a checked import is not there"))?;
        Ok(Linked { functions, module: module.inner.clone(), engine: self.engine })
    }
}

/// A module whose imports are resolved.
pub struct Linked<S: 'static> {
    /// In the order of the module's imports: all of these are functions.
    functions: Arc<[HostFunc<S>]>,
    module: Arc<module::Module>,
    engine: EngineId,
}

impl<S> std::fmt::Debug for Linked<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Linked<S> {
    pub(super) fn instantiate(&self, store: &mut Store<S>) -> Result<Instance> {
        same_engine(self.engine, store.engine, Mismatch::StoreOfOtherEngine)?;
        let data = InstanceData::new(self.module.clone(), self.functions.clone())?;
        let index = store.instances.len();
        store.instances.push(data);
        let started = match self.module.start {
            Some(start) => exec::call(store, index, start, &mut Vec::new()),
            None => Ok(()),
        };
        if started.is_err() {
            // Nobody has a handle to it, and host functions cannot have added another.
            store.instances.truncate(index);
        }
        started.map(|()| Instance { index, store: store.id })
    }
}

impl<P: Slots, R: Slots> Import<P, R> for Mock {
    fn import<S, F>(linker: &mut Linker<S>, module: &str, name: &str, f: F) -> Result<()>
    where
        S: Send + 'static,
        F: HostFn<Self, S, P, R>,
    {
        linker.insert(module, name, types::func_type::<P, R>(), host_func(f))
    }

    fn function<S, F>(cx: &mut Context<'_, S>, f: F) -> Result<FuncRef>
    where
        S: Send + 'static,
        F: HostFn<Self, S, P, R>,
    {
        FuncRef::make(cx, types::func_type::<P, R>(), host_func(f))
    }
}

fn host_func<S, P, R, F>(f: F) -> HostFunc<S>
where
    S: Send + 'static,
    P: Slots,
    R: Slots,
    F: HostFn<Mock, S, P, R>,
{
    Arc::new(move |cx: Context<'_, S>, slots: &mut Vec<u64>| {
        let results = f.call(cx, P::pop(slots)?)?;
        results.push(slots);
        Ok(())
    })
}
