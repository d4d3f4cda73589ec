/*
 * hostheap.h: what a plugin written in C or C++ needs, with hostheap.c beside it.
 *
 * A plugin is a WebAssembly module without an allocator. It imports malloc,
 * free and their family from module "env", and the host implements them
 * natively with all bookkeeping outside the plugin's memory. This header
 * declares those imports, the macros that export and import functions, and
 * the ways to return bytes to the host.
 *
 * C99 and C++. One source file goes with it, hostheap.c, in every build. Without
 * a libc:
 *
 *     clang --target=wasm32 -O2 -ffreestanding -mbulk-memory \
 *         -c plugin.c hostheap.c
 *     wasm-ld --no-entry --export=__heap_base -o plugin.wasm \
 *         plugin.o hostheap.o
 *
 * there it defines memcpy and the few others that compilers call on their own.
 * With a libc (wasi-libc, Emscripten, zig cc) it keeps the libc's malloc out of
 * the plugin, and this header takes the prototypes from the libc:
 *
 *     clang --target=wasm32-wasi -mexec-model=reactor -O2 -fno-builtin \
 *         -Wl,--export=__heap_base -o plugin.wasm plugin.c hostheap.c
 *     emcc -O2 -fno-builtin -sMALLOC=none -sALLOW_MEMORY_GROWTH=1 \
 *         -Wl,--export=__heap_base --no-entry \
 *         -o plugin.wasm plugin.c hostheap.c
 *
 * (Emscripten of the time of 3.1.6: also -sERROR_ON_UNDEFINED_SYMBOLS=0.) A plugin
 * in C++ takes hostheap_new.cpp instead of hostheap.c, which it includes.
 *
 * `--export=__heap_base` tells the host where the heap may begin. With a libc,
 * hostheap.c must not be forgotten: a definition always beats an import, so the
 * libc's malloc would serve the plugin.
 *
 * ---------------------------------------------------------------------------
 * Conventions
 *
 * Units.      Sizes are in bytes, and so are lengths of text; the length of an
 *             array is its number of elements. Pointers and size_t are 32 bits
 *             wide, so an offset into the plugin's memory *is* a pointer.
 * Strings.    Text is UTF-8. As pointer + length (const char *s, size_t n) it
 *             is NOT terminated by a NUL byte, and may contain one. As a lone
 *             const char *s it is terminated, and strlen(s) is its length. An
 *             array of strings is const hh_bytes *strings, size_t count.
 * Arguments.  What the host passes by pointer is borrowed for the call: the
 *             host allocated it and frees it when the call returns. Don't free
 *             it, don't resize it, don't keep the pointer; copy what must
 *             outlive the call. The same goes for what a struct points to.
 * Mutable.    A parameter without const (T *x, or T *x, size_t n) is still
 *             borrowed, and what stands there when the call returns goes back
 *             to the host. A pure out-parameter looks the same, but holds
 *             anything at all before it is written.
 * Owned.      A parameter may be agreed to be handed over: then the block is
 *             the plugin's, to keep or return, and to free() in the end. C has
 *             no type for that; say so beside the prototype.
 * Kept.       A block that the host keeps for the plugin may be remembered from
 *             call to call. The plugin must not free it, and must not touch it
 *             any more once the host has said that it goes.
 * Nullable.   Where NULL is agreed to mean "nothing" the pointer is NULL, and
 *             the length with it 0. An empty array has a length of 0 too, and
 *             any pointer: don't read it.
 * Functions.  A function pointer goes both ways as it is: the host's callbacks
 *             are called like any other, and &function can be given to the
 *             host. No linker flag is needed. A pointer called as another type
 *             than its own traps. A host's callback lives as long as the host
 *             says, which is the call if nothing is said.
 * Results.    A block that an export returns (from malloc or its family)
 *             belongs to the host from then on: it copies the bytes and frees
 *             the block. Don't keep a pointer to it. The returned range must
 *             lie inside one live block, or in the plugin's static data, which
 *             the host copies and leaves alone. A result of length 0 needs no
 *             block: its pointer may be NULL. Where "nothing" is a result of
 *             its own NULL means that, and an empty one is any other pointer.
 * Errors.     int32_t f(T *out, ...): HH_OK says that *out is the result, all
 *             else is a code of the plugin's own. `out` comes first, and is
 *             missing if there is nothing to return. If T is hh_bytes an error
 *             leaves its message there: see hh_fail.
 * Host calls. The same the other way round: arguments to a host function are
 *             borrowed for the call, and a block that a host function returns
 *             (or leaves in *out, message or value) belongs to the plugin,
 *             which must free it.
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
 * Whether there is a libc: what the compiler says (-ffreestanding: there is
 * none), if its headers can be found. -DHH_HOSTED=0 or 1 decides otherwise.
 */
#if !defined(HH_HOSTED)
#if !__STDC_HOSTED__
#define HH_HOSTED 0
#elif !defined(__has_include)
#define HH_HOSTED 1
#elif __has_include(<stdlib.h>)
#define HH_HOSTED 1
#else
#define HH_HOSTED 0
#endif
#endif

#if HH_HOSTED
#include <stdlib.h>
#include <string.h>
#endif

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
#if !HH_HOSTED
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
#else
/* The same, defined in hostheap.c; errno is ENOMEM then where NULL is returned.
   Not all of them are in every libc's <stdlib.h>, nor for every -std. */
void *reallocarray(void *block, size_t count, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
int posix_memalign(void **out, size_t alignment, size_t size);
size_t malloc_usable_size(void *block);
#endif

/* ---- Memory functions ---------------------------------------------------- */

#if !HH_HOSTED
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

/*
 * hh_bytes stands for any array too: the length is in elements then, and ptr is
 * cast, as in hh_bytes_of(numbers, count).
 */
static inline hh_bytes hh_bytes_of(const void *ptr, size_t len)
{
    hh_bytes bytes;
    bytes.ptr = (char *)(uintptr_t)ptr; /* const is not the host's concern */
    bytes.len = len;
    return bytes;
}

/* Text in static data, to return without a block. NULL stays NULL. */
static inline hh_bytes hh_static(const char *text)
{
    return hh_bytes_of(text, text != NULL ? strlen(text) : 0);
}

/* A result that says "nothing", where that is one. */
static inline hh_bytes hh_none(void)
{
    return hh_bytes_of(NULL, 0);
}

/* ---- Returning errors ---------------------------------------------------- */

/* What a function that may fail returns if it didn't. */
#define HH_OK 0

/*
 * For functions with hh_bytes *out: leaves a message there and returns the code
 * (anything but HH_OK), so that failing is one line:
 *
 *     return hh_fail(out, 2, "not a number");
 *
 * The message lies in static data, or is NULL for none. One that is put
 * together for the occasion is a block in *out, like any other result.
 */
static inline int32_t hh_fail(hh_bytes *out, int32_t code, const char *message)
{
    *out = hh_static(message);
    return code;
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

/* The bytes in a new block, never NULL; traps if there is no memory. */
static inline hh_bytes hh_copy(const void *bytes, size_t len)
{
    char *block = (char *)hh_must(malloc(len > 0 ? len : 1));
    memcpy(block, bytes, len);
    return hh_bytes_of(block, len);
}

/*
 * Constructors (C++ static objects, __attribute__((constructor))) need someone
 * to run them. Write HH_INITIALIZER once, at file scope, in a plugin that has
 * any: it exports `_initialize`, which hosts call once before anything else.
 * Without it wasm-ld makes every exported call run all constructors again.
 * Where a libc's reactor is linked that has an `_initialize` of its own (-mexec-
 * model=reactor, Emscripten's --no-entry) leave it away.
 */
void __wasm_call_ctors(void); /* made by the linker */

#define HH_INITIALIZER                                      \
    HH_EXPORT("_initialize") void hh_initialize(void);      \
    void hh_initialize(void) { __wasm_call_ctors(); }

#ifdef __cplusplus
}
#endif

/* ---- C++ without a library ----------------------------------------------- */

/*
 * What <new> has, where there is no <new>: placement new, and the words for
 * new(std::nothrow) and aligned new. hostheap_new.cpp has the definitions.
 */
#if defined(__cplusplus) && !HH_HOSTED && !__has_include(<new>)
namespace std {
enum class align_val_t : size_t {};
struct nothrow_t {
    explicit nothrow_t() = default;
};
extern const nothrow_t nothrow;
} // namespace std

void *operator new(size_t, const std::nothrow_t &) noexcept;
void *operator new[](size_t, const std::nothrow_t &) noexcept;
void *operator new(size_t, std::align_val_t, const std::nothrow_t &) noexcept;
void *operator new[](size_t, std::align_val_t, const std::nothrow_t &) noexcept;
inline void *operator new(size_t, void *at) noexcept { return at; }
inline void *operator new[](size_t, void *at) noexcept { return at; }
inline void operator delete(void *, void *) noexcept {}
inline void operator delete[](void *, void *) noexcept {}
#endif

/* ---- Call sites ---------------------------------------------------------- */

/*
 * Whose block is that? In C, with HH_CALL_SITES defined before this header is
 * included or on the command line, each call of the family first tells the host
 * its file and line. A host that asked for it (hostheap call, or
 * Linker::call_sites in the host's code) then says from where each block came
 * that was left behind; any other ignores it. (One that binds malloc by itself
 * defines it as a function that does nothing.) It costs a call each time, and
 * the names of the files in the module.
 *
 * These are macros with arguments: `&malloc` is left alone, and so is a member
 * of a struct that is called `free`, but for calls through it.
 */
#if defined(HH_CALL_SITES) && !defined(__cplusplus)
HH_IMPORT("hostheap", "site") void hh_site(const char *file, uint32_t line);

/* Functions, so that what is called in their arguments comes first. */
#define HH_AT const char *file, uint32_t line
static inline void *hh_malloc_at(size_t size, HH_AT)
{
    hh_site(file, line);
    return malloc(size);
}
static inline void hh_free_at(void *block, HH_AT)
{
    hh_site(file, line);
    free(block);
}
static inline void *hh_calloc_at(size_t count, size_t size, HH_AT)
{
    hh_site(file, line);
    return calloc(count, size);
}
static inline void *hh_realloc_at(void *block, size_t size, HH_AT)
{
    hh_site(file, line);
    return realloc(block, size);
}
static inline void *
hh_reallocarray_at(void *block, size_t count, size_t size, HH_AT)
{
    hh_site(file, line);
    return reallocarray(block, count, size);
}
static inline void *hh_aligned_alloc_at(size_t alignment, size_t size, HH_AT)
{
    hh_site(file, line);
    return aligned_alloc(alignment, size);
}
static inline int
hh_posix_memalign_at(void **out, size_t alignment, size_t size, HH_AT)
{
    hh_site(file, line);
    return posix_memalign(out, alignment, size);
}
static inline hh_bytes hh_copy_at(const void *bytes, size_t len, HH_AT)
{
    hh_site(file, line);
    return hh_copy(bytes, len);
}
#undef HH_AT

#define malloc(size) hh_malloc_at(size, __FILE__, __LINE__)
#define free(block) hh_free_at(block, __FILE__, __LINE__)
#define calloc(count, size) hh_calloc_at(count, size, __FILE__, __LINE__)
#define realloc(block, size) hh_realloc_at(block, size, __FILE__, __LINE__)
#define reallocarray(block, count, size) \
    hh_reallocarray_at(block, count, size, __FILE__, __LINE__)
#define aligned_alloc(alignment, size) \
    hh_aligned_alloc_at(alignment, size, __FILE__, __LINE__)
#define memalign(alignment, size) \
    hh_aligned_alloc_at(alignment, size, __FILE__, __LINE__)
#define posix_memalign(out, alignment, size) \
    hh_posix_memalign_at(out, alignment, size, __FILE__, __LINE__)
#define hh_copy(bytes, len) hh_copy_at(bytes, len, __FILE__, __LINE__)
#endif

#endif
