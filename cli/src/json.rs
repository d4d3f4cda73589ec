//! JSON for machines, which people read on terminals all the same.

use std::fmt::Write;

use hostheap_core::module;
use serde::Serialize;

/// Which toolchain made a module.
#[derive(Debug, Serialize)]
pub(crate) struct Made<'a> {
    id: &'static str,
    version: Option<&'a str>,
    evidence: &'a str,
}

impl<'a> Made<'a> {
    pub(crate) fn of(made: &'a module::Made) -> Self {
        Made { id: made.toolchain.id(), version: made.version.as_deref(), evidence: &made.evidence }
    }
}

/// Pretty JSON that is ASCII wherever a character could steer a terminal or turn a line around.
pub(crate) fn text(value: &impl Serialize) -> String {
    // Only a map with keys that are no strings, or a value that says so itself, can fail.
    let json = serde_json::to_string_pretty(value).unwrap_or_else(|_| "null".to_owned());
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // Within a string, or it would not be JSON.
        if c != '\n' && !is_harmless(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether Rust shows a character as it is.
fn is_harmless(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_survive_and_steer_nothing() {
        for steering in ["\u{1b}[31m", "\u{9b}2J", "\u{202e}", "\u{7f}", "\u{e0041}", "a\nb\"\\"] {
            let json = text(&[steering]);
            let back: Vec<String> = serde_json::from_str(&json).expect("is JSON");
            assert_eq!(back, [steering]);
            assert!(json.lines().flat_map(str::chars).all(is_harmless), "{json:?}");
        }
        assert_eq!(text(&"é"), "\"é\"");
    }
}
