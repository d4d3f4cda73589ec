//! The numeric instructions, one line each.

use hostheap_core::TrapKind::{
    self, BadConversionToInteger as NotANumber, IntegerDivisionByZero as DivisionByZero,
    IntegerOverflow as Overflow,
};
use wasmparser::Operator;

use super::code::{NULL, Op};
use super::slot::Slot;

/// An instruction with one operand.
pub(super) type Unary = fn(u64) -> Result<u64, TrapKind>;

/// An instruction with two operands.
pub(super) type Binary = fn(u64, u64) -> Result<u64, TrapKind>;

/// What a line of the table may give.
trait Outcome {
    fn outcome(self) -> Result<u64, TrapKind>;
}

impl<T: Slot> Outcome for T {
    fn outcome(self) -> Result<u64, TrapKind> {
        Ok(self.to_slot())
    }
}

impl<T: Slot> Outcome for Result<T, TrapKind> {
    fn outcome(self) -> Result<u64, TrapKind> {
        self.map(Slot::to_slot)
    }
}

impl Outcome for bool {
    fn outcome(self) -> Result<u64, TrapKind> {
        Ok(self.into())
    }
}

macro_rules! instruction {
    ($result:expr, $a:ident: $A:ty) => {
        Op::Unary(|a| {
            let $a = <$A>::from_slot(a);
            Outcome::outcome($result)
        })
    };
    ($result:expr, $a:ident: $A:ty, $b:ident: $B:ty) => {
        Op::Binary(|a, b| {
            let ($a, $b) = (<$A>::from_slot(a), <$B>::from_slot(b));
            Outcome::outcome($result)
        })
    };
}

macro_rules! instructions {
    ($($name:ident($($operand:ident: $ty:ty),*) $result:expr;)*) => {
        /// The instruction of a numeric operator, if it is one.
        pub(super) fn op(operator: &Operator<'_>) -> Option<Op> {
            Some(match operator {
                $(Operator::$name => instruction!($result, $($operand: $ty),*),)*
                _ => return None,
            })
        }
    };
}

instructions! {
    // i32: tests and comparisons
    I32Eqz(a: u32) a == 0;
    I32Eq(a: u32, b: u32) a == b;
    I32Ne(a: u32, b: u32) a != b;
    I32LtS(a: i32, b: i32) a < b;
    I32LtU(a: u32, b: u32) a < b;
    I32GtS(a: i32, b: i32) a > b;
    I32GtU(a: u32, b: u32) a > b;
    I32LeS(a: i32, b: i32) a <= b;
    I32LeU(a: u32, b: u32) a <= b;
    I32GeS(a: i32, b: i32) a >= b;
    I32GeU(a: u32, b: u32) a >= b;

    // i32: arithmetic
    I32Clz(a: u32) a.leading_zeros();
    I32Ctz(a: u32) a.trailing_zeros();
    I32Popcnt(a: u32) a.count_ones();
    I32Add(a: u32, b: u32) a.wrapping_add(b);
    I32Sub(a: u32, b: u32) a.wrapping_sub(b);
    I32Mul(a: u32, b: u32) a.wrapping_mul(b);
    I32DivS(a: i32, b: i32) a.checked_div(b).ok_or(if b == 0 { DivisionByZero } else { Overflow });
    I32DivU(a: u32, b: u32) a.checked_div(b).ok_or(DivisionByZero);
    I32RemS(a: i32, b: i32) if b == 0 { Err(DivisionByZero) } else { Ok(a.wrapping_rem(b)) };
    I32RemU(a: u32, b: u32) a.checked_rem(b).ok_or(DivisionByZero);
    I32And(a: u32, b: u32) a & b;
    I32Or(a: u32, b: u32) a | b;
    I32Xor(a: u32, b: u32) a ^ b;
    I32Shl(a: u32, b: u32) a.wrapping_shl(b);
    I32ShrS(a: i32, b: u32) a.wrapping_shr(b);
    I32ShrU(a: u32, b: u32) a.wrapping_shr(b);
    I32Rotl(a: u32, b: u32) a.rotate_left(b % 32);
    I32Rotr(a: u32, b: u32) a.rotate_right(b % 32);
    I32Extend8S(a: i32) i32::from(a as i8);
    I32Extend16S(a: i32) i32::from(a as i16);

    // i64: tests and comparisons
    I64Eqz(a: u64) a == 0;
    I64Eq(a: u64, b: u64) a == b;
    I64Ne(a: u64, b: u64) a != b;
    I64LtS(a: i64, b: i64) a < b;
    I64LtU(a: u64, b: u64) a < b;
    I64GtS(a: i64, b: i64) a > b;
    I64GtU(a: u64, b: u64) a > b;
    I64LeS(a: i64, b: i64) a <= b;
    I64LeU(a: u64, b: u64) a <= b;
    I64GeS(a: i64, b: i64) a >= b;
    I64GeU(a: u64, b: u64) a >= b;

    // i64: arithmetic
    I64Clz(a: u64) u64::from(a.leading_zeros());
    I64Ctz(a: u64) u64::from(a.trailing_zeros());
    I64Popcnt(a: u64) u64::from(a.count_ones());
    I64Add(a: u64, b: u64) a.wrapping_add(b);
    I64Sub(a: u64, b: u64) a.wrapping_sub(b);
    I64Mul(a: u64, b: u64) a.wrapping_mul(b);
    I64DivS(a: i64, b: i64) a.checked_div(b).ok_or(if b == 0 { DivisionByZero } else { Overflow });
    I64DivU(a: u64, b: u64) a.checked_div(b).ok_or(DivisionByZero);
    I64RemS(a: i64, b: i64) if b == 0 { Err(DivisionByZero) } else { Ok(a.wrapping_rem(b)) };
    I64RemU(a: u64, b: u64) a.checked_rem(b).ok_or(DivisionByZero);
    I64And(a: u64, b: u64) a & b;
    I64Or(a: u64, b: u64) a | b;
    I64Xor(a: u64, b: u64) a ^ b;
    I64Shl(a: u64, b: u64) a.wrapping_shl(b as u32);
    I64ShrS(a: i64, b: u64) a.wrapping_shr(b as u32);
    I64ShrU(a: u64, b: u64) a.wrapping_shr(b as u32);
    I64Rotl(a: u64, b: u64) a.rotate_left((b % 64) as u32);
    I64Rotr(a: u64, b: u64) a.rotate_right((b % 64) as u32);
    I64Extend8S(a: i64) i64::from(a as i8);
    I64Extend16S(a: i64) i64::from(a as i16);
    I64Extend32S(a: i64) i64::from(a as i32);

    // f32: comparisons
    F32Eq(a: f32, b: f32) a == b;
    F32Ne(a: f32, b: f32) a != b;
    F32Lt(a: f32, b: f32) a < b;
    F32Gt(a: f32, b: f32) a > b;
    F32Le(a: f32, b: f32) a <= b;
    F32Ge(a: f32, b: f32) a >= b;

    // f32: the sign bit, of NaN too
    F32Abs(a: u32) a & !SIGN_32;
    F32Neg(a: u32) a ^ SIGN_32;
    F32Copysign(a: u32, b: u32) (a & !SIGN_32) | (b & SIGN_32);

    // f32: arithmetic
    F32Ceil(a: f32) canonical_32(a.ceil());
    F32Floor(a: f32) canonical_32(a.floor());
    F32Trunc(a: f32) canonical_32(a.trunc());
    F32Nearest(a: f32) canonical_32(a.round_ties_even());
    F32Sqrt(a: f32) canonical_32(a.sqrt());
    F32Add(a: f32, b: f32) canonical_32(a + b);
    F32Sub(a: f32, b: f32) canonical_32(a - b);
    F32Mul(a: f32, b: f32) canonical_32(a * b);
    F32Div(a: f32, b: f32) canonical_32(a / b);
    F32Min(a: f32, b: f32) canonical_32(min(a.into(), b.into()) as f32);
    F32Max(a: f32, b: f32) canonical_32(max(a.into(), b.into()) as f32);

    // f64: comparisons
    F64Eq(a: f64, b: f64) a == b;
    F64Ne(a: f64, b: f64) a != b;
    F64Lt(a: f64, b: f64) a < b;
    F64Gt(a: f64, b: f64) a > b;
    F64Le(a: f64, b: f64) a <= b;
    F64Ge(a: f64, b: f64) a >= b;

    // f64: the sign bit, of NaN too
    F64Abs(a: u64) a & !SIGN_64;
    F64Neg(a: u64) a ^ SIGN_64;
    F64Copysign(a: u64, b: u64) (a & !SIGN_64) | (b & SIGN_64);

    // f64: arithmetic
    F64Ceil(a: f64) canonical_64(a.ceil());
    F64Floor(a: f64) canonical_64(a.floor());
    F64Trunc(a: f64) canonical_64(a.trunc());
    F64Nearest(a: f64) canonical_64(a.round_ties_even());
    F64Sqrt(a: f64) canonical_64(a.sqrt());
    F64Add(a: f64, b: f64) canonical_64(a + b);
    F64Sub(a: f64, b: f64) canonical_64(a - b);
    F64Mul(a: f64, b: f64) canonical_64(a * b);
    F64Div(a: f64, b: f64) canonical_64(a / b);
    F64Min(a: f64, b: f64) canonical_64(min(a, b));
    F64Max(a: f64, b: f64) canonical_64(max(a, b));

    // conversions between integers
    I32WrapI64(a: u64) a as u32;
    I64ExtendI32S(a: i32) i64::from(a);
    I64ExtendI32U(a: u32) u64::from(a);

    // floats to integers, or a trap
    I32TruncF32S(a: f32) whole(a.into(), -TWO_31, TWO_31).map(|a| a as i32);
    I32TruncF64S(a: f64) whole(a, -TWO_31, TWO_31).map(|a| a as i32);
    I32TruncF32U(a: f32) whole(a.into(), 0.0, TWO_32).map(|a| a as u32);
    I32TruncF64U(a: f64) whole(a, 0.0, TWO_32).map(|a| a as u32);
    I64TruncF32S(a: f32) whole(a.into(), -TWO_63, TWO_63).map(|a| a as i64);
    I64TruncF64S(a: f64) whole(a, -TWO_63, TWO_63).map(|a| a as i64);
    I64TruncF32U(a: f32) whole(a.into(), 0.0, TWO_64).map(|a| a as u64);
    I64TruncF64U(a: f64) whole(a, 0.0, TWO_64).map(|a| a as u64);

    // floats to integers, with the nearest for those that do not fit and 0 for NaN, as `as` does
    I32TruncSatF32S(a: f32) a as i32;
    I32TruncSatF64S(a: f64) a as i32;
    I32TruncSatF32U(a: f32) a as u32;
    I32TruncSatF64U(a: f64) a as u32;
    I64TruncSatF32S(a: f32) a as i64;
    I64TruncSatF64S(a: f64) a as i64;
    I64TruncSatF32U(a: f32) a as u64;
    I64TruncSatF64U(a: f64) a as u64;

    // integers to floats, rounded to the nearest
    F32ConvertI32S(a: i32) a as f32;
    F32ConvertI32U(a: u32) a as f32;
    F32ConvertI64S(a: i64) a as f32;
    F32ConvertI64U(a: u64) a as f32;
    F64ConvertI32S(a: i32) f64::from(a);
    F64ConvertI32U(a: u32) f64::from(a);
    F64ConvertI64S(a: i64) a as f64;
    F64ConvertI64U(a: u64) a as f64;

    // between floats
    F32DemoteF64(a: f64) canonical_32(a as f32);
    F64PromoteF32(a: f32) canonical_64(a.into());

    // the same bits as another type: the same slot
    I32ReinterpretF32(a: u32) a;
    F32ReinterpretI32(a: u32) a;
    I64ReinterpretF64(a: u64) a;
    F64ReinterpretI64(a: u64) a;

    // references
    RefIsNull(a: u64) a == NULL;
}

const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;

const TWO_31: f64 = (1_u64 << 31) as f64;
const TWO_32: f64 = (1_u64 << 32) as f64;
const TWO_63: f64 = TWO_31 * TWO_32;
const TWO_64: f64 = TWO_32 * TWO_32;

/// Every NaN that arithmetic makes is this one. The specification leaves open which, processors
/// differ, and Miri picks at random; an oracle gives the same result each time.
fn canonical_32(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

/// The same for 64 bits.
fn canonical_64(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value }
}

/// NaN if either is, and -0 is less than 0: unlike [`f64::min`].
fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b {
        if a.is_sign_negative() { a } else { b }
    } else {
        a.min(b)
    }
}

fn max(a: f64, b: f64) -> f64 {
    -min(-a, -b)
}

/// The whole part, which must lie in `low .. high`. All four bounds are exact as `f64`.
fn whole(value: f64, low: f64, high: f64) -> Result<f64, TrapKind> {
    let whole = value.trunc();
    if whole.is_nan() {
        Err(NotANumber)
    } else if (low..high).contains(&whole) {
        Ok(whole)
    } else {
        Err(Overflow)
    }
}
