//! hostheap on [wasmer](https://docs.rs/wasmer).
//!
//! [`Wasmer`] implements [`Runtime`] and, for every signature that wasmer's typed functions
//! take (up to 16 values), [`Import`](hostheap_core::Import) and [`Export`](hostheap_core::Export).
//!
//! An engine with wasmer's own settings: `Engine::from(wasmer::Engine::from(compiler))`.
//!
//! wasmer differs from the other two in ways that this crate evens out: it has no reusable linker,
//! so host functions are made anew for each instance; it aborts or worse when things of different
//! engines or stores meet, so every meeting is checked here; and its checked memory calls copy
//! byte by byte, so [`Context`] gives plain slices (the crate's one `unsafe` module, `view`).

mod context;
mod dynamic;
mod error;
mod func;
mod linker;
mod store;
mod table;
mod view;

use hostheap_core::error::{Mismatch, Unsupported};
use hostheap_core::memory::pages;
use hostheap_core::{Capabilities, EngineConfig, EngineId, FuncType, Result, Runtime, Value};
use wasmer::sys::{BaseTunables, NativeEngineExt};

pub use context::Context;
pub use dynamic::DynFunc;
pub use func::Func;
pub use linker::{Linked, Linker};
pub use store::{Instance, Store};
pub use table::FuncRef;

/// The wasmer runtime.
#[derive(Clone, Copy, Debug)]
pub enum Wasmer {}

/// A wasmer engine. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: wasmer::Engine,
    id: EngineId,
}

impl From<wasmer::Engine> for Engine {
    /// An engine with settings of your own. Convert once and clone the result: each conversion is
    /// an engine of its own to hostheap.
    fn from(inner: wasmer::Engine) -> Self {
        Engine { inner, id: EngineId::fresh() }
    }
}

/// A compiled module.
#[derive(Clone, Debug)]
pub struct Module {
    inner: wasmer::Module,
    engine: EngineId,
    /// No code of the module changes its tables.
    fixed_tables: bool,
}

impl Runtime for Wasmer {
    const NAME: &'static str = "wasmer";
    const CAPABILITIES: Capabilities =
        Capabilities::NONE.with_native_code().with_memory_reservation().with_trap_backtrace();

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
        if config.max_stack.is_some() {
            let what = "setting the size of the guest's stack: leave max_stack unset";
            return Err(Unsupported { backend: Self::NAME, what: what.into() }.into());
        }
        let mut engine = wasmer::Engine::from(wasmer::sys::Cranelift::default());
        if let Some(bytes) = config.memory_reservation {
            let mut tunables = BaseTunables::for_target(engine.target());
            let pages = pages(bytes).min(MAX_PAGES);
            tunables.static_memory_bound = wasmer::Pages(pages as u32);
            engine.set_tunables(tunables);
        }
        Ok(Engine::from(engine))
    }

    fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module> {
        let inner = wasmer::Module::from_binary(&engine.inner, wasm).map_err(error::compile)?;
        let fixed_tables = !hostheap_core::module::changes_tables(wasm);
        Ok(Module { inner, engine: engine.id, fixed_tables })
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

/// Pages of a 32-bit address space.
const MAX_PAGES: u64 = 1 << 16;

/// `Ok` if both belong to one engine.
fn same_engine(one: EngineId, other: EngineId, mismatch: Mismatch) -> Result<()> {
    if one == other { Ok(()) } else { Err(mismatch.into()) }
}
