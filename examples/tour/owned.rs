//! `docs/convention/owned.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    use hostheap::convention::Owned;

    plugin.call::<_, ()>("push", (Owned("first"),))?;
    plugin.call::<_, ()>("push", (Owned("second"),))?;
    assert_eq!(plugin.heap_stats().live_blocks, 2); // the plugin's, until it frees them

    let last: Option<String> = plugin.call("pop", ())?;
    assert_eq!(last.as_deref(), Some("second"));
    assert_eq!(plugin.heap_stats().live_blocks, 1);
    // [/host]

    page.shows(plugin.call::<_, ()>("free_argument", ("lent",)).unwrap_err());
    Ok(())
}
