//! From bytes to facts, in one pass over the sections.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use wasmparser::{
    CodeSectionReader, CompositeInnerType, DataKind, DataSectionReader, ExternalKind, FunctionBody,
    Parser, Payload, RecGroup, TypeRef, TypeSectionReader, WasmFeatures,
};

use super::const_expr::{self, Global};
use super::contents::Contents;
use super::custom::Custom;
use super::data::Data;
use super::family::Member;
use super::rewrite::TABLE_EXPORT;
use super::scan::Code;
use super::survey::Survey;
use super::types::{ADDRESSABLE, Export, ExternType, Import, MemoryInfo, PAGE};
use super::{ModuleError, census, find_base, tables, toolchain};
use crate::{FuncType, ValType};

/// Parameters and results of all imports and exports together. A type is written once in a module
/// and copied for each of its uses here, so this bounds what a small module can make us copy.
const SIGNATURE_VALUES: u64 = 1 << 20;

/// What the binary format is taken to allow. The compact encoding of imports states a module name
/// once for any number of them, which would let a small module make us copy without bound; no
/// runtime has it by default.
pub(super) const FEATURES: WasmFeatures =
    WasmFeatures::all().difference(WasmFeatures::COMPACT_IMPORTS);

pub(super) fn survey(wasm: &[u8]) -> Result<Survey, ModuleError> {
    if !wasm.starts_with(b"\0asm") {
        return Err(ModuleError::NotWasm { found: wasm.iter().copied().take(8).collect() });
    }
    // Version and layer follow the magic number; layer 1 is the component model.
    if wasm.get(6..8) == Some(&[1, 0]) {
        return Err(ModuleError::Component);
    }
    let mut facts = Facts::read(wasm)?;
    if facts.custom.linking && facts.imports.iter().any(|i| i.name == "__linear_memory") {
        return Err(ModuleError::ObjectFile);
    }
    let mut problems = Vec::new();
    let memory = facts.memory(&mut problems);
    let mut data = mem::take(&mut facts.data);
    data.finish();
    let layout = memory
        .as_ref()
        .and_then(|memory| find_base::layout(&facts, &mut data, memory, &mut problems));
    let code = Code::read(&facts);
    let table_export = facts.table_export();
    let toolchain = toolchain::detect(&facts);
    let census = census::take(&facts, &code, &toolchain);
    // The host's heap would stay above all that the module starts with.
    if let (Some(memory), Some(_)) = (&memory, &layout)
        && census.shares_memory()
        && memory.min_bytes >= ADDRESSABLE
    {
        problems.push(ModuleError::NoRoom { memory_bytes: memory.min_bytes });
    }
    let contents = Contents {
        wrapped_exports: code.wrapped_exports(&facts),
        imports: facts.imports,
        exports: facts.exports,
        tables: facts.tables,
        table_export,
        start: facts.start,
        name: facts.custom.name,
        producers: facts.custom.producers,
        toolchain,
        census,
        data,
        len: wasm.len(),
    };
    Ok(Survey { contents, memory, layout, problems })
}

/// Everything read from the sections, before it is judged.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    wasm: &'a [u8],
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    /// Index of each export in the index space of its kind.
    pub(super) export_indices: Vec<u32>,
    pub(super) globals: Vec<Global>,
    pub(super) data: Data,
    pub(super) custom: Custom,
    tables: Vec<tables::Table>,
    start: Option<u32>,
    /// By type index; `None` for the types of garbage-collected objects.
    types: Vec<Option<FuncType>>,
    /// Type index of each function, imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
    memories: u64,
    memory: Option<wasmparser::MemoryType>,
    memory_import: Option<usize>,
    memory_offset: usize,
    code: Option<Range<usize>>,
    signature_values: u64,
}

impl<'a> Facts<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self, ModuleError> {
        let mut facts = Facts { wasm, ..Facts::default() };
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        for payload in parser.parse_all(wasm) {
            facts.section(payload?)?;
        }
        Ok(facts)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), ModuleError> {
        match payload {
            Payload::TypeSection(types) => self.type_section(&types),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(offset, import)?;
                }
                self.imported_functions = self.functions.len();
                Ok(())
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
                Ok(())
            }
            Payload::TableSection(tables) => {
                self.tables = tables::read(tables)?;
                Ok(())
            }
            Payload::MemorySection(memories) => {
                for memory in memories.into_iter_with_offsets() {
                    let (offset, memory) = memory?;
                    self.add_memory(offset, memory);
                }
                Ok(())
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    let mut entry = global_of(global.ty);
                    if entry.ty == ValType::I32 {
                        entry.initial = const_expr::value(&global.init_expr, &self.globals);
                    }
                    self.globals.push(entry);
                }
                Ok(())
            }
            Payload::ExportSection(exports) => {
                for export in exports.into_iter_with_offsets() {
                    let (offset, export) = export?;
                    self.export(offset, export)?;
                }
                Ok(())
            }
            Payload::StartSection { func, range } => self.start(range.start, func),
            Payload::CodeSectionStart { range, .. } => {
                self.code = Some(range);
                Ok(())
            }
            Payload::DataSection(data) => self.data_section(data),
            Payload::CustomSection(section) => {
                self.custom.section(&section);
                Ok(())
            }
            Payload::UnknownSection { id, range, .. } => {
                Err(ModuleError::malformed(range.start, format!("unknown section {id}")))
            }
            // Elements and bodies are the runtime's business.
            _ => Ok(()),
        }
    }

    fn type_section(&mut self, types: &TypeSectionReader<'a>) -> Result<(), ModuleError> {
        let range = types.range();
        let bytes = self.wasm.get(range.clone()).unwrap_or_default();
        let mut reader = wasmparser::BinaryReader::new(bytes, range.start);
        for _ in 0..reader.read_var_u32()? {
            // A group's reader allocates for the stated number of types before it reads the
            // first, and each takes at least two bytes.
            let mut ahead = reader.clone();
            if ahead.read_u8()? == REC_GROUP {
                let offset = ahead.original_position();
                let stated = usize::try_from(ahead.read_var_u32()?).unwrap_or(usize::MAX);
                if stated > ahead.bytes_remaining() / 2 {
                    return Err(ModuleError::malformed(
                        offset,
                        format!("a group states {stated} types, more than fit in its section"),
                    ));
                }
            }
            for ty in reader.read::<RecGroup>()?.types() {
                self.types.push(match &ty.composite_type.inner {
                    CompositeInnerType::Func(ty) => Some(FuncType::new(
                        ty.params().iter().map(|&ty| val_type(ty)),
                        ty.results().iter().map(|&ty| val_type(ty)),
                    )),
                    _ => None,
                });
            }
        }
        if reader.eof() {
            Ok(())
        } else {
            Err(ModuleError::malformed(reader.original_position(), "bytes after the last type"))
        }
    }

    fn import(&mut self, offset: usize, import: wasmparser::Import<'_>) -> Result<(), ModuleError> {
        let ty = match import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                ExternType::Func(self.func_type(offset, index)?)
            }
            TypeRef::Global(ty) => {
                let global = global_of(ty);
                self.globals.push(global);
                ExternType::Global { ty: global.ty, mutable: global.mutable }
            }
            TypeRef::Memory(ty) => {
                if self.memories == 0 {
                    self.memory_import = Some(self.imports.len());
                }
                self.add_memory(offset, ty);
                memory_type(ty)
            }
            TypeRef::Table(_) => ExternType::Table,
            TypeRef::Tag(_) => ExternType::Tag,
        };
        self.imports.push(Import {
            module: import.module.to_string(),
            name: import.name.to_string(),
            ty,
        });
        Ok(())
    }

    fn export(&mut self, offset: usize, export: wasmparser::Export<'_>) -> Result<(), ModuleError> {
        let ty = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                ExternType::Func(self.function(offset, export.index)?)
            }
            ExternalKind::Memory => match self.memory {
                Some(ty) if u64::from(export.index) < self.memories => memory_type(ty),
                _ => return Err(no_such(offset, "memory", export.index)),
            },
            ExternalKind::Global => match self.global(export.index) {
                Some(global) => ExternType::Global { ty: global.ty, mutable: global.mutable },
                None => return Err(no_such(offset, "global", export.index)),
            },
            ExternalKind::Table => ExternType::Table,
            ExternalKind::Tag => ExternType::Tag,
        };
        self.exports.push(Export { name: export.name.to_string(), ty });
        self.export_indices.push(export.index);
        Ok(())
    }

    /// A start function runs by itself only if it has no parameters and results, and so does one
    /// that is moved to an export.
    fn start(&mut self, offset: usize, index: u32) -> Result<(), ModuleError> {
        let ty = self.function(offset, index)?;
        if ty != FuncType::default() {
            return Err(ModuleError::malformed(offset, format!("start function has type {ty}")));
        }
        self.start = Some(index);
        Ok(())
    }

    fn data_section(&mut self, segments: DataSectionReader<'_>) -> Result<(), ModuleError> {
        for (index, segment) in (0..).zip(segments) {
            let segment = segment?;
            let start = match &segment.kind {
                DataKind::Active { memory_index: 0, offset_expr } => {
                    const_expr::value(offset_expr, &self.globals)
                }
                DataKind::Active { memory_index, .. }
                    if u64::from(*memory_index) >= self.memories =>
                {
                    return Err(no_such(segment.range.start, "memory", *memory_index));
                }
                _ => None,
            };
            let Some(start) = start else {
                self.data.unknown.get_or_insert(index);
                continue;
            };
            let start = u64::from(start);
            let end = start + segment.data.len() as u64;
            if self.data.last.is_none_or(|(_, last)| end > last) {
                self.data.last = Some((index, end));
            }
            // An empty segment says nothing about where data lies.
            if end > start {
                self.data.ranges.push((start, end));
            }
        }
        Ok(())
    }

    fn add_memory(&mut self, offset: usize, memory: wasmparser::MemoryType) {
        if self.memories == 0 {
            self.memory = Some(memory);
            self.memory_offset = offset;
        }
        self.memories += 1;
    }

    /// The first memory, and what keeps a host from managing it.
    fn memory(&self, problems: &mut Vec<ModuleError>) -> Option<MemoryInfo> {
        let Some(ty) = self.memory else {
            problems.push(ModuleError::NoMemory);
            return None;
        };
        if self.memories > 1 {
            problems.push(ModuleError::SeveralMemories { count: self.memories });
        }
        if ty.memory64 {
            problems.push(ModuleError::Memory64);
        }
        if ty.shared {
            problems.push(ModuleError::SharedMemory);
        }
        if let Some(log2) = ty.page_size_log2 {
            problems.push(ModuleError::CustomPageSize { page_bytes: 1 << log2.min(63) });
        }
        if !self.addresses_are_plain() {
            return None;
        }
        let limit = ADDRESSABLE / PAGE;
        let maximum = ty.maximum.unwrap_or(limit);
        if ty.initial > maximum || maximum > limit {
            problems.push(ModuleError::malformed(
                self.memory_offset,
                format!("memory limits of {} to {maximum} pages", ty.initial),
            ));
            return None;
        }
        let exported = || {
            let memories =
                self.exports.iter().filter(|e| matches!(e.ty, ExternType::Memory { .. }));
            memories.map(|export| &export.name)
        };
        Some(MemoryInfo {
            min_bytes: ty.initial * PAGE,
            max_bytes: ty.maximum.map(|pages| pages * PAGE),
            imported: self
                .memory_import
                .and_then(|index| self.imports.get(index))
                .map(|import| (import.module.clone(), import.name.clone())),
            exported_as: exported()
                .find(|name| *name == "memory")
                .or_else(|| exported().next())
                .cloned(),
        })
    }

    /// Whether the first memory has 32-bit addresses and ordinary pages.
    fn addresses_are_plain(&self) -> bool {
        self.memory.is_some_and(|ty| !ty.memory64 && ty.page_size_log2.is_none())
    }

    pub(super) fn imported_functions(&self) -> usize {
        self.imported_functions
    }

    /// Whether a function has this type.
    pub(super) fn has_type(&self, function: u32, wanted: &FuncType) -> bool {
        let index = usize::try_from(function).ok();
        let ty = index.and_then(|index| self.functions.get(index)).copied();
        let ty = ty.and_then(|ty| self.types.get(usize::try_from(ty).ok()?)?.as_ref());
        ty.is_some_and(|ty| ty == wanted)
    }

    /// The name of the first table, the linker's own if it has several.
    fn table_export(&self) -> Option<String> {
        let exports = || {
            let exports = self.exports.iter().zip(&self.export_indices);
            let first = exports.filter(|(e, index)| e.ty == ExternType::Table && **index == 0);
            first.map(|(export, _)| &export.name)
        };
        exports().find(|name| *name == TABLE_EXPORT).or_else(|| exports().next()).cloned()
    }

    pub(super) fn global(&self, index: u32) -> Option<Global> {
        self.globals.get(usize::try_from(index).ok()?).copied()
    }

    /// What the function of this index returns, if that is a constant.
    pub(super) fn returned(&self, function: u32) -> Option<u32> {
        let defined = usize::try_from(function).ok()?.checked_sub(self.imported_functions)?;
        let body = self.bodies()?.nth(defined)?.ok()?;
        const_expr::returned(&body, &self.globals)
    }

    /// Whether functions that the module exports or defines have the names of allocators'.
    pub(super) fn shows_names_of_allocators(&self) -> bool {
        let is_defined =
            |index: u32| usize::try_from(index).is_ok_and(|i| i >= self.imported_functions);
        self.custom.allocators.iter().any(|(index, ..)| is_defined(*index))
            || self.exports.iter().any(|export| {
                Member::from_name(&export.name).is_some()
                    && matches!(export.ty, ExternType::Func(_))
            })
    }

    /// The code section's contents.
    pub(super) fn code(&self) -> &'a [u8] {
        let range = self.code.clone();
        range.and_then(|range| self.wasm.get(range)).unwrap_or_default()
    }

    /// The bodies of the functions that the module defines, in order.
    pub(super) fn bodies(
        &self,
    ) -> Option<impl Iterator<Item = wasmparser::Result<FunctionBody<'a>>> + use<'a>> {
        let start = self.code.clone()?.start;
        let bytes = wasmparser::BinaryReader::new(self.code(), start);
        Some(CodeSectionReader::new(bytes).ok()?.into_iter())
    }

    /// A copy of a function's type.
    fn function(&mut self, offset: usize, index: u32) -> Result<FuncType, ModuleError> {
        let ty = usize::try_from(index).ok().and_then(|index| self.functions.get(index)).copied();
        self.func_type(offset, ty.ok_or_else(|| no_such(offset, "function", index))?)
    }

    fn func_type(&mut self, offset: usize, index: u32) -> Result<FuncType, ModuleError> {
        let ty = usize::try_from(index).ok().and_then(|index| self.types.get(index));
        let Some(Some(ty)) = ty else { return Err(no_such(offset, "function type", index)) };
        self.signature_values += (ty.params.len() + ty.results.len()) as u64;
        if self.signature_values > SIGNATURE_VALUES {
            return Err(ModuleError::TooLarge {
                what: "parameters and results of imports and exports",
                limit: SIGNATURE_VALUES,
            });
        }
        Ok(ty.clone())
    }
}

/// First byte of a group of types that may refer to each other.
const REC_GROUP: u8 = 0x4e;

fn no_such(offset: usize, kind: &str, index: u32) -> ModuleError {
    ModuleError::malformed(offset, format!("there is no {kind} {index}"))
}

fn global_of(ty: wasmparser::GlobalType) -> Global {
    Global { ty: val_type(ty.content_type), mutable: ty.mutable, initial: None }
}

fn memory_type(ty: wasmparser::MemoryType) -> ExternType {
    // No overflow to branch on: LLVM looks at that first and at whether there is a maximum second,
    // and valgrind then reports a jump that depends on uninitialised bytes.
    let bytes = |pages: u64| pages.min(u64::MAX / PAGE) * PAGE;
    ExternType::Memory { min_bytes: bytes(ty.initial), max_bytes: ty.maximum.map(bytes) }
}

pub(super) fn val_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(_) => ValType::Ref,
    }
}
