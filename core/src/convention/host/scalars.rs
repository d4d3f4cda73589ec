//! `()` and single numbers.

use super::{Plain, one_value_to_guest};
use crate::convention::element::GuestPtr;

macro_rules! scalars {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:literal; |$guest:ident, $v:ident| $lower:expr;)*) => {
        $(impl<$($generics)*> Plain for $host {})*
        one_value_to_guest! {
            $([$($generics)*] $host => $wasm as $c; |$guest, $v| $lower;)*
        }
    };
}
scalars! {
    [] () => () as "void"; |guest, v| v;
    [] i8 => i32 as "int8_t"; |guest, v| i32::from(v);
    [] u8 => i32 as "uint8_t"; |guest, v| i32::from(v);
    [] i16 => i32 as "int16_t"; |guest, v| i32::from(v);
    [] u16 => i32 as "uint16_t"; |guest, v| i32::from(v);
    [] i32 => i32 as "int32_t"; |guest, v| v;
    [] u32 => i32 as "uint32_t"; |guest, v| v.cast_signed();
    [] i64 => i64 as "int64_t"; |guest, v| v;
    [] u64 => i64 as "uint64_t"; |guest, v| v.cast_signed();
    [] f32 => f32 as "float"; |guest, v| v;
    [] f64 => f64 as "double"; |guest, v| v;
    [] bool => i32 as "bool"; |guest, v| i32::from(v);
    [] char => i32 as "uint32_t"; |guest, v| u32::from(v).cast_signed();
    [X: 'static] GuestPtr<X> => i32 as "void *"; |guest, v| v.offset().cast_signed();
}
