//! What a check finds, and what mends it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::module::Toolchain;

/// One thing about a module that a contract has something to say about.
///
/// The texts are one line each and ready to print: names that come from the module are quoted,
/// escaped and cut to a bearable length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: ``export `greet` ``, `memory`, `module`.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// What the contract, or the host, expects instead; empty if nothing in particular.
    pub expected: String,
    /// Why that matters; empty if it goes without saying.
    pub reason: String,
    /// What mends it: for the toolchain that made the module, or for each if that is not known.
    pub mends: Vec<Mend>,
}

/// How bad a finding is.
///
/// Ordered: an error is greater than a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For information.
    Note,
    /// The module works, but something about it is bad.
    Warning,
    /// The module breaks the contract.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    pub fn id(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What a plugin's author, or the host, can do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mend {
    /// For whom it is. [`Toolchain::Unknown`] is for a mend that has nothing to do with the
    /// toolchain, such as all of the host's.
    pub toolchain: Toolchain,
    /// Where it is done.
    pub place: Place,
    /// The exact text to add to the command line, or the line to write into the source.
    pub flag: Option<String>,
    /// The exact text to take off the command line.
    pub without: Option<String>,
    /// What to do, in words.
    pub text: String,
}

/// Where something is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The compiler's command line.
    Compile,
    /// The linker's command line: that of the compiler where it links as well.
    Link,
    /// The plugin's source.
    Source,
    /// The host: its contract, its limits, what it offers.
    Host,
}

impl Place {
    /// `compile`, `link`, `source` or `host`.
    pub fn id(self) -> &'static str {
        match self {
            Place::Compile => "compile",
            Place::Link => "link",
            Place::Source => "source",
            Place::Host => "host",
        }
    }
}

/// Displays as `-Wl,--export=greet`, or in words where there is no flag.
impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.flag, &self.without) {
            (Some(flag), None) => write!(f, "{flag}")?,
            (None, Some(without)) => write!(f, "without {without}")?,
            (Some(flag), Some(without)) => write!(f, "{flag} instead of {without}")?,
            (None, None) => return f.write_str(&self.text),
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, " ({})", self.text) }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal;)*) => {
        /// What kind of finding it is: a stable name for machines, such as `missing-export`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// Its name for machines, in kebab case.
            pub fn id(self) -> &'static str {
                match self {
                    $(Code::$name => $id,)*
                }
            }
        }
    };
}
codes! {
    /// The bytes are no WebAssembly.
    NotWasm = "not-wasm";
    /// The bytes are a component.
    Component = "component";
    /// The bytes are an object file that was never linked.
    ObjectFile = "object-file";
    /// The bytes break the rules of the binary format.
    Malformed = "malformed";
    /// There is too much of one thing in the module.
    TooLarge = "too-large";

    /// The module has no memory.
    NoMemory = "no-memory";
    /// The module has more than one memory.
    SeveralMemories = "several-memories";
    /// The memory is shared between threads.
    SharedMemory = "shared-memory";
    /// The memory has 64-bit addresses.
    Memory64 = "memory64";
    /// The memory's pages are not 65536 bytes.
    CustomPageSize = "custom-page-size";
    /// Static data does not fit into the memory.
    DataBeyondMemory = "data-beyond-memory";
    /// The stack does not fit into the memory.
    StackBeyondMemory = "stack-beyond-memory";
    /// The memory starts larger than the contract allows.
    InitialMemory = "initial-memory";
    /// The memory's maximum is larger than the contract allows.
    MaximumMemory = "maximum-memory";
    /// The memory cannot grow.
    FixedMemory = "fixed-memory";
    /// No byte is left for a heap.
    NoHeapRoom = "no-heap-room";
    /// A table cannot be limited.
    UncommonTable = "uncommon-table";
    /// The name of an export is kept for the host.
    ReservedExport = "reserved-export";

    /// `__heap_base` is exported as something that cannot be read.
    HeapBaseType = "heap-base-type";
    /// `__heap_base` is exported, and wrong.
    HeapBaseWrong = "heap-base-wrong";
    /// Where the heap may start is not known exactly.
    HeapBaseUnknown = "heap-base-unknown";

    /// An import that the contract does not allow.
    ImportNotAllowed = "import-not-allowed";
    /// An allowed import with another type.
    ImportType = "import-type";
    /// An import that is no function.
    ImportKind = "import-kind";
    /// A call of WASI's that the contract does not allow.
    WasiNotAllowed = "wasi-not-allowed";
    /// Names of imports and exports that were shortened.
    MinifiedNames = "minified-names";

    /// An export that the contract requires is missing.
    MissingExport = "missing-export";
    /// An export that the contract knows has another type.
    ExportType = "export-type";
    /// An export that the contract knows is no function.
    ExportKind = "export-kind";
    /// An export that the contract does not know.
    ExportNotAskedFor = "export-not-asked-for";

    /// The module imports malloc and has an allocator of its own too.
    TwoHeaps = "two-heaps";
    /// The module has an allocator of its own that it does not export.
    HiddenHeap = "hidden-heap";
    /// The module exports an allocator of its own.
    LegacyHeap = "legacy-heap";
    /// The module has a start function.
    StartFunction = "start-function";
    /// The module is a program with a `main`, not a library.
    CommandModule = "command-module";
    /// Each call of an export runs all constructors anew.
    WrappedExports = "wrapped-exports";
    /// Something else about the module that the host cannot manage.
    Unmanageable = "unmanageable";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
