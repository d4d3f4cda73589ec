//! A module, validated and decoded.

use std::collections::BTreeMap;
use std::mem;

use hostheap_core::FuncType;
use hostheap_core::link::ImportType;
use wasmparser::{
    BlockType, CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, Encoding,
    ExternalKind, FuncValidatorAllocations, GlobalType, KnownCustom, MemoryType, Name,
    NameSectionReader, Parser, Payload, RecGroup, TableInit, TableType, TypeRef, ValidPayload,
    Validator, WasmFeatures,
};

use super::code::{Code, Const};
use super::error::{self, Refused};

/// Validation knows every proposal, so that what this interpreter does not have is refused here,
/// by name. Without compact imports, as `hostheap_core::module` reads modules.
const FEATURES: WasmFeatures = WasmFeatures::all().difference(WasmFeatures::COMPACT_IMPORTS);

/// A module as the interpreter wants it. Indices are those of the binary format.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) types: Types,
    pub(super) imports: Vec<Import>,
    /// The type of each function, imported ones first: canonical, see [`Types`].
    functions: Vec<u32>,
    imported_functions: usize,
    codes: Vec<Code>,
    pub(super) tables: Vec<Table>,
    pub(super) memory: Option<MemoryType>,
    pub(super) globals: Vec<Global>,
    exports: BTreeMap<String, (ExternalKind, u32)>,
    pub(super) start: Option<u32>,
    pub(super) elements: Vec<Elements>,
    pub(super) data: Vec<Data>,
    names: BTreeMap<u32, String>,
}

/// Something that the module wants to be given.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) ty: ImportType,
}

/// A table and what its slots hold at first.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) ty: TableType,
    pub(super) init: Const,
}

/// A global and its first value.
#[derive(Debug)]
pub(super) struct Global {
    pub(super) ty: GlobalType,
    pub(super) init: Const,
}

/// An element segment.
#[derive(Debug)]
pub(super) struct Elements {
    pub(super) items: Vec<Const>,
    pub(super) place: Place,
}

/// A data segment.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) bytes: Box<[u8]>,
    pub(super) place: Place,
}

/// When a segment is copied, and where to.
#[derive(Debug)]
pub(super) enum Place {
    /// By instantiation, which then drops it: to this table or memory, at this offset.
    Active(u32, Const),
    /// By the guest.
    Passive,
    /// Never: it names functions that the code refers to.
    Declared,
}

impl Module {
    pub(super) fn decode(wasm: &[u8]) -> Result<Self, Refused> {
        let mut module = Module::default();
        let mut validator = Validator::new_with_features(FEATURES);
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        let mut allocations = FuncValidatorAllocations::default();
        for payload in parser.parse_all(wasm) {
            let payload = payload?;
            // The parser knows components if anything else in the build wants it to.
            if matches!(payload, Payload::Version { encoding: Encoding::Component, .. }) {
                return Err(Refused::unsupported("the component model"));
            }
            if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                let mut validator = function.into_validator(mem::take(&mut allocations));
                let ty = module.functions.get(validator.index() as usize).copied();
                let code =
                    Code::compile(&module.types, ty.unwrap_or_default(), &mut validator, &body)?;
                module.codes.push(code);
                allocations = validator.into_allocations();
            }
            module.section(payload)?;
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'_>) -> Result<(), Refused> {
        match payload {
            Payload::TypeSection(groups) => {
                for group in groups {
                    self.types.add(group?)?;
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let ty = self.import(import.ty)?;
                    let (module, name) = (import.module.to_owned(), import.name.to_owned());
                    self.imports.push(Import { module, name, ty });
                }
            }
            Payload::FunctionSection(types) => {
                for ty in types {
                    self.functions.push(self.types.canonical(ty?));
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let table = table?;
                    let init = match table.init {
                        TableInit::RefNull => Const::null(),
                        TableInit::Expr(expr) => Const::compile(&expr)?,
                    };
                    self.table(table.ty, init)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memory(memory?)?;
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    let init = Const::compile(&global.init_expr)?;
                    self.globals.push(Global { ty: global.ty, init });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    self.exports.insert(export.name.to_owned(), (export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(segments) => {
                for segment in segments {
                    self.elements(segment?)?;
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    let place = match segment.kind {
                        DataKind::Passive => Place::Passive,
                        DataKind::Active { memory_index, offset_expr } => {
                            Place::Active(memory_index, Const::compile(&offset_expr)?)
                        }
                    };
                    self.data.push(Data { bytes: segment.data.into(), place });
                }
            }
            Payload::TagSection(_) => return Err(Refused::unsupported("exceptions")),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names(names);
                }
            }
            // Code comes by way of the validator, and nothing else matters here.
            _ => {}
        }
        Ok(())
    }

    /// What is no function cannot be linked, and is decoded for its index and for the report.
    fn import(&mut self, ty: TypeRef) -> Result<ImportType, Refused> {
        Ok(match ty {
            TypeRef::Func(ty) => {
                let ty = self.types.canonical(ty);
                self.functions.push(ty);
                self.imported_functions += 1;
                ImportType::Func(self.types.get(ty).map(error::func_type).unwrap_or_default())
            }
            TypeRef::Table(ty) => {
                self.table(ty, Const::null())?;
                ImportType::Other("table")
            }
            TypeRef::Memory(ty) => {
                self.memory(ty)?;
                ImportType::Other("memory")
            }
            TypeRef::Global(ty) => {
                self.globals.push(Global { ty, init: Const::null() });
                ImportType::Other("global")
            }
            TypeRef::Tag(_) => ImportType::Other("tag"),
            TypeRef::FuncExact(_) => return Err(Refused::unsupported("exact function types")),
        })
    }

    fn table(&mut self, ty: TableType, init: Const) -> Result<(), Refused> {
        if ty.table64 || ty.shared {
            return Err(Refused::unsupported("a 64-bit or shared table"));
        }
        self.tables.push(Table { ty, init });
        Ok(())
    }

    fn memory(&mut self, ty: MemoryType) -> Result<(), Refused> {
        if ty.memory64 || ty.shared || ty.page_size_log2.is_some() {
            return Err(Refused::unsupported("a memory that is 64-bit, shared or of other pages"));
        }
        if self.memory.replace(ty).is_some() {
            return Err(Refused::unsupported("several memories"));
        }
        Ok(())
    }

    fn elements(&mut self, segment: wasmparser::Element<'_>) -> Result<(), Refused> {
        let items = match segment.items {
            ElementItems::Functions(functions) => functions
                .into_iter()
                .map(|f| Ok(Const::function(f?)))
                .collect::<Result<_, Refused>>()?,
            ElementItems::Expressions(_, items) => {
                items.into_iter().map(|item| Const::compile(&item?)).collect::<Result<_, _>>()?
            }
        };
        let place = match segment.kind {
            ElementKind::Passive => Place::Passive,
            ElementKind::Declared => Place::Declared,
            ElementKind::Active { table_index, offset_expr } => {
                Place::Active(table_index.unwrap_or(0), Const::compile(&offset_expr)?)
            }
        };
        self.elements.push(Elements { items, place });
        Ok(())
    }

    /// Names are for people: what cannot be read is left out.
    fn names(&mut self, names: NameSectionReader<'_>) {
        for subsection in names.into_iter().flatten() {
            if let Name::Function(names) = subsection {
                let names = names.into_iter().flatten();
                self.names.extend(names.map(|naming| (naming.index, naming.name.to_owned())));
            }
        }
    }

    /// The index of an export, if there is one of that kind.
    pub(super) fn export(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        self.exports.get(name).filter(|(found, _)| *found == kind).map(|(_, index)| *index)
    }

    pub(super) fn exports_of(&self, kind: ExternalKind) -> impl Iterator<Item = &str> {
        let of_kind = self.exports.iter().filter(move |(_, (found, _))| *found == kind);
        of_kind.map(|(name, _)| name.as_str())
    }

    pub(super) fn func_type(&self, function: u32) -> Option<FuncType> {
        let ty = self.functions.get(function as usize)?;
        self.types.get(*ty).map(error::func_type)
    }

    /// Two functions are of one type if this is equal for both.
    pub(super) fn canonical_type(&self, function: u32) -> Option<u32> {
        self.functions.get(function as usize).copied()
    }

    /// The code of a function that the module defines.
    pub(super) fn code(&self, function: u32) -> Option<&Code> {
        self.codes.get((function as usize).checked_sub(self.imported_functions)?)
    }

    /// A function's name: from the name section, or an export's, or its index.
    pub(super) fn name(&self, function: u32) -> String {
        if let Some(name) = self.names.get(&function) {
            return name.clone();
        }
        let is_it = |entry: &(ExternalKind, u32)| *entry == (ExternalKind::Func, function);
        match self.exports.iter().find(|(_, entry)| is_it(entry)) {
            Some((name, _)) => name.clone(),
            None => format!("function {function}"),
        }
    }
}

/// The module's function types.
#[derive(Debug, Default)]
pub(super) struct Types {
    types: Vec<wasmparser::FuncType>,
    /// For each type the first one equal to it: types are compared by structure.
    canonical: Vec<u32>,
}

impl Types {
    fn add(&mut self, group: RecGroup) -> Result<(), Refused> {
        for ty in group.into_types() {
            let plain = ty.is_final && ty.supertype_idx.is_none() && !ty.composite_type.shared;
            let CompositeInnerType::Func(ty) = ty.composite_type.inner else {
                return Err(Refused::unsupported("types of garbage collection or stack switching"));
            };
            if !plain {
                return Err(Refused::unsupported("subtypes or shared types"));
            }
            let same = self.types.iter().position(|earlier| *earlier == ty);
            self.canonical.push(same.unwrap_or(self.types.len()) as u32);
            self.types.push(ty);
        }
        Ok(())
    }

    fn get(&self, index: u32) -> Option<&wasmparser::FuncType> {
        self.types.get(index as usize)
    }

    pub(super) fn func_type(&self, index: u32) -> Option<FuncType> {
        self.get(index).map(error::func_type)
    }

    /// The first type that equals the one at `index`.
    pub(super) fn canonical(&self, index: u32) -> u32 {
        self.canonical.get(index as usize).copied().unwrap_or(index)
    }

    /// How many values a function type takes and returns.
    pub(super) fn arity(&self, index: u32) -> (usize, usize) {
        self.get(index).map_or((0, 0), |ty| (ty.params().len(), ty.results().len()))
    }

    /// The same for a block.
    pub(super) fn block_arity(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self.arity(index),
        }
    }
}

impl Const {
    fn compile(expr: &ConstExpr<'_>) -> Result<Self, Refused> {
        Const::from_operators(expr.get_operators_reader())
    }
}
