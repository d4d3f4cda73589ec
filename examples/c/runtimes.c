/*
 * The same plugin on each runtime that the library was built with; which one a
 * program uses is decided when it runs.
 *
 *     runtimes [RUNTIME [PLUGIN]]
 */
#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>

static bool fib_on(const char *runtime, const char *path)
{
    hh_engine *engine = NULL;
    hh_module *module = NULL;
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    hh_func *fib = NULL;
    int64_t result = 0;

    bool ok = hh_engine_new(runtime, NULL, &engine) == HH_OK &&
              hh_module_load_file(engine, path, NULL, &module) == HH_OK &&
              hh_linker_new(engine, &linker) == HH_OK &&
              hh_linker_instantiate(linker, module, NULL, &plugin) == HH_OK &&
              hh_instance_func(plugin, "fib", "(i64) -> i64", &fib) == HH_OK &&
              hh_call(fib, hh_to_i64(&result), hh_i64(90)) == HH_OK;
    if (ok) {
        printf("%s: fib(90) is %lld\n", hh_engine_runtime(engine), (long long)result);
    } else {
        fprintf(stderr, "%s: %s\n", runtime, hh_error_message());
    }
    hh_func_delete(fib);
    hh_instance_delete(plugin);
    hh_linker_delete(linker);
    hh_module_delete(module);
    hh_engine_delete(engine);
    return ok;
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : "guest/plugins/greeter/greeter.wasm";
    bool ok = true;
    if (argc > 1) {
        return fib_on(argv[1], path) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    for (uint32_t i = 0; i < hh_runtime_count(); i++) {
        ok = fib_on(hh_runtime_name(i), path) && ok;
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
