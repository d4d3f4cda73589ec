//! Rust values as the interpreter keeps them: each in one slot of 64 bits.

use hostheap_core::types::{WasmType, WasmTypes};
use hostheap_core::{Result, ValType, Value, for_each_arity};

use super::error;

/// A wasm value that fits a slot. What is narrower has zeros above; a float is its bits.
pub trait Slot: WasmType {
    /// As a slot.
    fn to_slot(self) -> u64;
    /// From a slot that holds a value of this type.
    fn from_slot(slot: u64) -> Self;
}

macro_rules! slot {
    ($($ty:ty: |$value:ident| $to:expr, |$slot:ident| $from:expr;)*) => {
        $(impl Slot for $ty {
            #[inline]
            fn to_slot(self) -> u64 {
                let $value = self;
                $to
            }
            #[inline]
            fn from_slot($slot: u64) -> Self {
                $from
            }
        }

        impl Slots for $ty {
            fn push(self, slots: &mut Vec<u64>) {
                slots.push(self.to_slot());
            }
            fn pop(slots: &mut Vec<u64>) -> Result<Self> {
                slots.pop().map(Self::from_slot).ok_or_else(error::broken)
            }
        })*
    };
}
slot! {
    i32: |v| u64::from(v as u32), |slot| slot as i32;
    u32: |v| u64::from(v), |slot| slot as u32;
    i64: |v| v as u64, |slot| slot as i64;
    u64: |v| v, |slot| slot;
    f32: |v| u64::from(v.to_bits()), |slot| f32::from_bits(slot as u32);
    f64: |v| v.to_bits(), |slot| f64::from_bits(slot);
}

/// A list of wasm values in slots, the last one at the end.
pub trait Slots: WasmTypes {
    /// Puts the values at the end of the slots.
    fn push(self, slots: &mut Vec<u64>);

    /// Takes the values off the end of the slots.
    ///
    /// # Errors
    ///
    /// [`Error::Runtime`](hostheap_core::Error::Runtime) if there are fewer: never, if the code is
    /// valid.
    fn pop(slots: &mut Vec<u64>) -> Result<Self>;
}

macro_rules! slots {
    ($($A:ident)*) => {
        impl<$($A: Slot),*> Slots for ($($A,)*) {
            #[allow(
                non_snake_case,
                unused_variables,
                clippy::unused_unit,
                reason = "type names double as value names in the macro, and arity 0 has none"
            )]
            fn push(self, slots: &mut Vec<u64>) {
                let ($($A,)*) = self;
                slots.extend_from_slice(&[$($A.to_slot()),*]);
            }

            #[allow(
                unused_mut,
                unused_variables,
                clippy::unused_unit,
                reason = "arity 0 takes nothing"
            )]
            fn pop(slots: &mut Vec<u64>) -> Result<Self> {
                let start = slots.len().checked_sub(Self::TYPES.len()).ok_or_else(error::broken)?;
                let mut values = slots.drain(start..);
                Ok(($($A::from_slot(values.next().ok_or_else(error::broken)?),)*))
            }
        }
    };
}
for_each_arity!(slots);

pub(super) fn slot_of(value: Value) -> u64 {
    match value {
        Value::I32(v) => v.to_slot(),
        Value::I64(v) => v.to_slot(),
        Value::F32(v) => v.to_slot(),
        Value::F64(v) => v.to_slot(),
    }
}

/// `None` for a type that is no number.
pub(super) fn value_of(ty: ValType, slot: u64) -> Option<Value> {
    Some(match ty {
        ValType::I32 => Value::I32(Slot::from_slot(slot)),
        ValType::I64 => Value::I64(Slot::from_slot(slot)),
        ValType::F32 => Value::F32(Slot::from_slot(slot)),
        ValType::F64 => Value::F64(Slot::from_slot(slot)),
        _ => return None,
    })
}
