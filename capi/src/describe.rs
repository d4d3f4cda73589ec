//! A module in words.

use core::fmt::Display;

use hostheap_core::module::{Census, Contents, ExternType, MemoryInfo, Survey};

/// Entries of a list that are shown; a module may have 100,000.
const SHOWN: usize = 60;

/// All that is known of a module, a line for each thing.
pub(crate) fn survey(survey: &Survey) -> String {
    let mut lines = Lines::default();
    let contents = survey.contents();
    lines.row("size", format_args!("{} bytes", contents.wasm_bytes()));
    for problem in survey.problems() {
        lines.row("problem", problem);
    }
    if let Some(memory) = survey.memory() {
        lines.row("memory", self::memory(memory));
    }
    if let Some(layout) = survey.layout() {
        lines.row("heap base", format_args!("{0} ({0:#x})", layout.heap_base));
        lines.row("evidence", &layout.evidence);
        for passed_over in &layout.passed_over {
            lines.row("missing", passed_over);
        }
        if let Some(stack_pointer) = layout.stack_pointer {
            lines.row("stack", format_args!("down from {stack_pointer}"));
        }
        if let (Some(start), Some(end)) = (layout.data_start, layout.data_end) {
            lines.row("data", format_args!("{start} to {end}"));
        }
    }
    if let Some(start) = survey.clone().into_info().ok().map(|info| info.heap_start())
        && survey.layout().is_some_and(|layout| layout.heap_base != start)
    {
        lines.row("host's heap", format_args!("from {start}, above the module's own allocator"));
    }
    allocators(&mut lines, contents.census());
    imports_and_exports(&mut lines, contents);
    if contents.has_start() {
        lines.row("start", "a function runs when the module is instantiated");
    }
    lines.row("made by", contents.toolchain());
    lines.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn row(&mut self, name: &str, text: impl Display) {
        self.0 += &format!("{name:12} {text}\n");
    }

    fn list(&mut self, name: &str, all: usize, shown: impl Iterator<Item = String>) {
        for line in shown.take(SHOWN) {
            self.row(name, line);
        }
        if all > SHOWN {
            self.row(name, format_args!("… and {} more", all - SHOWN));
        }
    }
}

fn memory(memory: &MemoryInfo) -> String {
    let mut text = format!("{} bytes at the start", memory.min_bytes);
    text += &match memory.max_bytes {
        Some(max) => format!(", {max} at most"),
        None => ", no maximum".to_owned(),
    };
    if let Some((module, name)) = &memory.imported {
        text += &format!(", imported as {}", name_in(module, name));
    }
    if let Some(name) = &memory.exported_as {
        text += &format!(", exported as {}", quoted(name));
    }
    text
}

fn allocators(lines: &mut Lines, census: &Census) {
    lines.row("allocator", census.situation());
    for inside in &census.inside {
        lines.row("inside", inside);
    }
}

fn imports_and_exports(lines: &mut Lines, contents: &Contents) {
    let (imports, exports) = (contents.imports(), contents.exports());
    let typed = |name: String, ty: &ExternType| format!("{name} {ty}");
    lines.list(
        "import",
        imports.len(),
        imports.iter().map(|it| typed(name_in(&it.module, &it.name), &it.ty)),
    );
    lines.list("export", exports.len(), exports.iter().map(|it| typed(quoted(&it.name), &it.ty)));
}

fn name_in(module: &str, name: &str) -> String {
    quoted(&format!("{module}.{name}"))
}

/// A name of a module's, which may be anything: escaped, and cut to a bearable length.
fn quoted(name: &str) -> String {
    const CHARS: usize = 100;
    let rest = if name.chars().nth(CHARS).is_some() { "…" } else { "" };
    let name: String = name.chars().take(CHARS).flat_map(char::escape_debug).collect();
    format!("`{name}{rest}`")
}
