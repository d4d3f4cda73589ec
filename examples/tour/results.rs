//! `docs/convention/results.md`

use hostheap::Plugin;

use crate::Page;

// [structs]
use bytemuck::{Pod, Zeroable};
use hostheap::convention::CStruct;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Colour {
    rgba: [u8; 4], // laid out as four fields are
}

impl CStruct for Colour {
    const C_NAME: &'static str = "struct colour";
}
// [/structs]

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [strings]
    // Whatever the shape, the call is the same.
    for name in ["name_packed", "name_struct", "name_static"] {
        let name: String = plugin.call(name, ())?;
        assert_eq!(name, "Ada");
    }
    // [/strings]

    // [vectors]
    let primes: Vec<u16> = plugin.call("primes", ())?;
    assert_eq!(primes, [2, 3, 5, 7]);
    // [/vectors]

    // [struct calls]
    for name in ["orange", "orange_block"] {
        let colour: Colour = plugin.call(name, ())?;
        assert_eq!(colour.rgba, [255, 128, 0, 255]);
    }
    // [/struct calls]

    // [tuples]
    let (min, max): (i32, i32) = plugin.call("min_max", (&[3, -1, 2],))?;
    assert_eq!((min, max), (-1, 3));
    // [/tuples]

    assert_eq!(plugin.heap_stats().live_blocks, 0);
    page.shows(plugin.call::<_, String>("tick", ()).unwrap_err());
    Ok(())
}
