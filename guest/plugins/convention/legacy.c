/*
 * Legacy: a plugin of the old kind. It knows nothing of hostheap, carries its
 * own malloc and free, exports them, and imports nothing.
 *
 * legacy_named.c is the same with other names for the two.
 */
#include <stddef.h>
#include <stdint.h>

#ifndef EXPORT_MALLOC
#define EXPORT_MALLOC "malloc"
#define EXPORT_FREE "free"
#endif

#define EXPORT(name) __attribute__((export_name(name), used))

#define PAGE 65536u

/* ---- A small allocator: first fit in a list ordered by address ----------- */

/* In front of each block, live or free, and what keeps it aligned to 16. */
typedef struct block {
    struct block *next; /* if it is free */
    size_t size;        /* with this header, a multiple of 16 */
    size_t live;        /* LIVE or FREE */
    size_t unused;
} block;

enum { LIVE = 0x4c495645, FREE = 0x46524545 };

extern char __heap_base[]; /* made by the linker */

static block *free_list;
static char *heap_end; /* where the memory ends that is in the list */
static uint32_t live;
static uint32_t lie_how;

/* Puts a block into the list and joins it with its neighbours. */
static void insert(block *b)
{
    block *before = NULL;
    block *after = free_list;
    for (; after != NULL && after < b; after = after->next) {
        before = after;
    }
    b->next = after;
    b->live = FREE;
    if (before != NULL) {
        before->next = b;
    } else {
        free_list = b;
    }
    if (after != NULL && (char *)b + b->size == (char *)after) {
        b->size += after->size;
        b->next = after->next;
    }
    if (before != NULL && (char *)before + before->size == (char *)b) {
        before->size += b->size;
        before->next = b->next;
    }
}

/* Makes room for at least `size` bytes more; 0 if there is none. */
static int grow(size_t size)
{
    char *from = heap_end;
    size_t pages = __builtin_wasm_memory_size(0);
    if (from == NULL) {
        from = (char *)(((uintptr_t)__heap_base + 15) & ~(uintptr_t)15);
    }
    size_t there = pages * PAGE - (size_t)(uintptr_t)from;
    if (there < size) {
        size_t more = (size - there + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, more) == SIZE_MAX) {
            return 0;
        }
        there += more * PAGE;
    }
    heap_end = from + there;
    block *b = (block *)(void *)from;
    b->size = there;
    insert(b);
    return 1;
}

static block *take(size_t size)
{
    for (block **at = &free_list; *at != NULL; at = &(*at)->next) {
        block *b = *at;
        if (b->size < size) {
            continue;
        }
        if (b->size - size > sizeof *b) {
            block *rest = (block *)(void *)((char *)b + size);
            rest->size = b->size - size;
            rest->next = b->next;
            rest->live = FREE;
            b->size = size;
            *at = rest;
        } else {
            *at = b->next;
        }
        return b;
    }
    return NULL;
}

static void *real_malloc(size_t size)
{
    if (size > 0x7fffffffu) {
        return NULL;
    }
    size_t whole = ((size > 0 ? size : 1) + sizeof(block) + 15) & ~(size_t)15;
    block *b = take(whole);
    if (b == NULL) {
        if (!grow(whole)) {
            return NULL;
        }
        b = take(whole);
    }
    b->live = LIVE;
    live++;
    return b + 1;
}

/* Traps at what is no live block, as far as that can be seen. */
static void real_free(void *p)
{
    if (p == NULL) {
        return;
    }
    block *b = (block *)p - 1;
    if (b->live != LIVE) {
        __builtin_trap();
    }
    live--;
    insert(b);
}

/* What the allocator gives the host; see `lie`. */
EXPORT(EXPORT_MALLOC) void *own_malloc(size_t size)
{
    switch (lie_how) {
    case 1:
        return NULL;
    case 2:
        return (void *)(uintptr_t)0xfffffff0u;
    case 3:
        return (char *)real_malloc(size + 1) + 1;
    case 4:
        __builtin_trap();
    default:
        return real_malloc(size);
    }
}

EXPORT(EXPORT_FREE) void own_free(void *block)
{
    if (lie_how == 5) {
        __builtin_trap();
    }
    real_free(block);
}

/* ---- Its state ----------------------------------------------------------- */

/* () -> u32 */
EXPORT("live_blocks") uint32_t live_blocks(void)
{
    return live;
}

/* () -> u32: the memory's size in pages. */
EXPORT("memory_pages") uint32_t memory_pages(void)
{
    return (uint32_t)__builtin_wasm_memory_size(0);
}

/*
 * (u32): what malloc does from now on: 0 is right, 1 no memory, 2 a pointer
 * outside, 3 one that is not aligned, 4 a trap; 5: free traps.
 */
EXPORT("lie") void lie(uint32_t how)
{
    lie_how = how;
}

/* ---- What it is for ------------------------------------------------------ */

/* The pointer in the upper half, the length in the lower one. */
static uint64_t pack(const void *ptr, size_t len)
{
    return (uint64_t)(uintptr_t)ptr << 32 | len;
}

static char *must(size_t size)
{
    char *p = real_malloc(size);
    if (p == NULL) {
        __builtin_trap();
    }
    return p;
}

static void copy(char *to, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        to[i] = from[i];
    }
}

/* (&str) -> String: "Hello, NAME!", packed. */
EXPORT("greet") uint64_t greet(const char *name, size_t len)
{
    char *out = must(len + 8);
    copy(out, "Hello, ", 7);
    copy(out + 7, name, len);
    out[7 + len] = '!';
    return pack(out, len + 8);
}

/* (&str) -> String, (&[u8]) -> Vec<u8>: the bytes in reverse. */
EXPORT("reverse") uint64_t reverse(const char *text, size_t len)
{
    char *out = must(len);
    for (size_t i = 0; i < len; i++) {
        out[i] = text[len - 1 - i];
    }
    return pack(out, len);
}

/* (&[i32]) -> i64 */
EXPORT("sum_i32") int64_t sum_i32(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}

/* (&mut [u8]): ASCII letters to upper case. */
EXPORT("upper") void upper(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 'a' && text[i] <= 'z') {
            text[i] = (char)(text[i] - 'a' + 'A');
        }
    }
}

/* (Owned(&str)) -> u32: its length; frees it. */
EXPORT("consume") size_t consume(char *text, size_t len)
{
    real_free(text);
    return len;
}

/* (&CStr) -> CString: a block of its own, with the same. */
EXPORT("copy_c_text") char *copy_c_text(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0') {
        len++;
    }
    char *out = must(len + 1);
    copy(out, text, len + 1);
    return out;
}

/* (u32) -> Option<String>: None for 0, else that many 'x'. */
EXPORT("maybe_text") uint64_t maybe_text(uint32_t len)
{
    if (len == 0) {
        return 0;
    }
    char *out = must(len);
    for (size_t i = 0; i < len; i++) {
        out[i] = 'x';
    }
    return pack(out, len);
}

/* () -> String: static data, which free must not see. */
EXPORT("static_text") uint64_t static_text(void)
{
    return pack("static", 6);
}

/* (&str) -> String: its own argument. */
EXPORT("return_borrowed") uint64_t return_borrowed(const char *text, size_t len)
{
    return pack(text, len);
}

/* () -> String: outside the memory. */
EXPORT("wild_text") uint64_t wild_text(void)
{
    return pack((void *)(uintptr_t)0xfffffff0u, 32);
}

/* (&str): traps. */
EXPORT("trap_with") void trap_with(const char *text, size_t len)
{
    (void)text;
    (void)len;
    __builtin_trap();
}
