//! What is wrong with the memory and the layout, whatever the contract says.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Check, Made, mends};
use crate::contract::finding::{Code, Place};
use crate::contract::mends::Makers;
use crate::module::ModuleError;
use crate::module::text::Quoted;

pub(super) fn check(check: &mut Check<'_>) {
    for problem in check.survey.problems() {
        let (code, made) = finding(problem, &check.makers);
        check.found.error(code, || made);
    }
}

const HEAP_BASE: &str = "the linker's own `__heap_base`: an immutable global i32, or a function () \
                         -> i32 that returns a constant";
const WHY_BASE: &str = "the host's heap starts there, above all data and the stack";

fn finding(problem: &ModuleError, makers: &Makers) -> (Code, Made) {
    match problem {
        ModuleError::NoMemory => {
            let made = Made {
                expected: "one linear memory".to_string(),
                reason: "there is nowhere to put a heap".to_string(),
                mends: Vec::from([mends::words(
                    Place::Source,
                    "let the linker define one (wasm-ld does), or write (memory (export \"memory\") \
                     1)",
                )]),
                ..Made::new("memory", "none")
            };
            (Code::NoMemory, made)
        }
        ModuleError::SeveralMemories { count } => {
            let made = Made {
                expected: "exactly one".to_string(),
                mends: Vec::from([mends::words(Place::Link, "link without multi-memory")]),
                ..Made::new("memory", format!("{count} memories"))
            };
            (Code::SeveralMemories, made)
        }
        ModuleError::SharedMemory => {
            let made = Made {
                expected: "one that is not".to_string(),
                reason: "the host's heap is not made for threads".to_string(),
                mends: mends::not_shared(makers),
                ..Made::new("memory", "shared between threads")
            };
            (Code::SharedMemory, made)
        }
        ModuleError::Memory64 => {
            let made = Made {
                expected: "32-bit addresses".to_string(),
                mends: Vec::from([mends::words(
                    Place::Compile,
                    "build for wasm32 instead of wasm64, without -sMEMORY64",
                )]),
                ..Made::new("memory", "64-bit addresses")
            };
            (Code::Memory64, made)
        }
        ModuleError::CustomPageSize { page_bytes } => {
            let made = Made {
                expected: "pages of 65536 bytes".to_string(),
                mends: Vec::from([mends::words(Place::Link, "link without -Wl,--page-size")]),
                ..Made::new("memory", format!("pages of {page_bytes} bytes"))
            };
            (Code::CustomPageSize, made)
        }
        ModuleError::DataBeyondMemory { segment, end, memory_bytes } => {
            let made = Made {
                expected: format!("at most {memory_bytes}, the size of the memory"),
                reason: "instantiating it would trap".to_string(),
                mends: larger(*end, makers),
                ..Made::new("memory", format!("data segment {segment} ends at {end}"))
            };
            (Code::DataBeyondMemory, made)
        }
        ModuleError::StackBeyondMemory { stack_pointer, memory_bytes } => {
            let made = Made {
                expected: format!("at most {memory_bytes}, the size of the memory"),
                mends: larger((*stack_pointer).into(), makers),
                ..Made::new("memory", format!("the stack pointer starts at {stack_pointer}"))
            };
            (Code::StackBeyondMemory, made)
        }
        ModuleError::HeapBaseType { name, found } => base(name, format!("{found}"), makers),
        ModuleError::HeapBaseMutable { name } => {
            let found = "a mutable global, which only gets its value when the module runs";
            base(name, found.to_string(), makers)
        }
        ModuleError::HeapBaseNotConstant { name } => {
            base(name, "a value that is only known when the module runs".to_string(), makers)
        }
        ModuleError::HeapBaseBelowData { name, heap_base, data_end } => wrong(
            name,
            *heap_base,
            format!("at least {data_end}, where the static data ends"),
            makers,
        ),
        ModuleError::HeapBaseBelowStack { name, heap_base, stack_pointer } => wrong(
            name,
            *heap_base,
            format!("at least {stack_pointer}, where the stack starts and grows down from"),
            makers,
        ),
        ModuleError::HeapBaseBeyondMemory { name, heap_base, memory_bytes } => {
            let expected = format!("at most {memory_bytes}, the size of the memory");
            let (code, mut made) = wrong(name, *heap_base, expected, makers);
            made.mends.splice(0..0, larger((*heap_base).into(), makers));
            (code, made)
        }
        ModuleError::NoRoom { memory_bytes } => {
            let made = Made {
                expected: "room for a heap".to_string(),
                reason: "the heap could only start at the end of the address space".to_string(),
                mends: mends::initial(makers, 1 << 20),
                ..Made::new("memory", format!("{memory_bytes} bytes from the start"))
            };
            (Code::NoHeapRoom, made)
        }
        ModuleError::UncommonTable { table } => {
            let found = "64-bit indices, an initial value, or uncommon elements";
            let made = Made {
                expected: "a table of funcref or externref".to_string(),
                ..Made::new(format!("table {table}"), found)
            };
            (Code::UncommonTable, made)
        }
        ModuleError::ReservedExport { name } => {
            let made = Made {
                expected: "another name".to_string(),
                reason: "the host moves the start function there".to_string(),
                mends: Vec::from([mends::words(Place::Source, "rename the export")]),
                ..Made::new(format!("export {}", Quoted(name)), "a name that is reserved")
            };
            (Code::ReservedExport, made)
        }
        other => (Code::Unmanageable, Made::new("module", super::brief(other))),
    }
}

/// An exported heap base that cannot be read.
fn base(name: &str, found: alloc::string::String, makers: &Makers) -> (Code, Made) {
    let made = Made {
        expected: HEAP_BASE.to_string(),
        reason: WHY_BASE.to_string(),
        mends: mends::linkers_base(makers),
        ..Made::new(format!("export {}", Quoted(name)), found)
    };
    (Code::HeapBaseType, made)
}

/// One whose value cannot be true.
fn wrong(name: &str, value: u32, expected: alloc::string::String, makers: &Makers) -> (Code, Made) {
    let made = Made {
        expected,
        reason: WHY_BASE.to_string(),
        mends: mends::linkers_base(makers),
        ..Made::new(format!("export {}", Quoted(name)), format!("{value}"))
    };
    (Code::HeapBaseWrong, made)
}

/// A memory that holds so much from the start.
fn larger(bytes: u64, makers: &Makers) -> Vec<crate::contract::Mend> {
    match bytes.next_multiple_of(65536) {
        bytes if bytes <= 1 << 32 => mends::initial_of_at_least(makers, bytes),
        _ => Vec::from([mends::words(
            Place::Link,
            "lower the address of the data (-Wl,--global-base): a 32-bit memory cannot be larger",
        )]),
    }
}
