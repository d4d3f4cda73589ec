//! Text in, text out.

use crate::kv::Store;

// [recipe]
use hostheap::Plugin;

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    let tidy: String = plugin.call("tidy", ("  many   words ",))?;
    assert_eq!(tidy, "many words");

    // A handle for many calls.
    let tidy = plugin.func::<(&str,), String>("tidy")?;
    for line in ["  one", "two  ", "thr  ee"] {
        println!("tidy: {line:?} -> {:?}", tidy.call(plugin, (line,))?);
    }
    Ok(())
}
// [/recipe]
