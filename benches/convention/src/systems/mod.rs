//! The systems, each doing the same work.

mod by_hand;
#[cfg(feature = "component")]
mod component;
#[cfg(feature = "extism")]
mod extism;
mod floor;
mod kept;
#[cfg(feature = "wasm_runtime_layer")]
mod layer;
mod ours;
mod raw;

use crate::options::Options;
use crate::rows::Row;
use crate::work::Work;
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use raw::Raw;

/// The plugin without an allocator.
pub(crate) const PLUGIN: &[u8] = include_bytes!("../../guest/hostheap.wasm");
/// The plugin that exports its malloc.
pub(crate) const BY_HAND: &[u8] = include_bytes!("../../guest/by_hand.wasm");
/// The component.
pub(crate) const COMPONENT: &[u8] = include_bytes!("../../guest/component.wasm");
/// Extism's plugin.
pub(crate) const EXTISM: &[u8] = include_bytes!("../../guest/extism.wasm");

/// What every system can do, and how it is asked by a host that wants ordinary Rust values.
pub(crate) trait System {
    /// Whether its plugin really does the work.
    const CHECKED: bool = true;

    /// Whether it takes part in a row.
    fn takes(&self, _: Row) -> bool {
        true
    }

    /// Calls a function that does nothing.
    fn nothing(&mut self) -> Result<()>;
    /// "Hello, NAME!"
    fn greet(&mut self, name: &str) -> Result<String>;
    /// All numbers times two.
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]>;
    /// The total length.
    fn strings(&mut self, strings: &[&str]) -> Result<u64>;
    /// The first byte.
    fn pass(&mut self, bytes: &[u8]) -> Result<u32>;
    /// A block of so many bytes, of which the first is 1 and the last is 2.
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>>;
    /// The sum.
    fn sum(&mut self, bytes: &[u8]) -> Result<u64>;
    /// The bytes backwards.
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>>;
}

/// A way to call plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The runtime's own typed call that does nothing, for other rows to be compared with.
    #[value(skip)]
    NoOp,
    /// The same, and a memcpy.
    Floor,
    /// hostheap.
    Hostheap,
    /// The plugin exports malloc, and the host calls it.
    ByHand,
    /// The same with buffers that are kept from call to call.
    Kept,
    /// The crate wasm_runtime_layer.
    Layer,
    /// The component model.
    Component,
    /// Extism.
    Extism,
}

impl What {
    /// The name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            What::NoOp => "typed no-op call",
            What::Floor => "floor",
            What::Hostheap => "hostheap",
            What::ByHand => "by hand",
            What::Kept => "kept buffers",
            What::Layer => "wasm_runtime_layer",
            What::Component => "component model",
            What::Extism => "Extism",
        }
    }
}

/// A system on a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// Which system.
    pub(crate) what: What,
    /// Which runtime.
    pub(crate) runtime: &'static str,
}

impl Side {
    /// A system on a runtime.
    pub(crate) const fn new(what: What, runtime: &'static str) -> Self {
        Side { what, runtime }
    }
}

/// Somebody who takes part.
pub(crate) struct Contender {
    /// Who.
    pub(crate) side: Side,
    system: Box<dyn Run>,
}

/// [`System`] without its types: the loops are compiled for each.
trait Run {
    fn takes(&self, row: Row) -> bool;
    fn run(&mut self, row: Row, work: &Work, n: u32) -> Result<()>;
    fn check(&mut self, row: Row, work: &Work) -> Result<()>;
}

impl<S: System> Run for S {
    fn takes(&self, row: Row) -> bool {
        System::takes(self, row)
    }

    #[inline(never)]
    fn run(&mut self, row: Row, work: &Work, n: u32) -> Result<()> {
        work.run(self, row, n)
    }

    fn check(&mut self, row: Row, work: &Work) -> Result<()> {
        if S::CHECKED { work.check(self, row) } else { Ok(()) }
    }
}

impl Contender {
    /// Whether it takes part in a row.
    pub(crate) fn takes(&self, row: Row) -> bool {
        self.system.takes(row)
    }

    /// Does a row's work `n` times.
    pub(crate) fn run(&mut self, row: Row, work: &Work, n: u32) -> Result<()> {
        self.system.run(row, work, n)
    }

    /// Does the work of each row it takes part in twice, and looks at the results.
    pub(crate) fn check(&mut self, rows: &[Row], work: &Work) -> Result<()> {
        let Side { what, runtime } = self.side;
        for &row in rows.iter().chain(rows) {
            if !self.system.takes(row) {
                continue;
            }
            let who = || format!("{} on {runtime}", what.name());
            self.system.check(row, work).with_context(who)?;
        }
        Ok(())
    }
}

/// Everybody who is asked for and compiled in.
pub(crate) fn all(options: &Options) -> Result<Vec<Contender>> {
    let mut all = Entry { options, contenders: Vec::new() };
    runtime::<raw::wasmtime::Wasmtime, hostheap::wasmtime::Backend>(&mut all)?;
    #[cfg(feature = "wasm_runtime_layer")]
    all.add(What::Layer, "wasmtime", layer::Layer::new)?;
    #[cfg(feature = "component")]
    all.add(What::Component, "wasmtime", component::Component::new)?;
    #[cfg(feature = "extism")]
    all.add(What::Extism, "wasmtime", extism::Extism::new)?;
    runtime::<raw::wasmer::Wasmer, hostheap::wasmer::Backend>(&mut all)?;
    runtime::<raw::wasmi::Wasmi, hostheap::wasmi::Backend>(&mut all)?;
    Ok(all.contenders)
}

/// Those that there are on each runtime.
fn runtime<R, B>(all: &mut Entry<'_>) -> Result<()>
where
    R: Raw + 'static,
    B: hostheap::generic::Backend + 'static,
{
    all.add(What::NoOp, R::NAME, floor::NoOp::<R>::new)?;
    all.add(What::Floor, R::NAME, floor::Floor::<R>::new)?;
    all.add(What::Hostheap, R::NAME, ours::Ours::<B>::new)?;
    all.add(What::ByHand, R::NAME, by_hand::ByHand::<R>::new)?;
    all.add(What::Kept, R::NAME, kept::Kept::<R>::new)
}

struct Entry<'a> {
    options: &'a Options,
    contenders: Vec<Contender>,
}

impl Entry<'_> {
    fn add<S: System + 'static>(
        &mut self,
        what: What,
        runtime: &'static str,
        new: impl FnOnce() -> Result<S>,
    ) -> Result<()> {
        let side = Side::new(what, runtime);
        if self.options.takes(side) {
            let system = new().with_context(|| format!("{} on {runtime}", what.name()))?;
            self.contenders.push(Contender { side, system: Box::new(system) });
        }
        Ok(())
    }
}

/// Eight numbers as they lie in a plugin's memory.
pub(crate) fn to_bytes(numbers: &[f64; 8]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (place, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
        *place = number.to_le_bytes();
    }
    bytes
}

/// Eight numbers out of a plugin's memory.
pub(crate) fn to_numbers(bytes: &[u8]) -> Result<[f64; 8]> {
    let bytes: &[u8; 64] = bytes.try_into().context("a struct has 64 bytes")?;
    let mut numbers = [0.0; 8];
    for (number, place) in numbers.iter_mut().zip(bytes.as_chunks().0) {
        *number = f64::from_le_bytes(*place);
    }
    Ok(numbers)
}

/// A string as an ordinary host wants it, checked.
pub(crate) fn to_string(bytes: Vec<u8>) -> Result<String> {
    Ok(String::from_utf8(bytes)?)
}
