//! Runs a page.

use std::cell::RefCell;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

use crate::page::{Block, blocks};
use crate::{BLESS, root};

/// Fails instead of saying that a toolchain is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

/// A current Emscripten, which is not on the PATH: `bin` has its commands.
const EMSCRIPTEN: &str = "HOSTHEAP_EMSCRIPTEN";

/// What blocks are searched for, as they need it.
const TOOLS: &[&str] = &[
    "clang-19",
    "clang++-19",
    "wasm-ld-19",
    "cmake ",
    "make ",
    "python3 -m ziglang",
    "node_modules/.bin/asc",
    "wasm32-unknown-unknown",
    "wasm32-wasip1",
    "GOOS=",
];

/// What pages call by a name that is no command's.
const LIBRARIES: &[(&str, &str)] = &[
    ("wasi-libc", "/usr/lib/wasm32-wasi/libc.a"),
    ("libc++", "/usr/lib/wasm32-wasi/libc++.a"),
    ("libclang_rt", "/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a"),
];

/// What of `guest` a page finds.
const KITS: &[&str] = &["c", "rust", "zig", "assemblyscript"];

/// Runs all of a page's blocks, in order.
pub(crate) fn page(name: &str, text: &str) -> Result<(), Failed> {
    let blocks = blocks(text)?;
    let place = Place::new(name);
    let mut printed: Option<String> = None;
    let (mut run, mut commands) = (0, false);
    for block in &blocks {
        let at =
            |why: String| Failed::from(format!("docs/guide/{name}.md, line {}: {why}", block.line));
        if let Some(file) = &block.notes.file {
            place.write(file, &block.text).map_err(at)?;
        } else if block.notes.output {
            if !commands {
                return Err(at("an output without commands before it".to_owned()));
            }
            let Some(printed) = &printed else { continue }; // its commands could not be run
            agrees(printed, &block.text).map_err(at)?;
        } else if ["bash", "console", "shell"].contains(&block.language.as_str()) {
            return Err(at("commands stand in blocks of `sh`".to_owned()));
        } else if block.language == "sh" {
            commands = true;
            printed = place.run(block).map_err(at)?;
            run += usize::from(printed.is_some());
            if let Some(picture) = block.notes.makes.as_ref().filter(|_| printed.is_some()) {
                place.shows(picture).map_err(at)?;
            }
        }
    }
    say(&format!("docs/guide/{name}.md: {run} blocks of commands run"));
    Ok(())
}

/// The folder that a page's author would stand in.
struct Place {
    folder: tempfile::TempDir,
    name: String,
    /// What later blocks cannot build on, as something was missing.
    missing: RefCell<Option<String>>,
}

impl Place {
    fn new(name: &str) -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for kit in KITS {
            copy(&root().join("guest").join(kit), &folder.path().join("guest").join(kit));
        }
        // As `npm install` would leave it.
        #[cfg(unix)]
        if let Some(modules) = env::var_os("HOSTHEAP_NODE_MODULES") {
            std::os::unix::fs::symlink(modules, folder.path().join("node_modules"))
                .expect("a link");
        }
        Place { folder, name: name.to_owned(), missing: RefCell::new(None) }
    }

    fn write(&self, file: &str, text: &str) -> Result<(), String> {
        let path = self.folder.path().join(file);
        if Path::new(file).components().any(|part| part.as_os_str() == "..") {
            return Err(format!("`{file}` leaves the page's folder"));
        }
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).map_err(|error| format!("{file}: {error}"))
    }

    /// Runs commands. Answers what they printed, or `None` if something they need is missing.
    fn run(&self, block: &Block) -> Result<Option<String>, String> {
        if block.notes.not_run.is_some() {
            return Ok(None);
        }
        let mut paths: Vec<PathBuf> = vec![];
        let hostheap = Path::new(env!("CARGO_BIN_EXE_hostheap"));
        paths.push(hostheap.parent().expect("it is in a folder").to_owned());
        let modern = block.notes.needs.iter().any(|tool| tool == "emcc-modern");
        if let Some(emscripten) = env::var_os(EMSCRIPTEN).filter(|_| modern) {
            paths.push(Path::new(&emscripten).join("bin"));
        }
        paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let path = env::join_paths(paths).map_err(|error| error.to_string())?;
        let called = TOOLS.iter().filter(|tool| block.text.contains(**tool)).copied();
        let needs = block.notes.needs.iter().map(String::as_str).chain(called);
        for tool in needs {
            if !self.there(tool, &path) {
                return self.missing(block, &format!("there is no {tool}"));
            }
        }
        let missing = self.missing.borrow().clone();
        if let Some(missing) = missing {
            let why = format!("an earlier block could not be run: {missing}");
            return self.missing(block, &why);
        }

        let mut shell = Command::new("sh");
        // Both streams in the order in which they were written.
        shell.arg("-e").arg("-c").arg(format!("exec 2>&1\n{}", block.text));
        shell.current_dir(self.folder.path()).env("PATH", path).stdin(Stdio::null());
        for name in ["RUST_BACKTRACE", "RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR"] {
            shell.env_remove(name);
        }
        // A page's cargo is the one that the author has, not the one that runs this test.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_EXE_") {
                shell.env_remove(name);
            }
        }
        shell.env("COLUMNS", "100");
        let output = shell.output().map_err(|error| format!("sh: {error}"))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let (fails, failed) = (block.notes.fails, !output.status.success());
        if fails != failed {
            let wanted = if fails { "was to fail" } else { "failed" };
            return Err(format!("this {wanted}:\n{}\n{}\n{printed}", block.text, output.status));
        }
        Ok(Some(printed))
    }

    /// The picture that the page shows is the one that was made.
    fn shows(&self, picture: &str) -> Result<(), String> {
        let made = fs::read_to_string(self.folder.path().join(picture))
            .map_err(|error| format!("{picture} was not made: {error}"))?;
        let kept = root().join("docs/guide").join(picture);
        if env::var_os(BLESS).is_some() {
            return fs::write(&kept, made).map_err(|error| format!("{picture}: {error}"));
        }
        if fs::read_to_string(&kept).is_ok_and(|kept| kept == made) {
            return Ok(());
        }
        Err(format!("{} is another picture than was made: {BLESS}=1 writes it", kept.display()))
    }

    fn missing(&self, block: &Block, why: &str) -> Result<Option<String>, String> {
        if env::var_os(REQUIRE).is_some_and(|value| value == "1") {
            return Err(format!("{REQUIRE}=1, and {why}"));
        }
        say(&format!("NOT TESTED: docs/guide/{}.md, line {}: {why}", self.name, block.line));
        self.missing.borrow_mut().get_or_insert_with(|| why.to_owned());
        Ok(None)
    }

    fn there(&self, tool: &str, path: &OsString) -> bool {
        match tool {
            "node_modules/.bin/asc" => self.folder.path().join(tool).exists(),
            "GOOS=" => there("go", path),
            _ => there(tool.trim(), path),
        }
    }
}

fn there(tool: &str, path: &OsString) -> bool {
    if let Some((_, file)) = LIBRARIES.iter().find(|(name, _)| *name == tool) {
        return Path::new(file).exists();
    }
    let probe = match tool {
        "emcc-modern" => return env::var_os(EMSCRIPTEN).is_some_and(|it| Path::new(&it).exists()),
        "ziglang" | "python3 -m ziglang" => "python3 -m ziglang version".to_owned(),
        target if target.starts_with("wasm32-") => {
            format!("test -d \"$(rustc --print sysroot)/lib/rustlib/{target}\"")
        }
        tool => format!("command -v {tool}"),
    };
    let mut command = Command::new("sh");
    command.arg("-c").arg(probe).env("PATH", path);
    command.output().is_ok_and(|output| output.status.success())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("it can be read");
        let path = entry.path();
        if path.is_dir() {
            if entry.file_name() != "target" {
                copy(&path, &to.join(entry.file_name()));
            }
        } else {
            fs::copy(&path, to.join(entry.file_name())).expect("a copy");
        }
    }
}

/// Whether what was printed is what the page shows.
fn agrees(printed: &str, shown: &str) -> Result<(), String> {
    fn fits(printed: &[&str], shown: &[&str]) -> bool {
        match shown {
            [] => printed.is_empty(),
            ["…", rest @ ..] => (0..=printed.len()).any(|skip| fits(&printed[skip..], rest)),
            [line, rest @ ..] => match printed {
                [first, others @ ..] => same(first, line) && fits(others, rest),
                [] => false,
            },
        }
    }
    /// `…` inside a line stands for anything, too.
    fn same(printed: &str, shown: &str) -> bool {
        let mut parts = shown.trim_end().split('…');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = printed.trim_end().strip_prefix(first) else { return false };
        let parts: Vec<&str> = parts.collect();
        for (number, part) in parts.iter().enumerate() {
            if number + 1 == parts.len() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.is_empty()
    }
    let all: Vec<&str> = printed.trim_end().lines().collect();
    let wanted: Vec<&str> = shown.trim_end().lines().collect();
    if fits(&all, &wanted) {
        return Ok(());
    }
    Err(format!("the page shows\n{shown}\nand what was printed is\n{printed}"))
}

/// Past the test harness.
fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
