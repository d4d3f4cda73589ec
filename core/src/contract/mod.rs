//! What a host asks of plugins, and all that a plugin does against it.
//!
//! A [`Contract`] says what a plugin may import, what it must export, how much memory it may have,
//! and what the host thinks of things that it could live with, such as a second allocator.
//! [`Contract::check`] reports everything that is wrong with a module at once, each [`Finding`] with
//! the flag or the line of source that mends it, for the toolchain that made the module.
//!
//! ```
//! use hostheap_core::contract::{Contract, Matter, Policy, Wasi};
//!
//! let contract = Contract::new("text filter")
//!     .import("host", "log", "(str)".parse()?)
//!     .import("host", "now", "() -> i64".parse()?)
//!     .export("greet", "(name: str) -> string".parse()?)
//!     .optional_export("sum", "(slice<i32>) -> i64".parse()?)
//!     .max_initial_bytes(1 << 20)
//!     .wasi(Wasi::only(["fd_write"]))
//!     .policy(Matter::SecondAllocator, Policy::Refuse);
//!
//! let plugin = wat::parse_str(
//!     r#"(module
//!         (import "host" "lgo" (func (param i32 i32)))
//!         (memory (export "memory") 2)
//!         (global (export "__heap_base") i32 (i32.const 66576))
//!         (func (export "_Z5greetPKcm") (param i32 i32) (result i64) unreachable))"#,
//! )?;
//! let report = contract.check(&plugin);
//! assert!(!report.passes());
//! let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.id()).collect();
//! assert_eq!(codes, ["missing-export", "import-not-allowed"]);
//! for line in report.lines("plugin.wasm") {
//!     println!("{line}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A contract can be a file that plugin authors get too: see `Contract::from_toml`, with the feature
//! `toml`. From it they also get a C header ([`Contract::c_header`]) and a list of imports for their
//! linker ([`Contract::allow_file`]).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use crate::module::{Member, Survey};

mod check;
mod error;
#[cfg(feature = "toml")]
mod file;
mod finding;
mod header;
mod mends;
mod policy;
mod problem;
mod prototype;
mod report;
mod size;
mod write;

pub use error::ContractError;
pub use finding::{Code, Finding, Mend, Place, Severity};
pub use policy::{Matter, Policy, Wasi};
pub(crate) use prototype::{Access, Element as PrototypeElement, Input, Output, Scalar};
pub use prototype::{Prototype, PrototypeError, ResultKind, Role};
pub use report::{Omitted, Report};

/// What a host lets plugins import, and what it asks of them.
///
/// See the [module documentation](self) for an example. The malloc family is allowed, each member
/// with its own type; everything else that a plugin may import must be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    name: String,
    /// By module and name.
    imports: BTreeMap<String, BTreeMap<String, Prototype>>,
    exports: BTreeMap<String, Export>,
    family: BTreeSet<Member>,
    memory: MemoryLimits,
    wasi: Wasi,
    policies: BTreeMap<Matter, Policy>,
    c_types: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Export {
    prototype: Prototype,
    optional: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct MemoryLimits {
    initial: Option<u64>,
    maximum: Option<u64>,
    growable: bool,
}

impl Default for Contract {
    /// A contract without a name that asks for nothing and allows the malloc family.
    fn default() -> Self {
        Contract::new("")
    }
}

impl Contract {
    /// A contract of this name that asks for nothing and allows the malloc family.
    pub fn new(name: impl Into<String>) -> Self {
        Contract {
            name: name.into(),
            imports: BTreeMap::new(),
            exports: BTreeMap::new(),
            family: Member::ALL.into_iter().collect(),
            memory: MemoryLimits::default(),
            wasi: Wasi::default(),
            policies: BTreeMap::new(),
            c_types: String::new(),
        }
    }

    /// Allows an import: a host function. Said twice for one name, the last word counts.
    ///
    /// A member of the malloc family by its own name is better left to [`family`](Self::family): a
    /// prototype that is given for it here replaces the family's.
    #[must_use]
    pub fn import(
        mut self,
        module: impl Into<String>,
        name: impl Into<String>,
        prototype: Prototype,
    ) -> Self {
        self.imports.entry(module.into()).or_default().insert(name.into(), prototype);
        self
    }

    /// Requires an exported function.
    #[must_use]
    pub fn export(mut self, name: impl Into<String>, prototype: Prototype) -> Self {
        self.exports.insert(name.into(), Export { prototype, optional: false });
        self
    }

    /// Names an exported function that may be missing. If it is there it must have this prototype.
    #[must_use]
    pub fn optional_export(mut self, name: impl Into<String>, prototype: Prototype) -> Self {
        self.exports.insert(name.into(), Export { prototype, optional: true });
        self
    }

    /// Allows only these members of the malloc family.
    #[must_use]
    pub fn family(mut self, members: impl IntoIterator<Item = Member>) -> Self {
        self.family = members.into_iter().collect();
        self
    }

    /// The most bytes of memory that a plugin may start with.
    #[must_use]
    pub fn max_initial_bytes(mut self, bytes: u64) -> Self {
        self.memory.initial = Some(bytes.min(size::MOST));
        self
    }

    /// The most bytes that a plugin may declare as its memory's maximum.
    ///
    /// Memory without a maximum passes: the host's own limit
    /// ([`LoadOptions::max_memory`](crate::LoadOptions::max_memory)) becomes its maximum.
    #[must_use]
    pub fn max_maximum_bytes(mut self, bytes: u64) -> Self {
        self.memory.maximum = Some(bytes.min(size::MOST));
        self
    }

    /// Whether a plugin's memory must be able to grow.
    #[must_use]
    pub fn growable(mut self, growable: bool) -> Self {
        self.memory.growable = growable;
        self
    }

    /// What it thinks of imports from WASI: a [`Policy`], or [`Wasi::only`] some calls.
    #[must_use]
    pub fn wasi(mut self, wasi: impl Into<Wasi>) -> Self {
        self.wasi = wasi.into();
        self
    }

    /// What it does about something that a host could live with.
    #[must_use]
    pub fn policy(mut self, matter: Matter, policy: Policy) -> Self {
        self.policies.insert(matter, policy);
        self
    }

    /// Definitions of the structs in its prototypes, in C, for [`c_header`](Self::c_header).
    ///
    /// Structs that are not defined here are only declared there.
    #[must_use]
    pub fn c_types(mut self, definitions: impl Into<String>) -> Self {
        self.c_types = definitions.into();
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does about something.
    pub fn policy_on(&self, matter: Matter) -> Policy {
        self.policies.get(&matter).copied().unwrap_or(matter.default_policy())
    }

    /// The prototype of an import that it names. The malloc family is not among these.
    pub fn import_prototype(&self, module: &str, name: &str) -> Option<&Prototype> {
        self.imports.get(module)?.get(name)
    }

    /// The prototype of an export that it names.
    pub fn export_prototype(&self, name: &str) -> Option<&Prototype> {
        Some(&self.exports.get(name)?.prototype)
    }

    /// Checks a module: all that is wrong with it, for this host.
    ///
    /// No bytes make it panic, and both the time it takes and the length of the report are bounded by
    /// the module's and the contract's length.
    pub fn check(&self, wasm: &[u8]) -> Report {
        match Survey::read(wasm) {
            Ok(survey) => self.check_survey(&survey),
            Err(error) => check::unreadable(self, &error),
        }
    }

    /// Checks a module that was read already.
    pub fn check_survey(&self, survey: &Survey) -> Report {
        check::survey(self, survey)
    }
}
