//! A backend with no runtime behind it: a small interpreter of core WebAssembly in safe Rust.
//!
//! It is the suite's oracle: simple enough to be read against the specification, deterministic
//! (every NaN that arithmetic makes is the canonical one), and runnable under Miri. And it is the
//! example for authors of a new backend, who find the same parts here as in the real ones:
//!
//! | file | what a backend has there | what only an interpreter needs |
//! |---|---|---|
//! | this one | the [`Runtime`] implementation | |
//! | `store` | [`Store`], [`Instance`] | |
//! | `table` | [`FuncRef`], the function table | |
//! | `context` | [`Context`]: memory, state, growth | |
//! | `linker` | [`Linker`], [`Linked`], `Import` | |
//! | `func` | [`Func`], `Export` | |
//! | `dynamic` | [`DynFunc`], functions of types known at run time | |
//! | `error` | errors, trap kinds, types | |
//! | `slot` | | Rust values as the interpreter's |
//! | `module` | | a module, decoded |
//! | `code` | | a function's body with its branches resolved |
//! | `instance` | | memory, table, globals and segments |
//! | `exec` | | the loop |
//! | `numeric` | | one line for each numeric instruction |
//!
//! It does WebAssembly 2.0 without SIMD, and constant expressions as extended later. Whatever else
//! a module uses is refused when it is compiled, by name.

#![forbid(unsafe_code)]

mod code;
mod context;
mod dynamic;
mod error;
mod exec;
mod func;
mod instance;
mod linker;
mod module;
mod numeric;
mod slot;
mod store;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hostheap_core::error::{Mismatch, Unsupported};
use hostheap_core::{Capabilities, EngineConfig, EngineId, FuncType, Result, Runtime, Value};

pub use context::Context;
pub use dynamic::DynFunc;
pub use func::Func;
pub use linker::{Linked, Linker};
pub use slot::{Slot, Slots};
pub use store::{Instance, Store};
pub use table::FuncRef;

/// The interpreter as a runtime.
#[derive(Clone, Copy, Debug)]
pub enum Mock {}

/// Settings, and an identity. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    max_stack: usize,
    id: EngineId,
}

/// A module, decoded and validated.
#[derive(Clone, Debug)]
pub struct Module {
    inner: Arc<module::Module>,
    engine: EngineId,
}

impl Runtime for Mock {
    const NAME: &'static str = "mock";
    const CAPABILITIES: Capabilities = Capabilities::NONE
        .with_moves_memory()
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
        if config.memory_reservation.is_some_and(|bytes| bytes > 0) {
            let what = "reserving address space: its memory moves on every growth, which is what \
                        it is for; leave memory_reservation unset";
            return Err(Unsupported { backend: Self::NAME, what: what.into() }.into());
        }
        let max_stack = config.max_stack.unwrap_or(DEFAULT_STACK);
        Ok(Engine { max_stack, id: EngineId::fresh() })
    }

    fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module> {
        let inner = Arc::new(module::Module::decode(wasm).map_err(error::compile)?);
        Ok(Module { inner, engine: engine.id })
    }

    fn store<S: Send + 'static>(engine: &Engine, state: S) -> Result<Store<S>> {
        Ok(Store::new(engine, state))
    }

    fn state<S: Send + 'static>(store: &Store<S>) -> &S {
        &store.state
    }

    fn state_mut<S: Send + 'static>(store: &mut Store<S>) -> &mut S {
        &mut store.state
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

/// Bytes of stack that guest code has by default: enough for deeply recursive C programs, and
/// soon used up by endless recursion.
const DEFAULT_STACK: usize = 1 << 20;

/// `Ok` if both belong to one engine.
fn same_engine(one: EngineId, other: EngineId, mismatch: Mismatch) -> Result<()> {
    if one == other { Ok(()) } else { Err(mismatch.into()) }
}
