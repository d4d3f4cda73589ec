/*
 * Straight into a plugin's memory: no copies, for as long as nothing else
 * happens to it.
 *
 *     views [PLUGIN]
 *
 * The host allocates a picture in the plugin, draws into it through a view, lets
 * the plugin halve it, and looks at the outcome through another view.
 */
#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 64, HEIGHT = 32, SIZE = WIDTH * HEIGHT, HALF = SIZE / 4 };

static void check(hh_status status, const char *what)
{
    if (status != HH_OK) {
        fprintf(stderr, "%s: %s\n", what, hh_error_message());
        exit(EXIT_FAILURE);
    }
}

/* The cookbook's plugin wants a store of its host, which is not needed here. */
static hh_status unused(hh_invocation *call, void *user)
{
    (void)user;
    return hh_fail(call, "this host has no store");
}

static hh_instance *load(const char *path)
{
    hh_engine *engine = NULL;
    hh_module *module = NULL;
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    check(hh_engine_new(getenv("HOSTHEAP_RUNTIME"), NULL, &engine), "engine");
    check(hh_module_load_file(engine, path, NULL, &module), path);
    check(hh_linker_new(engine, &linker), "linker");
    check(hh_linker_func(linker, "kv", "get", "(str) -> option<string>", unused, NULL, NULL), "get");
    check(hh_linker_func(linker, "kv", "set", "(str, str)", unused, NULL, NULL), "set");
    check(hh_linker_func(linker, "kv", "count", "() -> u32", unused, NULL, NULL), "count");
    check(hh_linker_instantiate(linker, module, NULL, &plugin), "instantiate");
    hh_linker_delete(linker);
    hh_module_delete(module);
    hh_engine_delete(engine);
    return plugin;
}

int main(int argc, char **argv)
{
    hh_instance *plugin = load(argc > 1 ? argv[1] : "guest/plugins/cookbook/cookbook.wasm");
    hh_func *halve = NULL;
    hh_view view;
    uint32_t picture, half;
    unsigned long sum = 0;

    /* Offsets into the plugin's memory: its malloc, called by the host. */
    check(hh_instance_malloc(plugin, SIZE, &picture), "malloc");
    check(hh_instance_malloc(plugin, HALF, &half), "malloc");

    /* [view] */
    check(hh_instance_view(plugin, picture, SIZE, &view), "view");
    for (size_t i = 0; i < SIZE; i++) {
        view.data[i] = (uint8_t)(i % WIDTH);
    }
    /* Whatever could move or change the memory has to wait for its end. */
    if (hh_instance_fill(plugin, half, 0, HALF) == HH_ERR_BUSY) {
        printf("while it is open: %s\n", hh_error_message());
    }
    check(hh_view_end(&view), "end");
    /* [/view] */

    /* The plugin's function takes pointers, so it can have these: `ptr, u32`
       instead of `bytes`, and nothing is copied. */
    check(hh_instance_func(plugin, "halve", "(ptr, u32, ptr, u32, u32)", &halve), "halve");
    check(hh_call(halve, hh_to_void(), hh_ptr(picture), hh_u32(SIZE), hh_ptr(half), hh_u32(HALF),
                  hh_u32(WIDTH)),
          "halve");
    hh_func_delete(halve);

    check(hh_instance_view(plugin, half, HALF, &view), "view");
    for (size_t i = 0; i < HALF; i++) {
        sum += view.data[i];
    }
    check(hh_view_end(&view), "end");
    printf("the mean of the smaller picture is %g\n", (double)sum / HALF);

    check(hh_instance_free(plugin, picture), "free");
    check(hh_instance_free(plugin, half), "free");
    hh_instance_delete(plugin);
    return EXIT_SUCCESS;
}
