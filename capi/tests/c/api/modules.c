/* Engines, modules, linking. */
#include "check.h"
#include "tests.h"

void the_compiled_in_runtimes_can_be_chosen(void)
{
    hh_engine *engine = NULL;
    CHECK(hh_runtime_count() > 0);
    CHECK(hh_runtime_name(hh_runtime_count()) == NULL);
    for (uint32_t i = 0; i < hh_runtime_count(); i++) {
        hh_capabilities can;
        OK(hh_engine_new(hh_runtime_name(i), NULL, &engine));
        CHECK(strcmp(hh_engine_runtime(engine), hh_runtime_name(i)) == 0);
        OK(hh_engine_capabilities(engine, &can));
        CHECK(can.native_code == (strcmp(hh_runtime_name(i), "wasmi") != 0));
        OK(hh_engine_delete(engine));
    }
    OK(hh_engine_new(NULL, NULL, &engine));
    CHECK(strcmp(hh_engine_runtime(engine), hh_runtime_name(0)) == 0);
    OK(hh_engine_delete(engine));
    FAILS(HH_ERR_UNSUPPORTED, hh_runtime_name(0), hh_engine_new("v8", NULL, &engine));
    CHECK(engine == NULL);
    FAILS(HH_ERR_NULL, NULL, hh_engine_new(NULL, NULL, NULL));
    CHECK(hh_engine_runtime(NULL) == NULL);
}

/* What is written to a struct of `size` bytes by its function: those, and none behind them. */
#define INIT_FITS(type, size) \
    do { \
        union { \
            type options; \
            unsigned char bytes[sizeof(type) + 16]; \
        } place; \
        memset(&place, 0x5a, sizeof place); \
        type##_init(&place.options, (size)); \
        SAME(place.options.struct_size, (size)); \
        for (size_t i = (size); i < sizeof place; i++) { \
            SAME(place.bytes[i], 0x5a); \
        } \
    } while (0)

/* As when the library is newer than the header that a program was compiled with. */
void options_of_an_older_header_are_not_overrun(void)
{
    INIT_FITS(hh_engine_options, sizeof(hh_engine_options));
    INIT_FITS(hh_engine_options, sizeof(size_t));
    INIT_FITS(hh_engine_options, offsetof(hh_engine_options, max_stack));
    INIT_FITS(hh_load_options, sizeof(hh_load_options));
    INIT_FITS(hh_load_options, offsetof(hh_load_options, contract));
    INIT_FITS(hh_limits, sizeof(hh_limits));
    INIT_FITS(hh_limits, offsetof(hh_limits, max_depth));
    INIT_FITS(hh_heap_options, sizeof(hh_heap_options));
    INIT_FITS(hh_heap_options, offsetof(hh_heap_options, max_blocks));

    hh_engine_options cut;
    memset(&cut, 0x5a, sizeof cut);
    hh_engine_options_init(&cut, offsetof(hh_engine_options, max_stack));
    CHECK(cut.memory_reservation == UINT64_MAX); /* what fits has its default */
    hh_engine_options_init(&cut, 3); /* less than a size */
    SAME(cut.struct_size, offsetof(hh_engine_options, max_stack));
    hh_engine_options_init(NULL, sizeof cut);
}

void options_have_a_size(void)
{
    hh_engine *engine = NULL;
    hh_engine_options options = hh_engine_options_default();
    SAME(options.struct_size, sizeof options);
    options.memory_reservation = 0;
    OK(hh_engine_new(test_runtime, &options, &engine));
    OK(hh_engine_delete(engine));
    options.struct_size = 3;
    FAILS(HH_ERR_ARGUMENT, "struct_size", hh_engine_new(test_runtime, &options, &engine));
    CHECK(engine == NULL);
    options.struct_size = sizeof options + 8; /* of a header of the future */
    FAILS(HH_ERR_ARGUMENT, "struct_size", hh_engine_new(test_runtime, &options, &engine));
}

void modules_are_loaded_from_bytes_and_files(void)
{
    hh_engine *engine = new_engine();
    hh_module *module = NULL;
    hh_instance *plugin = NULL;
    hh_linker *linker = NULL;
    size_t len;
    uint8_t *bytes = plugin_bytes("greeter/greeter", &len);
    OK(hh_module_load(engine, bytes, len, NULL, &module));
    memset(bytes, 0, len); /* they are not needed any more */
    free(bytes);
    OK(hh_linker_new(engine, &linker));
    OK(hh_linker_instantiate(linker, module, NULL, &plugin));
    OK(hh_instance_delete(plugin));
    OK(hh_module_delete(module));

    FAILS(HH_ERR_MODULE, NULL, hh_module_load(engine, (const uint8_t *)"text", 4, NULL, &module));
    CHECK(module == NULL);
    FAILS(HH_ERR_MODULE, NULL, hh_module_load(engine, NULL, 0, NULL, &module));
    FAILS(HH_ERR_NULL, NULL, hh_module_load(engine, NULL, 4, NULL, &module));
    FAILS(HH_ERR_IO, "no such file", hh_module_load_file(engine, "no such file", NULL, &module));
    FAILS(HH_ERR_MODULE, NULL, hh_module_load_file(engine, "README.md", NULL, &module));
    FAILS(HH_ERR_NULL, NULL, hh_module_load_file(engine, NULL, NULL, &module));
    OK(hh_linker_delete(linker));
    OK(hh_engine_delete(engine));
}

void load_options_hold(void)
{
    hh_engine *engine = new_engine();
    hh_load_options options = hh_load_options_default();
    rig rig = { engine, NULL, NULL, NULL };
    uint64_t was;
    options.max_memory = 4 * 65536;
    OK(hh_module_load_file(engine, plugin_path("misbehaver/misbehaver"), &options, &rig.module));
    OK(hh_linker_new(engine, &rig.linker));
    rig_start(&rig, NULL);
    FAILS(HH_ERR_GROW, NULL, hh_instance_memory_grow(rig.plugin, 4 * 65536, &was));
    rig_close(&rig);
}

void what_is_known_of_a_module_can_be_asked(void)
{
    hh_engine *engine = new_engine();
    hh_module *module = load(engine, "host_greeter/host_greeter");
    hh_layout layout;
    hh_extern it;
    hh_string text;
    bool lookup = false, greet_user = false;
    OK(hh_module_layout(module, &layout));
    SAME(layout.certainty, HH_CERTAINTY_EXACT);
    SAME(layout.found_by, HH_FOUND_BY_GLOBAL);
    SAME(layout.allocator, HH_ALLOCATOR_HOST);
    CHECK(layout.heap_start == layout.heap_base && layout.heap_base % 16 == 0);
    CHECK(hh_module_uses_host_heap(module));
    CHECK(hh_module_allocator(module) != NULL);
    CHECK(hh_module_report(module) == NULL);
    OK(hh_module_rewrites(module, &text));
    CHECK(text.data != NULL);
    hh_string_free(&text);

    for (size_t i = 0; i < hh_module_import_count(module); i++) {
        OK(hh_module_import_at(module, i, &it));
        lookup = lookup || (strcmp(it.module, "host") == 0 && strcmp(it.name, "lookup") == 0 &&
                            it.kind == HH_EXTERN_FUNC);
    }
    for (size_t i = 0; i < hh_module_export_count(module); i++) {
        OK(hh_module_export_at(module, i, &it));
        greet_user = greet_user || (strcmp(it.name, "greet_user") == 0 && it.module[0] == '\0' &&
                                    strstr(it.type, "(i32, i32) -> i64") != NULL);
    }
    CHECK(lookup && greet_user);
    FAILS(HH_ERR_ARGUMENT, NULL, hh_module_import_at(module, hh_module_import_count(module), &it));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_module_export_at(module, SIZE_MAX, &it));
    OK(hh_module_delete(module));
    OK(hh_engine_delete(engine));
}

void a_module_is_described_without_a_runtime(void)
{
    size_t len;
    uint8_t *bytes = plugin_bytes("greeter/greeter", &len);
    hh_layout layout;
    hh_string text;
    OK(hh_layout_from_module(bytes, len, &layout));
    CHECK(layout.heap_start > 0 && layout.memory_bytes % 65536 == 0);
    OK(hh_module_describe(bytes, len, &text));
    CHECK(strstr(text.data, "__heap_base") != NULL && strstr(text.data, "greet") != NULL);
    hh_string_free(&text);
    FAILS(HH_ERR_MODULE, NULL, hh_layout_from_module(bytes, 10, &layout));
    FAILS(HH_ERR_MODULE, NULL, hh_module_describe(bytes, 3, &text));
    CHECK(text.data == NULL);
    free(bytes);
}

void modules_are_prepared_for_another_runtime(void)
{
    size_t len;
    uint8_t *bytes = plugin_bytes("greeter/greeter", &len);
    hh_load_options options = hh_load_options_default();
    hh_prepared prepared;
    hh_engine *engine = new_engine();
    hh_module *module = NULL;
    options.max_memory = 8 * 65536;
    OK(hh_prepare(bytes, len, &options, &prepared));
    CHECK(strcmp(prepared.memory_export.data, "memory") == 0);
    /* What comes out is a module like any other. */
    OK(hh_module_load(engine, (const uint8_t *)prepared.wasm.data, prepared.wasm.len, NULL,
                      &module));
    hh_layout layout;
    OK(hh_module_layout(module, &layout));
    SAME(layout.memory_max, 8 * 65536);
    OK(hh_module_delete(module));
    OK(hh_engine_delete(engine));
    hh_prepared_free(&prepared);
    hh_prepared_free(&prepared);
    FAILS(HH_ERR_MODULE, NULL, hh_prepare(bytes, 10, NULL, &prepared));
    free(bytes);
}

void an_allocator_is_taken_out_or_the_reason_is_given(void)
{
    size_t len;
    uint8_t *bytes = plugin_bytes("greeter/greeter", &len);
    hh_string out, report;
    /* There is none in it. */
    hh_status status = hh_externalize(bytes, len, &out, &report);
    if (status == HH_OK) {
        CHECK(out.data != NULL && report.data != NULL);
    } else {
        SAME(status, HH_ERR_MODULE);
        CHECK(out.data == NULL && strlen(hh_error_message()) > 10);
    }
    hh_string_free(&out);
    hh_string_free(&report);
    free(bytes);
}

void all_that_does_not_link_is_said_at_once(void)
{
    rig rig = rig_open("host_greeter/host_greeter");
    hh_linked *linked = NULL;
    int calls = 0;
    FAILS(HH_ERR_LINK, "host.log", hh_linker_link(rig.linker, rig.module, &linked));
    CHECK(linked == NULL);
    CHECK(strstr(hh_error_message(), "host.lookup") != NULL);
    CHECK(strstr(hh_error_message(), "host.now") != NULL);
    OK(hh_linker_func(rig.linker, "host", "now", "() -> f64", count_call, &calls, NULL));
    FAILS(HH_ERR_LINK, "double now(void)", hh_linker_link(rig.linker, rig.module, &linked));
    FAILS(HH_ERR_LINK, NULL, hh_linker_instantiate(rig.linker, rig.module, NULL, &rig.plugin));
    CHECK(rig.plugin == NULL);
    rig_close(&rig);
}

void a_module_is_linked_once_for_many_instances(void)
{
    enum { MANY = 5 };
    rig rig = rig_open("convention/scalars");
    hh_linked *linked = NULL;
    hh_instance *plugins[MANY];
    int users[MANY];
    OK(hh_linker_link(rig.linker, rig.module, &linked));
    for (int i = 0; i < MANY; i++) {
        OK(hh_linked_instantiate(linked, &users[i], &plugins[i]));
        CHECK(hh_instance_user(plugins[i]) == &users[i]);
    }
    for (int i = 0; i < MANY; i++) { /* each has memory and globals of its own */
        hh_func *tick = NULL, *count = NULL;
        uint32_t ticks;
        OK(hh_instance_func(plugins[i], "tick", "()", &tick));
        OK(hh_instance_func(plugins[i], "tick_count", "() -> u32", &count));
        for (int j = 0; j < i; j++) {
            OK(hh_call(tick, hh_to_void()));
        }
        OK(hh_call(count, hh_to_u32(&ticks)));
        SAME(ticks, i);
        OK(hh_func_delete(tick));
        OK(hh_func_delete(count));
    }
    OK(hh_linked_delete(linked));
    for (int i = 0; i < MANY; i++) {
        OK(hh_instance_delete(plugins[i]));
    }
    rig_close(&rig);
}

static hh_status own_malloc(hh_invocation *call, void *user)
{
    ++*(int *)user;
    return hh_give(call, hh_ptr(0)); /* never any memory */
}

void a_member_of_the_malloc_family_can_be_replaced(void)
{
    int calls = 0;
    uint32_t offset = 1;
    rig rig = rig_open("misbehaver/misbehaver");
    OK(hh_linker_func(rig.linker, "env", "malloc", "(u32) -> ptr", own_malloc, &calls, NULL));
    rig_start(&rig, NULL);
    hh_func *f = func(&rig, "raw_malloc", "(u32) -> ptr");
    OK(hh_call(f, hh_to_ptr(&offset), hh_u32(10)));
    CHECK(offset == 0 && calls == 1);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void start_functions_run_once(void)
{
    rig rig = rig_of("ctors/ctors");
    uint32_t times;
    hh_string motto;
    hh_func *f = func(&rig, "constructed", "() -> u32");
    OK(hh_call(f, hh_to_u32(&times)));
    SAME(times, 1);
    OK(hh_func_delete(f));
    f = func(&rig, "motto", "() -> string");
    OK(hh_call(f, hh_to_string(&motto)));
    SAME_TEXT(&motto, "made before main");
    OK(hh_func_delete(f));
    rig_close_with(&rig, 1); /* the constructor's block */
}

void versions_agree(void)
{
    CHECK(strcmp(hh_version(), HH_VERSION) == 0);
}

void statuses_have_their_names(void)
{
    static const struct {
        hh_status status;
        const char *name;
    } all[] = {
#define NAMED(status) { status, #status }
        NAMED(HH_OK),           NAMED(HH_ERR_NULL),       NAMED(HH_ERR_ARGUMENT),
        NAMED(HH_ERR_HANDLE),   NAMED(HH_ERR_BUSY),       NAMED(HH_ERR_THREAD),
        NAMED(HH_ERR_IO),       NAMED(HH_ERR_MODULE),     NAMED(HH_ERR_CONTRACT),
        NAMED(HH_ERR_LINK),     NAMED(HH_ERR_TRAP),       NAMED(HH_ERR_BOUNDS),
        NAMED(HH_ERR_GROW),     NAMED(HH_ERR_TABLE),      NAMED(HH_ERR_MEMORY),
        NAMED(HH_ERR_POINTER),  NAMED(HH_ERR_CONVENTION), NAMED(HH_ERR_MISMATCH),
        NAMED(HH_ERR_POISONED), NAMED(HH_ERR_UNSUPPORTED), NAMED(HH_ERR_HOST),
        NAMED(HH_ERR_GUEST),    NAMED(HH_ERR_RUNTIME),    NAMED(HH_ERR_PANIC),
        NAMED(HH_NEED_MEMORY),
#undef NAMED
    };
    int count = (int)(sizeof all / sizeof all[0]);
    for (int i = 0; i < count; i++) {
        CHECK(strcmp(hh_status_name(all[i].status), all[i].name) == 0);
    }
    CHECK(strcmp(hh_status_name((hh_status)count), "unknown status") == 0);
    CHECK(strcmp(hh_status_name(-1), "unknown status") == 0);
}
