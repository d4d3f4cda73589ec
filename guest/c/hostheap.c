/*
 * hostheap.c: the one source file that goes with hostheap.h. Compile it with the
 * plugin; a plugin in C++ takes hostheap_new.cpp instead, which includes it.
 *
 * Without a libc (-ffreestanding) it defines the memory functions that a plugin
 * still needs: compilers call memcpy, memmove, memset and memcmp for copies and
 * comparisons that the source never spells out, and wasm-ld stops at an
 * undefined one.
 *
 * With a libc it defines malloc's whole family instead, over the host's.
 *
 * What a plugin doesn't use is dropped.
 */
#undef HH_CALL_SITES /* it is for the plugin's calls, not for this file's */
#include "hostheap.h"

/* Keeps the compiler from knowing what a function is: from turning a loop into
   a call to itself, or a malloc into something else. */
#define LITERALLY __attribute__((no_builtin))

#ifdef __cplusplus
extern "C" {
#endif

#if HH_HOSTED

/* ---- With a libc --------------------------------------------------------- */

/*
 * An import attribute on malloc itself is ignored as soon as a libc defines
 * malloc, because a definition beats an import. So the whole family is defined
 * here, and each of it calls the host's under another name. One member left out,
 * the libc's own object is linked after all: "duplicate symbol: malloc", or two
 * heaps in one memory.
 */
#include <errno.h>

HH_IMPORT("env", "malloc") void *host_malloc(size_t size);
HH_IMPORT("env", "free") void host_free(void *block);
HH_IMPORT("env", "calloc") void *host_calloc(size_t count, size_t size);
HH_IMPORT("env", "realloc") void *host_realloc(void *block, size_t size);
HH_IMPORT("env", "reallocarray")
void *host_reallocarray(void *block, size_t count, size_t size);
HH_IMPORT("env", "aligned_alloc")
void *host_aligned_alloc(size_t alignment, size_t size);
HH_IMPORT("env", "posix_memalign")
int host_posix_memalign(void **out, size_t alignment, size_t size);
HH_IMPORT("env", "malloc_usable_size")
size_t host_malloc_usable_size(void *block);

/* The host knows no errno. A block of no bytes may be NULL without an error. */
static void *checked(void *block, int wanted)
{
    if (block == NULL && wanted) {
        errno = ENOMEM;
    }
    return block;
}

LITERALLY void *malloc(size_t size)
{
    return checked(host_malloc(size), size != 0);
}

LITERALLY void free(void *block)
{
    host_free(block);
}

LITERALLY void *calloc(size_t count, size_t size)
{
    return checked(host_calloc(count, size), count != 0 && size != 0);
}

LITERALLY void *realloc(void *block, size_t size)
{
    return checked(host_realloc(block, size), size != 0);
}

LITERALLY void *reallocarray(void *block, size_t count, size_t size)
{
    return checked(host_reallocarray(block, count, size),
                   count != 0 && size != 0);
}

LITERALLY void *aligned_alloc(size_t alignment, size_t size)
{
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        errno = EINVAL;
        return NULL;
    }
    return checked(host_aligned_alloc(alignment, size), size != 0);
}

LITERALLY void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

/* Returns the error, and leaves errno alone. */
LITERALLY int posix_memalign(void **out, size_t alignment, size_t size)
{
    return host_posix_memalign(out, alignment, size);
}

LITERALLY size_t malloc_usable_size(void *block)
{
    return host_malloc_usable_size(block);
}

/* A plugin that aborts traps. A libc's abort may exit instead, by a call of
   WASI's. Weak: a plugin may have its own. */
__attribute__((weak, noreturn)) void abort(void) { __builtin_trap(); }

/* What musl calls inside, past what a program defines. */
void *__libc_malloc(size_t size) { return malloc(size); }
void __libc_free(void *block) { free(block); }
void *__libc_calloc(size_t count, size_t size) { return calloc(count, size); }
void *__libc_realloc(void *block, size_t size) { return realloc(block, size); }

/* And Emscripten, whose abort of older releases gets here too. */
#ifdef __EMSCRIPTEN__
__attribute__((weak, noreturn)) void _Exit(int code)
{
    (void)code;
    __builtin_trap();
}
void *emscripten_builtin_malloc(size_t size) { return malloc(size); }
void emscripten_builtin_free(void *block) { free(block); }
void *emscripten_builtin_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}
void *emscripten_builtin_realloc(void *block, size_t size)
{
    return realloc(block, size);
}
void *emscripten_builtin_memalign(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}
#endif

#else

/* ---- Without a libc ------------------------------------------------------ */

/*
 * With -mbulk-memory (recommended) copying and filling are one instruction.
 * Without it they are plain loops, for hosts that lack bulk memory.
 */

/* A name in parentheses is not expanded as a macro of hostheap.h. */

#if defined(__wasm_bulk_memory__)

void *(memcpy)(void *to, const void *from, size_t len)
{
    return __builtin_memcpy(to, from, len); /* an instruction, not a call */
}

void *(memmove)(void *to, const void *from, size_t len)
{
    return __builtin_memmove(to, from, len);
}

void *(memset)(void *to, int byte, size_t len)
{
    return __builtin_memset(to, byte, len);
}

#else

LITERALLY void *(memcpy)(void *to, const void *from, size_t len)
{
    unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;
    while (len-- > 0) {
        *t++ = *f++;
    }
    return to;
}

LITERALLY void *(memmove)(void *to, const void *from, size_t len)
{
    unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;
    if (t < f) {
        return memcpy(to, from, len); /* the one above: it copies upwards */
    }
    while (len-- > 0) {
        t[len] = f[len];
    }
    return to;
}

LITERALLY void *(memset)(void *to, int byte, size_t len)
{
    unsigned char *t = (unsigned char *)to;
    while (len-- > 0) {
        *t++ = (unsigned char)byte;
    }
    return to;
}

#endif

LITERALLY int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *x = (const unsigned char *)a;
    const unsigned char *y = (const unsigned char *)b;
    for (size_t i = 0; i < len; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

LITERALLY size_t strlen(const char *string)
{
    size_t len = 0;
    while (string[len] != '\0') {
        len++;
    }
    return len;
}

#endif

#ifdef __cplusplus
}
#endif
