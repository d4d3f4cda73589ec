//! Why a module cannot be used.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::text::Quoted;
use super::types::{ADDRESSABLE, ExternType, PAGE};

/// Why a module cannot be used by a host that implements its heap.
///
/// Every message names what was found and the flag or the call that mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModuleError {
    /// The bytes are not WebAssembly.
    NotWasm {
        /// The first bytes, at most eight.
        found: Vec<u8>,
    },
    /// The bytes are a component, not a core module.
    Component,
    /// The bytes are an object file that was never linked.
    ObjectFile,
    /// The bytes break the rules of the binary format, or of validity where it matters here.
    Malformed {
        /// Where, from the start of the bytes.
        offset: usize,
        /// What is wrong.
        reason: String,
    },
    /// The module is larger than is sensible, in something that costs the host memory.
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is accepted.
        limit: u64,
    },
    /// The module has no linear memory.
    NoMemory,
    /// The module has more than one linear memory.
    SeveralMemories {
        /// How many it has.
        count: u64,
    },
    /// The memory is shared between threads.
    SharedMemory,
    /// The memory has 64-bit addresses.
    Memory64,
    /// The memory counts in pages of its own size.
    CustomPageSize {
        /// Bytes in one of its pages.
        page_bytes: u64,
    },
    /// An active data segment does not fit into the memory: instantiation would trap.
    DataBeyondMemory {
        /// Index of the segment.
        segment: u32,
        /// One past its last byte.
        end: u64,
        /// Declared minimum of the memory.
        memory_bytes: u64,
    },
    /// The stack pointer starts beyond the memory.
    StackBeyondMemory {
        /// Its initial value.
        stack_pointer: u32,
        /// Declared minimum of the memory.
        memory_bytes: u64,
    },
    /// `__heap_base` is exported, but is neither an i32 global nor a function `() -> i32`.
    HeapBaseType {
        /// The name it is exported by.
        name: String,
        /// What it is.
        found: ExternType,
    },
    /// `__heap_base` is exported as a mutable global.
    HeapBaseMutable {
        /// The name it is exported by.
        name: String,
    },
    /// `__heap_base` is exported, but its value cannot be known without running the module.
    HeapBaseNotConstant {
        /// The name it is exported by.
        name: String,
    },
    /// The exported heap base lies in the static data.
    HeapBaseBelowData {
        /// The name it is exported by.
        name: String,
        /// Its value.
        heap_base: u32,
        /// End of the active data segments.
        data_end: u64,
    },
    /// The exported heap base lies below the top of the stack, which grows down into the heap.
    HeapBaseBelowStack {
        /// The name it is exported by.
        name: String,
        /// Its value.
        heap_base: u32,
        /// Initial value of the stack pointer.
        stack_pointer: u32,
    },
    /// The exported heap base lies beyond the declared minimum of the memory.
    HeapBaseBeyondMemory {
        /// The name it is exported by.
        name: String,
        /// Its value.
        heap_base: u32,
        /// Declared minimum of the memory.
        memory_bytes: u64,
    },
    /// No address is left for a heap: it could only start at the end of the address space.
    NoRoom {
        /// Declared minimum of the memory.
        memory_bytes: u64,
    },
    /// The module has an allocator of its own inside, and the host wants its own to be the only one.
    OwnHeap {
        /// What gave it away.
        found: String,
        /// Whether it imports malloc as well.
        imports_malloc: bool,
    },
    /// The module starts with more memory than the host allows.
    MemoryAboveLimit {
        /// Declared minimum of the memory.
        min_bytes: u64,
        /// What the host allows.
        limit_bytes: u64,
    },
    /// The tables start with more elements than the host allows.
    TablesAboveLimit {
        /// Elements that the tables start with together.
        min_elements: u64,
        /// What the host allows.
        limit_elements: u64,
    },
    /// A table is of a kind that not every runtime has, so its size cannot be limited.
    UncommonTable {
        /// Index of the table.
        table: u32,
    },
    /// The module exports something under a name this crate keeps for itself.
    ReservedExport {
        /// The name.
        name: String,
    },
    /// [`prepare`](super::prepare) was given other bytes than the [`ModuleInfo`](super::ModuleInfo)
    /// was parsed from.
    OtherModule,
}

impl ModuleError {
    pub(super) fn malformed(offset: usize, reason: impl Into<String>) -> Self {
        ModuleError::Malformed { offset, reason: reason.into() }
    }
}

impl From<wasmparser::Error> for ModuleError {
    fn from(error: wasmparser::Error) -> Self {
        ModuleError::malformed(error.offset(), error.message())
    }
}

impl core::error::Error for ModuleError {}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleError::NotWasm { found } => not_wasm(f, found),
            ModuleError::Component => f.write_str(
                "this is a component, not a core module: build for wasm32-unknown-unknown or \
                 wasm32-wasip1 instead of wasm32-wasip2, and leave out `wasm-tools component new`",
            ),
            ModuleError::ObjectFile => f.write_str(
                "this is an object file, not a module: link it, for instance with `wasm-ld \
                 --no-entry --export=__heap_base` or by leaving out `-c`",
            ),
            ModuleError::Malformed { offset, reason } => {
                write!(f, "malformed module: {reason} (at offset {offset:#x})")
            }
            ModuleError::TooLarge { what, limit } => {
                write!(f, "the module has too much of one thing: more than {limit} {what}")
            }
            ModuleError::NoMemory => f.write_str(
                "the module has no linear memory, so there is nowhere to put a heap: let the \
                 linker define one (wasm-ld does by default), or write `(memory (export \
                 \"memory\") 1)`",
            ),
            ModuleError::SeveralMemories { count } => write!(
                f,
                "the module has {count} linear memories, but a heap needs exactly one: link \
                 without multi-memory"
            ),
            ModuleError::SharedMemory => f.write_str(
                "the memory is shared, which is not supported: build without -pthread and \
                 -Wl,--shared-memory",
            ),
            ModuleError::Memory64 => f.write_str(
                "the memory has 64-bit addresses, which is not supported: build for wasm32 \
                 instead of wasm64, without -sMEMORY64",
            ),
            ModuleError::CustomPageSize { page_bytes } => write!(
                f,
                "the memory has pages of {page_bytes} bytes, but only the standard memory type \
                 with 65536 is supported: link without -Wl,--page-size"
            ),
            ModuleError::DataBeyondMemory { segment, end, memory_bytes } => {
                write!(
                    f,
                    "data segment {segment} ends at {end}, beyond the memory of {memory_bytes} \
                     bytes: "
                )?;
                match whole_pages(*end) {
                    bytes if bytes <= ADDRESSABLE => {
                        write!(f, "raise the initial memory (-Wl,--initial-memory={bytes})")
                    }
                    _ => f.write_str(
                        "lower the address of the data (-Wl,--global-base): a 32-bit memory cannot \
                         be larger",
                    ),
                }
            }
            ModuleError::StackBeyondMemory { stack_pointer, memory_bytes } => write!(
                f,
                "the stack pointer starts at {stack_pointer}, beyond the memory of {memory_bytes} \
                 bytes: raise the initial memory (-Wl,--initial-memory={})",
                whole_pages(u64::from(*stack_pointer))
            ),
            _ => self.fmt_heap_base(f),
        }
    }
}

impl ModuleError {
    fn fmt_heap_base(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleError::HeapBaseType { name, found } => write!(
                f,
                "export {}: expected an immutable global i32 or a function () -> i32, found {found}; \
                 let the linker export its own (-Wl,--export=__heap_base)",
                Quoted(name)
            ),
            ModuleError::HeapBaseMutable { name } => write!(
                f,
                "export {} is a mutable global, which only gets its value when the module runs: \
                 export a function `heap_base` that returns it instead (AssemblyScript: `export \
                 function heap_base(): usize {{ return __heap_base }}`)",
                Quoted(name)
            ),
            ModuleError::HeapBaseNotConstant { name } => write!(
                f,
                "export {} does not have a constant value, so the start of the heap is only known \
                 once the module runs: let the linker export its own (-Wl,--export=__heap_base)",
                Quoted(name)
            ),
            ModuleError::HeapBaseBelowData { name, heap_base, data_end } => write!(
                f,
                "export {} = {heap_base} lies below the end of the static data {data_end}: a heap \
                 there would overwrite it; export the linker's own value \
                 (-Wl,--export=__heap_base), or none where constructors were run beforehand (Wizer, \
                 wasm-ctor-eval), whose data it does not know",
                Quoted(name)
            ),
            ModuleError::HeapBaseBelowStack { name, heap_base, stack_pointer } => write!(
                f,
                "export {} = {heap_base} lies below the initial stack pointer {stack_pointer}: the \
                 stack would grow down into the heap; export the linker's own value \
                 (-Wl,--export=__heap_base)",
                Quoted(name)
            ),
            ModuleError::HeapBaseBeyondMemory { name, heap_base, memory_bytes } => write!(
                f,
                "export {} = {heap_base} lies beyond the memory of {memory_bytes} bytes: export \
                 the linker's own value (-Wl,--export=__heap_base)",
                Quoted(name)
            ),
            ModuleError::NoRoom { memory_bytes } => write!(
                f,
                "no address is left for a heap above the {memory_bytes} bytes the module starts \
                 with: lower its initial memory (-Wl,--initial-memory), or export `__heap_base` \
                 (-Wl,--export=__heap_base) if that lies below"
            ),
            ModuleError::OwnHeap { found, imports_malloc } => write!(
                f,
                "the module {} an allocator of its own: {found}. Two heaps in one memory can hand \
                 out the same bytes: leave its own out (C: compile guest/c/hostheap.c with the plugin; \
                 Emscripten: that, with -sMALLOC=none; Rust: #[global_allocator]), or have it export \
                 its malloc and free, through which it is served then; a host that knows that the \
                 two do not meet says so with `LoadOptions::own_heap`",
                if *imports_malloc { "imports malloc, and also has" } else { "has" }
            ),
            ModuleError::MemoryAboveLimit { min_bytes, limit_bytes } => write!(
                f,
                "the module starts with {min_bytes} bytes of memory, above the limit of \
                 {limit_bytes}: raise the host's limit (`max_memory_bytes`), or lower the initial \
                 memory (-Wl,--initial-memory; a smaller stack helps: -Wl,-z,stack-size)"
            ),
            ModuleError::TablesAboveLimit { min_elements, limit_elements } => write!(
                f,
                "the module's tables start with {min_elements} elements, above the limit of \
                 {limit_elements}: raise the host's limit (`max_table_elements`); a compiler makes \
                 one element for each function whose address is taken"
            ),
            ModuleError::UncommonTable { table } => write!(
                f,
                "table {table} has 64-bit indices, an initial value, or elements that are neither \
                 funcref nor externref: build the plugin without the proposal that makes it, or \
                 set no limit on tables (`max_table_elements`)"
            ),
            ModuleError::ReservedExport { name } => write!(
                f,
                "export name {} is reserved for the start function that the host moves there: \
                 rename the export",
                Quoted(name)
            ),
            ModuleError::OtherModule => f.write_str(
                "the module information belongs to other bytes: pass `prepare` the bytes that \
                 `ModuleInfo::parse` was given",
            ),
            // The rest is written by `Display` itself.
            _ => Ok(()),
        }
    }
}

fn whole_pages(bytes: u64) -> u64 {
    bytes.next_multiple_of(PAGE)
}

/// Says what the bytes look like instead.
fn not_wasm(f: &mut fmt::Formatter<'_>, found: &[u8]) -> fmt::Result {
    if found.is_empty() {
        return f.write_str("not a WebAssembly module: there are no bytes");
    }
    f.write_str("not a WebAssembly module: the bytes start with")?;
    for byte in found {
        write!(f, " {byte:02x}")?;
    }
    f.write_str(" instead of 00 61 73 6d; ")?;
    f.write_str(match found {
        [0x1f, 0x8b, ..] => "this looks like gzip: decompress it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "this looks like zstd: decompress it first",
        [b'!', b'<', b'a', b'r', b'c', b'h', ..] => {
            "this looks like a static library: link it into a module first"
        }
        [b'B', b'C', 0xc0, 0xde, ..] => "this looks like LLVM bitcode: link it into a module first",
        [0x7f, b'E', b'L', b'F', ..] => {
            "this looks like a native program: compile with --target=wasm32"
        }
        text if text.trim_ascii_start().starts_with(b"(") || text.starts_with(b";;") => {
            "this looks like the text format: assemble it first (`wat2wasm`, `wat::parse_bytes`)"
        }
        _ => "pass the contents of a `.wasm` file",
    })
}
