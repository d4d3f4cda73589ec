//! `docs/convention/scalars.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    let middle: f64 = plugin.call("average", (1.0, 2.0))?;
    assert_eq!(middle, 1.5);

    let clamped: i8 = plugin.call("clamp", (1000, -10i8, 10i8))?;
    assert_eq!(clamped, 10);

    let even: bool = plugin.call("is_even", (u64::MAX,))?;
    assert!(!even);

    let letter: char = plugin.call("upper", ('h',))?;
    assert_eq!(letter, 'H');

    plugin.call::<_, ()>("tick", ())?; // no arguments, no result
    // [/host]

    page.shows(plugin.call::<_, f64>("average", (1.0f32, 2.0f32)).unwrap_err());
    page.shows(plugin.call::<_, char>("surrogate", ()).unwrap_err());
    Ok(())
}
