//! `docs/convention/kept-blocks.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    let table = plugin.keep(&[0.0, 10.0, 40.0])?;
    plugin.call::<_, ()>("set_table", (&table, 3u32))?; // a pointer; the length apart

    let y: f64 = plugin.call("look_up", (1.5,))?; // the table is still there
    assert_eq!(y, 25.0);

    // The host may change it between calls.
    table.with(plugin, |bytes| bytes[8..16].copy_from_slice(&20f64.to_le_bytes()))?;
    assert_eq!(plugin.call::<_, f64>("look_up", (1.0,))?, 20.0);

    // Tell the plugin first, then let go.
    plugin.call::<_, ()>("set_table", (None::<&[f64]>,))?;
    drop(table);
    assert_eq!(plugin.call::<_, f64>("look_up", (1.0,))?, 0.0);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    // [/host]

    let table = plugin.keep(&[1.0])?;
    let mut other = crate::load("guest/plugins/tour/tour.wasm")?;
    page.shows(other.call::<_, ()>("set_table", (&table, 1u32)).unwrap_err());
    Ok(())
}
