//! Which call of a host function is in progress, for functions that C calls meanwhile.
//!
//! While a plugin runs, it is mutably borrowed by the call that runs it. A host function gets it
//! back for as long as it runs, as a borrow of Rust, which C cannot carry through to the functions
//! of this library that it calls. So the borrow is left here for that time.

use core::cell::Cell;
use core::ptr::NonNull;

use crate::plugin::any::AnyCall;
use crate::status::{Fail, hh_status};

/// The call of the host function that C is in, if it is in one: one for each instance.
#[derive(Debug, Default)]
pub(crate) struct Innermost(Cell<State>);

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// C is in none.
    #[default]
    Outside,
    /// Somebody uses it at the moment.
    Used,
    Inside(NonNull<dyn AnyCall>),
}

/// Puts a state back when it is dropped, so that a panic does too.
struct Restore<'a> {
    cell: &'a Cell<State>,
    state: State,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.cell.set(self.state);
    }
}

impl Innermost {
    /// Whether C is in no host function of this instance.
    #[inline]
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.0.get(), State::Outside)
    }

    /// Runs `f` with `call` as the innermost one, and restores the one around it afterwards.
    pub(crate) fn enter<R>(&self, call: &mut (dyn AnyCall + '_), f: impl FnOnce() -> R) -> R {
        let call = NonNull::from(call);
        // SAFETY: only the lifetime changes, which a pointer does not need; what keeps `with` from
        // using it for too long is said there.
        let call = unsafe {
            core::mem::transmute::<NonNull<dyn AnyCall + '_>, NonNull<dyn AnyCall + 'static>>(call)
        };
        let _restore = Restore { cell: &self.0, state: self.0.replace(State::Inside(call)) };
        f()
    }

    /// Runs `f` on the innermost call.
    ///
    /// # Errors
    ///
    /// `HH_ERR_BUSY` if it is in use already, further out; or if there is none.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        f: impl FnOnce(&mut (dyn AnyCall + '_)) -> Result<R, Fail>,
    ) -> Result<R, Fail> {
        let state = self.0.replace(State::Used);
        let _restore = Restore { cell: &self.0, state };
        match state {
            // SAFETY: the pointer was made of the `&mut` that `enter` borrows for as long as its
            // closure runs, and stands in the cell for that time only. `with` runs inside that
            // closure, and returns before it does: this type cannot be shared between threads, and
            // neither frame can be left but by returning or unwinding. While `f` runs the pointer
            // is out of the cell, so that there is one `&mut` at a time; that of `enter` is not
            // used meanwhile, since it was given away for the length of the closure.
            State::Inside(mut call) => f(unsafe { call.as_mut() }),
            State::Used | State::Outside => Err(Fail::in_call()),
        }
    }
}

impl Fail {
    /// For what a host function cannot do either.
    #[cold]
    pub(crate) fn until_returned() -> Self {
        let message = "it is in use by a call in progress: do this when the call has returned";
        Fail::new(hh_status::HH_ERR_BUSY, message)
    }

    #[cold]
    pub(crate) fn in_call() -> Self {
        let message = "the instance is in use by a call in progress, which cannot be interrupted: \
                       do this in a host function, or when the call has returned";
        Fail::new(hh_status::HH_ERR_BUSY, message)
    }
}
