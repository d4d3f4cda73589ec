// An allocator of its own, as small plugins have it: a pointer that moves up from __heap_base and
// grows the memory when it must.
//
//   EXPORTED   malloc and free are exported
//   GREEDY     takes all memory there is (memory.size), whoever grew it; else only what it grew
//              itself and what was declared at first
//   IMPORTS    the host's malloc is called as well: two heaps in one memory
#define HAS_LIBC
#include "corpus.h"
#ifdef IMPORTS
HOST(malloc) void *host_malloc(unsigned size);
HOST(free) void host_free(void *block);
EXPORT(take_host) void *take_host(unsigned size) { return host_malloc(size); }
EXPORT(give_host) void give_host(void *block) { host_free(block); }
#endif

#ifdef EXPORTED
#define OWN(name) EXPORT(name)
#else
#define OWN(name) static
#endif

extern unsigned char __heap_base;
static unsigned long next;
static unsigned long end;

#ifdef GREEDY
static int more(unsigned long bytes) {
    (void)bytes;
    end = __builtin_wasm_memory_size(0) << 16;
    return next + bytes <= end || __builtin_wasm_memory_grow(0, (bytes + 65535) >> 16) != ~0ul;
}
#else
static int more(unsigned long bytes) {
    unsigned long pages = (bytes + 65535) >> 16;
    unsigned long before = __builtin_wasm_memory_grow(0, pages);
    if (before == ~0ul)
        return 0;
    if (before << 16 != end)
        next = before << 16;
    end = (before + pages) << 16;
    return 1;
}
#endif

OWN(malloc) void *own_malloc(unsigned long size) {
    if (!next)
        next = end = ((unsigned long)&__heap_base + 15) & ~15ul;
    size = (size + 15) & ~15ul;
    if (next + size > end && !more(size))
        return 0;
    void *block = (void *)next;
    next += size;
    return block;
}

OWN(free) void own_free(void *block) { (void)block; }

EXPORT(take) void *take(unsigned size) { return own_malloc(size); }
EXPORT(give) void give(void *block) { own_free(block); }
