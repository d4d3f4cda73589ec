//! The plugin's exported globals.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use hostheap_core::Value;
use hostheap_core::convention::dynamic::Number;

use super::answer::{self, DESTINATION};
use super::instance::{hh_instance, shared};
use crate::boundary::decode::Wanted;
use crate::boundary::value::hh_value;
use crate::boundary::{Text, entry};
use crate::status::{Fail, hh_status};

/// Reads an exported global: `hh_instance_global(plugin, "limit", hh_to_i32(&limit))`. A variable of
/// C is a global that holds its address: read that, and then the memory there.
///
/// HH_ERR_LINK if there is no such global; HH_ERR_ARGUMENT if its type is not the destination's:
/// hh_to_i32 or hh_to_u32, hh_to_i64 or hh_to_u64, hh_to_f32, hh_to_f64.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_global(
    instance: Option<&hh_instance>,
    name: Text<'_>,
    destination: hh_value<'_>,
) -> hh_status {
    entry(|| {
        let (shared, name) = (shared(instance)?, name.text("name")?);
        let wanted = destination.wanted(DESTINATION)?;
        let value = shared.with(|guest| Ok(guest.global(name)?))?;
        let number = match (&wanted, value) {
            (Wanted::U32(_), Value::I32(value)) => Number::U32(value.cast_unsigned()),
            (Wanted::U64(_), Value::I64(value)) => Number::U64(value.cast_unsigned()),
            (_, Value::I32(value)) => Number::I32(value),
            (_, Value::I64(value)) => Number::I64(value),
            (_, Value::F32(value)) => Number::F32(value),
            (_, Value::F64(value)) => Number::F64(value),
        };
        answer::number(wanted, number)
    })
}

/// Sets an exported mutable global: `hh_instance_set_global(plugin, "limit", hh_i32(100))`.
///
/// HH_ERR_LINK if there is no such global, or if it is immutable or of another type; HH_ERR_ARGUMENT
/// for a value that is none of hh_i32, hh_u32, hh_i64, hh_u64, hh_f32, hh_f64.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_set_global(
    instance: Option<&hh_instance>,
    name: Text<'_>,
    value: hh_value<'_>,
) -> hh_status {
    entry(|| {
        let (shared, name) = (shared(instance)?, name.text("name")?);
        let value = match value.number("the value")? {
            Number::I32(value) => Value::I32(value),
            Number::U32(value) => Value::I32(value.cast_signed()),
            Number::I64(value) => Value::I64(value),
            Number::U64(value) => Value::I64(value.cast_signed()),
            Number::F32(value) => Value::F32(value),
            Number::F64(value) => Value::F64(value),
            other => {
                let message = format!("a global is a number of WebAssembly, not {other}");
                return Err(Fail::argument(message));
            }
        };
        shared.with(|guest| Ok(guest.set_global(name, value)?))
    })
}
