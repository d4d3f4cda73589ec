/*
 * What Emscripten's emmalloc.c needs of Emscripten, and no more: sbrk() over
 * memory.grow. The file itself comes from Emscripten's package.
 */
#include <stddef.h>
#include <stdint.h>

#define PAGE 65536u

extern unsigned char __heap_base;

void *sbrk(intptr_t bytes)
{
    static uintptr_t end;
    if (end == 0) {
        end = (uintptr_t)&__heap_base;
    }
    uintptr_t start = end, memory = __builtin_wasm_memory_size(0) * PAGE;
    if (start + bytes > memory) {
        uintptr_t pages = (start + bytes - memory + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) {
            return (void *)-1;
        }
    }
    end = start + bytes;
    return (void *)start;
}

size_t emscripten_get_heap_size(void)
{
    return __builtin_wasm_memory_size(0) * PAGE;
}

size_t emscripten_get_heap_max(void)
{
    return 0xffff0000u;
}

#include EMMALLOC_C
