//! What plugin authors get of a contract: a header, and a list of symbols for their linker.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use super::{Contract, Prototype, Role};
use crate::imports::MODULE as ENV;

impl Contract {
    /// A C header for plugins: the host's functions and the plugin's own, with the attributes that
    /// import and export them.
    ///
    /// It goes with hostheap's `guest/c/hostheap.h`, is C99 and C++, and needs no linker flags:
    /// imports get their module and name by attributes. In C the function `log` of module `host` is
    /// called `host_log`. Results of pointer and length are declared as `hh_packed`, which needs no
    /// flags; structs that [`c_types`](Self::c_types) do not define are returned by pointer. A
    /// `bool` is that of `<stdbool.h>`.
    ///
    /// ```
    /// use hostheap_core::contract::Contract;
    ///
    /// let contract = Contract::new("text filter")
    ///     .import("host", "log", "(line: str)".parse()?)
    ///     .export("greet", "(name: str) -> string".parse()?);
    /// let header = contract.c_header();
    /// assert!(header.contains(
    ///     r#"HH_IMPORT("host", "log") void host_log(const char *line, size_t line_len);"#
    /// ));
    /// assert!(header.contains(
    ///     r#"HH_EXPORT("greet") hh_packed greet(const char *name, size_t name_len);"#
    /// ));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn c_header(&self) -> String {
        let mut header = String::new();
        // Writing to a string does not fail.
        let _ = self.write_header(&mut header);
        header
    }

    fn write_header(&self, f: &mut String) -> core::fmt::Result {
        let guard = identifier(&format!("{}_PLUGIN_H", self.name)).to_ascii_uppercase();
        let title = if self.name.is_empty() { "A plugin" } else { &self.name };
        writeln!(
            f,
            "/*\n * {}: what plugins import from the host, and export to it.",
            note(title)
        )?;
        writeln!(
            f,
            " *\n * Made from the host's contract. The conventions are those of hostheap.h."
        )?;
        writeln!(f, " */\n#ifndef {guard}\n#define {guard}\n")?;
        writeln!(f, "#include <stdbool.h>\n#include \"hostheap.h\"\n")?;
        writeln!(f, "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n")?;
        self.write_types(f)?;

        // In C all functions share one space of names.
        let mut taken: BTreeSet<String> =
            self.exports.keys().map(|name| identifier(name)).collect();
        if !self.imports.is_empty() {
            writeln!(f, "/* ---- Host functions: imports ---- */\n")?;
        }
        for (module, functions) in &self.imports {
            for (name, prototype) in functions {
                let mut c_name = identifier(&format!("{module}_{name}"));
                while !taken.insert(c_name.clone()) {
                    c_name.push('_');
                }
                writeln!(f, "/* {}.{}: {prototype} */", note(module), note(name))?;
                let attribute = format!("HH_IMPORT({}, {})", quoted(module), quoted(name));
                self.declare(f, &attribute, &c_name, prototype, Role::Import)?;
            }
        }
        for (optional, title) in [
            (false, "The plugin's functions: exports"),
            (true, "The plugin's functions that it may leave out"),
        ] {
            let mut exports =
                self.exports.iter().filter(|(_, export)| export.optional == optional).peekable();
            if exports.peek().is_none() {
                continue;
            }
            writeln!(f, "/* ---- {title} ---- */\n")?;
            for (name, export) in exports {
                let prototype = &export.prototype;
                let attribute = format!("HH_EXPORT({})", quoted(name));
                writeln!(f, "/* {}: {prototype} */", note(name))?;
                self.declare(f, &attribute, &identifier(name), prototype, Role::Export)?;
            }
        }
        writeln!(f, "#ifdef __cplusplus\n}}\n#endif\n\n#endif")
    }

    /// The types of the prototypes: the host's definitions, and declarations of what they lack.
    fn write_types(&self, f: &mut String) -> core::fmt::Result {
        if !self.c_types.is_empty() {
            writeln!(f, "{}\n", self.c_types.trim_end())?;
        }
        let exports = self.exports.values().map(|export| &export.prototype);
        let all = self.imports.values().flat_map(|functions| functions.values()).chain(exports);
        let (mut structs, mut functions) = (BTreeSet::new(), false);
        for prototype in all {
            structs.extend(prototype.structs());
            functions |= prototype.has_functions();
        }
        structs.retain(|name| !self.defines(name));
        for name in &structs {
            match name.strip_prefix("struct ") {
                Some(_) => writeln!(f, "{name};")?,
                None => writeln!(f, "typedef struct {name} {name};")?,
            }
        }
        if !structs.is_empty() {
            writeln!(f)?;
        }
        if functions {
            writeln!(f, "/* A function pointer: cast it to the type that was agreed on. */")?;
            writeln!(f, "#ifndef HH_FUNC\n#define HH_FUNC")?;
            writeln!(f, "typedef void (*hh_func)(void);\n#endif\n")?;
        }
        Ok(())
    }

    /// Whether the host's C definitions have this type.
    fn defines(&self, name: &str) -> bool {
        self.c_types.match_indices(name).any(|(at, _)| {
            let after = self.c_types.get(at + name.len()..).unwrap_or("");
            let before = self.c_types.get(..at).unwrap_or("");
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let whole = !after.starts_with(word) && !before.ends_with(word);
            // A struct is defined by its fields; a typedef's name stands where it is defined.
            whole && (!name.starts_with("struct ") || after.trim_start().starts_with('{'))
        })
    }

    fn declare(
        &self,
        f: &mut String,
        attribute: &str,
        name: &str,
        prototype: &Prototype,
        role: Role,
    ) -> core::fmt::Result {
        let (mut result, first) = prototype.c_result();
        if result.starts_with("struct {") {
            let named = format!("struct {name}_result");
            writeln!(f, "{};", result.replacen("struct", &named, 1))?;
            result = named;
        } else if prototype.structs().contains(&result.as_str()) && !self.defines(&result) {
            result.push_str(" *");
        }
        let params = prototype.c_params_named(role).into_iter().map(|param| {
            // A function pointer without a prototype is a warning in C, and another type in C++.
            match param.strip_prefix("void (*").and_then(|param| param.strip_suffix(")()")) {
                Some(name) => format!("hh_func {name}"),
                None => param,
            }
        });
        let params: Vec<String> = first.into_iter().chain(params).collect();
        let params = if params.is_empty() { "void".to_string() } else { params.join(", ") };
        let space = if result.ends_with('*') { "" } else { " " };
        writeln!(f, "{attribute} {result}{space}{name}({params});\n")
    }

    /// The symbols that a plugin may leave undefined, for `wasm-ld --allow-undefined-file=`: unlike
    /// `--allow-undefined` it makes imports of these only, and a misspelt name stays an error.
    ///
    /// These are the malloc family and the host functions of module `env`, which is where the linker
    /// puts undefined symbols. Those of other modules need the attributes of
    /// [`c_header`](Self::c_header), and no flag.
    ///
    /// ```
    /// use hostheap_core::contract::Contract;
    /// use hostheap_core::module::Member;
    ///
    /// let contract = Contract::new("text filter")
    ///     .family([Member::Malloc, Member::Free])
    ///     .import("env", "now", "() -> i64".parse()?)
    ///     .import("host", "log", "(line: str)".parse()?);
    /// let file = contract.allow_file();
    /// let symbols: Vec<_> = file.lines().filter(|line| !line.starts_with('#')).collect();
    /// assert_eq!(symbols, ["malloc", "free", "now"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allow_file(&self) -> String {
        let mut file = String::from(
            "# What plugins may leave undefined: wasm-ld --allow-undefined-file=FILE\n",
        );
        let others = self.imports.keys().any(|module| module != ENV);
        if others {
            file.push_str(
                "# Only what is imported from `env`: other modules need the attributes of the header.\n",
            );
        }
        for member in &self.family {
            let _ = writeln!(file, "{member}");
        }
        let named = self.imports.get(ENV).into_iter().flat_map(|functions| functions.keys());
        for name in named {
            let known = self.family.iter().any(|member| member.name() == name);
            // No symbol has a line break in it, and one that begins with # would be a comment.
            if !known && !name.starts_with('#') && !name.contains(['\n', '\r']) {
                let _ = writeln!(file, "{name}");
            }
        }
        file
    }
}

/// As much of a name as can be one in C.
fn identifier(name: &str) -> String {
    let mut identifier = String::new();
    for c in name.chars() {
        let first = identifier.is_empty();
        if first && c.is_ascii_digit() {
            identifier.push('_');
        }
        identifier.push(if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' });
    }
    if super::prototype::is_keyword(&identifier) || identifier.is_empty() {
        identifier.push('_');
    }
    identifier
}

/// A string literal.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            c if c.is_control() && u32::from(c) < 0x80 => {
                write!(quoted, "\\{:03o}", u32::from(c))
            }
            c => write!(quoted, "{c}"),
        };
    }
    quoted.push('"');
    quoted
}

/// What can stand in a comment.
fn note(text: &str) -> String {
    text.escape_debug().to_string().replace("*/", "* /").replace("/*", "/ *")
}
