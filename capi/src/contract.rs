//! What a host asks of plugins.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;
use std::sync::{PoisonError, RwLock};

use hostheap_core::contract::{Contract, Matter, Policy, Prototype, Wasi};
use hostheap_core::module::Member;

use crate::boundary::{Array, Handle, Owned, Text, entry, hand_out, hh_string, needed, vacant};
use crate::report::hh_report;
use crate::status::{Fail, hh_status};

/// Say nothing about it.
pub const HH_POLICY_ALLOW: u32 = 0;
/// Report it; the module passes.
pub const HH_POLICY_WARN: u32 = 1;
/// The module does not pass.
pub const HH_POLICY_REFUSE: u32 = 2;

/// What a host lets plugins import, and what it asks of them. Threads may share it. Made by
/// `hh_contract_new` or `hh_contract_from_toml`.
///
/// Prototypes are text, such as "(str, u32) -> string".
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_contract(RwLock<Contract>);

impl Handle for hh_contract {
    const NAME: &'static str = "hh_contract";
}

impl hh_contract {
    /// The contract as it is now.
    pub(crate) fn copy(&self) -> Contract {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, f: impl FnOnce(Contract) -> Contract) {
        let mut contract = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *contract = f(core::mem::take(&mut *contract));
    }
}

/// Changes a contract by what can be read of the arguments.
fn change(
    contract: Option<&hh_contract>,
    f: impl FnOnce() -> Result<Box<dyn FnOnce(Contract) -> Contract>, Fail>,
) -> hh_status {
    entry(|| {
        let contract = needed("contract", contract)?;
        contract.change(f()?);
        Ok(())
    })
}

fn prototype(text: Text<'_>) -> Result<Prototype, Fail> {
    let text = text.text("prototype")?;
    text.parse().map_err(|error| {
        Fail::argument(format!("the prototype \"{}\" cannot be read: {error}", text.escape_debug()))
    })
}

fn policy(number: u32) -> Result<Policy, Fail> {
    match number {
        HH_POLICY_ALLOW => Ok(Policy::Allow),
        HH_POLICY_WARN => Ok(Policy::Warn),
        HH_POLICY_REFUSE => Ok(Policy::Refuse),
        other => Err(Fail::argument(format!("`policy` is {other}, which is no HH_POLICY_…"))),
    }
}

/// Makes a contract that asks for nothing and allows the malloc family. `name` stands in reports.
///
/// `*contract` is the caller's, who frees it by `hh_contract_delete`; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_new(
    name: Text<'_>,
    contract: Option<&mut MaybeUninit<*mut hh_contract>>,
) -> hh_status {
    entry(|| {
        let place = vacant("contract", contract, core::ptr::null_mut())?;
        let made = Contract::new(name.text("name")?);
        *place = hand_out(Box::new(hh_contract(RwLock::new(made))));
        Ok(())
    })
}

/// Makes a contract of the text of its file, which plugin authors can have as well. HH_ERR_ARGUMENT
/// with line and column if the text is no contract.
///
/// `*contract` is the caller's, who frees it by `hh_contract_delete`; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_from_toml(
    text: Text<'_>,
    contract: Option<&mut MaybeUninit<*mut hh_contract>>,
) -> hh_status {
    entry(|| {
        let place = vacant("contract", contract, core::ptr::null_mut())?;
        let made = Contract::from_toml(text.text("text")?)
            .map_err(|error| Fail::argument(format!("the contract's text: {error}")))?;
        *place = hand_out(Box::new(hh_contract(RwLock::new(made))));
        Ok(())
    })
}

/// Allows plugins to import a host function.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_import(
    contract: Option<&hh_contract>,
    module: Text<'_>,
    name: Text<'_>,
    prototype: Text<'_>,
) -> hh_status {
    change(contract, || {
        let (module, name) = (module.text("module")?.to_owned(), name.text("name")?.to_owned());
        let prototype = self::prototype(prototype)?;
        Ok(Box::new(move |contract| contract.import(module, name, prototype)))
    })
}

/// Requires plugins to export a function.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_export(
    contract: Option<&hh_contract>,
    name: Text<'_>,
    prototype: Text<'_>,
) -> hh_status {
    change(contract, || {
        let name = name.text("name")?.to_owned();
        let prototype = self::prototype(prototype)?;
        Ok(Box::new(move |contract| contract.export(name, prototype)))
    })
}

/// Names a function that plugins may export; if they do it must have this prototype.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_optional_export(
    contract: Option<&hh_contract>,
    name: Text<'_>,
    prototype: Text<'_>,
) -> hh_status {
    change(contract, || {
        let name = name.text("name")?.to_owned();
        let prototype = self::prototype(prototype)?;
        Ok(Box::new(move |contract| contract.optional_export(name, prototype)))
    })
}

/// Allows only these members of the malloc family, such as "malloc" and "free". With `count` 0, none.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_family(
    contract: Option<&hh_contract>,
    names: Array<'_, Text<'_>>,
    count: usize,
) -> hh_status {
    change(contract, || {
        let mut members = Vec::new();
        for name in names.slice("names", count)? {
            let name = name.text("names")?;
            let member = Member::named(name);
            members.push(member.ok_or_else(|| {
                let name = name.escape_debug();
                Fail::argument(format!("\"{name}\" is no member of malloc's family"))
            })?);
        }
        Ok(Box::new(move |contract| contract.family(members)))
    })
}

/// Limits the memory that a plugin may start with, and the maximum that it may declare, in bytes;
/// UINT64_MAX sets no limit, and leaves one that was set before. `growable` says whether the memory
/// must be able to grow.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_memory(
    contract: Option<&hh_contract>,
    max_initial_bytes: u64,
    max_maximum_bytes: u64,
    growable: bool,
) -> hh_status {
    change(contract, || {
        Ok(Box::new(move |mut contract: Contract| {
            if max_initial_bytes != u64::MAX {
                contract = contract.max_initial_bytes(max_initial_bytes);
            }
            if max_maximum_bytes != u64::MAX {
                contract = contract.max_maximum_bytes(max_maximum_bytes);
            }
            contract.growable(growable)
        }))
    })
}

/// Says what to do about something that a host could live with: HH_POLICY_…. `matter` is
/// "second_allocator", "legacy", "start", "unknown_layout", "extra_exports", "command" or
/// "wrapped_exports", as in a contract's file.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_policy(
    contract: Option<&hh_contract>,
    matter: Text<'_>,
    policy: u32,
) -> hh_status {
    change(contract, || {
        let name = matter.text("matter")?;
        let matter = Matter::ALL.into_iter().find(|matter| matter.id() == name);
        let matter = matter.ok_or_else(|| {
            let known = Matter::ALL.map(Matter::id).join(", ");
            let name = name.escape_debug();
            Fail::argument(format!("\"{name}\" is nothing to have a policy on: there are {known}"))
        })?;
        let policy = self::policy(policy)?;
        Ok(Box::new(move |contract| contract.policy(matter, policy)))
    })
}

/// Says what to do about all imports from WASI: HH_POLICY_…; they are refused otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_wasi(contract: Option<&hh_contract>, policy: u32) -> hh_status {
    change(contract, || {
        let policy = self::policy(policy)?;
        Ok(Box::new(move |contract| contract.wasi(policy)))
    })
}

/// Allows these calls of WASI's, such as "fd_write", and refuses others.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_wasi_only(
    contract: Option<&hh_contract>,
    calls: Array<'_, Text<'_>>,
    count: usize,
) -> hh_status {
    change(contract, || {
        let calls = calls.slice("calls", count)?.iter();
        let calls: Vec<String> =
            calls.map(|call| Ok(call.text("calls")?.to_owned())).collect::<Result<_, Fail>>()?;
        Ok(Box::new(move |contract| contract.wasi(Wasi::only(calls))))
    })
}

/// Defines the structs in its prototypes, in C, for `hh_contract_header`.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_c_types(
    contract: Option<&hh_contract>,
    definitions: Text<'_>,
) -> hh_status {
    change(contract, || {
        let definitions = definitions.text("definitions")?.to_owned();
        Ok(Box::new(move |contract| contract.c_types(definitions)))
    })
}

/// Checks a module, `len` bytes in the binary format: everything that is wrong with it for this host,
/// with what mends it. The status is HH_OK whatever the report says: ask `hh_report_passes`.
///
/// `*report` is the caller's, who frees it by `hh_report_delete`; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_check(
    contract: Option<&hh_contract>,
    wasm: Array<'_, u8>,
    len: usize,
    report: Option<&mut MaybeUninit<*mut hh_report>>,
) -> hh_status {
    entry(|| {
        let place = vacant("report", report, core::ptr::null_mut())?;
        let contract = needed("contract", contract)?.copy();
        let report = contract.check(wasm.slice("wasm", len)?);
        *place = hand_out(Box::new(hh_report::new(report)));
        Ok(())
    })
}

/// Text made of a contract.
fn text(
    contract: Option<&hh_contract>,
    out: Option<&mut MaybeUninit<hh_string>>,
    make: impl FnOnce(&Contract) -> String,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, hh_string::NONE)?;
        *out = hh_string::give(make(&needed("contract", contract)?.copy()));
        Ok(())
    })
}

/// A header in C for plugin authors: what they may import and must export.
///
/// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_header(
    contract: Option<&hh_contract>,
    out: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    text(contract, out, Contract::c_header)
}

/// The imports from module "env" that it allows, a name a line, for wasm-ld's
/// --allow-undefined-file. Others need the attributes of the header.
///
/// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_allow_file(
    contract: Option<&hh_contract>,
    out: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    text(contract, out, Contract::allow_file)
}

/// The contract's file, which `hh_contract_from_toml` reads.
///
/// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_to_toml(
    contract: Option<&hh_contract>,
    out: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    text(contract, out, Contract::to_toml)
}

/// Frees a contract. NULL is fine; a second time is HH_ERR_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_contract_delete(contract: Owned<hh_contract>) -> hh_status {
    entry(|| {
        contract.take()?;
        Ok(())
    })
}
