//! `()` and single numbers.

use super::one_value;
use crate::convention::element::GuestPtr;
use crate::convention::take::to_char;

// Narrow integers are truncated: not every compiler extends what it returns.
one_value! {
    [] () => () as "void"; |guest, v| Ok(v);
    [] i8 => i32 as "int8_t"; |guest, v| Ok(v as i8);
    [] u8 => i32 as "uint8_t"; |guest, v| Ok(v as u8);
    [] i16 => i32 as "int16_t"; |guest, v| Ok(v as i16);
    [] u16 => i32 as "uint16_t"; |guest, v| Ok(v as u16);
    [] i32 => i32 as "int32_t"; |guest, v| Ok(v);
    [] u32 => i32 as "uint32_t"; |guest, v| Ok(v.cast_unsigned());
    [] i64 => i64 as "int64_t"; |guest, v| Ok(v);
    [] u64 => i64 as "uint64_t"; |guest, v| Ok(v.cast_unsigned());
    [] f32 => f32 as "float"; |guest, v| Ok(v);
    [] f64 => f64 as "double"; |guest, v| Ok(v);
    [] bool => i32 as "bool"; |guest, v| Ok(v & 1 != 0);
    [] char => i32 as "uint32_t"; |guest, v| to_char(v).map_err(Into::into);
    [X: 'static] GuestPtr<X> => i32 as "void *"; |guest, v| Ok(GuestPtr::new(v.cast_unsigned()));
}
