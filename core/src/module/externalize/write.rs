//! Writes the module anew, with imports in the place of the family.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ElementSection, Elements, EntityType, ExportSection, FunctionSection,
    ImportSection, IndirectNameMap, Module, NameMap, NameSection, SectionId,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ElementSectionReader, ExportSectionReader,
    FunctionSectionReader, ImportSectionReader, KnownCustom, Name, NameSectionReader, Operator,
    Parser, TypeRef,
};

use super::identify::Family;
use super::reach::Reach;
use super::read::Program;
use crate::module::parse::FEATURES;
use crate::module::{Member, ModuleError};

/// What becomes of the functions.
pub(super) struct Plan<'s> {
    /// New index of each function that stays or is replaced.
    pub(super) indices: Vec<Option<u32>>,
    /// What is imported anew, with the index of its type.
    pub(super) imports: Vec<(Member, u32)>,
    import_module: &'s str,
    /// Imported functions that go.
    pub(super) dropped_imports: BTreeSet<u32>,
    /// Functions of the family whose address code takes and that no table mentions: validation
    /// wants them declared, which their exports did before.
    declared: Vec<u32>,
    imported: u32,
    exports: BTreeSet<usize>,
    wrote_imports: bool,
    wrote_declared: bool,
    pub(super) dropped_sections: Vec<String>,
}

/// Something that cannot be, since all that is used stays.
#[derive(Debug)]
pub(super) struct Gone(u32);

impl<'s> Plan<'s> {
    pub(super) fn new(
        program: &Program<'_>,
        family: &Family,
        reach: &Reach,
        import_module: &'s str,
    ) -> Result<Self, ModuleError> {
        let mut types: BTreeMap<Member, u32> = BTreeMap::new();
        let mut used: BTreeSet<Member> = [Member::Malloc, Member::Free].into();
        for (function, (member, _)) in &family.functions {
            if let Some(ty) = program.type_index(*function) {
                types.entry(*member).or_insert(ty);
            }
            if reach.references.get(*function as usize).is_some_and(|count| *count > 0) {
                used.insert(*member);
            }
        }
        let imports: Vec<_> =
            used.into_iter().filter_map(|member| Some((member, *types.get(&member)?))).collect();

        let imported = program.imported();
        let mut indices = vec![None; program.functions.len()];
        let mut dropped_imports = BTreeSet::new();
        let mut next = 0_u32;
        for function in 0..imported {
            // What nobody used before is somebody's intention.
            if reach.goes(function) {
                dropped_imports.insert(function);
            } else if let Some(index) = indices.get_mut(function as usize) {
                *index = Some(next);
                next += 1;
            }
        }
        let mut by_member = BTreeMap::new();
        for (member, _) in &imports {
            by_member.insert(*member, next);
            next += 1;
        }
        for (function, (member, _)) in &family.functions {
            if let Some(index) = indices.get_mut(*function as usize) {
                *index = by_member.get(member).copied();
            }
        }
        for function in imported..program.count() {
            if reach.stays(function)
                && let Some(index) = indices.get_mut(function as usize)
            {
                *index = Some(next);
                next += 1;
            }
        }
        Ok(Plan {
            indices,
            imports,
            import_module,
            dropped_imports,
            declared: undeclared(program, family, reach)?,
            imported,
            exports: family.exports.clone(),
            wrote_imports: false,
            wrote_declared: false,
            dropped_sections: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, wasm: &[u8]) -> Result<Vec<u8>, ModuleError> {
        let mut module = Module::new();
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        self.parse_core_module(&mut module, parser, wasm).map_err(|error| match error {
            Error::ParseError(error) => error.into(),
            Error::UserError(Gone(function)) => ModuleError::malformed(
                0,
                format!("function {function} is used where functions cannot be"),
            ),
            other => ModuleError::malformed(0, other_text(&other)),
        })?;
        Ok(module.finish())
    }

    fn index(&self, function: u32) -> Option<u32> {
        self.indices.get(usize::try_from(function).ok()?).copied().flatten()
    }

    fn stays(&self, defined: usize) -> bool {
        let function = u32::try_from(defined).ok().and_then(|d| d.checked_add(self.imported));
        // Those that are replaced have an index too, below.
        let first = self.first_defined();
        function.and_then(|function| self.index(function)).is_some_and(|index| index >= first)
    }

    /// New index of the first function with a body.
    fn first_defined(&self) -> u32 {
        let kept = self.imported as usize - self.dropped_imports.len();
        u32::try_from(kept + self.imports.len()).unwrap_or(u32::MAX)
    }

    fn add_imports(&mut self, section: &mut ImportSection) {
        self.wrote_imports = true;
        for (member, ty) in &self.imports {
            section.import(self.import_module, member.name(), EntityType::Function(*ty));
        }
    }

    fn add_declared(&mut self, section: &mut ElementSection) {
        self.wrote_declared = true;
        let declared: Vec<u32> = self.declared.iter().filter_map(|f| self.index(*f)).collect();
        if !declared.is_empty() {
            section.declared(Elements::Functions(declared.into()));
        }
    }

    fn names(&self, names: NameSectionReader<'_>) -> NameSection {
        let mut out = NameSection::new();
        for subsection in names.into_iter().map_while(Result::ok) {
            match subsection {
                Name::Function(map) => {
                    out.functions(&self.function_names(map));
                }
                Name::Local(map) => {
                    out.locals(&self.inner_names(map));
                }
                Name::Label(map) => {
                    out.labels(&self.inner_names(map));
                }
                // Nothing else counts by functions. One that cannot be read is left out.
                other => {
                    let mut one = NameSection::new();
                    let mut plain = wasm_encoder::reencode::RoundtripReencoder;
                    if utils::parse_custom_name_subsection(&mut plain, &mut one, other.clone())
                        .is_ok()
                    {
                        let _ = utils::parse_custom_name_subsection(&mut plain, &mut out, other);
                    }
                }
            }
        }
        out
    }

    fn function_names(&self, map: wasmparser::NameMap<'_>) -> NameMap {
        let mut names: BTreeMap<u32, &str> = BTreeMap::new();
        let first = self.first_defined();
        for naming in map.into_iter().map_while(Result::ok) {
            match self.index(naming.index) {
                // A replaced function had a name of its own.
                Some(index) if index >= first || naming.index < self.imported => {
                    names.entry(index).or_insert(naming.name);
                }
                _ => {}
            }
        }
        for (index, (member, _)) in
            (first.saturating_sub(self.imports.len() as u32)..).zip(&self.imports)
        {
            names.insert(index, member.name());
        }
        let mut map = NameMap::new();
        names.into_iter().for_each(|(index, name)| map.append(index, name));
        map
    }

    fn inner_names(&self, map: wasmparser::IndirectNameMap<'_>) -> IndirectNameMap {
        let mut by_function: BTreeMap<u32, NameMap> = BTreeMap::new();
        let first = self.first_defined();
        for naming in map.into_iter().map_while(Result::ok) {
            let Some(index) = self.index(naming.index).filter(|index| *index >= first) else {
                continue;
            };
            let mut inner = NameMap::new();
            for naming in naming.names.into_iter().map_while(Result::ok) {
                inner.append(naming.index, naming.name);
            }
            by_function.entry(index).or_insert(inner);
        }
        let mut map = IndirectNameMap::new();
        by_function.iter().for_each(|(index, inner)| map.append(*index, inner));
        map
    }
}

fn undeclared(
    program: &Program<'_>,
    family: &Family,
    reach: &Reach,
) -> Result<Vec<u32>, ModuleError> {
    let mut taken = BTreeSet::new();
    for function in (program.imported()..program.count()).filter(|f| reach.stays(*f)) {
        let Some(body) = program.body(function) else { continue };
        for operator in body.get_operators_reader()? {
            if let Operator::RefFunc { function_index } = operator?
                && family.member(function_index).is_some()
            {
                taken.insert(function_index);
            }
        }
    }
    let referenced: BTreeSet<u32> = program.referenced.iter().copied().collect();
    Ok(taken.difference(&referenced).copied().collect())
}

fn other_text(error: &Error<Gone>) -> String {
    match error {
        Error::InvalidConstExpr => "an initial value is no constant expression".to_string(),
        Error::InvalidCodeSectionSize => "the size of the code section is wrong".to_string(),
        _ => "a type refers to something that cannot be written".to_string(),
    }
}

/// Whether a custom section describes the code as it was.
pub(super) fn describes_code(name: &str) -> bool {
    name.starts_with(".debug_")
        || name.starts_with("reloc.")
        || name.starts_with("metadata.code.")
        || matches!(
            name,
            "linking" | "sourceMappingURL" | "external_debug_info" | "build_id" | "branchHints"
        )
}

impl Reencode for Plan<'_> {
    type Error = Gone;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Gone>> {
        self.index(function).ok_or(Error::UserError(Gone(function)))
    }

    fn parse_import_section(
        &mut self,
        out: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Gone>> {
        let mut function = 0_u32;
        for import in section.into_imports() {
            let import = import?;
            if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                let dropped = self.dropped_imports.contains(&function);
                function += 1;
                if dropped {
                    continue;
                }
            }
            self.parse_import(out, import)?;
        }
        self.add_imports(out);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        out: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Gone>> {
        for (defined, ty) in section.into_iter().enumerate() {
            let ty = ty?;
            if self.stays(defined) {
                out.function(self.type_index(ty)?);
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        out: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Gone>> {
        for (defined, body) in section.into_iter().enumerate() {
            let body = body?;
            if self.stays(defined) {
                self.parse_function_body(out, body)?;
            }
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        out: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Gone>> {
        let mut function = 0;
        for export in section {
            let export = export?;
            if matches!(
                export.kind,
                wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact
            ) {
                let dropped = self.exports.contains(&function);
                function += 1;
                if dropped {
                    continue;
                }
            }
            self.parse_export(out, export)?;
        }
        Ok(())
    }

    fn parse_element_section(
        &mut self,
        out: &mut ElementSection,
        section: ElementSectionReader<'_>,
    ) -> Result<(), Error<Gone>> {
        utils::parse_element_section(self, out, section)?;
        self.add_declared(out);
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: CustomSectionReader<'_>,
    ) -> Result<(), Error<Gone>> {
        if describes_code(section.name()) {
            self.dropped_sections.push(section.name().to_string());
            return Ok(());
        }
        match section.as_known() {
            KnownCustom::Name(names) => {
                module.section(&self.names(names));
            }
            _ => {
                module.section(&self.custom_section(section)?);
            }
        }
        Ok(())
    }

    /// Adds the sections that the module did not have, in their place.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Gone>> {
        if !self.wrote_imports && !matches!(before, Some(SectionId::Type | SectionId::Import)) {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            module.section(&imports);
        }
        let after_elements =
            matches!(before, Some(SectionId::DataCount | SectionId::Code | SectionId::Data) | None);
        if !self.wrote_declared && after_elements {
            let mut elements = ElementSection::new();
            self.add_declared(&mut elements);
            if !elements.is_empty() {
                module.section(&elements);
            }
        }
        Ok(())
    }
}
