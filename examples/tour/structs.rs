//! `docs/convention/structs.md`

use hostheap::Plugin;

use crate::Page;

// [types]
use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use hostheap::convention::CStruct;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Point {
    x: f64,
    y: f64,
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

/// Not every bit pattern is a `bool`: these derives instead, and what the plugin wrote is checked.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, NoUninit, CheckedBitPattern)]
struct Item {
    id: u32,
    level: i16,
    fresh: bool,
    grade: u8,
}

impl CStruct for Item {
    const C_NAME: &'static str = "struct item";
}
// [/types]

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    let p = Point { x: 3.0, y: -4.0 };
    let distance: f64 = plugin.call("taxi", (&p,))?;
    assert_eq!(distance, 7.0);

    let mirrored: Point = plugin.call("mirrored", (&p,))?;
    assert_eq!(mirrored, Point { x: -4.0, y: 3.0 });

    let mut points = [p, mirrored];
    plugin.call::<_, ()>("move_all", (&mut points, 10.0))?;
    assert_eq!((points[0].x, points[1].x), (13.0, 6.0));

    let mut item: Item = plugin.call("new_item", (7u32,))?;
    plugin.call::<_, ()>("promote", (&mut item,))?;
    assert_eq!(item, Item { id: 7, level: 1, fresh: false, grade: 0 });
    // [/host]

    assert_eq!(plugin.heap_stats().live_blocks, 0);
    page.shows(plugin.call::<_, Item>("broken_item", ()).unwrap_err());
    Ok(())
}
