/* The greeting itself, shared by the three shapes that return it. */
#ifndef GREETING_H
#define GREETING_H

#include "hostheap.h"

/* "Hello, NAME!" in a block of its own. */
static inline hh_bytes greeting(const char *name, size_t len)
{
    static const char before[] = { 'H', 'e', 'l', 'l', 'o', ',', ' ' };
    hh_bytes out;

    out.len = sizeof before + len + 1;
    if (out.len < len) {
        __builtin_trap(); /* the sum wrapped around */
    }
    out.ptr = (char *)hh_must(malloc(out.len));
    memcpy(out.ptr, before, sizeof before);
    memcpy(out.ptr + sizeof before, name, len);
    out.ptr[out.len - 1] = '!';
    return out;
}

#endif
