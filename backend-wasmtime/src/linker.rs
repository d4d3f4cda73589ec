//! Host functions by name, and modules whose imports are resolved.

use hostheap_core::error::Mismatch;
use hostheap_core::link::{ImportTable, ImportType};
use hostheap_core::{EngineId, Error, HostFn, Import, Result, for_each_arity, types};
use wasmtime::AsContextMut;

use crate::context::Context;
use crate::store::{Instance, Slot, Store};
use crate::table::FuncRef;
use crate::{Engine, Module, Wasmtime, error, same_engine};

/// Host functions by name.
pub struct Linker<S: 'static> {
    pub(crate) inner: wasmtime::Linker<Slot<S>>,
    engine: EngineId,
    /// The same names with their types, for reports that are the same on every runtime.
    pub(crate) table: ImportTable,
}

impl<S> std::fmt::Debug for Linker<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Linker").field(&self.table).finish()
    }
}

impl<S: Send + 'static> Linker<S> {
    pub(crate) fn new(engine: &Engine) -> Self {
        let inner = wasmtime::Linker::new(&engine.inner);
        Linker { inner, engine: engine.id, table: ImportTable::new() }
    }

    pub(crate) fn link(&self, module: &Module) -> Result<Linked<S>> {
        same_engine(self.engine, module.engine, Mismatch::ModuleOfOtherEngine)?;
        self.table.check(module.inner.imports().map(|import| {
            let ty = match import.ty() {
                wasmtime::ExternType::Func(ty) => ImportType::Func(error::func_type(&ty)),
                wasmtime::ExternType::Global(_) => ImportType::Other("global"),
                wasmtime::ExternType::Table(_) => ImportType::Other("table"),
                wasmtime::ExternType::Memory(_) => ImportType::Other("memory"),
                wasmtime::ExternType::Tag(_) => ImportType::Other("tag"),
            };
            (import.module(), import.name(), ty)
        }))?;
        let inner = self.inner.instantiate_pre(&module.inner).map_err(Error::runtime)?;
        Ok(Linked { inner, engine: self.engine })
    }
}

/// A module whose imports are resolved.
pub struct Linked<S: 'static> {
    inner: wasmtime::InstancePre<Slot<S>>,
    engine: EngineId,
}

impl<S> std::fmt::Debug for Linked<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Linked<S> {
    pub(crate) fn instantiate(&self, store: &mut Store<S>) -> Result<Instance> {
        same_engine(self.engine, store.engine, Mismatch::StoreOfOtherEngine)?;
        let inner = self.inner.instantiate(&mut store.inner).map_err(error::from_guest)?;
        Ok(Instance { inner, store: store.inner.data().id })
    }
}

/// A host function as wasmtime's closure.
macro_rules! wrap {
    ($f:ident, $($A:ident)*) => {{
        #[allow(non_snake_case, reason = "type names double as value names in the macro")]
        let wrapped = move |mut caller: wasmtime::Caller<'_, Slot<S>>, $($A: $A),*| {
            let cx = Context(caller.as_context_mut());
            $f.call(cx, ($($A,)*)).map_err(wasmtime::Error::new)
        };
        wrapped
    }};
}

macro_rules! import {
    ($($A:ident)*) => {
        impl<$($A,)* R> Import<($($A,)*), R> for Wasmtime
        where
            $($A: types::WasmType + wasmtime::WasmTy,)*
            R: types::WasmTypes + wasmtime::WasmRet,
        {
            fn import<S, F>(
                linker: &mut Linker<S>,
                module: &str,
                name: &str,
                f: F,
            ) -> Result<()>
            where
                S: Send + 'static,
                F: HostFn<Self, S, ($($A,)*), R>,
            {
                linker.table.insert(module, name, types::func_type::<($($A,)*), R>())?;
                linker.inner.func_wrap(module, name, wrap!(f, $($A)*)).map_err(Error::runtime)?;
                Ok(())
            }

            fn function<S, F>(cx: &mut Context<'_, S>, f: F) -> Result<FuncRef>
            where
                S: Send + 'static,
                F: HostFn<Self, S, ($($A,)*), R>,
            {
                let inner = wasmtime::Func::wrap(&mut cx.0, wrap!(f, $($A)*));
                Ok(FuncRef { inner, store: cx.0.data().id })
            }
        }
    };
}
for_each_arity!(import);
