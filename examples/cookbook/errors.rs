//! Errors of the plugin's, and of the call.

use crate::kv::Store;

// [recipe]
use hostheap::Plugin;
use hostheap::convention::GuestError;

/// What the host makes of a line: `Err` for a bad line, the outer error for a bad plugin.
fn value_of(
    plugin: &mut Plugin<Store>,
    line: &str,
) -> hostheap::Result<Result<String, GuestError>> {
    plugin.call("value_of", (line,))
}

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    assert_eq!(value_of(plugin, "colour = red")?, Ok("red".to_owned()));

    let error = value_of(plugin, "colour").expect("the call goes well").unwrap_err();
    println!("errors: {error}");
    assert_eq!((error.code, error.message.as_str()), (1, "expected KEY = VALUE"));

    // A handle says the types once.
    let value_of = plugin.func::<(&str,), Result<String, GuestError>>("value_of")?;
    assert_eq!(value_of.call(plugin, ("= red",))?.unwrap_err().code, 2);
    Ok(())
}
// [/recipe]
