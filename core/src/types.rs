//! Rust types that are wasm values, and lists of them.

use crate::value::{FuncType, ValType};

/// A Rust type that is one wasm value: `i32`, `u32`, `i64`, `u64`, `f32` or `f64`.
pub trait WasmType: Copy + Send + Sync + 'static {
    /// Its wasm type.
    const TYPE: ValType;
}

macro_rules! wasm_type {
    ($($rust:ty = $wasm:ident),*) => {
        $(impl WasmType for $rust {
            const TYPE: ValType = ValType::$wasm;
        }
        impl WasmTypes for $rust {
            const TYPES: &'static [ValType] = &[ValType::$wasm];
        })*
    };
}
wasm_type!(i32 = I32, u32 = I32, i64 = I64, u64 = I64, f32 = F32, f64 = F64);

/// A list of wasm values: `()`, one value, or a tuple of up to 16.
pub trait WasmTypes: Copy + Send + Sync + 'static {
    /// Their wasm types, in order.
    const TYPES: &'static [ValType];
}

macro_rules! wasm_types {
    ($($A:ident)*) => {
        impl<$($A: WasmType),*> WasmTypes for ($($A,)*) {
            const TYPES: &'static [ValType] = &[$($A::TYPE),*];
        }
    };
}
crate::for_each_arity!(wasm_types);

/// The function type `P -> R`.
pub fn func_type<P: WasmTypes, R: WasmTypes>() -> FuncType {
    FuncType::new(P::TYPES.iter().copied(), R::TYPES.iter().copied())
}

/// Calls a macro once for each arity from 0 to 16, with that many type names.
#[macro_export]
macro_rules! for_each_arity {
    ($mac:ident) => {
        $mac!();
        $mac!(A1);
        $mac!(A1 A2);
        $mac!(A1 A2 A3);
        $mac!(A1 A2 A3 A4);
        $mac!(A1 A2 A3 A4 A5);
        $mac!(A1 A2 A3 A4 A5 A6);
        $mac!(A1 A2 A3 A4 A5 A6 A7);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
    };
}
