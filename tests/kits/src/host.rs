//! The host of these plugins: what they may import, and what it remembers of their calls.

use hostheap::generic::{self, Engine, Export, Guest, Linker, Plugin};
use hostheap::{Contract, Limits, LoadOptions};

/// A backend with the one signature of these plugins that not every backend promises.
pub trait Backend: generic::Backend + Export<(i32, i32, f64), ()> {}

impl<B: generic::Backend + Export<(i32, i32, f64), ()>> Backend for B {}

/// What the plugin told its host.
#[derive(Debug, Default)]
pub struct Host {
    /// Each text that `tell` was given.
    pub told: Vec<String>,
    /// Each question of `ask`.
    pub asked: Vec<String>,
}

/// A plugin of the kits on a runtime.
pub type KitPlugin<B> = Plugin<B, Host>;

/// Loads and instantiates a plugin, checked against the contract.
///
/// # Errors
///
/// What the contract, the module or the runtime has against it, in words.
pub fn load<B: Backend>(wasm: &[u8], limits: Limits) -> Result<KitPlugin<B>, String> {
    let contract = Contract::from_toml(crate::CONTRACT).map_err(|error| error.to_string())?;
    let engine = Engine::<B>::new().map_err(|error| error.to_string())?;
    let report = contract.check(wasm);
    if !report.passes() {
        return Err(report.to_string());
    }
    let module = engine.load_with(wasm, &LoadOptions::default()).map_err(|e| e.to_string())?;

    let mut linker = Linker::<B, Host>::new(&engine);
    linker
        .func("host", "tell", |guest: &mut Guest<'_, B, Host>, text: String| {
            guest.state_mut().told.push(text);
        })
        .map_err(|error| error.to_string())?;
    linker
        .func("host", "ask", |guest: &mut Guest<'_, B, Host>, question: String| {
            let answer = (question != "nothing?").then(|| format!("{question} yes"));
            guest.state_mut().asked.push(question);
            answer
        })
        .map_err(|error| error.to_string())?;
    linker.limits(limits);
    linker.instantiate(&module, Host::default()).map_err(|error| error.to_string())
}
