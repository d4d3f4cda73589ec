/* docs/convention/scalars.md */
/* [plugin] */
#include <stdbool.h>
#include "hostheap.h"

HH_EXPORT("average") double average(double a, double b)
{
    return (a + b) / 2;
}

HH_EXPORT("clamp") int8_t clamp(int32_t x, int8_t low, int8_t high)
{
    return (int8_t)(x < low ? low : x > high ? high : x);
}

HH_EXPORT("is_even") bool is_even(uint64_t x)
{
    return x % 2 == 0;
}

HH_EXPORT("upper") uint32_t upper(uint32_t letter) /* char in Rust */
{
    return letter >= 'a' && letter <= 'z' ? letter - 32 : letter;
}

HH_EXPORT("tick") void tick(void)
{
}
/* [/plugin] */

/* What is no char: for the error on the page. */
HH_EXPORT("surrogate") uint32_t surrogate(void)
{
    return 0xd800;
}
