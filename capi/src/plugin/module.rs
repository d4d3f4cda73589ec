//! Modules: plugins, examined and compiled.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::ffi::c_char;
use core::mem::MaybeUninit;
use core::ptr;
use std::ffi::CString;

use hostheap_core::module::ExternType;
use hostheap_core::plugin::Allocator;

use super::any::AnyModule;
use super::engine::hh_engine;
use crate::abi::abi;
use crate::boundary::{Array, Chosen, Handle, Owned, Text, entry, hand_out, hh_string};
use crate::boundary::{needed, put, vacant};
use crate::layout::hh_layout;
use crate::load::hh_load_options;
use crate::report::hh_report;
use crate::status::{Fail, hh_status};

/// A plugin, examined and compiled. It never changes, so threads may share it.
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_module {
    inner: Box<dyn AnyModule>,
    imports: Vec<ExternText>,
    exports: Vec<ExternText>,
    report: Option<hh_report>,
    allocator: CString,
}

/// Texts of an import or export, as C has them.
#[derive(Debug)]
struct ExternText {
    module: CString,
    name: CString,
    ty: CString,
    kind: u32,
}

/// A function.
pub const HH_EXTERN_FUNC: u32 = 0;
/// A linear memory.
pub const HH_EXTERN_MEMORY: u32 = 1;
/// A global variable.
pub const HH_EXTERN_GLOBAL: u32 = 2;
/// A table.
pub const HH_EXTERN_TABLE: u32 = 3;
/// An exception tag, or what a later version knows.
pub const HH_EXTERN_OTHER: u32 = 4;

/// Something that a module imports or exports. The texts belong to the module and live as long as it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_extern {
    /// First part of an import's name; "" for an export.
    module: *const c_char,
    /// Its name.
    name: *const c_char,
    /// Its type in words: "function (i32) -> i32", "memory of 131072 bytes, at most 1048576".
    r#type: *const c_char,
    /// What it is: HH_EXTERN_….
    kind: u32,
}

abi!(hh_extern: 32 { module: 0, name: 8, r#type: 16, kind: 24 });

impl core::fmt::Debug for hh_module {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("hh_module").field("exports", &self.exports).finish_non_exhaustive()
    }
}

impl Handle for hh_module {
    const NAME: &'static str = "hh_module";
}

impl hh_module {
    fn new(inner: Box<dyn AnyModule>) -> Self {
        let info = inner.info();
        let imports = info.imports().iter();
        let imports =
            imports.map(|import| ExternText::new(&import.module, &import.name, &import.ty));
        let exports = info.exports().iter();
        let exports = exports.map(|export| ExternText::new("", &export.name, &export.ty));
        hh_module {
            imports: imports.collect(),
            exports: exports.collect(),
            report: inner.report().cloned().map(hh_report::new),
            allocator: c_string(&inner.allocator().to_string()),
            inner,
        }
    }

    pub(crate) fn inner(&self) -> &dyn AnyModule {
        &*self.inner
    }

    pub(crate) fn has_own_allocator(&self) -> bool {
        *self.inner.allocator() != Allocator::Host
    }
}

impl ExternText {
    fn new(module: &str, name: &str, ty: &ExternType) -> Self {
        let kind = match ty {
            ExternType::Func(_) => HH_EXTERN_FUNC,
            ExternType::Memory { .. } => HH_EXTERN_MEMORY,
            ExternType::Global { .. } => HH_EXTERN_GLOBAL,
            ExternType::Table => HH_EXTERN_TABLE,
            _ => HH_EXTERN_OTHER,
        };
        let (module, name, ty) = (c_string(module), c_string(name), c_string(&ty.to_string()));
        ExternText { module, name, ty, kind }
    }

    fn c(&self) -> hh_extern {
        let ExternText { module, name, ty, kind } = self;
        hh_extern { module: module.as_ptr(), name: name.as_ptr(), r#type: ty.as_ptr(), kind: *kind }
    }
}

/// A name with a NUL byte in it, which no C program can import or ask for, is cut off there.
fn c_string(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// Examines and compiles a plugin, from its `len` bytes in the binary format. `options` may be NULL.
///
/// `*module` is the caller's, who frees it by hh_module_delete; NULL on failure. The bytes are not needed
/// any more. HH_ERR_MODULE if it cannot be a plugin; HH_ERR_CONTRACT if it breaks the contract, with
/// everything that is wrong; HH_ERR_LINK if it does not export the allocator that the options name;
/// HH_ERR_RUNTIME if the runtime does not accept it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_load(
    engine: Option<&hh_engine>,
    wasm: Array<'_, u8>,
    len: usize,
    options: Chosen<'_, hh_load_options<'_>>,
    module: Option<&mut MaybeUninit<*mut hh_module>>,
) -> hh_status {
    entry(|| {
        let place = vacant("module", module, ptr::null_mut())?;
        *place = load(engine, wasm.slice("wasm", len)?, options)?;
        Ok(())
    })
}

/// The same for a file of that name. HH_ERR_IO if it cannot be read.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_load_file(
    engine: Option<&hh_engine>,
    path: Text<'_>,
    options: Chosen<'_, hh_load_options<'_>>,
    module: Option<&mut MaybeUninit<*mut hh_module>>,
) -> hh_status {
    entry(|| {
        let place = vacant("module", module, ptr::null_mut())?;
        let engine = needed("engine", engine)?;
        let path = path.text("path")?;
        let wasm = std::fs::read(path).map_err(|error| {
            Fail::new(hh_status::HH_ERR_IO, format!("cannot read `{path}`: {error}"))
        })?;
        *place = load(Some(engine), &wasm, options)?;
        Ok(())
    })
}

fn load(
    engine: Option<&hh_engine>,
    wasm: &[u8],
    options: Chosen<'_, hh_load_options<'_>>,
) -> Result<*mut hh_module, Fail> {
    let engine = needed("engine", engine)?;
    let options = options.read()?.options()?;
    Ok(hand_out(Box::new(hh_module::new(engine.inner.load(wasm, &options)?))))
}

/// What stands where in the module's memory when it starts, and where the heap does.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_layout(
    module: Option<&hh_module>,
    out: Option<&mut MaybeUninit<hh_layout>>,
) -> hh_status {
    entry(|| {
        let module = needed("module", module)?;
        let layout =
            hh_layout::from(module.inner.info()).with_heap_start(module.inner.heap_start());
        put("out", out, layout)
    })
}

/// Whose allocator manages the module's memory, in words: "the host's heap", or which exports of its
/// own. Belongs to the module and lives as long as it. NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_allocator(module: Option<&hh_module>) -> *const c_char {
    module.map_or(ptr::null(), |module| module.allocator.as_ptr())
}

/// Whether the host's heap serves the module; false if it brings its own malloc and free, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_uses_host_heap(module: Option<&hh_module>) -> bool {
    module.is_some_and(|module| !module.has_own_allocator())
}

/// What the contract that the module was loaded with has to say about it: no errors, perhaps warnings.
/// NULL without a contract. Belongs to the module and lives as long as it: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_report(module: Option<&hh_module>) -> Option<&hh_report> {
    module?.report.as_ref()
}

/// What was changed in the module before it was compiled, and why, a line each; "" if nothing was.
///
/// `*text` is the caller's, who frees it by hh_string_free; none on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_rewrites(
    module: Option<&hh_module>,
    text: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    entry(|| {
        let place = vacant("text", text, hh_string::NONE)?;
        let notes = needed("module", module)?.inner.rewrites().iter();
        *place = hh_string::give(notes.map(|note| format!("{note}\n")).collect::<String>());
        Ok(())
    })
}

/// How many imports the module has; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_import_count(module: Option<&hh_module>) -> usize {
    module.map_or(0, |module| module.imports.len())
}

/// An import of the module. HH_ERR_ARGUMENT from hh_module_import_count() on.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_import_at(
    module: Option<&hh_module>,
    index: usize,
    out: Option<&mut MaybeUninit<hh_extern>>,
) -> hh_status {
    entry(|| put("out", out, at("imports", &needed("module", module)?.imports, index)?))
}

/// How many exports the module has; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_export_count(module: Option<&hh_module>) -> usize {
    module.map_or(0, |module| module.exports.len())
}

/// An export of the module. HH_ERR_ARGUMENT from hh_module_export_count() on.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_export_at(
    module: Option<&hh_module>,
    index: usize,
    out: Option<&mut MaybeUninit<hh_extern>>,
) -> hh_status {
    entry(|| put("out", out, at("exports", &needed("module", module)?.exports, index)?))
}

fn at(what: &str, texts: &[ExternText], index: usize) -> Result<hh_extern, Fail> {
    texts
        .get(index)
        .map(ExternText::c)
        .ok_or_else(|| Fail::argument(format!("index {index} of {} {what}", texts.len())))
}

/// Frees a module; what was linked with it goes on. NULL is fine; a second time is HH_ERR_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_module_delete(module: Owned<hh_module>) -> hh_status {
    entry(|| module.take().map(drop))
}
