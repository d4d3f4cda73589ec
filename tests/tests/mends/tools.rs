//! The compilers: whether they are here, and how each is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use hostheap_core::module::Toolchain;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Clang14,
    Clang19,
    Wasi14,
    Wasi19,
    Emscripten,
    Rust,
    Zig,
    ZigCc,
    AssemblyScript,
}

/// A compiler is not here; says what installs it.
pub(crate) struct Missing(pub(crate) String);

impl Tool {
    /// What a report may call it. A libc that makes no call of WASI's does not show, and zig cc's C
    /// looks like clang's; the flags are the same.
    pub(crate) fn toolchains(self) -> &'static [Toolchain] {
        match self {
            Tool::Clang14 | Tool::Clang19 => &[Toolchain::Clang],
            Tool::Wasi14 | Tool::Wasi19 => &[Toolchain::WasiLibc, Toolchain::Clang],
            Tool::Emscripten => &[Toolchain::Emscripten],
            Tool::Rust => &[Toolchain::Rust],
            Tool::Zig => &[Toolchain::Zig, Toolchain::WasiLibc],
            Tool::ZigCc => &[Toolchain::WasiLibc, Toolchain::Clang, Toolchain::Zig],
            Tool::AssemblyScript => &[Toolchain::AssemblyScript],
        }
    }

    pub(crate) fn find(self) -> Result<(), Missing> {
        match self {
            Tool::Clang14 => need("clang-14", "apt-get install clang-14 lld-14"),
            Tool::Clang19 => need("clang-19", "apt-get install clang-19 lld-19"),
            Tool::Wasi14 | Tool::Wasi19 => {
                if self == Tool::Wasi14 {
                    Tool::Clang14.find()?;
                } else {
                    Tool::Clang19.find()?;
                }
                exists(Path::new(WASI_LIBC), "apt-get install wasi-libc")
            }
            Tool::Emscripten => need("emcc", "apt-get install emscripten"),
            Tool::Rust => {
                need("rustc", "rustup")?;
                let sysroot =
                    output(Command::new("rustc").args(["--print", "sysroot"])).map_err(Missing)?;
                for target in ["wasm32-unknown-unknown", "wasm32-wasip1"] {
                    let std = Path::new(sysroot.trim()).join("lib/rustlib").join(target);
                    exists(&std, &format!("rustup target add {target}"))?;
                }
                Ok(())
            }
            Tool::Zig | Tool::ZigCc => {
                let found = output(zig().arg("version"));
                found.map(drop).map_err(|_| missing("zig", "pip install ziglang, or set ZIG"))
            }
            Tool::AssemblyScript => {
                need("node", "apt-get install nodejs npm")?;
                exists(&asc(), "npm install assemblyscript, and set HOSTHEAP_NODE_MODULES")
            }
        }
    }

    /// Builds a source that is called `name` into a module.
    pub(crate) fn build(
        self,
        words: &[String],
        name: &str,
        source: &str,
        directory: &Path,
    ) -> Result<Vec<u8>, String> {
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
        let io = |error: std::io::Error| error.to_string();
        std::fs::create_dir_all(directory).map_err(io)?;
        std::fs::write(directory.join(name), source).map_err(io)?;
        // What mends name lies beside the plugin, as it would with its author.
        for file in [
            "c/hostheap.h",
            "c/hostheap.c",
            "rust/hostheap_alloc.rs",
            "zig/hostheap.zig",
            "assemblyscript/hostheap_gc.ts",
        ] {
            let from = guest.join(file);
            let to = directory.join(from.file_name().unwrap_or_default());
            std::fs::copy(&from, to).map_err(|error| format!("{}: {error}", from.display()))?;
        }
        let mut command = match self {
            Tool::Clang14 => clang("clang-14", &["--target=wasm32", "-ffreestanding", "-nostdlib"]),
            Tool::Clang19 => clang("clang-19", &["--target=wasm32", "-ffreestanding", "-nostdlib"]),
            Tool::Wasi14 => clang("clang-14", &["--target=wasm32-wasi"]),
            Tool::Wasi19 => clang("clang-19", &["--target=wasm32-wasi"]),
            Tool::Emscripten => {
                let mut emcc = Command::new("emcc");
                // Where Debian has acorn, which its emcc needs for JavaScript and does not find.
                emcc.env("NODE_PATH", "/usr/share/nodejs");
                emcc
            }
            Tool::Rust => clang("rustc", &["--edition", "2024", "--crate-name", "plugin"]),
            Tool::Zig => {
                let mut zig = zig();
                zig.args(["build-exe", "--cache-dir", ".", "-femit-bin=plugin.wasm"]);
                zig
            }
            Tool::ZigCc => {
                let mut zig = zig();
                zig.args(["cc", "-target", "wasm32-wasi"]);
                zig
            }
            Tool::AssemblyScript => {
                let mut node = Command::new("node");
                node.arg(asc());
                node
            }
        };
        command.arg(name).args(words);
        if self == Tool::Wasi14 {
            // Debian has no builtins for this one. The libc stays behind what may replace its malloc.
            command.args(["-nodefaultlibs", "-lc"]);
        }
        // The output may be one of the words: then it is what the row, or the mend, says.
        let named = words.iter().rev().position(|word| word == "-o");
        let output_name = match named {
            Some(back) => words.get(words.len() - back).map_or("plugin.wasm", String::as_str),
            None => "plugin.wasm",
        };
        if named.is_none() && self != Tool::Zig {
            command.args(["-o", "plugin.wasm"]);
        }
        output(command.current_dir(directory))?;
        let module = Path::new(output_name).with_extension("wasm");
        std::fs::read(directory.join(module)).map_err(io)
    }
}

const WASI_LIBC: &str = "/usr/lib/wasm32-wasi/libc.a";

fn clang(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

fn zig() -> Command {
    match std::env::var_os("ZIG") {
        Some(zig) => Command::new(zig),
        None => clang("python3", &["-m", "ziglang"]),
    }
}

fn asc() -> PathBuf {
    let modules = match std::env::var_os("HOSTHEAP_NODE_MODULES") {
        Some(modules) => PathBuf::from(modules),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/node_modules"),
    };
    modules.join("assemblyscript/bin/asc.js")
}

fn need(program: &str, install: &str) -> Result<(), Missing> {
    let found = output(Command::new(program).arg("--version"));
    found.map(drop).map_err(|_| missing(program, install))
}

fn exists(path: &Path, install: &str) -> Result<(), Missing> {
    if path.exists() { Ok(()) } else { Err(missing(&path.display().to_string(), install)) }
}

fn missing(what: &str, install: &str) -> Missing {
    Missing(format!("there is no {what}: {install}"))
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{command:?}\n{}{}", text(&output.stderr), text(&output.stdout)))
}
