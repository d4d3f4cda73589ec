//! hostheap, on each runtime.

use super::{PLUGIN, System};
use anyhow::Result;
use bytemuck::{Pod, Zeroable};
use hostheap::convention::CStruct;
use hostheap::generic::{Backend, Engine, Func, Linker, Plugin};

/// `struct eight` of the plugin.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Eight([f64; 8]);

impl CStruct for Eight {
    const C_NAME: &'static str = "struct eight";
}

/// The plugin without an allocator, called by hostheap.
pub(super) struct Ours<B: Backend> {
    plugin: Plugin<B, ()>,
    nothing: Func<B, (), ()>,
    greet: Func<B, (&'static str,), String>,
    twice: Func<B, (&'static Eight,), Eight>,
    strings: Func<B, (&'static [&'static str],), u64>,
    pass: Func<B, (&'static [u8],), u32>,
    fetch: Func<B, (u32,), Vec<u8>>,
    sum: Func<B, (&'static [u8],), u64>,
    reverse: Func<B, (&'static [u8],), Vec<u8>>,
}

impl<B: Backend> Ours<B> {
    /// A running plugin and its functions.
    pub(super) fn new() -> Result<Self> {
        let engine = Engine::<B>::new()?;
        let module = engine.load(PLUGIN)?;
        let mut plugin = Linker::<B, ()>::new(&engine).instantiate(&module, ())?;
        Ok(Ours {
            nothing: plugin.func::<(), ()>("nothing")?,
            greet: plugin.func::<(&str,), String>("greet")?,
            twice: plugin.func::<(&Eight,), Eight>("twice")?,
            strings: plugin.func::<(&[&str],), u64>("strings")?,
            pass: plugin.func::<(&[u8],), u32>("pass")?,
            fetch: plugin.func::<(u32,), Vec<u8>>("fetch")?,
            sum: plugin.func::<(&[u8],), u64>("sum")?,
            reverse: plugin.func::<(&[u8],), Vec<u8>>("reverse")?,
            plugin,
        })
    }
}

impl<B: Backend> System for Ours<B> {
    #[inline]
    fn nothing(&mut self) -> Result<()> {
        Ok(self.nothing.call(&mut self.plugin, ())?)
    }

    #[inline]
    fn greet(&mut self, name: &str) -> Result<String> {
        Ok(self.greet.call(&mut self.plugin, (name,))?)
    }

    #[inline]
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]> {
        Ok(self.twice.call(&mut self.plugin, (&Eight(*numbers),))?.0)
    }

    #[inline]
    fn strings(&mut self, strings: &[&str]) -> Result<u64> {
        Ok(self.strings.call(&mut self.plugin, (strings,))?)
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        Ok(self.pass.call(&mut self.plugin, (bytes,))?)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        Ok(self.fetch.call(&mut self.plugin, (len,))?)
    }

    #[inline]
    fn sum(&mut self, bytes: &[u8]) -> Result<u64> {
        Ok(self.sum.call(&mut self.plugin, (bytes,))?)
    }

    #[inline]
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(self.reverse.call(&mut self.plugin, (bytes,))?)
    }
}
