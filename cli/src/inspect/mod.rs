//! The command `inspect`: what a module is, without running it.

mod json;
mod words;

use hostheap_core::LoadOptions;
use hostheap_core::error::ModuleError;
use hostheap_core::module::{
    self, ModuleInfo, PrepareOptions, RewriteNote, Situation, Survey, Toolchain,
};

use crate::args::inspect::Inspect;
use crate::error::Failure;
use crate::picture::{self, Caption};
use crate::print::{self, quoted};
use crate::{file, json as machine};

/// Does what the command line asks for.
pub(crate) fn inspect(options: &Inspect) -> Result<(), Failure> {
    let svg_only = options.svg.as_deref().is_some_and(file::is_dash);
    if svg_only && options.json {
        return Err(Failure::usage(
            "--json and --svg - would both be written to stdout: give --svg a file",
        ));
    }
    let name = file::name(&options.plugin);
    let wasm = file::read(&options.plugin, "a .wasm file")?;
    let survey = match Survey::read(&wasm) {
        Ok(survey) => survey,
        Err(error) => {
            if options.json {
                print::stdout(&machine::text(&json::unreadable(&name, &error)))?;
            }
            return Err(Failure::plugin(error).of(&name));
        }
    };
    let info = survey.clone().into_info();
    let loaded = match &info {
        Ok(info) => load(&wasm, info),
        Err(problem) => Err(problem.clone()),
    };
    // None where the plugin is served by its own.
    let is_host = |info: &&ModuleInfo| info.census().situation() != Situation::Exported;
    let heap = info.as_ref().ok().filter(is_host);
    let heap = heap.map(|info| (info.heap_start(), info.heap_room()));
    let problems: Vec<&ModuleError> = match &loaded {
        Ok(_) => Vec::new(),
        // What only shows when it is rewritten comes after what was seen before.
        Err(late) if survey.problems().is_empty() => vec![late],
        Err(_) => survey.problems().iter().collect(),
    };
    let notes = loaded.as_deref().unwrap_or_default();

    if options.json {
        let report = json::report(&name, &survey, heap, &problems, notes);
        print::stdout(&machine::text(&report))?;
    } else if !svg_only {
        print::stdout(&words::report(&name, &survey, heap, &problems, notes))?;
    }
    if let Some(path) = &options.svg {
        let Some(map) = survey.map() else {
            return Err(Failure::plugin("it has no memory that could be drawn").of(&name));
        };
        file::write(path, picture::svg(&map, &caption(&name, &survey, &problems)).as_bytes())?;
    }
    match problems.len() {
        0 => Ok(()),
        1 => Err(Failure::plugin(format_args!("no host can load it: {}", problems[0])).of(&name)),
        n => Err(Failure::plugin(format_args!("no host can load it: {n} problems")).of(&name)),
    }
}

/// What a host would change before it loads the module, with the library's own settings.
fn load(wasm: &[u8], info: &ModuleInfo) -> Result<Vec<RewriteNote>, ModuleError> {
    let defaults = LoadOptions::new();
    let mut options = PrepareOptions::default().callback_slots(defaults.callback_slots);
    options.max_table_elements = defaults.max_table_elements;
    module::prepare(wasm, info, &options).map(|prepared| prepared.notes)
}

/// What stands around the picture of its memory.
fn caption(name: &str, survey: &Survey, problems: &[&ModuleError]) -> Caption {
    let mut notes: Vec<String> = problems.iter().map(|it| format!("Problem: {it}.")).collect();
    if let Some(layout) = survey.layout() {
        notes.push(format!("Heap base {}: {}.", layout.heap_base, layout.evidence));
    }
    let made = survey.contents().toolchain();
    if made.toolchain != Toolchain::Unknown {
        notes.push(format!("Made by {}.", print::one_line(&made.to_string())));
    }
    let title = match name.rsplit(['/', '\\']).next() {
        Some(file) if !file.is_empty() => file,
        _ => name,
    };
    let title = quoted(title);
    Caption { title: title.trim_matches('`').to_owned(), notes }
}
