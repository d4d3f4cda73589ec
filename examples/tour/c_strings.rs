//! `docs/convention/c-strings.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    use std::ffi::{CStr, CString};

    let absolute: bool = plugin.call("is_absolute", (c"/etc/hosts",))?; // c"…" is a &CStr
    assert!(absolute);

    let path = CString::new(String::from("/etc/hosts"))?; // an error if there is a NUL in it
    let name: CString = plugin.call("base_name", (&path,))?;
    assert_eq!(name.to_str()?, "hosts");

    let separator: CString = plugin.call("separator", ())?;
    assert_eq!(separator.as_c_str(), c"/");

    let is_absolute = plugin.func::<(&CStr,), bool>("is_absolute")?;
    assert!(!is_absolute.call(plugin, (c"etc",))?);
    // [/host]

    assert_eq!(plugin.heap_stats().live_blocks, 0);
    page.shows(plugin.call::<_, String>("base_name", (c"/etc",)).unwrap_err());
    page.shows(plugin.call::<_, CString>("unterminated", ()).unwrap_err());
    assert!(plugin.call::<_, CString>("no_name", ()).is_err());
    assert_eq!(plugin.call::<_, Option<CString>>("no_name", ())?, None);
    Ok(())
}
