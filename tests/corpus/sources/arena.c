// An allocator that never looks at the memory's size and never grows it: all of the room that the
// linker left between __heap_base and the end of the declared memory is its own.
//
//   POOL      a static array instead, which is in nobody's way
//   IMPORTS   the host's malloc is called as well
#define HAS_LIBC
#include "corpus.h"
#ifdef IMPORTS
HOST(malloc) void *host_malloc(unsigned size);
HOST(free) void host_free(void *block);
EXPORT(take_host) void *take_host(unsigned size) { return host_malloc(size); }
EXPORT(give_host) void give_host(void *block) { host_free(block); }
#endif

#ifdef POOL
static unsigned char pool[20000] __attribute__((aligned(16)));
#define START ((unsigned long)pool)
#define END (START + sizeof pool)
#else
extern unsigned char __heap_base, __heap_end;
#define START (((unsigned long)&__heap_base + 15) & ~15ul)
#define END ((unsigned long)&__heap_end)
#endif

static unsigned long used;

EXPORT(take) void *take(unsigned long size) {
    size = (size + 15) & ~15ul;
    if (size > END - START - used)
        return 0;
    used += size;
    return (void *)(START + used - size);
}

EXPORT(give) void give(void *block) { (void)block; }
