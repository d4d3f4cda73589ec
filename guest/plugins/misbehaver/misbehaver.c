/*
 * Misbehaver: everything a plugin can do wrong, one export each, for the tests
 * of hosts. It also exports the bare malloc family (raw_*), so that a test can
 * drive the heap from inside the plugin step by step.
 *
 * Values go through `volatile` wherever the compiler could otherwise see the
 * mistake coming and, as C allows, turn it into something else. Must be
 * compiled with -fno-builtin (-ffreestanding implies it), or clang deletes
 * pairs of malloc and free.
 *
 * Growing the memory itself is in grower.c: a host may refuse a module that
 * does, and the rest would go with it.
 */
#include "hostheap.h"

extern char __heap_base[]; /* made by the linker: where the heap may begin */

#define PAGE 65536u

/* Hides from the compiler where a value came from. */
static void *opaque(const volatile void *p)
{
    const volatile void *volatile hidden = p;
    return (void *)(uintptr_t)hidden;
}

static void *address(uint32_t offset)
{
    return opaque((void *)(uintptr_t)offset);
}

static uint32_t memory_bytes(void)
{
    return (uint32_t)__builtin_wasm_memory_size(0) * PAGE;
}

static hh_packed pack_block(size_t len, char fill)
{
    char *block = hh_must(malloc(len));
    memset(block, fill, len);
    return HH_PACK(block, len);
}

/* Not const, so that it is certain to lie in memory that can be written. */
static char static_data[16] = "static";

/* ---- The bare malloc family ---------------------------------------------- */

HH_EXPORT("raw_malloc") void *raw_malloc(size_t size)
{
    return malloc(size);
}

HH_EXPORT("raw_free") void raw_free(void *block)
{
    free(block);
}

HH_EXPORT("raw_calloc") void *raw_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

HH_EXPORT("raw_realloc") void *raw_realloc(void *block, size_t size)
{
    return realloc(block, size);
}

HH_EXPORT("raw_reallocarray")
void *raw_reallocarray(void *block, size_t count, size_t size)
{
    return reallocarray(block, count, size);
}

HH_EXPORT("raw_aligned_alloc")
void *raw_aligned_alloc(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

HH_EXPORT("raw_memalign") void *raw_memalign(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

HH_EXPORT("raw_posix_memalign")
int raw_posix_memalign(void **out, size_t alignment, size_t size)
{
    return posix_memalign(out, alignment, size);
}

HH_EXPORT("raw_malloc_usable_size") size_t raw_malloc_usable_size(void *block)
{
    return malloc_usable_size(block);
}

/* ---- Invalid frees ------------------------------------------------------- */

HH_EXPORT("double_free") void double_free(void)
{
    void *block = opaque(hh_must(malloc(64)));
    free(block);
    free(opaque(block));
}

/* Frees `distance` bytes into a block of 256: 0 is right, all else is wrong. */
HH_EXPORT("free_interior") void free_interior(uint32_t distance)
{
    char *block = hh_must(malloc(256));
    free(opaque(block + distance));
}

HH_EXPORT("free_stack") void free_stack(void)
{
    volatile char local[16];
    local[0] = 1;
    free(opaque(local));
}

HH_EXPORT("free_static") void free_static(void)
{
    free(opaque(static_data));
}

/* Beyond the memory, whatever its size: offset 0xfffffff0. */
HH_EXPORT("free_outside") void free_outside(void)
{
    free(address(0xfffffff0u));
}

/* Resizes a block that is freed already; returns what realloc says. */
HH_EXPORT("realloc_freed") void *realloc_freed(void)
{
    void *block = opaque(hh_must(malloc(64)));
    free(block);
    return realloc(opaque(block), 128);
}

/* Frees its argument, which is only borrowed. */
HH_EXPORT("free_argument") void free_argument(char *bytes, size_t len)
{
    (void)len;
    free(bytes);
}

/* ---- Arguments kept after the call --------------------------------------- */

static const volatile char *kept;

/* Keeps a borrowed pointer... */
HH_EXPORT("keep_argument") void keep_argument(const char *bytes, size_t len)
{
    (void)len;
    kept = bytes;
}

/* ...and reads it in a later call, when the host has freed the block. */
HH_EXPORT("read_kept") uint32_t read_kept(void)
{
    return kept != NULL ? (unsigned char)*kept : 0;
}

/* ---- Memory -------------------------------------------------------------- */

/*
 * Overwrites everything above the static data, all live blocks included;
 * returns how many bytes that was.
 */
HH_EXPORT("scribble") uint32_t scribble(uint32_t byte)
{
    uint32_t begin = (uint32_t)(uintptr_t)__heap_base;
    uint32_t end = memory_bytes();
    if (begin >= end) {
        return 0;
    }
    memset(__heap_base, (int)byte, end - begin);
    return end - begin;
}

/* Allocates a block and loses it. */
HH_EXPORT("leak") void leak(size_t size)
{
    malloc(size);
}

/* More than a 32-bit memory can ever have. Returns what malloc says. */
HH_EXPORT("malloc_huge") void *malloc_huge(void)
{
    return malloc(0xffffffffu);
}

/* The blocks taken by `exhaust`, each holding the address of the one before. */
static void *hoard;

/*
 * Takes blocks of `size` bytes (at least 4) until there are no more; returns
 * how many. They stay taken until `release`.
 */
HH_EXPORT("exhaust") uint32_t exhaust(size_t size)
{
    uint32_t blocks = 0;
    size_t enough = size < sizeof hoard ? sizeof hoard : size;
    for (void **b = malloc(enough); b != NULL; b = malloc(enough)) {
        *b = hoard;
        hoard = b;
        blocks++;
    }
    return blocks;
}

/* Frees what `exhaust` took; returns how many blocks that was. */
HH_EXPORT("release") uint32_t release(void)
{
    uint32_t blocks = 0;
    while (hoard != NULL) {
        void *next = *(void **)hoard;
        free(hoard);
        hoard = next;
        blocks++;
    }
    return blocks;
}

/* ---- Traps and other ways not to return ---------------------------------- */

HH_EXPORT("trap") void trap(void)
{
    __builtin_trap();
}

/* Traps while it holds a block. */
HH_EXPORT("trap_holding") void trap_holding(size_t size)
{
    malloc(size);
    __builtin_trap();
}

HH_EXPORT("divide") int32_t divide(int32_t a, int32_t b)
{
    volatile int32_t divisor = b;
    return a / divisor;
}

static volatile uint32_t keep_going = 1;

/* Uses up the host's call stack; its own stack stays as it is. */
static uint32_t descend(uint32_t depth)
{
    if (keep_going == 0) {
        return depth;
    }
    return descend(depth + 1) + keep_going;
}

HH_EXPORT("recurse_forever") uint32_t recurse_forever(void)
{
    return descend(0);
}

/* Uses up the stack in linear memory, 4 KiB at a time. */
static uint32_t descend_fat(uint32_t depth)
{
    volatile char frame[4096];
    frame[depth % sizeof frame] = 1;
    if (keep_going == 0) {
        return depth;
    }
    return descend_fat(depth + 1) + (unsigned char)frame[0];
}

HH_EXPORT("overflow_stack") uint32_t overflow_stack(void)
{
    return descend_fat(0);
}

HH_EXPORT("spin_forever") void spin_forever(void)
{
    while (keep_going != 0) {
    }
}

/* The byte at any offset: one beyond the memory traps. */
HH_EXPORT("load_byte") uint32_t load_byte(uint32_t offset)
{
    return *(volatile unsigned char *)address(offset);
}

HH_EXPORT("store_byte") void store_byte(uint32_t offset, uint32_t byte)
{
    *(volatile unsigned char *)address(offset) = (unsigned char)byte;
}

HH_EXPORT("load_past_end") uint32_t load_past_end(void)
{
    return load_byte(memory_bytes());
}

/* Calls the table's function at `index` as if it took and returned nothing. */
HH_EXPORT("call_index") void call_index(uint32_t index)
{
    void (*volatile function)(void) = (void (*)(void))(uintptr_t)index;
    function();
}

/* Calls a function through a pointer of another type. */
HH_EXPORT("call_wrong_type") void call_wrong_type(void)
{
    uint32_t (*volatile right)(uint32_t) = descend;
    call_index((uint32_t)(uintptr_t)right);
}

/* ---- Results that are wrong ---------------------------------------------- */

/* Wholly outside the memory. */
HH_EXPORT("return_outside") hh_packed return_outside(void)
{
    return HH_PACK(0xfffffff0u, 32);
}

/* Begins in the memory's last 8 bytes and goes on for 16. */
HH_EXPORT("return_past_end") hh_packed return_past_end(void)
{
    return HH_PACK(memory_bytes() - 8, 16);
}

/* Within the memory, but in no block: its last 16 bytes. */
HH_EXPORT("return_unallocated") hh_packed return_unallocated(void)
{
    return HH_PACK(memory_bytes() - 16, 16);
}

/* In a block that is freed already. */
HH_EXPORT("return_freed") hh_packed return_freed(void)
{
    hh_packed result = pack_block(16, 'f');
    free(hh_unpack(result).ptr);
    return result;
}

/* Longer than its block. */
HH_EXPORT("return_too_long") hh_packed return_too_long(void)
{
    return HH_PACK(hh_unpack(pack_block(16, 'x')).ptr, 4096);
}

/* On the stack of the function that is returning. */
HH_EXPORT("return_stack") hh_packed return_stack(void)
{
    volatile char local[16];
    for (size_t i = 0; i < sizeof local; i++) {
        local[i] = 's';
    }
    return HH_PACK(local, sizeof local);
}

HH_EXPORT("return_null_with_length") hh_packed return_null_with_length(void)
{
    return HH_PACK(NULL, 16);
}

HH_EXPORT("return_huge_length") hh_packed return_huge_length(void)
{
    return HH_PACK(hh_unpack(pack_block(16, 'h')).ptr, 0xffffffffu);
}

/* The struct itself is fine; what it says is not. */
HH_EXPORT("return_struct_outside") hh_bytes return_struct_outside(void)
{
    hh_bytes result = { address(0xfffffff0u), 32 };
    return result;
}

/* Bytes that are no UTF-8: an overlong '/', a surrogate, a lone start byte. */
HH_EXPORT("return_bad_utf8") hh_packed return_bad_utf8(void)
{
    static const unsigned char bad[] = { 'a', 0xc0, 0xaf, 0xed, 0xa0, 0x80,
                                         'b', 0xf0 };
    char *block = hh_must(malloc(sizeof bad));
    memcpy(block, bad, sizeof bad);
    return HH_PACK(block, sizeof bad);
}

/* ---- Results that are unusual, and right --------------------------------- */

/* Static data: to be copied, and not freed. */
HH_EXPORT("return_static") hh_packed return_static(void)
{
    return HH_PACK(static_data, 6);
}

/* The middle of a block: the whole block is to be freed. */
HH_EXPORT("return_middle") hh_packed return_middle(void)
{
    return HH_PACK(hh_unpack(pack_block(64, 'm')).ptr + 16, 32);
}

/* Nothing at all. */
HH_EXPORT("return_empty") hh_packed return_empty(void)
{
    return HH_PACK(NULL, 0);
}

/* Its own argument, which the host must not free twice. */
HH_EXPORT("return_argument")
hh_packed return_argument(const char *bytes, size_t len)
{
    return HH_PACK(bytes, len);
}
