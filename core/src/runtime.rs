//! What a WebAssembly runtime must provide.

use alloc::vec::Vec;

use crate::context::Context;
use crate::error::Result;
use crate::link::check_dynamic_call;
use crate::value::{FuncType, Value};

/// A WebAssembly runtime, as far as this crate needs one.
///
/// A backend crate implements this trait for a zero-sized type and, for every signature its
/// runtime can do, [`Import`](crate::Import) and [`Export`](crate::Export). The conformance suite
/// (crate `hostheap-tests`) holds a backend to what is written here.
///
/// # What a backend must do
///
/// - Answer use of a module, linker, store, instance or function with another engine or store
///   than its own by [`Error::Mismatch`](crate::Error::Mismatch), never by a panic or worse.
/// - Read the size of memory anew for every access: a guest may grow it.
/// - Carry an [`Error`](crate::Error) that a host function returned through the guest unchanged.
/// - Classify traps by [`TrapKind`](crate::TrapKind); an active segment that does not fit its memory
///   or table is such a trap.
/// - Let host functions call the guest again at least 128 calls deep, and answer with a trap, not
///   with an overflow of the host's stack, when a guest's own calls go too deep.
/// - Refuse a setting it does not have with [`Error::Unsupported`](crate::Error::Unsupported).
pub trait Runtime: Sized + 'static {
    /// The runtime's name in lower case, for example `wasmtime`.
    const NAME: &'static str;

    /// What the runtime can and cannot do.
    const CAPABILITIES: Capabilities;

    /// Compiles modules. Clones are the same engine.
    type Engine: Clone + Send + Sync + 'static;
    /// A compiled module.
    type Module: Clone + Send + Sync + 'static;
    /// Holds instances and a state of type `S`. Not every runtime lets it move between threads.
    type Store<S: Send + 'static>;
    /// Host functions by name.
    type Linker<S: Send + 'static>: Send + Sync;
    /// A module with all its imports resolved, ready to be instantiated many times.
    type Linked<S: Send + 'static>: Send + Sync;
    /// An instance of a module, living in a store.
    type Instance: Clone + Send + Sync + 'static;
    /// A function of a store, as it can stand in a function table. Clones are the same function.
    type FuncRef: Clone + Send + Sync + 'static;
    /// A guest function whose type is only known at run time.
    type DynFunc: Clone + Send + Sync + 'static;
    /// Memory and state of a store, inside a host function and outside.
    type Context<'a, S: Send + 'static>: Context<State = S>;

    /// An engine with the given settings.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a setting the runtime does not have.
    fn engine(config: &EngineConfig) -> Result<Self::Engine>;

    /// Validates and compiles a module in the binary format.
    ///
    /// # Errors
    ///
    /// [`Error::Runtime`](crate::Error::Runtime) with the runtime's reason if the module is not
    /// valid or uses a proposal that the runtime does not have.
    fn compile(engine: &Self::Engine, wasm: &[u8]) -> Result<Self::Module>;

    /// A store with `state` in it and no memory bound.
    ///
    /// # Errors
    ///
    /// [`Error::Runtime`](crate::Error::Runtime) if the runtime cannot make one.
    fn store<S: Send + 'static>(engine: &Self::Engine, state: S) -> Result<Self::Store<S>>;

    /// The state of a store.
    fn state<S: Send + 'static>(store: &Self::Store<S>) -> &S;

    /// The state of a store, writable.
    fn state_mut<S: Send + 'static>(store: &mut Self::Store<S>) -> &mut S;

    /// A linker without functions.
    fn linker<S: Send + 'static>(engine: &Self::Engine) -> Self::Linker<S>;

    /// Resolves all imports of a module. Functions the module does not import are no error.
    ///
    /// # Errors
    ///
    /// [`LinkError::Imports`](crate::error::LinkError::Imports) with *every* import that is missing
    /// or of another type; [`Error::Mismatch`](crate::Error::Mismatch).
    fn link<S: Send + 'static>(
        linker: &Self::Linker<S>,
        module: &Self::Module,
    ) -> Result<Self::Linked<S>>;

    /// Instantiates a linked module and runs its start function, if it has one.
    ///
    /// A start function runs before a memory can be bound;
    /// [`module::prepare`](crate::module::prepare) moves it to an export for that reason.
    ///
    /// # Errors
    ///
    /// [`Error::Trap`](crate::Error::Trap) and host errors from the start function or from
    /// segments that do not fit; [`Error::Runtime`](crate::Error::Runtime) if the host does not have
    /// the memory that the module declares; [`Error::Mismatch`](crate::Error::Mismatch).
    fn instantiate<S: Send + 'static>(
        linked: &Self::Linked<S>,
        store: &mut Self::Store<S>,
    ) -> Result<Self::Instance>;

    /// Memory and state of a store, between guest calls.
    fn context<S: Send + 'static>(store: &mut Self::Store<S>) -> Self::Context<'_, S>;

    /// A context for a shorter while.
    fn reborrow<'a, S: Send + 'static>(cx: &'a mut Self::Context<'_, S>) -> Self::Context<'a, S>;

    /// Makes an exported memory the linear memory of the instance's store, once and for all
    /// contexts: no look-up by name happens later. Binding again replaces it.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport);
    /// [`Error::Mismatch`](crate::Error::Mismatch).
    fn bind_memory<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
    ) -> Result<()>;

    /// Makes an exported table of functions the function table of the instance's store, once and
    /// for all contexts. Binding again replaces it.
    ///
    /// Function pointers of a C plugin are indices into this table. Only tables of `funcref` with
    /// 32-bit indices are function tables.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport), also for a table of
    /// another kind; [`Error::Mismatch`](crate::Error::Mismatch).
    fn bind_table<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
    ) -> Result<()>;

    /// Elements of the function table, read anew on each call because the guest may grow it.
    ///
    /// # Errors
    ///
    /// [`TableError::Unbound`](crate::error::TableError::Unbound).
    fn table_size<S: Send + 'static>(cx: &mut Self::Context<'_, S>) -> Result<u32>;

    /// Grows the function table by null elements, and returns its size before. Growing by 0 returns
    /// the present size.
    ///
    /// Elements are host memory, and not every runtime survives a host that has no more of it: grow
    /// by what is needed, and only tables with a maximum by what a guest asks for.
    ///
    /// # Errors
    ///
    /// [`TableError::Grow`](crate::error::TableError::Grow) when the table's maximum or the runtime
    /// do not allow it; nothing has changed then.
    /// [`TableError::Unbound`](crate::error::TableError::Unbound).
    fn table_grow<S: Send + 'static>(cx: &mut Self::Context<'_, S>, by: u32) -> Result<u32>;

    /// Puts a function, or null, into the function table.
    ///
    /// # Errors
    ///
    /// [`TableError::OutOfBounds`](crate::error::TableError::OutOfBounds),
    /// [`TableError::Unbound`](crate::error::TableError::Unbound);
    /// [`Error::Mismatch`](crate::Error::Mismatch) for a function of another store. Nothing has
    /// changed then.
    fn table_set<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        index: u32,
        func: Option<&Self::FuncRef>,
    ) -> Result<()>;

    /// The type of the function at an index of the function table.
    ///
    /// A runtime may keep some bytes for each look-up until the store is dropped (wasmer does).
    ///
    /// # Errors
    ///
    /// [`TableError::OutOfBounds`](crate::error::TableError::OutOfBounds),
    /// [`TableError::Null`](crate::error::TableError::Null),
    /// [`TableError::Unbound`](crate::error::TableError::Unbound).
    fn table_func_type<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        index: u32,
    ) -> Result<FuncType>;

    /// The present value of an exported global.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport), also for a global that
    /// is no number; [`Error::Mismatch`](crate::Error::Mismatch).
    fn global<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
    ) -> Result<Value>;

    /// Sets an exported mutable global.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport),
    /// [`LinkError::ImmutableGlobal`](crate::error::LinkError::ImmutableGlobal),
    /// [`LinkError::GlobalType`](crate::error::LinkError::GlobalType);
    /// [`Error::Mismatch`](crate::Error::Mismatch).
    fn set_global<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
        value: Value,
    ) -> Result<()>;

    /// An exported function whose type is only known at run time, looked up once for many calls.
    ///
    /// Code that knows the signature uses [`Export`](crate::Export), whose calls are faster.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport);
    /// [`Error::Mismatch`](crate::Error::Mismatch) if the instance lives in another store.
    fn dyn_func<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
    ) -> Result<Self::DynFunc>;

    /// The same for the function at an index of the function table. The handle stays what it is if
    /// the table changes later.
    ///
    /// # Errors
    ///
    /// Those of [`table_func_type`](Self::table_func_type).
    fn dyn_func_at<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        index: u32,
    ) -> Result<Self::DynFunc>;

    /// The function's type.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`](crate::Error::Mismatch) for a function of another store.
    fn dyn_type<S: Send + 'static>(
        cx: &Self::Context<'_, S>,
        func: &Self::DynFunc,
    ) -> Result<FuncType>;

    /// Whether the function lives in this context's store.
    fn dyn_belongs<S: Send + 'static>(cx: &Self::Context<'_, S>, func: &Self::DynFunc) -> bool;

    /// Calls it. `results` is as long as the function's results are many; what is in it before does
    /// not matter.
    ///
    /// # Errors
    ///
    /// Those of [`Export::call`](crate::Export::call);
    /// [`Error::Runtime`](crate::Error::Runtime), before the guest runs, if `params` are not of the
    /// function's types or `results` are too few or too many.
    fn dyn_call<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        func: &Self::DynFunc,
        params: &[Value],
        results: &mut [Value],
    ) -> Result<()>;

    /// Registers a host function whose type is only known at run time: see
    /// [`Import::import`](crate::Import::import). `f` finds results of the right types, all zero,
    /// and overwrites them.
    ///
    /// # Errors
    ///
    /// [`LinkError::DuplicateImport`](crate::error::LinkError::DuplicateImport);
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a type with anything but numbers in it.
    /// When the guest calls it, results of other types are [`Error::Runtime`](crate::Error::Runtime).
    fn dyn_import<S, F>(
        linker: &mut Self::Linker<S>,
        module: &str,
        name: &str,
        ty: &FuncType,
        f: F,
    ) -> Result<()>
    where
        S: Send + 'static,
        F: for<'a> Fn(Self::Context<'a, S>, &[Value], &mut [Value]) -> Result<()>
            + Send
            + Sync
            + 'static;

    /// Makes `f` a function of this context's store: see
    /// [`Import::function`](crate::Import::function).
    ///
    /// # Errors
    ///
    /// [`Error::Runtime`](crate::Error::Runtime) if the runtime cannot make one;
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a type with anything but numbers in it.
    fn dyn_function<S, F>(
        cx: &mut Self::Context<'_, S>,
        ty: &FuncType,
        f: F,
    ) -> Result<Self::FuncRef>
    where
        S: Send + 'static,
        F: for<'a> Fn(Self::Context<'a, S>, &[Value], &mut [Value]) -> Result<()>
            + Send
            + Sync
            + 'static;

    /// Calls an exported function whose type is only known at run time, by name.
    ///
    /// For tools: each call looks the function up and boxes its values.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport);
    /// [`LinkError::ExportType`](crate::error::LinkError::ExportType), before the guest runs, if the
    /// arguments are not of the function's types or a result is no number
    /// ([`check_dynamic_call`]); those of [`Export::call`](crate::Export::call).
    fn call_dynamic<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
        arguments: &[Value],
    ) -> Result<Vec<Value>> {
        let func = Self::dyn_func(cx, instance, name)?;
        let ty = Self::dyn_type(cx, &func)?;
        check_dynamic_call(name, &ty, arguments)?;
        // Overwritten by the call.
        let mut results = alloc::vec![Value::I32(0); ty.results.len()];
        Self::dyn_call(cx, &func, arguments, &mut results)?;
        Ok(results)
    }
}

/// Settings of an engine that are not one runtime's own.
///
/// For everything else make the runtime's own engine and hand it to the backend
/// (`hostheap_backend_wasmtime::Engine::from(engine)` and the like).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineConfig {
    /// Bytes of address space to reserve for each linear memory, so that growth within them does
    /// not move it. `Some(0)` makes memory move on every growth, which is what tests want and
    /// what devices with little address space need. `None` is the runtime's default.
    pub memory_reservation: Option<u64>,
    /// Bytes of stack that guest code may use: how many calls that is differs between runtimes, and
    /// each has a least size that it rounds up to. `None` is the runtime's default.
    pub max_stack: Option<usize>,
}

impl EngineConfig {
    /// The runtime's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`memory_reservation`](Self::memory_reservation).
    #[must_use]
    pub fn memory_reservation(mut self, bytes: u64) -> Self {
        self.memory_reservation = Some(bytes);
        self
    }

    /// Sets [`max_stack`](Self::max_stack).
    #[must_use]
    pub fn max_stack(mut self, bytes: usize) -> Self {
        self.max_stack = Some(bytes);
        self
    }
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident: $words:literal,)*) => {
        /// What a runtime can do beyond what every backend must.
        ///
        /// Conformance cases that need one of these are skipped, and listed as such, where it is
        /// absent. Built from [`NONE`](Self::NONE):
        ///
        /// ```
        /// use hostheap_core::Capabilities;
        /// const MINE: Capabilities = Capabilities::NONE.with_no_std().with_max_stack();
        /// assert!(MINE.no_std && !MINE.native_code);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Capabilities {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Capabilities {
            /// None of them.
            pub const NONE: Capabilities = Capabilities { $($name: false),* };

            /// Name in words and presence of each capability, in a fixed order, for tables.
            pub fn rows(self) -> impl Iterator<Item = (&'static str, bool)> {
                [$(($words, self.$name)),*].into_iter()
            }
        }
    };
}
capabilities! {
    /// Compiles to machine code: needs a processor it knows, and executable memory.
    native_code: "compiles to machine code",
    /// Works without the Rust standard library.
    no_std: "works without std",
    /// Obeys [`EngineConfig::memory_reservation`].
    memory_reservation: "memory reservation can be set",
    /// Linear memory moves when it grows, by default, so that a stale pointer would be noticed.
    moves_memory: "memory moves on growth by default",
    /// Obeys [`EngineConfig::max_stack`].
    max_stack: "stack limit can be set",
    /// A trap's detail names the guest functions that were on the stack.
    trap_backtrace: "traps name the guest functions on the stack",
    /// Resolves imports once for many instances.
    prelinks: "links once, instantiates many times",
}

macro_rules! with {
    ($($with:ident = $name:ident)*) => {
        impl Capabilities {
            $(
                #[doc = concat!("With [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                #[must_use]
                pub const fn $with(mut self) -> Self {
                    self.$name = true;
                    self
                }
            )*
        }
    };
}
with! {
    with_native_code = native_code
    with_no_std = no_std
    with_memory_reservation = memory_reservation
    with_moves_memory = moves_memory
    with_max_stack = max_stack
    with_trap_backtrace = trap_backtrace
    with_prelinks = prelinks
}
