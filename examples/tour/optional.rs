//! `docs/convention/optional.md`

use hostheap::Plugin;

use crate::Page;

// [types]
use bytemuck::{Pod, Zeroable};
use hostheap::convention::{CStruct, Out};

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Size {
    width: u32,
    height: u32,
}

impl CStruct for Size {
    const C_NAME: &'static str = "struct size";
}
// [/types]

pub(crate) fn run(plugin: &mut Plugin<()>, _: Page) -> anyhow::Result<()> {
    // [host]
    let title: String = plugin.call("title", (None::<&str>,))?;
    assert_eq!(title, "nobody");
    let title: String = plugin.call("title", (Some(""),))?; // not None: the pointer is not NULL
    assert_eq!(title, "");

    let mut cube = 0;
    let square: i32 = plugin.call("powers", (3, Some(Out(&mut cube))))?;
    assert_eq!((square, cube), (9, 27));
    let square: i32 = plugin.call("powers", (3, None::<Out<'_, i32>>))?;
    assert_eq!(square, 9);

    let names: [Option<String>; 3] = [
        plugin.call("nickname", (0u32,))?,
        plugin.call("nickname", (1u32,))?,
        plugin.call("nickname", (2u32,))?,
    ];
    assert_eq!(names, [None, Some("".into()), Some("Ada".into())]);

    let size: Option<Size> = plugin.call("icon_size", (true,))?;
    assert_eq!(size, Some(Size { width: 16, height: 16 }));
    // [/host]

    assert_eq!(plugin.call::<_, Option<Size>>("icon_size", (false,))?, None);
    assert_eq!(plugin.call::<_, String>("nickname", (0u32,))?, "");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    Ok(())
}
