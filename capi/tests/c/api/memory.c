/* A plugin's memory and heap, from the host. */
#include "check.h"
#include "tests.h"

void memory_is_read_and_written_by_copy(void)
{
    rig rig = rig_of("greeter/greeter");
    uint64_t size;
    uint32_t block;
    char bytes[8] = "-------";
    OK(hh_instance_memory_size(rig.plugin, &size));
    CHECK(size > 0 && size % 65536 == 0);
    OK(hh_instance_malloc(rig.plugin, 8, &block));
    OK(hh_instance_write(rig.plugin, block, "abcdefgh", 8));
    OK(hh_instance_read(rig.plugin, block + 2, bytes, 3));
    CHECK(memcmp(bytes, "cde----", 7) == 0);
    OK(hh_instance_fill(rig.plugin, block + 1, 'x', 2));
    OK(hh_instance_move(rig.plugin, block + 4, block, 4));
    OK(hh_instance_read(rig.plugin, block, bytes, 8));
    CHECK(memcmp(bytes, "axxdaxxd", 8) == 0);
    OK(hh_instance_free(rig.plugin, block));

    /* Nothing at the very end is in bounds, nothing beyond it is. */
    uint32_t end = (uint32_t)size;
    OK(hh_instance_read(rig.plugin, end, bytes, 0));
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_read(rig.plugin, end, bytes, 1));
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_read(rig.plugin, UINT32_MAX, bytes, 8));
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_write(rig.plugin, end - 4, bytes, 8));
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_fill(rig.plugin, end - 4, 0, UINT32_MAX));
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_move(rig.plugin, 0, end - 4, 8));
    FAILS(HH_ERR_NULL, NULL, hh_instance_read(rig.plugin, 0, NULL, 1));
    rig_close(&rig);
}

void memory_can_be_grown_by_the_host(void)
{
    rig rig = rig_of("greeter/greeter");
    uint64_t before, was, after;
    hh_string text;
    OK(hh_instance_memory_size(rig.plugin, &before));
    OK(hh_instance_memory_grow(rig.plugin, 65536, &was));
    OK(hh_instance_memory_size(rig.plugin, &after));
    CHECK(was == before && after == before + 65536);
    FAILS(HH_ERR_GROW, NULL, hh_instance_memory_grow(rig.plugin, (uint64_t)1 << 33, &was));
    /* What the host grew is not the heap's. */
    hh_func *f = func(&rig, "repeat", "(str, u32) -> string");
    OK(hh_call(f, hh_to_string(&text), hh_str("abc"), hh_u32(100000)));
    SAME(text.len, 300000);
    hh_string_free(&text);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void views_are_the_memory_itself(void)
{
    rig rig = rig_of("greeter/greeter");
    uint32_t block;
    hh_view view, other, copy;
    char bytes[4];
    OK(hh_instance_malloc(rig.plugin, 64, &block));
    OK(hh_instance_view(rig.plugin, block, 64, &view));
    SAME(view.len, 64);
    memcpy(view.data, "view", 4);
    OK(hh_instance_view(rig.plugin, block + 1, 3, &other)); /* several at once */
    CHECK(memcmp(other.data, "iew", 3) == 0);
    copy = other;
    OK(hh_view_end(&other));
    OK(hh_view_end(&copy)); /* the same view, which is not the first one */
    FAILS(HH_ERR_BUSY, NULL, hh_instance_free(rig.plugin, block));
    OK(hh_view_end(&view));
    CHECK(view.data == NULL);
    OK(hh_view_end(&view)); /* harmless */
    OK(hh_view_end(NULL));
    OK(hh_instance_read(rig.plugin, block, bytes, 4));
    CHECK(memcmp(bytes, "view", 4) == 0);
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_view(rig.plugin, 0xfffffff0u, 32, &view));
    CHECK(view.data == NULL);
    OK(hh_instance_free(rig.plugin, block));
    rig_close(&rig);
}

void what_could_move_memory_waits_for_views(void)
{
    rig rig = rig_of("greeter/greeter");
    uint32_t block, other;
    uint64_t was;
    char byte = 0;
    hh_view view;
    hh_string text;
    hh_block *kept = NULL;
    hh_func *f = func(&rig, "greet", "(str) -> string");
    OK(hh_instance_malloc(rig.plugin, 16, &block));
    OK(hh_instance_view(rig.plugin, block, 16, &view));

    FAILS(HH_ERR_BUSY, "hh_view_end", hh_call(f, hh_to_string(&text), hh_str("you")));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_malloc(rig.plugin, 16, &other));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_realloc(rig.plugin, block, 32, &other));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_free(rig.plugin, block));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_keep(rig.plugin, "x", 1, &kept));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_read(rig.plugin, block, &byte, 1));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_write(rig.plugin, block, &byte, 1));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_fill(rig.plugin, block, 1, 1));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_memory_grow(rig.plugin, 65536, &was));
    FAILS(HH_ERR_BUSY, NULL, hh_instance_delete(rig.plugin));
    OK(hh_instance_memory_size(rig.plugin, &was)); /* this does not */

    OK(hh_view_end(&view));
    OK(hh_call(f, hh_to_string(&text), hh_str("you")));
    SAME_TEXT(&text, "Hello, you!");
    OK(hh_func_delete(f));
    OK(hh_instance_free(rig.plugin, block));
    rig_close(&rig);
}

void the_host_allocates_in_a_plugin(void)
{
    rig rig = rig_of("greeter/greeter");
    uint32_t block, zeroed, aligned, size;
    char bytes[8];
    OK(hh_instance_malloc(rig.plugin, 20, &block));
    CHECK(block != 0 && block % 16 == 0);
    OK(hh_instance_usable_size(rig.plugin, block, &size));
    CHECK(size >= 20);
    OK(hh_instance_write(rig.plugin, block, "moves", 5));
    OK(hh_instance_realloc(rig.plugin, block, 5000, &block));
    OK(hh_instance_read(rig.plugin, block, bytes, 5));
    CHECK(memcmp(bytes, "moves", 5) == 0);
    OK(hh_instance_calloc(rig.plugin, 2, 4, &zeroed));
    OK(hh_instance_read(rig.plugin, zeroed, bytes, 8));
    CHECK(memcmp(bytes, "\0\0\0\0\0\0\0\0", 8) == 0);
    OK(hh_instance_aligned_alloc(rig.plugin, 256, 10, &aligned));
    SAME(aligned % 256, 0);
    OK(hh_instance_free(rig.plugin, aligned));
    OK(hh_instance_free(rig.plugin, zeroed));
    OK(hh_instance_free(rig.plugin, block));

    FAILS(HH_ERR_POINTER, NULL, hh_instance_free(rig.plugin, block));
    FAILS(HH_ERR_POINTER, NULL, hh_instance_free(rig.plugin, 12345));
    FAILS(HH_ERR_POINTER, NULL, hh_instance_realloc(rig.plugin, block, 10, &size));
    FAILS(HH_ERR_POINTER, NULL, hh_instance_usable_size(rig.plugin, block, &size));
    FAILS(HH_ERR_MEMORY, NULL, hh_instance_malloc(rig.plugin, UINT32_MAX, &block));
    FAILS(HH_ERR_MEMORY, NULL, hh_instance_calloc(rig.plugin, UINT32_MAX, 16, &block));
    SAME(block, 0);
    OK(hh_instance_free(rig.plugin, 0)); /* free(NULL) */
    rig_close(&rig);
}

void bytes_are_taken_with_their_block(void)
{
    rig rig = rig_of("misbehaver/misbehaver");
    uint32_t block;
    hh_string bytes;
    hh_func *f = func(&rig, "raw_calloc", "(u32, u32) -> ptr");
    OK(hh_call(f, hh_to_ptr(&block), hh_u32(8), hh_u32(1)));
    OK(hh_func_delete(f));
    OK(hh_instance_write(rig.plugin, block, "C text", 6));
    OK(hh_instance_read_text(rig.plugin, block, 100, &bytes));
    SAME_TEXT(&bytes, "C text");
    OK(hh_instance_take_bytes(rig.plugin, block, 4, &bytes));
    SAME_TEXT(&bytes, "C te");
    SAME(live_blocks(&rig), 0);
    FAILS(HH_ERR_BOUNDS, NULL, hh_instance_read_text(rig.plugin, 0xfffffff0u, 8, &bytes));
    rig_close(&rig);
}

void leaks_are_listed(void)
{
    rig rig = rig_of("misbehaver/misbehaver");
    hh_heap_stats stats;
    hh_heap_block blocks[2] = { { 0, 0 }, { 0, 0 } }, found;
    size_t count;
    hh_func *leak = func(&rig, "leak", "(u32)");
    OK(hh_instance_blocks(rig.plugin, NULL, 0, &count));
    SAME(count, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        OK(hh_call(leak, hh_to_void(), hh_u32(100 * i)));
    }
    OK(hh_func_delete(leak));
    OK(hh_instance_heap_stats(rig.plugin, &stats));
    CHECK(stats.live_blocks == 3 && stats.live_bytes >= 600 && stats.allocated == 3);
    CHECK(stats.freed == 0 && stats.failed == 0 && stats.invalid_frees == 0);
    OK(hh_instance_blocks(rig.plugin, blocks, 2, &count));
    SAME(count, 3);
    CHECK(blocks[0].offset != 0 && blocks[0].offset < blocks[1].offset);
    CHECK(blocks[0].size >= 100);

    /* Whose block is this byte in? */
    OK(hh_instance_block_at(rig.plugin, blocks[0].offset + 50, &found));
    CHECK(found.offset == blocks[0].offset && found.size == blocks[0].size);
    OK(hh_instance_block_at(rig.plugin, 4, &found));
    CHECK(found.offset == 0 && found.size == 0);

    OK(hh_instance_blocks(rig.plugin, blocks, 1, &count));
    while (count > 0) { /* the host may clear up */
        OK(hh_instance_free(rig.plugin, blocks[0].offset));
        OK(hh_instance_blocks(rig.plugin, blocks, 1, &count));
    }
    rig_close(&rig);
}

void blocks_are_kept_from_call_to_call(void)
{
    rig rig = rig_open("convention/ownership");
    int pokes = 0;
    uint32_t u32;
    char bytes[4];
    hh_block *block = NULL;
    OK(hh_linker_func(rig.linker, "host", "poke", "()", count_call, &pokes, NULL));
    rig_start(&rig, NULL);
    OK(hh_instance_keep(rig.plugin, "kept", 4, &block));
    SAME(hh_block_len(block), 4);
    CHECK(hh_block_offset(block) % 16 == 0);

    hh_func *remember = func(&rig, "remember", "(ptr)");
    hh_func *recall = func(&rig, "recall", "() -> u8");
    OK(hh_call(remember, hh_to_void(), hh_kept(block)));
    OK(hh_call(recall, hh_to_u32(&u32)));
    SAME(u32, 'k');
    OK(hh_block_write(block, 0, "K", 1));
    OK(hh_call(recall, hh_to_u32(&u32)));
    SAME(u32, 'K');
    OK(hh_block_read(block, 0, bytes, 4));
    CHECK(memcmp(bytes, "Kept", 4) == 0);
    FAILS(HH_ERR_BOUNDS, NULL, hh_block_write(block, 2, "xyz", 3));

    /* The plugin cannot free it, nor can the host by its offset. */
    hh_func *free_it = func(&rig, "free_remembered", "()");
    FAILS(HH_ERR_POINTER, NULL, hh_call(free_it, hh_to_void()));
    OK(hh_instance_clear_poison(rig.plugin));
    FAILS(HH_ERR_POINTER, NULL, hh_instance_free(rig.plugin, hh_block_offset(block)));
    SAME(live_blocks(&rig), 1);

    /* Given away it is the plugin's, who frees it. */
    hh_block *gift = NULL;
    uint32_t offset;
    OK(hh_instance_keep(rig.plugin, "gift", 4, &gift));
    OK(hh_block_give(gift, &offset));
    OK(hh_instance_free(rig.plugin, offset));

    OK(hh_block_delete(block));
    SAME(live_blocks(&rig), 0); /* at once */
    FAILS(HH_ERR_HANDLE, NULL, hh_block_delete(block));
    OK(hh_func_delete(remember));
    OK(hh_func_delete(recall));
    OK(hh_func_delete(free_it));
    rig_close(&rig);
}

void blocks_know_where_they_came_from(void)
{
    for (int wanted = 0; wanted < 2; wanted++) {
        rig rig = rig_open("sites/sites");
        uint32_t block, expected, line;
        hh_string file;
        hh_func *keep, *here, *drop;
        OK(hh_linker_call_sites(rig.linker, wanted != 0));
        rig_start(&rig, NULL);
        keep = func(&rig, "keep", "(u32) -> ptr");
        here = func(&rig, "here", "() -> u32");
        drop = func(&rig, "drop", "()");
        OK(hh_call(keep, hh_to_ptr(&block), hh_u32(100)));
        OK(hh_call(here, hh_to_u32(&expected)));
        OK(hh_instance_call_site(rig.plugin, block, &file, &line));
        if (wanted) {
            CHECK(strcmp(file.data, "plugins/sites/sites.c") == 0);
            SAME(line, expected);
            hh_string_free(&file);
        } else {
            CHECK(file.data == NULL && line == 0);
        }
        /* No block starts there. */
        OK(hh_instance_call_site(rig.plugin, block + 1, &file, &line));
        CHECK(file.data == NULL && line == 0);
        OK(hh_call(drop, hh_to_void()));
        OK(hh_func_delete(keep));
        OK(hh_func_delete(here));
        OK(hh_func_delete(drop));
        rig_close(&rig);
    }
}
