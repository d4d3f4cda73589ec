//! A running plugin, owned by the host.

use alloc::boxed::Box;
use core::fmt;

use super::guest::{AsGuest, Guest};
use super::linker::Linked;
use super::own::Allocator;
use super::state::State;
use crate::context::Context;
use crate::convention::{Arguments, Callback, FromGuest, Func, GuestBlock, HostFunction, Pointee};
use crate::error::{AllocError, Error, Result};
use crate::export::Export;
use crate::heap::{Heap, HeapStats};
use crate::module::ModuleInfo;
use crate::runtime::Runtime;
use crate::sites::CallSite;
use crate::value::FuncType;

/// The start function of a WASI reactor: static constructors of C++ and the like.
///
/// Source: WASI "application ABI": a reactor's `_initialize` is called once, before any other
/// export.
const INITIALIZE: &str = "_initialize";

/// A running plugin: an instance with its memory, its heap and the host's state `T`.
///
/// Dropping it frees everything that it ever held.
pub struct Plugin<B: Runtime, T: Send + 'static> {
    store: B::Store<State<B, T>>,
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for Plugin<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin<{}>", B::NAME)
    }
}

impl<B, T> Plugin<B, T>
where
    B: Export<(), ()> + Export<(i32,), i32> + Export<(i32,), ()>,
    T: Send + 'static,
{
    pub(super) fn start(linked: &Linked<B, T>, user: T) -> Result<Self> {
        let mut state = State::new(linked.facts.clone(), linked.limits, user);
        state.sites = linked.traced.then(Box::default);
        let mut store = B::store(&linked.engine, state)?;
        let instance = B::instantiate(&linked.inner, &mut store)?;
        let mut plugin = Plugin { store };
        plugin.bind(instance)?;
        if let Allocator::Plugin { malloc, free } = &linked.facts.allocator {
            plugin.guest().use_own_allocator(malloc, free)?;
        }
        plugin.run_starts()?;
        Ok(plugin)
    }

    fn bind(&mut self, instance: B::Instance) -> Result<()> {
        let mut cx = B::context(&mut self.store);
        let facts = cx.state().facts.clone();
        B::bind_memory(&mut cx, &instance, &facts.memory_export)?;
        if let Some(name) = &facts.table_export {
            B::bind_table(&mut cx, &instance, name)?;
        }
        let size = cx.memory_size()?;
        let state = cx.state_mut();
        let base = u64::from(state.heap.base());
        // A heap base at the end of memory is normal: the first allocation grows.
        if base < size && state.heap.extend(base, size).is_err() {
            return Err(Error::Alloc(AllocError::OutOfMemory));
        }
        state.instance = Some(instance);
        Ok(())
    }

    /// Start section first, as instantiation would have run it; then the reactor's initialiser.
    fn run_starts(&mut self) -> Result<()> {
        let mut guest = self.guest();
        let facts = guest.state_of_plugin().facts.clone();
        let is_reactor = guest.exports(INITIALIZE, &FuncType::default());
        let starts = facts.start_export.as_deref().into_iter();
        for name in starts.chain(is_reactor.then_some(INITIALIZE)) {
            guest.call_raw::<(), ()>(name, ())?;
        }
        Ok(())
    }
}

impl<B: Runtime, T: Send + 'static> Plugin<B, T> {
    /// The plugin's memory, heap and state, for everything that is not a call.
    pub fn guest(&mut self) -> Guest<'_, B, T> {
        Guest::new(B::context(&mut self.store))
    }

    /// Finds an exported function and checks its signature, once for many calls.
    ///
    /// ```text
    /// let greet = plugin.func::<(&str,), String>("greet")?;
    /// let hello = greet.call(&mut plugin, ("World",))?;
    /// ```
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport), or
    /// [`LinkError::ExportSignature`](crate::error::LinkError::ExportSignature) with the C prototypes
    /// that would fit.
    pub fn func<A, R>(&mut self, name: &str) -> Result<Func<B, A::Static, R>>
    where
        A: Arguments,
        R: FromGuest<B, A::Flat>,
    {
        self.guest().func::<A, R>(name)
    }

    /// Calls an exported function by name. For many calls [`func`](Self::func) once.
    ///
    /// # Errors
    ///
    /// Those of [`func`](Self::func) and [`Func::call`].
    pub fn call<A, R>(&mut self, name: &str, arguments: A) -> Result<R>
    where
        A: Arguments,
        R: FromGuest<B, A::Flat>,
    {
        self.guest().call(name, arguments)
    }

    /// Calls an exported function by its wasm signature, without the convention: offsets and
    /// numbers as they are.
    ///
    /// # Errors
    ///
    /// Those of [`Export::func`] and [`Export::call`].
    pub fn call_raw<P, R>(&mut self, name: &str, params: P) -> Result<R>
    where
        P: crate::types::WasmTypes,
        R: crate::types::WasmTypes,
        B: Export<P, R>,
    {
        self.guest().call_raw(name, params)
    }

    /// The host's state.
    pub fn state(&self) -> &T {
        &B::state(&self.store).user
    }

    /// The host's state, writable; `std::mem::take` gets it out.
    pub fn state_mut(&mut self) -> &mut T {
        &mut B::state_mut(&mut self.store).user
    }

    /// The heap, for statistics and for finding blocks.
    pub fn heap(&self) -> &Heap {
        &B::state(&self.store).heap
    }

    /// From which line of the plugin's source the live block at `offset` was asked for: `None` if the
    /// plugin did not say, if the host did not want to know ([`Linker::call_sites`](crate::Linker::call_sites)),
    /// or if no live block starts there.
    ///
    /// ```text
    /// let blocks: Vec<_> = plugin.heap().blocks().collect();
    /// for block in blocks {
    ///     if let Some(site) = plugin.call_site(block.offset) {
    ///         println!("{} bytes from {site}", block.size); // 24 bytes from plugin.c:17
    ///     }
    /// }
    /// ```
    pub fn call_site(&mut self, offset: u32) -> Option<CallSite> {
        self.guest().call_site(offset)
    }

    /// Statistics of the heap.
    pub fn heap_stats(&self) -> HeapStats {
        self.heap().stats()
    }

    /// What was known of the module before it ran.
    pub fn info(&self) -> &ModuleInfo {
        &B::state(&self.store).facts.info
    }

    /// Whose allocator the plugin's memory is managed by.
    pub fn allocator(&self) -> &Allocator {
        &B::state(&self.store).facts.allocator
    }

    /// Puts a value into a block of the plugin's memory that the host keeps:
    /// see [`Guest::keep`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn keep<X: Pointee>(&mut self, value: X) -> Result<GuestBlock> {
        self.guest().keep(value)
    }

    /// Puts a closure into the plugin's function table, for the plugin to call by function pointer:
    /// see [`Guest::callback`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn callback<A, R, F>(&mut self, f: F) -> Result<Callback>
    where
        F: HostFunction<B, T, A, R>,
    {
        self.guest().callback(f)
    }

    /// Whether calls are refused because the plugin was unwound in mid-call:
    /// see [`Guest::clear_poison`].
    pub fn is_poisoned(&self) -> bool {
        B::state(&self.store).poisoned
    }
}

impl<B: Runtime, T: Send + 'static> AsGuest for Plugin<B, T> {
    type Backend = B;
    type State = T;
    #[inline]
    fn as_guest(&mut self) -> Guest<'_, B, T> {
        self.guest()
    }
}
