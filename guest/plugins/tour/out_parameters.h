/* docs/convention/out-parameters.md */
/* [plugin] */
#include "hostheap.h"

HH_EXPORT("divide") void divide(int64_t a, int64_t b, int64_t *quotient, int64_t *rest)
{
    *quotient = a / b;
    *rest = a % b;
}

HH_EXPORT("increment") void increment(uint32_t *counter)
{
    *counter += 1;
}

/* Fills a buffer of the host's; returns how much of it. */
HH_EXPORT("read_some") size_t read_some(uint8_t *buffer, size_t capacity)
{
    static const uint8_t data[] = { 'd', 'a', 't', 'a' };
    size_t len = capacity < sizeof data ? capacity : sizeof data;
    memcpy(buffer, data, len);
    return len;
}
/* [/plugin] */

HH_EXPORT("bad_flag") void bad_flag(uint8_t *flag)
{
    *flag = 2;
}
