// The bare heap: everything that C can do with it, and everything that it must not be able to break.
#include "linear.h"

#define BASE 1000u // becomes 1008

static hh_memory over(linear *memory) {
    hh_memory callbacks;
    callbacks.env = memory;
    callbacks.data = linear_data;
    callbacks.grow = linear_grow;
    return callbacks;
}

static hh_heap *heap_over(linear *memory, const hh_heap_options *options) {
    hh_memory callbacks = over(memory);
    hh_heap *heap = NULL;
    OK(hh_heap_new(BASE, options, &callbacks, &heap));
    CHECK(heap != NULL);
    return heap;
}

static void blocks_are_aligned_zeroed_and_keep_their_bytes(void) {
    linear memory = linear_of(1, 100);
    hh_heap *heap = heap_over(&memory, NULL);
    uint32_t a, b, c, size, i;
    OK(hh_heap_malloc(heap, 100, &a));
    CHECK(a % 16 == 0 && a >= 1008);
    CHECK(hh_heap_base(heap) == 1008);
    memset(memory.bytes + a, 7, 100);
    OK(hh_heap_free(heap, a));

    // The same place again, so that there is something to zero.
    OK(hh_heap_calloc(heap, 10, 10, &b));
    CHECK(b == a);
    for (i = 0; i < 100; i++) {
        CHECK(memory.bytes[b + i] == 0);
    }
    for (i = 0; i < 100; i++) {
        memory.bytes[b + i] = (uint8_t)i;
    }
    // Far enough to move and to grow the memory, which moves too.
    OK(hh_heap_realloc(heap, b, 300000, &c));
    CHECK(memory.grown > 0);
    for (i = 0; i < 100; i++) {
        CHECK(memory.bytes[c + i] == (uint8_t)i);
    }
    OK(hh_heap_usable_size(heap, c, &size));
    CHECK(size >= 300000);
    OK(hh_heap_reallocarray(heap, c, 10, 10, &c));
    CHECK(memory.bytes[c + 99] == 99);

    OK(hh_heap_aligned_alloc(heap, 4096, 10, &a));
    CHECK(a % 4096 == 0);
    STATUS(HH_ERR_MEMORY, hh_heap_aligned_alloc(heap, 48, 10, &a));
    CHECK(a == 0);
    SAYS("power of two");

    OK(hh_heap_free(heap, 0));
    OK(hh_heap_usable_size(heap, 0, &size));
    CHECK(size == 0);
    OK(hh_heap_realloc(heap, 0, 8, &a));
    CHECK(a != 0);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void a_wrong_free_is_found_and_changes_nothing(void) {
    linear memory = linear_of(1, 4);
    hh_heap *heap = heap_over(&memory, NULL);
    uint32_t a, b, out;
    hh_heap_stats before, after;
    OK(hh_heap_malloc(heap, 3000, &a));
    OK(hh_heap_malloc(heap, 40, &b));
    OK(hh_heap_free(heap, b));
    OK(hh_heap_statistics(heap, &before));

    STATUS(HH_ERR_POINTER, hh_heap_free(heap, b));
    SAYS("freed already");
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, a + 16));
    SAYS("16 bytes into the block");
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, 8));
    SAYS("below the heap");
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, UINT32_MAX));
    SAYS("beyond the heap");
    STATUS(HH_ERR_POINTER, hh_heap_realloc(heap, a + 1, 10, &out));
    CHECK(out == 0);
    STATUS(HH_ERR_POINTER, hh_heap_usable_size(heap, b, &out));
    CHECK(out == 0);

    OK(hh_heap_statistics(heap, &after));
    CHECK(after.live_blocks == 1 && after.live_bytes == before.live_bytes);
    CHECK(after.invalid_frees == before.invalid_frees + 5);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void memory_ends_at_every_limit(void) {
    linear memory = linear_of(1, 3);
    hh_heap_options options = hh_heap_options_default();
    hh_heap *heap = heap_over(&memory, NULL);
    uint32_t a, b;
    // What the memory itself allows. A realloc that fails keeps its block.
    OK(hh_heap_malloc(heap, 50000, &a));
    memory.bytes[a + 49999] = 5;
    STATUS(HH_ERR_MEMORY, hh_heap_realloc(heap, a, 400000, &b));
    CHECK(b == 0);
    SAYS("out of memory");
    OK(hh_heap_usable_size(heap, a, &b));
    CHECK(b >= 50000 && memory.bytes[a + 49999] == 5);
    STATUS(HH_ERR_MEMORY, hh_heap_calloc(heap, 65536, 65536, &a));
    STATUS(HH_ERR_MEMORY, hh_heap_reallocarray(heap, 0, 65536, 65536, &a));
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, UINT32_MAX, &a));
    OK(hh_heap_delete(heap));

    options.max_memory = 2 * HH_PAGE;
    heap = heap_over(&memory, &options);
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, 2 * HH_PAGE, &a));
    OK(hh_heap_malloc(heap, HH_PAGE, &a));
    CHECK(hh_heap_top(heap) <= 2 * HH_PAGE);
    OK(hh_heap_delete(heap));

    options = hh_heap_options_default();
    options.max_blocks = 2;
    options.max_live_bytes = 1000;
    options.max_block = 600;
    heap = heap_over(&memory, &options);
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, 601, &a));
    OK(hh_heap_malloc(heap, 600, &a));
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, 500, &b));
    SAYS("quota");
    OK(hh_heap_malloc(heap, 100, &b));
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, 1, &b));
    SAYS("blocks are live");
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void a_memory_that_cannot_grow_is_out_of_memory(void) {
    linear memory = linear_of(1, 1);
    hh_memory fixed = over(&memory);
    hh_heap *heap;
    uint32_t a;
    fixed.grow = NULL;
    OK(hh_heap_new(BASE, NULL, &fixed, &heap));
    OK(hh_heap_malloc(heap, 1000, &a));
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, HH_PAGE, &a));
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static bool says_yes(void *env, uint64_t pages) {
    (void)env;
    (void)pages;
    return true;
}

static void growth_that_did_not_happen_is_not_believed(void) {
    linear memory = linear_of(1, 1);
    hh_memory liar = over(&memory);
    hh_heap *heap;
    uint32_t a;
    liar.grow = says_yes;
    OK(hh_heap_new(BASE, NULL, &liar, &heap));
    STATUS(HH_ERR_MEMORY, hh_heap_malloc(heap, HH_PAGE, &a));
    CHECK(hh_heap_top(heap) == HH_PAGE);
    OK(hh_heap_malloc(heap, 1000, &a));
    CHECK(a + 1000 <= HH_PAGE);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void a_heap_may_come_before_its_memory(void) {
    linear memory = {NULL, 0, 10 * HH_PAGE, 0};
    hh_memory callbacks = over(&memory);
    hh_heap_options options = hh_heap_options_default();
    hh_heap *heap;
    uint32_t a;
    uint32_t arguments[1] = {100};
    options.initial_memory = 2 * HH_PAGE;
    OK(hh_heap_new(BASE, &options, &callbacks, &heap));
    STATUS(HH_ERR_BOUNDS, hh_heap_malloc(heap, 100, &a));
    SAYS("no linear memory yet");
    STATUS(HH_ERR_BOUNDS, hh_heap_invoke(heap, HH_FAMILY_MALLOC, arguments, 1, &a));

    // The plugin itself grew its memory from 2 to 3 pages before the first malloc: the third is its own.
    CHECK(linear_grow(&memory, 3));
    OK(hh_heap_malloc(heap, 100, &a));
    CHECK(hh_heap_top(heap) == 2 * HH_PAGE);
    OK(hh_heap_malloc(heap, 2 * HH_PAGE, &a));
    CHECK(a >= 3 * HH_PAGE);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

// Calls its own heap from within a callback.
typedef struct recursive {
    linear memory;
    hh_heap *heap;
    unsigned refused;
} recursive;

static uint8_t *recursive_data(void *env, uint64_t *size) {
    return linear_data(&((recursive *)env)->memory, size);
}

static bool recursive_grow(void *env, uint64_t pages) {
    recursive *self = (recursive *)env;
    hh_heap_stats stats;
    uint32_t out = 1;
    STATUS(HH_ERR_BUSY, hh_heap_malloc(self->heap, 1, &out));
    CHECK(out == 0);
    SAYS("in use");
    STATUS(HH_ERR_BUSY, hh_heap_free(self->heap, 1024));
    STATUS(HH_ERR_BUSY, hh_heap_statistics(self->heap, &stats));
    STATUS(HH_ERR_BUSY, hh_heap_reset(self->heap));
    STATUS(HH_ERR_BUSY, hh_heap_delete(self->heap));
    CHECK(hh_heap_top(self->heap) == 0);
    self->refused++;
    return linear_grow(&self->memory, pages);
}

static void a_heap_is_busy_while_its_callbacks_run(void) {
    recursive self;
    hh_memory callbacks;
    uint32_t a;
    self.memory = linear_of(1, 100);
    self.refused = 0;
    callbacks.env = &self;
    callbacks.data = recursive_data;
    callbacks.grow = recursive_grow;
    OK(hh_heap_new(BASE, NULL, &callbacks, &self.heap));
    OK(hh_heap_malloc(self.heap, 200000, &a));
    CHECK(self.refused > 0);
    OK(hh_heap_free(self.heap, a));
    OK(hh_heap_delete(self.heap));
    free(self.memory.bytes);
}

static uint32_t invoke(hh_heap *heap, const char *name, uint32_t a, uint32_t b, uint32_t c) {
    hh_family_member member;
    uint32_t arguments[3];
    uint32_t index = hh_family_find(name);
    uint32_t result = 77;
    arguments[0] = a;
    arguments[1] = b;
    arguments[2] = c;
    OK(hh_family_at(index, &member));
    CHECK(strcmp(member.name, name) == 0);
    OK(hh_heap_invoke(heap, index, arguments, member.params, &result));
    return result;
}

static uint32_t word(const linear *memory, uint32_t offset) {
    const uint8_t *at = memory->bytes + offset;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void the_family_does_for_a_plugin_what_c_says(void) {
    linear memory = linear_of(2, 10);
    hh_heap *heap = heap_over(&memory, NULL);
    hh_heap_options options = hh_heap_options_default();
    uint32_t a, b, result;
    uint32_t arguments[3] = {0, 0, 0};
    a = invoke(heap, "malloc", 100, 0, 0);
    CHECK(a != 0);
    CHECK(invoke(heap, "malloc_usable_size", a, 0, 0) >= 100);
    a = invoke(heap, "realloc", a, 5000, 0);
    a = invoke(heap, "reallocarray", a, 100, 100);
    CHECK(a != 0 && invoke(heap, "malloc_usable_size", a, 0, 0) >= 10000);
    CHECK(invoke(heap, "calloc", 10, 10, 0) != 0);
    CHECK(invoke(heap, "aligned_alloc", 64, 10, 0) % 64 == 0);
    CHECK(invoke(heap, "memalign", 128, 10, 0) % 128 == 0);
    CHECK(invoke(heap, "posix_memalign", 512, 256, 10) == 0);
    b = word(&memory, 512);
    CHECK(b != 0 && b % 256 == 0);
    CHECK(invoke(heap, "free", b, 0, 0) == 0);

    // No memory is NULL to the plugin, and no trap.
    CHECK(invoke(heap, "malloc", UINT32_MAX, 0, 0) == 0);
    CHECK(invoke(heap, "calloc", 65536, 65536, 0) == 0);
    CHECK(invoke(heap, "realloc", a, 1u << 30, 0) == 0);
    CHECK(invoke(heap, "reallocarray", a, 65536, 65536) == 0);
    CHECK(invoke(heap, "aligned_alloc", 3, 10, 0) == 0);
    CHECK(invoke(heap, "posix_memalign", 512, 3, 10) == 28);       // EINVAL
    CHECK(invoke(heap, "posix_memalign", 512, 16, 1u << 30) == 48); // ENOMEM
    CHECK(word(&memory, 512) == b);

    // A wrong pointer is a trap.
    arguments[0] = b;
    STATUS(HH_ERR_POINTER, hh_heap_invoke(heap, HH_FAMILY_FREE, arguments, 1, NULL));
    STATUS(HH_ERR_POINTER, hh_heap_invoke(heap, HH_FAMILY_REALLOC, arguments, 2, &result));
    CHECK(result == 0);
    arguments[0] = 10 * HH_PAGE;
    arguments[1] = 16;
    STATUS(HH_ERR_BOUNDS, hh_heap_invoke(heap, HH_FAMILY_POSIX_MEMALIGN, arguments, 3, &result));

    // Mistakes of the host.
    STATUS(HH_ERR_ARGUMENT, hh_heap_invoke(heap, hh_family_count(), arguments, 1, &result));
    STATUS(HH_ERR_ARGUMENT, hh_heap_invoke(heap, HH_FAMILY_MALLOC, arguments, 2, &result));
    SAYS("malloc has 1 parameters, and 2 arguments");
    STATUS(HH_ERR_NULL, hh_heap_invoke(heap, HH_FAMILY_MALLOC, arguments, 1, NULL));
    STATUS(HH_ERR_NULL, hh_heap_invoke(heap, HH_FAMILY_MALLOC, NULL, 1, &result));
    CHECK(hh_family_find("strdup") == HH_FAMILY_NONE);
    CHECK(hh_family_find(NULL) == HH_FAMILY_NONE);
    OK(hh_heap_delete(heap));

    options.ignore_invalid_pointers = true;
    heap = heap_over(&memory, &options);
    CHECK(invoke(heap, "free", 4096, 0, 0) == 0);
    CHECK(invoke(heap, "realloc", 4096, 5, 0) == 0);
    CHECK(invoke(heap, "malloc_usable_size", 4096, 0, 0) == 0);
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, 4096));
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void what_is_lent_cannot_be_freed(void) {
    linear memory = linear_of(1, 4);
    hh_heap *heap = heap_over(&memory, NULL);
    hh_heap_stats stats;
    uint32_t a, b;
    OK(hh_heap_lend(heap, 64, &a));
    OK(hh_heap_lend(heap, 640, &b));
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, a));
    SAYS("only borrows");
    OK(hh_heap_take_back(heap, b));
    OK(hh_heap_take_back(heap, a));
    OK(hh_heap_take_back(heap, a));
    OK(hh_heap_statistics(heap, &stats));
    CHECK(stats.live_blocks == 0 && stats.allocated == stats.freed);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void leaks_are_listed(void) {
    linear memory = linear_of(1, 4);
    hh_heap *heap = heap_over(&memory, NULL);
    hh_heap_block blocks[2], block;
    uint32_t offsets[3];
    size_t count, i;
    for (i = 0; i < 3; i++) {
        OK(hh_heap_malloc(heap, (uint32_t)(100 * (i + 1)), &offsets[i]));
    }
    OK(hh_heap_blocks(heap, NULL, 0, &count));
    CHECK(count == 3);
    blocks[1].offset = 0;
    OK(hh_heap_blocks(heap, blocks, 2, &count));
    CHECK(count == 3 && blocks[0].offset != 0 && blocks[1].offset > blocks[0].offset);
    for (i = 0; i < 3; i++) {
        OK(hh_heap_block_at(heap, offsets[i] + 99, &block));
        CHECK(block.offset == offsets[i] && block.size >= 100 * (i + 1));
    }
    OK(hh_heap_reset(heap));
    OK(hh_heap_blocks(heap, blocks, 2, &count));
    CHECK(count == 0);
    OK(hh_heap_block_at(heap, offsets[0], &block));
    CHECK(block.offset == 0 && block.size == 0);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void a_snapshot_brings_the_blocks_back(void) {
    linear memory = linear_of(1, 4), other = linear_of(1, 4);
    hh_heap *heap = heap_over(&memory, NULL);
    hh_heap_options options = hh_heap_options_default();
    hh_heap *another;
    hh_heap_snapshot *snapshot, *copy;
    uint32_t kept, later, lent;
    options.max_blocks = 5;
    another = heap_over(&other, &options);
    OK(hh_heap_malloc(heap, 100, &kept));
    OK(hh_heap_take_snapshot(heap, &snapshot));
    OK(hh_heap_malloc(heap, 100, &later));
    OK(hh_heap_free(heap, kept));
    OK(hh_heap_lend(heap, 8, &lent));
    STATUS(HH_ERR_BUSY, hh_heap_restore(heap, snapshot));
    OK(hh_heap_take_back(heap, lent));
    STATUS(HH_ERR_MISMATCH, hh_heap_restore(another, snapshot));
    OK(hh_heap_restore(heap, snapshot));
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, later));
    OK(hh_heap_free(heap, kept));
    copy = snapshot;
    OK(hh_heap_snapshot_delete(snapshot));
    STATUS(HH_ERR_HANDLE, hh_heap_snapshot_delete(copy));
    OK(hh_heap_delete(heap));
    OK(hh_heap_delete(another));
    free(memory.bytes);
    free(other.bytes);
}

static void hardening_fills_blocks(void) {
    linear memory = linear_of(1, 4);
    hh_heap_options options = hh_heap_options_default();
    hh_heap *heap;
    uint32_t a, b;
    options.junk_fill = true;
    options.quarantine_blocks = 10;
    options.placement_seed = 3;
    heap = heap_over(&memory, &options);
    OK(hh_heap_malloc(heap, 48, &a));
    CHECK(memory.bytes[a] == 0xa5 && memory.bytes[a + 47] == 0xa5);
    OK(hh_heap_free(heap, a));
    CHECK(memory.bytes[a] == 0x5a && memory.bytes[a + 47] == 0x5a);
    OK(hh_heap_malloc(heap, 48, &b));
    CHECK(a != b);
    OK(hh_heap_delete(heap));
    options.zero_on_free = true;
    heap = heap_over(&memory, &options);
    OK(hh_heap_malloc(heap, 48, &a));
    OK(hh_heap_free(heap, a));
    CHECK(memory.bytes[a] == 0);
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

// Answers a need as a host without callbacks does.
static void grow(hh_heap *heap, linear *memory, const hh_need *need) {
    uint64_t before = memory->size;
    CHECK(need->min_bytes > 0 && need->want_bytes >= need->min_bytes);
    CHECK(need->min_bytes % HH_PAGE == 0 && need->want_bytes % HH_PAGE == 0);
    CHECK(linear_grow(memory, need->want_bytes / HH_PAGE));
    OK(hh_heap_extend(heap, before, memory->size));
}

static void two_steps_do_without_callbacks(void) {
    linear memory = linear_of(1, 100);
    hh_heap *heap;
    hh_need need;
    hh_resized resized;
    uint32_t a, b, len_to_zero, i;
    bool any;
    OK(hh_heap_new(BASE, NULL, NULL, &heap));
    STATUS(HH_ERR_UNSUPPORTED, hh_heap_malloc(heap, 10, &a));
    SAYS("hh_heap_try_");
    OK(hh_heap_extend(heap, BASE, memory.size));
    OK(hh_heap_try_malloc(heap, 100, &a, &need));
    CHECK(a >= BASE && need.min_bytes == 0);
    memset(memory.bytes + a, 9, 100);

    STATUS(HH_NEED_MEMORY, hh_heap_try_realloc(heap, a, 100000, &resized, &need));
    CHECK(resized.offset == 0);
    grow(heap, &memory, &need);
    OK(hh_heap_try_realloc(heap, a, 100000, &resized, &need));
    CHECK(resized.from == a && resized.offset != a && resized.copy_len >= 100);
    memmove(memory.bytes + resized.offset, memory.bytes + resized.from, resized.copy_len);
    CHECK(memory.bytes[resized.offset + 99] == 9);
    // Large blocks shrink where they are.
    OK(hh_heap_try_realloc(heap, resized.offset, 90000, &resized, &need));
    CHECK(resized.from == resized.offset && resized.copy_len == 0);

    // Somebody else grows the memory first: that page is not the heap's.
    CHECK(linear_grow(&memory, 1));
    STATUS(HH_NEED_MEMORY, hh_heap_try_calloc(heap, 1000, 1000, &b, &len_to_zero, &need));
    CHECK(b == 0 && len_to_zero == 0);
    for (i = 0; i < 4; i++) {
        hh_status status;
        grow(heap, &memory, &need);
        status = hh_heap_try_calloc(heap, 1000, 1000, &b, &len_to_zero, &need);
        if (status == HH_OK) {
            break;
        }
        STATUS(HH_NEED_MEMORY, status);
    }
    CHECK(b != 0 && i < 2);
    memset(memory.bytes + b, 0, len_to_zero);
    for (i = 0; i < 1000000; i++) {
        CHECK(memory.bytes[b + i] == 0);
    }
    OK(hh_heap_free(heap, b));
    OK(hh_heap_try_aligned_alloc(heap, 8192, 100, &a, &need));
    CHECK(a % 8192 == 0);
    OK(hh_heap_try_lend(heap, 100, &a, &need));
    STATUS(HH_ERR_POINTER, hh_heap_free(heap, a));
    OK(hh_heap_take_back(heap, a));
    STATUS(HH_ERR_POINTER, hh_heap_try_realloc(heap, 5, 5, &resized, &need));

    OK(hh_heap_end_quarantine(heap, &any));
    CHECK(!any);
    OK(hh_heap_growth_refused(heap));
    STATUS(HH_ERR_ARGUMENT, hh_heap_extend(heap, 0, 100));
    STATUS(HH_ERR_ARGUMENT, hh_heap_extend(heap, memory.size, memory.size - 1));
    STATUS(HH_ERR_ARGUMENT, hh_heap_extend(heap, memory.size, UINT64_MAX));
    OK(hh_heap_delete(heap));
    free(memory.bytes);
}

static void handles_are_freed_once(void) {
    linear memory = linear_of(1, 4);
    hh_heap *heap = heap_over(&memory, NULL);
    hh_heap *copy = heap;
    OK(hh_heap_delete(NULL));
    OK(hh_heap_delete(heap));
    STATUS(HH_ERR_HANDLE, hh_heap_delete(copy));
    SAYS("destroyed already");
    STATUS(HH_ERR_HANDLE, hh_heap_snapshot_delete((hh_heap_snapshot *)(void *)&memory));
    CHECK(hh_error_status() == HH_ERR_HANDLE);
    free(memory.bytes);
}

static void options_of_another_size_are_refused(void) {
    linear memory = linear_of(1, 4);
    hh_memory callbacks = over(&memory);
    hh_heap_options options = hh_heap_options_default();
    hh_heap *heap = (hh_heap *)(void *)&memory;
    CHECK(options.struct_size == sizeof options);
    options.struct_size = sizeof options + 8;
    STATUS(HH_ERR_ARGUMENT, hh_heap_new(BASE, &options, &callbacks, &heap));
    CHECK(heap == NULL);
    SAYS("hh_heap_options_default()");
    options.struct_size = 0;
    STATUS(HH_ERR_ARGUMENT, hh_heap_new(BASE, &options, &callbacks, &heap));
    callbacks.data = NULL;
    STATUS(HH_ERR_NULL, hh_heap_new(BASE, NULL, &callbacks, &heap));
    SAYS("memory->data");
    free(memory.bytes);
}

static void errors_stay_until_the_next_one(void) {
    char message[200];
    STATUS(HH_ERR_NULL, hh_heap_reset(NULL));
    SAYS("`heap` is NULL");
    snprintf(message, sizeof message, "%s", hh_error_message());
    OK(hh_heap_delete(NULL));
    CHECK(strcmp(message, hh_error_message()) == 0);
    CHECK(hh_error_status() == HH_ERR_NULL && hh_error_code() == 0);
    CHECK(hh_error_trap() == HH_TRAP_NONE);
}

int main(void) {
    CHECK(strcmp(hh_version(), HH_VERSION) == 0);
    CHECK(hh_error_status() == HH_OK && hh_error_message()[0] == 0);
    blocks_are_aligned_zeroed_and_keep_their_bytes();
    a_wrong_free_is_found_and_changes_nothing();
    memory_ends_at_every_limit();
    a_memory_that_cannot_grow_is_out_of_memory();
    growth_that_did_not_happen_is_not_believed();
    a_heap_may_come_before_its_memory();
    a_heap_is_busy_while_its_callbacks_run();
    the_family_does_for_a_plugin_what_c_says();
    what_is_lent_cannot_be_freed();
    leaks_are_listed();
    a_snapshot_brings_the_blocks_back();
    hardening_fills_blocks();
    two_steps_do_without_callbacks();
    handles_are_freed_once();
    options_of_another_size_are_refused();
    errors_stay_until_the_next_one();
    puts("heap: all is well");
    return 0;
}
