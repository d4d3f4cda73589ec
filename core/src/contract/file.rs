//! Reads a contract's file.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::policy::{Matter, Policy, Wasi};
use super::{Contract, ContractError, Prototype, size};
use crate::module::Member;

impl Contract {
    /// Reads a contract from a TOML file.
    ///
    /// ```
    /// use hostheap_core::contract::Contract;
    ///
    /// let contract = Contract::from_toml(
    ///     r#"
    ///     name = "text filter"
    ///     # malloc = ["malloc", "free"]    # members of the family; all of them by default
    ///     # c_types = "struct point { double x, y; };"
    ///
    ///     [imports.host]                   # what plugins may import from module "host"
    ///     log = "(line: str)"
    ///     now = "() -> i64"
    ///
    ///     [exports]
    ///     greet = "(name: str) -> string"
    ///     sum = { type = "(slice<i32>) -> i64", optional = true }
    ///
    ///     [memory]
    ///     initial = "1M"                   # at most
    ///     maximum = "16M"                  # at most, if the plugin declares one
    ///     growable = true                  # must be
    ///
    ///     [policy]                         # "allow", "warn" or "refuse"
    ///     wasi = ["fd_write"]              # or only these calls
    ///     second_allocator = "refuse"
    ///     legacy = "warn"
    ///     start = "allow"
    ///     unknown_layout = "warn"
    ///     extra_exports = "allow"
    ///     command = "warn"
    ///     wrapped_exports = "warn"
    ///     "#,
    /// )?;
    /// assert_eq!(Contract::from_toml(&contract.to_toml())?, contract);
    ///
    /// let error = Contract::from_toml("[policy]\nwasmi = \"allow\"").unwrap_err();
    /// assert!(error.to_string().starts_with("line 2, column 1: unknown key `wasmi`: expected wasi, "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ContractError`] with the place of the first thing that is wrong: the syntax, a key that is
    /// not known, a value of another type, a prototype.
    pub fn from_toml(text: &str) -> Result<Contract, ContractError> {
        let root = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            ContractError::at(text, offset, error.message())
        })?;
        let file = File { text };
        let root = root.into_inner();
        let mut contract = Contract::default();
        for (key, value) in &root {
            match key.get_ref().as_ref() {
                "name" => contract.name = file.string(value)?.to_string(),
                "c_types" => contract.c_types = file.string(value)?.to_string(),
                "malloc" => contract.family = file.members(value)?,
                "imports" => file.imports(value, &mut contract)?,
                "exports" => file.exports(value, &mut contract)?,
                "memory" => file.memory(value, &mut contract)?,
                "policy" => file.policy(value, &mut contract)?,
                _ => {
                    let known =
                        ["name", "malloc", "imports", "exports", "memory", "policy", "c_types"];
                    return Err(file.unknown(key, &known));
                }
            }
        }
        Ok(contract)
    }
}

type Key<'a> = Spanned<toml::de::DeString<'a>>;
type Value<'a> = Spanned<DeValue<'a>>;
type Result<T, E = ContractError> = core::result::Result<T, E>;

struct File<'a> {
    text: &'a str,
}

impl<'a> File<'a> {
    fn error(&self, value: &Value<'_>, reason: impl Into<String>) -> ContractError {
        ContractError::at(self.text, value.span().start, reason)
    }

    fn unknown(&self, key: &Key<'_>, known: &[&str]) -> ContractError {
        let name = key.get_ref();
        let reason = format!("unknown key `{}`: expected {}", name.escape_debug(), list_of(known));
        ContractError::at(self.text, key.span().start, reason)
    }

    fn expected(&self, value: &Value<'_>, what: &str) -> ContractError {
        self.error(value, format!("expected {what}, found {}", value.get_ref().type_str()))
    }

    fn string<'v>(&self, value: &'v Value<'_>) -> Result<&'v str> {
        value.get_ref().as_str().ok_or_else(|| self.expected(value, "a string"))
    }

    fn boolean(&self, value: &Value<'_>) -> Result<bool> {
        value.get_ref().as_bool().ok_or_else(|| self.expected(value, "true or false"))
    }

    fn table<'v, 'i>(&self, value: &'v Value<'i>, what: &str) -> Result<&'v DeTable<'i>> {
        value.get_ref().as_table().ok_or_else(|| self.expected(value, what))
    }

    fn prototype(&self, value: &Value<'_>) -> Result<Prototype> {
        self.string(value)?.parse().map_err(|error| self.error(value, format!("{error}")))
    }

    fn members(&self, value: &Value<'_>) -> Result<alloc::collections::BTreeSet<Member>> {
        let what = "a list of members of the malloc family";
        let list = value.get_ref().as_array().ok_or_else(|| self.expected(value, what))?;
        let member = |value| {
            let name = self.string(value)?;
            let member = Member::named(name);
            member.ok_or_else(|| {
                let known = Member::ALL.map(Member::name);
                let name = name.escape_debug();
                self.error(value, format!("`{name}` is none of {}", list_of(&known)))
            })
        };
        list.iter().map(member).collect()
    }

    fn imports(&self, value: &Value<'_>, contract: &mut Contract) -> Result<()> {
        let what = "a table for each module: [imports.host]";
        for (module, functions) in self.table(value, what)? {
            for (name, prototype) in self.table(functions, what)? {
                let prototype = self.prototype(prototype)?;
                let functions = contract.imports.entry(module.get_ref().to_string()).or_default();
                functions.insert(name.get_ref().to_string(), prototype);
            }
        }
        Ok(())
    }

    fn exports(&self, value: &Value<'_>, contract: &mut Contract) -> Result<()> {
        for (name, value) in self.table(value, "a table: [exports]")? {
            let (mut prototype, mut optional) = (None, false);
            match value.get_ref() {
                DeValue::String(_) => prototype = Some(self.prototype(value)?),
                DeValue::Table(table) => {
                    for (key, value) in table {
                        match key.get_ref().as_ref() {
                            "type" => prototype = Some(self.prototype(value)?),
                            "optional" => optional = self.boolean(value)?,
                            _ => return Err(self.unknown(key, &["type", "optional"])),
                        }
                    }
                }
                _ => return Err(self.expected(value, "a prototype, or a table with a `type`")),
            }
            let prototype = prototype.ok_or_else(|| {
                self.error(value, "no `type`: expected type = \"(str) -> string\"")
            })?;
            let export = super::Export { prototype, optional };
            contract.exports.insert(name.get_ref().to_string(), export);
        }
        Ok(())
    }

    fn memory(&self, value: &Value<'_>, contract: &mut Contract) -> Result<()> {
        for (key, value) in self.table(value, "a table: [memory]")? {
            match key.get_ref().as_ref() {
                "initial" => contract.memory.initial = Some(self.size(value)?),
                "maximum" => contract.memory.maximum = Some(self.size(value)?),
                "growable" => contract.memory.growable = self.boolean(value)?,
                _ => return Err(self.unknown(key, &["initial", "maximum", "growable"])),
            }
        }
        Ok(())
    }

    fn size(&self, value: &Value<'_>) -> Result<u64> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            // Other radixes are rare in sizes; their digits are refused as such.
            DeValue::Integer(number) => number.to_string(),
            _ => return Err(self.expected(value, "bytes, or a size such as \"16M\"")),
        };
        size::parse(&text).map_err(|reason| self.error(value, reason))
    }

    fn policy(&self, value: &Value<'_>, contract: &mut Contract) -> Result<()> {
        for (key, value) in self.table(value, "a table: [policy]")? {
            let name = key.get_ref().as_ref();
            if name == "wasi" {
                contract.wasi = self.wasi(value)?;
            } else if let Some(matter) = Matter::ALL.into_iter().find(|matter| matter.id() == name)
            {
                contract.policies.insert(matter, self.one_policy(value)?);
            } else {
                let known = core::iter::once("wasi").chain(Matter::ALL.map(Matter::id));
                return Err(self.unknown(key, &known.collect::<Vec<_>>()));
            }
        }
        Ok(())
    }

    fn one_policy(&self, value: &Value<'_>) -> Result<Policy> {
        let name = self.string(value)?;
        Policy::ALL.into_iter().find(|policy| policy.id() == name).ok_or_else(|| {
            let name = name.escape_debug();
            self.error(value, format!("`{name}` is none of allow, warn and refuse"))
        })
    }

    fn wasi(&self, value: &Value<'_>) -> Result<Wasi> {
        match value.get_ref() {
            DeValue::Array(calls) => {
                let calls: Result<Vec<&str>> = calls.iter().map(|call| self.string(call)).collect();
                Ok(Wasi::only(calls?))
            }
            DeValue::String(_) => self.one_policy(value).map(Wasi::All),
            _ => Err(self.expected(value, "allow, warn, refuse or a list of calls")),
        }
    }
}

/// `a, b or c`.
fn list_of(known: &[&str]) -> String {
    match known {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
