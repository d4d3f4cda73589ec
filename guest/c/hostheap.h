/*
 * hostheap.h: what a plugin written in C or C++ needs.
 *
 * A plugin is a WebAssembly module without an allocator. It imports malloc,
 * free and their family from module "env", and the host implements them
 * natively with all bookkeeping outside the plugin's memory. This header
 * declares those imports, the macros that export and import functions, and
 * the ways to return bytes to the host.
 *
 * Freestanding C99 (and C++); needs clang and wasm-ld, and no libc:
 *
 *     clang --target=wasm32 -O2 -ffreestanding -mbulk-memory \
 *         -c plugin.c hostheap.c
 *     wasm-ld --no-entry --export=__heap_base -o plugin.wasm \
 *         plugin.o hostheap.o
 *
 * hostheap.c defines memcpy and the few others that compilers call on their
 * own. `--export=__heap_base` tells the host where the heap may begin.
 *
 * With a libc that has its own malloc these imports are ignored, because a
 * definition always beats an import: this header is for plugins without one.
 *
 * ---------------------------------------------------------------------------
 * Conventions
 *
 * Units.      Every length and size is in bytes. Pointers and size_t are 32
 *             bits wide, so an offset into the plugin's memory *is* a pointer.
 * Strings.    Text is UTF-8, passed as pointer + length. It is NOT terminated
 *             by a NUL byte, and may contain one.
 * Arguments.  What the host passes by pointer is borrowed for the call: the
 *             host allocated it and frees it when the call returns. Don't free
 *             it, don't resize it, don't keep the pointer; copy what must
 *             outlive the call.
 * Results.    A block that an export returns (from malloc or its family)
 *             belongs to the host from then on: it copies the bytes and frees
 *             the block. Don't keep a pointer to it. The returned range must
 *             lie inside one live block, or in the plugin's static data, which
 *             the host copies and leaves alone. A result of length 0 needs no
 *             block: its pointer may be NULL.
 * Host calls. The same the other way round: arguments to a host function are
 *             borrowed for the call, and a block that a host function returns
 *             belongs to the plugin, which must free it.
 * ---------------------------------------------------------------------------
 */
#ifndef HOSTHEAP_H
#define HOSTHEAP_H

#if !defined(__wasm32__)
#error "hostheap.h is for WebAssembly plugins: compile with clang --target=wasm32"
#endif

#include <stddef.h>
#include <stdint.h>

/*
 * HH_EXPORT("name") before a function definition exports it to the host.
 * HH_IMPORT("module", "name") before a declaration imports it from the host.
 * Both take the WebAssembly names, so C++ needs no extern "C" for them.
 */
#define HH_EXPORT(name) \
    __attribute__((export_name(name), used, visibility("default")))
#define HH_IMPORT(module, name) \
    __attribute__((import_module(module), import_name(name)))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The allocator: implemented by the host ------------------------------ */

/*
 * C's semantics throughout: NULL means that the host would not give the memory;
 * free(NULL) does nothing; realloc(NULL, n) is malloc(n), and a realloc that
 * fails leaves the old block as it was. Blocks are aligned to 16 bytes.
 *
 * Freeing or resizing anything but the exact start of a live block is detected
 * with certainty; by default the host then traps the call.
 */
HH_IMPORT("env", "malloc") void *malloc(size_t size);
HH_IMPORT("env", "free") void free(void *block);
/* Zeroed memory for `count` items of `size` bytes; NULL if that overflows. */
HH_IMPORT("env", "calloc") void *calloc(size_t count, size_t size);
HH_IMPORT("env", "realloc") void *realloc(void *block, size_t size);
/* realloc(block, count * size), or NULL if that overflows. */
HH_IMPORT("env", "reallocarray")
void *reallocarray(void *block, size_t count, size_t size);
/* `alignment` is a power of two. All are freed with free(). */
HH_IMPORT("env", "aligned_alloc")
void *aligned_alloc(size_t alignment, size_t size);
HH_IMPORT("env", "memalign") void *memalign(size_t alignment, size_t size);
/* 0 and the block in *out, or an errno value and *out untouched. */
HH_IMPORT("env", "posix_memalign")
int posix_memalign(void **out, size_t alignment, size_t size);
/* Bytes that may be used in a live block: at least what was asked for. */
HH_IMPORT("env", "malloc_usable_size") size_t malloc_usable_size(void *block);

/* ---- Memory functions ---------------------------------------------------- */

/* Defined in hostheap.c. */
void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *string);

/*
 * With -mbulk-memory copying and filling are one instruction each; under
 * -ffreestanding clang must be asked for it. Not in C++, where a macro of that
 * name would get in the way of std::memcpy.
 */
#if defined(__wasm_bulk_memory__) && !defined(__cplusplus)
#define memcpy(to, from, len) __builtin_memcpy(to, from, len)
#define memmove(to, from, len) __builtin_memmove(to, from, len)
#define memset(to, byte, len) __builtin_memset(to, byte, len)
#endif

/* ---- Returning bytes and strings ----------------------------------------- */

/*
 * The host accepts pointer + length in the three shapes that C compilers give
 * it, and tells them apart by the export's WebAssembly type. For a function
 * `greet` that takes a string (i32, i32):
 *
 *   packed     hh_packed greet(const char *name, size_t len);
 *              (i32, i32) -> i64      return HH_PACK(ptr, len);
 *
 *   struct     hh_bytes greet(const char *name, size_t len);
 *              (i32, i32, i32) -> ()  return a struct hh_bytes. The C ABI turns
 *              it into a hidden first parameter: where to write the struct.
 *
 *   pair       hh_bytes greet(const char *name, size_t len);
 *              (i32, i32) -> (i32, i32)  the same source, compiled with
 *              -mmultivalue -Xclang -target-abi -Xclang experimental-mv
 *              All objects of one plugin must then be compiled that way.
 *
 * Packed needs no flags and no memory traffic: take it unless you have a
 * reason for another.
 */
typedef struct hh_bytes {
    char *ptr;
    size_t len;
} hh_bytes;

/* The pointer in the HIGH 32 bits, the length in the LOW 32 bits. */
typedef uint64_t hh_packed;

#define HH_PACK(ptr, len) \
    ((hh_packed)(uintptr_t)(ptr) << 32 | (hh_packed)(size_t)(len))

/* The other way: for packed results of host functions. */
static inline hh_bytes hh_unpack(hh_packed packed)
{
    hh_bytes bytes;
    bytes.ptr = (char *)(uintptr_t)(packed >> 32);
    bytes.len = (size_t)(packed & 0xffffffffu);
    return bytes;
}

/* ---- Helpers ------------------------------------------------------------- */

/*
 * Traps if `block` is NULL, for plugins that have no better answer to memory
 * running out: hh_must(malloc(n)). The host reports the trap to its caller.
 * Ask for at least one byte: C lets malloc(0) be NULL.
 */
static inline void *hh_must(void *block)
{
    if (block == NULL) {
        __builtin_trap();
    }
    return block;
}

/*
 * Constructors (C++ static objects, __attribute__((constructor))) need someone
 * to run them. Write HH_INITIALIZER once, at file scope, in a plugin that has
 * any: it exports `_initialize`, which hosts call once before anything else.
 * Without it wasm-ld makes every exported call run all constructors again.
 */
void __wasm_call_ctors(void); /* made by the linker */

#define HH_INITIALIZER                                      \
    HH_EXPORT("_initialize") void hh_initialize(void);      \
    void hh_initialize(void) { __wasm_call_ctors(); }

#ifdef __cplusplus
}
#endif

#endif
