//! A configuration that the plugin keeps a pointer to.

use crate::kv::Store;

// [recipe]
use bytemuck::{Pod, Zeroable};
use hostheap::Plugin;
use hostheap::convention::{CStruct, Compose, Composed, GuestPtr, Place};

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct RawConfig {
    gain: f64,
    name: GuestPtr<u8>,
    name_len: u32,
}

impl CStruct for RawConfig {
    const C_NAME: &'static str = "struct config";
}

struct Config {
    gain: f64,
    name: String,
}

impl Compose for Config {
    type Struct = RawConfig;
    fn compose(&self, place: &mut Place<'_>) -> RawConfig {
        let name = place.str(&self.name);
        RawConfig { gain: self.gain, name: name.ptr, name_len: name.len }
    }
}

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    let config = Config { gain: 2.0, name: "loud".into() };
    let block = plugin.keep(Composed(&config))?; // the struct and the name, in one block
    plugin.call::<_, ()>("configure", (&block,))?;
    assert_eq!(plugin.call::<_, f64>("amplify", (21.0,))?, 42.0);

    // Another one: tell the plugin before the old one goes.
    let new = plugin.keep(Composed(&Config { gain: 0.5, name: "quiet".into() }))?;
    plugin.call::<_, ()>("configure", (&new,))?;
    drop(block);
    let name: Option<String> = plugin.call("config_name", ())?;
    println!("config: {name:?}, {}", plugin.call::<_, f64>("amplify", (21.0,))?);
    assert_eq!(name.as_deref(), Some("quiet"));

    plugin.call::<_, ()>("configure", (None::<Composed<'_, RawConfig>>,))?;
    new.free(plugin)?; // at once; dropping it frees it at the next call
    Ok(())
}
// [/recipe]
