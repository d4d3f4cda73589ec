//! SQLite and Lua, with wasi-libc's malloc and with the host's.

use std::path::{Path, PathBuf};
use std::process::Command;

use hostheap_core::{Linker, LoadOptions, Plugin};
use hostheap_tests::Subject;
use hostheap_tests::own::{self, Visit};
use hostheap_tests::programs::{Unbuilt, Workshop};
use hostheap_tests::wasi::{self, Wasi};

use super::build::left_out;
use super::host::{Heap, is_runtime};

/// How much each run of the longer workload does: small after large, so that holes are left to fill.
const LONG: [i32; 6] = [1, 8, 2, 16, 4, 16];

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) host: Vec<u8>,
    pub(crate) own: Vec<u8>,
}

pub(crate) fn built() -> Vec<Program> {
    let mut all = Vec::new();
    for (name, program) in [("SQLite", "sqlite"), ("Lua", "lua")] {
        match both(program) {
            Ok([host, own]) => all.push(Program { name, host, own }),
            Err(Unbuilt::Missing(why)) => left_out(&format!("{name}: {why}")),
            Err(Unbuilt::Failed(why)) => panic!("{name}: {why}"),
        }
    }
    all
}

/// Linked with the kit's one source, and without it: the objects are the same.
fn both(program: &str) -> Result<[Vec<u8>; 2], Unbuilt> {
    // That of the other tests, for the objects that are there already.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(program);
    let objects = Workshop::new(&folder).objects(program)?;
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/c");
    let kit = folder.join("hostheap.o");
    let mut compile = Command::new("clang-19");
    compile.args(["--target=wasm32-wasi", "-O2", "-fno-builtin", "-c", "-o"]).arg(&kit);
    done(compile.arg(guest.join("hostheap.c")))?;
    let link = |name: &str, more: &[PathBuf], flags: &[&str]| {
        let out = folder.join(format!("thrift-{name}.wasm"));
        let mut link = Command::new("clang++-19");
        link.args(["--target=wasm32-wasi", "-mexec-model=reactor", "-fno-exceptions"]);
        link.args(&objects).args(more).args(flags).arg("-Wl,--export=__heap_base");
        link.arg("-lwasi-emulated-process-clocks").arg("-o").arg(&out);
        done(&mut link)?;
        std::fs::read(&out).map_err(|error| Unbuilt::Failed(error.to_string()))
    };
    let own = link("own", &[], &["-Wl,--export=malloc,--export=free"])?;
    Ok([link("host", &[kit], &[])?, own])
}

fn done(command: &mut Command) -> Result<(), Unbuilt> {
    let output = command.output().map_err(|error| Unbuilt::Missing(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Unbuilt::Failed(format!("{command:?}\n{errors}")))
}

/// What a program did, on all runtimes alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// What it said and wrote.
    pub(crate) said: Vec<String>,
    /// Bytes of memory after two runs.
    pub(crate) once: u64,
    /// The same after many.
    pub(crate) long: u64,
    /// The most bytes that were live in the host's heap at once.
    pub(crate) peak: u64,
    /// Bytes that the host uses for bookkeeping after all that.
    pub(crate) bookkeeping: u64,
}

pub(crate) fn run(name: &str, heap: Heap, wasm: &[u8]) -> Ran {
    let mut all = All { name, heap, wasm, found: None };
    own::visit(&mut all);
    all.found.expect("a runtime is compiled in").1
}

struct All<'a> {
    name: &'a str,
    heap: Heap,
    wasm: &'a [u8],
    found: Option<(String, Ran)>,
}

impl Visit for All<'_> {
    fn visit<S: Subject>(&mut self) {
        if !is_runtime(&S::name()) {
            return;
        }
        let ran = on::<S>(self.wasm);
        let place = format!("{}, {:?} heap, on {}", self.name, self.heap, S::name());
        assert!(ran.said[0].len() > 100, "{place}: it said {:?}", ran.said[0]);
        assert_eq!(self.heap == Heap::Host, ran.peak > 0, "{place}: the host's heap");
        match &self.found {
            None => self.found = Some((S::name(), ran)),
            Some((other, before)) => assert_eq!(before, &ran, "{other}, and {place}"),
        }
    }
}

fn on<S: Subject>(wasm: &[u8]) -> Ran {
    let engine = S::plugin_engine();
    let module = engine.load_with(wasm, &LoadOptions::new()).expect("it loads");
    let mut linker = Linker::new(&engine);
    wasi::offer(&mut linker).expect("names are free");
    let mut plugin: Plugin<S::Backend, Wasi> =
        linker.instantiate(&module, Wasi::default()).expect("it links");
    let mut ran = Ran::default();
    let mut run = |plugin: &mut Plugin<_, _>, scale: i32| {
        ran.said.push(plugin.call("run", (scale,)).expect("it runs"));
        plugin.guest().memory().expect("it has a memory").len() as u64
    };
    run(&mut plugin, 2);
    ran.once = run(&mut plugin, 2);
    for scale in LONG {
        ran.long = run(&mut plugin, scale);
    }
    ran.said.push(String::from_utf8(plugin.state().written.clone()).expect("text"));
    let stats = plugin.heap_stats();
    assert_eq!((stats.invalid_frees, stats.failed), (0, 0));
    (ran.peak, ran.bookkeeping) = (stats.peak_bytes, stats.metadata_bytes);
    ran
}
