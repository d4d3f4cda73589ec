//! The kits' plugins, built both ways as each language's `thrift.txt` says.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use hostheap_tests::say;

use crate::toolchains::{self, path_for};

/// Fails instead of saying that a compiler is missing.
pub(crate) const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

const LANGUAGES: &[&str] = &["c", "cpp", "rust", "zig", "assemblyscript"];

/// One plugin in two forms.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// Language and toolchain.
    pub(crate) name: String,
    /// What its own allocator is called.
    pub(crate) heap: String,
    pub(crate) host: Vec<u8>,
    pub(crate) own: Vec<u8>,
}

/// A line of a `thrift.txt`.
#[derive(Clone, Debug)]
struct Line {
    language: &'static str,
    name: String,
    tool: String,
    heap: String,
    command: String,
}

#[derive(Debug)]
pub(crate) struct Workshop;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the repository").to_owned()
}

/// Says that something was left out, or fails where nothing may be.
pub(crate) fn left_out(what: &str) {
    let required = env::var_os(REQUIRE).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, and {what}");
    say(format_args!("NOT TESTED: {what}"));
}

impl Workshop {
    /// All pairs whose compiler is here. Languages are built side by side.
    pub(crate) fn kits() -> Vec<Built> {
        thread::scope(|scope| {
            let all: Vec<_> = LANGUAGES
                .iter()
                .map(|language| {
                    scope.spawn(|| lines(language).chunks(2).filter_map(built).collect())
                })
                .collect();
            let joined = all
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|why| std::panic::resume_unwind(why)));
            joined.flat_map(|built: Vec<Built>| built).collect()
        })
    }
}

fn lines(language: &'static str) -> Vec<Line> {
    let path = root().join("tests/kits").join(language).join("thrift.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let cells: Vec<_> = line.splitn(4, '|').map(|cell| cell.trim().to_owned()).collect();
            let [name, tool, heap, command] = cells.try_into().expect("four cells");
            Line { language, name, tool, heap, command }
        })
        .collect()
}

fn built(pair: &[Line]) -> Option<Built> {
    let [host, own] = pair else { panic!("{} is alone", pair[0].name) };
    assert_eq!((&*host.heap, &*host.name), ("host", &*own.name), "they are no pair");
    let Some(path) = path_for(&host.tool, &host.command) else {
        left_out(&format!("{} for {} is not here", host.tool, host.name));
        return None;
    };
    Some(Built {
        name: host.name.clone(),
        heap: own.heap.clone(),
        host: host.run(&path),
        own: own.run(&path),
    })
}

impl Line {
    fn run(&self, path: &OsString) -> Vec<u8> {
        let folder: String = format!("{}-{}", self.name, self.heap)
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("thrift").join(folder);
        fs::create_dir_all(&scratch).expect("a temporary folder");
        let out = scratch.join("plugin.wasm");
        let (guest, source) = (root().join("guest"), root().join("tests/kits").join(self.language));
        let places: [(&str, &Path); 3] = [("{guest}", &guest), ("{src}", &source), ("{out}", &out)];
        toolchains::build(&self.command, &places, &scratch, path)
            .unwrap_or_else(|error| panic!("{error}"));
        fs::read(&out).unwrap_or_else(|error| panic!("{}: {error}", out.display()))
    }
}
