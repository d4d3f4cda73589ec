//! A result of a plugin's function, on its way to C.

use core::mem::MaybeUninit;

use hostheap_core::convention::dynamic::{Answer, Number};

use crate::boundary::decode::Wanted;
use crate::boundary::hh_string;
use crate::boundary::value::hh_value;
use crate::status::{Fail, hh_status};

/// Puts an answer where C wants it.
pub(crate) fn deliver(answer: Answer, to: &hh_value<'_>) -> Result<(), Fail> {
    let answer = match answer {
        Answer::Failed(error) => return Err(guest_error(error.code, error.message)),
        answer => answer,
    };
    match (to.wanted(DESTINATION)?, answer) {
        (Wanted::Void, _) => {}
        (wanted, Answer::Number(value)) => number(wanted, value)?,
        (Wanted::Pointer(place), Answer::Pointer(offset)) => {
            place.write(offset);
        }
        (Wanted::Function(place), Answer::Function(index)) => {
            place.write(index);
        }
        // NULL, as a pointer of the plugin's.
        (Wanted::Pointer(place) | Wanted::Function(place), Answer::Null) => {
            place.write(0);
        }
        (Wanted::String(place), Answer::Text(text)) => {
            place.write(hh_string::give(text));
        }
        (Wanted::String(place), Answer::CString(text)) => {
            place.write(hh_string::give(text.into_bytes()));
        }
        (Wanted::String(place) | Wanted::Vec(place), Answer::Bytes(bytes)) => {
            place.write(hh_string::give(bytes));
        }
        (Wanted::String(place) | Wanted::Vec(place), Answer::Null) => {
            place.write(hh_string::NONE);
        }
        (Wanted::Struct(room), Answer::Struct(bytes)) => copy(room, &bytes)?,
        (Wanted::OptionStruct(room, present), Answer::Struct(bytes)) => {
            copy(room, &bytes)?;
            present.write(true);
        }
        (Wanted::OptionStruct(_, present), Answer::Null) => {
            present.write(false);
        }
        (Wanted::Tuple(places), Answer::Tuple(numbers)) if places.len() == numbers.len() => {
            for (place, value) in places.iter().zip(numbers) {
                number(place.wanted(DESTINATION)?, value)?;
            }
        }
        (_, answer) => return Err(unfit(&answer)),
    }
    Ok(())
}

pub(crate) const DESTINATION: &str = "the destination";

/// Puts a number into a place for one of its type.
pub(crate) fn number(wanted: Wanted<'_>, number: Number) -> Result<(), Fail> {
    match (wanted, number) {
        (Wanted::Void, _) => {}
        (Wanted::I32(place), Number::I32(value)) => {
            place.write(value);
        }
        (Wanted::U32(place), Number::U32(value)) => {
            place.write(value);
        }
        (Wanted::I64(place), Number::I64(value)) => {
            place.write(value);
        }
        (Wanted::U64(place), Number::U64(value)) => {
            place.write(value);
        }
        (Wanted::F32(place), Number::F32(value)) => {
            place.write(value);
        }
        (Wanted::F64(place), Number::F64(value)) => {
            place.write(value);
        }
        (Wanted::Bool(place), Number::Bool(value)) => {
            place.write(value);
        }
        (Wanted::Char(place), Number::Char(value)) => {
            place.write(value.into());
        }
        (_, number) => return Err(unfit(&Answer::Number(number))),
    }
    Ok(())
}

/// Copies a struct into room of its size.
pub(crate) fn copy(room: &mut [MaybeUninit<u8>], bytes: &[u8]) -> Result<(), Fail> {
    if room.len() != bytes.len() {
        let message = format!("{} bytes do not fit a struct of {}", bytes.len(), room.len());
        return Err(Fail::argument(message));
    }
    room.write_copy_of_slice(bytes);
    Ok(())
}

fn guest_error(code: i32, message: String) -> Fail {
    let message = match message.is_empty() {
        true => format!("the plugin's function failed with code {code}"),
        false => message,
    };
    Fail { code, ..Fail::new(hh_status::HH_ERR_GUEST, message) }
}

#[cold]
fn unfit(answer: &Answer) -> Fail {
    let needed = match answer {
        Answer::Number(Number::I32(_)) => "hh_to_i32",
        Answer::Number(Number::U32(_)) => "hh_to_u32",
        Answer::Number(Number::I64(_)) => "hh_to_i64",
        Answer::Number(Number::U64(_)) => "hh_to_u64",
        Answer::Number(Number::F32(_)) => "hh_to_f32",
        Answer::Number(Number::F64(_)) => "hh_to_f64",
        Answer::Number(Number::Bool(_)) => "hh_to_bool",
        Answer::Number(Number::Char(_)) => "hh_to_char",
        // What a function gives was compared with its destination before the call.
        _ => "the destination for its type",
    };
    Fail::argument(format!("the result does not fit its destination: use {needed}"))
}
