//! `docs/convention/slices.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    let total: i64 = plugin.call("sum", (&[1, 2, 3],))?; // &[T; N], &Vec<T> or &[T]
    assert_eq!(total, 6);

    let mut numbers = vec![1.0, 2.5];
    plugin.call::<_, ()>("scale", (&mut numbers, 2.0))?;
    assert_eq!(numbers, [2.0, 5.0]);

    let mut all = [1.0; 4];
    plugin.call::<_, ()>("scale", (&mut all[1..3], 3.0))?; // a part of it
    assert_eq!(all, [1.0, 3.0, 3.0, 1.0]);

    let squares: Vec<u32> = plugin.call("squares", (5u32,))?;
    assert_eq!(squares, [0, 1, 4, 9, 16]);

    // A handle takes slices of any length and lifetime.
    let sum = plugin.func::<(&[i32],), i64>("sum")?;
    for part in [7, 8, 9, 10].chunks(2) {
        sum.call(plugin, (part,))?;
    }
    // [/host]

    assert_eq!(plugin.heap_stats().live_blocks, 0);
    page.shows(plugin.call::<_, Vec<u32>>("misaligned", ()).unwrap_err());
    page.shows(plugin.call::<_, Vec<u32>>("in_bytes", ()).unwrap_err());
    Ok(())
}
