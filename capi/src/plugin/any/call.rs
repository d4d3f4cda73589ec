//! A call of a host function.

use hostheap_core::contract::Prototype;
use hostheap_core::convention::GuestError;
use hostheap_core::convention::dynamic::{Argument, HostCall, Number, Taken};
use hostheap_core::{Backend, Result};

use super::AnyGuest;
use crate::plugin::shared::Host;

/// A [`HostCall`].
pub(crate) trait AnyCall {
    fn guest(&mut self) -> &mut dyn AnyGuest;
    /// What the plugin's instance belongs to.
    fn host(&mut self) -> &Host;
    fn prototype(&self) -> &Prototype;
    fn len(&self) -> usize;
    fn take(&mut self, index: usize, size: u32) -> Result<Taken>;
    fn write_back(&mut self, index: usize, bytes: &[u8]) -> Result<()>;
    fn give(&mut self, result: Argument<'_>) -> Result<()>;
    fn give_tuple(&mut self, results: &[Number]) -> Result<()>;
    fn give_error(&mut self, error: &GuestError) -> Result<()>;
    fn lacks_result(&self) -> bool;
}

impl<B: Backend> AnyCall for HostCall<'_, '_, B, Host> {
    fn guest(&mut self) -> &mut dyn AnyGuest {
        self.guest()
    }

    fn host(&mut self) -> &Host {
        self.guest().state()
    }

    fn prototype(&self) -> &Prototype {
        self.prototype()
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn take(&mut self, index: usize, size: u32) -> Result<Taken> {
        self.take(index, size)
    }

    fn write_back(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        self.write_back(index, bytes)
    }

    fn give(&mut self, result: Argument<'_>) -> Result<()> {
        self.give(result)
    }

    fn give_tuple(&mut self, results: &[Number]) -> Result<()> {
        self.give_tuple(results)
    }

    fn give_error(&mut self, error: &GuestError) -> Result<()> {
        self.give_error(error)
    }

    fn lacks_result(&self) -> bool {
        self.lacks_result()
    }
}
