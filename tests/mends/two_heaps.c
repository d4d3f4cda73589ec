/* A plugin that imports malloc, and whose libc has one as well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

__attribute__((import_module("env"), import_name("malloc"))) void *host_malloc(size_t size);

__attribute__((export_name("greet")))
uint64_t greet(const char *name, size_t len)
{
    char *own = strndup(name, len);
    char *out = host_malloc(len);
    memcpy(out, own, len);
    free(own);
    return (uint64_t)(uintptr_t)out << 32 | len;
}
