//! What of a module the rewriting looks at, read in one pass.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FunctionBody,
    KnownCustom, Name, Operator, Parser, Payload, RecGroup, TypeRef, ValType,
};

use crate::module::ModuleError;
use crate::module::const_expr::{self, Global};
use crate::module::parse::FEATURES;

/// Words of an allocator's state that may have a value from the start, such as where its memory begins.
const INITIAL_WORDS: usize = 4;

/// A module's functions and everything that refers to them.
pub(super) struct Program<'a> {
    types: Vec<Option<wasmparser::FuncType>>,
    /// Type index of each function, imported ones first.
    pub(super) functions: Vec<u32>,
    /// Module and name of each imported function.
    pub(super) imports: Vec<(&'a str, &'a str)>,
    pub(super) exports: Vec<(&'a str, u32)>,
    /// The first name under which each function is exported.
    pub(super) exported_as: BTreeMap<u32, &'a str>,
    pub(super) start: Option<u32>,
    /// Functions in tables, in segments, and in the initial values of globals.
    pub(super) referenced: Vec<u32>,
    pub(super) globals: Vec<Global>,
    pub(super) exported_globals: Vec<(&'a str, u32)>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    /// Names of functions from the name section.
    pub(super) names: BTreeMap<u32, &'a str>,
    pub(super) custom_sections: Vec<&'a str>,
    /// Active segments of known place.
    pub(super) data: Vec<(u32, &'a [u8])>,
}

impl<'a> Program<'a> {
    pub(super) fn read(wasm: &'a [u8]) -> Result<Self, ModuleError> {
        let mut program = Program {
            types: Vec::new(),
            functions: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            exported_as: BTreeMap::new(),
            start: None,
            referenced: Vec::new(),
            globals: Vec::new(),
            exported_globals: Vec::new(),
            bodies: Vec::new(),
            names: BTreeMap::new(),
            custom_sections: Vec::new(),
            data: Vec::new(),
        };
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        for payload in parser.parse_all(wasm) {
            program.section(payload?)?;
        }
        let defined = program.functions.len().saturating_sub(program.imports.len());
        if program.bodies.len() != defined {
            let bodies = program.bodies.len();
            return Err(ModuleError::malformed(
                0,
                format!("{defined} functions are declared and {bodies} have a body"),
            ));
        }
        Ok(program)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), ModuleError> {
        match payload {
            // Groups that state more types than they have were refused by `ModuleInfo::parse`.
            Payload::TypeSection(types) => {
                for group in types {
                    self.group(&group?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            self.functions.push(ty);
                            self.imports.push((import.module, import.name));
                        }
                        TypeRef::Global(ty) => self.globals.push(Global {
                            ty: crate::module::parse::val_type(ty.content_type),
                            mutable: ty.mutable,
                            initial: None,
                        }),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    if let wasmparser::TableInit::Expr(expr) = table?.init {
                        self.references(&expr)?;
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    self.references(&global.init_expr)?;
                    let ty = crate::module::parse::val_type(global.ty.content_type);
                    let initial = (global.ty.content_type == ValType::I32)
                        .then(|| const_expr::value(&global.init_expr, &self.globals))
                        .flatten();
                    self.globals.push(Global { ty, mutable: global.ty.mutable, initial });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Global {
                        self.exported_globals.push((export.name, export.index));
                    }
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        self.exports.push((export.name, export.index));
                        self.exported_as.entry(export.index).or_insert(export.name);
                    }
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    if let ElementKind::Active { offset_expr, .. } = &segment.kind {
                        self.references(offset_expr)?;
                    }
                    match segment.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.referenced.push(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.references(&expression?)?;
                            }
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    if let DataKind::Active { memory_index: 0, offset_expr } = &segment.kind
                        && let Some(start) = const_expr::value(offset_expr, &self.globals)
                    {
                        self.data.push((start, segment.data));
                    }
                }
            }
            Payload::CustomSection(section) => {
                self.custom_sections.push(section.name());
                if let KnownCustom::Name(names) = section.as_known() {
                    for subsection in names.into_iter().map_while(Result::ok) {
                        if let Name::Function(functions) = subsection {
                            for naming in functions.into_iter().map_while(Result::ok) {
                                self.names.entry(naming.index).or_insert(naming.name);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn group(&mut self, group: &RecGroup) {
        for ty in group.types() {
            self.types.push(match &ty.composite_type.inner {
                CompositeInnerType::Func(ty) => Some(ty.clone()),
                _ => None,
            });
        }
    }

    fn references(&mut self, expr: &ConstExpr<'a>) -> Result<(), ModuleError> {
        for operator in expr.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.referenced.push(function_index);
            }
        }
        Ok(())
    }

    pub(super) fn imported(&self) -> u32 {
        u32::try_from(self.imports.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.functions.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        let defined = usize::try_from(function).ok()?.checked_sub(self.imports.len())?;
        self.bodies.get(defined)
    }

    pub(super) fn type_at(&self, index: u32) -> Option<&wasmparser::FuncType> {
        self.types.get(usize::try_from(index).ok()?)?.as_ref()
    }

    pub(super) fn type_index(&self, function: u32) -> Option<u32> {
        self.functions.get(usize::try_from(function).ok()?).copied()
    }

    pub(super) fn func_type(&self, function: u32) -> Option<&wasmparser::FuncType> {
        self.type_at(self.type_index(function)?)
    }

    /// A name for people: from the name section, or by import or export.
    pub(super) fn name(&self, function: u32) -> Option<&'a str> {
        let named = self.names.get(&function).copied().filter(|name| !name.is_empty());
        named.or_else(|| {
            let imported = usize::try_from(function).ok().and_then(|f| self.imports.get(f));
            imported.map(|(_, name)| *name)
        })
    }

    /// The first address of some ranges, if more than a word of them starts with another value than
    /// zero.
    pub(super) fn initialised(&self, ranges: &[(u64, u64)]) -> Option<u32> {
        let mut words = BTreeSet::new();
        for (start, bytes) in &self.data {
            let first = u64::from(*start);
            let end = first.saturating_add(bytes.len() as u64);
            let after = ranges.partition_point(|(_, end)| *end <= first);
            for (from, to) in ranges.iter().skip(after).take_while(|(from, _)| *from < end) {
                let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
                let length = to.min(&end).saturating_sub(*from.max(&first));
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let inside = bytes.get(skip..).unwrap_or_default().iter().take(length);
                let set = (*from.max(&first)..).zip(inside).filter(|(_, byte)| **byte != 0);
                words.extend(set.map(|(address, _)| address / 4));
                if words.len() > INITIAL_WORDS {
                    return u32::try_from(*from).ok();
                }
            }
        }
        None
    }
}

/// Calls of functions, and references to them, in a body.
pub(super) fn callees(
    body: &FunctionBody<'_>,
    mut each: impl FnMut(u32),
) -> Result<(), ModuleError> {
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } => each(function_index),
            _ => {}
        }
    }
    Ok(())
}

/// Flags for a set of functions.
pub(super) fn flags(program: &Program<'_>) -> Vec<bool> {
    vec![false; program.functions.len()]
}
