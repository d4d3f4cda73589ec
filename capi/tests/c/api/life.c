/* How long things live, who may use them, and what stops a plugin. */
#include <pthread.h>

#include "check.h"
#include "tests.h"

void handles_are_freed_once(void)
{
    int drops = 0;
    rig rig = rig_of("greeter/greeter");
    hh_linked *linked = NULL;
    hh_block *block = NULL;
    hh_callback *callback = NULL;
    hh_func *f = func(&rig, "greet", "(str) -> string");
    OK(hh_linker_link(rig.linker, rig.module, &linked));
    OK(hh_instance_keep(rig.plugin, "x", 1, &block));
    OK(hh_instance_callback(rig.plugin, "()", count_call, &drops, count_drop, &callback));

#define TWICE(free, handle)                                       \
    do {                                                          \
        OK(free(handle));                                         \
        FAILS(HH_ERR_HANDLE, "destroyed already", free(handle));  \
        OK(free(NULL));                                           \
    } while (0)

    TWICE(hh_callback_delete, callback);
    TWICE(hh_block_delete, block);
    TWICE(hh_func_delete, f);
    TWICE(hh_linked_delete, linked);
    TWICE(hh_instance_delete, rig.plugin);
    SAME(drops, 1);
    TWICE(hh_linker_delete, rig.linker);
    TWICE(hh_module_delete, rig.module);
    TWICE(hh_engine_delete, rig.engine);
#undef TWICE
}

void handles_are_freed_in_any_order(void)
{
    int drops = 0;
    uint32_t u32;
    hh_string text;
    rig rig = rig_of("greeter/greeter");
    hh_block *block = NULL;
    hh_callback *callback = NULL;
    hh_func *f = func(&rig, "greet", "(str) -> string");
    OK(hh_instance_keep(rig.plugin, "x", 1, &block));
    OK(hh_instance_callback(rig.plugin, "()", count_call, &drops, count_drop, &callback));
    OK(hh_engine_delete(rig.engine));
    OK(hh_module_delete(rig.module));
    OK(hh_linker_delete(rig.linker));
    OK(hh_call(f, hh_to_string(&text), hh_str("you")));
    SAME_TEXT(&text, "Hello, you!");

    OK(hh_instance_delete(rig.plugin));
    SAME(drops, 1); /* it is gone with its plugin */
    /* What is left of it says so, and can still be freed. */
    CHECK(hh_call(f, hh_to_string(&text), hh_str("you")) != HH_OK);
    CHECK(strstr(hh_error_message(), "instance") != NULL);
    CHECK(hh_block_read(block, 0, &u32, 1) != HH_OK);
    OK(hh_func_delete(f));
    OK(hh_block_delete(block));
    OK(hh_callback_delete(callback));
    SAME(drops, 1);
}

void handles_of_different_instances_do_not_mix(void)
{
    rig a = rig_of("greeter/greeter");
    rig b = rig_of("convention/pointers");
    hh_block *block = NULL;
    hh_callback *callback = NULL;
    uint32_t u32;
    int calls = 0;
    OK(hh_instance_keep(a.plugin, "x", 1, &block));
    OK(hh_instance_callback(a.plugin, "()", count_call, &calls, NULL, &callback));
    hh_func *f = func(&b, "address", "(ptr) -> u32");
    FAILS(HH_ERR_MISMATCH, "an hh_block of another instance",
          hh_call(f, hh_to_u32(&u32), hh_kept(block)));
    OK(hh_func_delete(f));
    f = func(&b, "address", "(func) -> u32");
    FAILS(HH_ERR_MISMATCH, "an hh_callback of another instance",
          hh_call(f, hh_to_u32(&u32), hh_closure(callback)));
    OK(hh_func_delete(f));
    hh_instance *none = NULL;
    FAILS(HH_ERR_MISMATCH, NULL, hh_linker_instantiate(a.linker, b.module, NULL, &none));
    CHECK(none == NULL);
    OK(hh_block_delete(block));
    OK(hh_callback_delete(callback));
    rig_close(&a);
    rig_close(&b);
}

/* ---- Threads ------------------------------------------------------------- */

typedef struct {
    hh_engine *engine;
    hh_module *module;
    hh_linker *linker;
    hh_instance *instance;
    hh_func *func;
    hh_block *block;
    bool done;
} shared;

static void *elsewhere(void *data)
{
    shared *it = (shared *)data;
    hh_string text;
    uint32_t offset;
    hh_view view;
    hh_heap_stats stats;
    hh_func *f = NULL;
    CHECK(strcmp(hh_error_message(), "") == 0); /* errors are per thread */
    SAME(hh_error_status(), HH_OK);
    FAILS(HH_ERR_THREAD, "thread", hh_call(it->func, hh_to_string(&text), hh_str("you")));
    FAILS(HH_ERR_THREAD, NULL, hh_instance_func(it->instance, "greet", "(str) -> string", &f));
    FAILS(HH_ERR_THREAD, NULL, hh_instance_malloc(it->instance, 8, &offset));
    FAILS(HH_ERR_THREAD, NULL, hh_instance_view(it->instance, 0, 8, &view));
    FAILS(HH_ERR_THREAD, NULL, hh_instance_heap_stats(it->instance, &stats));
    FAILS(HH_ERR_THREAD, NULL, hh_block_read(it->block, 0, &offset, 1));
    FAILS(HH_ERR_THREAD, NULL, hh_func_delete(it->func));
    FAILS(HH_ERR_THREAD, NULL, hh_block_delete(it->block));
    FAILS(HH_ERR_THREAD, NULL, hh_instance_delete(it->instance));
    CHECK(hh_block_offset(it->block) == 0 || hh_block_offset(it->block) % 16 == 0);

    /* What is shared, is: an instance of this thread's own. */
    hh_instance *mine = NULL;
    OK(hh_linker_instantiate(it->linker, it->module, NULL, &mine));
    OK(hh_instance_func(mine, "greet", "(str) -> string", &f));
    OK(hh_call(f, hh_to_string(&text), hh_str("thread")));
    SAME_TEXT(&text, "Hello, thread!");
    OK(hh_func_delete(f));
    OK(hh_instance_delete(mine));
    it->done = true;
    return NULL;
}

void an_instance_belongs_to_its_thread(void)
{
    rig rig = rig_of("greeter/greeter");
    pthread_t thread;
    hh_string text;
    hh_block *block = NULL;
    OK(hh_instance_keep(rig.plugin, "x", 1, &block));
    hh_func *f = func(&rig, "greet", "(str) -> string");
    shared it = { rig.engine, rig.module, rig.linker, rig.plugin, f, block, false };
    CHECK(hh_engine_new("no such", NULL, &it.engine) != HH_OK); /* an error of this thread's */
    CHECK(pthread_create(&thread, NULL, elsewhere, &it) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(it.done);
    CHECK(strstr(hh_error_message(), "no such") != NULL);
    OK(hh_call(f, hh_to_string(&text), hh_str("you")));
    SAME_TEXT(&text, "Hello, you!");
    OK(hh_func_delete(f));
    OK(hh_block_delete(block));
    rig_close(&rig);
}

/* ---- Traps and limits ---------------------------------------------------- */

void a_plugin_that_trapped_is_poisoned(void)
{
    rig rig = rig_of("misbehaver/misbehaver");
    hh_heap_stats stats;
    uint32_t offset;
    hh_func *trap = func(&rig, "trap", "()");
    hh_func *divide = func(&rig, "divide", "(i32, i32) -> i32");
    int32_t quotient;
    SAME(hh_error_trap(), HH_TRAP_NONE);
    FAILS(HH_ERR_TRAP, "trap", hh_call(trap, hh_to_void()));
    SAME(hh_error_trap(), HH_TRAP_UNREACHABLE);
    CHECK(strlen(hh_error_detail()) > 0);
    hh_capabilities can;
    OK(hh_engine_capabilities(rig.engine, &can));
    CHECK(!can.trap_backtrace || strstr(hh_error_detail(), "trap") != NULL);
    CHECK(hh_instance_is_poisoned(rig.plugin));
    FAILS(HH_ERR_POISONED, NULL, hh_call(divide, hh_to_i32(&quotient), hh_i32(6), hh_i32(2)));
    SAME(hh_error_trap(), HH_TRAP_NONE);
    CHECK(strcmp(hh_error_detail(), "") == 0);
    /* Its memory and its heap can be looked at. */
    OK(hh_instance_heap_stats(rig.plugin, &stats));
    OK(hh_instance_malloc(rig.plugin, 8, &offset));
    OK(hh_instance_free(rig.plugin, offset));
    OK(hh_instance_clear_poison(rig.plugin));
    OK(hh_call(divide, hh_to_i32(&quotient), hh_i32(6), hh_i32(2)));
    SAME(quotient, 3);
    FAILS(HH_ERR_TRAP, NULL, hh_call(divide, hh_to_i32(&quotient), hh_i32(6), hh_i32(0)));
    SAME(hh_error_trap(), HH_TRAP_INTEGER_DIVISION_BY_ZERO);
    OK(hh_instance_clear_poison(rig.plugin));

    static const struct {
        const char *name;
        hh_trap trap;
    } traps[] = {
        { "load_past_end", HH_TRAP_MEMORY_OUT_OF_BOUNDS },
        { "call_wrong_type", HH_TRAP_INDIRECT_CALL_TYPE_MISMATCH },
        { "recurse_forever", HH_TRAP_STACK_OVERFLOW },
    };
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
        uint32_t u32;
        bool gives = traps[i].trap != HH_TRAP_INDIRECT_CALL_TYPE_MISMATCH;
        hh_func *f = func(&rig, traps[i].name, gives ? "() -> u32" : "()");
        FAILS(HH_ERR_TRAP, NULL, hh_call(f, gives ? hh_to_u32(&u32) : hh_to_void()));
        SAME(hh_error_trap(), traps[i].trap);
        OK(hh_instance_clear_poison(rig.plugin));
        OK(hh_func_delete(f));
    }
    OK(hh_func_delete(trap));
    OK(hh_func_delete(divide));
    rig_close(&rig);
}

void limits_hold(void)
{
    rig rig = rig_open("misbehaver/misbehaver");
    hh_limits limits = hh_limits_default();
    uint32_t blocks, offset;
    hh_string text;
    limits.max_heap_bytes = 100000;
    limits.max_block = 5000;
    limits.max_transfer = 64;
    OK(hh_linker_limits(rig.linker, &limits));
    rig_start(&rig, NULL);

    hh_func *exhaust = func(&rig, "exhaust", "(u32) -> u32");
    OK(hh_call(exhaust, hh_to_u32(&blocks), hh_u32(1000)));
    CHECK(blocks > 50 && blocks <= 100);
    hh_func *release = func(&rig, "release", "() -> u32");
    OK(hh_call(release, hh_to_u32(&offset)));
    SAME(offset, blocks);
    FAILS(HH_ERR_MEMORY, NULL, hh_instance_malloc(rig.plugin, 6000, &offset));

    hh_func *echo = func(&rig, "return_argument", "(str) -> string");
    char long_text[101];
    memset(long_text, 'x', 100);
    long_text[100] = '\0';
    OK(hh_call(echo, hh_to_string(&text), hh_str("short")));
    SAME_TEXT(&text, "short");
    FAILS(HH_ERR_CONVENTION, "64", hh_call(echo, hh_to_string(&text), hh_str(long_text)));
    OK(hh_func_delete(exhaust));
    OK(hh_func_delete(release));
    OK(hh_func_delete(echo));
    rig_close(&rig);

    /* Blocks, and what an invalid free leads to. */
    rig = rig_open("misbehaver/misbehaver");
    limits = hh_limits_default();
    limits.max_blocks = 7;
    limits.ignore_invalid_pointers = true;
    OK(hh_linker_limits(rig.linker, &limits));
    rig_start(&rig, NULL);
    exhaust = func(&rig, "exhaust", "(u32) -> u32");
    OK(hh_call(exhaust, hh_to_u32(&blocks), hh_u32(16)));
    SAME(blocks, 7);
    OK(hh_func_delete(exhaust));
    release = func(&rig, "release", "() -> u32");
    OK(hh_call(release, hh_to_u32(&blocks)));
    OK(hh_func_delete(release));
    hh_func *twice = func(&rig, "double_free", "()");
    OK(hh_call(twice, hh_to_void()));
    OK(hh_func_delete(twice));
    hh_heap_stats stats;
    OK(hh_instance_heap_stats(rig.plugin, &stats));
    SAME(stats.invalid_frees, 1);
    rig_close(&rig);

    FAILS(HH_ERR_NULL, NULL, hh_linker_limits(NULL, &limits));
}

void hardening_shows_a_plugins_mistakes(void)
{
    rig rig = rig_open("misbehaver/misbehaver");
    hh_limits limits = hh_limits_default();
    uint32_t a, b;
    uint8_t byte;
    limits.quarantine_blocks = 100;
    limits.junk_fill = true;
    OK(hh_linker_limits(rig.linker, &limits));
    rig_start(&rig, NULL);
    OK(hh_instance_malloc(rig.plugin, 40, &a));
    OK(hh_instance_read(rig.plugin, a, &byte, 1));
    SAME(byte, 0xa5);
    OK(hh_instance_free(rig.plugin, a));
    OK(hh_instance_read(rig.plugin, a, &byte, 1));
    SAME(byte, 0x5a);
    OK(hh_instance_malloc(rig.plugin, 40, &b));
    CHECK(a != b);
    OK(hh_instance_free(rig.plugin, b));
    rig_close(&rig);
}

void plugins_with_their_own_malloc_are_served_by_it(void)
{
    rig rig = rig_of("convention/legacy");
    hh_string text;
    hh_heap_stats stats;
    uint32_t live, offset;
    char bytes[] = "upper";
    hh_func *f = func(&rig, "greet", "(str) -> string");
    OK(hh_call(f, hh_to_string(&text), hh_str("old friend")));
    SAME_TEXT(&text, "Hello, old friend!");
    OK(hh_func_delete(f));
    f = func(&rig, "upper", "(mut slice<u8>)");
    OK(hh_call(f, hh_to_void(), hh_array_mut(bytes, 5, 1)));
    CHECK(strcmp(bytes, "UPPER") == 0);
    OK(hh_func_delete(f));
    OK(hh_instance_malloc(rig.plugin, 64, &offset)); /* its malloc, called by the host */
    f = func(&rig, "live_blocks", "() -> u32");
    OK(hh_call(f, hh_to_u32(&live)));
    SAME(live, 1);
    OK(hh_instance_free(rig.plugin, offset));
    OK(hh_call(f, hh_to_u32(&live)));
    SAME(live, 0);
    OK(hh_func_delete(f));
    OK(hh_instance_heap_stats(rig.plugin, &stats));
    SAME(stats.allocated, 0);
    CHECK(!hh_module_uses_host_heap(rig.module));
    rig_close(&rig);

    /* Under other names, if it is told. */
    hh_load_options options = hh_load_options_default();
    hh_module *module = NULL;
    hh_engine *engine = new_engine();
    options.malloc_name = "plugin_alloc";
    FAILS(HH_ERR_ARGUMENT, "free_name",
          hh_module_load_file(engine, plugin_path("convention/legacy_named"), &options, &module));
    options.free_name = "plugin_dealloc";
    OK(hh_module_load_file(engine, plugin_path("convention/legacy_named"), &options, &module));
    CHECK(!hh_module_uses_host_heap(module));
    CHECK(strstr(hh_module_allocator(module), "plugin_alloc") != NULL);
    OK(hh_module_delete(module));
    OK(hh_engine_delete(engine));
}
