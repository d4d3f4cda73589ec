//! `include/hostheap.h` is what the source says.
//!
//! `HOSTHEAP_BLESS=1 cargo test -p hostheap-capi --no-default-features --test header` writes it anew.

use std::path::Path;
use std::{env, fs};

mod generate;
mod reference;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn committed() -> String {
    fs::read_to_string(root().join("include/hostheap.h")).unwrap_or_default().replace("\r\n", "\n")
}

#[test]
fn the_header_is_what_the_source_says() {
    let header = generate::header(root());
    let path = root().join("include/hostheap.h");
    if env::var_os("HOSTHEAP_BLESS").is_some() {
        fs::write(&path, &header).unwrap();
    }
    let committed = committed();
    if let Some((line, (old, new))) =
        (1..).zip(committed.lines().zip(header.lines())).find(|(_, (old, new))| old != new)
    {
        panic!(
            "include/hostheap.h is out of date from line {line} on:\n  {old}\nis now\n  {new}\n\
             write it anew with HOSTHEAP_BLESS=1"
        );
    }
    assert_eq!(committed.lines().count(), header.lines().count(), "its end is missing");
}

#[test]
fn the_reference_is_what_the_header_says() {
    let page = reference::page(&generate::header(root()));
    let path = root().join("../docs/c/reference.md");
    if env::var_os("HOSTHEAP_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == page,
        "docs/c/reference.md is out of date: write it anew with HOSTHEAP_BLESS=1"
    );
}

#[test]
fn every_file_that_exports_something_has_a_section() {
    let sections = generate::files_in_sections();
    for file in generate::exporting_files(root()) {
        assert!(sections.contains(&file), "tests/header/generate.rs has no section with {file}");
    }
}

#[test]
fn the_version_in_the_header_is_the_crates() {
    let header = committed();
    let number = |name: &str| {
        let line = header.lines().find_map(|line| line.strip_prefix(&format!("#define {name} ")));
        line.unwrap_or_else(|| panic!("{name} is missing")).trim().to_owned()
    };
    assert_eq!(number("HH_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MAJOR"));
    assert_eq!(number("HH_VERSION_MINOR"), env!("CARGO_PKG_VERSION_MINOR"));
    assert_eq!(number("HH_VERSION_PATCH"), env!("CARGO_PKG_VERSION_PATCH"));
    assert_eq!(number("HH_VERSION"), format!("\"{}\"", env!("CARGO_PKG_VERSION")));
}

#[test]
fn readers_take_const_pointers() {
    let header = committed();
    for name in generate::READERS {
        assert!(header.contains(&format!("{name}(const hh_")), "{name}");
    }
}

#[test]
fn no_type_of_rusts_is_left_in_the_header() {
    for (number, line) in (1..).zip(committed().lines()) {
        let code = line.split("//").next().unwrap_or_default();
        for word in
            ["Option", "Array", "Chosen", "ToChoose", "Owned", "MaybeUninit", "Text", "Memory "]
        {
            assert!(!code.contains(word), "line {number} has {word}: {line}");
        }
    }
}
