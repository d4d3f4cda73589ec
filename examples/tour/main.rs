//! The host of the pages in `docs/convention`: one file for each page, which shows what stands
//! between `// [name]` and `// [/name]`. Its plugins are in `guest/plugins/tour`.
//!
//! `cargo run -p hostheap --example tour`

mod c_strings;
mod callbacks;
mod dynamic;
mod errors;
mod host_functions;
mod kept_blocks;
mod legacy;
mod optional;
mod out_parameters;
mod owned;
mod results;
mod scalars;
mod slices;
mod strings;
mod structs;
mod structs_with_pointers;
mod tables;

// [load]
use hostheap::{Engine, Linker, Plugin};

/// A plugin that imports no functions but malloc and its family.
fn load(path: &str) -> anyhow::Result<Plugin<()>> {
    let engine = Engine::new()?;
    let module = engine.load(&std::fs::read(path)?)?;
    Ok(Linker::new(&engine).instantiate(&module, ())?)
}
// [/load]

/// A page of `docs/convention`.
struct Page(&'static str);

impl Page {
    /// Checks that the page shows this error, wherever it breaks the lines and whatever the
    /// addresses are.
    #[track_caller]
    fn shows(&self, error: impl std::fmt::Display) {
        let path = format!("docs/convention/{}.md", self.0);
        let page = std::fs::read_to_string(&path).expect("the page");
        let (page, error) = (words(&page), words(&error.to_string()));
        assert!(page.contains(&error), "{path} does not show the error:\n{error}");
    }
}

fn words(text: &str) -> String {
    let word = |word: &str| {
        let hex = word
            .strip_prefix("0x")
            .map(|hex| hex.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
        hex.map_or(word.to_owned(), |rest| format!("0x{rest}"))
    };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

type Run = fn(&mut Plugin<()>, Page) -> anyhow::Result<()>;

fn main() -> anyhow::Result<()> {
    let pages: [(&'static str, Run); 13] = [
        ("scalars", scalars::run),
        ("strings", strings::run),
        ("c-strings", c_strings::run),
        ("slices", slices::run),
        ("structs", structs::run),
        ("structs-with-pointers", structs_with_pointers::run),
        ("out-parameters", out_parameters::run),
        ("optional", optional::run),
        ("owned", owned::run),
        ("kept-blocks", kept_blocks::run),
        ("results", results::run),
        ("errors", errors::run),
        ("dynamic", dynamic::run),
    ];
    for (name, run) in pages {
        // Anew for each, as some end with a trap.
        let mut plugin = load("guest/plugins/tour/tour.wasm")?;
        run(&mut plugin, Page(name))?;
        println!("{name}: {:?}", plugin.heap_stats());
    }
    tables::check()?;
    host_functions::run(Page("host-functions"))?;
    callbacks::run(Page("callbacks"))?;
    legacy::run(Page("legacy"))?;
    println!("host-functions, callbacks, legacy: done");
    Ok(())
}

#[test]
fn every_page_is_true() {
    main().expect("the tour");
}
