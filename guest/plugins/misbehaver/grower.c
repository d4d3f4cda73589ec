/*
 * Grower: grows its memory itself while the host manages the heap in it, as a
 * plugin with a second allocator inside would. A host may refuse it for that
 * (memory.grow next to an imported malloc), or must cope with the hole.
 */
#include "hostheap.h"

/* Grows the memory behind the host's back; the old size in pages, or -1. */
HH_EXPORT("grow_memory") int32_t grow_memory(uint32_t pages)
{
    return (int32_t)__builtin_wasm_memory_grow(0, pages);
}

/* The memory's size in pages of 64 KiB. */
HH_EXPORT("memory_pages") uint32_t memory_pages(void)
{
    return (uint32_t)__builtin_wasm_memory_size(0);
}

/* To allocate before and after. */
HH_EXPORT("raw_malloc") void *raw_malloc(size_t size)
{
    return malloc(size);
}

HH_EXPORT("raw_free") void raw_free(void *block)
{
    free(block);
}
