//! The host of the kits' plugins, as that of the kits' own tests, and a workload that is the same for all.

use std::fmt::Debug;

use bytemuck::{Pod, Zeroable};
use hostheap_core::contract::Contract;
use hostheap_core::convention::{CStruct, GuestError};
use hostheap_core::{Engine, Guest, Linker, LoadOptions, Module, Plugin};
use hostheap_tests::Subject;
pub(crate) use hostheap_tests::Suited as Backend;
use hostheap_tests::own::{self, Visit};

use crate::Limits;
use crate::cases::cases;

const CONTRACT: &str = include_str!("../../kits/contract.toml");

/// The most memory of a plugin that brings its own heap: the limits of the host's do not hold there.
const MEMORY: u64 = 256 << 20;

/// Whose heap a plugin uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heap {
    Host,
    Own,
}

/// What the plugin told its host.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) told: Vec<String>,
    pub(crate) asked: Vec<String>,
}

pub(crate) type KitPlugin<B> = Plugin<B, Host>;

/// What a plugin did, on all runtimes alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kit {
    /// The answers of the workload.
    pub(crate) said: Vec<String>,
    /// Bytes of memory after it.
    pub(crate) memory: u64,
    /// Bytes that the host used for bookkeeping when most blocks were live.
    pub(crate) bookkeeping: u64,
    /// How many cases there are, and those that fail.
    pub(crate) cases: usize,
    pub(crate) failed: Vec<String>,
}

impl Kit {
    /// Runs the workload and the cases on every runtime.
    pub(crate) fn run(name: &str, heap: Heap, wasm: &[u8]) -> Kit {
        let mut all = All { name, heap, wasm, found: None };
        own::visit(&mut all);
        all.found.expect("a runtime is compiled in").1
    }
}

/// Whether a subject is one of the runtimes, with its own settings. The mock interprets without haste.
pub(crate) fn is_runtime(subject: &str) -> bool {
    subject != "mock" && !subject.contains("moving")
}

struct All<'a> {
    name: &'a str,
    heap: Heap,
    wasm: &'a [u8],
    found: Option<(String, Kit)>,
}

impl Visit for All<'_> {
    fn visit<S: Subject>(&mut self) {
        if !is_runtime(&S::name()) {
            return;
        }
        let kit = on::<S>(self.heap, self.wasm).unwrap_or_else(|why| {
            panic!("{}, {:?} heap, on {}: {why}", self.name, self.heap, S::name())
        });
        match &self.found {
            None => self.found = Some((S::name(), kit)),
            Some((other, before)) => {
                let place =
                    format!("{}, {:?} heap: {other} and {}", self.name, self.heap, S::name());
                assert_eq!(before, &kit, "{place}");
            }
        }
    }
}

fn on<S: Subject>(heap: Heap, wasm: &[u8]) -> Result<Kit, String> {
    let engine = S::plugin_engine();
    let mut options = LoadOptions::new();
    if heap == Heap::Host {
        let contract = Contract::from_toml(CONTRACT).map_err(|error| error.to_string())?;
        options = options.contract(contract);
    } else {
        options = options.max_memory(MEMORY);
    }
    let module = engine.load_with(wasm, &options).map_err(words)?;
    let mut plugin = instance::<S>(&engine, &module, Limits::new())?;
    let mut kit = workload(&mut plugin).map_err(words)?;
    // That it has the heap which it was built for.
    let stats = plugin.heap_stats();
    let right = match heap {
        Heap::Host => stats.allocated > 1000,
        Heap::Own => stats.allocated == 0,
    };
    if !right {
        return Err(format!("the host's heap gave {} blocks", stats.allocated));
    }
    let cases = cases::<S::Backend>();
    kit.cases = cases.len();
    for case in cases {
        let mut plugin = instance::<S>(&engine, &module, case.limits)?;
        if let Err(why) = (case.run)(&mut plugin) {
            // Where in the module it failed is the runtime's to say, each in its words.
            let why = why.lines().next().unwrap_or_default();
            hostheap_tests::say(format_args!("  {} on {}: {why}", case.name, S::name()));
            kit.failed.push(case.name.to_owned());
        }
    }
    Ok(kit)
}

fn words(error: hostheap_core::Error) -> String {
    error.to_string()
}

fn instance<S: Subject>(
    engine: &Engine<S::Backend>,
    module: &Module<S::Backend>,
    limits: Limits,
) -> Result<KitPlugin<S::Backend>, String> {
    type G<'a, S> = Guest<'a, <S as Subject>::Backend, Host>;
    let mut linker = Linker::<S::Backend, Host>::new(engine);
    linker
        .func("host", "tell", |guest: &mut G<'_, S>, text: String| {
            guest.state_mut().told.push(text);
        })
        .map_err(words)?
        .func("host", "ask", |guest: &mut G<'_, S>, question: String| {
            let answer = (question != "nothing?").then(|| format!("{question} yes"));
            guest.state_mut().asked.push(question);
            answer
        })
        .map_err(words)?
        // What Emscripten's own heap tells of.
        .func("env", "emscripten_notify_memory_growth", |_: &mut G<'_, S>, _: i32| {})
        .map_err(words)?;
    linker.limits(limits);
    linker.instantiate(module, Host::default()).map_err(words)
}

/// `struct point`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Point {
    x: f64,
    y: f64,
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

/// A bit of everything, then an array of 100,000 numbers, and 1,000 blocks of 100 bytes at once.
fn workload<B: Backend>(plugin: &mut KitPlugin<B>) -> hostheap_core::Result<Kit> {
    fn note(said: &mut Vec<String>, what: impl Debug) {
        said.push(format!("{what:?}"));
    }
    let mut said = Vec::new();
    let long = "a text to remember ".repeat(1000);
    plugin.call::<_, ()>("remember", (long.as_str(),))?;
    note(&mut said, plugin.call::<_, String>("greet", ("World",))?);
    note(&mut said, plugin.call::<_, String>("shout", (long.as_str(),))?);
    let bytes: Vec<u8> = (0..10_000_u32).map(|i| (i * 7) as u8).collect();
    note(&mut said, plugin.call::<_, Vec<u8>>("reverse", (&bytes[..],))?);
    note(&mut said, plugin.call::<_, i64>("sum", (&[i32::MAX; 1000][..],))?);
    let (a, b) = (Point { x: 1.0, y: -4.0 }, Point { x: 4.0, y: 2.0 });
    note(&mut said, plugin.call::<_, Point>("middle", (&a, &b))?);
    note(&mut said, plugin.call::<_, String>("longest", (&["a", "ccc", "bbb"][..],))?);
    for text in ["-0042", "x"] {
        let parsed = plugin.call::<_, Result<String, GuestError>>("parse", (text,))?;
        note(&mut said, parsed.map_err(|error| error.to_string()));
    }
    plugin.call::<_, ()>("say", ("hello",))?;
    note(&mut said, plugin.call::<_, String>("consult", ("ready?",))?);
    note(&mut said, plugin.call::<_, u64>("collect", (100_000_u32,))?);
    let block = [7_u8; 100];
    let held: Vec<_> = (0..1000).map(|_| plugin.keep(&block[..])).collect::<Result<_, _>>()?;
    let bookkeeping = plugin.heap_stats().metadata_bytes;
    drop(held);
    note(&mut said, plugin.call::<_, Option<String>>("recall", ())?);
    note(&mut said, &plugin.state().told);
    let memory = plugin.guest().memory()?.len() as u64;
    Ok(Kit { said, memory, bookkeeping, cases: 0, failed: Vec::new() })
}
