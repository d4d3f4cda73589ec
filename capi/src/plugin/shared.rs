//! What an instance and everything made from it have in common.

use core::cell::{Cell, RefCell};
use core::ptr;
use std::rc::{Rc, Weak};

use super::any::{AnyCall, AnyGuest};
use super::instance::hh_instance;
use super::view::Views;
use crate::boundary::User;
use crate::boundary::innermost::Innermost;
use crate::boundary::thread::Bound;
use crate::status::{Fail, hh_status};

/// An instance: the plugin, and who is using it. Functions, blocks and callbacks hold it too, so that
/// they find out when it was freed. It stays on its thread.
pub(crate) struct Shared {
    /// `None` while its start functions run, and when it was freed.
    plugin: RefCell<Option<Box<dyn AnyGuest>>>,
    innermost: Innermost,
    /// Host functions in progress.
    depth: Cell<u32>,
    views: Views,
    /// What C has.
    handle: Cell<*mut hh_instance>,
    user: User,
    /// The plugin brings its own allocator.
    own_allocator: bool,
}

/// The state of the plugin's store: the way from a host function to the instance.
#[derive(Debug)]
pub(crate) struct Host(Bound<Weak<Shared>>);

impl Host {
    pub(crate) fn shared(&self) -> Result<Rc<Shared>, Fail> {
        self.0.get()?.upgrade().ok_or_else(freed)
    }
}

impl Shared {
    pub(crate) fn new(user: User, own_allocator: bool) -> Rc<Self> {
        Rc::new(Shared {
            plugin: RefCell::new(None),
            innermost: Innermost::default(),
            depth: Cell::new(0),
            views: Views::default(),
            handle: Cell::new(ptr::null_mut()),
            user,
            own_allocator,
        })
    }

    pub(crate) fn host(self: &Rc<Self>) -> Host {
        Host(Bound::new(Rc::downgrade(self)))
    }

    /// Its start functions have run.
    pub(crate) fn started(&self, plugin: Box<dyn AnyGuest>) {
        *self.plugin.borrow_mut() = Some(plugin);
    }

    pub(crate) fn handle(&self) -> *mut hh_instance {
        self.handle.get()
    }

    pub(crate) fn set_handle(&self, handle: *mut hh_instance) {
        self.handle.set(handle);
    }

    pub(crate) fn user(&self) -> User {
        self.user
    }

    pub(crate) fn has_own_allocator(&self) -> bool {
        self.own_allocator
    }

    pub(crate) fn views(&self) -> &Views {
        &self.views
    }

    /// Does something with the plugin that may change or move its memory.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        f: impl FnOnce(&mut dyn AnyGuest) -> Result<R, Fail>,
    ) -> Result<R, Fail> {
        self.views.none_open()?;
        self.ask(f)
    }

    /// Does something with the plugin that leaves its memory alone.
    #[inline]
    pub(crate) fn ask<R>(
        &self,
        f: impl FnOnce(&mut dyn AnyGuest) -> Result<R, Fail>,
    ) -> Result<R, Fail> {
        // Inside a host function the plugin is borrowed by the call in progress, which lends it to
        // that function.
        if !self.innermost.is_outside() {
            return self.innermost.with(|call| f(call.guest()));
        }
        let mut plugin = self.plugin.try_borrow_mut().map_err(|_| Fail::in_call())?;
        f(plugin.as_mut().ok_or_else(freed)?.as_mut())
    }

    /// Does something with the call of the host function that C is in, as long as that is the one at
    /// `level`.
    pub(crate) fn with_call<R>(
        &self,
        level: u32,
        f: impl FnOnce(&mut (dyn AnyCall + '_)) -> Result<R, Fail>,
    ) -> Result<R, Fail> {
        if level != self.depth.get() {
            let message = "this invocation waits for a call that its host function made: the \
                           parameters and the result are those of the innermost one until then";
            return Err(Fail::new(hh_status::HH_ERR_BUSY, message));
        }
        self.views.none_open()?;
        self.innermost.with(f)
    }

    /// Runs a host function of C's with `call` as the innermost one; `f` gets its level.
    pub(crate) fn inside<R>(&self, call: &mut (dyn AnyCall + '_), f: impl FnOnce(u32) -> R) -> R {
        /// Counts down on a panic too.
        struct Leave<'a>(&'a Cell<u32>);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get().saturating_sub(1));
            }
        }
        self.depth.set(self.depth.get().saturating_add(1));
        let _leave = Leave(&self.depth);
        self.innermost.enter(call, || f(self.depth.get()))
    }

    /// Checks that an argument belongs to the instance that it is passed to.
    pub(crate) fn same(
        self: &Rc<Self>,
        other: &Rc<Self>,
        what: &str,
        name: &str,
    ) -> Result<(), Fail> {
        if Rc::ptr_eq(self, other) {
            return Ok(());
        }
        let message =
            format!("{what} is an {name} of another instance: make one of this instance for it");
        Err(Fail::new(hh_status::HH_ERR_MISMATCH, message))
    }

    /// Whether the plugin can be freed now.
    pub(crate) fn idle(&self) -> Result<(), Fail> {
        self.views.none_open()?;
        match self.innermost.is_outside() && self.plugin.try_borrow_mut().is_ok() {
            true => Ok(()),
            false => Err(Fail::until_returned()),
        }
    }

    /// Takes the plugin out: what is left finds it freed.
    pub(crate) fn end(&self) -> Option<Box<dyn AnyGuest>> {
        self.handle.set(ptr::null_mut());
        self.plugin.try_borrow_mut().ok()?.take()
    }
}

#[cold]
fn freed() -> Fail {
    let message = "the instance that this belongs to was freed";
    Fail::new(hh_status::HH_ERR_HANDLE, message)
}

impl core::fmt::Debug for Shared {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Shared").field("depth", &self.depth).finish_non_exhaustive()
    }
}
