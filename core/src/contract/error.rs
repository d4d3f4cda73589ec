//! What is wrong with a contract's file.

use alloc::string::String;
use core::fmt;

/// Why a text is no [`Contract`](super::Contract).
///
/// Displays as `line 5, column 1: unknown key `wasmi`: expected …`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContractError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what is expected.
    pub reason: String,
}

impl core::error::Error for ContractError {}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl ContractError {
    /// At an offset in bytes from the start of the text.
    #[cfg(feature = "toml")]
    pub(super) fn at(text: &str, offset: usize, reason: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        ContractError {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            reason: reason.into(),
        }
    }
}
