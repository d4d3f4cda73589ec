//! What goes wrong, in one line that says what to do next.

use std::{fmt, io};

use hostheap_core::error::{AllocError, ImportProblem, LinkError, ModuleError};
use hostheap_core::link::ImportType;
use hostheap_core::{Error, TrapKind};

use crate::print::{self, quoted};

/// Exit status of a plugin that failed.
const FAILED: u8 = 1;
/// Exit status of a command line that is wrong.
pub(crate) const USAGE: u8 = 2;

/// Why the command did not do what it was asked to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// The plugin cannot be loaded, failed in its call, or runtimes disagree on it.
    Plugin(String),
    /// A plugin failed, and the report says so.
    Reported,
    /// Nobody reads the output any more.
    Closed,
}

impl Failure {
    /// A wrong command line.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Failure::Usage(message.to_string())
    }

    /// A plugin that failed.
    pub(crate) fn plugin(message: impl fmt::Display) -> Self {
        Failure::Plugin(message.to_string())
    }

    /// With the file or function in front that it is about.
    pub(crate) fn of(self, name: &str) -> Self {
        match self {
            Failure::Usage(message) => Failure::Usage(format!("{}: {message}", quoted(name))),
            Failure::Plugin(message) => Failure::Plugin(format!("{}: {message}", quoted(name))),
            other => other,
        }
    }

    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => USAGE,
            Failure::Plugin(_) | Failure::Reported => FAILED,
            Failure::Closed => 0,
        }
    }

    /// Prints it to stderr.
    pub(crate) fn print(&self) {
        if let Failure::Usage(message) | Failure::Plugin(message) = self {
            print::stderr(&format!("error: {message}"));
        }
    }
}

/// The library's error in the words of the command line: where the library names a setting of the
/// host's code, the option for it is named here.
pub(crate) fn describe(error: &Error) -> String {
    match error {
        Error::Module(module) => match &**module {
            ModuleError::MemoryAboveLimit { min_bytes, limit_bytes } => format!(
                "it starts with {min_bytes} bytes of memory, and --max-memory allows \
                 {limit_bytes}: raise it, or lower the plugin's initial memory \
                 (-Wl,--initial-memory, -Wl,-z,stack-size)"
            ),
            ModuleError::OwnHeap { found, imports_malloc } => format!(
                "it {} an allocator of its own: {found}. Two heaps in one memory can hand out the \
                 same bytes: leave its own out (C: link guest/c/hostheap.c in front of the library; \
                 Emscripten: -sMALLOC=none; Rust: #[global_allocator]), have it export its malloc \
                 and free, or say with --own-heap what to do",
                if *imports_malloc { "imports malloc, and also has" } else { "has" }
            ),
            _ => error.to_string(),
        },
        Error::Alloc(AllocError::TooManyBlocks { max }) => {
            format!("the arguments need a block, and --max-blocks allows {max}: raise it")
        }
        Error::Alloc(AllocError::OutOfMemory | AllocError::TooLarge { .. }) => {
            "the arguments do not fit the plugin's memory: raise --max-memory, or the plugin's own \
             maximum (-Wl,--max-memory)"
                .to_owned()
        }
        // The runtime's own words, which go on with a backtrace.
        Error::Trap(trap) if trap.kind() == TrapKind::Other => {
            let first = trap.detail().lines().next().unwrap_or_default();
            format!("the plugin trapped: {first}")
        }
        Error::Link(link) => match &**link {
            LinkError::Imports(problems) => imports(problems),
            _ => error.to_string(),
        },
        _ => error.to_string(),
    }
}

/// An I/O error in words that are the same on every system where it matters.
pub(crate) fn unreadable(path: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("no such file: {}", quoted(path)),
        io::ErrorKind::IsADirectory => format!("{} is a directory, not a file", quoted(path)),
        _ => format!("cannot read {}: {error}", quoted(path)),
    }
}

/// The imports that this command has no functions for.
fn imports(problems: &[ImportProblem]) -> String {
    let mut out =
        "it imports more than malloc and its family, which is all that this command offers: \
                   call it from a host program that has"
            .to_owned();
    for ImportProblem { module, name, wanted, offered, .. } in problems {
        let name = quoted(&format!("{module}.{name}"));
        out += &match (wanted, offered) {
            (ImportType::Func(ty), None) => format!("\n  {name} {ty}"),
            (ImportType::Func(ty), Some(offered)) => {
                format!("\n  {name} {ty} (this command's is {offered})")
            }
            (ImportType::Other(kind), _) => format!("\n  {name}, a {kind}"),
            _ => format!("\n  {name}"),
        };
    }
    out
}
