//! `docs/convention/legacy.md`

use crate::Page;

pub(crate) fn run(page: Page) -> anyhow::Result<()> {
    // [host]
    use hostheap::{Engine, Linker, LoadOptions};

    let engine = Engine::new()?;
    let wasm = std::fs::read("guest/plugins/tour/tour_legacy.wasm")?;
    let module = engine.load(&wasm)?; // malloc and free are found by name and type
    println!("allocator: {}", module.allocator());
    let mut plugin = Linker::<()>::new(&engine).instantiate(&module, ())?;
    let loud: String = plugin.call("shout", ("hello",))?;
    assert_eq!(loud, "HELLO");

    // Other names are for the host to say.
    let options = LoadOptions::new().plugin_allocator("malloc", "free");
    let module = engine.load_with(&wasm, &options)?;
    // [/host]
    drop(module);
    let options = LoadOptions::new().plugin_allocator("allocate", "free");
    page.shows(engine.load_with(&wasm, &options).unwrap_err());
    Ok(())
}
