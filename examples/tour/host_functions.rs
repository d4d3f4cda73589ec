//! `docs/convention/host-functions.md`

use crate::Page;

// [types]
use bytemuck::{Pod, Zeroable};
use hostheap::convention::{
    CStruct, Fallible, GuestBytes, GuestError, GuestSlice, GuestStr, Owned,
};
use hostheap::{Engine, Guest, Linker};

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Stats {
    min: f64,
    max: f64,
}

impl CStruct for Stats {
    const C_NAME: &'static str = "struct stats";
}

/// The host's state: one for each plugin.
#[derive(Debug, Default)]
struct Host {
    lines: Vec<String>,
    published: Vec<String>,
}
// [/types]

pub(crate) fn run(page: Page) -> anyhow::Result<()> {
    // [host]
    let engine = Engine::new()?;
    let mut linker = Linker::<Host>::new(&engine);

    // void log(const char *text, size_t len): a look at the text, no copy of it.
    linker.func("host", "log", |guest: &mut Guest<'_, Host>, text: GuestStr| {
        let (memory, host) = guest.memory_and_state()?;
        host.lines.push(text.of(memory)?.to_uppercase());
        Ok::<(), hostheap::Error>(())
    })?;

    // hh_bytes setting(const char *name, size_t len): a copy of the name, a new block for the value.
    linker.func("host", "setting", |_: &mut Guest<'_, Host>, name: String| {
        (name == "unit").then(|| "metres".to_owned())
    })?;

    // struct stats stats(const double *numbers, size_t count)
    linker.func("host", "stats", |_: &mut Guest<'_, Host>, numbers: Vec<f64>| Stats {
        min: numbers.iter().copied().fold(f64::INFINITY, f64::min),
        max: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })?;

    // void fill(uint8_t *buffer, size_t len, uint8_t byte): writes to the plugin's memory.
    linker.func("host", "fill", |guest: &mut Guest<'_, Host>, to: GuestBytes, byte: u8| {
        guest.with_bytes(to.offset(), to.len(), |bytes| bytes.fill(byte))
    })?;

    // void publish(char *text, size_t len): takes the plugin's block.
    linker.func("host", "publish", |guest: &mut Guest<'_, Host>, text: Owned<String>| {
        guest.state_mut().published.push(text.0);
    })?;

    // int32_t open(hh_bytes *out, const char *path, size_t len): an error that the plugin sees.
    linker.func("host", "open", |_: &mut Guest<'_, Host>, path: String| {
        Fallible::<String>(Err(GuestError::new(2, format!("no file {path}"))))
    })?;

    let wasm = std::fs::read("guest/plugins/tour/tour_host.wasm")?;
    let mut plugin = linker.instantiate(&engine.load(&wasm)?, Host::default())?;
    let range: f64 = plugin.call("run", ())?;
    assert_eq!(range, 4.0);
    assert_eq!(plugin.state().lines, ["METRES", "****", "NO FILE /MISSING"]);
    assert_eq!(plugin.state().published, ["news"]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    // [/host]

    page.shows(plugin.call::<_, ()>("log_wild", ()).unwrap_err());

    let mut wrong = Linker::<()>::new(&engine);
    wrong.func("host", "log", |_: &mut Guest<'_, ()>, _: std::ffi::CString| {})?;
    page.shows(wrong.link(&engine.load(&wasm)?).unwrap_err());

    // [slices]
    let mut linker = Linker::<()>::new(&engine);
    linker.func("host", "double", |guest: &mut Guest<'_, ()>, numbers: GuestSlice<i32>| {
        guest.with_slice(numbers.ptr(), numbers.len(), |all| all.iter_mut().for_each(|n| *n *= 2))
    })?;
    // [/slices]
    Ok(())
}
