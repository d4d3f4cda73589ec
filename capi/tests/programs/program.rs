//! The programs: of which sources, with which arguments, and what they print.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::tools::{Compilers, said};
use crate::common::{self, Library, SYSTEM_LIBRARIES};

/// Writes what programs print instead of comparing it.
const BLESS: &str = "HOSTHEAP_BLESS";

/// What holds for the programs holds for those who include the headers.
const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Werror", "-pedantic"];

#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    sources: Vec<PathBuf>,
    /// What it prints must be in `tests/expected/NAME.txt`; else it prints what it tested.
    pub(crate) example: bool,
    /// C++ and not C.
    cpp: bool,
    defines: &'static [&'static str],
}

/// As what a source is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    C99,
    Cpp17,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Static,
    Dynamic,
}

fn root() -> PathBuf {
    common::root().join("..")
}

/// Files with this ending in a folder of the project.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut found: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    found.sort();
    found
}

impl Program {
    /// All of them: each file in the folders of examples is one, the tests are one in each language. A
    /// library without a runtime has only the tests of the bare heap.
    pub(crate) fn all() -> Vec<Program> {
        let mut all = Vec::new();
        if common::runtimes().is_empty() {
            return vec![Program::bare()];
        }
        for (folder, ending) in [("examples/c", "c"), ("examples/cpp", "cpp")] {
            for source in files(folder, ending) {
                let stem = source.file_stem().expect("a name").to_string_lossy();
                let cpp = ending == "cpp";
                let name = if cpp { format!("{stem}_cpp") } else { stem.into_owned() };
                all.push(Program { name, sources: vec![source], example: true, cpp, defines: &[] });
            }
        }
        all.push(Program::api());
        all.push(Program {
            name: "wrapper".to_owned(),
            sources: files("capi/tests/cpp", "cpp"),
            example: false,
            cpp: true,
            defines: &[],
        });
        all
    }

    /// The tests in C.
    pub(crate) fn api() -> Program {
        let sources = files("capi/tests/c/api", "c");
        Program { name: "api".to_owned(), sources, example: false, cpp: false, defines: &[] }
    }

    /// Those of them that need no runtime.
    fn bare() -> Program {
        let names = ["main.c", "check.c", "heap.c"];
        let mut bare = Program::api();
        bare.name = "bare".to_owned();
        bare.sources.retain(|path| names.iter().any(|name| path.ends_with(name)));
        bare.defines = &["-DHOSTHEAP_BARE"];
        bare
    }

    pub(crate) fn standards(&self) -> &'static [Standard] {
        if self.cpp { &[Standard::Cpp17] } else { &[Standard::C99, Standard::Cpp17] }
    }

    /// Compiles the sources, once for all ways to link them.
    pub(crate) fn compile(
        &self,
        compilers: Compilers,
        standard: Standard,
        flags: &[&str],
        scratch: &Path,
    ) -> Objects {
        let objects = self.sources.iter().map(|source| {
            let stem = source.file_stem().expect("a name").to_string_lossy();
            let object = scratch.join(format!("{}-{stem}-{standard:?}.o", self.name));
            let mut command = Command::new(match standard {
                Standard::C99 => compilers.c,
                Standard::Cpp17 => compilers.cxx,
            });
            match standard {
                Standard::C99 => command.args(["-std=c99", "-Wstrict-prototypes"]),
                Standard::Cpp17 => command.args(["-x", "c++", "-std=c++17"]),
            };
            command.args(WARNINGS).arg("-Wmissing-declarations").args(flags).args(self.defines);
            command
                .arg("-I")
                .arg(common::root().join("include"))
                .arg("-c")
                .arg(source)
                .arg("-o")
                .arg(&object);
            succeed(&mut command);
            object
        });
        let linker = if standard == Standard::C99 { compilers.c } else { compilers.cxx };
        let name = format!("{}-{standard:?}", self.name);
        Objects { program: name, linker, objects: objects.collect() }
    }

    /// A command that runs the program on a runtime, from where its paths lead to the plugins.
    pub(crate) fn command(&self, launcher: &[&str], program: &Path, runtime: &str) -> Command {
        let mut command = match launcher {
            [] => Command::new(program),
            [launcher, args @ ..] => {
                let mut command = Command::new(launcher);
                command.args(args).arg(program);
                command
            }
        };
        if self.name == "runtimes" {
            command.arg(runtime); // all of them, if it is not told
        }
        command.current_dir(root()).env("HOSTHEAP_RUNTIME", runtime);
        command
    }

    /// Checks what an example printed.
    pub(crate) fn check_output(&self, output: &Output, runtime: &str, how: &str) {
        let all = said(output);
        assert!(output.status.success(), "{how}: {}\n{all}", output.status);
        if !self.example {
            return;
        }
        let path = root().join(format!("capi/tests/expected/{}.txt", self.name));
        let printed = String::from_utf8_lossy(&output.stdout);
        if std::env::var_os(BLESS).is_some() {
            // Only what is the same on every runtime can be written down.
            let text = printed
                .replace(&format!("it has {}", common::runtimes().join(", ")), "it has {runtimes}")
                .replace(&format!("{runtime}:"), "{runtime}:");
            fs::write(&path, text).expect("the expectation can be written");
            return;
        }
        let expected = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; {BLESS}=1 writes it", path.display()));
        let expected = expected
            .replace("{runtimes}", &common::runtimes().join(", "))
            .replace("{runtime}", runtime);
        assert_eq!(printed, expected, "{how} printed something else than {}", path.display());
    }
}

/// A compiled program, to be linked.
#[derive(Debug)]
pub(crate) struct Objects {
    program: String,
    linker: &'static str,
    objects: Vec<PathBuf>,
}

impl Objects {
    pub(crate) fn link(
        &self,
        library: &Library,
        link: Link,
        flags: &[&str],
        scratch: &Path,
    ) -> PathBuf {
        let program = scratch.join(format!("{}-{link:?}", self.program));
        let mut command = Command::new(self.linker);
        command.args(flags).args(&self.objects).arg("-o").arg(&program);
        match link {
            Link::Static => {
                command.arg(&library.archive).args(SYSTEM_LIBRARIES);
            }
            Link::Dynamic => {
                // The program finds it where it was built.
                let directory = library.shared.parent().expect("it is in a folder");
                command.arg(&library.shared).arg(format!("-Wl,-rpath,{}", directory.display()));
            }
        }
        command.arg("-pthread");
        succeed(&mut command);
        program
    }
}

/// Runs a compiler or linker.
fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed:\n{}", said(&output));
}
