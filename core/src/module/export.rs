//! Looking up an export, and what to say when it is not there.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::text::{Names, Quoted};
use super::types::{Export, ExternType};
use crate::FuncType;

/// Why an export cannot be used as a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// Nothing is exported by this name.
    Missing {
        /// The name that was asked for.
        name: String,
        /// Exported functions of a similar name, nearest first; all of them when they are few.
        near: Vec<String>,
    },
    /// Something else than a function is exported by this name.
    NotAFunction {
        /// The name that was asked for.
        name: String,
        /// What it is.
        found: ExternType,
    },
}

impl core::error::Error for ExportError {}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Missing { name, near } => {
                write!(f, "the module exports no function {}", Quoted(name))?;
                if near.is_empty() {
                    f.write_str(", nor one of a similar name")?;
                } else {
                    write!(f, "; it exports {}", Names(near))?;
                }
                if near.iter().any(|found| is_mangled(found, name)) {
                    return f.write_str(": declare the function `extern \"C\"`");
                }
                write!(
                    f,
                    ": export it with `-Wl,--export={}`, or in Rust with `#[unsafe(no_mangle)] pub \
                     extern \"C\" fn`",
                    name.escape_debug()
                )
            }
            ExportError::NotAFunction { name, found } => {
                write!(f, "export {}: expected a function, found {found}", Quoted(name))
            }
        }
    }
}

/// The type of the function exported as `name`.
pub(super) fn func<'a>(exports: &'a [Export], name: &str) -> Result<&'a FuncType, ExportError> {
    match exports.iter().find(|export| export.name == name) {
        Some(Export { ty: ExternType::Func(ty), .. }) => Ok(ty),
        Some(other) => {
            Err(ExportError::NotAFunction { name: name.to_string(), found: other.ty.clone() })
        }
        None => Err(ExportError::Missing { name: name.to_string(), near: near(exports, name) }),
    }
}

/// Names listed when none is similar, and when several are.
const FEW: usize = 8;

/// Exports compared at most, and bytes of a name: enough for any real module, little for a
/// hostile one.
const COMPARED: usize = 4096;
const LONGEST: usize = 96;

fn near(exports: &[Export], name: &str) -> Vec<String> {
    let functions = || {
        let functions = exports.iter().filter(|export| matches!(export.ty, ExternType::Func(_)));
        functions.map(|export| export.name.as_str())
    };
    let found = near_names(functions(), name);
    if found.is_empty() && functions().nth(FEW).is_none() {
        return functions().map(ToString::to_string).collect();
    }
    found.into_iter().map(ToString::to_string).collect()
}

/// Names that may be meant by one that is not there, nearest first; a few at most.
pub(crate) fn near_names<'a>(
    candidates: impl Iterator<Item = &'a str>,
    name: &str,
) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = candidates
        .take(COMPARED)
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter_map(|candidate| Some((likeness(name, candidate)?, candidate)))
        .collect();
    found.sort_by_key(|&(distance, _)| distance);
    found.into_iter().take(FEW).map(|(_, candidate)| candidate).collect()
}

/// How far a name is from the one asked for; `None` if too far to be a slip.
fn likeness(asked: &str, candidate: &str) -> Option<usize> {
    if asked.is_empty() || asked.len() > LONGEST {
        return None;
    }
    if asked.eq_ignore_ascii_case(candidate) || is_mangled(candidate, asked) {
        return Some(1);
    }
    if is_swapped(asked.as_bytes(), candidate.as_bytes()) {
        return Some(1);
    }
    let slips = (asked.len() / 3).clamp(1, 3);
    let distance = edit_distance(asked.as_bytes(), candidate.as_bytes());
    (distance <= slips).then_some(distance)
}

/// Whether a name looks like the C++ or Rust encoding of another: `_Z5greetPKc`.
pub(crate) fn is_mangled(mangled: &str, name: &str) -> bool {
    (mangled.starts_with("_Z") || mangled.starts_with("_R"))
        && mangled.contains(&alloc::format!("{}{name}", name.len()))
}

/// Whether one is the other with two neighbours swapped: `lgo` for `log`.
fn is_swapped(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    match (a.get(same..), b.get(same..)) {
        (Some([x, y, rest @ ..]), Some([v, w, other @ ..])) => x == w && y == v && rest == other,
        _ => false,
    }
}

/// Levenshtein distance, by rows.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let up = *cell;
            let best = (diagonal + usize::from(x != y)).min(up + 1).min(left + 1);
            diagonal = up;
            left = best;
            *cell = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
