//! Takes the census.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Census, FamilyExport, FamilyImport, Inside, Origin};
use crate::module::family::Member;
use crate::module::parse::Facts;
use crate::module::scan::Code;
use crate::module::toolchain::{Made, Toolchain};
use crate::module::types::ExternType;

/// Functions by name and exports that are looked at; real modules have a dozen.
const FOLLOWED: usize = 64;

pub(in crate::module) fn take(facts: &Facts<'_>, code: &Code, made: &Made) -> Census {
    let imported = facts.imported_functions();
    let mut imports = Vec::new();
    // Indices of imported functions that are the host's allocator.
    let mut hosts = Vec::new();
    let mut function = 0_usize;
    for import in &facts.imports {
        let ty = match &import.ty {
            ExternType::Func(ty) => Some(ty.clone()),
            _ => None,
        };
        if let Some(member) = Member::from_name(&import.name) {
            if ty.is_some() {
                hosts.push(function);
            }
            let (module, name) = (import.module.clone(), import.name.clone());
            imports.push(FamilyImport { member, module, name, ty: ty.clone() });
        }
        function += usize::from(ty.is_some());
    }
    // Not read, code leads nowhere.
    let read = !code.bodies().is_empty();
    let growing = || (imported..).zip(code.bodies()).filter(|(_, body)| body.grows);
    let to_hosts = if read { code.leading_to(imported, hosts) } else { Vec::new() };
    let to_growth =
        if read { code.leading_to(imported, growing().map(|(i, _)| i)) } else { Vec::new() };
    let leads = |from: u32| {
        let marked =
            |marks: &[bool]| usize::try_from(from).is_ok_and(|from| marks.get(from) == Some(&true));
        Leads { forwards: marked(&to_hosts), grows: marked(&to_growth) }
    };
    let is_defined = |index: u32| usize::try_from(index).is_ok_and(|index| index >= imported);

    let mut exports = Vec::new();
    let mut inside: Vec<Inside> = Vec::new();
    for (export, &index) in facts.exports.iter().zip(&facts.export_indices) {
        let (Some(member), ExternType::Func(ty)) = (Member::from_name(&export.name), &export.ty)
        else {
            continue;
        };
        if exports.len() == FOLLOWED {
            break;
        }
        let leads = leads(index);
        // An import that is exported again is the host's, whatever it is called.
        let forwards = leads.forwards || !is_defined(index);
        let (name, ty) = (export.name.clone(), ty.clone());
        if !forwards {
            add(&mut inside, index, Some(&name), Origin::C, leads.grows);
        }
        exports.push(FamilyExport { member, name, ty, forwards });
    }
    for (index, name, origin) in facts.custom.allocators.iter().take(FOLLOWED) {
        if !is_defined(*index) {
            continue;
        }
        let leads = leads(*index);
        // One that forwards is how a libc's malloc is displaced by the host's. One that grows the
        // memory as well is not only that.
        if !leads.forwards || leads.grows {
            add(&mut inside, *index, Some(name), *origin, leads.grows);
        }
    }
    // What no name gave away.
    let explained = inside.iter().any(|inside| inside.grows);
    if !explained && let Some((index, _)) = growing().next() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        add(&mut inside, index, facts.custom.name_of(index), origin_by(made), true);
    }
    let sizing = (imported..).zip(code.bodies()).filter(|(_, body)| body.sizes);
    // Emscripten's sbrk goes by the memory's size, and lets the host grow it.
    if inside.is_empty()
        && made.toolchain == Toolchain::Emscripten
        && let Some((index, _)) = sizing.clone().next()
    {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        add(&mut inside, index, facts.custom.name_of(index), Origin::Sbrk, false);
    }
    let named = |member: Member| {
        let is_it = |entry: &&(u32, alloc::string::String, Origin)| {
            entry.1 == member.name()
                && inside.iter().any(|inside| inside.function == entry.0)
                && facts.has_type(entry.0, &member.func_type())
        };
        let mut found = facts.custom.allocators.iter().filter(is_it);
        // Two of one name: neither is known to be the one.
        found.next().filter(|_| found.next().is_none()).map(|(index, ..)| *index)
    };
    let named_pair = named(Member::Malloc).zip(named(Member::Free));
    Census {
        named_pair,
        imports,
        exports,
        inside,
        growing: growing().count().try_into().unwrap_or(u32::MAX),
        growing_blindly: growing()
            .filter(|(_, body)| body.grows_blindly)
            .count()
            .try_into()
            .unwrap_or(u32::MAX),
        sizing: sizing.count().try_into().unwrap_or(u32::MAX),
        functions_named: facts.custom.functions_named,
    }
}

/// Where a function's direct calls lead.
struct Leads {
    forwards: bool,
    grows: bool,
}

fn add(inside: &mut Vec<Inside>, function: u32, name: Option<&str>, origin: Origin, grows: bool) {
    let known = inside.iter().any(|known| known.function == function);
    if !known && inside.len() < Census::INSIDE {
        inside.push(Inside { function, name: name.map(ToString::to_string), origin, grows });
    }
}

/// Whose allocator it is that grows the memory in a module of this toolchain.
fn origin_by(made: &Made) -> Origin {
    match made.toolchain {
        Toolchain::Clang | Toolchain::WasiLibc => Origin::Unknown,
        Toolchain::Emscripten => Origin::Sbrk,
        Toolchain::Rust => Origin::Rust,
        Toolchain::Zig => Origin::Zig,
        Toolchain::AssemblyScript => Origin::AssemblyScript,
        Toolchain::Go | Toolchain::TinyGo => Origin::Go,
        Toolchain::Unknown => Origin::Unknown,
    }
}
