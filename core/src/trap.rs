//! Why a guest stopped.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// The cause of a trap, classified the same on every runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrapKind {
    /// The guest executed `unreachable`: an abort, a failed assertion, a panic.
    Unreachable,
    /// A load or store outside linear memory.
    MemoryOutOfBounds,
    /// A table access, or an indirect call, with an index outside the table.
    TableOutOfBounds,
    /// An indirect call through a table slot that holds no function.
    IndirectCallToNull,
    /// An indirect call of a function with another signature.
    IndirectCallTypeMismatch,
    /// Integer division or remainder by zero.
    IntegerDivisionByZero,
    /// An integer result that does not fit: `i32::MIN / -1`, or a float too large to truncate.
    IntegerOverflow,
    /// A NaN converted to an integer.
    BadConversionToInteger,
    /// The guest's call depth exceeded the stack it was given.
    StackOverflow,
    /// The fuel ran out.
    OutOfFuel,
    /// The host interrupted the guest.
    Interrupted,
    /// A trap that none of the above describes; the detail has the runtime's words.
    Other,
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrapKind::Unreachable => "unreachable executed (an abort or a failed assertion)",
            TrapKind::MemoryOutOfBounds => "memory access out of bounds",
            TrapKind::TableOutOfBounds => "table index out of bounds",
            TrapKind::IndirectCallToNull => "indirect call of an empty table slot",
            TrapKind::IndirectCallTypeMismatch => {
                "indirect call of a function of another signature"
            }
            TrapKind::IntegerDivisionByZero => "integer division by zero",
            TrapKind::IntegerOverflow => "integer overflow",
            TrapKind::BadConversionToInteger => "conversion of NaN to an integer",
            TrapKind::StackOverflow => "call stack exhausted",
            TrapKind::OutOfFuel => "fuel ran out",
            TrapKind::Interrupted => "interrupted by the host",
            TrapKind::Other => "trap",
        })
    }
}

/// A guest that stopped before it returned.
///
/// Displays its [`kind`](Trap::kind) in words that are the same on every runtime;
/// [`detail`](Trap::detail) has what the runtime itself said.
#[derive(Clone, PartialEq, Eq)]
pub struct Trap {
    kind: TrapKind,
    detail: Box<str>,
}

impl Trap {
    /// A trap of `kind`, with the runtime's own message as `detail`.
    pub fn new(kind: TrapKind, detail: impl Into<String>) -> Self {
        Trap { kind, detail: detail.into().into_boxed_str() }
    }

    /// What happened, in terms common to all runtimes.
    pub fn kind(&self) -> TrapKind {
        self.kind
    }

    /// The runtime's own message, with its backtrace of guest functions where it keeps one.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Debug for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trap").field("kind", &self.kind).field("detail", &self.detail).finish()
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plugin trapped: {}", self.kind)?;
        if self.kind == TrapKind::Other {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl core::error::Error for Trap {}
