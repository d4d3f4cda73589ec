//! All that can be said of a module, also of one that no host can load.

use alloc::vec::Vec;

use super::contents::Contents;
use super::layout::Layout;
use super::map::{self, MemoryMap};
use super::parse;
use super::types::MemoryInfo;
use super::{ModuleError, ModuleInfo};

/// What a module declares and everything that keeps a host from loading it.
///
/// [`ModuleInfo::parse`] stops at the first thing that is wrong; a report to the plugin's author
/// should not.
///
/// ```
/// use hostheap_core::module::Survey;
///
/// let wasm = wat::parse_str(
///     r#"(module
///         (memory (export "memory") 1 1 shared)
///         (global (export "__heap_base") (mut i32) (i32.const 1024))
///         (data (i32.const 65530) "beyond the end"))"#,
/// )?;
/// let survey = Survey::read(&wasm)?;
/// assert_eq!(survey.problems().len(), 3);
/// assert_eq!(survey.contents().exports().len(), 2);
/// for problem in survey.problems() {
///     println!("{problem}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    pub(super) contents: Contents,
    pub(super) memory: Option<MemoryInfo>,
    pub(super) layout: Option<Layout>,
    pub(super) problems: Vec<ModuleError>,
}

impl Survey {
    /// Reads a module in the binary format.
    ///
    /// # Errors
    ///
    /// [`ModuleError::NotWasm`], [`ModuleError::Component`], [`ModuleError::ObjectFile`],
    /// [`ModuleError::Malformed`] or [`ModuleError::TooLarge`]: bytes that cannot be read to their
    /// end. All else is among the [`problems`](Self::problems).
    pub fn read(wasm: &[u8]) -> Result<Survey, ModuleError> {
        parse::survey(wasm)
    }

    /// What is wrong with its memory and layout, all of it. Without any it [is](Self::into_info) a
    /// [`ModuleInfo`].
    pub fn problems(&self) -> &[ModuleError] {
        &self.problems
    }

    /// What the module declares.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The memory, if it has one of a kind that can be described: its first, if it has several.
    pub fn memory(&self) -> Option<&MemoryInfo> {
        self.memory.as_ref()
    }

    /// Where the heap may start, if nothing contradicts itself.
    pub fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// What stands where in linear memory, as far as it is known; `None` without a memory.
    pub fn map(&self) -> Option<MemoryMap> {
        let memory = self.memory.as_ref()?;
        Some(map::of(&self.contents.data, memory, self.layout.as_ref(), &self.contents.census))
    }

    /// The module as one that a host can load.
    ///
    /// # Errors
    ///
    /// The first of the [`problems`](Self::problems).
    pub fn into_info(self) -> Result<ModuleInfo, ModuleError> {
        let Survey { contents, memory, layout, problems } = self;
        match (problems.into_iter().next(), memory, layout) {
            (None, Some(memory), Some(layout)) => Ok(ModuleInfo { contents, memory, layout }),
            (Some(problem), ..) => Err(problem),
            // What is missing is missing for a reason, which is a problem.
            (None, ..) => Err(ModuleError::NoMemory),
        }
    }
}
