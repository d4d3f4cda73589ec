//! Host functions by name, and modules whose imports are resolved.

use hostheap_core::error::Mismatch;
use hostheap_core::link::{ImportTable, ImportType};
use hostheap_core::{EngineId, Error, HostFn, Import, Result, for_each_arity, types};
use wasmi::AsContextMut;

use crate::context::Context;
use crate::store::{Instance, Slot, Store};
use crate::table::FuncRef;
use crate::{Engine, Module, Wasmi, error, same_engine};

/// Host functions by name.
pub struct Linker<S: 'static> {
    pub(crate) inner: wasmi::Linker<Slot<S>>,
    engine: EngineId,
    /// The same names with their types, for reports that are the same on every runtime.
    pub(crate) table: ImportTable,
}

impl<S> core::fmt::Debug for Linker<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Linker").field(&self.table).finish()
    }
}

impl<S: Send + 'static> Linker<S> {
    pub(crate) fn new(engine: &Engine) -> Self {
        let inner = wasmi::Linker::new(&engine.inner);
        Linker { inner, engine: engine.id, table: ImportTable::new() }
    }

    pub(crate) fn link(&self, module: &Module) -> Result<Linked<S>> {
        same_engine(self.engine, module.engine, Mismatch::ModuleOfOtherEngine)?;
        self.table.check(module.inner.imports().map(|import| {
            let ty = match import.ty() {
                wasmi::ExternType::Func(ty) => ImportType::Func(error::func_type(ty)),
                wasmi::ExternType::Global(_) => ImportType::Other("global"),
                wasmi::ExternType::Table(_) => ImportType::Other("table"),
                wasmi::ExternType::Memory(_) => ImportType::Other("memory"),
            };
            (import.module(), import.name(), ty)
        }))?;
        let (linker, module) = (self.inner.clone(), module.inner.clone());
        Ok(Linked { linker, module, engine: self.engine })
    }
}

/// A module whose imports are resolved.
pub struct Linked<S: 'static> {
    // wasmi has no form between the two, so each instance looks its imports up again.
    linker: wasmi::Linker<Slot<S>>,
    module: wasmi::Module,
    engine: EngineId,
}

impl<S> core::fmt::Debug for Linked<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Linked<S> {
    pub(crate) fn instantiate(&self, store: &mut Store<S>) -> Result<Instance> {
        same_engine(self.engine, store.engine, Mismatch::StoreOfOtherEngine)?;
        let inner = self
            .linker
            .instantiate_and_start(&mut store.inner, &self.module)
            .map_err(error::from_guest)?;
        Ok(Instance { inner, store: store.inner.data().id })
    }
}

/// A host function as wasmi's closure.
macro_rules! wrap {
    ($f:ident, $($A:ident)*) => {{
        #[allow(non_snake_case, reason = "type names double as value names in the macro")]
        let wrapped = move |mut caller: wasmi::Caller<'_, Slot<S>>, $($A: $A),*| {
            let cx = Context(caller.as_context_mut());
            error::host_call(|| $f.call(cx, ($($A,)*)))
        };
        wrapped
    }};
}

macro_rules! import {
    ($($A:ident)*) => {
        impl<$($A,)* R> Import<($($A,)*), R> for Wasmi
        where
            $($A: types::WasmType + wasmi::WasmTy,)*
            R: types::WasmTypes,
            Result<R, wasmi::Error>: wasmi::WasmRet,
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
                let inner = wasmi::Func::wrap(&mut cx.0, wrap!(f, $($A)*));
                Ok(FuncRef { inner, store: cx.0.data().id })
            }
        }
    };
}
for_each_arity!(import);
