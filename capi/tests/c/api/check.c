#include "check.h"

/* ---- Claims -------------------------------------------------------------- */

static void fail(const char *what, const char *file, int line)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    fprintf(stderr, "  the last error: %d, %s\n", (int)hh_error_status(), hh_error_message());
    exit(EXIT_FAILURE);
}

void check(bool holds, const char *what, const char *file, int line)
{
    if (!holds) {
        fail(what, file, line);
    }
}

void check_status(hh_status status, hh_status expected, const char *part, const char *what,
                  const char *file, int line)
{
    if (status != expected) {
        fprintf(stderr, "  it returned %d and not %d\n", (int)status, (int)expected);
        fail(what, file, line);
    }
    if (status != HH_OK && hh_error_status() != status) {
        fail("hh_error_status() is another", file, line);
    }
    if (part != NULL && strstr(hh_error_message(), part) == NULL) {
        fprintf(stderr, "  the message should have in it: %s\n", part);
        fail(what, file, line);
    }
}

void check_same(int64_t a, int64_t b, const char *what, const char *file, int line)
{
    if (a != b) {
        fprintf(stderr, "  it is %lld and not %lld\n", (long long)a, (long long)b);
        fail(what, file, line);
    }
}

void check_text(hh_string *text, const char *expected, const char *what, const char *file, int line)
{
    if (text->data == NULL || text->len != strlen(expected) ||
        memcmp(text->data, expected, text->len + 1) != 0) {
        fprintf(stderr, "  it is: %s\n", text->data != NULL ? text->data : "NULL");
        fail(what, file, line);
    }
    hh_string_free(text);
    hh_string_free(text); /* harmless */
}

/* ---- What most tests need ------------------------------------------------ */

#ifndef HOSTHEAP_BARE

const char *test_runtime;

hh_engine *new_engine(void)
{
    hh_engine *engine = NULL;
    OK(hh_engine_new(test_runtime, NULL, &engine));
    return engine;
}

const char *plugin_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "guest/plugins/%s.wasm", name);
    return path;
}

uint8_t *plugin_bytes(const char *name, size_t *len)
{
    FILE *file = fopen(plugin_path(name), "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    *len = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = (uint8_t *)malloc(*len);
    CHECK(bytes != NULL);
    CHECK(fread(bytes, 1, *len, file) == *len);
    fclose(file);
    return bytes;
}

hh_module *load(hh_engine *engine, const char *name)
{
    hh_module *module = NULL;
    OK(hh_module_load_file(engine, plugin_path(name), NULL, &module));
    return module;
}

rig rig_open(const char *name)
{
    rig rig;
    rig.engine = new_engine();
    rig.module = load(rig.engine, name);
    rig.linker = NULL;
    rig.plugin = NULL;
    OK(hh_linker_new(rig.engine, &rig.linker));
    return rig;
}

void rig_start(rig *rig, void *user)
{
    OK(hh_linker_instantiate(rig->linker, rig->module, user, &rig->plugin));
}

rig rig_of(const char *name)
{
    rig rig = rig_open(name);
    rig_start(&rig, NULL);
    return rig;
}

void rig_close(rig *rig)
{
    rig_close_with(rig, 0);
}

void rig_close_with(rig *rig, uint32_t live)
{
    if (rig->plugin != NULL) {
        SAME(live_blocks(rig), live);
    }
    OK(hh_instance_delete(rig->plugin));
    OK(hh_linker_delete(rig->linker));
    OK(hh_module_delete(rig->module));
    OK(hh_engine_delete(rig->engine));
}

hh_func *func(const rig *rig, const char *name, const char *prototype)
{
    hh_func *f = NULL;
    OK(hh_instance_func(rig->plugin, name, prototype, &f));
    return f;
}

uint32_t live_blocks(const rig *rig)
{
    hh_heap_stats stats;
    OK(hh_instance_heap_stats(rig->plugin, &stats));
    return stats.live_blocks;
}

hh_status count_call(hh_invocation *call, void *user)
{
    (void)call;
    ++*(int *)user;
    return HH_OK;
}

void count_drop(void *user)
{
    ++*(int *)user;
}

#endif
