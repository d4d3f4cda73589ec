//! Which allocators a module has.
//!
//! A heap that the host manages must be the only one in its memory. A C library brings its own
//! `malloc` as soon as anything in it wants memory, and an import attribute does not displace it:
//! then two allocators hand out the same bytes. So the census looks for both: what a module
//! imports and exports, and what it has inside, by the names of functions and by what their code
//! does (`memory.grow`).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::family::Member;
use super::text::Quoted;
use crate::FuncType;

mod names;
mod take;

pub(super) use names::origin_of;
pub(super) use take::take;

/// What allocators a module imports, exports and has inside.
///
/// ```
/// use hostheap_core::module::{ModuleInfo, Situation};
///
/// let wasm = wat::parse_str(
///     r#"(module
///         (import "env" "malloc" (func (param i32) (result i32)))
///         (memory (export "memory") 2)
///         (func $dlmalloc (param i32) (result i32) (memory.grow (i32.const 1))))"#,
/// )?;
/// let info = ModuleInfo::parse(&wasm)?;
/// let census = info.census();
/// assert_eq!(census.situation(), Situation::TwoHeaps);
/// assert_eq!(census.inside[0].to_string(), "function `dlmalloc` (a C library's malloc), which grows the memory");
/// // The other heap owns what the module starts with.
/// assert_eq!(info.heap_start(), 131072);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Census {
    /// Members of the family that are imported, from whatever module.
    pub imports: Vec<FamilyImport>,
    /// Members of the family that are exported as functions.
    pub exports: Vec<FamilyExport>,
    /// Allocators that the module itself has, exported or not; each by the functions that gave it
    /// away, at most [`Census::INSIDE`] of them.
    pub inside: Vec<Inside>,
    /// Functions whose code contains `memory.grow`.
    pub growing: u32,
    /// Functions among these that only ask whether that worked, not where the new pages are: so does
    /// an allocator that believes that they follow the ones it has.
    pub growing_blindly: u32,
    /// Functions whose code contains `memory.size`. It alone says little: a WASI program looks at
    /// it for its preopened directories.
    pub sizing: u32,
    /// Whether functions have names, so that an allocator inside would have been seen by its own.
    pub functions_named: bool,
    /// Indices of the module's own `malloc` and `free`, known by their names.
    pub(super) named_pair: Option<(u32, u32)>,
}

/// A member of the family that a module imports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FamilyImport {
    /// Which one.
    pub member: Member,
    /// First part of the import's name; the host offers the family as `env`.
    pub module: String,
    /// Second part of the name.
    pub name: String,
    /// The type it is imported with, if it is a function at all.
    pub ty: Option<FuncType>,
}

impl FamilyImport {
    /// Whether it is the one that a host offers: in module `env`, under the member's C name, with
    /// the type of its prototype.
    pub fn fits(&self) -> bool {
        self.module == crate::imports::MODULE
            && self.name == self.member.name()
            && self.ty.as_ref() == Some(&self.member.func_type())
    }
}

/// A member of the family that a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FamilyExport {
    /// Which one.
    pub member: Member,
    /// The name it is exported by.
    pub name: String,
    /// Its type.
    pub ty: FuncType,
    /// Whether its code leads to an imported member, so that it is the host's after all.
    pub forwards: bool,
}

/// A function that gives an allocator away.
///
/// Displays as ``function `dlmalloc` (a C library's malloc), which grows the memory``.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inside {
    /// Index of the function.
    pub function: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Whose allocator it is part of.
    pub origin: Origin,
    /// Whether it leads to `memory.grow` by direct calls.
    pub grows: bool,
}

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "function {}", Quoted(name))?,
            None => write!(f, "function {}", self.function)?,
        }
        if self.origin != Origin::Unknown {
            write!(f, " ({})", self.origin)?;
        }
        if self.grows {
            f.write_str(", which grows the memory")?;
        }
        Ok(())
    }
}

/// Whose allocator a function belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// A C library's `malloc`: dlmalloc, emmalloc, mimalloc or another.
    C,
    /// `sbrk`, which hands a C library everything up to the size of the memory.
    Sbrk,
    /// Rust's default allocator, or one from a crate.
    Rust,
    /// Zig's `std.heap`.
    Zig,
    /// AssemblyScript's runtime.
    AssemblyScript,
    /// Go's or TinyGo's garbage collector.
    Go,
    /// Nobody's that is known: its code grows the memory.
    Unknown,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::C => "a C library's malloc",
            Origin::Sbrk => "a C library's sbrk",
            Origin::Rust => "Rust's allocator",
            Origin::Zig => "Zig's allocator",
            Origin::AssemblyScript => "AssemblyScript's runtime",
            Origin::Go => "Go's garbage collector",
            Origin::Unknown => "an unknown allocator",
        })
    }
}

/// Whose heaps are in a module's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Situation {
    /// No heap but the one that the host adds: the module neither imports an allocator nor shows
    /// one.
    None,
    /// The host's: the module imports the family.
    Host,
    /// The module's own, which it exports: a legacy plugin, served through its `malloc` and `free`.
    Exported,
    /// The module's own, which it keeps to itself: the host's stays above it.
    Hidden,
    /// Both: it imports the family and has an allocator of its own as well.
    TwoHeaps,
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Situation::None => "none: the module neither imports nor has an allocator",
            Situation::Host => "the host's: the module imports it",
            Situation::Exported => "the module's own, which it exports",
            Situation::Hidden => "the module's own, which it does not export",
            Situation::TwoHeaps => "two: the host's, and one that the module brings along",
        })
    }
}

impl Census {
    /// The most entries of [`inside`](Self::inside).
    pub const INSIDE: usize = 32;

    /// Whose heaps are in the memory, as far as is known.
    pub fn situation(&self) -> Situation {
        let own = !self.inside.is_empty();
        match (self.imports.is_empty(), own) {
            (false, true) => Situation::TwoHeaps,
            (false, false) => Situation::Host,
            (true, _) if self.exports_own(Member::Malloc) && self.exports_own(Member::Free) => {
                Situation::Exported
            }
            (true, true) => Situation::Hidden,
            (true, false) => Situation::None,
        }
    }

    /// Whether an allocator of the module's own takes memory beside the host's heap.
    pub fn shares_memory(&self) -> bool {
        matches!(self.situation(), Situation::Hidden | Situation::TwoHeaps | Situation::Exported)
    }

    /// Whether an allocator inside may take pages that the host grew. There is no place for another
    /// heap then.
    ///
    /// It may if code looks at `memory.size`, or grows the memory without a look at where the new
    /// pages are, or belongs to `sbrk` or Go's collector. Measured: wasi-libc's dlmalloc before 2023
    /// and AssemblyScript's runtime take all there is at their first call, Emscripten's `sbrk`,
    /// AssemblyScript's stub and Go's collector whenever they like; Rust's and Zig's own take only
    /// what they grew.
    pub fn may_take_grown_pages(&self) -> bool {
        let sbrk = |inside: &Inside| matches!(inside.origin, Origin::Sbrk | Origin::Go);
        !self.inside.is_empty()
            && (self.sizing > 0 || self.growing_blindly > 0 || self.inside.iter().any(sbrk))
    }

    /// Whether it exports a member of its own under the name by which a host looks for it.
    fn exports_own(&self, member: Member) -> bool {
        self.exports.iter().any(|export| {
            export.name == member.name() && !export.forwards && export.ty == member.func_type()
        })
    }
}
