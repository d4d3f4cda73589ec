/*
 * Scalars, as arguments and as results. The narrow ones travel in 32 bits: what
 * C sees depends on how the host extends them, and `widen_` shows it.
 */
#include <stdbool.h>

#include "hostheap.h"

/* ---- The same value back: (T) -> T for i8 to u64, f32, f64, bool, char --- */

HH_EXPORT("same_i8") int8_t same_i8(int8_t x) { return x; }
HH_EXPORT("same_u8") uint8_t same_u8(uint8_t x) { return x; }
HH_EXPORT("same_i16") int16_t same_i16(int16_t x) { return x; }
HH_EXPORT("same_u16") uint16_t same_u16(uint16_t x) { return x; }
HH_EXPORT("same_i32") int32_t same_i32(int32_t x) { return x; }
HH_EXPORT("same_u32") uint32_t same_u32(uint32_t x) { return x; }
HH_EXPORT("same_i64") int64_t same_i64(int64_t x) { return x; }
HH_EXPORT("same_u64") uint64_t same_u64(uint64_t x) { return x; }
HH_EXPORT("same_f32") float same_f32(float x) { return x; }
HH_EXPORT("same_f64") double same_f64(double x) { return x; }
HH_EXPORT("same_bool") bool same_bool(bool x) { return x; }
HH_EXPORT("same_char") uint32_t same_char(uint32_t x) { return x; }

/*
 * ---- What C sees: (T) -> i64 for i8, u8, i16, u16, i32, u32, bool, char ----
 *
 * All 32 bits as they came, as a signed number: volatile keeps the compiler
 * from extending them once more.
 */

#define WIDEN(name, type)                         \
    HH_EXPORT("widen_" name)                      \
    int64_t widen_##type(int32_t as_it_came)      \
    {                                             \
        volatile int32_t bits = as_it_came;       \
        return bits;                              \
    }

WIDEN("i8", i8)
WIDEN("u8", u8)
WIDEN("i16", i16)
WIDEN("u16", u16)
WIDEN("i32", i32)
WIDEN("u32", u32)
WIDEN("bool", bool)
WIDEN("char", char)

/*
 * (u32) -> any scalar of at most 32 bits: the bits as a result, for those that
 * are no value of the type, such as 0xd800 for a char, 2 for a bool and 256 for
 * a u8.
 */
HH_EXPORT("raw_bits") uint32_t raw_bits(uint32_t bits)
{
    return bits;
}

/* ---- Arithmetic ---------------------------------------------------------- */

/* (i8, i8) -> i8, wrapping around; so are the others. */
HH_EXPORT("add_i8") int8_t add_i8(int8_t a, int8_t b)
{
    return (int8_t)((unsigned)a + (unsigned)b);
}

/* (u8, u8) -> u8 */
HH_EXPORT("add_u8") uint8_t add_u8(uint8_t a, uint8_t b)
{
    return (uint8_t)((unsigned)a + b);
}

/* (i16, i16) -> i16 */
HH_EXPORT("add_i16") int16_t add_i16(int16_t a, int16_t b)
{
    return (int16_t)((unsigned)a + (unsigned)b);
}

/* (u16, u16) -> u16 */
HH_EXPORT("add_u16") uint16_t add_u16(uint16_t a, uint16_t b)
{
    return (uint16_t)((unsigned)a + b);
}

/* (u64, u64) -> u64 */
HH_EXPORT("add_u64") uint64_t add_u64(uint64_t a, uint64_t b)
{
    return a + b;
}

/* (f32, f32) -> f32 */
HH_EXPORT("add_f32") float add_f32(float a, float b)
{
    return a + b;
}

/* (f64, f64) -> f64 */
HH_EXPORT("add_f64") double add_f64(double a, double b)
{
    return a + b;
}

/* (bool) -> bool: the other one. */
HH_EXPORT("invert") bool invert(bool x)
{
    return !x;
}

/* (char) -> char: the next one; after the last an invalid one. */
HH_EXPORT("next_char") uint32_t next_char(uint32_t x)
{
    return x + 1;
}

/* (i64) -> bool */
HH_EXPORT("is_negative") bool is_negative(int64_t x)
{
    return x < 0;
}

/* (u64) -> u8: the topmost byte. */
HH_EXPORT("top_byte") uint8_t top_byte(uint64_t x)
{
    return (uint8_t)(x >> 56);
}

/* ---- Many arguments, and none -------------------------------------------- */

/*
 * (i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64
 * h = 31 * h + x for each, h beginning at 0, all modulo 2^64; signed x are sign
 * extended, floats are multiplied by 4 and made an i64.
 */
HH_EXPORT("twelve")
uint64_t twelve(int8_t a, uint16_t b, int32_t c, int64_t d, float e, double f,
                bool g, uint32_t h, uint8_t i, int16_t j, uint64_t k,
                uint32_t l)
{
    const uint64_t all[12] = {
        (uint64_t)a, b, (uint64_t)c, (uint64_t)d,
        (uint64_t)(int64_t)(e * 4), (uint64_t)(int64_t)(f * 4),
        g, h, i, (uint64_t)j, k, l,
    };
    uint64_t hash = 0;
    for (int n = 0; n < 12; n++) {
        hash = 31 * hash + all[n];
    }
    return hash;
}

/* (i32 twelve times) -> i32: the nth of the others, n the first and from 1. */
HH_EXPORT("pick")
int32_t pick(int32_t n, int32_t a, int32_t b, int32_t c, int32_t d, int32_t e,
             int32_t f, int32_t g, int32_t h, int32_t i, int32_t j, int32_t k)
{
    const int32_t all[11] = { a, b, c, d, e, f, g, h, i, j, k };
    return n >= 1 && n <= 11 ? all[n - 1] : -1;
}

/* () -> i32: 42. */
HH_EXPORT("answer") int32_t answer(void)
{
    return 42;
}

static uint32_t ticks;

/* () -> () */
HH_EXPORT("tick") void tick(void)
{
    ticks++;
}

/* () -> u32: how often `tick` was called. */
HH_EXPORT("tick_count") uint32_t tick_count(void)
{
    return ticks;
}
