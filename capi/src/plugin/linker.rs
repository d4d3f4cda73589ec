//! Host functions by name, and modules with all their imports resolved.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;
use core::ptr;
use std::sync::{Arc, PoisonError, RwLock};

use super::any::{AnyLinked, AnyLinker};
use super::engine::hh_engine;
use super::host::{HostFunction, Kept, hh_drop_fn, hh_host_fn};
use super::instance::{hh_instance, instantiate};
use super::limits::hh_limits;
use super::module::hh_module;
use super::prototype;
use crate::boundary::{Chosen, Handle, Owned, Text, User, entry, hand_out, needed, vacant};
use crate::status::hh_status;

/// The host functions that plugins may import. The malloc family (module "env") is always among them.
/// Threads may share it.
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_linker(RwLock<Box<dyn AnyLinker>>);

/// A module with all its imports resolved, which makes any number of instances. Threads may share it.
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_linked {
    inner: Box<dyn AnyLinked>,
    own_allocator: bool,
}

impl core::fmt::Debug for hh_linker {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("hh_linker")
    }
}

impl core::fmt::Debug for hh_linked {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("hh_linked")
    }
}

impl Handle for hh_linker {
    const NAME: &'static str = "hh_linker";
}

impl Handle for hh_linked {
    const NAME: &'static str = "hh_linked";
}

/// Makes a linker that offers plugins the malloc family and nothing else.
///
/// `*linker` is the caller's, who frees it by hh_linker_delete; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_new(
    engine: Option<&hh_engine>,
    linker: Option<&mut MaybeUninit<*mut hh_linker>>,
) -> hh_status {
    entry(|| {
        let place = vacant("linker", linker, ptr::null_mut())?;
        let inner = needed("engine", engine)?.inner.linker();
        *place = hand_out(Box::new(hh_linker(RwLock::new(inner))));
        Ok(())
    })
}

/// Sets what each plugin may use that is linked from now on. NULL sets the defaults. The struct is
/// copied.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_limits(
    linker: Option<&hh_linker>,
    limits: Chosen<'_, hh_limits>,
) -> hh_status {
    entry(|| {
        let limits = limits.read()?.to_core();
        let mut linker =
            needed("linker", linker)?.0.write().unwrap_or_else(PoisonError::into_inner);
        linker.limits(limits);
        Ok(())
    })
}

/// Whether to remember from which line of its source a plugin asked for each block, for plugins that say
/// so: those in C that were compiled with HH_CALL_SITES of the kit for plugins. hh_instance_call_site
/// tells it. Holds for what is linked from now on; their malloc and free take longer then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_call_sites(linker: Option<&hh_linker>, wanted: bool) -> hh_status {
    entry(|| {
        let mut linker =
            needed("linker", linker)?.0.write().unwrap_or_else(PoisonError::into_inner);
        linker.call_sites(wanted);
        Ok(())
    })
}

/// Offers plugins a host function by the import name `module`.`name`, with its signature as text:
/// "(str, u32) -> string". A function registered under a name of the malloc family replaces that
/// member. Whether it fits the type that a plugin imports it with is checked when that is linked.
///
/// `function` gets `user` with each call. `drop` (may be NULL) is called once with `user` when the
/// function cannot be called any more: when the linker and all that was linked by it, with all its
/// instances, are freed, by the thread that frees the last of them; or before this returns, if it
/// fails.
///
/// HH_ERR_LINK if the name is taken; HH_ERR_ARGUMENT for a signature that is none, and says where.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_func(
    linker: Option<&hh_linker>,
    module: Text<'_>,
    name: Text<'_>,
    signature: Text<'_>,
    function: hh_host_fn,
    user: User,
    drop: hh_drop_fn,
) -> hh_status {
    // Outside, so that it is dropped on every way out.
    let user = Kept::new(user, drop);
    entry(|| {
        let linker = needed("linker", linker)?;
        let (module, name) = (module.text("module")?, name.text("name")?);
        let signature = prototype::parse(signature)?;
        let function = needed("function", function)?;
        // What is freed if this fails is freed when the lock is, since that may call the linker.
        let function = Arc::new(HostFunction { name: format!("{module}.{name}"), function, user });
        let mut linker = linker.0.write().unwrap_or_else(PoisonError::into_inner);
        let registered = linker.func(module, name, &signature, function.clone());
        std::mem::drop(linker);
        Ok(registered?)
    })
}

/// Resolves a module's imports, once for all its instances.
///
/// `*linked` is the caller's, who frees it by hh_linked_delete; NULL on failure. It needs neither the
/// linker nor the module any more. HH_ERR_LINK with all imports that are missing or have another
/// type; HH_ERR_MISMATCH for a module of another engine.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_link(
    linker: Option<&hh_linker>,
    module: Option<&hh_module>,
    linked: Option<&mut MaybeUninit<*mut hh_linked>>,
) -> hh_status {
    entry(|| {
        let place = vacant("linked", linked, ptr::null_mut())?;
        *place = hand_out(Box::new(link(needed("linker", linker)?, needed("module", module)?)?));
        Ok(())
    })
}

/// Makes an instance: hh_linker_link and hh_linked_instantiate in one go.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_instantiate(
    linker: Option<&hh_linker>,
    module: Option<&hh_module>,
    user: User,
    instance: Option<&mut MaybeUninit<*mut hh_instance>>,
) -> hh_status {
    entry(|| {
        let place = vacant("instance", instance, ptr::null_mut())?;
        let linked = link(needed("linker", linker)?, needed("module", module)?)?;
        *place = instantiate(&*linked.inner, user, linked.own_allocator)?;
        Ok(())
    })
}

/// Makes an instance, with memory and heap of its own, for this thread. Before this returns, the
/// plugin's start function has run, and its `_initialize` if it has one; host functions that they call
/// have an instance already, which is valid beyond them only if this succeeds.
///
/// `user` is what hh_instance_user gives; the library does not look at it. `*instance` is the
/// caller's, who frees it by hh_instance_delete; NULL on failure. It does not need `linked` any more.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linked_instantiate(
    linked: Option<&hh_linked>,
    user: User,
    instance: Option<&mut MaybeUninit<*mut hh_instance>>,
) -> hh_status {
    entry(|| {
        let place = vacant("instance", instance, ptr::null_mut())?;
        let linked = needed("linked", linked)?;
        *place = instantiate(&*linked.inner, user, linked.own_allocator)?;
        Ok(())
    })
}

fn link(linker: &hh_linker, module: &hh_module) -> Result<hh_linked, crate::status::Fail> {
    let linker = linker.0.read().unwrap_or_else(PoisonError::into_inner);
    let inner = linker.link(module.inner())?;
    Ok(hh_linked { inner, own_allocator: module.has_own_allocator() })
}

/// Frees a linker; what was linked by it goes on. NULL is fine; a second time is HH_ERR_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linker_delete(linker: Owned<hh_linker>) -> hh_status {
    entry(|| linker.take().map(drop))
}

/// Frees what was linked; its instances go on. NULL is fine; a second time is HH_ERR_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_linked_delete(linked: Owned<hh_linked>) -> hh_status {
    entry(|| linked.take().map(drop))
}
