//! One host function, one plugin, three runtimes: the host is written once, generic over them.
//!
//! `cargo run -p hostheap --all-features --example three_runtimes`

use hostheap::generic::{Backend, Engine, Guest, Linker};

/// Counts the words of a text, with a plugin that keeps them in a hash table in its own heap.
fn count<B: Backend>(wasm: &[u8], text: &str) -> anyhow::Result<String> {
    let engine = Engine::<B>::new()?;
    let mut plugin = Linker::<B, ()>::new(&engine).instantiate(&engine.load(wasm)?, ())?;
    let counts = plugin.call("count", (text,))?;
    let heap = plugin.heap_stats();
    println!("{}: peak {} bytes in {} blocks", B::NAME, heap.peak_bytes, heap.peak_blocks);
    Ok(counts)
}

/// Runs a plugin that calls back: `log` and `lookup` are the same source for every runtime.
fn converse<B: Backend>(wasm: &[u8]) -> anyhow::Result<Vec<String>> {
    let engine = Engine::<B>::new()?;
    let mut linker = Linker::<B, Vec<String>>::new(&engine);
    linker.func("host", "log", |guest: &mut Guest<'_, B, Vec<String>>, line: String| {
        guest.state_mut().push(line);
    })?;
    linker.func("host", "now", |_: &mut Guest<'_, B, Vec<String>>| 0i64)?;
    linker.func("host", "lookup", |_: &mut Guest<'_, B, Vec<String>>, key: String| {
        format!("the {key}")
    })?;
    let mut plugin = linker.instantiate(&engine.load(wasm)?, Vec::new())?;
    plugin.call::<_, String>("greet_user", ("reader",))?;
    plugin.call::<_, ()>("say", ("that was all",))?;
    Ok(std::mem::take(plugin.state_mut()))
}

fn main() -> anyhow::Result<()> {
    let wordcount = std::fs::read("guest/plugins/wordcount/wordcount.wasm")?;
    let host_greeter = std::fs::read("guest/plugins/host_greeter/host_greeter.wasm")?;
    let text = "the heap of the host is the heap of the plugin";

    let counts = [
        #[cfg(feature = "wasmtime")]
        count::<hostheap::wasmtime::Backend>(&wordcount, text)?,
        #[cfg(feature = "wasmer")]
        count::<hostheap::wasmer::Backend>(&wordcount, text)?,
        #[cfg(feature = "wasmi")]
        count::<hostheap::wasmi::Backend>(&wordcount, text)?,
    ];
    let lines = [
        #[cfg(feature = "wasmtime")]
        converse::<hostheap::wasmtime::Backend>(&host_greeter)?,
        #[cfg(feature = "wasmer")]
        converse::<hostheap::wasmer::Backend>(&host_greeter)?,
        #[cfg(feature = "wasmi")]
        converse::<hostheap::wasmi::Backend>(&host_greeter)?,
    ];
    assert!(counts.windows(2).all(|pair| pair[0] == pair[1]), "the runtimes count alike");
    assert!(lines.windows(2).all(|pair| pair[0] == pair[1]), "the runtimes log alike");
    print!("{}", counts[0]);
    println!("{}", lines[0].join("\n"));
    Ok(())
}
