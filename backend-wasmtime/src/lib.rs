//! hostheap on [wasmtime](https://docs.rs/wasmtime): the default backend.
//!
//! [`Wasmtime`] implements [`Runtime`] and, for every signature that wasmtime's typed functions
//! take (up to 16 values), [`Import`](hostheap_core::Import) and [`Export`](hostheap_core::Export).
//!
//! An engine with wasmtime's own settings: `Engine::from(wasmtime::Engine::new(&config)?)`.

#![forbid(unsafe_code)]

mod context;
mod dynamic;
mod error;
mod func;
mod linker;
mod store;
mod table;

use hostheap_core::error::Mismatch;
use hostheap_core::{
    Capabilities, EngineConfig, EngineId, Error, FuncType, Result, Runtime, Value,
};

pub use context::Context;
pub use dynamic::DynFunc;
pub use func::Func;
pub use linker::{Linked, Linker};
pub use store::{Instance, Store};
pub use table::FuncRef;

/// The wasmtime runtime.
#[derive(Clone, Copy, Debug)]
pub enum Wasmtime {}

/// A wasmtime engine. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: wasmtime::Engine,
    id: EngineId,
}

impl From<wasmtime::Engine> for Engine {
    /// An engine with settings of your own. Convert once and clone the result: each conversion is
    /// an engine of its own to hostheap.
    fn from(inner: wasmtime::Engine) -> Self {
        Engine { inner, id: EngineId::fresh() }
    }
}

/// A compiled module.
#[derive(Clone, Debug)]
pub struct Module {
    inner: wasmtime::Module,
    engine: EngineId,
}

impl Runtime for Wasmtime {
    const NAME: &'static str = "wasmtime";
    const CAPABILITIES: Capabilities = Capabilities::NONE
        .with_native_code()
        .with_memory_reservation()
        .with_max_stack()
        .with_trap_backtrace()
        .with_prelinks();

    type Engine = Engine;
    type Module = Module;
    type Store<S: Send + 'static> = Store<S>;
    type Linker<S: Send + 'static> = Linker<S>;
    type Linked<S: Send + 'static> = Linked<S>;
    type Instance = Instance;
    type FuncRef = FuncRef;
    type DynFunc = DynFunc;
    type Context<'a, S: Send + 'static> = Context<'a, S>;

    fn engine(config: &EngineConfig) -> Result<Engine> {
        let mut settings = wasmtime::Config::new();
        // What the other runtimes do not have; and garbage-collected objects would be memory of the
        // guest's that no limit of ours counts.
        settings.wasm_gc(false).wasm_function_references(false).wasm_exceptions(false);
        if let Some(bytes) = config.memory_reservation {
            settings.memory_reservation(bytes);
            // Room to grow into would hide what a small reservation is there to show.
            settings.memory_reservation_for_growth(0);
        }
        if let Some(bytes) = config.max_stack {
            settings.max_wasm_stack(bytes);
        }
        let engine = wasmtime::Engine::new(&settings).map_err(Error::runtime)?;
        Ok(Engine::from(engine))
    }

    fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module> {
        let inner = wasmtime::Module::from_binary(&engine.inner, wasm).map_err(error::compile)?;
        Ok(Module { inner, engine: engine.id })
    }

    fn store<S: Send + 'static>(engine: &Engine, state: S) -> Result<Store<S>> {
        Ok(Store::new(engine, state))
    }

    fn state<S: Send + 'static>(store: &Store<S>) -> &S {
        store.state()
    }

    fn state_mut<S: Send + 'static>(store: &mut Store<S>) -> &mut S {
        store.state_mut()
    }

    fn linker<S: Send + 'static>(engine: &Engine) -> Linker<S> {
        Linker::new(engine)
    }

    fn link<S: Send + 'static>(linker: &Linker<S>, module: &Module) -> Result<Linked<S>> {
        linker.link(module)
    }

    fn instantiate<S: Send + 'static>(
        linked: &Linked<S>,
        store: &mut Store<S>,
    ) -> Result<Instance> {
        linked.instantiate(store)
    }

    fn context<S: Send + 'static>(store: &mut Store<S>) -> Context<'_, S> {
        store.context()
    }

    #[inline]
    fn reborrow<'a, S: Send + 'static>(cx: &'a mut Context<'_, S>) -> Context<'a, S> {
        cx.reborrow()
    }

    fn bind_memory<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<()> {
        instance.bind_memory(cx, name)
    }

    fn bind_table<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<()> {
        instance.bind_table(cx, name)
    }

    fn table_size<S: Send + 'static>(cx: &mut Context<'_, S>) -> Result<u32> {
        cx.table_size()
    }

    fn table_grow<S: Send + 'static>(cx: &mut Context<'_, S>, by: u32) -> Result<u32> {
        cx.table_grow(by)
    }

    fn table_set<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        index: u32,
        func: Option<&FuncRef>,
    ) -> Result<()> {
        cx.table_set(index, func)
    }

    fn table_func_type<S: Send + 'static>(cx: &mut Context<'_, S>, index: u32) -> Result<FuncType> {
        cx.table_func_type(index)
    }

    fn global<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<Value> {
        instance.global(cx, name)
    }

    fn set_global<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
        value: Value,
    ) -> Result<()> {
        instance.set_global(cx, name, value)
    }

    fn dyn_func<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<DynFunc> {
        DynFunc::find(cx, instance, name)
    }

    fn dyn_func_at<S: Send + 'static>(cx: &mut Context<'_, S>, index: u32) -> Result<DynFunc> {
        DynFunc::at(cx, index)
    }

    fn dyn_type<S: Send + 'static>(cx: &Context<'_, S>, func: &DynFunc) -> Result<FuncType> {
        func.ty(cx)
    }

    fn dyn_belongs<S: Send + 'static>(cx: &Context<'_, S>, func: &DynFunc) -> bool {
        func.belongs(cx)
    }

    fn dyn_call<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        func: &DynFunc,
        params: &[Value],
        results: &mut [Value],
    ) -> Result<()> {
        func.call(cx, params, results)
    }

    fn dyn_import<S, F>(
        linker: &mut Linker<S>,
        module: &str,
        name: &str,
        ty: &FuncType,
        f: F,
    ) -> Result<()>
    where
        S: Send + 'static,
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        linker.dyn_import(module, name, ty, f)
    }

    fn dyn_function<S, F>(cx: &mut Context<'_, S>, ty: &FuncType, f: F) -> Result<FuncRef>
    where
        S: Send + 'static,
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        FuncRef::dynamic(cx, ty, f)
    }
}

/// `Ok` if both belong to one engine.
fn same_engine(one: EngineId, other: EngineId, mismatch: Mismatch) -> Result<()> {
    if one == other { Ok(()) } else { Err(mismatch.into()) }
}
