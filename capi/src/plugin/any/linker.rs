//! Linkers, and what is linked.

use core::any::Any;
use std::sync::Arc;

use hostheap_core::contract::Prototype;
use hostheap_core::convention::dynamic::HostCall;
use hostheap_core::error::Mismatch;
use hostheap_core::{Backend, Limits, Linked, Linker, Module, Result};

use super::{AnyGuest, AnyModule};
use crate::plugin::host::{HostFunction, run};
use crate::plugin::shared::Host;

/// A [`Linker`].
pub(crate) trait AnyLinker: Send + Sync {
    fn limits(&mut self, limits: Limits);
    fn call_sites(&mut self, wanted: bool);
    fn func(
        &mut self,
        module: &str,
        name: &str,
        prototype: &Prototype,
        function: Arc<HostFunction>,
    ) -> Result<()>;
    fn link(&self, module: &dyn AnyModule) -> Result<Box<dyn AnyLinked>>;
}

impl<B: Backend> AnyLinker for Linker<B, Host> {
    fn limits(&mut self, limits: Limits) {
        self.limits(limits);
    }

    fn call_sites(&mut self, wanted: bool) {
        self.call_sites(wanted);
    }

    fn func(
        &mut self,
        module: &str,
        name: &str,
        prototype: &Prototype,
        function: Arc<HostFunction>,
    ) -> Result<()> {
        let run = move |call: &mut HostCall<'_, '_, B, Host>| run(&function, call);
        self.dyn_func(module, name, prototype, run)?;
        Ok(())
    }

    fn link(&self, module: &dyn AnyModule) -> Result<Box<dyn AnyLinked>> {
        let module: &dyn Any = module;
        let module = module.downcast_ref::<Module<B>>().ok_or(Mismatch::ModuleOfOtherEngine)?;
        Ok(Box::new(self.link(module)?))
    }
}

/// A [`Linked`].
pub(crate) trait AnyLinked: Send + Sync {
    fn instantiate(&self, host: Host) -> Result<Box<dyn AnyGuest>>;
}

impl<B: Backend> AnyLinked for Linked<B, Host> {
    fn instantiate(&self, host: Host) -> Result<Box<dyn AnyGuest>> {
        Ok(Box::new(self.instantiate(host)?))
    }
}
