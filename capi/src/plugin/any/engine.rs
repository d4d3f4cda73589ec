//! Engines and modules.

use core::any::Any;

use hostheap_core::contract::Report;
use hostheap_core::module::{ModuleInfo, RewriteNote};
use hostheap_core::plugin::Allocator;
use hostheap_core::{Backend, Capabilities, Engine, Linker, LoadOptions, Module, Result};

use super::AnyLinker;
use crate::plugin::shared::Host;

/// An [`Engine`].
pub(crate) trait AnyEngine: Send + Sync {
    fn runtime(&self) -> &'static str;
    fn capabilities(&self) -> Capabilities;
    fn load(&self, wasm: &[u8], options: &LoadOptions) -> Result<Box<dyn AnyModule>>;
    fn linker(&self) -> Box<dyn AnyLinker>;
}

impl<B: Backend> AnyEngine for Engine<B> {
    fn runtime(&self) -> &'static str {
        B::NAME
    }

    fn capabilities(&self) -> Capabilities {
        B::CAPABILITIES
    }

    fn load(&self, wasm: &[u8], options: &LoadOptions) -> Result<Box<dyn AnyModule>> {
        Ok(Box::new(self.load_with(wasm, options)?))
    }

    fn linker(&self) -> Box<dyn AnyLinker> {
        Box::new(Linker::<B, Host>::new(self))
    }
}

/// A [`Module`].
pub(crate) trait AnyModule: Any + Send + Sync {
    fn info(&self) -> &ModuleInfo;
    fn allocator(&self) -> &Allocator;
    fn heap_start(&self) -> u32;
    fn report(&self) -> Option<&Report>;
    fn rewrites(&self) -> &[RewriteNote];
}

impl<B: Backend> AnyModule for Module<B> {
    fn info(&self) -> &ModuleInfo {
        self.info()
    }

    fn allocator(&self) -> &Allocator {
        self.allocator()
    }

    fn heap_start(&self) -> u32 {
        self.heap_start()
    }

    fn report(&self) -> Option<&Report> {
        self.report()
    }

    fn rewrites(&self) -> &[RewriteNote] {
        self.rewrites()
    }
}
