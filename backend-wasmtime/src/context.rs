//! Memory and state of a store.

use hostheap_core::error::GrowError;
use hostheap_core::memory::{PAGE, pages};
use hostheap_core::{Error, Result};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::store::Slot;

/// Memory and state of a store, inside a host function and outside.
pub struct Context<'a, S: 'static>(pub(crate) StoreContextMut<'a, Slot<S>>);

impl<S: std::fmt::Debug> std::fmt::Debug for Context<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Context").field(&self.0.data().state).finish()
    }
}

impl<S: 'static> Context<'_, S> {
    #[inline(always)]
    fn handle(&self) -> Result<wasmtime::Memory> {
        self.0.data().memory.ok_or_else(|| Error::Unbound)
    }

    #[inline]
    pub(crate) fn reborrow(&mut self) -> Context<'_, S> {
        Context(self.0.as_context_mut())
    }
}

impl<S: Send + 'static> hostheap_core::Context for Context<'_, S> {
    type State = S;

    #[inline(always)]
    fn memory(&self) -> Result<&[u8]> {
        Ok(self.handle()?.data(&self.0))
    }

    #[inline(always)]
    fn memory_mut(&mut self) -> Result<&mut [u8]> {
        Ok(self.handle()?.data_mut(&mut self.0))
    }

    #[inline(always)]
    fn split_mut(&mut self) -> Result<(&mut [u8], &mut S)> {
        let (memory, slot) = self.handle()?.data_and_store_mut(&mut self.0);
        Ok((memory, &mut slot.state))
    }

    #[inline]
    fn state(&self) -> &S {
        &self.0.data().state
    }

    #[inline]
    fn state_mut(&mut self) -> &mut S {
        &mut self.0.data_mut().state
    }

    fn grow(&mut self, bytes: u64) -> Result<u64> {
        let memory = self.handle()?;
        match memory.grow(&mut self.0, pages(bytes)) {
            Ok(before) => Ok(before * PAGE),
            Err(_) => {
                let size = memory.data_size(&self.0) as u64;
                let max = memory.ty(&self.0).maximum().map(|pages| pages.saturating_mul(PAGE));
                Err(GrowError { size, additional: bytes, max }.into())
            }
        }
    }
}
