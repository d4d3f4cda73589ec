//! Real programs do the same with the host's heap as with the allocator that was taken out of them.

use std::path::Path;
use std::sync::OnceLock;

use hostheap_core::module::{
    ExternalizeError, ExternalizeOptions, Externalized, Member, externalize,
};
use hostheap_core::{Linker, LoadOptions, Plugin};
use hostheap_tests::own::{self, Visit};
use hostheap_tests::programs::{LEGACY, Unbuilt, WHOLE_FAMILY, Workshop};
use hostheap_tests::wasi::{self, Wasi};
use hostheap_tests::{Subject, say};

/// Fails instead of saying that clang, wasi-libc, binaryen, wabt or the sources are missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_CLANG";

/// The same for the other compilers: Emscripten, Zig, and Rust for wasm32-wasip1.
const REQUIRE_ALL: &str = "HOSTHEAP_REQUIRE_COMPILERS";

fn workshop(name: &str) -> Workshop {
    Workshop::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(name))
}

/// What was built, or nothing, loudly.
fn built(what: &str, built: Result<Vec<u8>, Unbuilt>) -> Option<Vec<u8>> {
    built_if(REQUIRE, what, built)
}

/// The same by a compiler that not everybody has.
fn built_elsewhere(what: &str, built: Result<Vec<u8>, Unbuilt>) -> Option<Vec<u8>> {
    built_if(REQUIRE_ALL, what, built)
}

fn built_if(require: &str, what: &str, built: Result<Vec<u8>, Unbuilt>) -> Option<Vec<u8>> {
    match built {
        Ok(wasm) => Some(wasm),
        Err(Unbuilt::Failed(reason)) => panic!("{what}: {reason}"),
        Err(Unbuilt::Missing(reason)) => {
            let required = std::env::var_os(require).is_some_and(|value| value == "1");
            assert!(!required, "{require}=1, and {what}: {reason}");
            say(format_args!("NOT TESTED: {what}: {reason}"));
            None
        }
    }
}

/// What a program said when it ran twice, and what it wrote.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    said: Vec<String>,
    written: String,
}

fn run<S: Subject>(wasm: &[u8], scale: i32) -> (Ran, Plugin<S::Backend, Wasi>) {
    let engine = S::plugin_engine();
    let module = engine.load_with(wasm, &LoadOptions::new()).expect("it loads");
    let mut linker = Linker::new(&engine);
    wasi::offer(&mut linker).expect("names are free");
    let mut plugin = linker.instantiate(&module, Wasi::default()).expect("it links");
    let said = [scale, scale].map(|scale| plugin.call("run", (scale,)).expect("it runs"));
    let written = String::from_utf8(plugin.state().written.clone()).expect("text");
    (Ran { said: said.into(), written }, plugin)
}

struct Compare<'a> {
    name: &'a str,
    before: &'a [u8],
    after: &'a [u8],
    scale: i32,
    /// What all runs have in common.
    expected: &'a OnceLock<Ran>,
    runs: usize,
}

impl Visit for Compare<'_> {
    fn visit<S: Subject>(&mut self) {
        // The mock interprets without any haste.
        if S::name() == "mock" && self.name != "words" {
            return;
        }
        let (before, legacy) = run::<S>(self.before, self.scale);
        let (after, plugin) = run::<S>(self.after, self.scale);
        let place = format!("{} on {}", self.name, S::name());
        assert_eq!(before, after, "{place}");
        assert_eq!(self.expected.get_or_init(|| before), &after, "{place}");
        assert!(after.said[0].len() > 100, "{place}: it said {:?}", after.said);

        assert_eq!(legacy.heap_stats().allocated, 0, "{place}: the host's heap was used before");
        let stats = plugin.heap_stats();
        assert_eq!(stats.invalid_frees, 0, "{place}");
        assert_eq!(stats.failed, 0, "{place}");
        assert!(stats.allocated > 100, "{place}: {stats:?}");
        // What is left is what the program keeps for its whole life.
        assert!(stats.live_bytes < 100_000 && stats.live_blocks < 100, "{place}: {stats:?}");
        assert!(stats.peak_bytes > stats.live_bytes, "{place}: {stats:?}");
        self.runs += 1;
    }
}

/// Takes the allocator out, and runs both forms on everything.
#[track_caller]
fn same(name: &str, form: &str, wasm: &[u8], scale: i32, expected: &OnceLock<Ran>) -> Externalized {
    let done = match externalize(wasm, &ExternalizeOptions::default()) {
        Ok(done) => done,
        Err(error) => panic!("{name}, {form}: {error}"),
    };
    let mut compare = Compare { name, before: wasm, after: &done.wasm, scale, expected, runs: 0 };
    own::visit(&mut compare);
    assert!(compare.runs > 0, "no runtime is compiled in");
    say(format_args!(
        "{name}, {form}: {} functions with {} bytes of code became imports; {} bytes instead of {} \
         ({} runs compared)",
        done.removed.len(),
        done.removed_code_bytes,
        done.bytes_after,
        done.bytes_before,
        compare.runs
    ));
    done
}

#[track_caller]
fn refused(name: &str, wasm: &[u8]) -> ExternalizeError {
    match externalize(wasm, &ExternalizeOptions::default()) {
        Ok(done) => panic!("{name} was rewritten: {:?}", done.proof),
        Err(error) => error,
    }
}

/// Every form of a program by wasi-libc.
fn program(name: &str, scale: i32) {
    let shop = workshop(name);
    let expected = OnceLock::new();
    let Some(plain) = built(name, shop.plugin(name, LEGACY)) else { return };
    let done = same(name, "with names", &plain, scale, &expected);
    assert!(done.removed_code_bytes > 8_000, "{}", done.removed_code_bytes);
    for member in [Member::Malloc, Member::Free] {
        assert!(done.imports.contains(&member));
    }

    // realloc has no name any more: it is found by what it touches.
    if let Some(stripped) = built(name, shop.stripped(&plain)) {
        let error = refused("stripped", &stripped);
        assert!(matches!(error, ExternalizeError::ReadsState { .. }), "{name}: {error}");
    }
    if let Some(whole) = built(name, shop.plugin(name, WHOLE_FAMILY))
        && let Some(stripped) = built(name, shop.stripped(&whole))
    {
        same(name, "stripped, the whole family exported", &stripped, scale, &expected);
    }
    if let Some(optimised) = built(name, shop.optimised(&plain, &["-O2", "-g"])) {
        same(name, "through wasm-opt -O2 -g", &optimised, scale, &expected);
    }
    // Here realloc may have been inlined into its only caller besides.
    if let Some(optimised) = built(name, shop.optimised(&plain, &["-O2"])) {
        let error = refused("optimised without names", &optimised);
        assert!(matches!(error, ExternalizeError::ReadsState { .. }), "{name}: {error}");
    }
}

#[test]
fn words_are_counted_on_the_hosts_heap() {
    program("words", 3);
}

#[test]
fn cpp_runs_on_the_hosts_heap() {
    program("shapes", 3);
}

#[test]
fn sqlite_runs_on_the_hosts_heap() {
    program("sqlite", 2);
}

#[test]
fn lua_runs_on_the_hosts_heap() {
    program("lua", 2);
}

/// Whichever member of a stripped libc is the one that nobody exports: it is found by what it does,
/// also where it was inlined.
#[test]
fn hidden_members_are_found() {
    const FAMILY: [&str; 7] = [
        "malloc",
        "free",
        "calloc",
        "realloc",
        "aligned_alloc",
        "posix_memalign",
        "malloc_usable_size",
    ];
    let shop = workshop("family");
    let all: Vec<_> = FAMILY.into_iter().chain(["__heap_base"]).collect();
    let Some(wasm) = built("family", shop.plugin("family", &all)) else { return };
    let Some(wasm) = built("family", shop.stripped(&wasm)) else { return };
    let done = same("family", "stripped, the whole family exported", &wasm, 2, &OnceLock::new());
    assert_eq!(done.imports.len(), FAMILY.len(), "{:?}", done.imports);

    for hidden in &FAMILY[2..] {
        let exports: Vec<_> = all.iter().copied().filter(|name| name != hidden).collect();
        let Some(wasm) = built("family", shop.plugin("family", &exports)) else { return };
        let mut forms = vec![built("family", shop.stripped(&wasm))];
        for level in ["-O2", "-O4"] {
            forms.push(built("family", shop.optimised(&wasm, &[level])));
        }
        for wasm in forms.into_iter().flatten() {
            let error = refused(hidden, &wasm);
            match *hidden {
                // It touches nothing but the header.
                "malloc_usable_size" | "calloc" => assert!(
                    matches!(error, ExternalizeError::ReadsHeader { flags: true, .. }),
                    "{hidden}: {error}"
                ),
                _ => assert!(
                    matches!(
                        error,
                        ExternalizeError::ReadsState { .. } | ExternalizeError::ReadsHeader { .. }
                    ),
                    "{hidden}: {error}"
                ),
            }
        }
    }
}

#[test]
fn zigs_allocator_can_be_taken_out() {
    let shop = workshop("zig");
    let expected = OnceLock::new();
    if let Some(wasm) = built_elsewhere("Zig", shop.zig("words", LEGACY)) {
        same("words", "by Zig with its own libc", &wasm, 2, &expected);
    }
    if let Some(wasm) = built_elsewhere("Zig", shop.zig("words", WHOLE_FAMILY))
        && let Some(stripped) = built_elsewhere("Zig", shop.stripped(&wasm))
    {
        same("words", "by Zig, stripped, the whole family exported", &stripped, 2, &expected);
    }
}

/// Its malloc is the C library's, and its names tell.
#[test]
fn rusts_allocator_on_wasi_can_be_taken_out() {
    let shop = workshop("rust");
    let Some(wasm) = built_elsewhere("Rust", shop.rust("tree", LEGACY)) else { return };
    let done = same("tree", "by Rust for WASI", &wasm, 2, &OnceLock::new());
    assert!(done.imports.contains(&Member::Realloc), "{:?}", done.imports);
}

#[test]
fn emscriptens_dlmalloc_can_be_taken_out() {
    let exports = "-sEXPORTED_FUNCTIONS=_malloc,_free,_realloc,_calloc,_memalign,_run";
    let shop = workshop("emscripten");
    let expected = OnceLock::new();
    let wasm = shop.emscripten("words", "dlmalloc", &["-O1", exports]);
    let Some(wasm) = built_elsewhere("Emscripten, dlmalloc", wasm) else { return };
    let done = same("words", "by Emscripten with dlmalloc", &wasm, 2, &expected);
    let dropped: Vec<_> = done.dropped_imports.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(dropped, ["emscripten_notify_memory_growth"]);
}

/// Its constructor takes memory by itself, which only emmalloc's own functions then know.
#[test]
fn emscriptens_emmalloc_is_left_alone() {
    let exports = "-sEXPORTED_FUNCTIONS=_malloc,_free,_run";
    let shop = workshop("emmalloc");
    let wasm = shop.emscripten("words", "emmalloc", &["-O2", exports]);
    let Some(wasm) = built_elsewhere("Emscripten, emmalloc", wasm) else { return };
    let error = refused("emmalloc", &wasm);
    let ExternalizeError::GrowsMemory { kept_by: Some(kept_by), .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(kept_by.name.as_deref(), Some("__wasm_call_ctors"), "{error}");

    // What its message says is what helps.
    assert!(error.to_string().contains("-sMALLOC=dlmalloc"), "{error}");
    let exports = "-sEXPORTED_FUNCTIONS=_malloc,_free,_realloc,_calloc,_memalign,_run";
    let mended = shop.emscripten("words", "dlmalloc", &["-O1", "-g2", exports]);
    let Some(mended) = built_elsewhere("Emscripten, mended", mended) else { return };
    let done = externalize(&mended, &ExternalizeOptions::default());
    assert!(done.is_ok(), "{done:?}");
}
