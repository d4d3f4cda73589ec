//! Instances.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use std::rc::Rc;

use super::any::AnyLinked;
use super::shared::Shared;
use crate::boundary::thread::Bound;
use crate::boundary::{Handle, Offered, Owned, User, answer, entry, needed};
use crate::status::{Fail, hh_status};

/// A running plugin, with its memory and its heap. The handle works between calls and inside host
/// functions that the plugin calls.
///
/// It belongs to the thread that made it, with all functions, blocks and callbacks of it: everywhere
/// else they are HH_ERR_THREAD. Freeing it frees everything that the plugin ever held; functions,
/// blocks and callbacks of it must be freed all the same, and are HH_ERR_HANDLE until then.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_instance(Bound<Rc<Shared>>);

impl Handle for hh_instance {
    const NAME: &'static str = "hh_instance";
}

impl hh_instance {
    /// What it is, on its own thread.
    #[inline]
    pub(crate) fn shared(&self) -> Result<&Rc<Shared>, Fail> {
        self.0.get()
    }
}

/// The instance that a parameter names.
#[inline]
pub(crate) fn shared(instance: Option<&hh_instance>) -> Result<&Rc<Shared>, Fail> {
    needed("instance", instance)?.shared()
}

/// Makes one, for C to own.
pub(crate) fn instantiate(
    linked: &dyn AnyLinked,
    user: User,
    own_allocator: bool,
) -> Result<*mut hh_instance, Fail> {
    let shared = Shared::new(user, own_allocator);
    // Start functions may call host functions, which may ask for the instance.
    let offered = Offered::new(Box::new(hh_instance(Bound::new(shared.clone()))));
    shared.set_handle(offered.pointer());
    match linked.instantiate(shared.host()) {
        Ok(plugin) => {
            shared.started(plugin);
            Ok(offered.accepted())
        }
        Err(error) => {
            shared.end();
            Err(error.into())
        }
    }
}

/// The pointer that the instance was made with; NULL for an instance that is NULL or another
/// thread's.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_user(instance: Option<&hh_instance>) -> User {
    answer(User::NULL, || shared(instance).map_or(User::NULL, |shared| shared.user()))
}

/// Whether calls are refused (HH_ERR_POISONED) because the plugin trapped, or a host function failed,
/// in the middle of a call. False for an instance that is NULL, another thread's, or in use.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_is_poisoned(instance: Option<&hh_instance>) -> bool {
    answer(false, || {
        shared(instance)
            .and_then(|shared| shared.ask(|guest| Ok(guest.is_poisoned())))
            .unwrap_or(false)
    })
}

/// Allows calls again after a trap. The heap is consistent after any trap, but what the plugin itself
/// was doing is half done: its data may be inconsistent, and its stack pointer is where the trap left
/// it. Use this only if you know that the plugin can bear it; otherwise make a new instance.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_clear_poison(instance: Option<&hh_instance>) -> hh_status {
    entry(|| {
        shared(instance)?.with(|guest| {
            guest.clear_poison();
            Ok(())
        })
    })
}

/// Frees an instance, with everything that the plugin held. NULL is fine; a second time is
/// HH_ERR_HANDLE. HH_ERR_BUSY in a host function that it called, and while a view of it is open;
/// HH_ERR_THREAD on another thread than its own.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_delete(instance: Owned<hh_instance>) -> hh_status {
    entry(|| {
        if let Some(instance) = instance.take_if(|instance| instance.shared()?.idle())? {
            let plugin = instance.shared()?.end();
            // Functions that free C's own pointers may run now, and find the instance freed.
            drop(plugin);
        }
        Ok(())
    })
}
