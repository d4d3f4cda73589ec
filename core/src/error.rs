//! Everything that can go wrong, as types a host can match on.
//!
//! Messages name the thing, the value seen and the next step, and read the same on every runtime.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

use crate::contract::Report;

pub use crate::convention::ConventionError;
pub use crate::heap::{AllocError, InvalidPointer};
pub use crate::link::{ImportProblem, LinkError};
pub use crate::module::ModuleError;
pub use crate::table::TableError;
pub use crate::trap::{Trap, TrapKind};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Any failure of this crate or of a backend.
///
/// An `Error` that a host function returns comes out of the guest call that led to it as that
/// same `Error`, on every runtime.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The module cannot be a plugin, or is not a module; nothing was instantiated.
    Module(Box<ModuleError>),
    /// The module breaks the host's contract; nothing was compiled.
    Contract(Box<Report>),
    /// Imports or exports do not fit; nothing was run.
    Link(Box<LinkError>),
    /// The guest trapped.
    Trap(Box<Trap>),
    /// An access outside linear memory; nothing was read or written.
    OutOfBounds(OutOfBounds),
    /// Linear memory could not grow.
    Grow(GrowError),
    /// A function table is not there, or does not hold what was asked of it.
    Table(Box<TableError>),
    /// The heap could not satisfy a request of the host. (A guest that asks gets NULL.)
    Alloc(AllocError),
    /// A pointer that is not the start of a live block was freed, reallocated or measured.
    InvalidPointer(InvalidPointer),
    /// An argument or a result broke the calling convention.
    Convention(Box<ConventionError>),
    /// A module, linker, store or handle met another engine or store than its own.
    Mismatch(Mismatch),
    /// The context has no linear memory yet.
    Unbound,
    /// The plugin trapped or was unwound earlier and cannot be trusted to be consistent.
    Poisoned,
    /// The runtime cannot do what was asked of it.
    Unsupported(Unsupported),
    /// A host function's own error, unchanged.
    Host(Box<dyn core::error::Error + Send + Sync + 'static>),
    /// A failure of the runtime that fits nothing above, in its own words.
    Runtime(Box<str>),
}

impl Error {
    /// A host function's own error: any error type, a boxed one, `anyhow::Error`, `String` and `&str`
    /// all do.
    ///
    /// An [`Error`] that was boxed on its way here comes back as itself.
    pub fn host(error: impl Into<Box<dyn core::error::Error + Send + Sync + 'static>>) -> Self {
        match error.into().downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::Host(error),
        }
    }

    /// The same for an error whose type is not known yet to be `anyhow`'s, which hides what it
    /// holds from others.
    pub(crate) fn from_closure<E>(error: E) -> Self
    where
        E: Into<Box<dyn core::error::Error + Send + Sync + 'static>> + 'static,
    {
        #[cfg(feature = "anyhow")]
        let error = {
            let mut slot = Some(error);
            let any: &mut dyn core::any::Any = &mut slot;
            if let Some(anyhow) = any.downcast_mut::<Option<anyhow::Error>>()
                && let Some(anyhow) = anyhow.take()
            {
                return Self::from_anyhow(anyhow);
            }
            match slot {
                Some(error) => error,
                None => return Error::runtime("an error vanished"),
            }
        };
        Self::host(error)
    }

    /// Ours if it is what the `anyhow::Error` was made of. One with context stays as it is, context
    /// and all; ours is then among its sources.
    #[cfg(feature = "anyhow")]
    fn from_anyhow(error: anyhow::Error) -> Self {
        let bare = matches!(error.chain().next(), Some(outermost) if outermost.is::<Error>());
        if !bare {
            return Error::Host(error.into());
        }
        match error.downcast::<Error>() {
            Ok(ours) => ours,
            Err(error) => Error::Host(error.into()),
        }
    }

    /// A failure of the runtime, in its own words.
    pub fn runtime(message: impl fmt::Display) -> Self {
        Error::Runtime(message.to_string().into_boxed_str())
    }

    /// The trap, if this is one.
    pub fn trap(&self) -> Option<&Trap> {
        match self {
            Error::Trap(trap) => Some(trap),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Module(e) => e.fmt(f),
            Error::Contract(report) => report.fmt(f),
            Error::Link(e) => e.fmt(f),
            Error::Trap(e) => e.fmt(f),
            Error::OutOfBounds(e) => e.fmt(f),
            Error::Grow(e) => e.fmt(f),
            Error::Table(e) => e.fmt(f),
            Error::Alloc(e) => e.fmt(f),
            Error::InvalidPointer(e) => e.fmt(f),
            Error::Convention(e) => e.fmt(f),
            Error::Mismatch(e) => e.fmt(f),
            Error::Unbound => f.write_str(
                "no linear memory is bound to this store yet: call bind_memory after instantiation",
            ),
            Error::Poisoned => f.write_str(
                "this plugin trapped or was stopped in mid-call earlier, so its own data may be \
                 half-written: instantiate it again",
            ),
            Error::Unsupported(e) => e.fmt(f),
            Error::Host(e) => e.fmt(f),
            Error::Runtime(message) => f.write_str(message),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // Display is the inner error's own message, so the chain goes on behind it.
            Error::Module(e) => e.source(),
            Error::Link(e) => e.source(),
            Error::Host(e) => e.source(),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($variant:ident($ty:ty) = |$e:ident| $make:expr;)*) => {
        $(impl From<$ty> for Error {
            fn from($e: $ty) -> Self {
                Error::$variant($make)
            }
        })*
    };
}
from! {
    Module(ModuleError) = |e| Box::new(e);
    Link(LinkError) = |e| Box::new(e);
    Trap(Trap) = |e| Box::new(e);
    OutOfBounds(OutOfBounds) = |e| e;
    Grow(GrowError) = |e| e;
    Table(TableError) = |e| Box::new(e);
    Alloc(AllocError) = |e| e;
    InvalidPointer(InvalidPointer) = |e| e;
    Convention(ConventionError) = |e| Box::new(e);
    Mismatch(Mismatch) = |e| e;
    Unsupported(Unsupported) = |e| e;
}

/// An access of bytes that linear memory does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// First byte of the access.
    pub offset: u64,
    /// Length of the access in bytes.
    pub len: u64,
    /// Size of linear memory in bytes at the time.
    pub size: u64,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutOfBounds { offset, len, size } = self;
        write!(
            f,
            "access of {len} bytes at offset {offset} ({offset:#x}) lies outside linear memory, \
             which has {size} bytes ({size:#x})"
        )
    }
}

impl core::error::Error for OutOfBounds {}

/// A growth of linear memory that did not happen; the memory is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrowError {
    /// Size in bytes before the attempt.
    pub size: u64,
    /// Bytes asked for on top.
    pub additional: u64,
    /// Maximum size in bytes that the memory declares, if it declares one.
    pub max: Option<u64>,
}

impl fmt::Display for GrowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "linear memory of {} bytes cannot grow by {} bytes", self.size, self.additional)?;
        match self.max {
            Some(max) => write!(
                f,
                ": its maximum is {max} bytes (wasm-ld --max-memory=N, or the host's memory limit)"
            ),
            None => f.write_str(": the runtime refused (out of host memory, or past 4 GiB)"),
        }
    }
}

impl core::error::Error for GrowError {}

/// Things of different engines or stores that were used together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A module compiled by one engine was linked by a linker of another.
    ModuleOfOtherEngine,
    /// A module linked with one engine was instantiated in a store of another.
    StoreOfOtherEngine,
    /// An instance was used with a store that it does not live in.
    InstanceOfOtherStore,
    /// A function handle was used with a store that it does not live in.
    FunctionOfOtherStore,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mismatch::ModuleOfOtherEngine => {
                "the module was compiled by another engine than the linker's: compile and link \
                 with clones of one engine"
            }
            Mismatch::StoreOfOtherEngine => {
                "the store was made by another engine than the module's: make both with clones of \
                 one engine"
            }
            Mismatch::InstanceOfOtherStore => {
                "the instance lives in another store: use it with the store it was made in"
            }
            Mismatch::FunctionOfOtherStore => {
                "the function handle belongs to another store: resolve it again in this one"
            }
        })
    }
}

impl core::error::Error for Mismatch {}

/// A setting that the chosen runtime does not have. Settings are never ignored in silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Name of the backend.
    pub backend: &'static str,
    /// What was asked for, and what to do instead.
    pub what: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not support {}", self.backend, self.what)
    }
}

impl core::error::Error for Unsupported {}

// Every host function returns this in a `Result`: keep it small.
const _: () = assert!(size_of::<Error>() <= 40);
