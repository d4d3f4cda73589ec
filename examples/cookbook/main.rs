//! The host of `docs/cookbook.md`: one file for each recipe, which the page shows. The plugin is
//! `guest/plugins/cookbook`.
//!
//! `cargo run -p hostheap --example cookbook`

mod callbacks;
mod config;
mod errors;
mod image;
mod kv;
mod strings;
mod structs;

// [load]
use hostheap::{Engine, Linker, Plugin};

/// The plugin, with the host functions that it imports.
fn load() -> anyhow::Result<Plugin<kv::Store>> {
    let engine = Engine::new()?;
    let module = engine.load(&std::fs::read("guest/plugins/cookbook/cookbook.wasm")?)?;
    let mut linker = Linker::new(&engine);
    kv::define(&mut linker)?;
    Ok(linker.instantiate(&module, kv::Store::default())?)
}
// [/load]

fn main() -> anyhow::Result<()> {
    let mut plugin = load()?;
    strings::run(&mut plugin)?;
    image::run(&mut plugin)?;
    structs::run(&mut plugin)?;
    errors::run(&mut plugin)?;
    config::run(&mut plugin)?;
    kv::run(&mut plugin)?;
    callbacks::run(&mut plugin)?;
    assert_eq!(plugin.heap_stats().live_blocks, 0, "everything is released");
    println!("all recipes ran; {:?}", plugin.heap_stats());
    Ok(())
}

#[test]
fn every_recipe_runs() {
    main().expect("the recipes");
}
