//! Writes a contract's file.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use super::policy::Wasi;
use super::{Contract, size};
use crate::module::Member;

impl Contract {
    /// The contract as a TOML file, which `from_toml` reads as the same contract.
    ///
    /// ```
    /// use hostheap_core::contract::Contract;
    ///
    /// let contract = Contract::new("text filter").export("greet", "(str) -> string".parse()?);
    /// assert_eq!(
    ///     contract.to_toml(),
    ///     "name = \"text filter\"\n\n[exports]\ngreet = \"(str) -> string\"\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_toml(&self) -> String {
        let mut file = String::new();
        self.write(&mut file);
        file
    }

    // Writing to a string does not fail.
    fn write(&self, file: &mut String) {
        if !self.name.is_empty() {
            let _ = writeln!(file, "name = {}", string(&self.name));
        }
        if self.family.len() < Member::ALL.len() {
            let _ = writeln!(file, "malloc = {}", array(self.family.iter().map(|m| m.name())));
        }
        if !self.c_types.is_empty() {
            let _ = writeln!(file, "c_types = {}", string(&self.c_types));
        }
        for (module, functions) in &self.imports {
            table(file, &format!("imports.{}", key(module)));
            for (name, prototype) in functions {
                let _ = writeln!(file, "{} = \"{prototype}\"", key(name));
            }
        }
        if !self.exports.is_empty() {
            table(file, "exports");
            for (name, export) in &self.exports {
                let prototype = &export.prototype;
                let _ = if export.optional {
                    writeln!(file, "{} = {{ type = \"{prototype}\", optional = true }}", key(name))
                } else {
                    writeln!(file, "{} = \"{prototype}\"", key(name))
                };
            }
        }
        if self.memory != Default::default() {
            table(file, "memory");
            let limits = [("initial", self.memory.initial), ("maximum", self.memory.maximum)];
            for (key, bytes) in limits {
                if let Some(bytes) = bytes {
                    let _ = writeln!(file, "{key} = \"{}\"", size::show(bytes));
                }
            }
            if self.memory.growable {
                file.push_str("growable = true\n");
            }
        }
        if self.wasi != Wasi::default() || !self.policies.is_empty() {
            table(file, "policy");
            match &self.wasi {
                wasi if *wasi == Wasi::default() => {}
                Wasi::All(policy) => {
                    let _ = writeln!(file, "wasi = \"{policy}\"");
                }
                Wasi::Only(calls) => {
                    let _ = writeln!(file, "wasi = {}", array(calls.iter().map(String::as_str)));
                }
            }
            for (matter, policy) in &self.policies {
                let _ = writeln!(file, "{} = \"{policy}\"", matter.id());
            }
        }
    }
}

fn table(file: &mut String, name: &str) {
    let separator = if file.is_empty() { "" } else { "\n" };
    let _ = writeln!(file, "{separator}[{name}]");
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.into() } else { string(name) }
}

fn array<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: alloc::vec::Vec<String> = items.map(string).collect();
    format!("[{}]", items.join(", "))
}

/// A basic string.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            '\n' => write!(quoted, "\\n"),
            c if c.is_control() => write!(quoted, "\\u{:04X}", u32::from(c)),
            c => write!(quoted, "{c}"),
        };
    }
    quoted.push('"');
    quoted
}
