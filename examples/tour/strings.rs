//! `docs/convention/strings.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    let found: u32 = plugin.call("vowels", ("Hello, World",))?;
    assert_eq!(found, 3);

    let owned = String::from("ha");
    let laugh: String = plugin.call("repeat", (&owned, 3u32))?;
    assert_eq!(laugh, "hahaha");

    // Bytes: the same in C. A `Vec<u8>` as the result is not checked to be UTF-8.
    let bytes: Vec<u8> = plugin.call("repeat", (&[0xffu8, 0x00], 2u32))?;
    assert_eq!(bytes, [0xff, 0x00, 0xff, 0x00]);

    let names = ["Ada", "Grace", "Alan"];
    let longest: String = plugin.call("longest", (&names[..],))?;
    assert_eq!(longest, "Grace");

    // For many calls: name and signature are checked once.
    let vowels = plugin.func::<(&str,), u32>("vowels")?;
    let counts: Result<Vec<u32>, _> =
        names.iter().map(|name| vowels.call(plugin, (name,))).collect();
    assert_eq!(counts?, [2, 2, 2]);
    // [/host]

    assert_eq!(plugin.heap_stats().live_blocks, 0);
    page.shows(plugin.call::<_, String>("repeat", ("ha",)).unwrap_err());
    page.shows(plugin.call::<_, String>("latin1", ()).unwrap_err());
    page.shows(plugin.call::<_, String>("stack_text", ()).unwrap_err());
    Ok(())
}
