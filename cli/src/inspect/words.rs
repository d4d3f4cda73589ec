//! The report of `inspect` for people.

use std::collections::HashMap;
use std::fmt::Display;

use hostheap_core::memory::PAGE;
use hostheap_core::module::{
    Census, Certainty, Contents, ExternType, FamilyExport, FamilyImport, Layout, MemoryInfo,
    Producer,
};

use super::{Found, Served};
use crate::picture;
use crate::print::{self, printable, quoted, ticked, wrapped};
use crate::report::{and, count};

/// Characters of a line.
const WIDTH: usize = 100;
/// Entries of a list that are shown; a module may have 100,000.
const SHOWN: usize = 60;
/// Characters to which names are padded, so that what follows stands in a column.
const COLUMN: usize = 36;
/// Characters of a type that are shown.
const TYPE: usize = 100;

pub(super) fn report(name: &str, found: &Found<'_>) -> String {
    let Found { survey, problems, plan, .. } = *found;
    let contents = survey.contents();
    let mut out = Sections::default();
    head(&mut out, name, contents);
    if !problems.is_empty() {
        out.title("No host can load it");
        for problem in problems {
            for (i, line) in wrapped(&problem.to_string(), WIDTH - 4).iter().enumerate() {
                out.line(format_args!("{}{line}", if i == 0 { "- " } else { "  " }));
            }
        }
    }
    match (survey.memory(), survey.map()) {
        (Some(memory), Some(map)) => {
            out.title(format_args!("Memory: {}", sizes(memory)));
            out.block(&picture::text(&map));
        }
        _ => out.title("Memory: none that can be described"),
    }
    if let Some(layout) = survey.layout() {
        where_it_starts(&mut out, layout, found);
    }
    allocators(&mut out, contents.census());
    imports(&mut out, contents);
    exports(&mut out, contents);
    made_by(&mut out, contents);
    if let Some(plan) = plan {
        out.title("Rewritten when it is loaded");
        for note in &plan.prepared.notes {
            out.line(note);
        }
        if plan.prepared.notes.is_empty() {
            out.line("nothing");
        }
    }
    out.text
}

#[derive(Default)]
struct Sections {
    text: String,
}

impl Sections {
    /// Begins a section.
    fn title(&mut self, title: impl Display) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.text += &format!("{gap}{title}\n");
    }

    /// A line in it.
    fn line(&mut self, line: impl Display) {
        self.text += &format!("  {line}\n");
    }

    /// A name and what there is to say, on several lines if one is too long.
    fn row(&mut self, name: &str, text: impl Display) {
        let mut name = name;
        for line in wrapped(&text.to_string(), WIDTH - 15) {
            self.line(format_args!("{name:11}  {line}"));
            name = "";
        }
    }

    /// Lines that are as wide as they should be.
    fn block(&mut self, lines: &str) {
        self.text += lines;
        self.text += "\n";
    }

    /// The rest of a list that is too long.
    fn more(&mut self, shown: usize, all: usize) {
        if all > shown {
            self.line(format_args!("… and {} more (--json has all)", all - shown));
        }
    }
}

fn head(out: &mut Sections, name: &str, contents: &Contents) {
    let mut head = format!("{}: {}", quoted(name), count(contents.wasm_bytes(), "byte"));
    if let Some(name) = contents.name() {
        head += &format!(", named {}", ticked(name));
    }
    out.title(head);
}

fn sizes(memory: &MemoryInfo) -> String {
    let bytes = |bytes: u64| format!("{bytes} bytes ({})", count(bytes / PAGE, "page"));
    let mut text = format!("{} at the start", bytes(memory.min_bytes));
    text += &match memory.max_bytes {
        Some(max) if max == memory.min_bytes => " and at most".to_owned(),
        Some(max) => format!(", at most {}", bytes(max)),
        None => ", no maximum".to_owned(),
    };
    if let Some((module, name)) = &memory.imported {
        text += &format!("; imported as {}", ticked(&format!("{module}.{name}")));
    }
    match &memory.exported_as {
        Some(name) => text += &format!("; exported as {}", ticked(name)),
        None => text += "; not exported",
    }
    text
}

fn where_it_starts(out: &mut Sections, layout: &Layout, found: &Found<'_>) {
    let base = layout.heap_base;
    out.title(format_args!("Heap: from {base} ({base:#x}) on"));
    out.row("evidence", &layout.evidence);
    let certainty = match layout.certainty() {
        Certainty::Exact => "exact: the linker's own value",
        Certainty::Bounded => {
            "bounded: safe, as nothing of the module's lies above, and it is known how much that \
             wastes"
        }
        _ => {
            "fallback: safe, as nothing of the module's lies above, but nobody knows how much that \
             wastes"
        }
    };
    out.row("certainty", certainty);
    for (i, passed_over) in layout.passed_over.iter().enumerate() {
        out.row(if i == 0 { "missing" } else { "" }, passed_over);
    }
    let start = match found.served() {
        Some(Served::Host { start }) => start,
        Some(Served::Plugin) => {
            return out.row("the host's", "none: its own malloc and free serve the plugin");
        }
        Some(Served::Nobody) => {
            return out.row(
                "the host's",
                "none: the allocator inside may take all that the memory grows by, so calls that \
                 need a heap fail",
            );
        }
        None => return,
    };
    if start != base {
        out.row(
            "the host's",
            format_args!("from {start} ({start:#x}) on, above the allocator inside"),
        );
    }
    let room = match found.room {
        0 => "none: every allocation fails, as the memory cannot grow".to_owned(),
        n => picture::size_and_bytes(n),
    };
    out.row("room", room);
}

fn allocators(out: &mut Sections, census: &Census) {
    out.title(format_args!("Allocators: {}", census.situation()));
    let mut misfits = Vec::new();
    let mut family = Vec::new();
    for import in &census.imports {
        if import.fits() { family.push(import.member.name()) } else { misfits.push(import) }
    }
    if !family.is_empty() {
        out.row("imports", and(&family));
    }
    for (i, misfit) in misfits.iter().take(SHOWN).enumerate() {
        out.row(if i == 0 { "not offered" } else { "" }, misfitting(misfit));
    }
    out.more(SHOWN, misfits.len());
    for (i, export) in census.exports.iter().take(SHOWN).enumerate() {
        let FamilyExport { name, member, forwards, .. } = export;
        let mut text = ticked(name);
        if name != member.name() {
            text += &format!(" ({member})");
        }
        text += if *forwards { ", which leads to the host's" } else { ", the module's own" };
        out.row(if i == 0 { "exports" } else { "" }, text);
    }
    out.more(SHOWN, census.exports.len());
    for (i, inside) in census.inside.iter().enumerate() {
        out.row(if i == 0 { "inside" } else { "" }, inside);
    }
    let functions = |n: u32| match n {
        0 => "no function".to_owned(),
        n => count(n.into(), "function"),
    };
    out.row(
        "code",
        format_args!(
            "memory.grow in {}, memory.size in {}",
            functions(census.growing),
            functions(census.sizing)
        ),
    );
    if !census.functions_named {
        out.row("names", "functions have none, so an allocator inside would not show by its name");
    }
}

/// An import that looks like a member of the family and is not the one that a host offers.
fn misfitting(import: &FamilyImport) -> String {
    let FamilyImport { member, module, name, ty, .. } = import;
    let name = ticked(&format!("{module}.{name}"));
    let ty = ty.as_ref().map(|ty| format!(" {}", cut(&ty.to_string()))).unwrap_or_default();
    format!("{name}{ty}; the host's is `env.{member}` {}", member.func_type())
}

fn imports(out: &mut Sections, contents: &Contents) {
    let imports = contents.imports();
    out.title(format_args!("Imports: {}", number(imports.len())));
    let family: HashMap<(&str, &str), &FamilyImport> = contents
        .census()
        .imports
        .iter()
        .map(|import| ((import.module.as_str(), import.name.as_str()), import))
        .collect();
    // Grouped by module, in the order of their first import.
    let mut modules: Vec<&str> = Vec::new();
    let shown = || imports.iter().take(SHOWN);
    for import in shown() {
        if !modules.contains(&import.module.as_str()) {
            modules.push(&import.module);
        }
    }
    let width = column(shown().map(|import| (import.name.as_str(), &import.ty)));
    for module in modules {
        out.line(format_args!("from {}", ticked(module)));
        for import in shown().filter(|import| import.module == module) {
            let mark = match family.get(&(module, import.name.as_str())) {
                Some(import) if import.fits() => "  malloc family",
                Some(_) => "  malloc family, but not as the host offers it",
                None => "",
            };
            out.line(entry(&import.name, &import.ty, width, mark, "  "));
        }
    }
    out.more(SHOWN, imports.len());
}

fn exports(out: &mut Sections, contents: &Contents) {
    let exports = contents.exports();
    out.title(format_args!("Exports: {}", number(exports.len())));
    let family: HashMap<&str, &FamilyExport> =
        contents.census().exports.iter().map(|export| (export.name.as_str(), export)).collect();
    let shown = || exports.iter().take(SHOWN);
    let width = column(shown().map(|export| (export.name.as_str(), &export.ty)));
    for export in shown() {
        let mark = match family.get(export.name.as_str()) {
            Some(export) if export.forwards => "  malloc family, leads to the host's",
            Some(_) => "  malloc family",
            None => "",
        };
        out.line(entry(&export.name, &export.ty, width, mark, ""));
    }
    out.more(SHOWN, exports.len());
    if contents.wrapped_exports() > 0 {
        out.line(format_args!(
            "{} each time they are called: link with -mexec-model=reactor, or export `_initialize`",
            match contents.wrapped_exports() {
                1 => "1 of them runs the constructors".to_owned(),
                n => format!("{n} of them run the constructors"),
            }
        ));
    }
    if contents.has_start() {
        out.line("and a start function");
    }
}

fn entry(name: &str, ty: &ExternType, width: (usize, usize), mark: &str, indent: &str) -> String {
    let (name, ty) = (printable(name), type_of(ty));
    let line = format!("{indent}{name:0$}  {ty:1$}{mark}", width.0, width.1);
    line.trim_end().to_owned()
}

/// How wide names and types are, but for those that are very long.
fn column<'a>(entries: impl Iterator<Item = (&'a str, &'a ExternType)>) -> (usize, usize) {
    let widths = entries.map(|(name, ty)| {
        (printable(name).chars().count().min(COLUMN), type_of(ty).chars().count().min(COLUMN))
    });
    widths.fold((0, 0), |most, entry| (most.0.max(entry.0), most.1.max(entry.1)))
}

fn type_of(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(ty) => cut(&ty.to_string()),
        other => other.to_string(),
    }
}

fn number(n: usize) -> String {
    if n == 0 { "none".to_owned() } else { n.to_string() }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TYPE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn made_by(out: &mut Sections, contents: &Contents) {
    let made = contents.toolchain();
    // Its text is the library's, with names quoted, but for what a tool calls itself.
    out.title(format_args!("Made by: {}", print::one_line(&made.to_string())));
    let producers = contents.producers();
    let mut row = |name: &str, tools: &[Producer]| {
        for (i, tool) in tools.iter().take(SHOWN).enumerate() {
            out.row(if i == 0 { name } else { "" }, print::one_line(&tool.to_string()));
        }
        out.more(SHOWN, tools.len());
    };
    row("languages", &producers.languages);
    row("tools", &producers.processed_by);
    row("SDKs", &producers.sdks);
}
