//! What a contract thinks of things that a host could live with.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt;

/// What a contract does about something that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Nothing: it is not reported.
    Allow,
    /// It is reported, and the module passes.
    Warn,
    /// The module does not pass.
    Refuse,
}

impl Policy {
    /// All of them.
    pub const ALL: [Policy; 3] = [Policy::Allow, Policy::Warn, Policy::Refuse];

    /// Its name in a contract's file: `allow`, `warn` or `refuse`.
    pub fn id(self) -> &'static str {
        match self {
            Policy::Allow => "allow",
            Policy::Warn => "warn",
            Policy::Refuse => "refuse",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Something that a contract has a [`Policy`] on.
///
/// By default what the loader accepts passes, with a warning where something about it is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Matter {
    /// An allocator in the module beside the host's. `Warn` by default: the host's heap starts above
    /// all that the module has, which is safe beside allocators that use only what they grew. By
    /// default a module that imports malloc, and has one that may take pages which the host
    /// [grew](crate::module::Census::may_take_grown_pages), is refused all the same, as the loader
    /// does.
    SecondAllocator,
    /// A module that exports its own malloc and free and imports none. `Warn` by default: it is
    /// served through these, more slowly, and its mistakes cannot be told.
    Legacy,
    /// A start section. `Allow` by default: the loader runs it when malloc is there.
    Start,
    /// A heap base that is not known exactly. `Warn` by default: the heap starts at the end of the
    /// memory, which is safe, and wastes what is below.
    UnknownLayout,
    /// Functions exported that the contract does not ask for. `Allow` by default: they are not
    /// called.
    ExtraExports,
    /// A program with `_start`, as a C compiler makes of `main`. `Warn` by default: its exports may
    /// be called, but nobody has initialised its libc.
    Command,
    /// Exports that run all constructors each time they are called. `Warn` by default: what the
    /// plugin remembers from call to call is made anew.
    WrappedExports,
}

impl Matter {
    /// All of them.
    pub const ALL: [Matter; 7] = [
        Matter::SecondAllocator,
        Matter::Legacy,
        Matter::Start,
        Matter::UnknownLayout,
        Matter::ExtraExports,
        Matter::Command,
        Matter::WrappedExports,
    ];

    /// Its key in a contract's file, such as `second_allocator`.
    pub fn id(self) -> &'static str {
        match self {
            Matter::SecondAllocator => "second_allocator",
            Matter::Legacy => "legacy",
            Matter::Start => "start",
            Matter::UnknownLayout => "unknown_layout",
            Matter::ExtraExports => "extra_exports",
            Matter::Command => "command",
            Matter::WrappedExports => "wrapped_exports",
        }
    }

    /// What a contract does about it unless it says otherwise.
    pub fn default_policy(self) -> Policy {
        match self {
            Matter::Start | Matter::ExtraExports => Policy::Allow,
            _ => Policy::Warn,
        }
    }
}

/// What a contract thinks of imports from WASI.
///
/// `Refuse` by default: a host that does not offer a call cannot load a plugin that imports it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wasi {
    /// The same for all calls. What is allowed is not compared with the type that WASI gives it.
    All(Policy),
    /// These calls are allowed, others are refused.
    Only(BTreeSet<String>),
}

impl Default for Wasi {
    fn default() -> Self {
        Wasi::All(Policy::Refuse)
    }
}

impl From<Policy> for Wasi {
    fn from(policy: Policy) -> Self {
        Wasi::All(policy)
    }
}

impl Wasi {
    /// Only these calls: `Wasi::only(["fd_write", "clock_time_get"])`.
    pub fn only<S: Into<String>>(calls: impl IntoIterator<Item = S>) -> Self {
        Wasi::Only(calls.into_iter().map(Into::into).collect())
    }

    pub(super) fn on(&self, call: &str) -> Policy {
        match self {
            Wasi::All(policy) => *policy,
            Wasi::Only(calls) if calls.contains(call) => Policy::Allow,
            Wasi::Only(_) => Policy::Refuse,
        }
    }
}
