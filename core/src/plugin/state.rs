//! What a store holds for one plugin.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::ops::Range;

use super::module::ModuleFacts;
use super::own::Own;
use crate::allocate::{HasHeap, OnInvalidPointer};
use crate::convention::{Callbacks, LiftLimits, Released};
use crate::error::Error;
use crate::heap::{Growth, Hardening, Heap, HeapConfig};
use crate::module::Certainty;
use crate::runtime::Runtime;
use crate::sites::{HasSites, Sites};

/// What a plugin may use, beyond the size of its memory
/// (see [`LoadOptions`](super::LoadOptions)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most live bytes that the plugin's heap may hold; malloc returns NULL beyond.
    pub max_heap_bytes: u64,
    /// The most live blocks; malloc returns NULL beyond. It bounds the host's own bookkeeping.
    pub max_blocks: u32,
    /// The most bytes that one string or buffer may have on its way to the host.
    pub max_transfer: u32,
    /// The most calls of the plugin that may be in progress at once, each made by a host function
    /// that the one before called. It bounds the host's own stack.
    pub max_depth: u32,
    /// The most bytes that one block may have; malloc returns NULL beyond. Never more than 2 GiB - 1,
    /// since compilers assume that no object is larger than a `ptrdiff_t` can tell.
    pub max_block: u32,
    /// How much memory the plugin's heap asks for when it needs some.
    pub growth: Growth,
    /// What a free of something that is no live block leads to.
    pub on_invalid_pointer: OnInvalidPointer,
    /// What the heap does beyond its duty to make the plugin's mistakes show.
    pub hardening: Hardening,
}

impl Default for Limits {
    /// 4 GiB, 16 Mi blocks, 256 MiB, 64 calls deep, blocks of 2 GiB - 1, the heap's usual growth,
    /// trap, nothing beyond duty.
    fn default() -> Self {
        Limits {
            max_heap_bytes: 1 << 32,
            max_blocks: 1 << 24,
            max_transfer: 256 << 20,
            max_depth: 64,
            max_block: MAX_OBJECT,
            growth: Growth::default(),
            on_invalid_pointer: OnInvalidPointer::Trap,
            hardening: Hardening::default(),
        }
    }
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`max_heap_bytes`](Self::max_heap_bytes).
    #[must_use]
    pub fn max_heap_bytes(mut self, bytes: u64) -> Self {
        self.max_heap_bytes = bytes;
        self
    }

    /// Sets [`max_blocks`](Self::max_blocks).
    #[must_use]
    pub fn max_blocks(mut self, blocks: u32) -> Self {
        self.max_blocks = blocks;
        self
    }

    /// Sets [`max_transfer`](Self::max_transfer).
    #[must_use]
    pub fn max_transfer(mut self, bytes: u32) -> Self {
        self.max_transfer = bytes;
        self
    }

    /// Sets [`max_depth`](Self::max_depth).
    #[must_use]
    pub fn max_depth(mut self, calls: u32) -> Self {
        self.max_depth = calls;
        self
    }

    /// Sets [`max_block`](Self::max_block).
    #[must_use]
    pub fn max_block(mut self, bytes: u32) -> Self {
        self.max_block = bytes;
        self
    }

    /// Sets [`growth`](Self::growth).
    #[must_use]
    pub fn growth(mut self, growth: Growth) -> Self {
        self.growth = growth;
        self
    }

    /// Sets [`hardening`](Self::hardening).
    #[must_use]
    pub fn hardening(mut self, hardening: Hardening) -> Self {
        self.hardening = hardening;
        self
    }

    /// Sets [`on_invalid_pointer`](Self::on_invalid_pointer).
    #[must_use]
    pub fn on_invalid_pointer(mut self, policy: OnInvalidPointer) -> Self {
        self.on_invalid_pointer = policy;
        self
    }
}

/// Compilers assume that no object is larger than a `ptrdiff_t` can tell, and every libc's malloc
/// gives NULL beyond.
const MAX_OBJECT: u32 = i32::MAX as u32;

/// The state of a plugin's store: its heap, what is known of it, and the host's own state `T`.
pub struct State<B: Runtime, T: Send + 'static> {
    pub(super) heap: Heap,
    pub(super) limits: Limits,
    pub(super) facts: Arc<ModuleFacts>,
    /// `None` until the module is instantiated.
    pub(super) instance: Option<B::Instance>,
    /// Calls in progress.
    pub(super) depth: u32,
    /// The guest was unwound in mid-call.
    pub(super) poisoned: bool,
    /// What guards of blocks and callbacks released since the plugin was last used.
    pub(super) released: Arc<Released>,
    /// The next guard's generation.
    pub(super) generation: u32,
    /// Closures of the host's in the plugin's function table.
    pub(super) callbacks: Callbacks,
    /// From where the plugin's blocks were asked for, if the host wants to know.
    pub(super) sites: Option<Box<Sites>>,
    /// The plugin's own allocator, where it brings one.
    pub(super) own: Option<Own<B, T>>,
    pub(super) user: T,
}

impl<B: Runtime, T: Send + 'static> State<B, T> {
    pub(super) fn new(facts: Arc<ModuleFacts>, limits: Limits, user: T) -> Self {
        let config = HeapConfig::new(facts.heap_start)
            .max_live_bytes(limits.max_heap_bytes)
            .max_blocks(limits.max_blocks)
            .max_block(limits.max_block.min(MAX_OBJECT))
            .growth(limits.growth)
            .hardening(limits.hardening);
        let heap = Heap::new(config);
        State {
            heap,
            limits,
            facts,
            instance: None,
            depth: 0,
            poisoned: false,
            released: Arc::default(),
            generation: 0,
            callbacks: Callbacks::default(),
            sites: None,
            own: None,
            user,
        }
    }
}

impl<B: Runtime, T: Send + 'static> State<B, T> {
    /// Whether a guard was made by this plugin.
    pub(crate) fn owns(&self, released: &Arc<Released>) -> bool {
        Arc::ptr_eq(&self.released, released)
    }

    /// Whether a call may begin without further ado.
    #[inline(always)]
    pub(super) fn may_enter(&self) -> bool {
        !self.poisoned && self.depth < self.limits.max_depth && !self.released.any()
    }

    /// Where guards of this plugin say that they are dropped.
    pub(crate) fn released(&self) -> &Arc<Released> {
        &self.released
    }

    /// The closures in the plugin's function table.
    pub(crate) fn callbacks(&self) -> &Callbacks {
        &self.callbacks
    }

    /// The same, writable.
    pub(crate) fn callbacks_mut(&mut self) -> &mut Callbacks {
        &mut self.callbacks
    }

    /// Whether the host keeps a block of this generation there.
    pub(crate) fn is_kept(&self, offset: u32, generation: u32) -> bool {
        match &self.own {
            Some(own) => own.kept.get(&offset) == Some(&generation),
            None => self.heap.is_kept(offset, generation),
        }
    }

    /// Whether the plugin brings its own allocator.
    #[inline]
    pub(crate) fn is_legacy(&self) -> bool {
        self.own.is_some()
    }

    /// Whether an offset lies in a block that a legacy plugin was lent.
    pub(crate) fn lends(&self, offset: u32) -> bool {
        let Some(own) = &self.own else { return false };
        own.lent.iter().any(|(start, end)| (*start..*end).contains(&offset))
            || own.kept.contains_key(&offset)
    }
}

impl<B: Runtime, T: Send + 'static> HasHeap for State<B, T> {
    #[inline]
    fn heap(&self) -> &Heap {
        &self.heap
    }

    #[inline]
    fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    fn growth_forbidden(&self) -> Option<Error> {
        self.facts.no_heap.clone().map(Error::from)
    }

    fn on_invalid_pointer(&self) -> OnInvalidPointer {
        self.limits.on_invalid_pointer
    }
}

impl<B: Runtime, T: Send + 'static> HasSites for State<B, T> {
    fn heap_and_sites(&mut self) -> (&Heap, Option<&mut Sites>) {
        (&self.heap, self.sites.as_deref_mut())
    }
}

impl<B: Runtime, T: Send + 'static> LiftLimits for State<B, T> {
    fn max_transfer(&self) -> u32 {
        self.limits.max_transfer
    }

    fn static_data(&self) -> Range<u32> {
        let layout = self.facts.info.layout();
        // Nothing lies at NULL; and a stack that comes first ends where the data starts.
        let start = match (layout.stack_pointer, layout.data_start) {
            (Some(stack), Some(data)) if stack <= data => stack.max(1),
            _ => 1,
        };
        // Where the linker's own heap base is not known, a plugin's own heap may start right behind
        // the data.
        let end = match (self.own.is_some(), layout.certainty(), layout.data_end) {
            (true, Certainty::Exact, _) | (false, ..) => layout.heap_base,
            (true, _, end) => end.unwrap_or(start),
        };
        start..end
    }
}

impl<B: Runtime, T: Send + 'static> core::fmt::Debug for State<B, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("State")
            .field("backend", &B::NAME)
            .field("heap", &self.heap.stats())
            .field("poisoned", &self.poisoned)
            .finish_non_exhaustive()
    }
}
