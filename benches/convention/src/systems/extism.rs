//! Extism, through its SDK.

use super::{EXTISM, System, to_bytes, to_numbers};
use anyhow::Result;
use extism::convert::Msgpack;
use extism::{Manifest, Plugin, PluginBuilder, Wasm};

/// A plugin of Extism's.
pub(super) struct Extism(Plugin);

impl Extism {
    /// A running plugin: without WASI, which it does not need, and without files.
    pub(super) fn new() -> Result<Self> {
        let manifest = Manifest::new([Wasm::data(EXTISM)]);
        Ok(Extism(PluginBuilder::new(manifest).with_cache_disabled().build()?))
    }
}

impl System for Extism {
    #[inline]
    fn nothing(&mut self) -> Result<()> {
        self.0.call("nothing", ())
    }

    #[inline]
    fn greet(&mut self, name: &str) -> Result<String> {
        self.0.call("greet", name)
    }

    #[inline]
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]> {
        to_numbers(self.0.call::<_, &[u8]>("twice", &to_bytes(numbers)[..])?)
    }

    #[inline]
    fn strings(&mut self, strings: &[&str]) -> Result<u64> {
        self.0.call("strings", Msgpack(strings))
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        self.0.call("pass", bytes)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        self.0.call("fetch", len)
    }

    #[inline]
    fn sum(&mut self, bytes: &[u8]) -> Result<u64> {
        self.0.call("sum", bytes)
    }

    #[inline]
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        self.0.call("reverse", bytes)
    }
}
