//! Buffers that the plugin changes or fills.

use crate::kv::Store;

// [recipe]
use hostheap::Plugin;
use hostheap::convention::Out;

/// An image of one byte per pixel.
struct Image {
    width: u32,
    pixels: Vec<u8>,
}

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    let mut image = Image { width: 4, pixels: (0..16).map(|n| n * 16).collect() };

    // In place: copied in, changed, copied back.
    plugin.call::<_, ()>("invert", (&mut image.pixels,))?;
    assert_eq!(image.pixels[..3], [255, 239, 223]);

    // From one buffer to another, which is not copied in.
    let mut half = Image { width: 2, pixels: vec![0; 4] };
    let (from, to) = (&image.pixels, Out(&mut half.pixels));
    plugin.call::<_, ()>("halve", (from, to, image.width))?;
    println!("image: {} pixels wide, {:?}", half.width, half.pixels);
    assert_eq!(half.pixels, [215, 183, 87, 55]);
    Ok(())
}
// [/recipe]
