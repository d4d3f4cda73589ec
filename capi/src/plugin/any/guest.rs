//! A plugin, between calls and from inside a host function.

use core::any::Any;
use std::sync::Arc;

use hostheap_core::contract::Prototype;
use hostheap_core::convention::dynamic::{Answer, Argument, DynFunc, HostCall};
use hostheap_core::convention::{Callback, GuestBlock};
use hostheap_core::error::Mismatch;
use hostheap_core::heap::Heap;
use hostheap_core::{AsGuest, Backend, CallSite, Context, Result, Value, allocate};

use crate::plugin::host::{HostFunction, run};
use crate::plugin::shared::Host;

/// A [`Plugin`](hostheap_core::Plugin), or the [`Guest`](hostheap_core::Guest) of a host function.
pub(crate) trait AnyGuest {
    fn func(&mut self, name: &str, prototype: &Prototype) -> Result<Box<dyn Any>>;
    fn func_at(&mut self, index: u32, prototype: &Prototype) -> Result<Box<dyn Any>>;
    /// `func` comes from this plugin's `func` or `func_at`.
    fn call(&mut self, func: &dyn Any, arguments: &mut [Argument<'_>], size: u32)
    -> Result<Answer>;
    fn callback(&mut self, prototype: &Prototype, function: Arc<HostFunction>) -> Result<Callback>;
    fn remove(&mut self, callback: Callback) -> Result<()>;

    fn memory_size(&mut self) -> Result<u64>;
    fn memory_grow(&mut self, bytes: u64) -> Result<u64>;
    fn bytes(&mut self, offset: u32, len: u32, f: &mut dyn FnMut(&mut [u8])) -> Result<()>;
    fn copy_within(&mut self, from: u32, to: u32, len: u32) -> Result<()>;

    fn malloc(&mut self, size: u32) -> Result<u32>;
    fn calloc(&mut self, count: u32, size: u32) -> Result<u32>;
    fn aligned_alloc(&mut self, align: u32, size: u32) -> Result<u32>;
    fn realloc(&mut self, offset: u32, size: u32) -> Result<u32>;
    fn free(&mut self, offset: u32) -> Result<()>;
    fn usable_size(&mut self, offset: u32) -> Result<u32>;
    fn take_bytes(&mut self, offset: u32, len: u32) -> Result<Vec<u8>>;
    fn heap(&mut self, f: &mut dyn FnMut(&Heap));
    fn call_site(&mut self, offset: u32) -> Option<CallSite>;

    fn keep(&mut self, bytes: &[u8]) -> Result<GuestBlock>;
    fn kept(&mut self, block: &GuestBlock, f: &mut dyn FnMut(&mut [u8])) -> Result<()>;
    fn give(&mut self, block: GuestBlock) -> Result<u32>;
    fn release(&mut self, block: GuestBlock) -> Result<()>;

    fn global(&mut self, name: &str) -> Result<Value>;
    fn set_global(&mut self, name: &str, value: Value) -> Result<()>;

    fn is_poisoned(&mut self) -> bool;
    fn clear_poison(&mut self);
}

impl<B: Backend, P: AsGuest<Backend = B, State = Host>> AnyGuest for P {
    fn func(&mut self, name: &str, prototype: &Prototype) -> Result<Box<dyn Any>> {
        Ok(Box::new(self.as_guest().dyn_func(name, prototype)?))
    }

    fn func_at(&mut self, index: u32, prototype: &Prototype) -> Result<Box<dyn Any>> {
        Ok(Box::new(self.as_guest().dyn_func_at(index, prototype)?))
    }

    fn call(
        &mut self,
        func: &dyn Any,
        arguments: &mut [Argument<'_>],
        size: u32,
    ) -> Result<Answer> {
        match func.downcast_ref::<DynFunc<B, Host>>() {
            Some(func) => func.call(self, arguments, size),
            None => Err(Mismatch::FunctionOfOtherStore.into()),
        }
    }

    fn callback(&mut self, prototype: &Prototype, function: Arc<HostFunction>) -> Result<Callback> {
        let run = move |call: &mut HostCall<'_, '_, B, Host>| run(&function, call);
        self.as_guest().dyn_callback(prototype, run)
    }

    fn remove(&mut self, callback: Callback) -> Result<()> {
        callback.remove(self)
    }

    fn memory_size(&mut self) -> Result<u64> {
        self.as_guest().context().memory_size()
    }

    fn memory_grow(&mut self, bytes: u64) -> Result<u64> {
        self.as_guest().context().grow(bytes)
    }

    fn bytes(&mut self, offset: u32, len: u32, f: &mut dyn FnMut(&mut [u8])) -> Result<()> {
        self.as_guest().with_bytes(offset, len, f)
    }

    fn copy_within(&mut self, from: u32, to: u32, len: u32) -> Result<()> {
        self.as_guest().context().copy_within(from, to, len)
    }

    fn malloc(&mut self, size: u32) -> Result<u32> {
        self.as_guest().malloc(size)
    }

    fn calloc(&mut self, count: u32, size: u32) -> Result<u32> {
        allocate::calloc(self.as_guest().context(), count, size)
    }

    fn aligned_alloc(&mut self, align: u32, size: u32) -> Result<u32> {
        allocate::aligned_alloc(self.as_guest().context(), align, size)
    }

    fn realloc(&mut self, offset: u32, size: u32) -> Result<u32> {
        allocate::realloc(self.as_guest().context(), offset, size)
    }

    fn free(&mut self, offset: u32) -> Result<()> {
        self.as_guest().free(offset)
    }

    fn usable_size(&mut self, offset: u32) -> Result<u32> {
        allocate::usable_size(self.as_guest().context_ref(), offset)
    }

    fn take_bytes(&mut self, offset: u32, len: u32) -> Result<Vec<u8>> {
        self.as_guest().take_bytes(offset, len)
    }

    fn heap(&mut self, f: &mut dyn FnMut(&Heap)) {
        f(self.as_guest().heap());
    }

    fn call_site(&mut self, offset: u32) -> Option<CallSite> {
        self.as_guest().call_site(offset)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<GuestBlock> {
        self.as_guest().keep(bytes)
    }

    fn kept(&mut self, block: &GuestBlock, f: &mut dyn FnMut(&mut [u8])) -> Result<()> {
        block.with(self, f)
    }

    fn give(&mut self, block: GuestBlock) -> Result<u32> {
        block.give(self)
    }

    fn release(&mut self, block: GuestBlock) -> Result<()> {
        block.free(self)
    }

    fn global(&mut self, name: &str) -> Result<Value> {
        self.as_guest().global(name)
    }

    fn set_global(&mut self, name: &str, value: Value) -> Result<()> {
        self.as_guest().set_global(name, value)
    }

    fn is_poisoned(&mut self) -> bool {
        self.as_guest().is_poisoned()
    }

    fn clear_poison(&mut self) {
        self.as_guest().clear_poison();
    }
}
