//! Functions of the plugin's, and calls.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::any::Any;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr;
use std::rc::Rc;

use super::answer;
use super::arguments::{ARGUMENTS, Arguments, InUse, Lists};
use super::instance::{hh_instance, shared};
use super::prototype::{self, Expected};
use super::shared::Shared;
use crate::boundary::places::Place;
use crate::boundary::thread::Bound;
use crate::boundary::value::hh_value;
use crate::boundary::{Array, Handle, Owned, Text, entry, hand_out, needed, vacant};
use crate::status::{Fail, hh_status};

/// A function of an instance, found and checked once for many calls.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_func(Bound<Func>);

#[derive(Debug)]
struct Func {
    shared: Rc<Shared>,
    /// The runtime's, which its plugin knows.
    inner: Box<dyn Any>,
    expected: Expected,
    in_use: Cell<u32>,
}

impl Handle for hh_func {
    const NAME: &'static str = "hh_func";
}

impl hh_func {
    fn new(shared: &Rc<Shared>, inner: Box<dyn Any>, expected: Expected) -> Box<Self> {
        let func = Func { shared: shared.clone(), inner, expected, in_use: Cell::new(0) };
        Box::new(hh_func(Bound::new(func)))
    }
}

/// Finds an exported function, and checks its signature once for many calls: "(str, u32) -> string".
/// The types and what they are in C stand in the guide of the calling convention.
///
/// `*func` is the caller's, who frees it by hh_func_delete; NULL on failure. It belongs to the
/// instance's thread. HH_ERR_LINK if there is no such function, or if it has another type, with the C
/// prototypes that would fit; HH_ERR_ARGUMENT for a signature that is none, and says where.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_func(
    instance: Option<&hh_instance>,
    name: Text<'_>,
    signature: Text<'_>,
    func: Option<&mut MaybeUninit<*mut hh_func>>,
) -> hh_status {
    entry(|| {
        let place = vacant("func", func, ptr::null_mut())?;
        let (shared, name) = (shared(instance)?, name.text("name")?);
        let signature = prototype::parse(signature)?;
        let inner = shared.with(|guest| Ok(guest.func(name, &signature)?))?;
        *place = hand_out(hh_func::new(shared, inner, Expected::of(&signature)));
        Ok(())
    })
}

/// Finds the function behind a function pointer of the plugin's: an index of its function table, as
/// hh_to_fn gives. The pointer is looked at once: it stays the same function whatever the plugin puts
/// into its table later.
///
/// `*func` as for hh_instance_func. HH_ERR_TABLE if there is no function at `index`.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_func_at(
    instance: Option<&hh_instance>,
    index: u32,
    signature: Text<'_>,
    func: Option<&mut MaybeUninit<*mut hh_func>>,
) -> hh_status {
    entry(|| {
        let place = vacant("func", func, ptr::null_mut())?;
        let shared = shared(instance)?;
        let signature = prototype::parse(signature)?;
        let inner = shared.with(|guest| Ok(guest.func_at(index, &signature)?))?;
        *place = hand_out(hh_func::new(shared, inner, Expected::of(&signature)));
        Ok(())
    })
}

/// Calls a function. Use the macro hh_call instead, which counts the values: the first one is the
/// destination of the result (hh_to_…), the others are the arguments.
///
/// What arguments point to is copied into the plugin, and what it may write to (hh_array_mut, hh_inout)
/// is copied back; those must not overlap any other argument, and nobody else may touch them until
/// the call returns. A result in the plugin's memory has been copied and freed there. On
/// failure the destination is set to none, NULL, 0 or false; a struct stays as it was.
///
/// Before the plugin runs: HH_ERR_CONVENTION if the arguments are not those of the signature (another
/// number of them, another type, a number that its type does not have, a wrong size of a struct or
/// element); HH_ERR_ARGUMENT if the destination is not for the signature's result, or if a value is none
/// in itself (text that is not UTF-8, no character, too large, overlapping what is written to, an
/// argument where a destination belongs or the other way round); HH_ERR_MISMATCH for a block or callback
/// of another instance.
///
/// Afterwards: HH_ERR_TRAP, HH_ERR_HOST and what a host function returned, if that is how the call
/// ended, and the instance is poisoned then; HH_ERR_GUEST if the function returned an error of its own,
/// with hh_error_code; HH_ERR_CONVENTION if its result is no value of its type.
#[unsafe(no_mangle)]
pub extern "C" fn hh_func_call<'a>(
    func: Option<&hh_func>,
    values: Array<'a, hh_value<'a>>,
    count: usize,
) -> hh_status {
    entry(|| {
        let values = values.slice("values", count);
        let place = values.as_ref().ok().and_then(|values| values.first()).map(Place::new);
        let func = needed("func", func)?.0.get()?;
        let Some((destination, arguments)) = values?.split_first() else {
            let message = "the first value is where the result goes: hh_to_void() if there is none";
            return Err(Fail::argument(message));
        };
        func.call(destination, arguments)?;
        if let Some(place) = place {
            place.filled();
        }
        Ok(())
    })
}

impl Func {
    #[inline]
    fn call(&self, destination: &hh_value<'_>, values: &[hh_value<'_>]) -> Result<(), Fail> {
        self.expected.check(destination)?;
        let _in_use = InUse::new(&self.in_use);
        let answer = {
            let lists = Lists::of(values)?;
            let mut arguments = Arguments::new();
            arguments.set(values, &lists, &self.shared, ARGUMENTS)?;
            let size = destination.size();
            self.shared.with(|guest| Ok(guest.call(&*self.inner, arguments.get_mut(), size)?))?
        };
        answer::deliver(answer, destination)
    }
}

/// Frees a function's handle; the plugin's function is as it was. NULL is fine; a second time is
/// HH_ERR_HANDLE. HH_ERR_BUSY while it is being called; HH_ERR_THREAD on another thread than the
/// instance's.
#[unsafe(no_mangle)]
pub extern "C" fn hh_func_delete(func: Owned<hh_func>) -> hh_status {
    entry(|| {
        func.take_if(|func| match func.0.get()?.in_use.get() {
            0 => Ok(()),
            _ => Err(Fail::until_returned()),
        })
        .map(drop)
    })
}
