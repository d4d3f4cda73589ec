//! A plugin as its host sees it: between calls, and from inside a host function.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::module::ModuleFacts;
use super::state::State;
use crate::allocate;
use crate::context::Context;
use crate::convention::{
    Arguments, ConventionError, FromGuest, Func, Target, call_dynamic, call_flat, take,
};
use crate::error::{Error, LinkError, Result};
use crate::export::Export;
use crate::heap::Heap;
use crate::link::check_dynamic_call;
use crate::memory::range;
use crate::module::ModuleInfo;
use crate::runtime::Runtime;
use crate::sites::{CallSite, site_of};
use crate::types::WasmTypes;
use crate::value::{FuncType, Value};

/// A plugin as its host sees it: memory, heap, exports, and the host's own state `T`.
///
/// A host function gets one as its first parameter; [`Plugin::guest`](super::Plugin::guest) makes
/// one between calls. [`context`](Self::context) gives the neutral context for raw access to
/// memory.
pub struct Guest<'a, B: Runtime, T: Send + 'static> {
    cx: B::Context<'a, State<B, T>>,
    /// A host function's guest stays on its thread: the runtimes measure the stack of that one.
    stays: PhantomData<*mut ()>,
}

/// Things that calls can be made on: a [`Plugin`](super::Plugin), or the [`Guest`] of a host
/// function.
pub trait AsGuest {
    /// The runtime.
    type Backend: Runtime;
    /// The host's state.
    type State: Send + 'static;
    /// The plugin, for a while.
    fn as_guest(&mut self) -> Guest<'_, Self::Backend, Self::State>;
}

impl<B: Runtime, T: Send + 'static> AsGuest for Guest<'_, B, T> {
    type Backend = B;
    type State = T;
    #[inline]
    fn as_guest(&mut self) -> Guest<'_, B, T> {
        Guest::new(B::reborrow(&mut self.cx))
    }
}

/// So that what a plugin passed is read through the guest: `text.read(guest)`.
impl<B: Runtime, T: Send + 'static> Context for Guest<'_, B, T> {
    type State = State<B, T>;

    #[inline]
    fn memory(&self) -> Result<&[u8]> {
        self.cx.memory()
    }
    #[inline]
    fn memory_mut(&mut self) -> Result<&mut [u8]> {
        self.cx.memory_mut()
    }
    #[inline]
    fn split_mut(&mut self) -> Result<(&mut [u8], &mut State<B, T>)> {
        self.cx.split_mut()
    }
    #[inline]
    fn state(&self) -> &State<B, T> {
        self.cx.state()
    }
    #[inline]
    fn state_mut(&mut self) -> &mut State<B, T> {
        self.cx.state_mut()
    }
    #[inline]
    fn grow(&mut self, bytes: u64) -> Result<u64> {
        self.cx.grow(bytes)
    }
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for Guest<'_, B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guest<{}>({:?})", B::NAME, self.cx.state())
    }
}

impl<'a, B: Runtime, T: Send + 'static> Guest<'a, B, T> {
    #[inline]
    pub(crate) fn new(cx: B::Context<'a, State<B, T>>) -> Self {
        Guest { cx, stays: PhantomData }
    }

    /// The host's state.
    pub fn state(&self) -> &T {
        &self.cx.state().user
    }

    /// The host's state, writable.
    pub fn state_mut(&mut self) -> &mut T {
        &mut self.cx.state_mut().user
    }

    /// Linear memory and the host's state at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unbound`].
    pub fn memory_and_state(&mut self) -> Result<(&mut [u8], &mut T)> {
        let (memory, state) = self.cx.split_mut()?;
        Ok((memory, &mut state.user))
    }

    /// The neutral context: size, bytes, growth of linear memory.
    #[inline]
    pub fn context(&mut self) -> &mut B::Context<'a, State<B, T>> {
        &mut self.cx
    }

    /// The neutral context, for reading: [`GuestStr::read`](crate::convention::GuestStr::read) and
    /// the like.
    #[inline]
    pub fn context_ref(&self) -> &B::Context<'a, State<B, T>> {
        &self.cx
    }

    /// All of linear memory.
    ///
    /// # Errors
    ///
    /// [`Error::Unbound`].
    pub fn memory(&self) -> Result<&[u8]> {
        self.cx.memory()
    }

    /// The heap, for statistics and for finding blocks.
    pub fn heap(&self) -> &Heap {
        &self.cx.state().heap
    }

    /// From which line of the plugin's source a live block was asked for: see
    /// [`Plugin::call_site`](crate::Plugin::call_site).
    pub fn call_site(&mut self, offset: u32) -> Option<CallSite> {
        site_of(&mut self.cx, offset)
    }

    /// What was known of the module before it ran.
    pub fn info(&self) -> &ModuleInfo {
        &self.cx.state().facts.info
    }

    /// A new block of the plugin's heap, as its own `malloc` would give: `size` bytes at a
    /// multiple of 16. Whoever is told of it frees it. In a plugin that brings its own `malloc`, this
    /// calls it.
    ///
    /// # Errors
    ///
    /// [`Error::Alloc`].
    pub fn malloc(&mut self, size: u32) -> Result<u32> {
        if self.cx.state().released.any() {
            self.free_released();
        }
        if self.cx.state().own.is_some() {
            return self.own_malloc(size);
        }
        allocate::malloc(&mut self.cx, size)
    }

    /// Frees a block, as the plugin's own `free` would; 0 is nothing.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPointer`] unless `offset` is the start of a live block.
    pub fn free(&mut self, offset: u32) -> Result<()> {
        if self.cx.state().own.is_some() {
            return self.own_free(offset);
        }
        allocate::free(&mut self.cx, offset)
    }

    /// The present value of an exported global.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport).
    pub fn global(&mut self, name: &str) -> Result<Value> {
        let instance = self.instance()?;
        B::global(&mut self.cx, &instance, name)
    }

    /// Sets an exported mutable global.
    ///
    /// # Errors
    ///
    /// Those of [`Runtime::set_global`].
    pub fn set_global(&mut self, name: &str, value: Value) -> Result<()> {
        let instance = self.instance()?;
        B::set_global(&mut self.cx, &instance, name, value)
    }

    /// Finds an exported function: see [`Plugin::func`](super::Plugin::func).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn func<A, R>(&mut self, name: &str) -> Result<Func<B, A::Static, R>>
    where
        A: Arguments,
        R: FromGuest<B, A::Flat>,
    {
        let instance = self.instance()?;
        let facts = self.cx.state().facts.clone();
        let ty = facts.info.export_func(name).map_err(LinkError::from)?;
        let target = Target::Export { instance: &instance, name };
        Func::resolve(&mut self.cx, &target, ty)
    }

    /// Calls an exported function by name: see [`Plugin::call`](super::Plugin::call).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn call<A, R>(&mut self, name: &str, arguments: A) -> Result<R>
    where
        A: Arguments,
        R: FromGuest<B, A::Flat>,
    {
        self.func::<A, R>(name)?.call_guest(self, arguments)
    }

    /// Calls an exported function by its wasm signature:
    /// see [`Plugin::call_raw`](super::Plugin::call_raw).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn call_raw<P, R>(&mut self, name: &str, params: P) -> Result<R>
    where
        P: WasmTypes,
        R: WasmTypes,
        B: Export<P, R>,
    {
        let instance = self.instance()?;
        let func = <B as Export<P, R>>::func(&mut self.cx, &instance, name)?;
        call_flat::<B, T, P, R>(self, &func, params)
    }

    /// Calls an exported function whose type is only known at run time, without the convention:
    /// offsets and numbers as they are.
    ///
    /// For tools: it is slower than [`call_raw`](Self::call_raw). Its type is
    /// [`info().export_func(name)`](ModuleInfo::export_func).
    ///
    /// # Errors
    ///
    /// Those of [`Runtime::call_dynamic`], and [`Error::Poisoned`].
    pub fn call_dynamic(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Value>> {
        let instance = self.instance()?;
        // Here as well as in the backend, so that a call refused for its types is none.
        let found = self.info().export_func(name).map_err(LinkError::from)?;
        check_dynamic_call(name, found, arguments)?;
        call_dynamic(self, &instance, name, arguments)
    }

    /// Copies bytes that a plugin's function returned by offset and length, and frees the block
    /// that they lie in, as the convention does for a `Vec<u8>`.
    ///
    /// For results of [`call_raw`](Self::call_raw) and [`call_dynamic`](Self::call_dynamic). Static
    /// data is copied only.
    ///
    /// # Errors
    ///
    /// [`Error::Convention`] if the bytes lie neither in one live block nor in static data, or are
    /// more than [`Limits::max_transfer`](super::Limits::max_transfer). The block that they begin
    /// in, if there is one, is freed in any case.
    pub fn take_bytes(&mut self, offset: u32, len: u32) -> Result<Vec<u8>> {
        take(self, offset, len.into(), |bytes| Ok(bytes.to_vec()))
    }

    /// Whether calls are refused because the plugin was unwound in mid-call.
    pub fn is_poisoned(&self) -> bool {
        self.cx.state().poisoned
    }

    /// Allows calls again after a trap.
    ///
    /// The heap is consistent after any trap, but what the plugin itself was doing is half done:
    /// its data may be inconsistent, and its stack pointer is where the trap left it. Use this
    /// only if you know that the plugin can bear it.
    pub fn clear_poison(&mut self) {
        self.cx.state_mut().poisoned = false;
    }

    /// Whether the module exports a function of this name and type.
    pub(crate) fn exports(&self, name: &str, ty: &FuncType) -> bool {
        self.info().export_func(name) == Ok(ty)
    }

    /// Begins a call: every successful `enter` is paired with a `leave`.
    #[inline(always)]
    pub(crate) fn enter(&mut self) -> Result<()> {
        let state = self.cx.state_mut();
        if !state.may_enter() {
            return self.enter_deeper(0);
        }
        state.depth += 1;
        Ok(())
    }

    /// Begins a call with a block of `size` bytes for its arguments and its result: every successful
    /// `enter_lending` is paired with a `leave_taking`.
    #[inline(always)]
    pub(crate) fn enter_lending(&mut self, size: u32) -> Result<u32> {
        // One look at the state for all of it: on some runtimes that is a search.
        let state = self.cx.state_mut();
        if state.may_enter()
            && let Some(offset) = state.heap.lend_cached(size)
        {
            state.depth += 1;
            return Ok(offset);
        }
        self.enter_lending_slowly(size)
    }

    /// The same in one go with writing the arguments, `room` bytes behind the first `out_room` of
    /// the block; `None`, and nothing happened, if it is not as easy as that. `write` cannot panic.
    #[inline(always)]
    pub(crate) fn enter_writing<F>(
        &mut self,
        size: u32,
        out_room: u32,
        room: u32,
        write: impl FnOnce(&mut [u8], u32) -> F,
    ) -> Option<(u32, F)> {
        let (memory, state) = self.cx.split_mut().ok()?;
        if !state.may_enter() {
            return None;
        }
        let block = state.heap.lend_cached(size)?;
        let at = block.wrapping_add(out_room);
        let Some(bytes) = range(at, room, memory.len()).ok().and_then(|at| memory.get_mut(at))
        else {
            state.heap.take_back(block);
            return None;
        };
        state.depth += 1;
        Some((block, write(bytes, at)))
    }

    /// Begins a call that may be `spare` levels deeper than others.
    #[cold]
    pub(crate) fn enter_deeper(&mut self, spare: u32) -> Result<()> {
        self.free_released();
        let state = self.cx.state_mut();
        if state.poisoned {
            return Err(Error::Poisoned);
        }
        if state.depth >= state.limits.max_depth.saturating_add(spare) {
            return Err(ConventionError::TooDeep { max: state.limits.max_depth }.into());
        }
        state.depth += 1;
        Ok(())
    }

    #[inline(never)]
    fn enter_lending_slowly(&mut self, size: u32) -> Result<u32> {
        self.enter()?;
        let lent = self.lend(size);
        if lent.is_err() {
            self.leave(true);
        }
        lent
    }

    /// Ends a call. A plugin whose frames were unwound in mid-call is not trusted again.
    #[inline(always)]
    pub(crate) fn leave(&mut self, consistent: bool) {
        let state = self.cx.state_mut();
        state.depth -= 1;
        state.poisoned |= !consistent;
    }

    /// The same for a call that has a block, which is given back.
    #[inline(always)]
    pub(crate) fn leave_taking(&mut self, consistent: bool, offset: u32) {
        let state = self.cx.state_mut();
        state.depth -= 1;
        state.poisoned |= !consistent;
        // The heap of a plugin with its own allocator has nothing at hand.
        if !state.heap.take_back_cached(offset) {
            self.take_back(offset);
        }
    }

    pub(crate) fn state_of_plugin(&self) -> &State<B, T> {
        self.cx.state()
    }

    /// What was known of the module, for longer than the guest is borrowed.
    pub(crate) fn facts(&self) -> Arc<ModuleFacts> {
        self.cx.state().facts.clone()
    }

    pub(crate) fn instance(&self) -> Result<B::Instance> {
        self.cx.state().instance.clone().ok_or_else(|| Error::Unbound)
    }
}
