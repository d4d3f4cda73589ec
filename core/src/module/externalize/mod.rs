//! Takes a module's own allocator out and lets it import the host's, without its source.
//!
//! [`externalize()`] finds the module's `malloc` family, leads every reference to it to an import
//! `env.malloc` and so on, and drops what is no longer used: a legacy plugin becomes one whose heap
//! the host implements. It does so only if it is proved that nothing that stays in the module
//! depends on the allocator that goes; otherwise it says what is in the way and leaves the module
//! alone.
//!
//! ```
//! use hostheap_core::module::{ExternalizeOptions, Member, ModuleInfo, externalize};
//!
//! // A bump allocator with a header before each block, and something that uses it.
//! let wasm = wat::parse_str(
//!     r#"(module
//!         (memory (export "memory") 2)
//!         (func $malloc (export "malloc") (param $size i32) (result i32) (local $p i32)
//!             (local.set $p (i32.load (i32.const 1024)))
//!             (i32.store (i32.const 1024)
//!                 (i32.add (local.get $p) (i32.add (local.get $size) (i32.const 8))))
//!             (i32.store offset=65536 (local.get $p) (local.get $size))
//!             (i32.add (local.get $p) (i32.const 65544)))
//!         (func $free (export "free") (param $p i32)
//!             (i32.store (i32.const 1024)
//!                 (i32.load (i32.sub (local.get $p) (i32.const 8)))))
//!         (func (export "answer") (result i32) (local $p i32)
//!             (i32.store (local.tee $p (call $malloc (i32.const 4))) (i32.const 42))
//!             (i32.load (local.get $p))
//!             (call $free (local.get $p))))"#,
//! )?;
//! let done = externalize(&wasm, &ExternalizeOptions::default())?;
//! assert_eq!(done.imports, [Member::Malloc, Member::Free]);
//! assert_eq!(done.dropped_exports, ["malloc", "free"]);
//! assert!(done.bytes_after < done.bytes_before);
//!
//! let info = ModuleInfo::parse(&done.wasm)?;
//! assert_eq!(info.imports()[0].name, "malloc");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is proved
//!
//! Let *R* be the functions that go: used before, and not after. The rest of the module can notice
//! that they are gone in three ways: by what they returned, by what they wrote to memory, and by
//! the memory they took. So these are the conditions.
//!
//! 1. **What they returned.** `malloc` and `free` are known by their exports or by the name section,
//!    and with each function those that it only forwards to, and all have the types of the family.
//!    The host's functions do what C says, and so did those. Two functions that claim one name
//!    without one calling the other, or one with two meanings, are refused.
//! 2. **What they wrote at known addresses**: the allocator's state. *S* is every address at which R
//!    writes, by a constant, a constant with an index, or one that a function of R hands to another,
//!    also to one that stays. What is handed to a function through a table counts as written and
//!    read. Where R never reads and only writes constants, it is no state but an error number
//!    (`errno`). No function that stays may read in S, by a constant, as the base of an index, or
//!    through a parameter of a function that reads there, as the host does with all that it is
//!    given. Nor may it return, store, or hand to an unknown function the address at which an object
//!    of S starts, and no exported global may hold an address in S. This is what finds a `realloc`,
//!    a `memalign` or a `mallinfo` that was not recognised, or one that was inlined: each begins
//!    with the state. A function that only writes there (a constructor) harms nobody. If S is empty,
//!    nothing is known and nothing is proved. The state must be empty at the start.
//! 3. **What they wrote at other addresses**: headers before blocks, which every member that is
//!    given a block reads. R's own `free` shows where. If it masks flags there, a further member is
//!    found by the flags that it takes from the header, which it must mask to get at the size. If
//!    not, any read at such a distance before a pointer that may be a block's is refused. If `free`
//!    reads nothing before its pointer, every function must have a name. The first 16 bytes of the
//!    heap, where a walk over all blocks begins, may not be read by a constant address.
//! 4. **The memory they took.** Nothing that stays contains `memory.grow`.
//!
//! # What is assumed
//!
//! These cannot be proved from the code:
//!
//! - The state is only reached by its own addresses: not by running over from another object, nor
//!   through a pointer that stands in static data. A table at its end has at most 1024 bytes, or 64
//!   where code has constant addresses.
//! - An address inside an object of the state that the allocator itself never uses as a constant
//!   (its third byte, say) is a number where it is returned or stored: 1500 is more often a number
//!   than a place. Where it is called with, or read at, it counts as an address.
//! - A number is no address once anything but additions, subtractions, masks and, with constants
//!   alone, products and shifts were applied to it. Several results of one call or block, and values
//!   that go through `i64`, are not followed.
//! - No data lies below 1024, unless a data segment does or the allocator uses such a constant as an
//!   address itself; a table there, or an address that it hands on, is then only known with a
//!   segment. No data lies below 16.
//! - A mutable global that does not start with an address in the state, or that has the stack
//!   pointer's value, leads to the stack. A function of the allocator that stays and stores its
//!   parameter elsewhere does not make that a way to the state. What an imported function writes at
//!   an address is only known where the allocator reads it.
//! - A header that `free` reads by a function that stays is not known as one, and a walk over the
//!   heap that begins with an address from elsewhere is not known as a walk.
//! - C's rule that a freed block is not read holds, and names are not lies. A name section that lies
//!   can make a broken plugin of a module that meant to be one; it cannot harm the host, to which
//!   every module is untrusted.
//!
//! # What stays
//!
//! The layout: the old allocator's static data keeps its place, and so does the heap's base. Names of
//! functions, `producers` and all other custom sections, except those that describe the code by
//! position (DWARF, source maps, relocations), which would be wrong and are dropped.
//!
//! The work is in proportion to the module's length. No input makes it panic. It does not validate
//! code: a valid module remains valid, and one that is not is refused by the runtime as before.

mod access;
mod check;
mod error;
mod handed;
mod identify;
mod locals;
mod reach;
mod read;
mod report;
mod state;
mod thunk;
mod trace;
mod value;
mod write;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use error::{ExternalizeError, Instead};
pub use report::{Externalized, FoundAs, FunctionId, Proof, Replaced};

use self::identify::Family;
use self::reach::Reach;
use self::read::Program;
use self::trace::Tracer;
use self::write::Plan;
use super::ModuleInfo;

/// How [`externalize()`] should write the module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalizeOptions {
    /// The import module of the family, `env` by default, as all C toolchains have it and as this
    /// library's hosts provide it.
    pub import_module: String,
}

impl Default for ExternalizeOptions {
    fn default() -> Self {
        ExternalizeOptions { import_module: crate::imports::MODULE.to_string() }
    }
}

impl ExternalizeOptions {
    /// Sets the import module, for hosts that provide the family under another one.
    pub fn import_module(mut self, name: impl Into<String>) -> Self {
        self.import_module = name.into();
        self
    }
}

/// Replaces a module's own `malloc` family by imports, and drops what is no longer used.
///
/// See the [module documentation](self) for what is proved before.
///
/// # Errors
///
/// Fails, with what was found and what mends it, if the module already imports the family, has
/// none, or if any of the conditions is not proved.
pub fn externalize(
    wasm: &[u8],
    options: &ExternalizeOptions,
) -> Result<Externalized, ExternalizeError> {
    let info = ModuleInfo::parse(wasm)?;
    let program = Program::read(wasm)?;
    let dynamic =
        program.custom_sections.iter().find(|name| matches!(**name, "dylink" | "dylink.0"));
    if let Some(section) = dynamic {
        return Err(ExternalizeError::DynamicLibrary { section: section.to_string() });
    }
    let family = identify::family(&program, &info, &options.import_module)?;
    let reach = Reach::of(&program, &family)?;
    let limit = info.layout().heap_base;
    let mut tracer = Tracer::new(&program, info.layout());
    let state = state::state(&program, &family, &reach, &mut tracer, limit)?;
    if let Some(address) = program.initialised(&state.ranges) {
        return Err(ExternalizeError::Snapshot { address });
    }
    let proof = check::check(&program, &family, &reach, &state, &mut tracer, limit)?;
    let mut plan = Plan::new(&program, &family, &reach, &options.import_module)?;
    let written = plan.write(wasm)?;
    Ok(report(wasm, written, &program, &family, &reach, plan, proof))
}

fn report(
    wasm: &[u8],
    written: Vec<u8>,
    program: &Program<'_>,
    family: &Family,
    reach: &Reach,
    plan: Plan<'_>,
    proof: Vec<Proof>,
) -> Externalized {
    let id = |function| FunctionId::of(program, function);
    let removed = || (program.imported()..program.count()).filter(|f| !reach.stays(*f));
    let code = removed().filter_map(|function| program.body(function));
    Externalized {
        bytes_before: wasm.len() as u64,
        bytes_after: written.len() as u64,
        wasm: written,
        replaced: family
            .functions
            .iter()
            .map(|(function, (member, found_by))| Replaced {
                member: *member,
                function: id(*function),
                found_by: *found_by,
                references: reach.references.get(*function as usize).copied().unwrap_or(0),
            })
            .collect(),
        imports: plan.imports.iter().map(|(member, _)| *member).collect(),
        removed: removed().map(id).collect(),
        removed_code_bytes: code.map(|body| body.range().len() as u64).sum(),
        dropped_imports: plan
            .dropped_imports
            .iter()
            .filter_map(|function| program.imports.get(*function as usize))
            .map(|(module, name)| (module.to_string(), name.to_string()))
            .collect(),
        dropped_exports: program
            .exports
            .iter()
            .enumerate()
            .filter(|(i, _)| family.exports.contains(i))
            .map(|(_, (name, _))| name.to_string())
            .collect(),
        dropped_sections: plan.dropped_sections,
        proof,
    }
}
