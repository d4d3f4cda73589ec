//! Real programs, compiled to WebAssembly when the tests run: SQLite, Lua, and small ones in C, C++
//! and Rust, each with a driver in `tests/programs` that exports `run`, `(i32) -> String`.
//!
//! The sources of SQLite and Lua come from crates that bundle them, named in
//! `tests/programs/Cargo.toml`; they are never compiled natively. Objects are kept in the build's
//! temporary directory, by the command that made them.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A tool or a source that is not there, or a command that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unbuilt {
    /// What is missing, and where to get it.
    Missing(String),
    /// A command that should have worked, and what it said.
    Failed(String),
}

impl std::fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Unbuilt::Missing(text) | Unbuilt::Failed(text)) = self;
        f.write_str(text)
    }
}

/// Where programs are built.
#[derive(Clone, Debug)]
pub struct Workshop {
    directory: PathBuf,
}

/// Exports of a program: what a legacy plugin has.
pub const LEGACY: &[&str] = &["malloc", "free", "__heap_base"];

/// The same with the rest of wasi-libc's family, which is then found without names.
pub const WHOLE_FAMILY: &[&str] =
    &["malloc", "free", "calloc", "realloc", "aligned_alloc", "posix_memalign", "__heap_base"];

impl Workshop {
    /// One that keeps its objects in a directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        fs::create_dir_all(&directory).expect("a temporary directory");
        Workshop { directory }
    }

    /// Compiles the sources of a program.
    ///
    /// # Errors
    ///
    /// If the compiler or the sources are missing, or do not fit together.
    pub fn objects(&self, program: &str) -> Result<Vec<PathBuf>, Unbuilt> {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
        let include = |path: &Path| format!("-I{}", path.display());
        match program {
            "words" | "family" => {
                Ok(vec![self.compile(&ours.join(program).with_extension("c"), &[])?])
            }
            "shapes" => {
                let flags = ["-std=c++20".to_owned(), "-fno-exceptions".to_owned()];
                Ok(vec![self.compile(&ours.join("shapes.cpp"), &flags)?])
            }
            "sqlite" => {
                let sqlite = bundled("libsqlite3-sys")?.join("sqlite3");
                let mut flags = vec![include(&sqlite)];
                flags.extend(
                    ["OS_OTHER=1", "THREADSAFE=0", "OMIT_LOAD_EXTENSION", "TEMP_STORE=3"]
                        .map(|flag| format!("-DSQLITE_{flag}")),
                );
                flags.push("-DSQLITE_OMIT_LOCALTIME".to_owned());
                Ok(vec![
                    self.compile(&sqlite.join("sqlite3.c"), &flags)?,
                    self.compile(&ours.join("sqlite.c"), &flags)?,
                ])
            }
            "lua" => {
                let lua = newest_lua(&bundled("lua-src")?)?;
                // Errors trap, for want of setjmp; hashes are the same each time.
                let mut flags = vec![include(&lua), include(&ours.join("include"))];
                flags.extend(
                    [
                        "-DLUAI_THROW(L,c)=__builtin_trap()",
                        "-DLUAI_TRY(L,c,a)=a",
                        "-Dluai_jmpbuf=int",
                        "-Dluai_makeseed(L)=7",
                        "-Dl_signalT=int",
                        "-D_WASI_EMULATED_PROCESS_CLOCKS",
                    ]
                    .map(str::to_owned),
                );
                let mut objects = vec![self.compile(&ours.join("lua.c"), &flags)?];
                for part in LUA {
                    objects.push(self.compile(&lua.join(part).with_extension("c"), &flags)?);
                }
                Ok(objects)
            }
            other => Err(Unbuilt::Failed(format!("there is no program {other}"))),
        }
    }

    /// Links a program with wasi-libc as a plugin with these exports, and with its names.
    ///
    /// # Errors
    ///
    /// If it cannot be compiled or linked.
    pub fn plugin(&self, program: &str, exports: &[&str]) -> Result<Vec<u8>, Unbuilt> {
        let objects = self.objects(program)?;
        let out = self.directory.join(format!("{program}.wasm"));
        // At -O1 or higher clang would run wasm-opt silently, which drops names.
        let mut link = Command::new(tool("clang++-19")?);
        link.args(["--target=wasm32-wasi", "-mexec-model=reactor", "-fno-exceptions"]);
        link.args(objects).args(exports.iter().map(|name| format!("-Wl,--export={name}")));
        link.arg("-lwasi-emulated-process-clocks").arg("-o").arg(&out);
        run(link)?;
        read(&out)
    }

    /// Builds a program with Emscripten, with one of its allocators.
    ///
    /// # Errors
    ///
    /// If there is no Emscripten, or it fails.
    pub fn emscripten(
        &self,
        program: &str,
        allocator: &str,
        flags: &[&str],
    ) -> Result<Vec<u8>, Unbuilt> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(program);
        let out = self.directory.join(format!("em-{allocator}.wasm"));
        let mut emcc = Command::new(tool("emcc")?);
        emcc.arg(source.with_extension("c")).arg(format!("-sMALLOC={allocator}"));
        emcc.args(["--no-entry", "-sALLOW_MEMORY_GROWTH=1", "-sWASM_BIGINT", "--profiling-funcs"]);
        emcc.args(["-Wl,--export=__heap_base"]).args(flags).arg("-o").arg(&out);
        run(emcc)?;
        read(&out)
    }

    /// Builds a program with `zig cc` and Zig's own C library.
    ///
    /// # Errors
    ///
    /// If there is no Zig, or it fails.
    pub fn zig(&self, program: &str, exports: &[&str]) -> Result<Vec<u8>, Unbuilt> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(program);
        let out = self.directory.join("zig.wasm");
        let python = || Command::new("python3").args(["-m", "ziglang", "version"]).output();
        let mut zig = if tool("zig").is_ok() {
            Command::new("zig")
        } else if python().is_ok_and(|output| output.status.success()) {
            let mut zig = Command::new("python3");
            zig.args(["-m", "ziglang"]);
            zig
        } else {
            return Err(Unbuilt::Missing("there is no zig (`pip install ziglang`)".to_owned()));
        };
        zig.args(["cc", "-target", "wasm32-wasi", "-O2", "-mexec-model=reactor"]);
        zig.arg(source.with_extension("c")).arg("-Wl,--export=run");
        zig.args(exports.iter().map(|name| format!("-Wl,--export={name}")));
        run(zig.arg("-o").arg(&out))?;
        read(&out)
    }

    /// Builds a program in Rust for wasm32-wasip1.
    ///
    /// # Errors
    ///
    /// If that target is not installed.
    pub fn rust(&self, program: &str, exports: &[&str]) -> Result<Vec<u8>, Unbuilt> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(program);
        let out = self.directory.join("rust.wasm");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--target=wasm32-wasip1", "--edition=2021", "--crate-type=cdylib", "-O"]);
        rustc.args(exports.iter().map(|name| format!("-Clink-arg=--export={name}")));
        rustc.arg(source.with_extension("rs")).arg("-o").arg(&out);
        match run(rustc) {
            Err(Unbuilt::Failed(errors)) if errors.contains("target may not be installed") => {
                let add = "rustup target add wasm32-wasip1";
                Err(Unbuilt::Missing(format!("Rust lacks wasm32-wasip1 ({add})")))
            }
            result => result.and_then(|()| read(&out)),
        }
    }

    /// Drops everything that is not needed to run: above all the names.
    ///
    /// # Errors
    ///
    /// If there is no `wasm-strip`.
    pub fn stripped(&self, wasm: &[u8]) -> Result<Vec<u8>, Unbuilt> {
        self.through(wasm, "wasm-strip", &[])
    }

    /// What binaryen's optimiser makes of a module.
    ///
    /// # Errors
    ///
    /// If there is no `wasm-opt`.
    pub fn optimised(&self, wasm: &[u8], flags: &[&str]) -> Result<Vec<u8>, Unbuilt> {
        self.through(wasm, "wasm-opt", flags)
    }

    fn through(&self, wasm: &[u8], name: &str, flags: &[&str]) -> Result<Vec<u8>, Unbuilt> {
        let (from, to) = (self.directory.join("in.wasm"), self.directory.join("out.wasm"));
        fs::write(&from, wasm).expect("a temporary file");
        let mut command = Command::new(tool(name)?);
        command.args(flags).arg(&from).arg("-o").arg(&to);
        run(command)?;
        read(&to)
    }

    fn compile(&self, source: &Path, flags: &[String]) -> Result<PathBuf, Unbuilt> {
        let cpp = source.extension().is_some_and(|ending| ending == "cpp");
        let compiler = tool(if cpp { "clang++-19" } else { "clang-19" })?;
        let mut key = DefaultHasher::new();
        (source, flags, &compiler).hash(&mut key);
        fs::read(source).unwrap_or_default().hash(&mut key);
        let shared = source.with_file_name("program.h");
        fs::read(shared).unwrap_or_default().hash(&mut key);
        let stem = source.file_stem().unwrap_or_default().to_string_lossy();
        let object = self.directory.join(format!("{stem}-{:016x}.o", key.finish()));
        if !object.exists() {
            let unfinished = object.with_extension("part");
            let mut compile = Command::new(compiler);
            compile.args(["--target=wasm32-wasi", "-O2", "-w", "-c"]).args(flags).arg(source);
            run(compile.arg("-o").arg(&unfinished))?;
            fs::rename(unfinished, &object).expect("a temporary file");
        }
        Ok(object)
    }
}

/// The parts of Lua that need no system.
const LUA: &[&str] = &[
    "lapi", "lauxlib", "lbaselib", "lcode", "lctype", "ldebug", "ldo", "ldump", "lfunc", "lgc",
    "llex", "lmathlib", "lmem", "lobject", "lopcodes", "lparser", "lstate", "lstring", "lstrlib",
    "ltable", "ltablib", "ltm", "lundump", "lvm", "lzio",
];

/// The directory of a crate that bundles sources, which cargo fetches if need be.
fn bundled(name: &str) -> Result<PathBuf, Unbuilt> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--manifest-path"]);
    let output = cargo.arg(manifest).output().map_err(|error| {
        Unbuilt::Missing(format!("cargo cannot be run to find the sources of {name}: {error}"))
    })?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(Unbuilt::Missing(format!("the sources of {name} cannot be had: {errors}")));
    }
    let metadata = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut paths = metadata.split("\"manifest_path\":\"").skip(1);
    let mut paths = paths.by_ref().filter_map(|rest| rest.split('"').next());
    let start = format!("{name}-");
    let found = paths.find_map(|path| {
        let directory = Path::new(path).parent()?;
        directory.file_name()?.to_str()?.starts_with(&start).then(|| directory.to_owned())
    });
    found.ok_or_else(|| Unbuilt::Failed(format!("cargo does not tell where {name} is")))
}

fn newest_lua(sources: &Path) -> Result<PathBuf, Unbuilt> {
    let entries = fs::read_dir(sources).map_err(|error| Unbuilt::Failed(error.to_string()))?;
    let lua = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("lua-5.4")
    };
    let found = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(lua).max();
    found.ok_or_else(|| Unbuilt::Failed(format!("no Lua 5.4 in {}", sources.display())))
}

/// A program that can be run.
fn tool(name: &str) -> Result<String, Unbuilt> {
    let package = match name {
        "clang-19" | "clang++-19" => {
            "clang-19, lld-19, wasi-libc, libclang-rt-19-dev-wasm32, libc++-19-dev-wasm32 and \
             libc++abi-19-dev-wasm32"
        }
        "wasm-strip" => "wabt",
        "wasm-opt" => "binaryen",
        other => other,
    };
    let ask = if name == "zig" { "version" } else { "--version" };
    match Command::new(name).arg(ask).output() {
        Ok(output) if output.status.success() => Ok(name.to_owned()),
        _ => Err(Unbuilt::Missing(format!("there is no {name} (on Debian: {package})"))),
    }
}

fn run(mut command: impl std::borrow::BorrowMut<Command>) -> Result<(), Unbuilt> {
    let command = command.borrow_mut();
    let output = command.output().map_err(|error| Unbuilt::Failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Unbuilt::Failed(format!("{command:?} failed:\n{errors}")))
}

fn read(path: &Path) -> Result<Vec<u8>, Unbuilt> {
    fs::read(path).map_err(|error| Unbuilt::Failed(format!("{}: {error}", path.display())))
}
