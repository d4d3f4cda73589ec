/*
 * family.c: keeps a libc's own malloc out of a plugin, for plugins that need a
 * libc (wasi-libc, Emscripten, zig cc). Compile it with the plugin:
 *
 *     clang --target=wasm32-wasi -mexec-model=reactor -O2 -fno-builtin \
 *         -Wl,--export=__heap_base -o plugin.wasm plugin.c family.c
 *     emcc -O2 -fno-builtin -sMALLOC=none -sERROR_ON_UNDEFINED_SYMBOLS=0 \
 *         -sALLOW_MEMORY_GROWTH=1 --no-entry -Wl,--export=__heap_base \
 *         -o plugin.wasm plugin.c family.c
 *
 * An import attribute on malloc itself is ignored as soon as a libc defines
 * malloc, because a definition beats an import. So this file defines the whole
 * family, and each of it calls the host's under another name. One member left
 * out, the libc's own object is linked after all: "duplicate symbol: malloc", or
 * two heaps in one memory.
 *
 * -fno-builtin: compilers know malloc, and may remove or combine calls of it.
 */
typedef __SIZE_TYPE__ size_t;

#define HOST(name) __attribute__((import_module("env"), import_name(#name)))

HOST(malloc) void *host_malloc(size_t size);
HOST(free) void host_free(void *block);
HOST(calloc) void *host_calloc(size_t count, size_t size);
HOST(realloc) void *host_realloc(void *block, size_t size);
HOST(aligned_alloc) void *host_aligned_alloc(size_t align, size_t size);
HOST(posix_memalign)
int host_posix_memalign(void **out, size_t align, size_t size);
HOST(malloc_usable_size) size_t host_malloc_usable_size(void *block);

#ifdef __cplusplus
extern "C" {
#endif

void *malloc(size_t size) { return host_malloc(size); }
void free(void *block) { host_free(block); }
void *calloc(size_t count, size_t size) { return host_calloc(count, size); }
void *realloc(void *block, size_t size) { return host_realloc(block, size); }
void *aligned_alloc(size_t align, size_t size)
{
    return host_aligned_alloc(align, size);
}
void *memalign(size_t align, size_t size)
{
    return host_aligned_alloc(align, size);
}
int posix_memalign(void **out, size_t align, size_t size)
{
    return host_posix_memalign(out, align, size);
}
size_t malloc_usable_size(void *block)
{
    return host_malloc_usable_size(block);
}

/* What musl calls inside, past what a program defines. */
void *__libc_malloc(size_t size) { return host_malloc(size); }
void __libc_free(void *block) { host_free(block); }
void *__libc_calloc(size_t count, size_t size)
{
    return host_calloc(count, size);
}
void *__libc_realloc(void *block, size_t size)
{
    return host_realloc(block, size);
}

#ifdef __EMSCRIPTEN__
void *emscripten_builtin_malloc(size_t size) { return host_malloc(size); }
void emscripten_builtin_free(void *block) { host_free(block); }
void *emscripten_builtin_calloc(size_t count, size_t size)
{
    return host_calloc(count, size);
}
void *emscripten_builtin_realloc(void *block, size_t size)
{
    return host_realloc(block, size);
}
void *emscripten_builtin_memalign(size_t align, size_t size)
{
    return host_aligned_alloc(align, size);
}
#endif

#ifdef __cplusplus
}
#endif
