//! Numbers at their edges. Expected values are the specification's, written down by hand.

use hostheap_core::TrapKind::{BadConversionToInteger, IntegerDivisionByZero, IntegerOverflow};

use super::{eval, trap_kind};

const MIN_32: &str = "(i32.const 0x80000000)";
const MIN_64: &str = "(i64.const 0x8000000000000000)";

#[track_caller]
fn i32(expression: &str, expected: i32) {
    assert_eq!(eval::<i32>(expression).unwrap(), expected, "{expression}");
}

#[track_caller]
fn i64(expression: &str, expected: i64) {
    assert_eq!(eval::<i64>(expression).unwrap(), expected, "{expression}");
}

/// Bit by bit, so that -0 and the canonical NaN are told from others.
#[track_caller]
fn f32(expression: &str, expected: f32) {
    let bits = eval::<f32>(expression).unwrap().to_bits();
    assert_eq!(bits, expected.to_bits(), "{expression}");
}

#[track_caller]
fn f64(expression: &str, expected: f64) {
    let bits = eval::<f64>(expression).unwrap().to_bits();
    assert_eq!(bits, expected.to_bits(), "{expression}");
}

const NAN_32: f32 = f32::from_bits(0x7fc0_0000);
const NAN_64: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

#[test]
fn division_traps_where_there_is_no_result() {
    for (ty, min) in [("i32", MIN_32), ("i64", MIN_64)] {
        let run = |e: String| match ty {
            "i32" => trap_kind(eval::<i32>(&e)),
            _ => trap_kind(eval::<i64>(&e)),
        };
        assert_eq!(run(format!("({ty}.div_s {min} ({ty}.const -1))")), IntegerOverflow);
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            let by_zero = format!("({ty}.{op} {min} ({ty}.const 0))");
            assert_eq!(run(by_zero), IntegerDivisionByZero);
        }
    }
}

#[test]
fn division_rounds_towards_zero() {
    i32(&format!("(i32.rem_s {MIN_32} (i32.const -1))"), 0);
    i64(&format!("(i64.rem_s {MIN_64} (i64.const -1))"), 0);
    i32("(i32.div_s (i32.const -7) (i32.const 2))", -3);
    i32("(i32.rem_s (i32.const -7) (i32.const 2))", -1);
    i32("(i32.div_u (i32.const -7) (i32.const 2))", 0x7fff_fffc);
    i64("(i64.rem_u (i64.const -7) (i64.const 10))", 9);
}

#[test]
fn shifts_and_rotations_count_modulo_the_width() {
    i32("(i32.shl (i32.const 1) (i32.const 33))", 2);
    i32("(i32.shr_s (i32.const -8) (i32.const 33))", -4);
    i32("(i32.shr_u (i32.const -8) (i32.const 33))", 0x7fff_fffc);
    i32("(i32.rotl (i32.const 0x80000001) (i32.const 33))", 3);
    i32("(i32.rotr (i32.const 1) (i32.const -31))", 0x8000_0000_u32 as i32);
    i64("(i64.shl (i64.const 1) (i64.const 65))", 2);
    i64("(i64.shr_s (i64.const -8) (i64.const 0x100000001))", -4);
    i64("(i64.rotl (i64.const 0x8000000000000001) (i64.const 65))", 3);
    i64("(i64.rotr (i64.const 1) (i64.const 64))", 1);
}

#[test]
fn bits_are_counted() {
    i32("(i32.clz (i32.const 0))", 32);
    i32("(i32.clz (i32.const 1))", 31);
    i32("(i32.ctz (i32.const 0))", 32);
    i32(&format!("(i32.ctz {MIN_32})"), 31);
    i32("(i32.popcnt (i32.const -1))", 32);
    i64("(i64.clz (i64.const 0))", 64);
    i64(&format!("(i64.ctz {MIN_64})"), 63);
    i64("(i64.popcnt (i64.const -1))", 64);
}

#[test]
fn comparisons_know_signs() {
    i32("(i32.lt_s (i32.const -1) (i32.const 0))", 1);
    i32("(i32.lt_u (i32.const -1) (i32.const 0))", 0);
    i32("(i64.ge_s (i64.const -1) (i64.const 0))", 0);
    i32("(i64.ge_u (i64.const -1) (i64.const 0))", 1);
    i32("(i64.eqz (i64.const 0x100000000))", 0);
    i32("(f64.eq (f64.const nan) (f64.const nan))", 0);
    i32("(f64.ne (f64.const nan) (f64.const nan))", 1);
    i32("(f32.le (f32.const -0) (f32.const 0))", 1);
}

#[test]
fn integers_wrap_and_extend() {
    i32("(i32.add (i32.const 0x7fffffff) (i32.const 1))", i32::MIN);
    i32("(i32.mul (i32.const 0x10001) (i32.const 0x10001))", 0x0002_0001);
    i32("(i32.wrap_i64 (i64.const 0x1234567890abcdef))", 0x90ab_cdef_u32 as i32);
    i64("(i64.extend_i32_s (i32.const -1))", -1);
    i64("(i64.extend_i32_u (i32.const -1))", 0xffff_ffff);
    i32("(i32.extend8_s (i32.const 0x180))", -128);
    i32("(i32.extend16_s (i32.const 0x7fff))", 0x7fff);
    i64("(i64.extend8_s (i64.const 0xff))", -1);
    i64("(i64.extend16_s (i64.const 0x8000))", -0x8000);
    i64("(i64.extend32_s (i64.const 0x180000000))", -0x8000_0000);
}

#[test]
fn truncation_traps_outside_the_range() {
    let overflows = [
        "(i32.trunc_f64_s (f64.const 2147483648))",
        "(i32.trunc_f64_s (f64.const -2147483649))",
        "(i32.trunc_f32_s (f32.const 2147483648))",
        "(i32.trunc_f64_u (f64.const -1))",
        "(i32.trunc_f32_u (f32.const 4294967296))",
        "(i32.trunc_f32_u (f32.const inf))",
    ];
    for e in overflows {
        assert_eq!(trap_kind(eval::<i32>(e)), IntegerOverflow, "{e}");
    }
    let overflows = [
        "(i64.trunc_f64_s (f64.const 9223372036854775808))",
        "(i64.trunc_f64_s (f64.const -9223372036854777856))",
        "(i64.trunc_f32_u (f32.const 18446744073709551616))",
        "(i64.trunc_f64_u (f64.const -1))",
    ];
    for e in overflows {
        assert_eq!(trap_kind(eval::<i64>(e)), IntegerOverflow, "{e}");
    }
    for e in ["(i32.trunc_f32_s (f32.const nan))", "(i32.trunc_f64_u (f64.const -nan))"] {
        assert_eq!(trap_kind(eval::<i32>(e)), BadConversionToInteger, "{e}");
    }
}

#[test]
fn truncation_reaches_the_last_value_in_range() {
    i32("(i32.trunc_f64_s (f64.const 2147483647.9))", i32::MAX);
    i32("(i32.trunc_f64_s (f64.const -2147483648.9))", i32::MIN);
    i32("(i32.trunc_f32_s (f32.const -2147483648))", i32::MIN);
    i32("(i32.trunc_f64_u (f64.const -0.9))", 0);
    i32("(i32.trunc_f64_u (f64.const 4294967295.9))", -1);
    i64("(i64.trunc_f64_s (f64.const -9223372036854775808))", i64::MIN);
    i64("(i64.trunc_f64_s (f64.const 9223372036854774784))", 0x7fff_ffff_ffff_fc00);
    i64("(i64.trunc_f64_u (f64.const 18446744073709549568))", -2048);
}

#[test]
fn saturating_truncation_never_traps() {
    i32("(i32.trunc_sat_f64_s (f64.const 1e10))", i32::MAX);
    i32("(i32.trunc_sat_f64_s (f64.const -inf))", i32::MIN);
    i32("(i32.trunc_sat_f32_u (f32.const -5))", 0);
    i32("(i32.trunc_sat_f32_s (f32.const nan))", 0);
    i64("(i64.trunc_sat_f64_u (f64.const inf))", -1);
    i64("(i64.trunc_sat_f32_s (f32.const 1e30))", i64::MAX);
}

#[test]
fn nearest_ties_to_even() {
    f64("(f64.nearest (f64.const 0.5))", 0.0);
    f64("(f64.nearest (f64.const 1.5))", 2.0);
    f64("(f64.nearest (f64.const 2.5))", 2.0);
    f64("(f64.nearest (f64.const -0.5))", -0.0);
    f32("(f32.nearest (f32.const -3.5))", -4.0);
    f32("(f32.ceil (f32.const -0.5))", -0.0);
    f64("(f64.floor (f64.const -0.5))", -1.0);
    f64("(f64.trunc (f64.const -1.9))", -1.0);
}

#[test]
fn min_and_max_order_zeros_and_pass_nan_on() {
    f32("(f32.min (f32.const 0) (f32.const -0))", -0.0);
    f32("(f32.min (f32.const -0) (f32.const 0))", -0.0);
    f64("(f64.max (f64.const -0) (f64.const 0))", 0.0);
    f64("(f64.max (f64.const 0) (f64.const -0))", 0.0);
    f32("(f32.min (f32.const nan) (f32.const 1))", NAN_32);
    f64("(f64.max (f64.const 1) (f64.const -nan:0x4))", NAN_64);
    f32("(f32.max (f32.const -inf) (f32.const 1))", 1.0);
    f64("(f64.min (f64.const 2) (f64.const inf))", 2.0);
}

#[test]
fn arithmetic_makes_the_canonical_nan_only() {
    f64("(f64.div (f64.const 0) (f64.const 0))", NAN_64);
    f32("(f32.sub (f32.const inf) (f32.const inf))", NAN_32);
    f64("(f64.sqrt (f64.const -1))", NAN_64);
    f32("(f32.add (f32.const -nan:0x7) (f32.const 1))", NAN_32);
    f32("(f32.demote_f64 (f64.const -nan:0x4))", NAN_32);
    f64("(f64.promote_f32 (f32.const -nan:0x4))", NAN_64);
}

#[test]
fn sign_operations_keep_the_bits_of_a_nan() {
    let nan = f32::from_bits(0xff80_1234);
    f32("(f32.copysign (f32.const nan:0x1234) (f32.const -1))", nan);
    f32("(f32.neg (f32.const nan:0x1234))", nan);
    f32("(f32.abs (f32.const -nan:0x1234))", f32::from_bits(0x7f80_1234));
    f64("(f64.copysign (f64.const -3) (f64.const 0))", 3.0);
    f64("(f64.neg (f64.const 0))", -0.0);
}

#[test]
fn reinterpretation_keeps_bits() {
    i32("(i32.reinterpret_f32 (f32.const -0))", i32::MIN);
    i32("(i32.reinterpret_f32 (f32.const nan:0x1))", 0x7f80_0001);
    i64("(i64.reinterpret_f64 (f64.const 1))", 0x3ff0_0000_0000_0000);
    f32("(f32.reinterpret_i32 (i32.const 0x3f800000))", 1.0);
    f64("(f64.reinterpret_i64 (i64.const -1))", f64::from_bits(u64::MAX));
}

#[test]
fn conversion_rounds_once() {
    f32("(f32.convert_i32_s (i32.const 16777217))", 16_777_216.0);
    f32("(f32.convert_i64_u (i64.const -1))", 18_446_744_073_709_551_616.0);
    // Through f64 this would round twice, and up.
    f32("(f32.convert_i64_s (i64.const 0x7fffff4000000001))", f32::from_bits(0x5eff_ffff));
    f64("(f64.convert_i64_u (i64.const 9007199254740993))", 9_007_199_254_740_992.0);
    f64("(f64.convert_i32_u (i32.const -1))", 4_294_967_295.0);
    f32("(f32.demote_f64 (f64.const 1e40))", f32::INFINITY);
}
