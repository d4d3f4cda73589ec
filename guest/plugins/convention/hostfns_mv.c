/*
 * Results of host functions as several values, by the multi-value ABI:
 * -mmultivalue -Xclang -target-abi -Xclang experimental-mv
 */
#include "hostheap.h"

#define HOST(name) HH_IMPORT("host", name)

/* (u32) -> String */
HOST("text") hh_bytes host_text(uint32_t n);

/* (u32) -> i64: the sum of its bytes. */
HH_EXPORT("get_text") int64_t get_text(uint32_t n)
{
    hh_bytes text = host_text(n);
    int64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        sum += (unsigned char)text.ptr[i];
    }
    free(text.ptr);
    return sum;
}

/* (u32) -> Option<String> */
HOST("maybe_text") hh_bytes host_maybe_text(uint32_t n);

/* (u32) -> Option<String>: the very block of the host. */
HH_EXPORT("pass_maybe_text") hh_bytes pass_maybe_text(uint32_t n)
{
    return host_maybe_text(n);
}

struct pair {
    int32_t a;
    double b;
};

/* (i32, f64) -> (i32, f64) */
HOST("pair") struct pair host_pair(int32_t a, double b);

/* (i32, f64) -> f64: a + b. */
HH_EXPORT("get_pair") double get_pair(int32_t a, double b)
{
    struct pair p = host_pair(a, b);
    return p.a + p.b;
}

struct quad {
    int64_t a;
    float b;
    uint8_t c;
    int32_t d;
};

/* (i64) -> (i64, f32, u8, i32) */
HOST("quad") struct quad host_quad(int64_t a);

/* (i64) -> f64: the sum of all. */
HH_EXPORT("get_quad") double get_quad(int64_t a)
{
    struct quad q = host_quad(a);
    return (double)q.a + (double)q.b + q.c + q.d;
}
