//! The command `call`: one call, on one runtime or on all that are compiled in.

use std::collections::HashMap;
use std::fs;

use hostheap_core::context::Context;
use hostheap_core::module::{ExportError, ExternType, ModuleInfo};
use hostheap_core::{
    Backend, CallSite, Engine, Error, FuncType, Guest, Limits, Linker, LoadOptions, Plugin, Value,
};

use crate::args::{BackendChoice, Call};
use crate::compare;
use crate::error::{Failure, describe, unreadable};
use crate::print::{self, quoted};
use crate::report::{self, After};
use crate::result::{self, Answer, Content, Room, Shape};
use crate::value::{self, Arg, Plan};

/// A call, understood: the same for every runtime.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    wasm: &'a [u8],
    pub(crate) info: &'a ModuleInfo,
    export: &'a str,
    plan: Plan,
    shape: Shape,
    pub(crate) options: &'a Call,
}

/// What became of a call on one runtime.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) runtime: &'static str,
    pub(crate) answer: Result<Answer, Failure>,
    /// What the function returned, before it was read.
    pub(crate) values: Vec<Value>,
    /// The heap after the call; `None` if it never came to that.
    pub(crate) after: Option<After>,
    /// Live blocks and their bytes by the line that asked for them, if the plugin says so.
    pub(crate) sites: Vec<(CallSite, u32, u64)>,
}

/// The call on one runtime: [`run`] for its backend.
type Run = fn(&Request<'_>) -> Outcome;

/// A runtime that is compiled in.
type Runtime = (BackendChoice, Run);

/// In the order of the library's own choice of a default.
const RUNTIMES: &[Runtime] = &[
    #[cfg(feature = "wasmtime")]
    (BackendChoice::Wasmtime, run::<hostheap::wasmtime::Backend>),
    #[cfg(feature = "wasmer")]
    (BackendChoice::Wasmer, run::<hostheap::wasmer::Backend>),
    #[cfg(feature = "wasmi")]
    (BackendChoice::Wasmi, run::<hostheap::wasmi::Backend>),
];

/// Does what the command line asks for.
pub(crate) fn call(options: &Call) -> Result<(), Failure> {
    let runtimes = runtimes(options.backend)?;
    let path = options.plugin.display().to_string();
    let wasm = fs::read(&options.plugin).map_err(|error| {
        let why = unreadable(&path, &error);
        Failure::usage(format_args!("{why}; give the path of a .wasm file"))
    })?;
    let info = ModuleInfo::parse(&wasm).map_err(|error| Failure::plugin(error).of(&path))?;
    let Some(export) = options.export.as_deref() else {
        return list(&path, &info);
    };
    let ty = info.export_func(export).map_err(|error| no_such_export(&path, &info, error))?;
    let struct_return = result::struct_return(ty, options.result);
    let plan = value::plan(export, ty, &options.arguments, struct_return)?;
    let shape = result::shape(export, ty, options.result, plan.returns_struct)?;
    let request = Request { wasm: &wasm, info: &info, export, plan, shape, options };

    let outcomes: Vec<Outcome> = runtimes.iter().map(|run| run(&request)).collect();
    if options.backend == Some(BackendChoice::All) {
        compare::agree(&outcomes).map_err(|differences| {
            print::stderr(&differences.to_string());
            Failure::plugin("the runtimes disagree")
        })?;
    }
    let Some(outcome) = outcomes.first() else {
        return Err(Failure::usage("this hostheap was built without any runtime"));
    };
    if let Ok(answer) = &outcome.answer {
        match &answer.content {
            Content::Nothing => {}
            Content::Line(line) => print::stdout(line)?,
            Content::Raw(bytes) => print::stdout_raw(bytes)?,
        }
    }
    // A heap says nothing about a command line that is wrong.
    let is_wanted = !options.quiet && !matches!(outcome.answer, Err(Failure::Usage(_)));
    if is_wanted && let Some(report) = report::report(&request, &outcomes) {
        print::stderr(&report.to_string());
    }
    outcomes.into_iter().next().map_or(Ok(()), |outcome| outcome.answer.map(drop))
}

/// The runtimes to run, the library's default if none is asked for.
fn runtimes(choice: Option<BackendChoice>) -> Result<Vec<Run>, Failure> {
    let chosen = |runtime: &&Runtime| match choice {
        None | Some(BackendChoice::All) => true,
        Some(choice) => runtime.0 == choice,
    };
    let at_most = if choice.is_none() { 1 } else { RUNTIMES.len() };
    let runs: Vec<_> = RUNTIMES.iter().filter(chosen).take(at_most).map(|(_, run)| *run).collect();
    match choice {
        Some(choice) if runs.is_empty() => {
            let name = format!("{choice:?}").to_lowercase();
            Err(Failure::usage(format_args!(
                "this hostheap was built without {name}: build it with the feature `{name}` (cargo \
                 build -p hostheap-cli --features {name}), or choose another --backend"
            )))
        }
        _ => Ok(runs),
    }
}

/// Names the functions that the plugin has: what to say if none was asked for.
fn list(path: &str, info: &ModuleInfo) -> Result<(), Failure> {
    let functions = functions(info);
    if functions.is_empty() {
        return Err(Failure::plugin(format_args!("{} exports no function", quoted(path))));
    }
    let width = functions.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, ty): &(&str, &FuncType)| format!("{name:width$}  {ty}");
    print::stdout(&functions.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn functions(info: &ModuleInfo) -> Vec<(&str, &FuncType)> {
    let functions = info.exports().iter().filter_map(|export| match &export.ty {
        ExternType::Func(ty) => Some((export.name.as_str(), ty)),
        _ => None,
    });
    functions.collect()
}

fn no_such_export(path: &str, info: &ModuleInfo, error: ExportError) -> Failure {
    let path = quoted(path);
    let (name, near) = match error {
        ExportError::Missing { name, near } => (name, near),
        _ => return Failure::usage(format_args!("{path}: {error}")),
    };
    let name = quoted(&name);
    if functions(info).is_empty() {
        return Failure::usage(format_args!("{path} exports no function {name}, nor any other"));
    }
    let near: Vec<_> = near.iter().map(|name| quoted(name)).collect();
    let near =
        if near.is_empty() { String::new() } else { format!("; it has {}", near.join(", ")) };
    Failure::usage(format_args!(
        "{path} exports no function {name}{near} (leave out the name to list all)"
    ))
}

/// The call on one runtime.
fn run<B: Backend>(request: &Request<'_>) -> Outcome {
    let mut values = Vec::new();
    let (answer, after, sites) = match start::<B>(request) {
        Ok(mut plugin) => {
            let mut guest = plugin.guest();
            let answer = invoke(&mut guest, request, &mut values);
            let after = After::of(&guest);
            (answer.map_err(|failure| failure.of(request.export)), after, sites(&mut guest))
        }
        Err(failure) => (Err(failure), None, Vec::new()),
    };
    Outcome { runtime: B::NAME, answer, values, after, sites }
}

/// How many live blocks, of how many bytes, each line of the plugin's source asked for; the most bytes first.
fn sites<B: Backend>(guest: &mut Guest<'_, B, ()>) -> Vec<(CallSite, u32, u64)> {
    let blocks: Vec<_> = guest.heap().blocks().take(MOST_BLOCKS).collect();
    let mut lines: HashMap<CallSite, (u32, u64)> = HashMap::new();
    for block in blocks {
        if let Some(site) = guest.call_site(block.offset) {
            let (count, bytes) = lines.entry(site).or_default();
            (*count, *bytes) = (*count + 1, *bytes + u64::from(block.size));
        }
    }
    let mut lines: Vec<_> =
        lines.into_iter().map(|(site, (count, bytes))| (site, count, bytes)).collect();
    lines.sort_by(|a, b| (b.2, &a.0.file, a.0.line).cmp(&(a.2, &b.0.file, b.0.line)));
    lines
}

/// Loads, links and instantiates the plugin.
fn start<B: Backend>(request: &Request<'_>) -> Result<Plugin<B, ()>, Failure> {
    let Call { plugin, max_memory, max_blocks, own_heap, .. } = request.options;
    let path = plugin.display().to_string();
    let failed =
        |error: Error| Failure::plugin(format_args!("{}: {}", quoted(&path), describe(&error)));
    let engine = Engine::<B>::new().map_err(failed)?;
    let mut load = LoadOptions::new();
    load.max_memory = *max_memory;
    load.own_heap = own_heap.policy();
    let module = engine.load_with(request.wasm, &load).map_err(failed)?;
    // What a tool prints may be as long as it likes.
    let mut limits = Limits::new().max_transfer(u32::MAX);
    limits.max_blocks = max_blocks.unwrap_or(limits.max_blocks);
    let mut linker = Linker::<B, ()>::new(&engine);
    linker.call_sites(true).limits(limits).instantiate(&module, ()).map_err(failed)
}

/// So many live blocks are looked at for where they came from.
const MOST_BLOCKS: usize = 100_000;

/// Bytes in front of the arguments in their block: 8 that the plugin is not told of, so that no
/// pointer it gets is the start of a block, then room for a returned struct. As the library's own
/// calls have it.
const HEAD: u32 = 16;
const OUT: u32 = 8;
/// Every argument starts at a multiple of this.
const ALIGN: u32 = 16;

/// Puts the arguments into the plugin's heap, calls, reads the result, and takes the arguments'
/// block back, whatever happened.
fn invoke<B: Backend>(
    guest: &mut Guest<'_, B, ()>,
    request: &Request<'_>,
    values: &mut Vec<Value>,
) -> Result<Answer, Failure> {
    let failed = |error: Error| Failure::plugin(describe(&error));
    let (arguments, room) = lower(guest, &request.plan)?;
    let called = guest.call_dynamic(request.export, &arguments).map_err(failed);
    let answer = called.and_then(|results| {
        *values = results;
        result::read(guest, values, request.shape, room)
    });
    let freed = guest.free(room.block.unwrap_or(0));
    let answer = answer?;
    freed
        .map_err(|_| Failure::plugin("it freed the block of its arguments, which is the host's"))?;
    Ok(answer)
}

/// Writes the arguments into one block, if any of them needs memory.
fn lower<B: Backend>(
    guest: &mut Guest<'_, B, ()>,
    plan: &Plan,
) -> Result<(Vec<Value>, Room), Failure> {
    let failed = |error: Error| Failure::plugin(describe(&error));
    let bytes = plan.args.iter().filter_map(|arg| match arg {
        Arg::Data { bytes, .. } => Some(bytes.len() as u64),
        Arg::Number(_) => None,
    });
    let sizes: Vec<u64> = bytes.map(|len| len.next_multiple_of(ALIGN.into())).collect();
    let mut room = Room { block: None, out: 0 };
    let mut at = 0;
    if !sizes.is_empty() || plan.returns_struct {
        let size = sizes.iter().sum::<u64>() + u64::from(HEAD);
        let size = u32::try_from(size).map_err(|_| {
            Failure::plugin("the arguments do not fit the plugin's 4 GiB of memory")
        })?;
        let block = guest.malloc(size).map_err(failed)?;
        room = Room { block: Some(block), out: block + OUT };
        // Within the block, which lies in memory: no sum below can wrap.
        at = block + HEAD;
        guest.context().write(room.out, &result::UNWRITTEN).map_err(failed)?;
    }
    let out = plan.returns_struct.then_some(Value::I32(room.out.cast_signed()));
    let mut values: Vec<Value> = out.into_iter().collect();
    for arg in &plan.args {
        match arg {
            Arg::Number(value) => values.push(*value),
            Arg::Data { bytes, count } => {
                guest.context().write(at, bytes).map_err(failed)?;
                values.extend([Value::I32(at.cast_signed()), Value::I32(count.cast_signed())]);
                at += (bytes.len() as u32).next_multiple_of(ALIGN);
            }
        }
    }
    Ok((values, room))
}
