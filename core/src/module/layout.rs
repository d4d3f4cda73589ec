//! Where the heap may start, and how that is known.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::text::{Quoted, Size};

/// Where a module keeps its static data and its stack, and where the heap may start above them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layout {
    /// First byte the heap may use: a multiple of 16, and never 0.
    ///
    /// It lies at or above the end of the static data and of the stack. It can be equal to the
    /// size of the memory, and often is: the first allocation then has to grow it.
    pub heap_base: u32,
    /// How `heap_base` is known.
    pub evidence: HeapBaseEvidence,
    /// First byte of the active data segments; `None` if there are none of known place.
    pub data_start: Option<u32>,
    /// One past the last byte of the active data segments; `None` if there are none of known
    /// place. Zero-initialised data (`.bss`) has no segment and may reach further.
    pub data_end: Option<u32>,
    /// End of all static data with `.bss`, if the linker's `__data_end` is exported and agrees with
    /// the segments.
    pub static_end: Option<u32>,
    /// Whether the place of every data segment is known: false if one is passive or its offset is
    /// not a constant.
    pub data_known: bool,
    /// Initial value of the stack pointer, if its global is known by an export or by the name
    /// section and starts with a constant.
    pub stack_pointer: Option<u32>,
    /// Better evidence that was looked for and why it was not used, in order.
    pub passed_over: Vec<PassedOver>,
}

impl Layout {
    /// Whether the heap base is the linker's own value or a safe bound above it.
    pub fn certainty(&self) -> Certainty {
        self.evidence.certainty()
    }

    pub(super) fn is_exact(&self) -> bool {
        self.certainty() == Certainty::Exact
    }
}

/// How the start of the heap is known. Displays as one line for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeapBaseEvidence {
    /// An exported immutable global with a constant value.
    ExportedGlobal {
        /// Its name.
        name: String,
        /// Its value, before rounding up to 16.
        value: u32,
    },
    /// An exported function without parameters that only returns a constant.
    ExportedFunction {
        /// Its name.
        name: String,
        /// What it returns, before rounding up to 16.
        value: u32,
    },
    /// The stack lies above the data, so its upper end is where the heap starts.
    StackPointer {
        /// Initial value of the stack pointer, before rounding up to 16.
        stack_pointer: u32,
        /// End of the static data.
        data_end: u32,
        /// How the stack pointer was told from other globals.
        found_by: FoundBy,
    },
    /// The stack lies below the data, and the linker exports where all data ends, `.bss` included:
    /// the heap starts there.
    DataEnd {
        /// Value of the exported `__data_end`, before rounding up to 16.
        static_end: u32,
        /// Initial value of the stack pointer.
        stack_pointer: u32,
    },
    /// Nothing better is known: everything the module has from the start is left alone.
    EndOfDeclaredMemory {
        /// Declared minimum of the memory.
        memory_bytes: u64,
        /// The linker's own heap base is no lower than this, if that can be said: the end of data
        /// and stack, both known. At most what lies between stays unused.
        least: Option<u64>,
    },
}

impl HeapBaseEvidence {
    /// Whether the heap base is the linker's own value or a safe bound above it.
    pub fn certainty(&self) -> Certainty {
        match self {
            HeapBaseEvidence::EndOfDeclaredMemory { least: Some(_), .. } => Certainty::Bounded,
            HeapBaseEvidence::EndOfDeclaredMemory { least: None, .. } => Certainty::Fallback,
            _ => Certainty::Exact,
        }
    }
}

impl fmt::Display for HeapBaseEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeapBaseEvidence::ExportedGlobal { name, value } => {
                write!(f, "exported global {} = {value}", Quoted(name))
            }
            HeapBaseEvidence::ExportedFunction { name, value } => {
                write!(f, "exported function {} returns {value}", Quoted(name))
            }
            HeapBaseEvidence::StackPointer { stack_pointer, data_end, found_by } => write!(
                f,
                "initial stack pointer {stack_pointer} ({found_by}) lies at or above the end of \
                 the data {data_end} (stack-last layout)"
            ),
            HeapBaseEvidence::DataEnd { static_end, stack_pointer } => write!(
                f,
                "exported global `__data_end` = {static_end}, with the stack below all data \
                 (initial stack pointer {stack_pointer}: stack-first layout)"
            ),
            HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, least } => {
                write!(
                    f,
                    "end of the declared memory ({memory_bytes}): the module does not export \
                     `__heap_base`"
                )?;
                match memory_bytes.saturating_sub(least.unwrap_or(0)) {
                    0 => Ok(()),
                    unused => write!(
                        f,
                        "; link with -Wl,--export=__heap_base to use up to {} below it",
                        Size(unused)
                    ),
                }
            }
        }
    }
}

/// How good a heap base is. All are safe; the later ones waste more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Certainty {
    /// The very value the linker computed.
    Exact,
    /// The end of the declared memory, which is safe: the linker's value is known to lie between
    /// the end of data and stack and there, so what can stay unused is known too.
    Bounded,
    /// The end of the declared memory, which is safe; how much stays unused below it is not known.
    Fallback,
}

/// How the stack pointer was told from other globals. It is never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FoundBy {
    /// It is exported as `__stack_pointer`.
    Export,
    /// The name section calls it `__stack_pointer`.
    NameSection,
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FoundBy::Export => "exported",
            FoundBy::NameSection => "from the name section",
        })
    }
}

/// Why a piece of evidence for the heap base was not used. Displays as one line for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PassedOver {
    /// Neither `__heap_base` nor a function `heap_base` is exported.
    NoHeapBase,
    /// A function `heap_base` is exported, but does not only return a constant.
    FunctionNotConstant {
        /// Its name.
        name: String,
    },
    /// No global is known to be the stack pointer.
    NoStackPointer,
    /// There is no data segment to compare the stack pointer with.
    NoData,
    /// A data segment is passive or its offset is not a constant.
    DataUnknown {
        /// Index of the first such segment.
        segment: u32,
    },
    /// The stack lies below the data, so its end says nothing about the end of the data.
    StackFirst {
        /// Initial value of the stack pointer.
        stack_pointer: u32,
        /// End of the static data.
        data_end: u32,
    },
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PassedOver::NoHeapBase => {
                f.write_str("`__heap_base` is not exported (-Wl,--export=__heap_base)")
            }
            PassedOver::FunctionNotConstant { name } => {
                write!(f, "exported function {} does more than return a constant i32", Quoted(name))
            }
            PassedOver::NoStackPointer => f.write_str(
                "no one global that can be a stack pointer is exported or named as \
                 `__stack_pointer`",
            ),
            PassedOver::NoData => f.write_str("no data segment to compare the stack pointer with"),
            PassedOver::DataUnknown { segment } => {
                write!(f, "data segment {segment} is passive or has no constant offset")
            }
            PassedOver::StackFirst { stack_pointer, data_end } => write!(
                f,
                "initial stack pointer {stack_pointer} lies below the end of the data {data_end} \
                 (stack-first layout)"
            ),
        }
    }
}
