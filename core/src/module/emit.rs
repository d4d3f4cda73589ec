//! Writes a module with some of its sections changed and all others copied byte for byte.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use wasm_encoder::{Encode, ExportKind, MemorySection, MemoryType, RawSection, Section, SectionId};
use wasmparser::{BinaryReader, ImportSectionReader, TypeRef};

use super::ModuleError;
use super::parse::FEATURES;
use super::tables::{self, Table};

/// What to change.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Minimum and maximum in pages of the memory the module defines afterwards.
    pub(super) memory: Option<(u64, Option<u64>)>,
    /// The tables that the module defines, with other maxima.
    pub(super) tables: Option<Vec<Table>>,
    pub(super) drop_memory_import: bool,
    pub(super) export_memory: Option<String>,
    /// Name for the first table.
    pub(super) export_table: Option<String>,
    /// Names for functions, and their indices.
    pub(super) export_functions: Vec<(String, u32)>,
    pub(super) drop_start: bool,
}

impl Changes {
    fn added_exports(&self) -> u32 {
        u32::from(self.export_memory.is_some())
            + u32::from(self.export_table.is_some())
            + u32::try_from(self.export_functions.len()).unwrap_or(u32::MAX)
    }

    fn write_exports(&self, out: &mut Vec<u8>) {
        if let Some(name) = &self.export_memory {
            name.encode(out);
            ExportKind::Memory.encode(out);
            0_u32.encode(out);
        }
        if let Some(name) = &self.export_table {
            name.encode(out);
            ExportKind::Table.encode(out);
            0_u32.encode(out);
        }
        for (name, function) in &self.export_functions {
            name.encode(out);
            ExportKind::Func.encode(out);
            function.encode(out);
        }
    }
}

/// Magic number and version.
const HEADER: usize = 8;

const IMPORT: u8 = SectionId::Import as u8;
const TABLE: u8 = SectionId::Table as u8;
const MEMORY: u8 = SectionId::Memory as u8;
const EXPORT: u8 = SectionId::Export as u8;
const START: u8 = SectionId::Start as u8;

/// Where a section stands among the others, which its number alone does not tell. Custom sections
/// stand anywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    BeforeMemory,
    Memory,
    BeforeExport,
    Export,
    AfterExport,
}

fn place(id: u8) -> Option<Place> {
    const CUSTOM: u8 = SectionId::Custom as u8;
    const TYPE: u8 = SectionId::Type as u8;
    const TAG: u8 = SectionId::Tag as u8;
    const GLOBAL: u8 = SectionId::Global as u8;
    Some(match id {
        CUSTOM => return None,
        TYPE..=TABLE => Place::BeforeMemory,
        MEMORY => Place::Memory,
        TAG | GLOBAL => Place::BeforeExport,
        EXPORT => Place::Export,
        _ => Place::AfterExport,
    })
}

/// Writes the module anew. Bytes that do not have the expected sections are another module's.
pub(super) fn emit(wasm: &[u8], changes: &Changes) -> Result<Vec<u8>, ModuleError> {
    let header = wasm.get(..HEADER).ok_or(ModuleError::OtherModule)?;
    let mut out = Output { bytes: Vec::with_capacity(wasm.len() + 64), known_end: HEADER };
    out.bytes.extend_from_slice(header);
    let mut memory = changes.memory.map(|(minimum, maximum)| MemoryType {
        minimum,
        maximum,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports_due = changes.added_exports() > 0;

    let mut reader = BinaryReader::new(wasm.get(HEADER..).unwrap_or_default(), HEADER);
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8()?;
        let size = usize::try_from(reader.read_var_u32()?).map_err(|_| ModuleError::OtherModule)?;
        let contents_start = reader.original_position();
        let contents = reader.read_bytes(size)?;
        let whole = wasm.get(start..reader.original_position()).unwrap_or_default();

        let Some(place) = place(id) else {
            out.bytes.extend_from_slice(whole);
            continue;
        };
        if place >= Place::Memory {
            out.memory(memory.take());
        }
        if place > Place::Export && mem::take(&mut exports_due) {
            out.exports(BinaryReader::new(&[0], 0), changes)?;
        }
        match id {
            IMPORT if changes.drop_memory_import => {
                if let Some(imports) = without_memory(contents, contents_start)? {
                    out.section(&RawSection { id, data: &imports });
                }
            }
            TABLE if changes.tables.is_some() => {
                let tables = changes.tables.as_deref().unwrap_or_default();
                out.section(&tables::section(tables));
            }
            // Written above.
            MEMORY if changes.memory.is_some() => {}
            EXPORT if mem::take(&mut exports_due) => {
                out.exports(BinaryReader::new(contents, contents_start), changes)?;
            }
            START if changes.drop_start => {}
            _ => {
                out.bytes.extend_from_slice(whole);
                out.known_end = out.bytes.len();
            }
        }
    }
    out.memory(memory);
    if exports_due {
        out.exports(BinaryReader::new(&[0], 0), changes)?;
    }
    Ok(out.bytes)
}

struct Output {
    bytes: Vec<u8>,
    /// Where the last section ends that is not a custom one. New sections go here: custom sections
    /// may stand anywhere, but names are expected last.
    known_end: usize,
}

impl Output {
    fn section(&mut self, section: &impl Section) {
        let mut written = Vec::new();
        section.append_to(&mut written);
        let length = written.len();
        self.bytes.splice(self.known_end..self.known_end, written);
        self.known_end += length;
    }

    fn memory(&mut self, memory: Option<MemoryType>) {
        if let Some(ty) = memory {
            self.section(MemorySection::new().memory(ty));
        }
    }

    /// An export section: the given one, as it is, and what is to be added.
    fn exports(
        &mut self,
        mut present: BinaryReader<'_>,
        changes: &Changes,
    ) -> Result<(), ModuleError> {
        let count = present.read_var_u32()?;
        let mut data = Vec::new();
        count.saturating_add(changes.added_exports()).encode(&mut data);
        data.extend_from_slice(present.read_bytes(present.bytes_remaining())?);
        changes.write_exports(&mut data);
        self.section(&RawSection { id: EXPORT, data: &data });
        Ok(())
    }
}

/// The contents of an import section without the memory in it; `None` if that was all.
fn without_memory(contents: &[u8], offset: usize) -> Result<Option<Vec<u8>>, ModuleError> {
    let reader = BinaryReader::new_features(contents, offset, FEATURES);
    let mut kept = 0_u32;
    let mut entries = Vec::new();
    let mut copy = |from: Option<usize>, to: usize| {
        if let Some(from) = from {
            let entry = contents.get(from - offset..to - offset);
            entries.extend_from_slice(entry.unwrap_or_default());
        }
    };
    // Where the entry before starts, if it is kept: it ends where the next one starts.
    let mut before = None;
    for import in ImportSectionReader::new(reader)?.into_imports_with_offsets() {
        let (start, import) = import?;
        copy(before, start);
        let keep = !matches!(import.ty, TypeRef::Memory(_));
        kept += u32::from(keep);
        before = keep.then_some(start);
    }
    copy(before, offset + contents.len());
    if kept == 0 {
        return Ok(None);
    }
    let mut section = Vec::with_capacity(entries.len() + 5);
    kept.encode(&mut section);
    section.extend_from_slice(&entries);
    Ok(Some(section))
}
