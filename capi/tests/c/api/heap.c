/* The bare heap, for hosts that embed a runtime by themselves. */
#include "check.h"
#include "tests.h"

/* A linear memory as a runtime would have it, which moves when it grows. */
typedef struct {
    uint8_t *bytes;
    uint64_t size, max;
    hh_heap *heap; /* to misuse it */
    bool misuse;
} memory;

static uint8_t *memory_data(void *env, uint64_t *size)
{
    memory *m = (memory *)env;
    *size = m->size;
    return m->bytes;
}

static bool memory_grow(void *env, uint64_t pages)
{
    memory *m = (memory *)env;
    uint64_t size = m->size + pages * HH_PAGE;
    if (m->misuse) {
        uint32_t offset;
        FAILS(HH_ERR_BUSY, NULL, hh_heap_malloc(m->heap, 8, &offset));
        FAILS(HH_ERR_BUSY, NULL, hh_heap_delete(m->heap));
    }
    if (size > m->max) {
        return false;
    }
    uint8_t *bytes = (uint8_t *)calloc(1, (size_t)size);
    CHECK(bytes != NULL);
    memcpy(bytes, m->bytes, (size_t)m->size);
    free(m->bytes);
    m->bytes = bytes;
    m->size = size;
    return true;
}

static memory new_memory(uint64_t pages, uint64_t max_pages)
{
    memory m = { (uint8_t *)calloc((size_t)pages, HH_PAGE), pages * HH_PAGE, max_pages * HH_PAGE,
                 NULL, false };
    CHECK(m.bytes != NULL);
    return m;
}

static hh_heap *new_heap(memory *m, const hh_heap_options *options)
{
    hh_memory access = { m, memory_data, memory_grow };
    hh_heap *heap = NULL;
    OK(hh_heap_new(1024, options, &access, &heap));
    m->heap = heap;
    return heap;
}

void a_bare_heap_serves_the_host(void)
{
    memory m = new_memory(1, 10);
    hh_heap *heap = new_heap(&m, NULL);
    uint32_t a, b, size;
    hh_heap_stats stats;
    SAME(hh_heap_base(heap), 1024);
    OK(hh_heap_malloc(heap, 100, &a));
    CHECK(a >= 1024 && a % 16 == 0);
    memset(m.bytes + a, 'a', 100);
    OK(hh_heap_calloc(heap, 10, 10, &b));
    SAME(m.bytes[b + 99], 0);
    OK(hh_heap_realloc(heap, a, 100000, &a)); /* it moves, and the memory grows */
    CHECK(m.bytes[a] == 'a' && m.bytes[a + 99] == 'a' && m.size > 100000);
    CHECK(hh_heap_top(heap) <= m.size);
    OK(hh_heap_reallocarray(heap, b, 5, 5, &b));
    OK(hh_heap_usable_size(heap, b, &size));
    CHECK(size >= 25);
    OK(hh_heap_free(heap, a));
    OK(hh_heap_free(heap, b));
    OK(hh_heap_free(heap, 0));
    OK(hh_heap_aligned_alloc(heap, 4096, 10, &a));
    SAME(a % 4096, 0);
    OK(hh_heap_free(heap, a));
    FAILS(HH_ERR_POINTER, "freed already", hh_heap_free(heap, a));
    FAILS(HH_ERR_POINTER, NULL, hh_heap_realloc(heap, 5000, 10, &a));
    SAME(a, 0);
    FAILS(HH_ERR_MEMORY, NULL, hh_heap_malloc(heap, 11 * HH_PAGE, &a));
    FAILS(HH_ERR_MEMORY, NULL, hh_heap_reallocarray(heap, 0, UINT32_MAX, 2, &a));
    OK(hh_heap_statistics(heap, &stats));
    CHECK(stats.live_blocks == 0 && stats.invalid_frees == 2 && stats.failed >= 1);
    OK(hh_heap_delete(heap));
    FAILS(HH_ERR_HANDLE, NULL, hh_heap_delete(heap));
    free(m.bytes);
}

void a_bare_heap_serves_a_plugins_imports(void)
{
    memory m = new_memory(1, 2);
    hh_heap *heap = new_heap(&m, NULL);
    uint32_t p, result, arguments[3];
    hh_family_member member;
    for (uint32_t i = 0; i < hh_family_count(); i++) {
        OK(hh_family_at(i, &member));
        SAME(hh_family_find(member.name), i);
    }
    FAILS(HH_ERR_ARGUMENT, NULL, hh_family_at(hh_family_count(), &member));
    SAME(hh_family_find("strdup"), HH_FAMILY_NONE);

    arguments[0] = 40;
    OK(hh_heap_invoke(heap, HH_FAMILY_MALLOC, arguments, 1, &p));
    CHECK(p != 0);
    arguments[0] = p;
    OK(hh_heap_invoke(heap, HH_FAMILY_MALLOC_USABLE_SIZE, arguments, 1, &result));
    CHECK(result >= 40);
    arguments[1] = 4000;
    OK(hh_heap_invoke(heap, HH_FAMILY_REALLOC, arguments, 2, &p));
    arguments[0] = p;
    OK(hh_heap_invoke(heap, HH_FAMILY_FREE, arguments, 1, NULL));
    FAILS(HH_ERR_POINTER, NULL, hh_heap_invoke(heap, HH_FAMILY_FREE, arguments, 1, NULL));
    /* No memory is NULL for the plugin, and no reason to trap. */
    arguments[0] = 3 * HH_PAGE;
    OK(hh_heap_invoke(heap, HH_FAMILY_MALLOC, arguments, 1, &p));
    SAME(p, 0);
    /* posix_memalign writes where it is told, or nowhere. */
    arguments[0] = 16;
    arguments[1] = 64;
    arguments[2] = 10;
    OK(hh_heap_invoke(heap, HH_FAMILY_POSIX_MEMALIGN, arguments, 3, &result));
    SAME(result, 0);
    memcpy(&p, m.bytes + 16, sizeof p);
    CHECK(p != 0 && p % 64 == 0);
    arguments[0] = UINT32_MAX - 3;
    FAILS(HH_ERR_BOUNDS, NULL, hh_heap_invoke(heap, HH_FAMILY_POSIX_MEMALIGN, arguments, 3, &result));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_heap_invoke(heap, HH_FAMILY_MALLOC, arguments, 2, &result));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_heap_invoke(heap, 99, arguments, 1, &result));
    OK(hh_heap_delete(heap));
    free(m.bytes);
}

void a_bare_heap_refuses_what_its_callbacks_ask(void)
{
    memory m = new_memory(1, 10);
    hh_heap *heap = new_heap(&m, NULL);
    uint32_t p;
    m.misuse = true;
    OK(hh_heap_malloc(heap, 2 * HH_PAGE, &p));
    m.misuse = false;
    OK(hh_heap_free(heap, p));
    OK(hh_heap_delete(heap));
    free(m.bytes);
}

void a_bare_heap_works_in_two_steps(void)
{
    hh_heap *heap = NULL;
    hh_need need;
    hh_resized resized;
    hh_heap_stats stats;
    uint32_t a, b, zero;
    bool any;
    OK(hh_heap_new(1000, NULL, NULL, &heap));
    SAME(hh_heap_base(heap), 1008);
    SAME(hh_heap_try_malloc(heap, 100, &a, &need), HH_NEED_MEMORY);
    CHECK(a == 0 && need.min_bytes > 0 && need.want_bytes >= need.min_bytes);
    OK(hh_heap_extend(heap, 1008, HH_PAGE));
    OK(hh_heap_try_malloc(heap, 100, &a, &need));
    CHECK(a >= 1008 && need.min_bytes == 0);
    OK(hh_heap_try_calloc(heap, 10, 10, &b, &zero, &need));
    CHECK(zero <= 112);
    OK(hh_heap_try_realloc(heap, a, 5000, &resized, &need));
    CHECK(resized.offset != a && resized.from == a && resized.copy_len >= 100);
    OK(hh_heap_free(heap, resized.offset));
    OK(hh_heap_free(heap, b));
    SAME(hh_heap_try_realloc(heap, 0, 2 * HH_PAGE, &resized, &need), HH_NEED_MEMORY);
    OK(hh_heap_growth_refused(heap));
    OK(hh_heap_statistics(heap, &stats));
    SAME(stats.failed, 1);
    OK(hh_heap_try_aligned_alloc(heap, 1024, 10, &a, &need));
    SAME(a % 1024, 0);
    OK(hh_heap_free(heap, a));
    OK(hh_heap_end_quarantine(heap, &any));
    CHECK(!any);
    FAILS(HH_ERR_ARGUMENT, NULL, hh_heap_extend(heap, 100, 50));
    OK(hh_heap_delete(heap));
}

void lent_blocks_are_not_the_plugins(void)
{
    memory m = new_memory(1, 2);
    hh_heap *heap = new_heap(&m, NULL);
    hh_need need;
    uint32_t p;
    OK(hh_heap_lend(heap, 100, &p));
    FAILS(HH_ERR_POINTER, NULL, hh_heap_invoke(heap, HH_FAMILY_FREE, &p, 1, NULL));
    OK(hh_heap_take_back(heap, p));
    OK(hh_heap_delete(heap));
    free(m.bytes);

    OK(hh_heap_new(1024, NULL, NULL, &heap));
    OK(hh_heap_extend(heap, 1024, HH_PAGE));
    OK(hh_heap_try_lend(heap, 100, &p, &need));
    OK(hh_heap_take_back(heap, p));
    OK(hh_heap_delete(heap));
}

void a_bare_heap_goes_back_to_a_snapshot(void)
{
    memory m = new_memory(1, 2);
    hh_heap *heap = new_heap(&m, NULL), *other = NULL;
    hh_heap_snapshot *snapshot = NULL;
    hh_heap_block blocks[4], found;
    size_t count;
    uint32_t a, b;
    OK(hh_heap_malloc(heap, 100, &a));
    OK(hh_heap_take_snapshot(heap, &snapshot));
    OK(hh_heap_malloc(heap, 200, &b));
    OK(hh_heap_free(heap, a));
    OK(hh_heap_blocks(heap, blocks, 4, &count));
    CHECK(count == 1 && blocks[0].offset == b);
    OK(hh_heap_restore(heap, snapshot));
    OK(hh_heap_blocks(heap, blocks, 4, &count));
    CHECK(count == 1 && blocks[0].offset == a && blocks[0].size >= 100);
    OK(hh_heap_block_at(heap, a + 99, &found));
    SAME(found.offset, a);

    OK(hh_heap_new(2048, NULL, NULL, &other));
    FAILS(HH_ERR_MISMATCH, NULL, hh_heap_restore(other, snapshot));
    OK(hh_heap_delete(other));
    OK(hh_heap_reset(heap));
    OK(hh_heap_blocks(heap, NULL, 0, &count));
    SAME(count, 0);
    OK(hh_heap_snapshot_delete(snapshot));
    FAILS(HH_ERR_HANDLE, NULL, hh_heap_snapshot_delete(snapshot));
    OK(hh_heap_delete(heap));
    free(m.bytes);
}

void options_of_a_bare_heap_hold(void)
{
    memory m = new_memory(1, 100);
    hh_heap_options options = hh_heap_options_default();
    uint32_t p;
    options.max_memory = 2 * HH_PAGE;
    options.max_live_bytes = 5000;
    options.max_blocks = 3;
    options.max_block = 4000;
    options.junk_fill = true;
    hh_heap *heap = new_heap(&m, &options);
    FAILS(HH_ERR_MEMORY, NULL, hh_heap_malloc(heap, 4001, &p));
    OK(hh_heap_malloc(heap, 4000, &p));
    SAME(m.bytes[p], 0xa5);
    FAILS(HH_ERR_MEMORY, NULL, hh_heap_malloc(heap, 2000, &p));
    OK(hh_heap_malloc(heap, 16, &p));
    OK(hh_heap_malloc(heap, 16, &p));
    FAILS(HH_ERR_MEMORY, NULL, hh_heap_malloc(heap, 16, &p));
    OK(hh_heap_delete(heap));
    free(m.bytes);

    /* Who has no memory to fill cannot fill it. */
    heap = NULL;
    FAILS(HH_ERR_ARGUMENT, "junk_fill needs a hh_memory", hh_heap_new(1024, &options, NULL, &heap));
    options.junk_fill = false;
    options.zero_on_free = true;
    FAILS(HH_ERR_ARGUMENT, "zero_on_free needs a hh_memory",
          hh_heap_new(1024, &options, NULL, &heap));
    options.zero_on_free = false;
    OK(hh_heap_new(1024, &options, NULL, &heap));
    OK(hh_heap_delete(heap));

    options.struct_size = 1;
    heap = NULL;
    FAILS(HH_ERR_ARGUMENT, "struct_size", hh_heap_new(1024, &options, NULL, &heap));
    CHECK(heap == NULL);
}
