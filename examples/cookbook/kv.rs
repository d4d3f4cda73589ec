//! Host functions that belong together, with state.

// [recipe]
use std::collections::BTreeMap;

use hostheap::convention::{GuestError, GuestStr};
use hostheap::{Guest, Linker, Plugin, Result};

/// The host's state: one for each plugin.
#[derive(Debug, Default)]
pub(crate) struct Store {
    values: BTreeMap<String, String>,
}

/// Offers the functions of `kv`.
pub(crate) fn define(linker: &mut Linker<Store>) -> Result<()> {
    // The key is only looked at: memory and state at once, and no copy but the result's.
    linker.func("kv", "get", |guest: &mut Guest<'_, Store>, key: GuestStr| {
        let (memory, store) = guest.memory_and_state()?;
        Ok::<_, hostheap::Error>(store.values.get(key.of(memory)?).cloned())
    })?;
    // What is kept is copied.
    linker.func("kv", "set", |guest: &mut Guest<'_, Store>, key: String, value: String| {
        guest.state_mut().values.insert(key, value);
    })?;
    linker.func("kv", "count", |guest: &mut Guest<'_, Store>| guest.state().values.len() as u32)?;
    Ok(())
}

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    plugin.state_mut().values.insert("a".into(), "1".into());

    let count = plugin.call::<_, Result<u32, GuestError>>("rename", ("a", "b"))??;
    println!("kv: {count} keys, {:?}", plugin.state());
    assert_eq!(plugin.state().values["b"], "1");

    let missing = plugin.call::<_, Result<u32, GuestError>>("rename", ("z", "b"))?;
    assert_eq!(missing.unwrap_err().code, 1);
    Ok(())
}
// [/recipe]
