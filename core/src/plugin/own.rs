//! Plugins that bring their own `malloc` and export it, as plugins used to.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::guest::Guest;
use super::memory::not_null;
use crate::context::Context;
use crate::convention::call_allocator;
use crate::error::{LinkError, Result};
use crate::export::Export;
use crate::imports;
use crate::module::{ExternType, ModuleInfo};
use crate::runtime::Runtime;
use crate::value::{FuncType, ValType};

/// Whose allocator the plugin's memory is managed by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allocator {
    /// The host's: the plugin imports malloc, or has no use for one.
    Host,
    /// The plugin's own, which it exports. The host calls it for arguments and results, so each is a
    /// call into the plugin, and mistakes in its use cannot be detected. Import malloc instead.
    Plugin {
        /// The export that allocates, `(i32) -> i32`.
        malloc: String,
        /// The export that frees, `(i32) -> ()`.
        free: String,
    },
}

impl core::fmt::Display for Allocator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Allocator::Host => f.write_str("the host's heap"),
            Allocator::Plugin { malloc, free } => {
                write!(f, "the plugin's own heap, through its exports `{malloc}` and `{free}`")
            }
        }
    }
}

impl Allocator {
    /// Finds out from a module, or takes the pair that the host names.
    pub(super) fn of(info: &ModuleInfo, named: Option<&(String, String)>) -> Result<Self> {
        if let Some((malloc, free)) = named {
            for (name, ty) in [(malloc, malloc_type()), (free, free_type())] {
                let found = info.export_func(name).map_err(LinkError::from)?;
                if *found != ty {
                    let (name, found) = (name.clone(), found.clone());
                    return Err(LinkError::ExportType { name, expected: ty, found }.into());
                }
            }
            return Ok(Allocator::Plugin { malloc: malloc.clone(), free: free.clone() });
        }
        let imports_malloc = info.imports().iter().any(|import| {
            import.module == imports::MODULE
                && imports::family().iter().any(|(name, _)| *name == import.name)
                && matches!(import.ty, ExternType::Func(_))
        });
        let exports = |name, ty: &FuncType| info.export_func(name) == Ok(ty);
        if !imports_malloc && exports("malloc", &malloc_type()) && exports("free", &free_type()) {
            return Ok(Allocator::Plugin { malloc: "malloc".into(), free: "free".into() });
        }
        Ok(Allocator::Host)
    }
}

fn malloc_type() -> FuncType {
    FuncType::new([ValType::I32], [ValType::I32])
}

fn free_type() -> FuncType {
    FuncType::new([ValType::I32], [])
}

/// A plugin's own allocator, and what the host has of it.
pub(super) struct Own<B: Runtime, T: Send + 'static> {
    calls: Arc<dyn Calls<B, T>>,
    /// Start and end of the arguments of calls in progress.
    pub(super) lent: Vec<(u32, u32)>,
    /// Generations of kept blocks, by offset.
    pub(super) kept: BTreeMap<u32, u32>,
}

trait Calls<B: Runtime, T: Send + 'static>: Send + Sync {
    fn malloc(&self, guest: &mut Guest<'_, B, T>, size: u32) -> Result<u32>;
    fn free(&self, guest: &mut Guest<'_, B, T>, offset: u32) -> Result<()>;
}

struct Exported<M, F> {
    malloc: M,
    free: F,
}

impl<B, T> Calls<B, T>
    for Exported<<B as Export<(i32,), i32>>::Func, <B as Export<(i32,), ()>>::Func>
where
    B: Export<(i32,), i32> + Export<(i32,), ()>,
    T: Send + 'static,
{
    fn malloc(&self, guest: &mut Guest<'_, B, T>, size: u32) -> Result<u32> {
        let size = (size.cast_signed(),);
        let offset = call_allocator::<B, T, (i32,), i32>(guest, &self.malloc, size)?;
        not_null(offset.cast_unsigned())
    }

    fn free(&self, guest: &mut Guest<'_, B, T>, offset: u32) -> Result<()> {
        call_allocator::<B, T, (i32,), ()>(guest, &self.free, (offset.cast_signed(),))
    }
}

impl<B: Runtime, T: Send + 'static> Guest<'_, B, T> {
    /// From now on the plugin's own exports are what allocates.
    pub(super) fn use_own_allocator(&mut self, malloc: &str, free: &str) -> Result<()>
    where
        B: Export<(i32,), i32> + Export<(i32,), ()>,
    {
        let instance = self.instance()?;
        let cx = self.context();
        let malloc = <B as Export<(i32,), i32>>::func(cx, &instance, malloc)?;
        let free = <B as Export<(i32,), ()>>::func(cx, &instance, free)?;
        let calls = Arc::new(Exported { malloc, free });
        cx.state_mut().own = Some(Own { calls, lent: Vec::new(), kept: BTreeMap::new() });
        Ok(())
    }

    fn calls(&self) -> Option<Arc<dyn Calls<B, T>>> {
        self.context_ref().state().own.as_ref().map(|own| own.calls.clone())
    }

    pub(super) fn own_malloc(&mut self, size: u32) -> Result<u32> {
        match self.calls() {
            Some(calls) => calls.malloc(self, size),
            None => not_null(0),
        }
    }

    pub(super) fn own_free(&mut self, offset: u32) -> Result<()> {
        match self.calls() {
            Some(calls) if offset != 0 => calls.free(self, offset),
            _ => Ok(()),
        }
    }

    pub(super) fn own_keeps(&mut self, offset: u32, generation: u32) {
        if let Some(own) = &mut self.context().state_mut().own {
            own.kept.insert(offset, generation);
        }
    }

    pub(super) fn own_lends(&mut self, size: u32) -> Result<u32> {
        let offset = self.own_malloc(size)?;
        if let Some(own) = &mut self.context().state_mut().own {
            // Beyond 4 GiB nothing is: writing the arguments will say so.
            own.lent.push((offset, offset.saturating_add(size)));
        }
        Ok(offset)
    }

    pub(super) fn own_takes_back(&mut self, offset: u32) {
        if let Some(own) = &mut self.context().state_mut().own
            && let Some(at) = own.lent.iter().rposition(|(start, _)| *start == offset)
        {
            own.lent.remove(at);
        }
        // A plugin that trapped cannot be asked to free anything, and is not used again.
        let _ = self.own_free(offset);
    }
}
