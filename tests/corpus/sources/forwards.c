// Exports called malloc and free that forward to the host's: not an allocator of its own.
//
//   THUNK   through one more function each, as wasm-opt leaves them
#define HAS_LIBC
#include "corpus.h"
HOST(malloc) void *host_malloc(unsigned size);
HOST(free) void host_free(void *block);

static const char *const label = "forwards";

#ifdef THUNK
__attribute__((noinline)) static void *inner_malloc(unsigned size) { return host_malloc(size); }
__attribute__((noinline)) static void inner_free(void *block) { host_free(block); }
#else
#define inner_malloc host_malloc
#define inner_free host_free
#endif

EXPORT(malloc) void *outer_malloc(unsigned size) { return inner_malloc(size); }
EXPORT(free) void outer_free(void *block) { inner_free(block); }
EXPORT(name) const char *name(int n) { return label + (n & 3); }
