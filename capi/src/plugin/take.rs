//! A host function's parameters, on their way to C.

use hostheap_core::convention::dynamic::Taken;

use super::answer;
use super::any::AnyCall;
use super::invocation::{Invocation, Parcel};
use crate::boundary::decode::Wanted;
use crate::boundary::hh_string;
use crate::boundary::value::{hh_span, hh_spans, hh_value};
use crate::status::Fail;

const PARAMETER: &str = "a destination of hh_take";

/// Takes one parameter to where C wants it.
pub(crate) fn parameter(
    invocation: &Invocation,
    call: &mut (dyn AnyCall + '_),
    index: usize,
    to: &hh_value<'_>,
) -> Result<(), Fail> {
    if index >= call.len() {
        let (count, prototype) = (call.len(), call.prototype());
        let message = format!("`{prototype}` has {count} parameters, and all of them were taken");
        return Err(Fail::argument(message));
    }
    let wanted = to.wanted(PARAMETER)?;
    let goes_back = call.prototype().writes_to(index).then_some(index);
    match wanted {
        // Not looked at, so that neither a struct's size nor what the plugin passed matters. What is
        // `owned` is freed when the call ends, as all that nobody takes.
        Wanted::Void => return Ok(()),
        Wanted::String(_) | Wanted::Vec(_) | Wanted::Struct(_) | Wanted::OptionStruct(..)
            if goes_back.is_some() =>
        {
            return Err(one_way(call, index));
        }
        _ => {}
    }
    let taken = call.take(index, to.size())?;
    match (wanted, taken) {
        (wanted, Taken::Number(value)) => {
            return answer::number(wanted, value).map_err(|_| unfit(call, index));
        }
        (Wanted::Pointer(place), Taken::Pointer(offset)) => {
            place.write(offset);
        }
        (Wanted::Function(place), Taken::Function(function)) => {
            place.write(function);
        }
        (Wanted::Pointer(place) | Wanted::Function(place), Taken::Null) => {
            place.write(0);
        }
        (Wanted::Span(place) | Wanted::Array(place), Taken::Null) => {
            place.write(hh_span::NONE);
        }
        (Wanted::Span(place), Taken::Text(text)) => {
            place.write(Parcel::new(text.into_bytes(), None).keep(invocation, 1));
        }
        (Wanted::Span(place), Taken::CString(text)) => {
            place.write(Parcel::new(text.into_bytes(), None).keep(invocation, 1));
        }
        (Wanted::Span(place), Taken::Bytes(bytes)) => {
            place.write(Parcel::new(bytes, goes_back).keep(invocation, 1));
        }
        (Wanted::Array(place), Taken::Bytes(bytes)) => {
            let size = to.size() as usize;
            if size == 0 || bytes.len() % size != 0 {
                return Err(unfit(call, index));
            }
            place.write(Parcel::new(bytes, goes_back).keep(invocation, size));
        }
        (Wanted::Spans(place), Taken::List(texts)) => {
            place.write(Parcel::list(&texts).keep_list(invocation));
        }
        (Wanted::Spans(place), Taken::Null) => {
            place.write(hh_spans::NONE);
        }
        (Wanted::Struct(room), Taken::Bytes(bytes)) if room.len() == bytes.len() => {
            answer::copy(room, &bytes)?;
        }
        (Wanted::OptionStruct(room, present), Taken::Bytes(bytes)) if room.len() == bytes.len() => {
            answer::copy(room, &bytes)?;
            present.write(true);
        }
        (Wanted::OptionStruct(_, present), Taken::Null) => {
            present.write(false);
        }
        (Wanted::String(place), Taken::Text(text)) => {
            place.write(hh_string::give(text));
        }
        (Wanted::String(place), Taken::CString(text)) => {
            place.write(hh_string::give(text.into_bytes()));
        }
        (Wanted::String(place) | Wanted::Vec(place), Taken::Bytes(bytes)) => {
            place.write(hh_string::give(bytes));
        }
        (Wanted::String(place) | Wanted::Vec(place), Taken::Null) => {
            place.write(hh_string::NONE);
        }
        _ => return Err(unfit(call, index)),
    }
    Ok(())
}

/// A copy of C's own: what is written there would be lost.
#[cold]
fn one_way(call: &(dyn AnyCall + '_), index: usize) -> Fail {
    let message = format!(
        "`{}` writes to its parameter {}, and what is written to this destination would not go back to \
         the plugin: use hh_to_array, with the size of the struct, number or element",
        call.prototype(),
        index + 1,
    );
    Fail::argument(message)
}

#[cold]
fn unfit(call: &(dyn AnyCall + '_), index: usize) -> Fail {
    let message = format!(
        "parameter {} of `{}` does not fit its destination: hh_to_i32 and the like are for numbers of \
         exactly their type, hh_to_span for str, bytes and cstr, hh_to_array for slices, \
         hh_to_spans for slice<str>, hh_to_struct for what is behind & (with the struct's size)",
        index + 1,
        call.prototype()
    );
    Fail::argument(message)
}

impl Parcel {
    fn new(mut bytes: Vec<u8>, goes_back: Option<usize>) -> Self {
        let len = bytes.len();
        // So that text can be used as C's.
        bytes.push(0);
        Parcel { bytes, spans: Vec::new(), goes_back, len }
    }

    /// Keeps it until the host function returns; what C sees of it, with its length in elements of
    /// `size` bytes.
    fn keep(mut self, invocation: &Invocation, size: usize) -> hh_span {
        let span = hh_span { data: self.bytes.as_mut_ptr().cast(), len: self.len / size };
        invocation.keep(self);
        span
    }

    fn list(texts: &[Vec<u8>]) -> Self {
        let len = texts.iter().map(|text| text.len() + 1).sum();
        let mut bytes = Vec::with_capacity(len);
        for text in texts {
            bytes.extend_from_slice(text);
            bytes.push(0);
        }
        let mut spans = Vec::with_capacity(texts.len());
        let start: *mut u8 = bytes.as_mut_ptr();
        let mut at = 0;
        for text in texts {
            spans.push(hh_span { data: start.wrapping_add(at).cast(), len: text.len() });
            at += text.len() + 1;
        }
        Parcel { bytes, spans, goes_back: None, len }
    }

    fn keep_list(self, invocation: &Invocation) -> hh_spans {
        let spans = hh_spans { data: self.spans.as_ptr(), len: self.spans.len() };
        invocation.keep(self);
        spans
    }
}
