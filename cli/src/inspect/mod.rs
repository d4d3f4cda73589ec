//! The command `inspect`: what a module is, without running it.

mod json;
mod words;

use hostheap_core::error::ModuleError;
use hostheap_core::module::{ModuleInfo, Survey, Toolchain};
use hostheap_core::plugin::{Allocator, LoadPlan};
use hostheap_core::{Error, LoadOptions};

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
    if let Some(path) = options.svg.as_deref().filter(|path| file::is_same(&options.plugin, path)) {
        return Err(Failure::usage(format_args!(
            "{} is the plugin itself: give --svg another file",
            quoted(&file::name(path))
        )));
    }
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
        Ok(info) => plan(&wasm, info),
        Err(problem) => Err(problem.clone()),
    };
    let problems: Vec<&ModuleError> = match &loaded {
        Ok(_) => Vec::new(),
        // What only shows when it is loaded comes after what was seen before.
        Err(late) if survey.problems().is_empty() => vec![late],
        Err(_) => survey.problems().iter().collect(),
    };
    let room = info.as_ref().map_or(0, ModuleInfo::heap_room);
    let found = Found { survey: &survey, problems: &problems, plan: loaded.as_ref().ok(), room };

    if options.json {
        print::stdout(&machine::text(&json::report(&name, &found)))?;
    } else if !svg_only {
        print::stdout(&words::report(&name, &found))?;
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

/// All that is known of a module.
#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    survey: &'a Survey,
    /// Why no host can load it.
    problems: &'a [&'a ModuleError],
    /// How one would, if it can.
    plan: Option<&'a LoadPlan<'a>>,
    /// Bytes that a heap of the host's could have.
    room: u64,
}

/// Whose heap serves a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    /// The host's, from an offset on.
    Host { start: u32 },
    /// Its own, through its `malloc` and `free`.
    Plugin,
    /// None: its own leaves no place for another.
    Nobody,
}

impl Found<'_> {
    fn served(&self) -> Option<Served> {
        let plan = self.plan?;
        Some(match (&plan.allocator, &plan.no_heap) {
            (Allocator::Host, None) => Served::Host { start: plan.heap_start },
            (Allocator::Host, Some(_)) => Served::Nobody,
            _ => Served::Plugin,
        })
    }
}

/// How a host would load the module, with the library's own settings.
fn plan<'a>(wasm: &'a [u8], info: &ModuleInfo) -> Result<LoadPlan<'a>, ModuleError> {
    LoadOptions::new().plan(wasm, info).map_err(|error| match error {
        Error::Module(error) => *error,
        // These options name no exports that could be missing.
        _ => ModuleError::OtherModule,
    })
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
