//! Host functions of C's.

use hostheap_core::{Error, Result};

use super::any::AnyCall;
use super::invocation::hh_invocation;
use super::view;
use crate::boundary::{Returned, User};
use crate::status::{self, Fail, hh_status};

/// A host function: plugins call it, and it calls this library with `call` to get at its parameters
/// (hh_take), to give its result (hh_give), and at the plugin (hh_invocation_instance). `user` is what
/// it was registered with.
///
/// HH_OK lets the plugin go on. Any other status ends the plugin's function too: the call that led
/// here fails with that status and with the message of the function of this library that returned it
/// (hh_fail, hh_fail_with, or any that failed). The plugin is poisoned then.
///
/// It runs on the thread that called the plugin; where instances on several threads have it, on
/// several at once. It must return: longjmp, C++ exceptions, thread exit and coroutine switches past
/// this library are forbidden.
#[allow(non_camel_case_types, reason = "a name of C")]
pub type hh_host_fn = Option<extern "C" fn(call: *mut hh_invocation, user: User) -> Returned>;

/// Frees a `user` pointer: called once, when nothing can use it any more.
#[allow(non_camel_case_types, reason = "a name of C")]
pub type hh_drop_fn = Option<extern "C" fn(user: User)>;

/// A `user` pointer with what frees it.
#[derive(Debug)]
pub(crate) struct Kept {
    user: User,
    free: hh_drop_fn,
}

impl Kept {
    pub(crate) fn new(user: User, free: hh_drop_fn) -> Self {
        Kept { user, free }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            free(self.user);
        }
    }
}

/// A host function with all that belongs to it.
#[derive(Debug)]
pub(crate) struct HostFunction {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) function: extern "C" fn(call: *mut hh_invocation, user: User) -> Returned,
    pub(crate) user: Kept,
}

/// A plugin called it.
pub(crate) fn run(function: &HostFunction, call: &mut dyn AnyCall) -> Result<()> {
    let shared = call.host().shared().map_err(Error::host)?;
    let before = status::failures();
    let (returned, mut invocation) = shared.inside(call, |level| {
        let invocation = hh_invocation::new(&shared, level);
        let returned = (function.function)(invocation.pointer(), function.user.user);
        (returned, invocation)
    });
    let left_open = view::end_all(&shared);
    if returned.number() != hh_status::HH_OK as i32 {
        return Err(Error::host(failure(&function.name, returned, before)));
    }
    if left_open {
        let message = format!(
            "the host function `{}` returned with an open view of the plugin's memory: call \
             hh_view_end before it returns",
            function.name
        );
        return Err(Error::host(Fail::new(hh_status::HH_ERR_BUSY, message)));
    }
    if call.lacks_result() {
        let message = format!(
            "the host function `{}` returned HH_OK, and nothing was given: its signature is `{}`, so \
             give the result by hh_give, or hh_give_error for result<…>, or return another status",
            function.name,
            call.prototype()
        );
        return Err(Error::host(Fail::new(hh_status::HH_ERR_CONVENTION, message)));
    }
    invocation.write_back(call)
}

/// The failure that a host function means by the status that it returned.
fn failure(name: &str, returned: Returned, before: u64) -> Fail {
    // The message is that of the function that gave this status, if one did while this one ran.
    if let Some(fail) =
        status::last_since(before).filter(|fail| fail.status as i32 == returned.number())
    {
        return fail;
    }
    let number = returned.number();
    match hh_status::failure(number) {
        Some(status) => {
            Fail::new(status, format!("the host function `{name}` returned {status:?}"))
        }
        None => {
            let message =
                format!("the host function `{name}` returned {number}, which is no failure");
            Fail::new(hh_status::HH_ERR_HOST, message)
        }
    }
}
