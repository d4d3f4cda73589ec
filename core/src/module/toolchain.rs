//! Which toolchain made a module, so that a report can say what to tell it.

use alloc::string::{String, ToString};
use core::fmt;

use super::parse::Facts;
use super::text::{Cut, Quoted};
use super::types::{ExternType, Producer};

/// A toolchain that makes WebAssembly modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Toolchain {
    /// clang and wasm-ld without a C library.
    Clang,
    /// clang and wasm-ld with wasi-libc, as in wasi-sdk.
    WasiLibc,
    /// Emscripten.
    Emscripten,
    /// rustc.
    Rust,
    /// Zig, and C compiled by `zig cc`.
    Zig,
    /// AssemblyScript.
    AssemblyScript,
    /// Go's own compiler.
    Go,
    /// TinyGo.
    TinyGo,
    /// None that is known, or the module does not tell.
    Unknown,
}

impl Toolchain {
    /// Those for which there is something to say, in the order of reports.
    pub const KNOWN: [Toolchain; 8] = [
        Toolchain::Clang,
        Toolchain::WasiLibc,
        Toolchain::Emscripten,
        Toolchain::Rust,
        Toolchain::Zig,
        Toolchain::AssemblyScript,
        Toolchain::Go,
        Toolchain::TinyGo,
    ];

    /// Its name in lower case, for machines: `clang`, `wasi-libc`, `emscripten`, `rust`, `zig`,
    /// `assemblyscript`, `go`, `tinygo` or `unknown`.
    pub fn id(self) -> &'static str {
        match self {
            Toolchain::Clang => "clang",
            Toolchain::WasiLibc => "wasi-libc",
            Toolchain::Emscripten => "emscripten",
            Toolchain::Rust => "rust",
            Toolchain::Zig => "zig",
            Toolchain::AssemblyScript => "assemblyscript",
            Toolchain::Go => "go",
            Toolchain::TinyGo => "tinygo",
            Toolchain::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Toolchain::Clang => "clang",
            Toolchain::WasiLibc => "clang with wasi-libc",
            Toolchain::Emscripten => "Emscripten",
            Toolchain::Rust => "Rust",
            Toolchain::Zig => "Zig",
            Toolchain::AssemblyScript => "AssemblyScript",
            Toolchain::Go => "Go",
            Toolchain::TinyGo => "TinyGo",
            Toolchain::Unknown => "unknown",
        })
    }
}

/// Which toolchain made a module, and what says so.
///
/// Displays as `clang 19.1.7 (producers section: clang 19.1.7)`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made {
    /// The toolchain.
    pub toolchain: Toolchain,
    /// Its version, in whatever form it writes it.
    pub version: Option<String>,
    /// What was found, in one line; what was looked for, if nothing was.
    pub evidence: String,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.toolchain)?;
        if let Some(version) = &self.version {
            write!(f, " {}", Cut(version))?;
        }
        write!(f, " ({})", self.evidence)
    }
}

/// What names in the name section tell about the toolchain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) assemblyscript: bool,
    pub(super) go: bool,
    pub(super) zig: bool,
    pub(super) wasi_libc: bool,
}

impl Marks {
    /// Takes in the name of a function.
    pub(super) fn name(&mut self, name: &str) {
        self.assemblyscript |= name.starts_with("~lib/");
        self.go |= name == "runtime.schedinit" || name.starts_with("wasm_pc_f_loop");
        self.zig |= name.starts_with("heap.WasmAllocator") || name.starts_with("debug.FullPanic");
        self.wasi_libc |= name.starts_with("__wasi_")
            || name.starts_with("__wasilibc_")
            || matches!(name, "__wasm_call_dtors" | "dlmalloc" | "sbrk");
    }
}

/// Finds it out. The producers section is the best witness; strippers and optimisers drop it, so
/// imports, exports and names are asked next.
pub(super) fn detect(facts: &Facts<'_>) -> Made {
    let producers = &facts.custom.producers;
    let tools = || producers.processed_by.iter().chain(&producers.sdks);
    let tool = |name: &str| tools().find(|tool| tool.name.eq_ignore_ascii_case(name));
    let language = |name: &str| producers.languages.iter().any(|it| it.name == name);
    let by = |toolchain, tool: &Producer| Made {
        toolchain,
        version: version(&tool.version),
        evidence: alloc::format!("producers section: {tool}"),
    };
    let told = |toolchain, evidence: &str| Made {
        toolchain,
        version: None,
        evidence: evidence.to_string(),
    };

    // What builds on clang or LLVM comes before clang itself.
    for (toolchain, names) in [
        (Toolchain::Emscripten, ["Emscripten", "emcc"]),
        (Toolchain::TinyGo, ["TinyGo", "tinygo"]),
        (Toolchain::Go, ["Go cmd/compile", "Go"]),
        (Toolchain::AssemblyScript, ["AssemblyScript", "asc"]),
        (Toolchain::Zig, ["Zig", "zig"]),
        (Toolchain::Rust, ["rustc", "rustc"]),
    ] {
        if let Some(found) = names.iter().find_map(|name| tool(name)) {
            return by(toolchain, found);
        }
    }
    // Distributions put their name in front: `Debian clang`.
    if let Some(clang) = tools().find(|tool| tool.name.ends_with("clang")) {
        if clang.version.contains("ziglang") || facts.custom.marks.zig {
            return by(Toolchain::Zig, clang);
        }
        if let Some(evidence) = emscripten(facts) {
            return told(Toolchain::Emscripten, &evidence);
        }
        let toolchain = if wasi(facts) { Toolchain::WasiLibc } else { Toolchain::Clang };
        return by(toolchain, clang);
    }
    for (name, toolchain) in
        [("Rust", Toolchain::Rust), ("Zig", Toolchain::Zig), ("Go", Toolchain::Go)]
    {
        if language(name) {
            return told(toolchain, &alloc::format!("producers section: language {name}"));
        }
    }

    if let Some(evidence) = emscripten(facts) {
        return told(Toolchain::Emscripten, &evidence);
    }
    let marks = facts.custom.marks;
    if marks.assemblyscript {
        return told(Toolchain::AssemblyScript, "functions named `~lib/…`");
    }
    if ["__new", "__pin", "__unpin"].iter().all(|name| has_export(facts, name)) {
        return told(Toolchain::AssemblyScript, "exports `__new`, `__pin` and `__unpin`");
    }
    if is_abort(facts) {
        return told(Toolchain::AssemblyScript, "imports `env.abort` with four i32");
    }
    if let Some(import) = facts.imports.iter().find(|i| i.module == "gojs" || i.module == "go") {
        return told(Toolchain::Go, &alloc::format!("imports from `{}`", import.module));
    }
    if marks.go {
        return told(Toolchain::Go, "functions named `runtime.…`");
    }
    if marks.zig {
        return told(Toolchain::Zig, "functions named as in Zig's standard library");
    }
    if facts.custom.rust_names {
        return told(Toolchain::Rust, "functions with Rust's mangled names");
    }
    if wasi(facts) {
        return told(Toolchain::WasiLibc, "imports from WASI, or functions named as in wasi-libc");
    }
    told(Toolchain::Unknown, "no producers section, and no name that a toolchain is known by")
}

/// The number in `19.1.7 (https://… 1234)`.
fn version(text: &str) -> Option<String> {
    let number = text.split_whitespace().next()?;
    (!number.is_empty()).then(|| number.to_string())
}

fn has_export(facts: &Facts<'_>, name: &str) -> bool {
    facts.exports.iter().any(|export| export.name == name)
}

fn emscripten(facts: &Facts<'_>) -> Option<String> {
    let imported = facts.imports.iter().map(|i| i.name.as_str());
    let imported = imported.into_iter().find(|name| name.starts_with("emscripten_"));
    if let Some(name) = imported {
        return Some(alloc::format!("imports {}", Quoted(name)));
    }
    let exported = |name: &&str| has_export(facts, name);
    let marks = ["emscripten_stack_get_current", "_emscripten_stack_restore", "stackAlloc"];
    marks.iter().find(|name| exported(name)).map(|name| alloc::format!("exports `{name}`"))
}

fn wasi(facts: &Facts<'_>) -> bool {
    facts.custom.marks.wasi_libc
        || facts.imports.iter().any(|import| import.module.starts_with("wasi"))
}

/// AssemblyScript's `abort(message, file, line, column)`.
fn is_abort(facts: &Facts<'_>) -> bool {
    facts.imports.iter().any(|import| {
        let four = |ty: &ExternType| matches!(ty, ExternType::Func(ty) if ty.params.len() == 4 && ty.results.is_empty());
        import.module == "env" && import.name == "abort" && four(&import.ty)
    })
}
