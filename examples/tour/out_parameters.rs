//! `docs/convention/out-parameters.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    use hostheap::convention::Out;

    // Only written: nothing is copied in.
    let (mut quotient, mut rest) = (0i64, 0i64);
    plugin.call::<_, ()>("divide", (17i64, 5i64, Out(&mut quotient), Out(&mut rest)))?;
    assert_eq!((quotient, rest), (3, 2));

    // Read and written.
    let mut counter = 41u32;
    plugin.call::<_, ()>("increment", (&mut counter,))?;
    assert_eq!(counter, 42);

    // A buffer to fill. All of it comes back, so look at what the plugin says it wrote.
    let mut buffer = [0u8; 64];
    let len: u32 = plugin.call("read_some", (Out(&mut buffer),))?;
    assert_eq!(&buffer[..len as usize], b"data");
    // [/host]

    // [trap]
    let error = plugin.call::<_, ()>("divide", (1i64, 0i64, Out(&mut quotient), Out(&mut rest)));
    assert!(error.is_err());
    assert_eq!((quotient, rest), (3, 2)); // after a trap nothing is copied back
    // [/trap]
    plugin.guest().clear_poison();
    let mut flag = true;
    page.shows(plugin.call::<_, ()>("bad_flag", (Out(&mut flag),)).unwrap_err());
    assert!(flag);
    Ok(())
}
