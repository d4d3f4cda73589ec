//! Building the plugins: `guest/build.sh` does it.

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The plugins.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// Name and bytes.
    pub(crate) built: Vec<(String, Vec<u8>)>,
    /// Name, and why it is missing.
    pub(crate) missing: Vec<(String, String)>,
}

impl Modules {
    /// A plugin's bytes.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.built.iter().find(|(built, _)| built == name).map(|(_, wasm)| wasm.as_slice())
    }
}

/// Builds them next to this program. Nothing is downloaded if it has to be `quick`.
pub(crate) fn build(quick: bool) -> Result<Modules> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/build.sh");
    let out = out_dir()?;
    let output = Command::new("sh")
        .arg(&script)
        .arg(&out)
        .env("FETCH", if quick { "no" } else { "yes" })
        // The plugins are for another machine.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("no shell to run guest/build.sh with")?;
    if !output.status.success() {
        bail!("guest/build.sh failed; see above");
    }
    let mut modules = Modules::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["built", name] => {
                let wasm = std::fs::read(out.join(name).with_extension("wasm"))
                    .with_context(|| format!("the plugin {name}"))?;
                modules.built.push((name.to_owned(), wasm));
            }
            ["missing", name, why] => modules.missing.push((name.to_owned(), why.to_owned())),
            _ => bail!("guest/build.sh says: {line}"),
        }
    }
    Ok(modules)
}

/// A directory beside this program.
fn out_dir() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.with_file_name("heap-bench-guest"))
}
