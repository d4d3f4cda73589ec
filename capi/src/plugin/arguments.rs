//! C's arguments as core's.

use core::cell::Cell;
use core::ops::Range;
use std::rc::Rc;

use hostheap_core::convention::dynamic::Argument;

use super::shared::Shared;
use crate::boundary::decode::Given;
use crate::boundary::value::hh_value;
use crate::status::Fail;

/// The most that a prototype has.
const MOST: usize = 12;

/// What messages call the values, by their places.
pub(crate) type Names = [&'static str; MOST];

/// The result of a host function is an argument on its way back.
pub(crate) const RESULT: &Names = &["the result"; MOST];

pub(crate) const ARGUMENTS: &Names = &[
    "argument 1",
    "argument 2",
    "argument 3",
    "argument 4",
    "argument 5",
    "argument 6",
    "argument 7",
    "argument 8",
    "argument 9",
    "argument 10",
    "argument 11",
    "argument 12",
];

/// The arguments of one call, without a trip to the host's heap.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    values: [Argument<'a>; MOST],
    /// What must not be freed meanwhile.
    used: [Option<InUse<'a>>; MOST],
    count: usize,
}

/// A handle that is in use until this is dropped.
#[derive(Debug)]
pub(crate) struct InUse<'a>(&'a Cell<u32>);

impl<'a> InUse<'a> {
    #[inline]
    pub(crate) fn new(count: &'a Cell<u32>) -> Self {
        count.set(count.get().saturating_add(1));
        InUse(count)
    }
}

impl Drop for InUse<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// The lists among the arguments of a call: nothing, mostly.
#[derive(Debug, Default)]
pub(crate) struct Lists<'a>(Vec<Vec<&'a [u8]>>);

impl<'a> Lists<'a> {
    pub(crate) fn of(values: &[hh_value<'a>]) -> Result<Self, Fail> {
        if !values.iter().any(hh_value::is_list) {
            return Ok(Lists::default());
        }
        let lists = values.iter().map(|value| value.list("a list"));
        Ok(Lists(lists.collect::<Result<_, Fail>>()?))
    }

    fn get(&self, index: usize) -> &[&'a [u8]] {
        self.0.get(index).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Arguments<'a> {
    pub(crate) const NONE: Argument<'static> = Argument::Null;

    #[inline]
    pub(crate) fn new() -> Self {
        let (values, used) = ([const { Argument::Null }; MOST], [const { None }; MOST]);
        Arguments { values, used, count: 0 }
    }

    /// Converts them, once, for a function of `instance` or its call of a host function.
    pub(crate) fn set(
        &mut self,
        values: &'a [hh_value<'a>],
        lists: &'a Lists<'a>,
        instance: &Rc<Shared>,
        names: &Names,
    ) -> Result<(), Fail> {
        if values.len() > MOST {
            let message = format!("{} arguments: no function has more than {MOST}", values.len());
            return Err(Fail::argument(message));
        }
        check_overlaps(values, names)?;
        for (i, value) in values.iter().enumerate() {
            self.values[i] = match value.given(names[i])? {
                Given::Null => Argument::Null,
                Given::Number(number) => Argument::Number(number),
                Given::Str(text) => Argument::Str(utf8(names[i], text)?),
                Given::Bytes(bytes) => Argument::Bytes(bytes),
                Given::CStr(text) => Argument::CStr(text),
                Given::Array { bytes, count } => Argument::Array { bytes, count },
                Given::ArrayMut { bytes, count } => Argument::ArrayMut { bytes, count },
                Given::In(bytes) => Argument::Value(bytes),
                Given::InOut(bytes) => Argument::ValueMut(bytes),
                Given::List => Argument::List(lists.get(i)),
                Given::Pointer(offset) => Argument::Pointer(offset),
                Given::Function(index) => Argument::Function(index),
                Given::Kept(block) => {
                    let (block, used) = block.used(names[i], instance)?;
                    self.used[i] = Some(used);
                    Argument::Block(block)
                }
                Given::Closure(callback) => {
                    let (callback, used) = callback.used(names[i], instance)?;
                    self.used[i] = Some(used);
                    Argument::Callback(callback)
                }
            };
        }
        self.count = values.len();
        Ok(())
    }

    pub(crate) fn get_mut(&mut self) -> &mut [Argument<'a>] {
        &mut self.values[..self.count]
    }
}

fn utf8<'a>(what: &'static str, text: &'a [u8]) -> Result<&'a str, Fail> {
    core::str::from_utf8(text).map_err(|e| Fail::not_utf8(what, e.valid_up_to()))
}

/// What a call writes to must be no other argument's: which of them would win?
fn check_overlaps(values: &[hh_value<'_>], names: &Names) -> Result<(), Fail> {
    for (i, value) in values.iter().enumerate().filter(|(_, value)| value.writes()) {
        let mut written = 0..0;
        value.each_range(&mut |range| written = range)?;
        for (j, other) in values.iter().enumerate().filter(|(j, _)| *j != i) {
            let mut overlaps = false;
            other.each_range(&mut |range| overlaps |= overlap(&written, &range))?;
            if overlaps {
                let message = format!(
                    "{} is written to, and overlaps {} in the host's memory: give each its own bytes",
                    names[i], names[j]
                );
                return Err(Fail::argument(message));
            }
        }
    }
    Ok(())
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    !a.is_empty() && !b.is_empty() && a.start < b.end && b.start < a.end
}
