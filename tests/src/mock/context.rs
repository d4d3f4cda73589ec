//! Memory and state of a store.

use hostheap_core::Result;
use hostheap_core::error::GrowError;
use hostheap_core::memory::{PAGE, pages};

use super::store::Store;

/// Memory and state of a store, inside a host function and outside.
pub struct Context<'a, S: 'static>(pub(super) &'a mut Store<S>);

impl<S: std::fmt::Debug> std::fmt::Debug for Context<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Context").field(&self.0.state).finish()
    }
}

impl<S: 'static> Context<'_, S> {
    pub(super) fn reborrow(&mut self) -> Context<'_, S> {
        Context(self.0)
    }
}

impl<S: Send + 'static> hostheap_core::Context for Context<'_, S> {
    type State = S;

    fn memory(&self) -> Result<&[u8]> {
        Ok(self.0.bound_memory()?.bytes())
    }

    fn memory_mut(&mut self) -> Result<&mut [u8]> {
        Ok(self.0.bound_memory_mut()?.0.bytes_mut())
    }

    fn split_mut(&mut self) -> Result<(&mut [u8], &mut S)> {
        let (memory, state) = self.0.bound_memory_mut()?;
        Ok((memory.bytes_mut(), state))
    }

    fn state(&self) -> &S {
        &self.0.state
    }

    fn state_mut(&mut self) -> &mut S {
        &mut self.0.state
    }

    fn grow(&mut self, bytes: u64) -> Result<u64> {
        let (memory, _) = self.0.bound_memory_mut()?;
        match memory.grow(pages(bytes)) {
            Some(before) => Ok(before * PAGE),
            None => {
                let size = memory.bytes().len() as u64;
                let max = memory.declared_max().map(|pages| pages.saturating_mul(PAGE));
                Err(GrowError { size, additional: bytes, max }.into())
            }
        }
    }
}
