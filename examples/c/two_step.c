/*
 * The heap in two steps: it never calls back, but answers HH_NEED_MEMORY; the host grows the memory,
 * says so, and asks again. That is for hosts that cannot grow it from inside a call of the library:
 * because a lock is held, because a runtime wants its memory back first, because the host is itself
 * written around an event loop. All others are better off with hh_memory, as in examples/c/wasmtime.
 *
 * The memory here is an array, so that there is no runtime in the way. In a real host
 *
 *     memory.bytes    is what the runtime says: wasm_runtime_get_memory and wasm_memory_get_base_address
 *                     of WAMR, m3_GetMemory of wasm3
 *     grow            is wasm_runtime_enlarge_memory of WAMR, ResizeMemory in wasm3's own code
 *     the base        is heap_start of hh_layout_from_module
 */
#include <hostheap.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 65536u
#define BASE 1024u /* data and stack lie below */

typedef struct memory {
    uint8_t *bytes;
    uint64_t size, most;
} memory;

/* New pages are zero, as they are in every runtime. */
static bool grow(memory *m, uint64_t by)
{
    if (by > m->most - m->size) {
        return false;
    }
    uint8_t *bytes = (uint8_t *)realloc(m->bytes, (size_t)(m->size + by));
    if (bytes == NULL) {
        return false;
    }
    memset(bytes + m->size, 0, (size_t)by);
    m->bytes = bytes;
    m->size += by;
    return true;
}

/* [grow] */
/* Answers a need. False: the memory cannot grow, and the plugin's malloc returns NULL. */
static bool satisfy(hh_heap *heap, memory *m, hh_need need)
{
    uint64_t before = m->size;
    if (grow(m, need.want_bytes) || grow(m, need.min_bytes)) {
        return hh_heap_extend(heap, before, m->size) == HH_OK;
    }
    hh_heap_growth_refused(heap);
    return false;
}

/* The plugin's malloc, calloc and realloc. 0 is NULL: no memory, or (realloc) no such block. */

static uint32_t guest_malloc(hh_heap *heap, memory *m, uint32_t size)
{
    uint32_t offset;
    hh_need need;
    hh_status status;
    do {
        status = hh_heap_try_malloc(heap, size, &offset, &need);
    } while (status == HH_NEED_MEMORY && satisfy(heap, m, need));
    return status == HH_OK ? offset : 0;
}

/* [/grow] */
static uint32_t guest_calloc(hh_heap *heap, memory *m, uint32_t count, uint32_t size)
{
    uint32_t offset, to_zero;
    hh_need need;
    hh_status status;
    do {
        status = hh_heap_try_calloc(heap, count, size, &offset, &to_zero, &need);
    } while (status == HH_NEED_MEMORY && satisfy(heap, m, need));
    if (status != HH_OK) {
        return 0;
    }
    /* Only what was used before: what is new is zero anyway. */
    memset(m->bytes + offset, 0, to_zero);
    return offset;
}

static uint32_t guest_realloc(hh_heap *heap, memory *m, uint32_t block, uint32_t size)
{
    hh_resized resized;
    hh_need need;
    hh_status status;
    do {
        status = hh_heap_try_realloc(heap, block, size, &resized, &need);
    } while (status == HH_NEED_MEMORY && satisfy(heap, m, need));
    if (status != HH_OK) {
        return 0; /* HH_ERR_POINTER among them, which a host turns into a trap */
    }
    memcpy(m->bytes + resized.offset, m->bytes + resized.from, resized.copy_len);
    return resized.offset;
}

static void expect(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "%s: %s\n", what, hh_error_message());
        exit(1);
    }
}

int main(void)
{
    memory m = { NULL, 0, 32 * PAGE };
    hh_heap *heap;
    expect(grow(&m, PAGE), "the first page");
    expect(hh_heap_new(BASE, NULL, NULL, &heap) == HH_OK, "a heap");
    expect(hh_heap_extend(heap, BASE, m.size) == HH_OK, "its first memory");

    uint32_t text = guest_malloc(heap, &m, 6);
    expect(text != 0, "malloc");
    memcpy(m.bytes + text, "hello", 6);

    /* More than the first page: the memory grows, and the text stays what it was. */
    text = guest_realloc(heap, &m, text, 3 * PAGE);
    expect(text != 0 && strcmp((char *)m.bytes + text, "hello") == 0, "realloc");
    printf("the memory has %" PRIu64 " pages, and the text is %s\n", m.size / PAGE,
           (char *)m.bytes + text);

    memset(m.bytes + text, 'x', 3 * PAGE);
    expect(hh_heap_free(heap, text) == HH_OK, "free");
    uint32_t zeros = guest_calloc(heap, &m, 3, PAGE);
    expect(zeros != 0, "calloc");
    for (uint32_t i = 0; i < 3 * PAGE; i++) {
        expect(m.bytes[zeros + i] == 0, "memory of calloc is zero");
    }

    /* More than there can be is NULL; a second free is an error. */
    expect(guest_malloc(heap, &m, 33 * PAGE) == 0, "malloc beyond the memory's maximum");
    expect(hh_heap_free(heap, zeros) == HH_OK, "free");
    hh_status twice = hh_heap_free(heap, zeros);
    expect(twice == HH_ERR_POINTER, "a double free");
    printf("a double free: %s\n", hh_error_message());

    size_t left;
    expect(hh_heap_blocks(heap, NULL, 0, &left) == HH_OK && left == 0, "no blocks are left");
    hh_heap_delete(heap);
    free(m.bytes);
    return 0;
}
