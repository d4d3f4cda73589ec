//! The modules that the transcripts look at are what their sources say.
//!
//! `HOSTHEAP_BLESS=1 cargo test -p hostheap-cli --test modules` assembles them anew.

use std::fs;
use std::path::Path;

#[test]
fn modules_are_assembled_from_their_sources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules");
    let bless = std::env::var_os("HOSTHEAP_BLESS").is_some();
    let mut sources = 0;
    for file in folder.read_dir().expect("tests/modules is there") {
        let source = file.expect("readable").path();
        if source.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        sources += 1;
        let wasm = wat::parse_file(&source).expect("is a module in the text format");
        let module = source.with_extension("wasm");
        if bless {
            fs::write(&module, &wasm).expect("can be written");
        }
        let found = fs::read(&module).expect("is committed beside its source");
        assert!(found == wasm, "{} is not what its source says", module.display());
    }
    assert!(sources > 5);
}
