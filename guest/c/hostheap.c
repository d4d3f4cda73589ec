/*
 * The memory functions that a freestanding plugin still needs: compilers call
 * memcpy, memmove, memset and memcmp for copies and comparisons that the source
 * never spells out, and wasm-ld stops at an undefined one. Link this file into
 * plugins that have no libc; what a plugin doesn't use is dropped.
 *
 * With -mbulk-memory (recommended) copying and filling are one instruction.
 * Without it they are plain loops, for hosts that lack bulk memory.
 */
#include "hostheap.h"

/* Keeps the compiler from turning a loop below into a call to itself. */
#define LITERALLY __attribute__((no_builtin))

/* A name in parentheses is not expanded as a macro of hostheap.h. */

#if defined(__wasm_bulk_memory__)

void *(memcpy)(void *to, const void *from, size_t len)
{
    return __builtin_memcpy(to, from, len); /* an instruction, not a call */
}

void *(memmove)(void *to, const void *from, size_t len)
{
    return __builtin_memmove(to, from, len);
}

void *(memset)(void *to, int byte, size_t len)
{
    return __builtin_memset(to, byte, len);
}

#else

LITERALLY void *(memcpy)(void *to, const void *from, size_t len)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    while (len-- > 0) {
        *t++ = *f++;
    }
    return to;
}

LITERALLY void *(memmove)(void *to, const void *from, size_t len)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    if (t < f) {
        return memcpy(to, from, len); /* the one above: it copies upwards */
    }
    while (len-- > 0) {
        t[len] = f[len];
    }
    return to;
}

LITERALLY void *(memset)(void *to, int byte, size_t len)
{
    unsigned char *t = to;
    while (len-- > 0) {
        *t++ = (unsigned char)byte;
    }
    return to;
}

#endif

LITERALLY int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    for (size_t i = 0; i < len; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

LITERALLY size_t strlen(const char *string)
{
    size_t len = 0;
    while (string[len] != '\0') {
        len++;
    }
    return len;
}
