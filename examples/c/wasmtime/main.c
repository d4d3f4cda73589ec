/*
 * The program of somebody who embeds wasmtime through its C API and wants its plugins to have no
 * malloc of their own: libhostheap's bare heap is bound as their imports. plugin.c has the how.
 *
 *     host GREETER.wasm MISBEHAVER.wasm
 *
 * Both are in guest/plugins: the first does as it should, the second what no plugin should do.
 */
#include "plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, plugin_error());
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
        rewind(file);
    }
    uint8_t *bytes = size > 0 ? (uint8_t *)malloc((size_t)size) : NULL;
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    *len = (size_t)size;
    return bytes;
}

static void open_plugin(plugin *p, wasm_engine_t *engine, const wasmtime_linker_t *linker,
                        const char *path)
{
    size_t len;
    uint8_t *wasm = read_file(path, &len);
    memset(p, 0, sizeof *p);
    if (!plugin_open(p, engine, linker, wasm, len)) {
        die(path);
    }
    free(wasm);
}

/* What the linker exported agrees with what libhostheap found in the module's bytes. */
static void compare_heap_base(plugin *p)
{
    wasmtime_extern_t item;
    wasmtime_val_t value;
    if (!wasmtime_instance_export_get(p->context, &p->instance, "__heap_base",
                                      strlen("__heap_base"), &item) ||
        item.kind != WASMTIME_EXTERN_GLOBAL) {
        printf("no __heap_base is exported; the heap starts at %" PRIu32 "\n",
               p->layout.heap_base);
        return;
    }
    wasmtime_global_get(p->context, &item.of.global, &value);
    printf("__heap_base is %" PRIu32 ", the heap starts at %" PRIu32 "\n",
           (uint32_t)value.of.i32, p->layout.heap_base);
}

/* [leaks] */
static void list_leaks(plugin *p)
{
    hh_heap_block blocks[8];
    size_t count = 0;
    if (hh_heap_blocks(p->heap, blocks, 8, &count) != HH_OK) {
        fprintf(stderr, "%s\n", hh_error_message());
        exit(1);
    }
    printf("blocks left: %zu\n", count);
    for (size_t i = 0; i < count && i < 8; i++) {
        printf("  %" PRIu32 " bytes at %" PRIu32 "\n", blocks[i].size, blocks[i].offset);
    }
}
/* [/leaks] */

static void behave(plugin *greeter)
{
    char *text;
    size_t len;
    compare_heap_base(greeter);

    if (!plugin_call_text(greeter, "greet", "World", NULL, &text, &len)) {
        die("greet");
    }
    printf("%s\n", text);
    free(text);

    /* A string that no plugin's first memory could hold: the heap asks for more. */
    uint64_t before = wasmtime_memory_size(greeter->context, &greeter->memory);
    uint32_t times = 100000;
    if (!plugin_call_text(greeter, "repeat", "malloc ", &times, &text, &len)) {
        die("repeat");
    }
    uint64_t after = wasmtime_memory_size(greeter->context, &greeter->memory);
    printf("%zu bytes; the memory grew: %s\n", len, after > before ? "yes" : "no");
    free(text);
    list_leaks(greeter);
}

static void misbehave(plugin *misbehaver)
{
    uint32_t size = 1000;
    if (!plugin_call(misbehaver, "leak", &size, 1)) {
        die("leak");
    }
    /* The heap recognises the second free with certainty, and the call ends there. */
    if (plugin_call(misbehaver, "double_free", NULL, 0)) {
        fprintf(stderr, "a double free went unnoticed\n");
        exit(1);
    }
    printf("double_free: %s\n", plugin_error());
    list_leaks(misbehaver);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s GREETER.wasm MISBEHAVER.wasm\n", argv[0]);
        return 2;
    }
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    if (!plugin_define_malloc(linker)) {
        die("malloc and its family");
    }

    plugin p;
    open_plugin(&p, engine, linker, argv[1]);
    behave(&p);
    plugin_close(&p);

    open_plugin(&p, engine, linker, argv[2]);
    misbehave(&p);
    plugin_close(&p);

    wasmtime_linker_delete(linker);
    wasm_engine_delete(engine);
    return 0;
}
