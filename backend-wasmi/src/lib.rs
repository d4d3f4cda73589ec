//! hostheap on the [wasmi](https://docs.rs/wasmi) interpreter: for platforms without a JIT, and for
//! plugins whose start matters more than their speed. `no_std` without the feature `std`.
//!
//! [`Wasmi`] implements [`Runtime`] and, for every signature that wasmi's typed functions
//! take (up to 16 values), [`Import`](hostheap_core::Import) and [`Export`](hostheap_core::Export).
//!
//! An engine with wasmi's own settings: `Engine::from(wasmi::Engine::new(&config))`.

//! # How to build it
//!
//! wasmi's speed comes from tail calls that the optimiser makes. It falls back to an ordinary loop
//! at `opt-level` 0 and 1, but not for *debug assertions at `opt-level` 2 or 3*, where there are no
//! tail calls and a guest's loop overflows the host's stack
//! ([wasmi issue 2039](https://github.com/wasmi-labs/wasmi/issues/2039)). If you optimise your
//! dependencies in the dev profile, add to your `Cargo.toml`:
//!
//! ```toml
//! [profile.dev.package.wasmi]
//! debug-assertions = false
//! ```
//!
//! The default dev and release profiles are fine.
//!
//! Without the feature `std` a host function's panic cannot be carried through the guest and ends
//! the process, as panics on such targets do.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod context;
mod dynamic;
mod error;
mod func;
mod linker;
mod store;
mod table;

use hostheap_core::error::{Mismatch, Unsupported};
use hostheap_core::{Capabilities, EngineConfig, EngineId, FuncType, Result, Runtime, Value};

pub use context::Context;
pub use dynamic::DynFunc;
pub use func::Func;
pub use linker::{Linked, Linker};
pub use store::{Instance, Store};
pub use table::FuncRef;

/// The wasmi runtime.
#[derive(Clone, Copy, Debug)]
pub enum Wasmi {}

/// A wasmi engine. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: wasmi::Engine,
    id: EngineId,
}

impl From<wasmi::Engine> for Engine {
    /// An engine with settings of your own. Convert once and clone the result: each conversion is
    /// an engine of its own to hostheap.
    fn from(inner: wasmi::Engine) -> Self {
        Engine { inner, id: EngineId::fresh() }
    }
}

/// A compiled module.
#[derive(Clone, Debug)]
pub struct Module {
    inner: wasmi::Module,
    engine: EngineId,
}

impl Runtime for Wasmi {
    const NAME: &'static str = "wasmi";
    const CAPABILITIES: Capabilities =
        Capabilities::NONE.with_no_std().with_moves_memory().with_max_stack();

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
        if config.memory_reservation.is_some_and(|bytes| bytes > 0) {
            let what = "reserving address space: its memory is an ordinary host allocation that \
                        moves when it grows; leave memory_reservation unset";
            return Err(Unsupported { backend: Self::NAME, what: what.into() }.into());
        }
        let mut settings = wasmi::Config::default();
        let stack = config.max_stack.unwrap_or(DEFAULT_STACK).max(MIN_STACK);
        settings.set_min_stack_height(MIN_STACK);
        settings.set_max_stack_height(stack);
        // Calls live on the same stack of ours, not on the host's: depth is bounded by its size.
        settings.set_max_recursion_depth(stack / SMALLEST_FRAME);
        Ok(Engine::from(wasmi::Engine::new(&settings)))
    }

    fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module> {
        let inner = wasmi::Module::new(&engine.inner, wasm).map_err(error::compile)?;
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

/// Bytes of value stack that a guest has by default: wasmi's own default.
const DEFAULT_STACK: usize = 1_000_000;
/// Bytes that a stack has at least: wasmi's own default for how it begins.
const MIN_STACK: usize = 1_000;
/// Bytes that a call takes at least. wasmi's default limit of 1000 calls would stop recursive C
/// programs that the other runtimes run.
const SMALLEST_FRAME: usize = 32;

/// `Ok` if both belong to one engine.
fn same_engine(one: EngineId, other: EngineId, mismatch: Mismatch) -> Result<()> {
    if one == other { Ok(()) } else { Err(mismatch.into()) }
}
