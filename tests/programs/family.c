/* Uses every member of the family that wasi-libc has, so that each can be the one that is hidden. */
#include <malloc.h>

#include "program.h"

/* Keeps the compiler from knowing that a block is not looked at. */
static void *volatile seen;

static void *see(void *p)
{
    seen = p;
    if (p == NULL)
        __builtin_trap();
    return p;
}

EXPORT("run") int64_t run(int32_t scale)
{
    text out = {0};
    for (int32_t i = 1; i <= scale * 20; i++) {
        size_t size = (size_t)(i * 37 % 400 + 1);
        unsigned char *a = see(malloc(size)), *b = see(calloc(size, 3)), *c = see(aligned_alloc(64, 128));
        void *d = NULL;
        if (posix_memalign(&d, 32, size) != 0)
            __builtin_trap();
        see(d);
        memset(a, i, size);
        unsigned sum = 0;
        for (size_t k = 0; k < 3 * size; k++)
            sum += b[k];
        a = see(realloc(a, 2 * size));
        int enough = malloc_usable_size(a) >= 2 * size && malloc_usable_size(c) >= 128;
        say(&out, "%d: %u %u %d %u %u\n", (int)i, a[0] + a[size - 1], sum, enough,
            (unsigned)((uintptr_t)c % 64), (unsigned)((uintptr_t)d % 32));
        free(a);
        free(b);
        free(c);
        free(d);
    }
    return give(&out);
}
