//! What the pages show is what runs: each block of code stands in a source file that is tested, and
//! the C of each page compiles by itself.
//!
//! A block is shown from a source by a comment above it, `<!-- guest/plugins/tour/tour.c [name] -->`:
//! the lines between `[name]` and `[/name]` there. `HOSTHEAP_BLESS=1 cargo test --test docs` copies
//! them from the sources to the pages.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hostheap_tests::say;

/// Writes the pages instead of checking them.
const BLESS: &str = "HOSTHEAP_BLESS";
/// Fails instead of saying that there is no clang.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_CLANG";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files with this ending below a folder of the project.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut found: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    found.sort();
    found
}

/// The pages whose code is checked.
fn pages() -> Vec<PathBuf> {
    let mut pages = files("docs/convention", "md");
    pages.push(root().join("docs/cookbook.md"));
    pages
}

/// The pages for hosts in C and C++. Their sources are built and run by the tests of `capi`.
fn host_pages() -> Vec<PathBuf> {
    let mut pages = files("docs/c", "md");
    // Made from the header, and checked where it is made.
    pages.retain(|page| !page.ends_with("reference.md"));
    pages
}

/// A page in pieces: text, and fenced blocks of code.
enum Piece {
    Text(String),
    Code { language: String, code: String },
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut text, mut code) = (String::new(), None);
    for line in page.lines() {
        match (&mut code, line.strip_prefix("```")) {
            (None, Some(language)) => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                code = Some((language.to_owned(), String::new()));
            }
            (Some((language, code_so_far)), Some(_)) => {
                let (language, code_so_far) = (language.clone(), code_so_far.clone());
                pieces.push(Piece::Code { language, code: code_so_far });
                code = None;
            }
            (Some((_, code)), None) => writeln!(code, "{line}").expect("a string"),
            (None, None) => writeln!(text, "{line}").expect("a string"),
        }
    }
    assert!(code.is_none(), "a block of code has no end");
    pieces.push(Piece::Text(text));
    pieces
}

/// File and name of the comment that a text ends with.
fn source(text: &str) -> Option<(&str, &str)> {
    let last = text.trim_end().lines().next_back()?;
    let inside = last.strip_prefix("<!-- ")?.strip_suffix("] -->")?;
    inside.split_once(" [")
}

/// What stands in a source between `[name]` and `[/name]`, moved to the left.
fn excerpt(source: &str, name: &str) -> Option<String> {
    let mark = |line: &str| {
        let line = line.trim().trim_start_matches("//").trim_start_matches("/*");
        line.trim_end_matches("*/").trim().to_owned()
    };
    let start = format!("[{name}]");
    let end = format!("[/{name}]");
    let mut lines = source.lines().skip_while(|line| mark(line) != start).skip(1).peekable();
    lines.peek()?;
    let lines: Vec<_> = lines.take_while(|line| mark(line) != end).collect();
    let indents = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let moved = lines.iter().map(|line| line.get(indent..).unwrap_or("").to_owned() + "\n");
    Some(moved.collect())
}

#[test]
fn code_on_the_pages_is_code_that_runs() {
    let bless = std::env::var_os(BLESS).is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    let mut checked = 0;
    for path in pages().into_iter().chain(host_pages()) {
        let page = read(&path);
        let mut blessed = String::new();
        let mut from = None;
        for piece in pieces(&page) {
            match piece {
                Piece::Text(text) => {
                    from = source(&text).map(|(file, name)| (file.to_owned(), name.to_owned()));
                    blessed.push_str(&text);
                }
                Piece::Code { language, code } => {
                    let expected = from.take().map(|(file, name)| {
                        let found = excerpt(&read(&root().join(&file)), &name);
                        found.unwrap_or_else(|| panic!("{file} has no [{name}]"))
                    });
                    let is_host = language.starts_with("rust")
                        || path.parent().is_some_and(|it| it.ends_with("docs/c"))
                            && matches!(language.as_str(), "c" | "cpp");
                    if expected.is_none() && is_host {
                        wrong.push(format!("{}: from where?\n{code}", path.display()));
                    }
                    checked += usize::from(expected.is_some());
                    let expected = expected.unwrap_or_else(|| code.clone());
                    if expected != code {
                        wrong.push(format!("{}: not as in its source\n{code}", path.display()));
                    }
                    write!(blessed, "```{language}\n{expected}```\n").expect("a string");
                }
            }
        }
        if bless && blessed != page {
            fs::write(&path, blessed).expect("the page can be written");
        }
    }
    assert!(bless || wrong.is_empty(), "{}\n{BLESS}=1 copies the sources", wrong.join("\n"));
    assert!(checked >= 40, "only {checked} blocks");
}

#[test]
fn every_excerpt_of_the_sources_is_shown() {
    let shown: String = pages().iter().chain(&host_pages()).map(|page| read(page)).collect();
    let folders = [
        ("examples/c", "c"),
        ("examples/c/wasmtime", "c"),
        ("examples/cpp", "cpp"),
        ("guest/plugins/tour", "h"),
        ("guest/plugins/tour", "c"),
        ("guest/plugins/cookbook", "c"),
        ("examples/tour", "rs"),
        ("examples/cookbook", "rs"),
    ];
    for (folder, ending) in folders {
        for path in files(folder, ending) {
            for line in read(&path).lines() {
                let line = line.trim();
                let line = line.strip_prefix("/* ").or_else(|| line.strip_prefix("// "));
                let name = line.and_then(|line| line.strip_prefix("[/")?.split_once(']'));
                let Some((name, _)) = name else { continue };
                let file = path.file_name().expect("a file").to_string_lossy();
                let mark = format!("<!-- {folder}/{file} [{name}] -->");
                assert!(shown.contains(&mark), "no page shows {mark}");
            }
        }
    }
}

#[test]
fn links_lead_to_files() {
    let mut pages = pages();
    pages.extend(files("docs", "md"));
    pages.extend(files("docs/c", "md"));
    pages.extend(files("docs/guide", "md"));
    pages.extend([root().join("README.md"), root().join("guest/README.md")]);
    for path in pages {
        for link in read(&path).split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let target = link.0.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let file = path.parent().expect("a folder").join(target);
            assert!(file.exists(), "{} links to {target}, which is not there", path.display());
        }
    }
}

#[test]
fn the_c_of_each_page_compiles_by_itself() {
    let Some(clang) = clang() else {
        let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
        assert!(!required, "{REQUIRE}=1, and there is no clang for wasm32");
        return say(format_args!(
            "NOT TESTED: no clang for wasm32, the C of the docs is unchecked"
        ));
    };
    let mut failures = String::new();
    for path in pages() {
        let code = pieces(&read(&path)).into_iter().filter_map(|piece| match piece {
            Piece::Code { language, code } if language == "c" => Some(code),
            _ => None,
        });
        let mut code: String = code.collect();
        if code.is_empty() {
            continue;
        }
        if !code.contains("#include") {
            code.insert_str(0, "#include \"hostheap.h\"\n");
        }
        if let Err(errors) = compile(&clang, &path, &code) {
            write!(failures, "{}:\n{errors}", path.display()).expect("a string");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// A clang that makes WebAssembly, as `guest/build.sh` looks for one.
fn clang() -> Option<String> {
    let named = std::env::var("CLANG").ok().into_iter();
    let usual = ["clang-19", "clang-20", "clang-21", "clang-22", "clang"].map(str::to_owned);
    let candidates: Vec<_> = match named.clone().next() {
        Some(_) => named.collect(),
        None => usual.into(),
    };
    candidates.into_iter().find(|clang| {
        let targets = Command::new(clang).arg("--print-targets").output();
        targets.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains("wasm32"))
    })
}

/// Compiles with the flags of `guest/build.sh`.
fn compile(clang: &str, page: &Path, code: &str) -> Result<(), String> {
    let script = read(&root().join("guest/build.sh"));
    let flags = script.split("\ncflags='").nth(1).and_then(|rest| rest.split('\'').next());
    let flags = flags.expect("guest/build.sh sets cflags").split_whitespace();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs");
    fs::create_dir_all(&directory).expect("a temporary directory");
    let file = directory.join(page.file_name().expect("a page")).with_extension("c");
    fs::write(&file, code).expect("a temporary file");
    let output = Command::new(clang)
        .args(flags)
        .arg("-I")
        .arg(root().join("guest/c"))
        .args(["-fsyntax-only"])
        .arg(&file)
        .output()
        .map_err(|error| error.to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(errors) }
}
