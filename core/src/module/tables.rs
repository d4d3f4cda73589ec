//! Tables: what a plugin may make them grow to, and what a host may.
//!
//! A table's elements are host memory, some bytes each, which no limit on linear memory counts; a
//! declared minimum is allocated at once, and runtimes differ in what they do when it is too much.

use alloc::vec::Vec;

use wasm_encoder::{RefType, TableSection, TableType};
use wasmparser::{TableInit, TableSectionReader};

use super::{ModuleError, PrepareOptions};

/// Tables that a module may define.
const TABLES: usize = 64;

/// One table that the module defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Elements that it starts with.
    min: u64,
    /// Elements that it may grow to.
    max: Option<u64>,
    element: Element,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Func,
    Extern,
    /// Of a proposal that is not common to the runtimes: another element type, 64-bit indices, or
    /// an initial value.
    Uncommon,
}

impl Table {
    /// Whether it holds functions, at indices that are a C plugin's function pointers.
    pub(super) fn is_of_functions(&self) -> bool {
        self.element == Element::Func
    }
}

pub(super) fn read(tables: TableSectionReader<'_>) -> Result<Vec<Table>, ModuleError> {
    let mut found = Vec::new();
    for table in tables {
        let table = table?;
        if found.len() == TABLES {
            return Err(ModuleError::TooLarge { what: "tables", limit: TABLES as u64 });
        }
        let ty = table.ty;
        let common = !ty.table64 && !ty.shared && matches!(table.init, TableInit::RefNull);
        let element = match ty.element_type {
            wasmparser::RefType::FUNCREF if common => Element::Func,
            wasmparser::RefType::EXTERNREF if common => Element::Extern,
            _ => Element::Uncommon,
        };
        found.push(Table { min: ty.initial, max: ty.maximum, element });
    }
    Ok(found)
}

/// Tables with other maxima, and what is other about them.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) tables: Vec<Table>,
    /// Some may grow to less than before.
    pub(super) limited: bool,
    /// The first may grow to more: from how many elements to how many.
    pub(super) raised: Option<(u64, u64)>,
}

/// The tables within the options' limit, and the function table, if the first is that, with room
/// for the host's functions. That room comes on top of the limit where the limit leaves none: it is
/// the host's own number. Fitted tables fitted again stay what they are.
pub(super) fn fitted(
    tables: &[Table],
    has_function_table: bool,
    options: &PrepareOptions,
) -> Result<Fitted, ModuleError> {
    let mut fitted = match options.max_table_elements {
        Some(limit) => limited(tables, limit)?,
        None => tables.to_vec(),
    };
    // Without a limit nobody has refused the uncommon ones, and they cannot be written anew.
    let common = tables.iter().all(|table| table.element != Element::Uncommon);
    if let Some(first) = fitted.first_mut().filter(|_| has_function_table && common) {
        let slots = u64::from(options.callback_slots);
        // The first place of an empty table is NULL, which is no place for a function.
        let null = u64::from(first.min == 0 && slots > 0);
        let wanted = first.min.saturating_add(null + slots).min(u32::MAX.into());
        // A maximum below the minimum is the runtime's to refuse.
        first.max = first.max.map(|max| if max < first.min { max } else { max.max(wanted) });
    }
    let below = |(new, old): (&Table, &Table)| match (new.max, old.max) {
        (Some(new), Some(old)) => new < old,
        (new, old) => new != old,
    };
    let limited = fitted.iter().zip(tables).any(below);
    let raised = fitted.first().zip(tables.first()).and_then(|(new, old)| old.max.zip(new.max));
    Ok(Fitted { limited, raised: raised.filter(|(from, to)| to > from), tables: fitted })
}

/// The tables with maxima such that together they have no more than `limit` elements.
fn limited(tables: &[Table], limit: u64) -> Result<Vec<Table>, ModuleError> {
    if let Some(index) = tables.iter().position(|table| table.element == Element::Uncommon) {
        return Err(ModuleError::UncommonTable { table: index as u32 });
    }
    let min_elements = tables.iter().fold(0u64, |sum, table| sum.saturating_add(table.min));
    if min_elements > limit {
        return Err(ModuleError::TablesAboveLimit { min_elements, limit_elements: limit });
    }
    // What is left over is shared out evenly.
    let share = (limit - min_elements) / (tables.len() as u64).max(1);
    let limited = tables.iter().map(|&table| {
        let most = table.min + share;
        Table { max: Some(table.max.map_or(most, |max| max.min(most))), ..table }
    });
    Ok(limited.collect())
}

pub(super) fn section(tables: &[Table]) -> TableSection {
    let mut section = TableSection::new();
    for table in tables {
        section.table(TableType {
            element_type: match table.element {
                Element::Extern => RefType::EXTERNREF,
                // Uncommon ones were refused before.
                Element::Func | Element::Uncommon => RefType::FUNCREF,
            },
            table64: false,
            minimum: table.min,
            maximum: table.max,
            shared: false,
        });
    }
    section
}
