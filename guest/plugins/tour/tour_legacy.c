/* docs/convention/legacy.md */
/* [plugin] */
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name), used))

/* Stands for dlmalloc or whatever the plugin brings along: it never frees. */
static char heap[65536] __attribute__((aligned(16)));
static size_t used;

EXPORT("malloc") void *malloc(size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (size > sizeof heap || sizeof heap - used < rounded) {
        return NULL;
    }
    used += rounded;
    return heap + used - rounded;
}

EXPORT("free") void free(void *block)
{
    (void)block;
}

EXPORT("shout") uint64_t shout(const char *text, size_t len)
{
    char *out = malloc(len);
    for (size_t i = 0; i < len; i++) {
        out[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
    }
    return (uint64_t)(uintptr_t)out << 32 | len; /* packed, the pointer in the high half */
}
/* [/plugin] */
