//! Host functions by name, and modules whose imports are resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostheap_core::error::Mismatch;
use hostheap_core::link::{ImportTable, ImportType};
use hostheap_core::{EngineId, Error, HostFn, Import, Result, for_each_arity, types};

use crate::context::Context;
use crate::store::{Instance, Slot, Store};
use crate::table::FuncRef;
use crate::{Engine, Module, Wasmer, error, same_engine};

/// Makes a host function in a store: wasmer's functions belong to one store each.
pub(crate) type Define<S> = Arc<dyn Fn(&mut Store<S>) -> wasmer::Function + Send + Sync>;

/// Host functions by name.
pub struct Linker<S: 'static> {
    pub(crate) functions: BTreeMap<(String, String), Define<S>>,
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
        Linker { functions: BTreeMap::new(), engine: engine.id, table: ImportTable::new() }
    }

    pub(crate) fn link(&self, module: &Module) -> Result<Linked<S>> {
        same_engine(self.engine, module.engine, Mismatch::ModuleOfOtherEngine)?;
        let imports: Vec<_> = module.inner.imports().collect();
        self.table.check(imports.iter().map(|import| {
            let ty = match import.ty() {
                wasmer::ExternType::Function(ty) => ImportType::Func(error::func_type(ty)),
                wasmer::ExternType::Global(_) => ImportType::Other("global"),
                wasmer::ExternType::Table(_) => ImportType::Other("table"),
                wasmer::ExternType::Memory(_) => ImportType::Other("memory"),
                wasmer::ExternType::Tag(_) => ImportType::Other("tag"),
            };
            (import.module(), import.name(), ty)
        }))?;
        // Only what the module imports is made for each of its instances.
        let functions = imports.into_iter().filter_map(|import| {
            let key = (import.module().to_owned(), import.name().to_owned());
            let define = self.functions.get(&key)?.clone();
            Some((key, define))
        });
        let functions = functions.collect::<BTreeMap<_, _>>().into_iter().collect();
        let fixed_tables = module.fixed_tables;
        Ok(Linked { module: module.inner.clone(), fixed_tables, functions, engine: self.engine })
    }
}

/// A module whose imports are resolved.
pub struct Linked<S: 'static> {
    module: wasmer::Module,
    fixed_tables: bool,
    functions: Vec<((String, String), Define<S>)>,
    engine: EngineId,
}

impl<S> std::fmt::Debug for Linked<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Linked<S> {
    pub(crate) fn instantiate(&self, store: &mut Store<S>) -> Result<Instance> {
        // wasmer crashes when a module meets another engine's store.
        same_engine(self.engine, store.engine, Mismatch::StoreOfOtherEngine)?;
        let mut imports = wasmer::Imports::new();
        for ((module, name), define) in &self.functions {
            imports.define(module, name, define(store));
        }
        match wasmer::Instance::new(&mut store.inner, &self.module, &imports) {
            Ok(inner) => Ok(Instance { inner, store: store.id, fixed_tables: self.fixed_tables }),
            Err(wasmer::InstantiationError::Start(error)) => Err(error::from_guest(error)),
            Err(wasmer::InstantiationError::Link(wasmer::LinkError::Trap(error))) => {
                Err(error::from_guest(error))
            }
            Err(other) => Err(Error::runtime(other)),
        }
    }
}

/// A host function as wasmer's closure.
macro_rules! wrap {
    ($f:ident, $store:ident, $($A:ident)*) => {{
        #[allow(non_snake_case, reason = "type names double as value names in the macro")]
        let wrapped = move |env: wasmer::FunctionEnvMut<'_, Slot<S>>, $($A: $A),*| {
            // Boxed, so that the result that wasmer looks at is two words.
            $f.call(Context(env, $store), ($($A,)*)).map_err(Box::new)
        };
        wrapped
    }};
}

macro_rules! import {
    ($($A:ident)*) => {
        impl<$($A,)* R> Import<($($A,)*), R> for Wasmer
        where
            $($A: types::WasmType + wasmer::FromToNativeWasmType,)*
            R: types::WasmTypes + wasmer::WasmTypeList,
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
                let f = Arc::new(f);
                let define: Define<S> = Arc::new(move |store| {
                    let (f, id) = (f.clone(), store.id);
                    let f = wrap!(f, id, $($A)*);
                    wasmer::Function::new_typed_with_env(&mut store.inner, &store.env, f)
                });
                linker.functions.insert((module.to_owned(), name.to_owned()), define);
                Ok(())
            }

            fn function<S, F>(cx: &mut Context<'_, S>, f: F) -> Result<FuncRef>
            where
                S: Send + 'static,
                F: HostFn<Self, S, ($($A,)*), R>,
            {
                let (env, store) = (cx.0.as_ref(), cx.1);
                let f = wrap!(f, store, $($A)*);
                let inner = wasmer::Function::new_typed_with_env(&mut cx.0, &env, f);
                Ok(FuncRef { inner, store })
            }
        }
    };
}
for_each_arity!(import);
