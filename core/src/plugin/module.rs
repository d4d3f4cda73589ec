//! Engines and modules.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::own::Allocator;
use super::plan::LoadPlan;
use crate::contract::{Contract, Report};
use crate::error::{Error, Result};
use crate::module::{ModuleError, ModuleInfo, RewriteNote, Survey};
use crate::runtime::{EngineConfig, Runtime};

/// Loads plugins. Clones are the same engine.
pub struct Engine<B: Runtime> {
    pub(super) inner: B::Engine,
}

impl<B: Runtime> Clone for Engine<B> {
    fn clone(&self) -> Self {
        Engine { inner: self.inner.clone() }
    }
}

impl<B: Runtime> fmt::Debug for Engine<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine<{}>", B::NAME)
    }
}

/// How a module is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The most bytes of linear memory that the plugin may have, however much it declares;
    /// rounded down to whole pages. `None` leaves what the module declares, 4 GiB at the most.
    ///
    /// It is written into the module as its memory's maximum, so it holds alike on every runtime,
    /// against the plugin's own `memory.grow` too.
    pub max_memory: Option<u64>,
    /// The most elements that the plugin's tables may have together: each is some bytes of host
    /// memory. Like the memory's, this limit is written into the module. `None` sets none. Room for
    /// [`callback_slots`](Self::callback_slots) is there in any case.
    pub max_table_elements: Option<u64>,
    /// Exports of the plugin that allocate and free, for one that brings its own allocator under
    /// other names than `malloc` and `free`. Those are found without this.
    pub plugin_allocator: Option<(String, String)>,
    /// Elements that the plugin's function table can grow by, for functions of the host's that the
    /// plugin calls through function pointers, however low
    /// [`max_table_elements`](Self::max_table_elements) is.
    ///
    /// The room is not the host's alone: a plugin's own `table.grow`, which C compilers do not make,
    /// may use it up, and the plugin harms nobody but itself then.
    pub callback_slots: u32,
    /// What to do with a plugin that has an allocator inside which it does not export.
    pub own_heap: OwnHeap,
    /// What the plugin may import and must export. One that breaks it is refused, with everything
    /// that is wrong with it.
    pub contract: Option<Contract>,
}

/// What to do with a plugin that has an allocator of its own inside, beside the host's heap: it
/// imports malloc and has another one as well, or has one that it does not export. What was found
/// is in [`ModuleInfo::census`].
///
/// Two allocators in one memory that both believe that everything above the static data is theirs
/// hand out the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OwnHeap {
    /// What is safe, which depends on what was found:
    ///
    /// - A plugin that does not import malloc, and whose own is known by the names of its functions,
    ///   is served through that, as if it exported it ([`Allocator::Plugin`]).
    /// - Where the allocator only takes what it grew itself, the host's heap starts
    ///   [`Above`](Self::Above) it.
    /// - Where it [may take pages that the host grew](crate::module::Census::may_take_grown_pages),
    ///   there is no safe place. A plugin that imports malloc is refused with
    ///   [`ModuleError::OwnHeap`]; any other is loaded, and that is the error of the first call that
    ///   needs the host's heap, so that plugins which only pass numbers work.
    #[default]
    Auto,
    /// The host's heap starts at the end of the memory that the plugin declares, instead of at its
    /// heap base, whatever the plugin's allocator does.
    Above,
    /// The plugin is refused: [`ModuleError::OwnHeap`].
    Refuse,
    /// The host's heap starts at the heap base all the same: for a plugin whose code grows the
    /// memory for other reasons.
    Ignore,
}

impl Default for LoadOptions {
    /// The memory that the module declares; a million table elements; 256 callbacks; a heap above
    /// the plugin's own, if it has one.
    fn default() -> Self {
        LoadOptions {
            max_memory: None,
            max_table_elements: Some(1_000_000),
            plugin_allocator: None,
            callback_slots: 256,
            own_heap: OwnHeap::default(),
            contract: None,
        }
    }
}

impl LoadOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`max_table_elements`](Self::max_table_elements).
    #[must_use]
    pub fn max_table_elements(mut self, elements: u64) -> Self {
        self.max_table_elements = Some(elements);
        self
    }

    /// Sets [`plugin_allocator`](Self::plugin_allocator): the names of two exports,
    /// `void *malloc(size_t)` and `void free(void *)` in C.
    #[must_use]
    pub fn plugin_allocator(mut self, malloc: impl Into<String>, free: impl Into<String>) -> Self {
        self.plugin_allocator = Some((malloc.into(), free.into()));
        self
    }

    /// Sets [`callback_slots`](Self::callback_slots).
    #[must_use]
    pub fn callback_slots(mut self, slots: u32) -> Self {
        self.callback_slots = slots;
        self
    }

    /// Sets [`own_heap`](Self::own_heap).
    #[must_use]
    pub fn own_heap(mut self, own_heap: OwnHeap) -> Self {
        self.own_heap = own_heap;
        self
    }

    /// Sets [`contract`](Self::contract).
    ///
    /// ```
    /// use hostheap_core::LoadOptions;
    /// use hostheap_core::contract::Contract;
    ///
    /// let contract = Contract::new("filter").export("greet", "(str) -> string".parse()?);
    /// let options = LoadOptions::new().contract(contract);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contract(mut self, contract: Contract) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Sets [`max_memory`](Self::max_memory), in bytes.
    #[must_use]
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.max_memory = Some(bytes);
        self
    }
}

impl<B: Runtime> Engine<B> {
    /// An engine with the runtime's default settings.
    ///
    /// # Errors
    ///
    /// If the runtime cannot work on this machine.
    pub fn new() -> Result<Self> {
        Self::with_config(&EngineConfig::new())
    }

    /// An engine with the given settings.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a setting the runtime does not have.
    pub fn with_config(config: &EngineConfig) -> Result<Self> {
        Ok(Engine { inner: B::engine(config)? })
    }

    /// An engine of the backend, made by other means.
    pub fn from_backend(inner: B::Engine) -> Self {
        Engine { inner }
    }

    /// Examines and compiles a plugin from its bytes in the binary format.
    ///
    /// # Errors
    ///
    /// [`Error::Module`](crate::Error::Module) if it cannot be a plugin;
    /// [`Error::Runtime`](crate::Error::Runtime) if the runtime does not accept it.
    pub fn load(&self, wasm: &[u8]) -> Result<Module<B>> {
        self.load_with(wasm, &LoadOptions::new())
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load), [`Error::Module`](crate::Error::Module) if the options
    /// do not fit the module, and [`Error::Contract`](crate::Error::Contract) if it breaks the
    /// contract.
    pub fn load_with(&self, wasm: &[u8], options: &LoadOptions) -> Result<Module<B>> {
        let survey = Survey::read(wasm)?;
        let report = options.contract.as_ref().map(|contract| contract.check_survey(&survey));
        if let Some(report) = report.as_ref().filter(|report| !report.passes()) {
            return Err(Error::Contract(Box::new(report.clone())));
        }
        let info = survey.into_info()?;
        let LoadPlan { prepared, allocator, heap_start, no_heap } = options.plan(wasm, &info)?;
        let inner = B::compile(&self.inner, &prepared.wasm)?;
        let facts = Arc::new(ModuleFacts {
            memory_export: prepared.memory_export,
            table_export: prepared.table_export,
            start_export: prepared.start_export,
            notes: prepared.notes,
            allocator,
            heap_start,
            no_heap,
            report,
            info,
        });
        Ok(Module { inner, facts })
    }
}

/// What is known of a module without its runtime.
#[derive(Debug)]
pub(crate) struct ModuleFacts {
    pub(crate) info: ModuleInfo,
    /// First byte of the host's heap.
    pub(crate) heap_start: u32,
    /// Why the host's heap cannot be used.
    pub(crate) no_heap: Option<ModuleError>,
    /// Name under which the memory is exported, perhaps by our own doing.
    pub(crate) memory_export: String,
    /// Name under which the function table is exported, if there is one.
    pub(crate) table_export: Option<String>,
    /// Name under which a start function was put, to run once the memory is bound.
    pub(crate) start_export: Option<String>,
    notes: Vec<RewriteNote>,
    /// What a contract had to say.
    report: Option<Report>,
    /// Whose malloc the plugin lives on.
    pub(crate) allocator: Allocator,
}

/// A plugin, examined and compiled, ready to be linked. Clones are the same module.
pub struct Module<B: Runtime> {
    pub(super) inner: B::Module,
    pub(super) facts: Arc<ModuleFacts>,
}

impl<B: Runtime> Clone for Module<B> {
    fn clone(&self) -> Self {
        Module { inner: self.inner.clone(), facts: self.facts.clone() }
    }
}

impl<B: Runtime> fmt::Debug for Module<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module<{}>({:?})", B::NAME, self.facts)
    }
}

impl<B: Runtime> Module<B> {
    /// Imports, exports, memory and layout, as the author's bytes have them.
    pub fn info(&self) -> &ModuleInfo {
        &self.facts.info
    }

    /// Whose allocator its memory is managed by.
    pub fn allocator(&self) -> &Allocator {
        &self.facts.allocator
    }

    /// First byte of the host's heap in the plugin's memory: its heap base, or the end of what it
    /// declares, if [it has a heap of its own](OwnHeap).
    pub fn heap_start(&self) -> u32 {
        self.facts.heap_start
    }

    /// What the [contract](LoadOptions::contract) has to say about it, if there is one: no errors,
    /// perhaps warnings.
    pub fn report(&self) -> Option<&Report> {
        self.facts.report.as_ref()
    }

    /// What was changed in the module before it was compiled, and why.
    pub fn rewrites(&self) -> &[RewriteNote] {
        &self.facts.notes
    }
}
