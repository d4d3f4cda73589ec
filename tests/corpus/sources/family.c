// The whole malloc family, forwarded to the host under other C names: linked before a libc, it
// keeps the libc's own allocator out. Compile with -fno-builtin.
typedef __SIZE_TYPE__ size_t;
#define HOST(name) __attribute__((import_module("env"), import_name(#name)))

HOST(malloc) void *host_malloc(size_t);
HOST(calloc) void *host_calloc(size_t, size_t);
HOST(realloc) void *host_realloc(void *, size_t);
HOST(free) void host_free(void *);
HOST(aligned_alloc) void *host_aligned_alloc(size_t, size_t);
HOST(posix_memalign) int host_posix_memalign(void **, size_t, size_t);
HOST(malloc_usable_size) size_t host_malloc_usable_size(void *);

void *malloc(size_t size) { return host_malloc(size); }
void *calloc(size_t count, size_t size) { return host_calloc(count, size); }
void *realloc(void *block, size_t size) { return host_realloc(block, size); }
void free(void *block) { host_free(block); }
void *aligned_alloc(size_t align, size_t size) { return host_aligned_alloc(align, size); }
void *memalign(size_t align, size_t size) { return host_aligned_alloc(align, size); }
int posix_memalign(void **block, size_t align, size_t size) {
    return host_posix_memalign(block, align, size);
}
size_t malloc_usable_size(void *block) { return host_malloc_usable_size(block); }

void *__libc_malloc(size_t size) { return host_malloc(size); }
void *__libc_calloc(size_t count, size_t size) { return host_calloc(count, size); }
void *__libc_realloc(void *block, size_t size) { return host_realloc(block, size); }
void __libc_free(void *block) { host_free(block); }

#ifdef __EMSCRIPTEN__
void *emscripten_builtin_malloc(size_t size) { return host_malloc(size); }
void *emscripten_builtin_calloc(size_t count, size_t size) { return host_calloc(count, size); }
void *emscripten_builtin_realloc(void *block, size_t size) { return host_realloc(block, size); }
void emscripten_builtin_free(void *block) { host_free(block); }
void *emscripten_builtin_memalign(size_t align, size_t size) {
    return host_aligned_alloc(align, size);
}
#endif
