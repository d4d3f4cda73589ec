//! Tables: what a plugin may make them grow to.
//!
//! A table's elements are host memory, some bytes each, which no limit on linear memory counts; a
//! declared minimum is allocated at once, and runtimes differ in what they do when it is too much.

use alloc::vec::Vec;

use wasm_encoder::{RefType, TableSection, TableType};
use wasmparser::{TableInit, TableSectionReader};

use super::ModuleError;

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

/// The tables with maxima such that together they have no more than `limit` elements; `None` if
/// that is so already.
pub(super) fn limited(tables: &[Table], limit: u64) -> Result<Option<Vec<Table>>, ModuleError> {
    if let Some(index) = tables.iter().position(|table| table.element == Element::Uncommon) {
        return Err(ModuleError::UncommonTable { table: index as u32 });
    }
    let min_elements = tables.iter().fold(0u64, |sum, table| sum.saturating_add(table.min));
    if min_elements > limit {
        return Err(ModuleError::TablesAboveLimit { min_elements, limit_elements: limit });
    }
    // What is left over is shared out evenly.
    let share = (limit - min_elements) / (tables.len() as u64).max(1);
    let limited: Vec<_> = tables
        .iter()
        .map(|&table| {
            let most = table.min + share;
            Table { max: Some(table.max.map_or(most, |max| max.min(most))), ..table }
        })
        .collect();
    Ok((limited != tables).then_some(limited))
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
