//! A host function's call, as C sees it while the function runs.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::cell::{Cell, RefCell};
use core::ptr;
use std::rc::Rc;

use hostheap_core::Result;
use hostheap_core::convention::GuestError;

use super::any::AnyCall;
use super::arguments::{Arguments, Lists, RESULT};
use super::instance::hh_instance;
use super::shared::Shared;
use super::take;
use crate::boundary::places::Places;
use crate::boundary::thread::Bound;
use crate::boundary::value::{hh_span, hh_value};
use crate::boundary::{Array, Text, answer, entry, entry_with, needed};
use crate::status::{Fail, hh_status};

/// A call of a host function, from when the plugin made it until the function returns. Never keep it
/// for longer. It belongs to the thread that runs the function.
#[allow(non_camel_case_types, reason = "a name of C")]
#[derive(Debug)]
pub struct hh_invocation(Bound<Invocation>);

#[derive(Debug)]
pub(crate) struct Invocation {
    shared: Rc<Shared>,
    /// Which of the host functions in progress this is.
    level: u32,
    /// The next parameter.
    next: Cell<usize>,
    /// What C has spans of.
    parcels: RefCell<Vec<Parcel>>,
}

/// A parameter's bytes, for C to look at until the host function returns.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) bytes: Vec<u8>,
    /// Texts and buffers of a list, in `bytes`.
    pub(crate) spans: Vec<hh_span>,
    /// The parameter that it is written back to.
    pub(crate) goes_back: Option<usize>,
    /// Without the NUL byte at the end.
    pub(crate) len: usize,
}

impl hh_invocation {
    pub(crate) fn new(shared: &Rc<Shared>, level: u32) -> Self {
        let (next, parcels) = (Cell::new(0), RefCell::new(Vec::new()));
        hh_invocation(Bound::new(Invocation { shared: shared.clone(), level, next, parcels }))
    }

    pub(crate) fn pointer(&self) -> *mut hh_invocation {
        ptr::from_ref(self).cast_mut()
    }

    /// Copies what C wrote into the parameters that are the plugin's to read afterwards.
    pub(crate) fn write_back(&mut self, call: &mut dyn AnyCall) -> Result<()> {
        let Ok(invocation) = self.0.get() else { return Ok(()) };
        for parcel in invocation.parcels.take() {
            if let Some(index) = parcel.goes_back {
                call.write_back(index, parcel.bytes.get(..parcel.len).unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

impl Invocation {
    fn with<R>(
        &self,
        f: impl FnOnce(&mut (dyn AnyCall + '_)) -> core::result::Result<R, Fail>,
    ) -> core::result::Result<R, Fail> {
        self.shared.with_call(self.level, f)
    }

    /// Keeps bytes until the host function returns.
    pub(crate) fn keep(&self, parcel: Parcel) {
        self.parcels.borrow_mut().push(parcel);
    }
}

/// Takes the next `count` parameters of the call, in order, to where `values` say. Use the macro
/// hh_take instead, which counts them.
///
/// hh_to_void() skips a parameter.
///
/// HH_ERR_ARGUMENT if there are not as many, if one is of another type than its destination, which the
/// message says, or if what is written to the destination could not go back, as hh_to_array's does;
/// HH_ERR_CONVENTION if the size of a struct or element cannot be, or if what the plugin passed is no
/// value of its type; HH_ERR_BOUNDS, HH_ERR_POINTER if it lies where nothing can.
///
/// What came before it has been taken, and the others have not. On failure all of the `values` are set
/// to none, NULL, 0 or false, and strings that were there already are freed; only structs may have been
/// written.
#[unsafe(no_mangle)]
pub extern "C" fn hh_invocation_take<'a>(
    call: Option<&hh_invocation>,
    values: Array<'a, hh_value<'a>>,
    count: usize,
) -> hh_status {
    entry(|| {
        let values = values.slice("values", count);
        let places = Places::new(values.as_ref().map_or(&[], |values| values));
        let invocation = needed("call", call)?.0.get()?;
        let values = values?;
        invocation.with(|call| {
            for value in values {
                let index = invocation.next.get();
                take::parameter(invocation, call, index, value)?;
                invocation.next.set(index + 1);
            }
            Ok(())
        })?;
        places.filled();
        Ok(())
    })
}

/// Gives the result of the call: one value, or those of a tuple. Use the macro hh_give instead, which
/// counts them. What the values point to is copied at once. A function without a result gives none.
///
/// HH_ERR_ARGUMENT or HH_ERR_CONVENTION if the prototype says that the result is of another type;
/// HH_ERR_MISMATCH for a block or callback of another instance.
#[unsafe(no_mangle)]
pub extern "C" fn hh_invocation_give<'a>(
    call: Option<&hh_invocation>,
    values: Array<'a, hh_value<'a>>,
    count: usize,
) -> hh_status {
    entry(|| {
        let invocation = needed("call", call)?.0.get()?;
        let values = values.slice("values", count)?;
        if count > 1 {
            let numbers = values.iter().map(|value| value.number("a result"));
            let numbers: Vec<_> = numbers.collect::<core::result::Result<_, Fail>>()?;
            return invocation.with(|call| Ok(call.give_tuple(&numbers)?));
        }
        let lists = Lists::of(values)?;
        let mut arguments = Arguments::new();
        arguments.set(values, &lists, &invocation.shared, RESULT)?;
        match arguments.get_mut() {
            [] => Ok(()),
            [argument, ..] => {
                let argument = core::mem::replace(argument, Arguments::NONE);
                invocation.with(|call| Ok(call.give(argument)?))
            }
        }
    })
}

/// Gives the plugin an error of the host function's, where its prototype is `result<…>`: the plugin
/// goes on, with `code`, which must not be 0, and a message if the prototype has room for one
/// (NULL: none). `return hh_give_error(call, 2, "no such user");` is a success for the library.
#[unsafe(no_mangle)]
pub extern "C" fn hh_give_error(
    call: Option<&hh_invocation>,
    code: i32,
    message: Text<'_>,
) -> hh_status {
    entry(|| {
        let invocation = needed("call", call)?.0.get()?;
        let message = message.optional("message")?.unwrap_or_default();
        let error = GuestError::new(code, message);
        invocation.with(|call| Ok(call.give_error(&error)?))
    })
}

/// Fails the call: `return hh_fail(call, "the database is gone");`. The call that led to this host
/// function fails with HH_ERR_HOST and this message, and the plugin is poisoned. Returns HH_ERR_HOST.
/// `message` is UTF-8, and copied.
#[unsafe(no_mangle)]
pub extern "C" fn hh_fail(call: Option<&hh_invocation>, message: Text<'_>) -> hh_status {
    entry_with(|| {
        needed("call", call)?;
        let message = message.c_str().map(|text| text.to_string_lossy().into_owned());
        let message = message.unwrap_or_else(|| String::from("a host function failed"));
        Err(Fail::new(hh_status::HH_ERR_HOST, message))
    })
}

/// Fails the call with an error that was caught before: `status`, such as `hh_error_status` said, and
/// `message`, which is UTF-8 and copied. It is for wrappers that turn errors of this library into
/// exceptions and back. The call that led to this host function fails with both, and the plugin is
/// poisoned. Returns `status`.
///
/// If it is this thread's last error, hh_error_trap, hh_error_detail and hh_error_code stay what they are;
/// otherwise they are HH_TRAP_OTHER for HH_ERR_TRAP, "" and 0. HH_ERR_ARGUMENT if `status` is that of no
/// error: HH_OK, HH_NEED_MEMORY or an unknown number.
#[unsafe(no_mangle)]
pub extern "C" fn hh_fail_with(
    call: Option<&hh_invocation>,
    status: i32,
    message: Text<'_>,
) -> hh_status {
    entry_with(|| {
        needed("call", call)?;
        let Some(status) = hh_status::failure(status) else {
            return Err(Fail::argument(format!("`status` is {status}, which is no error")));
        };
        Err(Fail::again(status, message.c_str().unwrap_or(c"a host function failed")))
    })
}

/// How many parameters the call has, as its prototype counts them.
#[unsafe(no_mangle)]
pub extern "C" fn hh_invocation_count(call: Option<&hh_invocation>) -> usize {
    answer(0, || {
        let count = call.and_then(|call| {
            let invocation = call.0.get().ok()?;
            invocation.with(|call| Ok(call.len())).ok()
        });
        count.unwrap_or(0)
    })
}

/// The instance that made the call: everything works with it as it does outside, and calls may nest.
/// NULL for a call that is NULL or another thread's. Borrowed: do not free it here. While an instance's
/// start functions run it is valid until they have returned.
#[unsafe(no_mangle)]
pub extern "C" fn hh_invocation_instance(call: Option<&hh_invocation>) -> *mut hh_instance {
    answer(ptr::null_mut(), || {
        let invocation = call.and_then(|call| call.0.get().ok());
        invocation.map_or(ptr::null_mut(), |invocation| invocation.shared.handle())
    })
}
