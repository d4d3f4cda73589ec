//! Which functions are the family.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec::Vec;

use super::error::{ExternalizeError, Instead};
use super::read::Program;
use super::report::{FoundAs, FunctionId};
use super::thunk::{self, Forwarding};
use crate::FuncType;
use crate::module::parse::val_type;
use crate::module::{Member, ModuleInfo};

/// The functions to be replaced.
pub(super) struct Family {
    /// What each is, and how that is known.
    pub(super) functions: BTreeMap<u32, (Member, FoundAs)>,
    /// Exports that go away.
    pub(super) exports: BTreeSet<usize>,
}

impl Family {
    pub(super) fn member(&self, function: u32) -> Option<Member> {
        self.functions.get(&function).map(|(member, _)| *member)
    }

    /// The members that were found, in the order of [`Member::ALL`].
    pub(super) fn members(&self) -> Vec<Member> {
        let found: BTreeSet<_> = self.functions.values().map(|(member, _)| *member).collect();
        found.into_iter().collect()
    }
}

/// Functions that a chain of thunks may be long.
const CHAIN: usize = 8;

pub(super) fn family(
    program: &Program<'_>,
    info: &ModuleInfo,
    import_module: &str,
) -> Result<Family, ExternalizeError> {
    already(program, import_module)?;
    let mut family = Family { functions: BTreeMap::new(), exports: BTreeSet::new() };
    // For each member the functions that claim to be it.
    let mut claims: BTreeMap<Member, BTreeMap<u32, FoundAs>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (i, (name, function)) in program.exports.iter().enumerate() {
        let Some(member) = Member::from_name(name) else { continue };
        match found_type(program, *function) {
            Some(ty) if ty == member.func_type() => {
                claims.entry(member).or_default().entry(*function).or_insert(FoundAs::Exported);
                family.exports.insert(i);
            }
            found => wrong.push((member, *function, found)),
        }
    }
    for (function, name) in &program.names {
        let Some(member) = Member::from_name(name) else { continue };
        if *function < program.imported() || *function >= program.count() {
            continue;
        }
        match found_type(program, *function) {
            Some(ty) if ty == member.func_type() => {
                claims.entry(member).or_default().entry(*function).or_insert(FoundAs::Named);
            }
            found => wrong.push((member, *function, found)),
        }
    }
    // A function of another type is something else if the member is there besides.
    let unresolved = wrong.into_iter().find(|(member, ..)| !claims.contains_key(member));
    if let Some((member, function, found)) = unresolved {
        let function = FunctionId::of(program, function);
        return Err(ExternalizeError::WrongType {
            member,
            function,
            found: found.unwrap_or_default(),
        });
    }
    let has = |member| claims.contains_key(&member);
    match (has(Member::Malloc), has(Member::Free)) {
        (true, true) => {}
        (false, false) => {
            return Err(ExternalizeError::NoFamily { instead: instead(program, info) });
        }
        (true, false) => {
            return Err(ExternalizeError::Missing { member: Member::Free, found: Member::Malloc });
        }
        (false, true) => {
            return Err(ExternalizeError::Missing { member: Member::Malloc, found: Member::Free });
        }
    }
    for (member, functions) in &claims {
        add(program, &mut family, *member, functions)?;
    }
    Ok(family)
}

/// A module that imports a member is the host's already.
fn already(program: &Program<'_>, import_module: &str) -> Result<(), ExternalizeError> {
    let names: BTreeSet<_> = program
        .imports
        .iter()
        .filter(|(module, name)| {
            *module == import_module && Member::ALL.iter().any(|m| m.name() == *name)
        })
        .map(|(_, name)| name.to_string())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(ExternalizeError::AlreadyImports { names: names.into_iter().collect() })
}

/// Takes in the functions that claim to be one member, with those that they forward to.
fn add(
    program: &Program<'_>,
    family: &mut Family,
    member: Member,
    claimed: &BTreeMap<u32, FoundAs>,
) -> Result<(), ExternalizeError> {
    let mut agreed: Option<(u32, u32)> = None;
    for (&function, &found_as) in claimed {
        let mut last = function;
        let mut found_as = found_as;
        for _ in 0..CHAIN {
            let next = thunk::forwarding(program, last);
            // A wrapper around the constructors is not the member: it goes away with its export.
            if !next.is_some_and(|next| next.wraps) {
                insert(program, family, last, member, found_as)?;
            }
            let Some(Forwarding { to, .. }) = next else { break };
            if to < program.imported() {
                break;
            }
            last = to;
            found_as = claimed.get(&to).copied().unwrap_or(FoundAs::Forwarded);
        }
        match agreed {
            Some((first, end)) if end != last => {
                return Err(ExternalizeError::TwoFunctions {
                    member,
                    first: FunctionId::of(program, first),
                    second: FunctionId::of(program, function),
                });
            }
            _ => agreed = Some((function, last)),
        }
    }
    Ok(())
}

fn insert(
    program: &Program<'_>,
    family: &mut Family,
    function: u32,
    member: Member,
    found_as: FoundAs,
) -> Result<(), ExternalizeError> {
    let alike = |a, b| {
        let aligned = |m| matches!(m, Member::AlignedAlloc | Member::Memalign);
        a == b || aligned(a) && aligned(b)
    };
    match family.functions.get(&function) {
        Some((first, _)) if !alike(*first, member) => Err(ExternalizeError::TwoMembers {
            function: FunctionId::of(program, function),
            first: *first,
            second: member,
        }),
        Some((_, before)) if *before <= found_as => Ok(()),
        _ => {
            family.functions.insert(function, (member, found_as));
            Ok(())
        }
    }
}

fn found_type(program: &Program<'_>, function: u32) -> Option<FuncType> {
    let ty = program.func_type(function)?;
    let types = |types: &[wasmparser::ValType]| -> Vec<_> {
        types.iter().map(|ty| val_type(*ty)).collect()
    };
    // A hostile type may be long, and none of the family's is.
    if ty.params().len() > 16 || ty.results().len() > 16 {
        return None;
    }
    Some(FuncType { params: types(ty.params()), results: types(ty.results()) })
}

/// What else the module may be.
fn instead(program: &Program<'_>, info: &ModuleInfo) -> Instead {
    let exports = |name: &str| program.exports.iter().any(|(export, _)| *export == name);
    let made_by = |name: &str| {
        let producers = info.producers();
        let all = producers.languages.iter().chain(&producers.processed_by);
        all.into_iter().any(|producer| producer.name == name)
    };
    let named = |part: &str| program.names.values().any(|name| name.contains(part));
    let imports = |module: &str| program.imports.iter().any(|(from, _)| *from == module);
    if exports("__new") && exports("__pin") || named("~lib/rt/") {
        Instead::AssemblyScript
    } else if imports("gojs") || imports("go") || made_by("Go") || named("runtime.mallocgc") {
        Instead::Go
    } else if made_by("Rust") || named("__rust_alloc") || named("__rustc") {
        Instead::Rust
    } else if program.names.is_empty() {
        Instead::NoNames
    } else {
        Instead::Nothing
    }
}
