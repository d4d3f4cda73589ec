//! Plugins say from which line of their source a block was asked for, and hosts that want to know
//! remember it.

use hostheap_core::CallSite;

use crate::guests;
use crate::rig::{PluginOf, try_load};
use crate::subject::Subject;

const FILE: &str = "plugins/sites/sites.c";

fn sites<S: Subject>(wanted: bool) -> PluginOf<S> {
    let plugin = try_load::<S, ()>(&guests::wasm("sites"), (), |linker| {
        linker.call_sites(wanted);
    });
    plugin.unwrap_or_else(|error| panic!("{}: {error:?}", S::name()))
}

/// Where the live block of a pointer came from.
fn site<S: Subject>(plugin: &mut PluginOf<S>, block: u32) -> Option<CallSite> {
    assert!(plugin.heap().blocks().any(|live| live.offset == block), "{block:#x} is live");
    plugin.call_site(block)
}

/// Each member of the family that allocates.
pub fn a_block_knows_its_line<S: Subject>() {
    let mut plugin = sites::<S>(true);
    let line: u32 = plugin.call("here", ()).unwrap();
    let block: u32 = plugin.call("keep", (100_u32,)).unwrap();
    let found = site::<S>(&mut plugin, block).unwrap();
    assert_eq!(found, CallSite { file: FILE.to_owned(), line });
    assert_eq!(found.to_string(), format!("{FILE}:{line}"));
    for (name, size) in [("aligned", Some(64_u32)), ("copied", None), ("zeroed", None)] {
        let block: u32 = match size {
            Some(size) => plugin.call(name, (size,)).unwrap(),
            None => plugin.call(name, ()).unwrap(),
        };
        assert_eq!(site::<S>(&mut plugin, block).unwrap().file, FILE, "{name}");
    }
    assert_eq!(plugin.call_site(block + 16), None, "no block starts there");
}

/// The line of a `realloc`, wherever the block is then.
pub fn a_block_knows_who_resized_it_last<S: Subject>() {
    let mut plugin = sites::<S>(true);
    let first: u32 = plugin.call("keep", (100_u32,)).unwrap();
    let line: u32 = plugin.call("extend_line", ()).unwrap();
    for size in [120_u32, 10_000] {
        let block: u32 = plugin.call("extend", (size,)).unwrap();
        assert_eq!(site::<S>(&mut plugin, block).unwrap().line, line);
    }
    assert_eq!(plugin.call_site(first), None, "it has moved");
    // One that fails leaves the block, and what is known of it.
    let failed: u32 = plugin.call("extend", (0x8000_0000_u32,)).unwrap();
    assert_eq!(failed, 0);
    let live = plugin.heap().blocks().next().unwrap().offset;
    assert_eq!(plugin.call_site(live).unwrap().line, line);
}

/// Not of the block that was there before.
pub fn a_block_without_a_line_has_none<S: Subject>() {
    let mut plugin = sites::<S>(true);
    let block: u32 = plugin.call("keep", (100_u32,)).unwrap();
    plugin.call::<_, ()>("drop", ()).unwrap();
    assert_eq!(plugin.call_site(block), None);
    let again: u32 = plugin.call("unmarked", (100_u32,)).unwrap();
    assert_eq!(again, block, "the same place");
    assert_eq!(site::<S>(&mut plugin, again), None);
}

/// The import is there for every plugin, and does nothing.
pub fn nothing_is_remembered_unasked<S: Subject>() {
    let mut plugin = sites::<S>(false);
    let block: u32 = plugin.call("keep", (100_u32,)).unwrap();
    assert_eq!(site::<S>(&mut plugin, block), None);
    plugin.call::<_, ()>("drop", ()).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A name that is nowhere, that does not end, or that is no text.
pub fn a_lie_about_a_line_harms_nobody<S: Subject>() {
    let mut plugin = sites::<S>(true);
    for file in [0_u32, 1, 0xffff_ffff, 0xffff_fff0, 65_535] {
        let block: u32 = plugin.call("lie", (file, u32::MAX)).unwrap();
        if let Some(site) = site::<S>(&mut plugin, block) {
            assert!(site.file.chars().count() <= 1024 && site.line == u32::MAX, "{site}");
        }
    }
    assert_eq!(plugin.heap_stats().live_blocks, 5);
}
