/* Numbers, bool and char: to a plugin and back. */
#include "check.h"
#include "tests.h"

/* (i32, f64 ...): the exact values come back, whichever constructor they are given by. */
void scalars_of_every_kind_go_and_come_back(void)
{
    rig rig = rig_of("convention/scalars");
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    bool yes;

#define SAME_BACK(type, to, value, place, expected)                     \
    do {                                                                \
        hh_func *f = func(&rig, "same_" type, "(" type ") -> " type);   \
        OK(hh_call(f, to(&place), value));                              \
        CHECK(place == (expected));                                     \
        OK(hh_func_delete(f));                                            \
    } while (0)

    SAME_BACK("i8", hh_to_i32, hh_i32(-128), i32, -128);
    SAME_BACK("u8", hh_to_u32, hh_u32(255), u32, 255);
    SAME_BACK("i16", hh_to_i32, hh_i32(-32768), i32, -32768);
    SAME_BACK("u16", hh_to_u32, hh_u32(65535), u32, 65535);
    SAME_BACK("i32", hh_to_i32, hh_i32(INT32_MIN), i32, INT32_MIN);
    SAME_BACK("u32", hh_to_u32, hh_u32(UINT32_MAX), u32, UINT32_MAX);
    SAME_BACK("i64", hh_to_i64, hh_i64(INT64_MIN), i64, INT64_MIN);
    SAME_BACK("u64", hh_to_u64, hh_u64(UINT64_MAX), u64, UINT64_MAX);
    SAME_BACK("f32", hh_to_f32, hh_f32(-0.5f), f32, -0.5f);
    SAME_BACK("f64", hh_to_f64, hh_f64(1e300), f64, 1e300);
    SAME_BACK("bool", hh_to_bool, hh_bool(true), yes, true);
    SAME_BACK("bool", hh_to_bool, hh_bool(false), yes, false);
    SAME_BACK("char", hh_to_char, hh_char(0x1f600), u32, 0x1f600);
    /* An integer that fits is as good as another. */
    SAME_BACK("u8", hh_to_u32, hh_i32(7), u32, 7);
    SAME_BACK("i64", hh_to_i64, hh_u32(UINT32_MAX), i64, (int64_t)UINT32_MAX);
    SAME_BACK("u64", hh_to_u64, hh_i64(5), u64, 5);
#undef SAME_BACK
    rig_close(&rig);
}

void scalars_that_do_not_fit_are_refused(void)
{
    rig rig = rig_of("convention/scalars");
    int32_t i32 = 99;
    uint32_t u32 = 99;
    hh_func *f = func(&rig, "same_i8", "(i8) -> i8");
    FAILS(HH_ERR_CONVENTION, "i8", hh_call(f, hh_to_i32(&i32), hh_i32(128)));
    FAILS(HH_ERR_CONVENTION, "i8", hh_call(f, hh_to_i32(&i32), hh_u64(UINT64_MAX)));
    SAME(i32, 0); /* nothing is left there */
    OK(hh_func_delete(f));

    f = func(&rig, "same_u64", "(u64) -> u64");
    uint64_t u64;
    FAILS(HH_ERR_CONVENTION, "u64", hh_call(f, hh_to_u64(&u64), hh_i32(-1)));
    OK(hh_func_delete(f));

    f = func(&rig, "same_char", "(char) -> char");
    FAILS(HH_ERR_ARGUMENT, "D800", hh_call(f, hh_to_char(&u32), hh_char(0xd800)));
    OK(hh_func_delete(f));

    /* A plugin's result that is none of its type. */
    f = func(&rig, "raw_bits", "(u32) -> char");
    FAILS(HH_ERR_CONVENTION, "char", hh_call(f, hh_to_char(&u32), hh_u32(0xd800)));
    OK(hh_func_delete(f));
    /* Bits above those of a narrow type are no part of it, as in C. */
    f = func(&rig, "raw_bits", "(u32) -> bool");
    bool yes;
    OK(hh_call(f, hh_to_bool(&yes), hh_u32(3)));
    CHECK(yes);
    OK(hh_func_delete(f));
    f = func(&rig, "raw_bits", "(u32) -> i16");
    OK(hh_call(f, hh_to_i32(&i32), hh_u32(0x18000)));
    SAME(i32, -32768);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void twelve_arguments_are_the_most(void)
{
    rig rig = rig_of("convention/scalars");
    uint64_t hash;
    hh_func *f = func(&rig, "twelve",
                      "(i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64");
    OK(hh_call(f, hh_to_u64(&hash), hh_i32(-1), hh_u32(65535), hh_i32(-3), hh_i64(-4), hh_f32(0.5f),
               hh_f64(-0.25), hh_bool(true), hh_char('z'), hh_u32(255), hh_i32(-32768),
               hh_u64(UINT64_MAX), hh_u32(UINT32_MAX)));
    /* As in the plugin's comment, modulo 2^64. */
    const uint64_t all[12] = { (uint64_t)-1, 65535, (uint64_t)-3, (uint64_t)-4, 2, (uint64_t)-1,
                               1, 'z', 255, (uint64_t)-32768, UINT64_MAX, UINT32_MAX };
    uint64_t expected = 0;
    for (int i = 0; i < 12; i++) {
        expected = 31 * expected + all[i];
    }
    CHECK(hash == expected);
    OK(hh_func_delete(f));

    hh_func *none = NULL;
    FAILS(HH_ERR_ARGUMENT, "12",
          hh_instance_func(rig.plugin, "twelve",
                           "(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)",
                           &none));
    CHECK(none == NULL);
    rig_close(&rig);
}

void a_function_without_arguments_and_result_is_called(void)
{
    rig rig = rig_of("convention/scalars");
    uint32_t ticks;
    hh_func *tick = func(&rig, "tick", "()");
    hh_func *count = func(&rig, "tick_count", "() -> u32");
    OK(hh_call(tick, hh_to_void()));
    OK(hh_call(tick, hh_to_void()));
    OK(hh_call(count, hh_to_u32(&ticks)));
    SAME(ticks, 2);
    OK(hh_func_delete(tick));
    OK(hh_func_delete(count));
    rig_close(&rig);
}
