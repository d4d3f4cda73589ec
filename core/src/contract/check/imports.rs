//! Imports: each is allowed, has its type, or is a finding.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Check, Made, brief, mends};
use crate::FuncType;
use crate::contract::finding::{Code, Mend, Place};
use crate::contract::policy::{Policy, Wasi};
use crate::contract::{Contract, Prototype, Role};
use crate::imports::MODULE as ENV;
use crate::module::export::near_names;
use crate::module::text::Quoted;
use crate::module::{ExternType, Import, Member, Survey, Toolchain};
use crate::sites::{SITE, SITE_MODULE, site_type};

pub(super) fn check(check: &mut Check<'_>) {
    let contents = check.survey.contents();
    if let Some(example) = minified(check.contract, contents.imports()) {
        let found = format!("imports such as {} and their like only", Name(example));
        check.found.error(Code::MinifiedNames, || Made {
            expected: "the names of the source".to_string(),
            reason: "imports and exports are found by name, and these were shortened".to_string(),
            mends: mends::minified(&check.makers),
            ..Made::new("imports", found)
        });
        return;
    }
    let mut seen = BTreeSet::new();
    for import in contents.imports() {
        // One function may be imported several times, by each source file that declares it.
        if seen.insert(import) {
            one(check, import);
        }
    }
}

fn one(check: &mut Check<'_>, import: &Import) {
    let contract = check.contract;
    let ty = match &import.ty {
        ExternType::Func(ty) => ty,
        // The loader makes it one of the module's own.
        ExternType::Memory { .. } => return,
        other => {
            return check.found.error(Code::ImportKind, || Made {
                expected: "functions only".to_string(),
                reason: "a host offers plugins nothing else".to_string(),
                mends: not_a_function(import),
                ..Made::new(subject(import), brief(other))
            });
        }
    };
    if let Some(prototype) = contract.import_prototype(&import.module, &import.name) {
        if prototype.accepts(ty) {
            return;
        }
        let accepted = prototype.c_prototypes(Role::Import, &import.name);
        let c = accepted.first().map_or(String::new(), |(_, c)| format!("{c};"));
        return check.found.error(Code::ImportType, || Made {
            expected: format!("{prototype}, that is {}", one_of(&accepted)),
            reason: "the plugin declares another type than the host's function has".to_string(),
            mends: mends::prototype(&check.makers, &c, &prototype.rust(Role::Import)),
            ..Made::new(subject(import), brief(ty))
        });
    }
    if let Some(member) = Member::named(&import.name).filter(|_| import.module == ENV) {
        return family(check, import, member, ty);
    }
    if import.module == SITE_MODULE && import.name == SITE && *ty == site_type() {
        return; // every host has it, and most do nothing in it
    }
    if import.module.starts_with("wasi") {
        let policy = contract.wasi.on(&import.name);
        if policy == Policy::Allow {
            return;
        }
        return check.found.under(policy, Code::WasiNotAllowed, || Made {
            expected: "no such call of WASI".to_string(),
            reason: "the host does not offer it".to_string(),
            mends: with_host(mends::wasi(&check.makers), wasi_line(contract, check.survey)),
            ..Made::new(subject(import), format!("call of WASI {}", brief(ty)))
        });
    }
    check.found.error(Code::ImportNotAllowed, || not_allowed(contract, &check.makers, import, ty));
}

/// A member of the malloc family under its own name.
fn family(check: &mut Check<'_>, import: &Import, member: Member, ty: &FuncType) {
    let contract = check.contract;
    if !contract.family.contains(&member) {
        let allowed: Vec<&str> = contract.family.iter().map(|member| member.name()).collect();
        return check.found.error(Code::ImportNotAllowed, || Made {
            expected: match allowed.as_slice() {
                [] => "no allocator".to_string(),
                allowed => format!("of the malloc family only {}", allowed.join(", ")),
            },
            mends: Vec::from([mends::host(Some(family_line(contract, member)), "in the contract")]),
            ..Made::new(subject(import), brief(ty))
        });
    }
    if *ty == member.func_type() {
        return;
    }
    let c = format!("{};", c_prototype(member));
    check.found.error(Code::ImportType, || Made {
        expected: format!("{} as made by {}", member.func_type(), c_prototype(member)),
        reason: "the plugin declares another type than C gives it".to_string(),
        mends: mends::prototype(&check.makers, &c, &member.func_type().to_string()),
        ..Made::new(subject(import), brief(ty))
    });
}

/// Allows this member too.
fn family_line(contract: &Contract, member: Member) -> String {
    let allowed = contract.family.iter().copied().chain([member]);
    let allowed: Vec<String> = allowed.map(|member| format!("\"{member}\"")).collect();
    format!("malloc = [{}]", allowed.join(", "))
}

fn c_prototype(member: Member) -> &'static str {
    match member {
        Member::Malloc => "void *malloc(size_t size)",
        Member::Free => "void free(void *p)",
        Member::Calloc => "void *calloc(size_t count, size_t size)",
        Member::Realloc => "void *realloc(void *p, size_t size)",
        Member::ReallocArray => "void *reallocarray(void *p, size_t count, size_t size)",
        Member::AlignedAlloc => "void *aligned_alloc(size_t align, size_t size)",
        Member::Memalign => "void *memalign(size_t align, size_t size)",
        Member::PosixMemalign => "int posix_memalign(void **out, size_t align, size_t size)",
        Member::UsableSize => "size_t malloc_usable_size(void *p)",
    }
}

fn not_allowed(
    contract: &Contract,
    makers: &mends::Makers,
    import: &Import,
    ty: &FuncType,
) -> Made {
    let mut made = Made {
        expected: "an import that the contract allows".to_string(),
        ..Made::new(subject(import), format!("{}, which the contract does not allow", brief(ty)))
    };
    let member = Member::from_name(&import.name)
        .or_else(|| Member::from_name(import.name.strip_prefix('_')?))
        .filter(|member| contract.family.contains(member));
    if import.module == ENV && import.name == "abort" && makers.may_be(Toolchain::AssemblyScript) {
        made.reason = "AssemblyScript calls it when an assertion fails".to_string();
        made.mends = mends::abort();
    } else if let Some(member) = member {
        made.expected = format!("`{ENV}.{member}`");
        made.reason = format!("the host offers `{member}` by its C name, in module `{ENV}`");
        made.mends = mends::import_named(makers, ENV, member.name());
    } else if let Some((module, name)) = meant(contract, import) {
        made.expected = format!("`{module}.{name}`");
        made.reason = if module == import.module {
            "no such name is allowed, and this one is near".to_string()
        } else if import.module == ENV {
            format!(
                "a function that is declared without its module is imported from `{ENV}`; the \
                 contract has it in module `{module}`"
            )
        } else {
            format!("the contract has it in module `{module}`")
        };
        made.mends = mends::import_named(makers, module, name);
    } else if import.module == ENV {
        made.reason = "a function that is declared and defined nowhere becomes an import of `env` \
                       if the linker allows it"
            .to_string();
        made.mends = mends::undefined(makers);
    } else if import.module.starts_with("__wbindgen") || import.module == "wbg" {
        made.reason = "wasm-bindgen's imports need its JavaScript".to_string();
        made.mends = Vec::from([mends::words(
            Place::Source,
            "build without wasm-bindgen, and without crate features that use it",
        )]);
    }
    if made.mends.is_empty() {
        let text = "leave the import out";
        made.mends.push(mends::words(Place::Source, text));
        made.mends.extend(import_line(import, ty));
    }
    made
}

/// Allows this import, if that can be said in a line of the contract's file.
fn import_line(import: &Import, ty: &FuncType) -> Option<Mend> {
    let plain = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (1..64).contains(&name.len()) && name.chars().all(plain)
    };
    let prototype: Prototype = ty.to_string().parse().ok()?;
    if !plain(&import.module) || !plain(&import.name) || !prototype.accepts(ty) {
        return None;
    }
    let text = format!("in the contract, under [imports.{}], if the host offers it", import.module);
    Some(mends::host(Some(format!("{} = \"{prototype}\"", import.name)), text))
}

/// The allowed import that may be meant: the same name in another module, or a similar one.
fn meant<'a>(contract: &'a Contract, import: &Import) -> Option<(&'a str, &'a str)> {
    let all = || {
        contract.imports.iter().flat_map(|(module, functions)| {
            functions.keys().map(move |name| (module.as_str(), name.as_str()))
        })
    };
    if let Some(found) = all().find(|(_, name)| *name == import.name) {
        return Some(found);
    }
    let names = near_names(all().map(|(_, name)| name), &import.name);
    let nearest = *names.first()?;
    all()
        .find(|(module, name)| *name == nearest && *module == import.module)
        .or_else(|| all().find(|(_, name)| *name == nearest))
}

fn not_a_function(import: &Import) -> Vec<Mend> {
    let relocated =
        ["__memory_base", "__table_base", "__stack_pointer", "__indirect_function_table"];
    if relocated.contains(&import.name.as_str()) || import.module.starts_with("GOT.") {
        let text = "link a plain module: without -fPIC, -shared, -sSIDE_MODULE and --import-table";
        return Vec::from([mends::words(Place::Link, text)]);
    }
    Vec::from([mends::words(Place::Source, "define it in the plugin")])
}

/// An import whose names were shortened, if there are only such.
fn minified<'a>(contract: &Contract, imports: &'a [Import]) -> Option<&'a Import> {
    let functions = || imports.iter().filter(|import| matches!(import.ty, ExternType::Func(_)));
    let short = |import: &Import| {
        let short = |name: &str| matches!(name.len(), 1 | 2);
        short(&import.module)
            && short(&import.name)
            && contract.import_prototype(&import.module, &import.name).is_none()
    };
    functions().all(short).then(|| functions().next())?
}

/// Allows all that the module imports, and what the contract allowed before.
fn wasi_line(contract: &Contract, survey: &Survey) -> Mend {
    const SHOWN: usize = 64;
    let imports = survey.contents().imports().iter();
    let imported = imports.filter(|import| import.module.starts_with("wasi"));
    let mut calls: BTreeSet<&str> = match &contract.wasi {
        Wasi::Only(calls) => calls.iter().map(String::as_str).collect(),
        Wasi::All(_) => BTreeSet::new(),
    };
    calls.extend(imported.map(|import| import.name.as_str()).take(SHOWN));
    let calls: Vec<String> =
        calls.iter().map(|call| format!("\"{}\"", brief(call.escape_default()))).collect();
    let line = format!("wasi = [{}]", calls.join(", "));
    mends::host(Some(line), "in the contract, if the host offers the calls")
}

fn with_host(mut mends: Vec<Mend>, host: Mend) -> Vec<Mend> {
    mends.push(host);
    mends
}

pub(super) fn one_of(accepted: &[(FuncType, String)]) -> String {
    let each: Vec<String> = accepted.iter().map(|(ty, c)| format!("{ty} as made by {c}")).collect();
    each.join(", or ")
}

fn subject(import: &Import) -> String {
    format!("import {}", Name(import))
}

/// `` `host.log` ``, quoted as one.
struct Name<'a>(&'a Import);

impl core::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Cut before they are joined: either may be long.
        let cut = |name: &str| name.chars().take(81).collect::<String>();
        let joined = format!("{}.{}", cut(&self.0.module), cut(&self.0.name));
        write!(f, "{}", Quoted(&joined))
    }
}
