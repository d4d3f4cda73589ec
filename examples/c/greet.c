/*
 * The smallest host: load a plugin, call it, clean up.
 *
 *     greet [NAME [PLUGIN]]
 *
 * Every function of hostheap's returns HH_OK or says in hh_error_message() what
 * is wrong and what to do about it. Every handle is freed by the function of its
 * name; freeing NULL does nothing, so that one way out does for all.
 */
#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, hh_error_message());
    return EXIT_FAILURE;
}

static int greet(hh_instance *plugin, const char *name)
{
    /* [greet] */
    hh_func *greet = NULL;
    hh_string hello; /* ours: to be freed */

    /* Name and signature are checked here, once for all calls. */
    if (hh_instance_func(plugin, "greet", "(str) -> string", &greet) != HH_OK) {
        return failed("greet");
    }
    /* Where the result goes comes first, then the arguments. */
    hh_status status = hh_call(greet, hh_to_string(&hello), hh_str(name));
    hh_func_delete(greet);
    if (status != HH_OK) {
        return failed("greet");
    }
    printf("%s\n", hello.data); /* there is always a NUL at data[len] */
    hh_string_free(&hello);
    /* [/greet] */

    hh_heap_stats heap;
    if (hh_instance_heap_stats(plugin, &heap) != HH_OK) {
        return failed("heap");
    }
    printf("%lu blocks allocated, %lu still live\n", (unsigned long)heap.allocated,
           (unsigned long)heap.live_blocks);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "World";
    const char *path = argc > 2 ? argv[2] : "guest/plugins/greeter/greeter.wasm";
    hh_engine *engine = NULL;
    hh_module *module = NULL;
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    int result;

    /* [main] */
    if (hh_engine_new(getenv("HOSTHEAP_RUNTIME"), NULL, &engine) != HH_OK ||
        hh_module_load_file(engine, path, NULL, &module) != HH_OK ||
        hh_linker_new(engine, &linker) != HH_OK ||
        hh_linker_instantiate(linker, module, NULL, &plugin) != HH_OK) {
        result = failed(path);
    } else {
        result = greet(plugin, name);
    }
    /* [/main] */
    hh_instance_delete(plugin);
    hh_linker_delete(linker);
    hh_module_delete(module);
    hh_engine_delete(engine);
    return result;
}
