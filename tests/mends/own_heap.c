/* A plugin with a malloc of its own, until hostheap.h is included. */
#include <stddef.h>
#include <stdint.h>

#ifndef HOSTHEAP_H
extern unsigned char __heap_base;
static unsigned char *top;

void *malloc(size_t size)
{
    unsigned char *block = top ? top : &__heap_base;
    size_t end = (size_t)(block + size + 15) & ~(size_t)15;
    while (end > __builtin_wasm_memory_size(0) * 65536) {
        if (__builtin_wasm_memory_grow(0, 1) == (size_t)-1) {
            return NULL;
        }
    }
    top = (unsigned char *)end;
    return block;
}

void free(void *block)
{
    (void)block;
}
#endif

__attribute__((export_name("greet")))
uint64_t greet(const char *name, size_t len)
{
    char *out = malloc(len);
    for (size_t i = 0; i < len; i++) {
        out[i] = name[i];
    }
    return (uint64_t)(uintptr_t)out << 32 | len;
}
