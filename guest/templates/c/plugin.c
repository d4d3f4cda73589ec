#include "hostheap.h"

/* A string in, a string out: the name is borrowed, the result is a block that the host frees. */
HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    char *out = malloc(len + 8);
    if (out == NULL) {
        __builtin_trap(); /* no memory: the host reports it to its caller */
    }
    memcpy(out, "Hello, ", 7);
    memcpy(out + 7, name, len);
    out[len + 7] = '!';
    return HH_PACK(out, len + 8);
}

/* Numbers in: `count` of them, borrowed for the call. */
HH_EXPORT("sum") int64_t sum(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}
