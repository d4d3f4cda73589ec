//! Makes `include/hostheap.h` of this crate's source: a manual, then a section for each subject with
//! what cbindgen makes of its files, then what is written in C by hand.
//!
//! cbindgen sees each section alone, so that the order is ours, and with the types of `boundary`
//! replaced by the pointers that they are to C. What a section refers to must stand in an earlier one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A subject of the header.
struct Section {
    title: &'static str,
    /// Source files, relative to `src`.
    files: &'static [&'static str],
    /// Whether its functions need a runtime, which a build without features does not have.
    runtime: bool,
}

/// In the order of the header.
const SECTIONS: &[Section] = &[
    Section { title: "Errors", files: &["status.rs"], runtime: false },
    Section { title: "The library", files: &["version.rs"], runtime: false },
    Section { title: "Strings", files: &["string.rs"], runtime: false },
    Section {
        title: "The bare heap: for hosts that embed a runtime by themselves",
        files: &["heap/memory.rs", "heap/mod.rs"],
        runtime: false,
    },
    Section {
        title: "The bare heap: malloc's family for plugins",
        files: &["heap/family.rs", "heap/invoke.rs"],
        runtime: false,
    },
    Section {
        title: "The bare heap: malloc's family for the host",
        files: &["heap/calls.rs", "heap/lent.rs"],
        runtime: false,
    },
    Section {
        title: "The bare heap: what is in it, and going back",
        files: &["heap/blocks.rs", "heap/snapshot.rs"],
        runtime: false,
    },
    Section {
        title: "The bare heap in two steps: without callbacks",
        files: &["heap/two_step.rs"],
        runtime: false,
    },
    Section { title: "Modules: where the heap may start", files: &["layout.rs"], runtime: false },
    Section { title: "Contracts", files: &["contract.rs"], runtime: false },
    Section { title: "Reports", files: &["report.rs"], runtime: false },
    Section {
        title: "Modules: how they are loaded, and rewritten",
        files: &["load.rs", "externalize.rs"],
        runtime: false,
    },
    Section { title: "Runtimes and engines", files: &["plugin/engine.rs"], runtime: true },
    Section { title: "Modules", files: &["plugin/module.rs"], runtime: true },
    Section {
        title: "Calls of plugins",
        files: &["boundary/value.rs", "plugin/func.rs"],
        runtime: true,
    },
    Section {
        title: "Host functions, and linking",
        files: &["plugin/host.rs", "plugin/invocation.rs", "plugin/limits.rs", "plugin/linker.rs"],
        runtime: true,
    },
    Section { title: "Instances", files: &["plugin/instance.rs"], runtime: true },
    Section {
        title: "An instance's memory",
        files: &["plugin/memory.rs", "plugin/view.rs", "plugin/global.rs"],
        runtime: true,
    },
    Section {
        title: "An instance's heap",
        files: &["plugin/alloc.rs", "plugin/heap.rs"],
        runtime: true,
    },
    Section {
        title: "What the host keeps in an instance: blocks and callbacks",
        files: &["plugin/block.rs", "plugin/callback.rs"],
        runtime: true,
    },
];

/// Handles that nothing changes, so that threads may share them: pointers to them are const.
const CONSTANT: &[&str] = &["hh_report", "hh_heap_snapshot", "hh_engine", "hh_module", "hh_linked"];

/// Functions that only read what their first parameter points to, of handles that others change. Those
/// of `hh_heap` are not among them: they mark it as used, so that two threads must not call them at
/// once.
pub(crate) const READERS: &[&str] = &[
    "hh_contract_check",
    "hh_contract_header",
    "hh_contract_allow_file",
    "hh_contract_to_toml",
    "hh_linker_link",
    "hh_linker_instantiate",
    "hh_instance_user",
    "hh_instance_is_poisoned",
    "hh_invocation_count",
    "hh_invocation_instance",
    "hh_block_offset",
    "hh_block_len",
    "hh_callback_index",
];

/// Fields of options that point to what the library only reads.
const READ_FIELDS: &[(&str, &str)] = &[("hh_load_options", "contract")];

/// The whole header.
pub(crate) fn header(root: &Path) -> String {
    let source = root.join("src");
    let scratch = tempfile::tempdir().expect("a folder for cbindgen's input");
    let read = |path: &str| fs::read_to_string(source.join(path)).expect(path);
    let handles = handles(&source);
    let mut typedefs = String::new();
    let mut body = String::new();
    let mut runtime = false;
    for section in SECTIONS {
        if section.runtime != runtime {
            body += if section.runtime { "\n#ifndef HOSTHEAP_BARE\n" } else { BARE_END };
            runtime = section.runtime;
        }
        body += &format!("\n{}", banner(section.title));
        let mut text = String::new();
        for file in section.files {
            text += &for_cbindgen(&read(file), &handles);
            if *file == "string.rs" {
                text += &for_cbindgen(&item(&read("boundary/string.rs"), "hh_string"), &handles);
            }
        }
        let input = scratch.path().join("input.rs");
        fs::write(&input, text).expect("cbindgen's input");
        let (own_typedefs, declarations) = section_text(root, &input, section.title);
        typedefs += &own_typedefs;
        body += &declarations;
    }
    if runtime {
        body += BARE_END;
    }
    format!(
        "{}\n{}{typedefs}{body}\n#ifdef __cplusplus\n}} // extern \"C\"\n#endif\n{}\n#endif // HOSTHEAP_H\n",
        read("header/head.h").trim_end().to_owned() + "\n",
        banner("Handles: what the library makes, and only it looks into"),
        read("header/trailer.h"),
    )
}

const BARE_END: &str = "\n#endif // HOSTHEAP_BARE\n";

fn banner(title: &str) -> String {
    let line = "-".repeat(98);
    format!("// {line}\n// {title}\n// {line}\n")
}

/// Files of the source that export something.
pub(crate) fn exporting_files(root: &Path) -> BTreeSet<String> {
    let source = root.join("src");
    let mut files = BTreeSet::new();
    for file in rust_files(&source) {
        if fs::read_to_string(&file).expect("a source file").contains("#[unsafe(no_mangle)]") {
            let name = file.strip_prefix(&source).expect("below src");
            files.insert(name.to_string_lossy().replace('\\', "/"));
        }
    }
    files
}

/// Files that have a place in the header.
pub(crate) fn files_in_sections() -> BTreeSet<String> {
    SECTIONS.iter().flat_map(|section| section.files).map(ToString::to_string).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What cbindgen makes of a file: its opaque types, and the rest.
fn section_text(root: &Path, input: &Path, name: &str) -> (String, String) {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let bindings = cbindgen::Builder::new().with_config(config).with_src(input).generate();
    let bindings = bindings.unwrap_or_else(|error| panic!("cbindgen on {name}: {error}"));
    let mut text = Vec::new();
    bindings.write(&mut text);
    let mut text = String::from_utf8(text).expect("cbindgen writes UTF-8");
    for wrapper in [
        "#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus\n",
        "#ifdef __cplusplus\n}  // extern \"C\"\n#endif  // __cplusplus\n",
    ] {
        text = text.replace(wrapper, "");
    }
    // Every struct has a typedef of the same name.
    text = text.replace("struct hh_", "hh_").replace("typedef hh_", "typedef struct hh_");
    // And the type of a function is none.
    let is_function = |line: &str| line.starts_with("typedef ") && line.contains(" (*");
    let named = |line: &str| match is_function(line) {
        true => line.replace("struct ", "") + "\n",
        false => format!("{line}\n"),
    };
    text = text.lines().map(named).collect();
    let text: String = text.lines().map(folded).collect();
    // A block is a comment with its item.
    let (mut typedefs, mut rest) = (String::new(), String::new());
    for block in text.split("\n\n").map(|block| block.trim_matches('\n')) {
        let last = block.lines().last().unwrap_or_default();
        let opaque = last.starts_with("typedef struct ") && last.ends_with(';');
        let place = if opaque { &mut typedefs } else { &mut rest };
        if !block.is_empty() {
            *place += &format!("\n{block}\n");
        }
    }
    (typedefs, rest)
}

/// A line, and a long prototype on several.
fn folded(line: &str) -> String {
    const WIDTH: usize = 100;
    if line.len() <= WIDTH || line.starts_with("//") || !line.ends_with(");") {
        return format!("{line}\n");
    }
    let (mut text, mut column) = (String::new(), 0);
    for (number, word) in line.split_inclusive(", ").enumerate() {
        if number > 0 && column + word.trim_end().len() > WIDTH {
            text = format!("{}\n    ", text.trim_end());
            column = 4;
        }
        text += word;
        column += word.len();
    }
    text + "\n"
}

/// Names of the opaque types: those that implement `Handle`.
fn handles(source: &Path) -> BTreeSet<String> {
    let mut handles = BTreeSet::new();
    for file in rust_files(source) {
        let text = fs::read_to_string(file).expect("a source file");
        for line in text.lines().filter_map(|line| line.strip_prefix("impl Handle for ")) {
            handles.insert(line.trim_end_matches(" {").to_owned());
        }
    }
    // The one that C never owns.
    handles.insert("hh_invocation".to_owned());
    handles
}

/// The definition of a struct with its comment.
fn item(text: &str, name: &str) -> String {
    let at = text.find(&format!("pub struct {name} ")).expect(name);
    let start = text[..at].rfind("\n\n").map_or(0, |blank| blank + 1);
    let end = text[at..].find("\n}\n").expect("its end") + at + 3;
    text[start..end].to_owned()
}

/// Source as cbindgen should see it: with pointers in place of the types of `boundary`.
fn for_cbindgen(source: &str, handles: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let mut in_use = false;
    for line in source.lines() {
        in_use |= line.trim_start().starts_with("use ");
        // Inner comments and attributes cannot stand in the middle, where the files are put together.
        let inner = line.starts_with("//!") || line.starts_with("#![");
        if !in_use && !inner {
            text += &format!("{line}\n");
        }
        in_use &= !line.ends_with(';');
    }
    // Tests are no part of the interface.
    let mut text = text.split("\n#[cfg(test)]").next().unwrap_or_default().to_owned();
    let pointer = |handle: &str| {
        let kind = if CONSTANT.contains(&handle) { "const" } else { "mut" };
        format!("*{kind} {handle}")
    };
    text = replace_type(&text, "Text", &|_| "*const c_char".to_owned());
    text = replace_type(&text, "Returned", &|_| "hh_status".to_owned());
    text = replace_type(&text, "User", &|_| "*mut c_void".to_owned());
    text = replace_type(&text, "Memory", &|_| "*mut u8".to_owned());
    for (name, kind) in [
        ("Array", "const"),
        ("ArrayMut", "mut"),
        ("Chosen", "const"),
        ("ToChoose", "mut"),
        ("Owned", "mut"),
    ] {
        text = replace_type(&text, name, &|inner| format!("*{kind} {inner}"));
    }
    text = replace_type(&text, "Option", &|inner| {
        let referred = inner.strip_prefix('&').map(|it| it.trim_start_matches("'a ").trim());
        match referred {
            Some(handle) if handles.contains(handle) => pointer(handle),
            _ => format!("Option<{inner}>"),
        }
    });
    for lifetime in ["<'a>", "<'_>", "<'static>"] {
        text = text.replace(lifetime, "");
    }
    for name in READERS {
        text = with_const(&text, &format!("fn {name}("), ": *mut hh_");
    }
    for (of, field) in READ_FIELDS {
        text = with_const(&text, &format!("pub struct {of} "), &format!(" {field}: *mut hh_"));
    }
    text
}

/// Makes the first pointer const that follows an item's head.
fn with_const(text: &str, head: &str, pointer: &str) -> String {
    let Some((before, item)) = text.split_once(head) else { return text.to_owned() };
    let at = item.find(pointer).unwrap_or_else(|| panic!("{head} has no {pointer}"));
    let item = format!("{}{}", &item[..at], item[at..].replacen("*mut", "*const", 1));
    format!("{before}{head}{item}")
}

/// Replaces a type of a name, with what is in its angle brackets but lifetimes. `Name::` and `::Name`
/// are no types.
fn replace_type(text: &str, name: &str, to: &dyn Fn(&str) -> String) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let whole = !before.ends_with(is_name) && !after.starts_with(is_name);
        out += before;
        if !whole
            || after.starts_with("::")
            || before.ends_with("::")
            || before.ends_with(['`', '/', '"'])
        {
            out += name;
            rest = after;
            continue;
        }
        let end = if after.starts_with('<') { closing(after) } else { 0 };
        let inner = after.get(1..end.saturating_sub(1)).unwrap_or_default();
        let inner = inner.trim_start_matches("'_").trim_start_matches("'a");
        let inner = replace_type(inner.trim_start_matches(',').trim(), name, to);
        // In comments, words are words.
        let line = before.rfind('\n').map_or(before, |newline| &before[newline..]);
        let line = format!("{}{line}", out.rsplit('\n').next().unwrap_or_default());
        if line.contains("//") {
            out += name;
            rest = after;
            continue;
        }
        out += &to(&inner);
        rest = &after[end..];
    }
    out + rest
}

/// The length of `<…>` at the start of a text.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if last != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
        last = c;
    }
    text.len()
}
