//! A plugin that runs traces, on any runtime.

use super::modules::Modules;
use crate::options::Options;
use crate::trace::{Kind, Step, Trace};
use anyhow::{Result, ensure};
use hostheap_core::convention::Func;
use hostheap_core::{Backend, Engine, Guest, Linked, Linker, Plugin};
use std::time::{Duration, Instant};

/// The malloc of the no-op contender gives this to everybody. Nobody writes to it.
const NO_BLOCK: u32 = 16;

/// A plugin that can be started any number of times.
pub(crate) struct Candidate<B: Backend> {
    /// The name in tables and on the command line.
    pub(crate) name: &'static str,
    linked: Linked<B, ()>,
    touch: bool,
}

/// Name, plugin, whether it writes to its blocks.
const CANDIDATES: [(&str, &str, bool); 9] = [
    ("ours", "imports", false),
    ("no-op", "imports", false),
    ("wasi-libc", "wasi-libc", false),
    ("emmalloc", "emmalloc", false),
    ("rust-dlmalloc", "rust-dlmalloc", false),
    ("rust-rlsf", "rust-rlsf", false),
    ("rust-talc", "rust-talc", false),
    ("ours+touch", "imports", true),
    ("wasi-libc+touch", "wasi-libc", true),
];

/// The plugins that the options ask for, of those that could be built.
pub(crate) fn candidates<B: Backend>(
    options: &Options,
    engine: &Engine<B>,
    modules: &Modules,
) -> Result<Vec<Candidate<B>>> {
    let mut candidates = Vec::new();
    for (name, module, touch) in CANDIDATES {
        let Some(wasm) = modules.get(module) else { continue };
        if !options.takes(name) {
            continue;
        }
        let mut linker = Linker::<B, ()>::new(engine);
        if name == "no-op" {
            no_operations(&mut linker)?;
        }
        let linked = linker.link(&engine.load(wasm)?)?;
        candidates.push(Candidate { name, linked, touch });
    }
    Ok(candidates)
}

/// Host functions in the place of malloc and its family that do nothing.
fn no_operations<B: Backend>(linker: &mut Linker<B, ()>) -> Result<()> {
    linker.func("env", "malloc", |_: &mut Guest<'_, B, ()>, _: u32| NO_BLOCK)?;
    linker.func("env", "free", |_: &mut Guest<'_, B, ()>, _: u32| ())?;
    linker.func("env", "calloc", |_: &mut Guest<'_, B, ()>, _: u32, _: u32| NO_BLOCK)?;
    linker.func("env", "realloc", |_: &mut Guest<'_, B, ()>, _: u32, _: u32| NO_BLOCK)?;
    Ok(())
}

impl<B: Backend> Candidate<B> {
    /// Whether its blocks are somewhere.
    pub(crate) fn has_memory(&self) -> bool {
        self.name != "no-op" && !self.touch
    }

    /// A new instance with an empty heap.
    pub(crate) fn start(&self) -> Result<Instance<B>> {
        let mut plugin = self.linked.instantiate(())?;
        let steps = plugin.call::<_, u32>("steps", ())? as usize;
        let capacity = plugin.call::<_, u32>("capacity", ())? as usize;
        Ok(Instance { plugin, steps, capacity, touch: self.touch })
    }
}

/// A running plugin.
pub(crate) struct Instance<B: Backend> {
    plugin: Plugin<B, ()>,
    /// Where the plugin reads steps.
    steps: usize,
    /// How many.
    capacity: usize,
    touch: bool,
}

impl<B: Backend> Instance<B> {
    /// Runs the warm-up.
    pub(crate) fn warm_up(&mut self, trace: &Trace) -> Result<()> {
        let kind = match trace.row.kind() {
            Kind::Pair => Kind::Churn,
            kind => kind,
        };
        self.run(export(kind, self.touch), &trace.warm_up).map(drop)
    }

    /// Runs the timed steps.
    pub(crate) fn timed(&mut self, trace: &Trace) -> Result<Duration> {
        let kind = trace.row.kind();
        let name = export(kind, self.touch);
        if kind == Kind::Pair {
            let func = self.plugin.func::<(u32,), ()>(name)?;
            return self.call(&func, trace.timed.len());
        }
        self.run(name, &trace.timed)
    }

    /// Runs the whole trace; the highest end of a block, counted from the heap's base, and the
    /// pages by which the memory grew.
    pub(crate) fn space(&mut self, trace: &Trace) -> Result<(u64, usize)> {
        let name = match trace.row.kind() {
            Kind::Churn | Kind::Pair => "note_churn",
            Kind::Calloc => "note_calloc_free",
            Kind::Realloc => "note_resize",
        };
        let before = self.plugin.guest().memory()?.len();
        self.run(name, &trace.warm_up)?;
        self.run(name, &trace.timed)?;
        let grown = self.plugin.guest().memory()?.len() - before;
        let base = self.plugin.call::<_, u32>("heap_base", ())?;
        let end = self.plugin.call::<_, u32>("highest_end", ())?;
        ensure!(end > base, "no block lies above the heap's base");
        Ok((u64::from(end - base), grown / 65536))
    }

    /// Runs steps, as many at a time as fit; the time that the plugin took.
    fn run(&mut self, name: &str, steps: &[Step]) -> Result<Duration> {
        let func = self.plugin.func::<(u32,), ()>(name)?;
        let mut took = Duration::ZERO;
        for steps in steps.chunks(self.capacity) {
            self.write(steps)?;
            took += self.call(&func, steps.len())?;
        }
        Ok(took)
    }

    /// Writes steps to where the plugin reads them.
    fn write(&mut self, steps: &[Step]) -> Result<()> {
        let mut guest = self.plugin.guest();
        let (memory, ()) = guest.memory_and_state()?;
        let places = memory[self.steps..].chunks_exact_mut(size_of::<Step>());
        for (place, step) in places.zip(steps) {
            place[..4].copy_from_slice(&step.slot.to_le_bytes());
            place[4..].copy_from_slice(&step.size.to_le_bytes());
        }
        Ok(())
    }

    /// Calls the plugin's function with a number of steps, and times it.
    fn call(&mut self, func: &Func<B, (u32,), ()>, steps: usize) -> Result<Duration> {
        let start = Instant::now();
        func.call(&mut self.plugin, (steps as u32,))?;
        Ok(start.elapsed())
    }
}

/// The plugin's function for steps of a kind.
fn export(kind: Kind, touch: bool) -> &'static str {
    match (kind, touch) {
        (Kind::Churn, false) => "churn",
        (Kind::Churn, true) => "churn_touch",
        (Kind::Calloc, false) => "calloc_free",
        (Kind::Calloc, true) => "calloc_free_touch",
        (Kind::Realloc, false) => "resize",
        (Kind::Realloc, true) => "resize_touch",
        (Kind::Pair, false) => "pair",
        (Kind::Pair, true) => "pair_touch",
    }
}
