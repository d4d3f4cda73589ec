//! Memory and state of a store.

use hostheap_core::error::GrowError;
use hostheap_core::memory::{PAGE, pages};
use hostheap_core::{Error, Result, StoreId};
use wasmer::FunctionEnvMut;

use crate::store::Slot;
use crate::view;

/// Memory and state of a store, inside a host function and outside.
///
/// It knows its store's identity itself: wasmer looks the store's data up for each access.
pub struct Context<'a, S: 'static>(pub(crate) FunctionEnvMut<'a, Slot<S>>, pub(crate) StoreId);

impl<S: Send + std::fmt::Debug> std::fmt::Debug for Context<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Context").field(&self.0.data().state).finish()
    }
}

impl<S: Send + 'static> Context<'_, S> {
    #[inline(always)]
    fn handle(&self) -> Result<wasmer::Memory> {
        self.0.data().memory.clone().ok_or_else(|| Error::Unbound)
    }

    #[inline]
    pub(crate) fn reborrow(&mut self) -> Context<'_, S> {
        Context(self.0.as_mut(), self.1)
    }
}

impl<S: Send + 'static> hostheap_core::Context for Context<'_, S> {
    type State = S;

    #[inline(always)]
    fn memory(&self) -> Result<&[u8]> {
        Ok(view::bytes(&self.handle()?, &self.0))
    }

    #[inline(always)]
    fn memory_mut(&mut self) -> Result<&mut [u8]> {
        Ok(view::bytes_mut(&self.handle()?, &mut self.0))
    }

    #[inline(always)]
    fn split_mut(&mut self) -> Result<(&mut [u8], &mut S)> {
        // The data is looked up once for both.
        match view::bytes_and_data(&mut self.0, |slot| slot.memory.as_ref()) {
            Some((memory, slot)) => Ok((memory, &mut slot.state)),
            None => Err(Error::Unbound),
        }
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
        let grown = match u32::try_from(pages(bytes)) {
            Ok(pages) => memory.grow(&mut self.0, wasmer::Pages(pages)).ok(),
            Err(_) => None,
        };
        match grown {
            Some(before) => Ok(u64::from(before.0) * PAGE),
            None => {
                let size = memory.view(&self.0).data_size();
                let max = memory.ty(&self.0).maximum.map(|pages| u64::from(pages.0) * PAGE);
                Err(GrowError { size, additional: bytes, max }.into())
            }
        }
    }
}
