//! Exports: those that the contract names, and others.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::imports::one_of;
use super::{Check, Made, brief, mends};
use crate::contract::finding::Code;
use crate::contract::policy::{Matter, Policy};
use crate::contract::{Export as Wanted, Role};
use crate::module::export::{is_mangled, near_names};
use crate::module::text::{Names, Quoted};
use crate::module::{Export, ExternType, Member};

pub(super) fn check(check: &mut Check<'_>) {
    let contract = check.contract;
    let exports = check.survey.contents().exports();
    // A contract may name as many exports as a module has.
    let mut by_name: BTreeMap<&str, &Export> = BTreeMap::new();
    for export in exports {
        by_name.entry(&export.name).or_insert(export);
    }
    for (name, wanted) in &contract.exports {
        match by_name.get(name.as_str()) {
            Some(export) => found(check, name, wanted, &export.ty),
            None if wanted.optional => {}
            None => missing(check, name, wanted),
        }
    }
    let policy = contract.policy_on(Matter::ExtraExports);
    if policy == Policy::Allow {
        return;
    }
    for export in exports {
        let ExternType::Func(ty) = &export.ty else { continue };
        if contract.exports.contains_key(&export.name) || is_toolchains(&export.name) {
            continue;
        }
        check.found.under(policy, Code::ExportNotAskedFor, || Made {
            expected: "only what the contract names".to_string(),
            mends: Vec::from([mends::words(
                super::super::Place::Source,
                "do not export it: the host does not call it",
            )]),
            ..Made::new(subject(&export.name), format!("function {}", brief(ty)))
        });
    }
}

fn found(check: &mut Check<'_>, name: &str, wanted: &Wanted, ty: &ExternType) {
    let prototype = &wanted.prototype;
    let accepted = || prototype.c_prototypes(Role::Export, name);
    match ty {
        ExternType::Func(ty) if prototype.accepts(ty) => {}
        ExternType::Func(ty) => {
            let accepted = accepted();
            let c = accepted.first().map_or(String::new(), |(_, c)| format!("{c};"));
            check.found.error(Code::ExportType, || Made {
                expected: format!("{prototype}, that is {}", one_of(&accepted)),
                reason: "the host's call passes other values than the function takes".to_string(),
                mends: mends::prototype(&check.makers, &c, &prototype.rust(Role::Export)),
                ..Made::new(subject(name), format!("function {}", brief(ty)))
            });
        }
        other => {
            check.found.error(Code::ExportKind, || Made {
                expected: format!("function {prototype}"),
                mends: mends::export(&check.makers, name),
                ..Made::new(subject(name), brief(other))
            });
        }
    }
}

fn missing(check: &mut Check<'_>, name: &str, wanted: &Wanted) {
    let (contents, makers) = (check.survey.contents(), &check.makers);
    let functions = contents
        .exports()
        .iter()
        .filter(|export| matches!(export.ty, ExternType::Func(_)))
        .map(|export| export.name.as_str());
    let near = near_names(functions, name);
    check.found.error(Code::MissingExport, || {
        let mut made = Made {
            expected: format!("function {}", wanted.prototype),
            mends: mends::export(makers, name),
            ..Made::new(subject(name), "not exported")
        };
        if !near.is_empty() {
            made.found = format!("not exported; the module exports {}", Names(&near));
        }
        let imported = contents.imports().iter().find(|import| import.name == name);
        if near.iter().any(|found| is_mangled(found, name)) {
            made.reason = "a C++ compiler encodes the parameters in a function's name".to_string();
            made.mends.splice(0..0, mends::c_linkage(makers, name));
        } else if let Some(import) = imported {
            made.found = format!("not exported, but imported from {}", Quoted(&import.module));
            made.reason = "the plugin declares the function and does not define it".to_string();
            let text = format!("define `{name}` in the plugin, or link what defines it");
            made.mends = Vec::from([mends::words(super::super::Place::Source, text)]);
        }
        made
    });
}

fn subject(name: &str) -> String {
    format!("export {}", Quoted(name))
}

/// Functions that compilers and libcs export on their own, and those that the loader knows.
fn is_toolchains(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "_initialize",
        "_start",
        "heap_base",
        "stackAlloc",
        "stackSave",
        "stackRestore",
        "asyncify_start_unwind",
        "asyncify_stop_unwind",
        "asyncify_start_rewind",
        "asyncify_stop_rewind",
        "asyncify_get_state",
    ];
    name.starts_with("__")
        || name.starts_with("emscripten_")
        || name.starts_with("_emscripten_")
        || NAMES.contains(&name)
        || Member::from_name(name).is_some()
}
