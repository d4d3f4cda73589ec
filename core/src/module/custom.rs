//! The custom sections worth reading. They are claims for people and tools: one that is broken is
//! ignored, never an error.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wasmparser::{CustomSectionReader, KnownCustom, Name, NameSectionReader, SectionLimited};

use super::census::{self, Origin};
use super::toolchain::Marks;
use super::types::{Producer, Producers};

/// Functions remembered for their names, and characters kept of each: more than any allocator has.
const ALLOCATORS: usize = 256;
const LONGEST: usize = 256;

/// What the custom sections tell.
#[derive(Debug, Default)]
pub(super) struct Custom {
    pub(super) name: Option<String>,
    /// Index of the one global named `__stack_pointer`.
    pub(super) stack_pointer: Option<u32>,
    pub(super) producers: Producers,
    /// Functions with names of allocators', and whose they are.
    pub(super) allocators: Vec<(u32, String, Origin)>,
    /// Index of the function named `__wasm_call_ctors`.
    pub(super) constructors: Option<u32>,
    /// Whether functions have names.
    pub(super) functions_named: bool,
    /// Whether functions have names as rustc mangles them.
    pub(super) rust_names: bool,
    pub(super) marks: Marks,
    /// Whether there is a `linking` section, as in object files.
    pub(super) linking: bool,
    names_seen: bool,
    producers_seen: bool,
}

impl Custom {
    /// Takes in one section; of each kind only the first counts.
    pub(super) fn section(&mut self, section: &CustomSectionReader<'_>) {
        match section.name() {
            "linking" => self.linking = true,
            "name" if !self.names_seen => {
                self.names_seen = true;
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names(names);
                }
            }
            "producers" if !self.producers_seen => {
                self.producers_seen = true;
                if let KnownCustom::Producers(fields) = section.as_known() {
                    self.producers(fields);
                }
            }
            _ => {}
        }
    }

    fn names(&mut self, names: NameSectionReader<'_>) {
        let mut stack_pointers = Vec::new();
        for subsection in names {
            match subsection {
                Ok(Name::Module { name, .. }) => self.name = Some(name.to_string()),
                Ok(Name::Global(globals)) => stack_pointers.extend(
                    globals
                        .into_iter()
                        .map_while(Result::ok)
                        .filter(|naming| naming.name == "__stack_pointer")
                        .map(|naming| naming.index),
                ),
                Ok(Name::Function(functions)) => {
                    for naming in functions.into_iter().map_while(Result::ok) {
                        self.function(naming.index, naming.name);
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        // Two globals of that name: neither is known to be the stack pointer.
        if let [index] = stack_pointers.as_slice() {
            self.stack_pointer = Some(*index);
        }
    }

    fn function(&mut self, index: u32, name: &str) {
        self.functions_named = true;
        self.marks.name(name);
        self.rust_names |= name.starts_with("_RNv") || name.starts_with("_ZN4core");
        if name == "__wasm_call_ctors" {
            self.constructors.get_or_insert(index);
        }
        if self.allocators.len() < ALLOCATORS
            && let Some(origin) = census::origin_of(name)
        {
            self.allocators.push((index, name.chars().take(LONGEST).collect(), origin));
        }
    }

    /// The name of a function that is remembered for its name.
    pub(super) fn name_of(&self, function: u32) -> Option<&str> {
        let named = self.allocators.iter().find(|(index, ..)| *index == function)?;
        Some(&named.1)
    }

    fn producers(&mut self, fields: SectionLimited<'_, wasmparser::ProducersField<'_>>) {
        for field in fields.into_iter().map_while(Result::ok) {
            let list = match field.name {
                "language" => &mut self.producers.languages,
                "processed-by" => &mut self.producers.processed_by,
                "sdk" => &mut self.producers.sdks,
                _ => continue,
            };
            list.extend(field.values.into_iter().map_while(Result::ok).map(|value| Producer {
                name: value.name.to_string(),
                version: value.version.to_string(),
            }));
        }
    }
}
