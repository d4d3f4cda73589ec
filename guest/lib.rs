//! The kits for authors of plugins, as files: new projects, and how each toolchain is called.
//!
//! The kits themselves are for their languages; this crate only carries them, so that the command line
//! has them inside.
//!
//! ```
//! use hostheap_kit::{Language, help, project};
//!
//! let files = project(Language::C, "my-plugin");
//! assert!(files.iter().any(|file| file.path == "plugin.c"));
//! assert!(files.iter().any(|file| file.path == "hostheap/hostheap.h"));
//! assert!(help("emscripten").is_some_and(|text| text.contains("-sMALLOC=none")));
//! ```

use include_dir::{Dir, include_dir};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static HELP: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/help");
static C: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/c");
static ZIG: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/zig");
static ASSEMBLYSCRIPT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assemblyscript");

/// A language that there is a template for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// C, without a libc or with one.
    C,
    /// C++ with its standard library.
    Cpp,
    /// Rust, with the crate `hostheap-guest`.
    Rust,
    /// Zig.
    Zig,
    /// AssemblyScript.
    AssemblyScript,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 5] =
        [Language::C, Language::Cpp, Language::Rust, Language::Zig, Language::AssemblyScript];

    /// Its name: `c`, `cpp`, `rust`, `zig` or `assemblyscript`.
    pub fn name(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::Cpp => "cpp",
            Language::Rust => "rust",
            Language::Zig => "zig",
            Language::AssemblyScript => "assemblyscript",
        }
    }

    /// What builds the project `name`, and what checks and calls the plugin afterwards.
    pub fn commands(self, name: &str) -> (&'static str, String) {
        match self {
            Language::C | Language::Cpp => ("make", "make test".to_owned()),
            Language::Rust => {
                let ident = name.replace('-', "_");
                let wasm = format!("target/wasm32-unknown-unknown/release/{ident}.wasm");
                ("cargo build --release", format!("sh test.sh {wasm}"))
            }
            Language::Zig => ("zig build", format!("sh test.sh zig-out/bin/{name}.wasm")),
            Language::AssemblyScript => ("npm install && npm run build", "npm test".to_owned()),
        }
    }

    /// The files of the kit that go with it, which lie in `hostheap/` of a project. Rust's kit is a crate.
    fn kit(self) -> Option<&'static Dir<'static>> {
        match self {
            Language::C | Language::Cpp => Some(&C),
            Language::Rust => None,
            Language::Zig => Some(&ZIG),
            Language::AssemblyScript => Some(&ASSEMBLYSCRIPT),
        }
    }
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where, from the project's folder; with `/`.
    pub path: String,
    /// What.
    pub text: String,
}

/// A plugin project: its source, its build file, its contract, its test, and the kit.
///
/// `name` names the module and, in Rust, the package: letters, digits, `-` and `_`.
pub fn project(language: Language, name: &str) -> Vec<File> {
    let ident = name.replace('-', "_");
    let mut files = Vec::new();
    for template in [language.name(), "common"] {
        let dir = TEMPLATES.get_dir(template);
        collect(
            dir.unwrap_or_else(|| unreachable!("{template} is a template")),
            template,
            &mut files,
        );
    }
    for file in &mut files {
        // A file of that name would end the package that carries it.
        file.path = file.path.trim_end_matches(".in").to_owned();
        file.text = file.text.replace("{{name}}", name).replace("{{ident}}", &ident);
    }
    if let Some(kit) = language.kit() {
        let mut all = Vec::new();
        collect(kit, "", &mut all);
        files.extend(
            all.into_iter().map(|file| File { path: format!("hostheap/{}", file.path), ..file }),
        );
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(dir: &Dir<'_>, base: &str, files: &mut Vec<File>) {
    for file in dir.files() {
        let path = file.path().strip_prefix(base).unwrap_or(file.path());
        let path: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let text = file.contents_utf8().unwrap_or_default().to_owned();
        files.push(File { path: path.join("/"), text });
    }
    for inner in dir.dirs() {
        collect(inner, base, files);
    }
}

/// The toolchains that [`help`] knows.
pub fn toolchains() -> impl Iterator<Item = &'static str> {
    HELP.files().filter_map(|file| file.path().file_stem()?.to_str())
}

/// How a toolchain makes a plugin without an allocator: the file to write and the command to call.
pub fn help(toolchain: &str) -> Option<&'static str> {
    HELP.get_file(format!("{toolchain}.txt"))?.contents_utf8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_files() {
        for language in Language::ALL {
            let files = project(language, "two-words");
            for path in ["contract.toml", "test.sh", "README.md", ".gitignore"] {
                assert!(files.iter().any(|file| file.path == path), "{language:?}: no {path}");
            }
            for file in &files {
                assert!(!file.text.is_empty(), "{language:?}: {} is empty", file.path);
                assert!(!file.text.contains("{{"), "{language:?}: {} is not filled in", file.path);
                assert!(!file.path.ends_with(".in"), "{language:?}: {}", file.path);
            }
        }
    }
}
