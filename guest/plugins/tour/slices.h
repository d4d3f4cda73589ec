/* docs/convention/slices.md */
/* [plugin] */
#include "hostheap.h"

HH_EXPORT("sum") int64_t sum(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}

/* No const: what stands there when it returns goes back to the host. */
HH_EXPORT("scale") void scale(double *numbers, size_t count, double factor)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] *= factor;
    }
}

HH_EXPORT("squares") hh_packed squares(uint32_t count)
{
    uint32_t *all = hh_must(calloc(count > 0 ? count : 1, sizeof *all));
    for (uint32_t i = 0; i < count; i++) {
        all[i] = i * i;
    }
    return HH_PACK(all, count); /* the length is in elements */
}
/* [/plugin] */

HH_EXPORT("misaligned") hh_packed misaligned(void)
{
    char *block = hh_must(malloc(16));
    return HH_PACK(block + 1, 2);
}

HH_EXPORT("in_bytes") hh_packed in_bytes(void)
{
    return HH_PACK(hh_must(malloc(4 * sizeof(uint32_t))), 4 * sizeof(uint32_t));
}
