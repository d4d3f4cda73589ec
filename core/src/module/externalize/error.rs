//! Why a module keeps its own allocator.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::report::FunctionId;
use crate::FuncType;
use crate::module::text::{Names, Quoted};
use crate::module::{Member, ModuleError};

/// Why [`externalize()`](super::externalize()) left a module alone.
///
/// Every message says what was found, where, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExternalizeError {
    /// A host could not use the module in any form.
    Module(ModuleError),
    /// The module already imports members of the family: nothing is to be done.
    AlreadyImports {
        /// What it imports.
        names: Vec<String>,
    },
    /// The module is a library for dynamic linking: its addresses are only known when it is loaded.
    DynamicLibrary {
        /// The custom section that says so.
        section: String,
    },
    /// No function of the module is known to be `malloc` or `free`.
    NoFamily {
        /// What was recognised in its place.
        instead: Instead,
    },
    /// One of `malloc` and `free` was found and the other was not.
    Missing {
        /// The one that is missing.
        member: Member,
        /// The one that was found.
        found: Member,
    },
    /// A function has the name of a member and another type.
    WrongType {
        /// The member.
        member: Member,
        /// The function.
        function: FunctionId,
        /// Its type.
        found: FuncType,
    },
    /// Two functions have the name of the same member, and neither only calls the other.
    TwoFunctions {
        /// The member.
        member: Member,
        /// One of them.
        first: FunctionId,
        /// The other.
        second: FunctionId,
    },
    /// One function has the names of two members that do different things.
    TwoMembers {
        /// The function.
        function: FunctionId,
        /// One member.
        first: Member,
        /// The other.
        second: Member,
    },
    /// The allocator that would be removed keeps no state at addresses that are known, so it cannot
    /// be proved that nothing else depends on it.
    NoState,
    /// A function of the allocator does more with addresses than can be followed.
    Unclear {
        /// The function.
        function: FunctionId,
    },
    /// The allocator's state is not empty when the module starts: it was saved with blocks in use.
    Snapshot {
        /// Where its state lies.
        address: u32,
    },
    /// A function that stays can read the state of the allocator.
    ReadsState {
        /// The function.
        function: FunctionId,
        /// The address.
        address: u32,
    },
    /// The module exports an address in the allocator's state, so its host could read there.
    ExportsState {
        /// The name of the exported global.
        global: String,
        /// The address.
        address: u32,
    },
    /// A function that stays reads where the heap starts, as one does that walks over all blocks.
    ReadsHeap {
        /// The function.
        function: FunctionId,
        /// The address.
        address: u32,
    },
    /// A function that stays grows the memory: it may be another allocator, or a part of this one.
    GrowsMemory {
        /// The function.
        function: FunctionId,
        /// A function that calls it, or what else keeps it.
        kept_by: Option<FunctionId>,
    },
    /// A function that stays reads what the allocator kept just before each of its blocks.
    ReadsHeader {
        /// The function.
        function: FunctionId,
        /// Distance from the block: negative.
        offset: i32,
        /// Whether flags are taken from what it reads, as only an allocator does.
        flags: bool,
    },
    /// The names of functions are incomplete, and the allocator keeps nothing before its blocks by
    /// which a further member could be told.
    Unnamed {
        /// A function without a name.
        function: FunctionId,
    },
}

/// What manages memory in a module that has no `malloc` and `free` of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Instead {
    /// Rust's own allocator.
    Rust,
    /// AssemblyScript's runtime and its garbage collector.
    AssemblyScript,
    /// Go's runtime and its garbage collector.
    Go,
    /// The name section is missing, so nothing can be said.
    NoNames,
    /// Nothing that is known.
    Nothing,
}

impl From<ModuleError> for ExternalizeError {
    fn from(error: ModuleError) -> Self {
        ExternalizeError::Module(error)
    }
}

impl From<wasmparser::Error> for ExternalizeError {
    fn from(error: wasmparser::Error) -> Self {
        ExternalizeError::Module(error.into())
    }
}

impl core::error::Error for ExternalizeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            ExternalizeError::Module(error) => Some(error),
            _ => None,
        }
    }
}

/// How to find a further member of the family.
const FURTHER_MEMBER: &str = "if it is a member of the family (realloc, calloc, memalign, \
     malloc_usable_size, …), let it be found: keep the name section (link without -s, run wasm-opt \
     with -g) or export it (-Wl,--export=realloc); if a member was inlined into it, build without \
     LTO and wasm-opt";

impl fmt::Display for ExternalizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternalizeError::Module(error) => error.fmt(f),
            ExternalizeError::AlreadyImports { names } => write!(
                f,
                "nothing to do: the module already imports {}, so the host's heap serves it as it is",
                Names(names)
            ),
            ExternalizeError::DynamicLibrary { section } => write!(
                f,
                "the module is a dynamic library (custom section {}), whose addresses are not \
                 known: link it without -shared and -fPIC",
                Quoted(section)
            ),
            ExternalizeError::NoFamily { instead } => instead.fmt(f),
            ExternalizeError::Missing { member, found } => write!(
                f,
                "`{found}` was found, but no function is exported or named as `{member}`: keep the \
                 name section (link without -s, run wasm-opt with -g) or export it \
                 (-Wl,--export={member})"
            ),
            ExternalizeError::WrongType { member, function, found } => write!(
                f,
                "{function} has the name of `{member}`, but is {found} instead of {}: an optimiser \
                 may have changed it (build without LTO and wasm-opt), or it is something else \
                 (rename it)",
                member.func_type()
            ),
            ExternalizeError::TwoFunctions { member, first, second } => write!(
                f,
                "{first} and {second} both have the name of `{member}`, and neither only calls the \
                 other, so it is unknown which is meant: rename the one that is not the C library's"
            ),
            ExternalizeError::TwoMembers { function, first, second } => write!(
                f,
                "{function} is known as both `{first}` and `{second}`, which do different things: \
                 correct its names or exports"
            ),
            ExternalizeError::NoState => f.write_str(
                "the allocator keeps no state at a known address, so nothing proves that the rest \
                 of the module does not depend on it: link without -fPIC, compile the allocator with \
                 -O1 or higher, or build the plugin without an allocator (guest/README.md)",
            ),
            ExternalizeError::Unclear { function } => write!(
                f,
                "{function}, a part of the allocator, does more with addresses than can be \
                 followed: compile it with -O1 or higher, or build the plugin without an allocator"
            ),
            ExternalizeError::Snapshot { address } => write!(
                f,
                "the allocator has blocks in use before the module starts (its state at {address} \
                 is not empty): rewrite the module before it is initialised by wizer or \
                 wasm-ctor-eval"
            ),
            ExternalizeError::ReadsState { function, address } => write!(
                f,
                "{function} stays in the module and can read the allocator's state at {address}, or hands \
                 that address on: \
                 {FURTHER_MEMBER}"
            ),
            ExternalizeError::ExportsState { global, address } => write!(
                f,
                "the exported global {} is the address {address}, which lies in the allocator's \
                 state, so a host could read there: do not export it (drop -Wl,--export={global})",
                Quoted(global)
            ),
            ExternalizeError::ReadsHeap { function, address } => write!(
                f,
                "{function} stays in the module and reads at {address}, where the heap of the \
                 allocator starts, as one does that walks over its blocks: {FURTHER_MEMBER}"
            ),
            ExternalizeError::GrowsMemory { function, kept_by } => {
                write!(f, "{function} stays in the module and grows its memory (memory.grow)")?;
                if let Some(kept_by) = kept_by {
                    write!(f, "; {kept_by} calls it")?;
                    if kept_by.name.as_deref() == Some("__wasm_call_ctors") {
                        return f.write_str(
                            " when the module starts, as Emscripten's emmalloc prepares itself: link \
                             with -sMALLOC=dlmalloc, or with -sMALLOC=none and no allocator at all",
                        );
                    }
                }
                write!(
                    f,
                    ": there is a second allocator, or a part of this one that was not found; do not \
                     export sbrk, and {FURTHER_MEMBER}"
                )
            }
            ExternalizeError::ReadsHeader { function, offset, flags } => {
                write!(f, "{function} stays in the module and reads {} bytes before a pointer", -offset)?;
                f.write_str(if *flags {
                    ", and takes flags from what it finds, as an allocator does with its blocks: "
                } else {
                    ", where the allocator keeps the size of a block without flags in it, so it cannot \
                     be told from malloc_usable_size: "
                })?;
                f.write_str(FURTHER_MEMBER)
            }
            ExternalizeError::Unnamed { function } => write!(
                f,
                "{function} has no name, and this allocator keeps nothing before its blocks by which \
                 a further member of the family could be told: keep the name section (link without \
                 -s, run wasm-opt with -g)"
            ),
        }
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Instead::Rust => {
                "the module has Rust's own allocator and no malloc of C: set a #[global_allocator] \
                 that imports malloc, realloc, aligned_alloc and free from `env`, and build it anew"
            }
            Instead::AssemblyScript => {
                "the module has AssemblyScript's runtime, which collects garbage itself, and no \
                 malloc of C: build it with a custom runtime file that imports malloc, realloc and \
                 free (asc --runtime)"
            }
            Instead::Go => {
                "the module has Go's runtime, which collects garbage itself, and no malloc of C: it \
                 can only be served with its own allocator"
            }
            Instead::NoNames => {
                "no function is exported as `malloc` or `free`, and there is no name section: keep \
                 it (link without -s, run wasm-opt with -g) or export both \
                 (-Wl,--export=malloc,--export=free)"
            }
            Instead::Nothing => {
                "no function is exported or named as `malloc` or `free`: if the module allocates at \
                 all, it is not with a C library's allocator; export its functions under those names \
                 if they do the same"
            }
        })
    }
}
