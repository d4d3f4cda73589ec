//! What cases are built with: modules from text, bare instances, plugins.

use hostheap_core::{Export, Limits, Linker, LoadOptions, Plugin, Result, Runtime, types};

use crate::guests;
use crate::subject::Subject;

/// The backend of a subject.
pub type B<S> = <S as Subject>::Backend;
/// A context of a subject's backend over state `T`.
pub type Cx<'a, S, T> = <B<S> as Runtime>::Context<'a, T>;
/// A linker of a subject's backend over state `T`, below the plugin layer.
pub type RawLinker<S, T> = <B<S> as Runtime>::Linker<T>;
/// A plugin on a subject's backend.
pub type PluginOf<S, T = ()> = Plugin<B<S>, T>;
/// A guest on a subject's backend, as host functions see it.
pub type GuestOf<'a, S, T = ()> = hostheap_core::Guest<'a, B<S>, T>;

/// Assembles a module.
#[track_caller]
pub fn wasm(wat: &str) -> Vec<u8> {
    match wat::parse_str(wat) {
        Ok(wasm) => wasm,
        Err(error) => panic!("{error}"),
    }
}

/// An instance below the plugin layer: the neutral traits and nothing else.
pub struct Raw<S: Subject, T: Send + 'static = ()> {
    /// Its engine.
    pub engine: <B<S> as Runtime>::Engine,
    /// Its store.
    pub store: <B<S> as Runtime>::Store<T>,
    /// Itself.
    pub instance: <B<S> as Runtime>::Instance,
}

impl<S: Subject, T: Send + 'static> std::fmt::Debug for Raw<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raw<{}>", S::name())
    }
}

impl<S: Subject> Raw<S> {
    /// An instance of a module without imports.
    #[track_caller]
    pub fn new(wat: &str) -> Self {
        Self::with(wat, (), |_| {})
    }

    /// The same with its memory bound, which is exported as `memory`.
    #[track_caller]
    pub fn bound(wat: &str) -> Self {
        Self::new(wat).bind()
    }
}

impl<S: Subject, T: Send + 'static> Raw<S, T> {
    /// An instance with the host functions that `define` registers.
    #[track_caller]
    pub fn with(wat: &str, state: T, define: impl FnOnce(&mut RawLinker<S, T>)) -> Self {
        match Self::try_with(wat, state, define) {
            Ok(raw) => raw,
            Err(error) => panic!("{}: {error:?}", S::name()),
        }
    }

    /// The same, or why not.
    ///
    /// # Errors
    ///
    /// Those of compiling, linking and instantiating.
    pub fn try_with(
        wat: &str,
        state: T,
        define: impl FnOnce(&mut RawLinker<S, T>),
    ) -> Result<Self> {
        let engine = S::runtime_engine();
        let module = B::<S>::compile(&engine, &wasm(wat))?;
        let mut linker = B::<S>::linker::<T>(&engine);
        define(&mut linker);
        let linked = B::<S>::link(&linker, &module)?;
        let mut store = B::<S>::store(&engine, state)?;
        let instance = B::<S>::instantiate(&linked, &mut store)?;
        Ok(Raw { engine, store, instance })
    }

    /// With its memory bound, which is exported as `memory`.
    #[track_caller]
    pub fn bind(mut self) -> Self {
        let instance = self.instance.clone();
        let bound = B::<S>::bind_memory(&mut self.cx(), &instance, "memory");
        bound.expect("the module exports its memory");
        self
    }

    /// Memory and state, between calls.
    pub fn cx(&mut self) -> Cx<'_, S, T> {
        B::<S>::context(&mut self.store)
    }

    /// Looks an exported function up and calls it.
    ///
    /// # Errors
    ///
    /// Those of [`Export::func`] and [`Export::call`].
    pub fn call<P, R>(&mut self, name: &str, params: P) -> Result<R>
    where
        P: types::WasmTypes,
        R: types::WasmTypes,
        B<S>: Export<P, R>,
    {
        let instance = self.instance.clone();
        let mut cx = self.cx();
        let func = <B<S> as Export<P, R>>::func(&mut cx, &instance, name)?;
        <B<S> as Export<P, R>>::call(&mut cx, &func, params)
    }
}

/// A plugin from text that imports the malloc family at most.
#[track_caller]
pub fn plugin<S: Subject>(wat: &str) -> PluginOf<S> {
    load::<S>(&wasm(wat))
}

/// A plugin from bytes that imports the malloc family at most.
#[track_caller]
pub fn load<S: Subject>(wasm: &[u8]) -> PluginOf<S> {
    match try_load::<S, ()>(wasm, (), |_| {}) {
        Ok(plugin) => plugin,
        Err(error) => panic!("{}: {error:?}", S::name()),
    }
}

/// A plugin from text with limits.
#[track_caller]
pub fn limited<S: Subject>(wat: &str, limits: Limits) -> PluginOf<S> {
    plugin_with::<S, ()>(wat, (), |linker| {
        linker.limits(limits);
    })
}

/// A plugin from text with the host functions that `define` registers.
#[track_caller]
pub fn plugin_with<S: Subject, T: Send + 'static>(
    wat: &str,
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> PluginOf<S, T> {
    match try_load::<S, T>(&wasm(wat), state, define) {
        Ok(plugin) => plugin,
        Err(error) => panic!("{}: {error:?}", S::name()),
    }
}

/// A plugin from bytes with the host functions that `define` registers, or why not.
///
/// # Errors
///
/// Those of loading, linking and instantiating.
pub fn try_load<S: Subject, T: Send + 'static>(
    wasm: &[u8],
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> Result<PluginOf<S, T>> {
    try_load_with::<S, T>(wasm, &LoadOptions::new(), state, define)
}

/// The same with options.
///
/// # Errors
///
/// Those of loading, linking and instantiating.
pub fn try_load_with<S: Subject, T: Send + 'static>(
    wasm: &[u8],
    options: &LoadOptions,
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> Result<PluginOf<S, T>> {
    let engine = S::plugin_engine();
    let module = engine.load_with(wasm, options)?;
    let mut linker = Linker::<B<S>, T>::new(&engine);
    define(&mut linker);
    linker.instantiate(&module, state)
}

/// A plugin whose exports are the malloc family itself: the guest side of the heap.
#[derive(Debug)]
pub struct Family<S: Subject> {
    /// The plugin.
    pub plugin: PluginOf<S>,
}

macro_rules! family {
    ($($name:ident($($param:ident),*) -> $R:ty = $export:literal;)*) => {
        $(
            #[doc = concat!("What the guest's call of `", $export, "` gives.")]
            ///
            /// # Errors
            ///
            /// Those of the call.
            pub fn $name(&mut self, $($param: u32),*) -> Result<$R> {
                self.plugin.call($export, ($($param,)*))
            }
        )*
    };
}

impl<S: Subject> Family<S> {
    /// With default limits.
    #[track_caller]
    pub fn new() -> Self {
        Self::limited(&LoadOptions::new(), Limits::new())
    }

    /// With limits of its own.
    #[track_caller]
    pub fn limited(options: &LoadOptions, limits: Limits) -> Self {
        let wasm = guests::wasm("misbehaver");
        let plugin = try_load_with::<S, ()>(&wasm, options, (), |linker| {
            linker.limits(limits);
        });
        Family { plugin: plugin.expect("the plugin loads") }
    }

    /// How many blocks are live.
    pub fn live(&mut self) -> u32 {
        self.plugin.heap_stats().live_blocks
    }

    /// Bytes of memory at an offset.
    #[track_caller]
    pub fn bytes(&mut self, offset: u32, len: u32) -> Vec<u8> {
        let mut guest = self.plugin.guest();
        let bytes = hostheap_core::Context::bytes(guest.context(), offset, len);
        bytes.expect("the bytes exist").to_vec()
    }

    /// Sets bytes of memory, as a guest's store does.
    #[track_caller]
    pub fn fill(&mut self, offset: u32, byte: u8, len: u32) {
        let mut guest = self.plugin.guest();
        let filled = hostheap_core::Context::fill(guest.context(), offset, byte, len);
        filled.expect("the bytes exist");
    }

    family! {
        malloc(size) -> u32 = "raw_malloc";
        free(block) -> () = "raw_free";
        calloc(count, size) -> u32 = "raw_calloc";
        realloc(block, size) -> u32 = "raw_realloc";
        reallocarray(block, count, size) -> u32 = "raw_reallocarray";
        aligned_alloc(align, size) -> u32 = "raw_aligned_alloc";
        memalign(align, size) -> u32 = "raw_memalign";
        posix_memalign(out, align, size) -> i32 = "raw_posix_memalign";
        usable_size(block) -> u32 = "raw_malloc_usable_size";
        exhaust(size) -> u32 = "exhaust";
        release() -> u32 = "release";
        scribble(byte) -> u32 = "scribble";
    }
}

impl<S: Subject> Default for Family<S> {
    fn default() -> Self {
        Self::new()
    }
}
