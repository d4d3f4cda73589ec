//! The pictures of `inspect --svg`, byte for byte, and the lists of modules that have too much of
//! everything.
//!
//! After a change on purpose, `HOSTHEAP_BLESS=1 cargo test -p hostheap-cli --test pictures` rewrites
//! them: look at each.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn inspect(plugin: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostheap"));
    command.arg("inspect").arg(plugin).args(more).output().expect("runs")
}

/// Modules of all the kinds that a picture has something special for.
const DRAWN: &[&str] = &[
    "guest/plugins/greeter/greeter.wasm",
    "guest/plugins/tour/tour_legacy.wasm",
    "cli/tests/modules/bss.wasm",
    "cli/tests/modules/fixed.wasm",
    "cli/tests/modules/large.wasm",
    "cli/tests/modules/lying_base.wasm",
    "cli/tests/modules/many_pieces.wasm",
    "cli/tests/modules/two_heaps.wasm",
];

/// The pictures of docs/modules.md, and what they show.
const IN_DOCS: &[(&str, &str)] = &[
    ("tests/corpus/modules/c19-plugin-base.wasm", "docs/modules/stack-last.svg"),
    ("tests/corpus/modules/rs-std.wasm", "docs/modules/stack-first.svg"),
];

#[test]
fn pictures_are_as_committed() {
    let root = folder().join("../..");
    for module in DRAWN {
        let plugin = root.join(module);
        let name = plugin.file_stem().expect("has a name").to_owned();
        is_as_committed(&plugin, &folder().join("svg").join(name).with_extension("svg"));
    }
    for (module, picture) in IN_DOCS {
        is_as_committed(&root.join(module), &root.join(picture));
    }
    let committed = folder().join("svg").read_dir().expect("tests/svg is there").count();
    assert_eq!(committed, DRAWN.len(), "a picture that nobody draws");
}

fn is_as_committed(plugin: &Path, picture: &Path) {
    let drawn = inspect(plugin, &["--svg", "-"]).stdout;
    if std::env::var_os("HOSTHEAP_BLESS").is_some() {
        fs::write(picture, &drawn).expect("can be written");
    }
    let committed = fs::read(picture).unwrap_or_default();
    assert!(drawn == committed, "{} is not what is drawn now", picture.display());
}

#[test]
fn a_picture_goes_into_a_file_beside_the_report() {
    let plugin = folder().join("modules/bss.wasm");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bss.svg");
    let out = inspect(&plugin, &["--svg", file.to_str().expect("is UTF-8")]);
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stdout).contains("\nMemory: 6094848 bytes"));
    let drawn = fs::read_to_string(&file).expect("is there");
    assert!(drawn.as_bytes() == inspect(&plugin, &["--svg", "-"]).stdout, "{drawn}");
    assert!(drawn.ends_with("</svg>\n"), "{drawn}");
}

#[test]
fn long_lists_are_cut_for_people_and_whole_for_machines() {
    const MANY: usize = 100_000;
    let mut source = String::from("(module (memory 1) (func $f)\n");
    for i in 0..MANY {
        let _ = writeln!(source, r#"(export "f{i}" (func $f))"#);
    }
    let wasm = wat::parse_str(source + ")").expect("is a module");
    let plugin = Path::new(env!("CARGO_TARGET_TMPDIR")).join("many.wasm");
    fs::write(&plugin, wasm).expect("can be written");

    let text = String::from_utf8(inspect(&plugin, &[]).stdout).expect("is UTF-8");
    assert!(text.contains("\nExports: 100000\n"), "{text}");
    assert!(text.contains("  … and 99940 more (--json has all)\n"), "{text}");
    assert!(text.lines().count() < 150);

    let json = inspect(&plugin, &["--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("is JSON");
    assert_eq!(json["exports"].as_array().map(Vec::len), Some(MANY));
    assert_eq!(json["exports"][MANY - 1]["name"], "f99999");
}
