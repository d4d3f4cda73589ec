/* docs/convention/results.md */
/* [strings] */
#include "hostheap.h"

/* Packed: the pointer in the high half, the length in the low one. */
HH_EXPORT("name_packed") hh_packed name_packed(void)
{
    hh_bytes name = hh_copy("Ada", 3);
    return HH_PACK(name.ptr, name.len);
}

/* The same as a struct: C makes a hidden first parameter of it. */
HH_EXPORT("name_struct") hh_bytes name_struct(void)
{
    return hh_copy("Ada", 3);
}

/* Static data needs no block. */
HH_EXPORT("name_static") hh_bytes name_static(void)
{
    return hh_static("Ada");
}
/* [/strings] */

/* [vectors] */
HH_EXPORT("primes") hh_bytes primes(void)
{
    static const uint16_t all[] = { 2, 3, 5, 7 };
    return hh_bytes_of(all, 4); /* elements, not bytes */
}
/* [/vectors] */

/* [structs] */
struct colour {
    uint8_t red, green, blue, alpha;
};

HH_EXPORT("orange") struct colour orange(void)
{
    struct colour c = { 255, 128, 0, 255 };
    return c;
}

HH_EXPORT("orange_block") struct colour *orange_block(void)
{
    struct colour *c = hh_must(malloc(sizeof *c));
    *c = orange();
    return c;
}
/* [/structs] */

/* [tuples] */
struct min_max {
    int32_t min, max;
};

HH_EXPORT("min_max") struct min_max min_max(const int32_t *numbers, size_t count)
{
    struct min_max m = { INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < count; i++) {
        m.min = numbers[i] < m.min ? numbers[i] : m.min;
        m.max = numbers[i] > m.max ? numbers[i] : m.max;
    }
    return m;
}
/* [/tuples] */
