//! Functions of C's in a plugin's function table.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use hostheap_core::convention::Callback;

use super::arguments::InUse;
use super::host::{HostFunction, Kept, hh_drop_fn, hh_host_fn};
use super::instance::{hh_instance, shared};
use super::prototype;
use super::shared::Shared;
use crate::boundary::thread::Bound;
use crate::boundary::{Handle, Owned, Text, User, answer, entry, hand_out, needed, vacant};
use crate::status::{Fail, hh_status};

/// A function of the host's that the plugin can call through a function pointer, until it is freed. As
/// an argument (hh_closure) it is that pointer, which the plugin may store.
///
/// A call through the pointer after the callback was freed ends with HH_ERR_CONVENTION, as long as its
/// place in the table is free. The place is used again by later callbacks of the same signature: then
/// the stale pointer calls that one. Free a callback only when the plugin has dropped its pointer.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_callback(Bound<Entry>);

#[derive(Debug)]
struct Entry {
    shared: Rc<Shared>,
    inner: Callback,
    /// Gone when the plugin is, which may be before this.
    function: Weak<HostFunction>,
    in_use: Cell<u32>,
}

impl Handle for hh_callback {
    const NAME: &'static str = "hh_callback";
}

impl hh_callback {
    /// As an argument for `instance`, in use until the second is dropped.
    pub(crate) fn used(
        &self,
        what: &str,
        instance: &Rc<Shared>,
    ) -> Result<(&Callback, InUse<'_>), Fail> {
        let callback = self.0.get()?;
        callback.shared.same(instance, what, Self::NAME)?;
        Ok((&callback.inner, InUse::new(&callback.in_use)))
    }
}

/// Puts a function of the host's into the plugin's function table: "(ptr, ptr) -> i32" is what qsort
/// wants. It is called like any other host function.
///
/// `drop` (may be NULL) is called once with `user`: by hh_callback_delete, by hh_instance_delete if that
/// comes first, or before this returns, if it fails.
///
/// `*callback` is the caller's, who frees it by hh_callback_delete; NULL on failure. HH_ERR_TABLE if the
/// plugin has no function table, or no more room in it (`hh_load_options.callback_slots`).
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_callback(
    instance: Option<&hh_instance>,
    signature: Text<'_>,
    function: hh_host_fn,
    user: User,
    drop: hh_drop_fn,
    callback: Option<&mut MaybeUninit<*mut hh_callback>>,
) -> hh_status {
    // Outside, so that it is dropped on every way out.
    let user = Kept::new(user, drop);
    entry(|| {
        let place = vacant("callback", callback, ptr::null_mut())?;
        let shared = shared(instance)?;
        let signature = prototype::parse(signature)?;
        let function = needed("function", function)?;
        let name = format!("callback {signature}");
        let function = Arc::new(HostFunction { name, function, user });
        let weak = Arc::downgrade(&function);
        let inner = shared.with(|guest| Ok(guest.callback(&signature, function)?))?;
        let (shared, in_use) = (shared.clone(), Cell::new(0));
        let entry = Entry { shared, inner, function: weak, in_use };
        *place = hand_out(Box::new(hh_callback(Bound::new(entry))));
        Ok(())
    })
}

/// The function pointer: an index into the plugin's function table, for fields of structs. 0 for NULL,
/// and on another thread.
#[unsafe(no_mangle)]
pub extern "C" fn hh_callback_index(callback: Option<&hh_callback>) -> u32 {
    answer(0, || {
        let callback = callback.and_then(|callback| callback.0.get().ok());
        callback.map_or(0, |callback| callback.inner.index())
    })
}

/// Frees a callback: the plugin's pointer to it is stale from then on (see hh_callback for what a call
/// through it does), and its `drop` runs before this returns. Only if the callback itself is running, or
/// if this is called while the library frees another one's `user`, it runs when that has ended, at the
/// plugin's next use at the latest.
///
/// NULL is fine; a second time is HH_ERR_HANDLE. HH_ERR_BUSY while it is an argument of a call in
/// progress; HH_ERR_THREAD on another thread than the instance's. After its instance was freed, this
/// frees the handle.
#[unsafe(no_mangle)]
pub extern "C" fn hh_callback_delete(callback: Owned<hh_callback>) -> hh_status {
    entry(|| {
        let taken = callback.take_if(|callback| match callback.0.get()?.in_use.get() {
            0 => Ok(()),
            _ => Err(Fail::until_returned()),
        })?;
        let Some(callback) = taken else { return Ok(()) };
        let Entry { shared, inner, function, .. } = callback.0.into_inner()?;
        // C's `drop` may use the plugin: it runs when that is not borrowed any more.
        let _function = function.upgrade();
        let mut inner = Some(inner);
        // Where the plugin is not at hand, the callback is dropped, and gone at its next use.
        let _ = shared.ask(|guest| match inner.take() {
            Some(callback) => Ok(guest.remove(callback)?),
            None => Ok(()),
        });
        Ok(())
    })
}
