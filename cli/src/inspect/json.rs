//! The report of `inspect` for machines. Its names are documented in the command's help and stay.

use std::collections::HashMap;

use hostheap_core::contract::Code;
use hostheap_core::error::ModuleError;
use hostheap_core::module::{
    self, Census, Certainty, ExternType, HeapBaseEvidence, Layout, MemoryInfo, MemoryMap,
    PassedOver, Producer, RewriteNote, Situation,
};
use serde::Serialize;

use super::{Found, Served};
use crate::json::Made;

#[derive(Debug, Default, Serialize)]
pub(super) struct Report<'a> {
    file: &'a str,
    loadable: bool,
    problems: Vec<Problem>,
    wasm_bytes: Option<u64>,
    name: Option<&'a str>,
    has_start: Option<bool>,
    wrapped_exports: Option<u32>,
    toolchain: Option<Made<'a>>,
    producers: Option<Producers<'a>>,
    memory: Option<Memory<'a>>,
    layout: Option<LayoutReport>,
    served_by: Option<&'static str>,
    heap: Option<Heap>,
    map: Option<Map>,
    allocators: Option<Allocators<'a>>,
    imports: Option<Vec<Import<'a>>>,
    exports: Option<Vec<Export<'a>>>,
    rewrites: Option<Vec<Noted>>,
}

#[derive(Debug, Serialize)]
struct Problem {
    code: &'static str,
    message: String,
}

impl Problem {
    fn of(problem: &ModuleError) -> Self {
        Problem { code: Code::from(problem).id(), message: problem.to_string() }
    }
}

#[derive(Debug, Serialize)]
struct Producers<'a> {
    languages: Vec<Tool<'a>>,
    processed_by: Vec<Tool<'a>>,
    sdks: Vec<Tool<'a>>,
}

#[derive(Debug, Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Debug, Serialize)]
struct Memory<'a> {
    min_bytes: u64,
    max_bytes: Option<u64>,
    imported: Option<Imported<'a>>,
    exported_as: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Imported<'a> {
    module: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct LayoutReport {
    heap_base: u32,
    certainty: &'static str,
    evidence: Noted,
    data_start: Option<u32>,
    data_end: Option<u32>,
    static_end: Option<u32>,
    data_known: bool,
    stack_pointer: Option<u32>,
    passed_over: Vec<Noted>,
}

/// Something with a fixed word for it, and a sentence that may change.
#[derive(Debug, Serialize)]
struct Noted {
    kind: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct Heap {
    start: u32,
    room_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Map {
    regions: Vec<Region>,
    min_bytes: u64,
    max_bytes: Option<u64>,
    stack_pointer: Option<u32>,
    heap_base: Option<u32>,
    host_heap: Option<u64>,
    claimed_base: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Region {
    kind: &'static str,
    start: u64,
    end: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Allocators<'a> {
    situation: &'static str,
    imports: Vec<FamilyImport<'a>>,
    exports: Vec<FamilyExport<'a>>,
    inside: Vec<Inside<'a>>,
    memory_grow_functions: u32,
    memory_size_functions: u32,
    functions_named: bool,
}

#[derive(Debug, Serialize)]
struct FamilyImport<'a> {
    member: &'static str,
    module: &'a str,
    name: &'a str,
    fits: bool,
}

#[derive(Debug, Serialize)]
struct FamilyExport<'a> {
    member: &'static str,
    name: &'a str,
    forwards: bool,
}

#[derive(Debug, Serialize)]
struct Inside<'a> {
    function: u32,
    name: Option<&'a str>,
    origin: String,
    grows: bool,
}

#[derive(Debug, Serialize)]
struct Import<'a> {
    module: &'a str,
    name: &'a str,
    kind: &'static str,
    r#type: String,
    family: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Export<'a> {
    name: &'a str,
    kind: &'static str,
    r#type: String,
    family: Option<&'static str>,
}

/// What there is to say of bytes that are no module.
pub(super) fn unreadable<'a>(file: &'a str, error: &ModuleError) -> Report<'a> {
    Report { file, problems: vec![Problem::of(error)], ..Report::default() }
}

pub(super) fn report<'a>(file: &'a str, found: &Found<'a>) -> Report<'a> {
    let Found { survey, problems, plan, room } = *found;
    let notes = plan.map_or(&[][..], |plan| &plan.prepared.notes);
    let (served_by, heap) = match found.served() {
        Some(Served::Host { start }) => (Some("host"), Some(Heap { start, room_bytes: room })),
        Some(Served::Plugin) => (Some("plugin"), None),
        Some(Served::Nobody) => (Some("nobody"), None),
        None => (None, None),
    };
    let contents = survey.contents();
    let producers = contents.producers();
    let tools = |tools: &'a [Producer]| {
        tools.iter().map(|tool| Tool { name: &tool.name, version: &tool.version }).collect()
    };
    let census = contents.census();
    let members: HashMap<_, _> = census
        .imports
        .iter()
        .map(|it| ((it.module.as_str(), it.name.as_str()), it.member.name()))
        .collect();
    let import = |import: &'a module::Import| {
        let key = (import.module.as_str(), import.name.as_str());
        let (kind, r#type) = extern_type(&import.ty);
        Import { module: key.0, name: key.1, kind, r#type, family: members.get(&key).copied() }
    };
    let exported: HashMap<_, _> =
        census.exports.iter().map(|it| (it.name.as_str(), it.member.name())).collect();
    let export = |export: &'a module::Export| {
        let name = export.name.as_str();
        let (kind, r#type) = extern_type(&export.ty);
        Export { name, kind, r#type, family: exported.get(name).copied() }
    };
    let note = |note: &RewriteNote| Noted { kind: rewrite(note), text: note.to_string() };
    Report {
        file,
        loadable: problems.is_empty(),
        problems: problems.iter().map(|problem| Problem::of(problem)).collect(),
        wasm_bytes: Some(contents.wasm_bytes()),
        name: contents.name(),
        has_start: Some(contents.has_start()),
        wrapped_exports: Some(contents.wrapped_exports()),
        toolchain: Some(Made::of(contents.toolchain())),
        producers: Some(Producers {
            languages: tools(&producers.languages),
            processed_by: tools(&producers.processed_by),
            sdks: tools(&producers.sdks),
        }),
        memory: survey.memory().map(memory),
        layout: survey.layout().map(layout),
        served_by,
        heap,
        map: survey.map().map(map),
        allocators: Some(allocators(census)),
        imports: Some(contents.imports().iter().map(import).collect()),
        exports: Some(contents.exports().iter().map(export).collect()),
        rewrites: Some(notes.iter().map(note).collect()),
    }
}

fn memory(memory: &MemoryInfo) -> Memory<'_> {
    let imported = memory.imported.as_ref().map(|(module, name)| Imported { module, name });
    Memory {
        min_bytes: memory.min_bytes,
        max_bytes: memory.max_bytes,
        imported,
        exported_as: memory.exported_as.as_deref(),
    }
}

fn layout(layout: &Layout) -> LayoutReport {
    let passed_over = |it: &PassedOver| Noted { kind: passed_over(it), text: it.to_string() };
    LayoutReport {
        heap_base: layout.heap_base,
        certainty: match layout.certainty() {
            Certainty::Exact => "exact",
            Certainty::Bounded => "bounded",
            _ => "fallback",
        },
        evidence: Noted { kind: evidence(&layout.evidence), text: layout.evidence.to_string() },
        data_start: layout.data_start,
        data_end: layout.data_end,
        static_end: layout.static_end,
        data_known: layout.data_known,
        stack_pointer: layout.stack_pointer,
        passed_over: layout.passed_over.iter().map(passed_over).collect(),
    }
}

fn map(map: MemoryMap) -> Map {
    let region = |region: &module::Region| Region {
        kind: region.kind.id(),
        start: region.start,
        end: region.end,
        bytes: region.bytes(),
    };
    Map {
        regions: map.regions.iter().map(region).collect(),
        min_bytes: map.min_bytes,
        max_bytes: map.max_bytes,
        stack_pointer: map.stack_pointer,
        heap_base: map.heap_base,
        host_heap: map.host_heap,
        claimed_base: map.claimed_base,
    }
}

fn allocators(census: &Census) -> Allocators<'_> {
    Allocators {
        situation: match census.situation() {
            Situation::None => "none",
            Situation::Host => "host",
            Situation::Exported => "exported",
            Situation::Hidden => "hidden",
            Situation::TwoHeaps => "two-heaps",
            _ => "other",
        },
        imports: census.imports.iter().map(family_import).collect(),
        exports: census.exports.iter().map(family_export).collect(),
        inside: census.inside.iter().map(inside).collect(),
        memory_grow_functions: census.growing,
        memory_size_functions: census.sizing,
        functions_named: census.functions_named,
    }
}

fn family_import(import: &module::FamilyImport) -> FamilyImport<'_> {
    let module::FamilyImport { member, module, name, .. } = import;
    FamilyImport { member: member.name(), module, name, fits: import.fits() }
}

fn family_export(export: &module::FamilyExport) -> FamilyExport<'_> {
    let module::FamilyExport { member, name, forwards, .. } = export;
    FamilyExport { member: member.name(), name, forwards: *forwards }
}

fn inside(inside: &module::Inside) -> Inside<'_> {
    Inside {
        function: inside.function,
        name: inside.name.as_deref(),
        origin: inside.origin.to_string(),
        grows: inside.grows,
    }
}

fn extern_type(ty: &ExternType) -> (&'static str, String) {
    match ty {
        ExternType::Func(ty) => ("function", ty.to_string()),
        ExternType::Memory { .. } => ("memory", ty.to_string()),
        ExternType::Global { .. } => ("global", ty.to_string()),
        ExternType::Table => ("table", ty.to_string()),
        _ => ("tag", ty.to_string()),
    }
}

fn evidence(evidence: &HeapBaseEvidence) -> &'static str {
    match evidence {
        HeapBaseEvidence::ExportedGlobal { .. } => "exported-global",
        HeapBaseEvidence::ExportedFunction { .. } => "exported-function",
        HeapBaseEvidence::StackPointer { .. } => "stack-pointer",
        HeapBaseEvidence::DataEnd { .. } => "data-end",
        HeapBaseEvidence::EndOfDeclaredMemory { .. } => "end-of-declared-memory",
        _ => "other",
    }
}

fn passed_over(passed_over: &PassedOver) -> &'static str {
    match passed_over {
        PassedOver::NoHeapBase => "no-heap-base",
        PassedOver::FunctionNotConstant { .. } => "function-not-constant",
        PassedOver::NoStackPointer => "no-stack-pointer",
        PassedOver::NoData => "no-data",
        PassedOver::DataUnknown { .. } => "data-unknown",
        PassedOver::StackFirst { .. } => "stack-first",
        _ => "other",
    }
}

fn rewrite(note: &RewriteNote) -> &'static str {
    match note {
        RewriteNote::StartMoved { .. } => "start-moved",
        RewriteNote::MemoryExported { .. } => "memory-exported",
        RewriteNote::MemoryDefined { .. } => "memory-defined",
        RewriteNote::AllocatorExported { .. } => "allocator-exported",
        RewriteNote::TablesLimited { .. } => "tables-limited",
        RewriteNote::TableExported { .. } => "table-exported",
        RewriteNote::TableRaised { .. } => "table-raised",
        RewriteNote::MaximumLowered { .. } => "maximum-lowered",
        _ => "other",
    }
}
