//! What was done, and what was proved before.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::read::Program;
use crate::module::Member;
use crate::module::text::Quoted;

/// A function of the module as it was before.
///
/// Displays as ``function 12 `dlmalloc` ``.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionId {
    /// Its index, imported functions first.
    pub index: u32,
    /// Its name from the name section, or by which it is imported or exported.
    pub name: Option<String>,
}

impl FunctionId {
    pub(super) fn of(program: &Program<'_>, index: u32) -> Self {
        let name = program.name(index).or_else(|| program.exported_as.get(&index).copied());
        FunctionId { index, name: name.map(ToString::to_string) }
    }
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function {}", self.index)?;
        match &self.name {
            Some(name) => write!(f, " {}", Quoted(name)),
            None => Ok(()),
        }
    }
}

/// A function whose place an import took.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Replaced {
    /// What it was.
    pub member: Member,
    /// The function.
    pub function: FunctionId,
    /// How it was recognised.
    pub found_by: FoundAs,
    /// Calls, table elements and other references in what stays that lead to the import now.
    pub references: u32,
}

/// How a member of the family was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FoundAs {
    /// It is exported under the member's name.
    Exported,
    /// The name section has it under the member's name or an alias.
    Named,
    /// A function recognised before does nothing but call it.
    Forwarded,
}

impl fmt::Display for FoundAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FoundAs::Exported => "exported",
            FoundAs::Named => "from the name section",
            FoundAs::Forwarded => "called by one that only forwards",
        })
    }
}

/// Something that was proved before the module was rewritten, or looked at and found harmless.
///
/// Each displays as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// The members that the module has.
    Family {
        /// All that were found.
        members: Vec<Member>,
    },
    /// No function that stays reads the removed allocator's state.
    StateUnread {
        /// Lowest and highest address of the state, and how many ranges it consists of.
        first: u32,
        /// One past its last known byte.
        end: u32,
        /// Ranges in it.
        ranges: usize,
    },
    /// Functions that stay write to it, such as constructors, and nobody reads that any more.
    StateWritten {
        /// How many functions do.
        functions: u32,
    },
    /// No function that stays grows the memory.
    NoGrowth,
    /// Functions that stay ask for the size of the memory, which is no sign of an allocator alone.
    AsksSize {
        /// One of them.
        function: FunctionId,
    },
    /// No function that stays reads block headers, told by their names and by the code.
    HeadersUnread {
        /// Whether every function has a name.
        all_named: bool,
        /// Where the removed `free` looks for them, before its pointer.
        offsets: Vec<i32>,
        /// Whether it finds flags there, by which every reader of a header can be told.
        flags: bool,
    },
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proof::Family { members } => {
                f.write_str("the whole family was found: ")?;
                for (i, member) in members.iter().enumerate() {
                    write!(f, "{}{member}", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Proof::StateUnread { first, end, ranges } => write!(
                f,
                "nothing that stays reads the old allocator's state ({ranges} range{} in \
                 {first}..{end})",
                if *ranges == 1 { "" } else { "s" }
            ),
            Proof::StateWritten { functions: 1 } => f.write_str(
                "one function that stays writes to the old allocator's state, which nobody reads",
            ),
            Proof::StateWritten { functions } => write!(
                f,
                "{functions} functions that stay write to the old allocator's state, which nobody \
                 reads"
            ),
            Proof::NoGrowth => f.write_str("nothing that stays grows the memory"),
            Proof::AsksSize { function } => write!(
                f,
                "{function} asks for the size of the memory, which is harmless by itself \
                 (assertions of the C library do)"
            ),
            Proof::HeadersUnread { all_named, offsets, flags } => {
                f.write_str(match offsets.is_empty() {
                    true => {
                        "the old free reads no header before its pointer that others could need"
                    }
                    false => "nothing that stays reads headers of blocks",
                })?;
                if !offsets.is_empty() {
                    f.write_str(" (the old free read ")?;
                    for (i, offset) in offsets.iter().enumerate() {
                        write!(f, "{}{}", if i == 0 { "" } else { " and " }, -offset)?;
                    }
                    f.write_str(" bytes before its pointer")?;
                    f.write_str(if *flags { ", sizes with flags in them)" } else { ")" })?;
                }
                f.write_str(if *all_named { "; every function has a name" } else { "" })
            }
        }
    }
}

/// A rewritten module, and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Externalized {
    /// The module, which imports its allocator from the host now.
    pub wasm: Vec<u8>,
    /// The functions whose place an import took.
    pub replaced: Vec<Replaced>,
    /// The members that it imports now, in the order of the imports. `malloc` and `free` always
    /// are, so that everybody can see whose heap the module uses.
    pub imports: Vec<Member>,
    /// The functions that are gone: the members and what only they used.
    pub removed: Vec<FunctionId>,
    /// Bytes of code in them.
    pub removed_code_bytes: u64,
    /// Imported functions that nobody calls any more and that are gone too, such as
    /// `env.emscripten_notify_memory_growth`.
    pub dropped_imports: Vec<(String, String)>,
    /// Exports that are gone. A host that found them would take the plugin for one that brings its
    /// own allocator.
    pub dropped_exports: Vec<String>,
    /// Custom sections that are gone because they describe the code as it was, such as `.debug_info`.
    pub dropped_sections: Vec<String>,
    /// Length of the module before.
    pub bytes_before: u64,
    /// Length of the module now.
    pub bytes_after: u64,
    /// What was proved, and what was noticed.
    pub proof: Vec<Proof>,
}
