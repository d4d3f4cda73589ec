//! What is decided about a module before a runtime sees it.

use super::module::{LoadOptions, OwnHeap};
use super::own::Allocator;
use crate::error::Result;
use crate::module::{self, ModuleError, ModuleInfo, PrepareOptions, Prepared, Situation};

/// How a module would be loaded: what a runtime is given, and whose heap serves it.
///
/// [`Engine::load_with`](super::Engine::load_with) does this and compiles it.
///
/// ```
/// use hostheap_core::LoadOptions;
/// use hostheap_core::module::ModuleInfo;
/// use hostheap_core::plugin::Allocator;
///
/// let wasm = wat::parse_str(
///     r#"(module
///         (memory 1)
///         (global (export "__heap_base") i32 (i32.const 2048))
///         (func (export "malloc") (param i32) (result i32) (i32.const 2048))
///         (func (export "free") (param i32)))"#,
/// )?;
/// let info = ModuleInfo::parse(&wasm)?;
/// let plan = LoadOptions::new().plan(&wasm, &info)?;
/// assert!(matches!(plan.allocator, Allocator::Plugin { .. }));
/// assert_eq!(plan.prepared.notes[0].to_string(), "memory exported as `memory`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadPlan<'a> {
    /// What the runtime is given.
    pub prepared: Prepared<'a>,
    /// Whose allocator serves the plugin.
    pub allocator: Allocator,
    /// First byte of the host's heap, if it is [the host's](Allocator::Host).
    pub heap_start: u32,
    /// Why there is no place for the host's heap, if there is none: the plugin is loaded, and this
    /// is the error of the first call that needs it.
    pub no_heap: Option<ModuleError>,
}

impl LoadOptions {
    /// Decides how a module is loaded. `info` must come from the same bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Module`](crate::Error::Module) if the options do not fit the module, or if it is
    /// refused for its own allocator; [`Error::Link`](crate::Error::Link) if it does not export the
    /// allocator that they name.
    pub fn plan<'a>(&self, wasm: &'a [u8], info: &ModuleInfo) -> Result<LoadPlan<'a>> {
        let mut allocator = Allocator::of(info, self.plugin_allocator.as_ref())?;
        // A plugin that is served through its own allocator has no other.
        let shared = if allocator == Allocator::Host { info.one_heap().err() } else { None };
        let auto = self.own_heap == OwnHeap::Auto;
        let prepare = PrepareOptions {
            max_memory_bytes: self.max_memory,
            max_table_elements: self.max_table_elements,
            callback_slots: self.callback_slots,
            export_allocator: auto
                && shared.is_some()
                && info.census().situation() == Situation::Hidden,
        };
        let prepared = module::prepare(wasm, info, &prepare)?;
        if let Some((malloc, free)) = prepared.allocator_exports.clone() {
            allocator = Allocator::Plugin { malloc, free };
        }
        let mut no_heap = None;
        if let Some(problem) = shared.filter(|_| allocator == Allocator::Host) {
            let unsafe_above = auto && info.census().may_take_grown_pages();
            let imports_malloc = info.census().situation() == Situation::TwoHeaps;
            if self.own_heap == OwnHeap::Refuse || (unsafe_above && imports_malloc) {
                return Err(problem.into());
            }
            no_heap = unsafe_above.then_some(problem);
        }
        let heap_start = match self.own_heap {
            OwnHeap::Ignore => info.layout().heap_base,
            _ => info.heap_start(),
        };
        Ok(LoadPlan { prepared, allocator, heap_start, no_heap })
    }
}
