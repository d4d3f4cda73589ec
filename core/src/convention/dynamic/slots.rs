//! Wasm values in a row, as bits: what a call takes, and then what it gives.

use crate::types::{WasmType, WasmTypes};
use crate::value::{FuncType, ValType, Value};

/// The most wasm parameters that a prototype has, a struct return included.
pub(super) const MOST: usize = 16;

/// So many values, whose types somebody else knows. On the host's stack, so that a call allocates
/// nothing.
pub(super) type Slots = [u64; MOST];

/// A wasm value as bits.
pub(super) trait Slot: WasmType {
    fn to_bits(self) -> u64;
    fn of_bits(bits: u64) -> Self;
}

macro_rules! slot {
    ($($ty:ty: |$v:ident| $to:expr, |$bits:ident| $of:expr;)*) => {
        $(impl Slot for $ty {
            #[inline]
            fn to_bits(self) -> u64 {
                let $v = self;
                $to
            }
            #[inline]
            fn of_bits($bits: u64) -> Self {
                $of
            }
        }

        impl InSlots for $ty {
            #[inline]
            fn store(self, slots: &mut Slots) {
                slots[0] = Slot::to_bits(self);
            }
            #[inline]
            fn load(slots: &Slots) -> Self {
                Slot::of_bits(slots[0])
            }
        })*
    };
}
slot! {
    i32: |v| v.cast_unsigned().into(), |bits| (bits as u32).cast_signed();
    i64: |v| v.cast_unsigned(), |bits| bits.cast_signed();
    f32: |v| v.to_bits().into(), |bits| f32::from_bits(bits as u32);
    f64: |v| f64::to_bits(v), |bits| f64::from_bits(bits);
}

/// A list of wasm values, in slots from the first on.
pub(super) trait InSlots: WasmTypes {
    fn store(self, slots: &mut Slots);
    fn load(slots: &Slots) -> Self;
}

macro_rules! in_slots {
    ($($A:ident)*) => {
        impl<$($A: Slot),*> InSlots for ($($A,)*) {
            #[inline]
            #[allow(
                non_snake_case, unused_mut, unused_variables,
                reason = "type names double as value names in the macro, and arity 0 has none"
            )]
            fn store(self, slots: &mut Slots) {
                let ($($A,)*) = self;
                let mut slots = slots.iter_mut();
                $(if let Some(slot) = slots.next() {
                    *slot = $A.to_bits();
                })*
            }
            #[inline]
            #[allow(
                unused_mut, unused_variables, clippy::unused_unit,
                reason = "arity 0 takes nothing"
            )]
            fn load(slots: &Slots) -> Self {
                let mut slots = slots.iter();
                ($($A::of_bits(slots.next().copied().unwrap_or(0)),)*)
            }
        }
    };
}
crate::for_each_arity!(in_slots);

/// Whether a function type is `P -> R`.
pub(super) fn is<P: WasmTypes, R: WasmTypes>(ty: &FuncType) -> bool {
    ty.params == P::TYPES && ty.results == R::TYPES
}

/// A slot as a value of this type; zero of it for a type that is no number, which no prototype has.
pub(super) fn to_value(ty: ValType, bits: u64) -> Value {
    match ty {
        ValType::I64 => Value::I64(Slot::of_bits(bits)),
        ValType::F32 => Value::F32(Slot::of_bits(bits)),
        ValType::F64 => Value::F64(Slot::of_bits(bits)),
        _ => Value::I32(Slot::of_bits(bits)),
    }
}

/// A value's bits.
pub(super) fn of_value(value: Value) -> u64 {
    match value {
        Value::I32(v) => Slot::to_bits(v),
        Value::I64(v) => Slot::to_bits(v),
        Value::F32(v) => Slot::to_bits(v),
        Value::F64(v) => Slot::to_bits(v),
    }
}
