//! What goes wrong with a function table.

use core::fmt;

use crate::value::FuncType;

/// A function table that is not there, or does not hold what was asked of it.
///
/// A plugin's function pointer is an index into its function table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// The store has no function table.
    Unbound,
    /// The table has no element of that index.
    OutOfBounds {
        /// The index: the value of the function pointer.
        index: u32,
        /// Elements that the table has.
        size: u32,
    },
    /// There is no function at that index.
    Null {
        /// The index: the value of the function pointer.
        index: u32,
    },
    /// The function at that index has another type than asked for.
    Type {
        /// The index: the value of the function pointer.
        index: u32,
        /// The type asked for.
        expected: FuncType,
        /// The type it has.
        found: FuncType,
    },
    /// The table could not grow; it is as it was.
    Grow {
        /// Elements before the attempt.
        size: u32,
        /// Elements asked for on top.
        by: u32,
        /// The most elements that the table may have, if it declares a maximum.
        max: Option<u64>,
    },
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableError::Unbound => f.write_str(
                "the plugin has no function table: nothing in it calls through a function pointer. \
                 Let the plugin call or take the address of a function; a store below the plugin \
                 layer needs bind_table after instantiation",
            ),
            TableError::OutOfBounds { index, size } => write!(
                f,
                "function pointer {index} lies outside the function table, which has {size} \
                 elements: pass on a pointer that the plugin itself gave"
            ),
            TableError::Null { index: 0 } => f.write_str(
                "function pointer 0 is NULL: the plugin passed no function; check for 0 before the \
                 call, or let the plugin pass one",
            ),
            TableError::Null { index } => write!(
                f,
                "there is no function at function pointer {index}: it was never set, or was taken \
                 away since; pass on a pointer whose function is still there"
            ),
            TableError::Type { index, expected, found } => write!(
                f,
                "the function at function pointer {index} has type {found}, and the host asks for \
                 {expected}: give both sides one prototype"
            ),
            TableError::Grow { size, by, max: Some(max) } => write!(
                f,
                "the function table of {size} elements cannot grow by {by}: its maximum is {max} \
                 elements; raise LoadOptions::callback_slots, or take callbacks away that are no \
                 longer needed"
            ),
            TableError::Grow { size, by, max: None } => write!(
                f,
                "the function table of {size} elements cannot grow by {by}: the runtime refused \
                 (out of host memory, or past its own limit)"
            ),
        }
    }
}

impl core::error::Error for TableError {}
