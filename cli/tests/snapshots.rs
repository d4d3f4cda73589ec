//! What people read: results, reports, errors and help, each as a snapshot.
//!
//! The snapshots are transcripts in `tests/cmd`, as if typed at the root of the repository. After a
//! change on purpose, `TRYCMD=overwrite cargo test -p hostheap-cli` rewrites them: read the diff.

use std::path::Path;

/// Every transcript, and whether the runtimes it needs are compiled in.
const TRANSCRIPTS: &[(&str, bool)] = &[
    ("help", true),
    ("errors", true),
    ("inspect", true),
    ("check", true),
    ("externalize", true),
    ("call", cfg!(feature = "wasmtime")),
    ("all", cfg!(all(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))),
    ("wasmi-only", cfg!(not(any(feature = "wasmtime", feature = "wasmer")))),
];

#[test]
fn transcripts() {
    let cli = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = cli.parent().expect("the package lies in the repository");
    std::env::set_current_dir(root).expect("the repository is there");
    let cases = trycmd::TestCases::new();
    cases
        .register_bin("hostheap", Path::new(env!("CARGO_BIN_EXE_hostheap")))
        // Not even this brings a backtrace.
        .env("RUST_BACKTRACE", "1")
        .env("COLUMNS", "100");
    for (name, runs) in TRANSCRIPTS {
        let path = cli.join(format!("tests/cmd/{name}.trycmd"));
        assert!(path.exists(), "{} is missing", path.display());
        if *runs {
            cases.case(path);
        }
    }
}

#[test]
fn every_transcript_is_listed() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    for file in files.read_dir().expect("tests/cmd is there") {
        let path = file.expect("readable").path();
        let name = path.file_stem().expect("named").to_string_lossy();
        assert!(TRANSCRIPTS.iter().any(|(listed, _)| *listed == name), "{name} is never run");
    }
}
