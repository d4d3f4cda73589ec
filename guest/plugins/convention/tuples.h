/*
 * Results of several scalars, for results.c and results_mv.c: the same source
 * gives a struct return in one and several results in the other.
 */
#ifndef TUPLES_H
#define TUPLES_H

#include <stdbool.h>

#include "hostheap.h"

struct two {
    int32_t a, b;
};

struct pair {
    int32_t a;
    double b;
};

struct triple {
    uint8_t a;
    int16_t b;
    uint64_t c;
};

struct quad {
    int64_t a;
    float b;
    uint8_t c;
    int32_t d;
};

struct narrow {
    int8_t a;
    uint16_t b;
};

struct flags {
    uint8_t a; /* a bool, or not */
    uint32_t b; /* a char, or not */
};

/* (i32, f64) -> (i32, f64): both negated. */
HH_EXPORT("pair") struct pair pair(int32_t a, double b)
{
    struct pair out = { -a, -b };
    return out;
}

/* (i32, i32) -> (i32, i32): quotient and rest; a divisor of 0 traps. */
HH_EXPORT("divide_with_rest")
struct two divide_with_rest(int32_t a, int32_t b)
{
    struct two out = { a / b, a % b };
    return out;
}

/* (u8, i16, u64) -> (u8, i16, u64): the same. */
HH_EXPORT("triple") struct triple triple(uint8_t a, int16_t b, uint64_t c)
{
    struct triple out = { a, b, c };
    return out;
}

/* (i64, f32, u8, i32) -> (i64, f32, u8, i32): the same. */
HH_EXPORT("quad") struct quad quad(int64_t a, float b, uint8_t c, int32_t d)
{
    struct quad out = { a, b, c, d };
    return out;
}

/* (i8, u16) -> (i8, u16): the same. */
HH_EXPORT("narrow") struct narrow narrow(int8_t a, uint16_t b)
{
    struct narrow out = { a, b };
    return out;
}

/* (u8, u32) -> (bool, char): the bits, whether they are that or not. */
HH_EXPORT("flags") struct flags flags(uint8_t a, uint32_t b)
{
    struct flags out = { a, b };
    return out;
}

/* () -> (i32, f64): traps. */
HH_EXPORT("pair_trap") struct pair pair_trap(void)
{
    __builtin_trap();
}

#endif
