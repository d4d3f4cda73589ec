/*
 * What can go wrong, and what the library says then. Each line is a mistake of
 * the host's or the plugin's: what was done, the status, and the message.
 *
 *     errors [DIRECTORY]
 *
 * DIRECTORY has the plugins; by default guest/plugins.
 */
#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *directory = "guest/plugins";

/* Shows a failure. A success where none was expected ends the program. */
static void show(const char *what, hh_status status)
{
    if (status == HH_OK) {
        fprintf(stderr, "%s: went well, and should not\n", what);
        exit(EXIT_FAILURE);
    }
    printf("\n%s\n  %s: %s\n", what, hh_status_name(status), hh_error_message());
}

static void must(const char *what, hh_status status)
{
    if (status != HH_OK) {
        fprintf(stderr, "%s: %s: %s\n", what, hh_status_name(status), hh_error_message());
        exit(EXIT_FAILURE);
    }
}

static hh_module *load(hh_engine *engine, const char *name)
{
    char path[512];
    hh_module *module = NULL;
    snprintf(path, sizeof path, "%s/%s.wasm", directory, name);
    must(path, hh_module_load_file(engine, path, NULL, &module));
    return module;
}

/* A plugin that imports nothing but malloc and its family. */
static hh_instance *instance(hh_engine *engine, const char *name, const hh_limits *limits)
{
    hh_module *module = load(engine, name);
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    must("linker", hh_linker_new(engine, &linker));
    must("limits", hh_linker_limits(linker, limits));
    must(name, hh_linker_instantiate(linker, module, NULL, &plugin));
    must("free", hh_linker_delete(linker));
    must("free", hh_module_delete(module));
    return plugin;
}

static hh_func *function(hh_instance *plugin, const char *name, const char *prototype)
{
    hh_func *f = NULL;
    must(name, hh_instance_func(plugin, name, prototype, &f));
    return f;
}

/* Calls a function without arguments or result. */
static hh_status run(hh_instance *plugin, const char *name)
{
    hh_func *f = function(plugin, name, "()");
    hh_status status = hh_call(f, hh_to_void());
    must("free", hh_func_delete(f));
    return status;
}

/* ---- Before anything runs ------------------------------------------------ */

static void loading(hh_engine *engine)
{
    static const uint8_t text[] = "a plugin, honestly";
    hh_engine *other = NULL;
    hh_module *module = NULL;
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;

    show("a runtime that is not compiled in", hh_engine_new("v8", NULL, &other));
    show("a file that is not there",
         hh_module_load_file(engine, "no/such/plugin.wasm", NULL, &module));
    show("bytes that are no module",
         hh_module_load(engine, text, sizeof text - 1, NULL, &module));
    show("no pointer for the result", hh_module_load(engine, text, 4, NULL, NULL));

    module = load(engine, "host_greeter/host_greeter");
    must("linker", hh_linker_new(engine, &linker));
    show("host functions that the plugin needs and the host has not",
         hh_linker_instantiate(linker, module, NULL, &plugin));
    must("free", hh_linker_delete(linker));
    must("free", hh_module_delete(module));
}

static void contracts(hh_engine *engine)
{
    static const char promise[] = "name = \"greeter\"\n"
                                  "[exports]\n"
                                  "greet = \"(name: str) -> string\"\n"
                                  "goodbye = \"(name: str) -> string\"\n"
                                  "add = \"(f64, f64) -> f64\"\n";
    char path[512];
    hh_contract *contract = NULL;
    hh_module *module = NULL;
    hh_load_options options = hh_load_options_default();
    snprintf(path, sizeof path, "%s/greeter/greeter.wasm", directory);
    must("contract", hh_contract_from_toml(promise, &contract));
    options.contract = contract;
    show("a plugin that breaks its contract",
         hh_module_load_file(engine, path, &options, &module));
    must("free", hh_contract_delete(contract));
}

/* ---- Calls --------------------------------------------------------------- */

static void signatures(hh_engine *engine)
{
    hh_instance *plugin = instance(engine, "greeter/greeter", NULL);
    hh_func *f = NULL;
    hh_string text;
    int32_t number;

    show("no function of that name", hh_instance_func(plugin, "greed", "(str) -> string", &f));
    show("a signature that is not the function's",
         hh_instance_func(plugin, "greet", "(str, u32) -> string", &f));
    show("a signature that is none", hh_instance_func(plugin, "greet", "(string) -> str", &f));

    f = function(plugin, "greet", "(str) -> string");
    show("too few arguments", hh_call(f, hh_to_string(&text)));
    show("an argument of another type", hh_call(f, hh_to_string(&text), hh_i32(7)));
    show("a place for another result", hh_call(f, hh_to_i32(&number), hh_str("you")));
    show("text that is not UTF-8", hh_call(f, hh_to_string(&text), hh_str("caf\xe9")));
    must("the plugin is as it was", hh_call(f, hh_to_string(&text), hh_str("you")));
    hh_string_free(&text);
    must("free", hh_func_delete(f));
    must("free", hh_instance_delete(plugin));
}

static void plugins_errors(hh_engine *engine)
{
    hh_instance *plugin = instance(engine, "tour/tour", NULL);
    hh_func *f = function(plugin, "double_digits", "(str) -> result<string>");
    hh_string text;
    show("an error of the plugin's own", hh_call(f, hh_to_string(&text), hh_str("12x")));
    printf("  its code is %d\n", (int)hh_error_code());
    must("the plugin goes on", hh_call(f, hh_to_string(&text), hh_str("12")));
    hh_string_free(&text);
    must("free", hh_func_delete(f));
    must("free", hh_instance_delete(plugin));
}

/* (str), (str) -> option<string> */
static hh_status refuse(hh_invocation *call, void *user)
{
    return hh_fail(call, (const char *)user);
}

static hh_status now(hh_invocation *call, void *user)
{
    return hh_give(call, hh_i64(*(const int64_t *)user));
}

static void host_functions(hh_engine *engine)
{
    static const char why[] = "the data base is down";
    int64_t time = 1700000000000;
    hh_module *module = load(engine, "host_greeter/host_greeter");
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    hh_string text;
    must("linker", hh_linker_new(engine, &linker));
    must("log", hh_linker_func(linker, "host", "log", "(str)", refuse, (void *)why, NULL));
    must("now", hh_linker_func(linker, "host", "now", "() -> i64", now, &time, NULL));
    must("lookup", hh_linker_func(linker, "host", "lookup", "(str) -> option<string>", refuse,
                                  (void *)why, NULL));
    must("instantiate", hh_linker_instantiate(linker, module, NULL, &plugin));
    hh_func *f = function(plugin, "greet_user", "(str) -> string");
    show("a host function that fails", hh_call(f, hh_to_string(&text), hh_str("me")));
    show("the plugin that was left in the middle of a call",
         hh_call(f, hh_to_string(&text), hh_str("me")));
    must("free", hh_func_delete(f));
    must("free", hh_instance_delete(plugin));
    must("free", hh_linker_delete(linker));
    must("free", hh_module_delete(module));
}

/* ---- What plugins do ----------------------------------------------------- */

static void traps(hh_engine *engine)
{
    hh_instance *plugin = instance(engine, "misbehaver/misbehaver", NULL);
    show("a trap", run(plugin, "trap"));
    printf("  hh_error_trap() is %s\n",
           hh_error_trap() == HH_TRAP_UNREACHABLE ? "HH_TRAP_UNREACHABLE" : "another");
    show("a call after it", run(plugin, "trap"));
    printf("  poisoned: %s\n", hh_instance_is_poisoned(plugin) ? "yes" : "no");

    /* The heap is in order all the same; who knows the plugin can go on. */
    must("clear", hh_instance_clear_poison(plugin));
    show("a block that is freed twice", run(plugin, "double_free"));
    must("clear", hh_instance_clear_poison(plugin));
    show("a free of what lies on the stack", run(plugin, "free_stack"));
    must("clear", hh_instance_clear_poison(plugin));

    hh_string text;
    hh_func *f = function(plugin, "return_outside", "() -> string");
    show("a result that lies nowhere", hh_call(f, hh_to_string(&text)));
    must("free", hh_func_delete(f));
    must("free", hh_instance_delete(plugin));
}

static void memory(hh_engine *engine)
{
    uint32_t offset = 0, blocks = 0;
    char bytes[16];
    /* [limits] */
    hh_limits limits = hh_limits_default();
    limits.max_heap_bytes = 1 << 20;
    hh_instance *plugin = instance(engine, "misbehaver/misbehaver", &limits);
    /* [/limits] */

    /* The plugin's malloc returns NULL; what it does then is its own choice. */
    hh_func *f = function(plugin, "exhaust", "(u32) -> u32");
    must("exhaust", hh_call(f, hh_to_u32(&blocks), hh_u32(1000)));
    must("free", hh_func_delete(f));
    printf("\nthe plugin got %u blocks of 1000 bytes\n", (unsigned)blocks);
    show("the host's own malloc there", hh_instance_malloc(plugin, 64 << 10, &offset));
    show("a free of no block", hh_instance_free(plugin, 12345));
    show("bytes outside the memory", hh_instance_read(plugin, 0xfffffff0u, bytes, sizeof bytes));
    must("free", hh_instance_delete(plugin));
}

static void handles(hh_engine *engine)
{
    hh_instance *plugin = instance(engine, "greeter/greeter", NULL);
    hh_view view;
    uint32_t offset;
    must("view", hh_instance_view(plugin, 1024, 16, &view));
    show("a malloc while a view is open", hh_instance_malloc(plugin, 16, &offset));
    must("view", hh_view_end(&view));
    must("free", hh_instance_delete(plugin));
    show("an instance that is freed twice", hh_instance_delete(plugin));
    must("NULL is nothing to free", hh_instance_delete(NULL));
}

int main(int argc, char **argv)
{
    hh_engine *engine = NULL;
    if (argc > 1) {
        directory = argv[1];
    }
    must("engine", hh_engine_new(getenv("HOSTHEAP_RUNTIME"), NULL, &engine));
    loading(engine);
    contracts(engine);
    signatures(engine);
    plugins_errors(engine);
    host_functions(engine);
    traps(engine);
    memory(engine);
    handles(engine);
    must("free", hh_engine_delete(engine));
    return EXIT_SUCCESS;
}
