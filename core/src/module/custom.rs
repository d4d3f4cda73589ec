//! The custom sections worth reading. They are claims for people and tools: one that is broken is
//! ignored, never an error.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wasmparser::{CustomSectionReader, KnownCustom, Name, NameSectionReader, SectionLimited};

use super::types::{Producer, Producers};

/// What the custom sections tell.
#[derive(Debug, Default)]
pub(super) struct Custom {
    pub(super) name: Option<String>,
    /// Index of the one global named `__stack_pointer`.
    pub(super) stack_pointer: Option<u32>,
    pub(super) producers: Producers,
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
                Ok(_) => {}
                Err(_) => break,
            }
        }
        // Two globals of that name: neither is known to be the stack pointer.
        if let [index] = stack_pointers.as_slice() {
            self.stack_pointer = Some(*index);
        }
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
