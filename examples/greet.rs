//! The smallest host: load a plugin, call it.
//!
//! `cargo run -p hostheap --example greet -- World`

use hostheap::{Engine, Linker};

fn main() -> anyhow::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "World".into());
    let engine = Engine::new()?;
    let module = engine.load(&std::fs::read("guest/plugins/greeter/greeter.wasm")?)?;
    let mut plugin = Linker::new(&engine).instantiate(&module, ())?;

    let hello: String = plugin.call("greet", (name.as_str(),))?;
    println!("{hello}");

    // A handle checks name and signature once, for many calls.
    let repeat = plugin.func::<(&str, u32), String>("repeat")?;
    for times in 1..4 {
        println!("{}", repeat.call(&mut plugin, ("ha", times))?);
    }
    println!("{:?}", plugin.heap_stats());
    Ok(())
}
