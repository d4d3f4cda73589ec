//! Places for results, in which nothing stands after a failure that could be taken for a result.

use core::mem::forget;

use super::decode::Wanted;
use super::hh_string;
use super::value::{hh_kind, hh_span, hh_spans, hh_value};

/// Where the result of a call goes: emptied when this is dropped, unless it was filled. Not before the
/// call, as an argument may point to the same variable.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a hh_value<'a>);

impl<'a> Place<'a> {
    pub(crate) fn new(value: &'a hh_value<'a>) -> Self {
        Place(value)
    }

    /// The result is there.
    pub(crate) fn filled(self) {
        forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.empty();
    }
}

/// Where several values go: empty from the start, and again when this is dropped, unless all of them
/// were filled. Strings that are there by then are freed.
#[derive(Debug)]
pub(crate) struct Places<'a>(&'a [hh_value<'a>]);

impl<'a> Places<'a> {
    pub(crate) fn new(values: &'a [hh_value<'a>]) -> Self {
        values.iter().for_each(hh_value::empty);
        Places(values)
    }

    /// All values are there.
    pub(crate) fn filled(self) {
        forget(self);
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        for value in self.0 {
            if let Ok(Wanted::String(place) | Wanted::Vec(place)) = value.wanted("a place") {
                // SAFETY: `new` wrote a string to each place for one, and since then only this
                // library has written there, as C promised: a string.
                unsafe { place.assume_init_mut() }.free();
            }
            value.empty();
        }
    }
}

impl hh_value<'_> {
    /// Puts nothing, or 0, where a result would go. A struct's bytes stay as they are; what is no
    /// place is left to those who look at it next.
    fn empty(&self) {
        let Ok(wanted) = self.wanted("a place") else { return };
        match wanted {
            Wanted::Void | Wanted::Struct(_) => {}
            Wanted::I32(place) => {
                place.write(0);
            }
            Wanted::U32(place) | Wanted::Char(place) => {
                place.write(0);
            }
            Wanted::I64(place) => {
                place.write(0);
            }
            Wanted::U64(place) => {
                place.write(0);
            }
            Wanted::F32(place) => {
                place.write(0.0);
            }
            Wanted::F64(place) => {
                place.write(0.0);
            }
            Wanted::Bool(place) | Wanted::OptionStruct(_, place) => {
                place.write(false);
            }
            Wanted::Pointer(place) | Wanted::Function(place) => {
                place.write(0);
            }
            Wanted::String(place) | Wanted::Vec(place) => {
                place.write(hh_string::NONE);
            }
            Wanted::Span(place) | Wanted::Array(place) => {
                place.write(hh_span::NONE);
            }
            Wanted::Spans(place) => {
                place.write(hh_spans::NONE);
            }
            Wanted::Tuple(places) => {
                // A tuple in a tuple is refused, and need not be followed.
                let is_tuple = |kind| kind == hh_kind::HH_KIND_TO_TUPLE as u32;
                places.iter().filter(|place| !is_tuple(place.kind)).for_each(hh_value::empty);
            }
        }
    }
}
