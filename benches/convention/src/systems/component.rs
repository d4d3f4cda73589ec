//! The component model, on wasmtime.

use super::raw::{told, wasmtime::engine};
use super::{COMPONENT, System};
use anyhow::Result;
use wasmtime::Store;
use wasmtime::component::{Component as Compiled, Linker};

/// What wasmtime's macro makes of the interface.
mod bindings {
    wasmtime::component::bindgen!({
        path: "guest/component/world.wit",
        world: "plugin",
        // Strings in lists as `&str`: by default the host has to make a `String` of each.
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}
use bindings::{Eight, Plugin};

/// A component.
pub(super) struct Component {
    store: Store<()>,
    plugin: Plugin,
}

impl Component {
    /// A running component.
    pub(super) fn new() -> Result<Self> {
        let engine = engine()?;
        let compiled = Compiled::from_binary(&engine, COMPONENT).map_err(told)?;
        let mut store = Store::new(&engine, ());
        let linker = Linker::new(&engine);
        let plugin = Plugin::instantiate(&mut store, &compiled, &linker).map_err(told)?;
        Ok(Component { store, plugin })
    }
}

impl System for Component {
    #[inline]
    fn nothing(&mut self) -> Result<()> {
        self.plugin.call_nothing(&mut self.store).map_err(told)
    }

    #[inline]
    fn greet(&mut self, name: &str) -> Result<String> {
        self.plugin.call_greet(&mut self.store, name).map_err(told)
    }

    #[inline]
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]> {
        let &[a, b, c, d, e, f, g, h] = numbers;
        let of = Eight { a, b, c, d, e, f, g, h };
        let Eight { a, b, c, d, e, f, g, h } =
            self.plugin.call_twice(&mut self.store, of).map_err(told)?;
        Ok([a, b, c, d, e, f, g, h])
    }

    #[inline]
    fn strings(&mut self, strings: &[&str]) -> Result<u64> {
        self.plugin.call_strings(&mut self.store, strings).map_err(told)
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        self.plugin.call_pass(&mut self.store, bytes).map_err(told)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        self.plugin.call_fetch(&mut self.store, len).map_err(told)
    }

    #[inline]
    fn sum(&mut self, bytes: &[u8]) -> Result<u64> {
        self.plugin.call_sum(&mut self.store, bytes).map_err(told)
    }

    #[inline]
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.plugin.call_reverse(&mut self.store, bytes).map_err(told)
    }
}
