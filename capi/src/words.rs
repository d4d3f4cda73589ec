//! Core's messages in the words of C: they say what mends a failure by its name in Rust, which a C
//! program does not have.

use hostheap_core::Error;

use crate::status::Fail;

/// The API whose names a message gets: the limits of a plugin and those of a bare heap are fields of
/// different structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Plugin,
    Heap,
}

/// What core calls it, and what C does. The longest of several that begin alike stands first.
const WORDS: &[(&str, &str)] = &[
    ("Linker::func", "hh_linker_func"),
    ("LoadOptions::callback_slots", "hh_load_options.callback_slots"),
    ("LoadOptions::own_heap", "hh_load_options.own_heap"),
    ("`max_memory_bytes`", "hh_load_options.max_memory"),
    ("`max_table_elements`", "hh_load_options.max_table_elements"),
    ("Limits::max_transfer", "hh_limits.max_transfer"),
    ("Limits::max_depth", "hh_limits.max_depth"),
    ("leave max_stack unset", "leave hh_engine_options.max_stack 0"),
    ("leave memory_reservation unset", "leave hh_engine_options.memory_reservation UINT64_MAX"),
    (
        "compile and link with clones of one engine",
        "load modules and make linkers with one hh_engine",
    ),
    ("the host dropped its Callback", "the host deleted its hh_callback"),
    ("keep the Callback as long", "keep the hh_callback as long"),
    ("let the host take an Option", "let the signature have an option<…> there"),
    ("take a u32 in the host", "let the signature have a u32 there"),
    (
        "no linear memory is bound to this store yet: call bind_memory after instantiation",
        "the plugin has no linear memory yet: do this when it is instantiated",
    ),
    ("; a store below the plugin layer needs bind_table after instantiation", ""),
    ("`wat2wasm`, `wat::parse_bytes`", "`wat2wasm`"),
];

/// Limits of the heap, of a plugin and of a bare one.
const LIMITS: &[(&str, &str, &str)] = &[
    ("HeapConfig::max_memory", "hh_load_options.max_memory", "hh_heap_options.max_memory"),
    ("HeapConfig::max_live_bytes", "hh_limits.max_heap_bytes", "hh_heap_options.max_live_bytes"),
    ("HeapConfig::max_blocks", "hh_limits.max_blocks", "hh_heap_options.max_blocks"),
    ("HeapConfig::max_block", "hh_limits.max_block", "hh_heap_options.max_block"),
];

/// A message of core's for a C program.
pub(crate) fn in_c(api: Api, message: &str) -> String {
    let limits = LIMITS.iter().map(|(rust, plugin, heap)| match api {
        Api::Plugin => (*rust, *plugin),
        Api::Heap => (*rust, *heap),
    });
    let words = WORDS.iter().copied().chain(limits);
    words.fold(message.to_owned(), |message, (rust, c)| match message.contains(rust) {
        true => message.replace(rust, c),
        false => message,
    })
}

/// What an error says to a C program. Words of somebody else's are left as they are: a host function's,
/// a runtime's, and those of a report, which speaks to the author of the plugin.
pub(crate) fn of(error: &Error) -> String {
    let message = error.to_string();
    match error {
        Error::Host(_) | Error::Runtime(_) | Error::Trap(_) | Error::Contract(_) => message,
        _ => in_c(Api::Plugin, &message),
    }
}

impl Fail {
    /// A bare heap's failure.
    pub(crate) fn of_heap(error: Error) -> Self {
        let message = in_c(Api::Heap, &error.to_string());
        Fail { message, ..error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    /// Source of everything that makes messages, each text on a line of its own as people read it.
    fn sources() -> String {
        fn read(folder: &Path, text: &mut String) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path, text);
                } else if path.extension().is_some_and(|it| it == "rs") {
                    let source = fs::read_to_string(path).unwrap();
                    let mut lines = source.split("\n#[cfg(test)]").next().unwrap().lines();
                    while let Some(line) = lines.next() {
                        let mut line = line.to_owned();
                        while line.ends_with('\\') {
                            line.pop();
                            line += lines.next().unwrap().trim_start();
                        }
                        if !line.trim_start().starts_with("//") {
                            *text += &line;
                            text.push('\n');
                        }
                    }
                }
            }
        }
        let mut text = String::new();
        for folder in ["core", "backend-wasmtime", "backend-wasmer", "backend-wasmi"] {
            read(&workspace().join(folder).join("src"), &mut text);
        }
        text
    }

    /// Whether a text says `Type::item`.
    fn names_rust(text: &str) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.match_indices("::").any(|(at, _)| {
            let before = text[..at].rsplit(|c| !is_word(c)).next().unwrap_or_default();
            let after = text[at + 2..].chars().next();
            before.starts_with(|c: char| c.is_ascii_uppercase())
                && after.is_some_and(|c| c.is_ascii_lowercase())
        })
    }

    #[test]
    fn messages_of_core_name_nothing_of_rust() {
        let mut translated = 0;
        let mut files = 0;
        for entry in fs::read_dir(workspace().join("core/tests/snapshots")).unwrap() {
            let path = entry.unwrap().path();
            if !path.file_name().unwrap().to_string_lossy().starts_with("messages__") {
                continue;
            }
            files += 1;
            let text = fs::read_to_string(&path).unwrap();
            // After the head of the snapshot.
            for line in text.splitn(3, "---\n").nth(2).unwrap().lines() {
                for api in [Api::Plugin, Api::Heap] {
                    let message = in_c(api, line);
                    assert!(!message.contains("::"), "{message}");
                    translated += usize::from(message != line);
                }
            }
        }
        assert!(files >= 5 && translated >= 20, "{files} files, {translated} messages");
    }

    /// Beyond the snapshots: what stands in any text of core's or a backend's.
    #[test]
    fn texts_of_core_name_nothing_of_rust() {
        let sources = sources();
        let texts = sources.lines().filter(|line| line.contains(' ')).filter_map(|line| {
            let (start, end) = (line.find('"')?, line.rfind('"')?);
            line.get(start + 1..end).filter(|text| text.contains(' '))
        });
        let mut found = 0;
        let mut bad = Vec::new();
        for text in texts.filter(|text| names_rust(text)) {
            found += 1;
            if names_rust(&in_c(Api::Plugin, text)) {
                bad.push(text);
            }
        }
        assert_eq!(bad, ONLY_IN_RUST);
        assert!(found > 10, "{found}");
    }

    /// Texts that no C program can see: here the library passes the module information on itself.
    const ONLY_IN_RUST: &[&str] =
        &["the module information belongs to other bytes: pass `prepare` the bytes that \
         `ModuleInfo::parse` was given"];

    #[test]
    fn what_is_translated_is_what_core_says() {
        let sources = sources();
        let words = WORDS.iter().map(|(rust, _)| *rust);
        for rust in words.chain(LIMITS.iter().map(|(rust, ..)| *rust)) {
            assert!(sources.contains(rust), "no message has `{rust}` any more");
        }
    }

    #[test]
    fn what_it_becomes_stands_in_the_header() {
        let header = workspace().join("capi/include/hostheap.h");
        let header = fs::read_to_string(header).unwrap();
        let mut names = 0;
        let limits = LIMITS.iter().flat_map(|(_, plugin, heap)| [*plugin, *heap]);
        for c in WORDS.iter().map(|(_, c)| *c).chain(limits) {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            for name in c.split(|c| !is_name(c)).filter(|it| it.starts_with("hh_")) {
                names += 1;
                match name.split_once('.') {
                    Some((of, field)) => {
                        let (_, fields) = header.split_once(&format!("struct {of} {{")).expect(of);
                        let (fields, _) = fields.split_once("\n}").unwrap();
                        assert!(fields.contains(&format!(" {field};")), "{name}");
                    }
                    None => assert!(header.contains(name), "{name}"),
                }
            }
        }
        assert!(names > 15, "{names}");
    }

    #[test]
    fn what_others_say_stays_as_it_is() {
        let text = "see Linker::func";
        for error in [Error::host(text), Error::runtime(text)] {
            assert_eq!(Fail::from(error).message, text);
        }
    }
}
