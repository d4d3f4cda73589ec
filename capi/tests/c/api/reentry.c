/* Host functions that use the plugin that called them. */
#include "check.h"
#include "tests.h"

/* What a host function does is up to the test. */
typedef struct {
    hh_func *greet_user;
    int calls;
    int drops;
    int depth;
} state;

static hh_status now(hh_invocation *call, void *user)
{
    (void)user;
    return hh_give(call, hh_i64(7));
}

static hh_status no_log(hh_invocation *call, void *user)
{
    (void)call;
    (void)user;
    return HH_OK;
}

static hh_status no_lookup(hh_invocation *call, void *user)
{
    (void)user;
    return hh_give(call, hh_null());
}

static rig start(hh_host_fn log, hh_host_fn lookup, state *state)
{
    rig rig = rig_open("host_greeter/host_greeter");
    OK(hh_linker_func(rig.linker, "host", "log", "(str)", log, state, NULL));
    OK(hh_linker_func(rig.linker, "host", "now", "() -> i64", now, state, NULL));
    OK(hh_linker_func(rig.linker, "host", "lookup", "(str) -> option<string>", lookup, state, NULL));
    rig_start(&rig, state);
    return rig;
}

/* ---- User data ----------------------------------------------------------- */

static hh_status count_log(hh_invocation *call, void *user)
{
    /* The function's own pointer, and the instance's. */
    CHECK(user == hh_instance_user(hh_invocation_instance(call)));
    ((state *)user)->calls++;
    return HH_OK;
}

void user_data_comes_with_the_function_and_with_the_instance(void)
{
    state state = { NULL, 0, 0, 0 };
    rig rig = start(count_log, no_lookup, &state);
    CHECK(hh_instance_user(rig.plugin) == &state);
    CHECK(hh_instance_user(NULL) == NULL);
    hh_func *say = func(&rig, "say", "(str)");
    OK(hh_call(say, hh_to_void(), hh_str("one")));
    OK(hh_call(say, hh_to_void(), hh_str("two")));
    SAME(state.calls, 2);
    OK(hh_func_delete(say));
    rig_close(&rig);
}

void user_data_is_destroyed_once_and_last(void)
{
    int drops = 0, refused = 0, calls = 0;
    rig rig = rig_open("convention/ownership");
    OK(hh_linker_func(rig.linker, "host", "poke", "()", count_call, &calls, NULL));
    OK(hh_linker_func(rig.linker, "host", "other", "()", count_call, &drops, count_drop));
    /* What is refused is destroyed as well: the pointer is the library's from the call on. */
    FAILS(HH_ERR_ARGUMENT, NULL,
          hh_linker_func(rig.linker, "host", "wrong", "(string)", count_call, &refused, count_drop));
    SAME(refused, 1);
    FAILS(HH_ERR_NULL, NULL,
          hh_linker_func(rig.linker, NULL, "wrong", "()", count_call, &refused, count_drop));
    SAME(refused, 2);
    rig_start(&rig, NULL);
    hh_instance *second = NULL;
    OK(hh_linker_instantiate(rig.linker, rig.module, NULL, &second));
    OK(hh_linker_delete(rig.linker));
    rig.linker = NULL;
    OK(hh_instance_delete(second));
    hh_func *f = func(&rig, "consume", "(owned<str>) -> u32");
    uint32_t sum;
    OK(hh_call(f, hh_to_u32(&sum), hh_str("a"))); /* it runs without its linker */
    OK(hh_func_delete(f));
    rig_close(&rig);
    SAME(drops, 1);
}

/* ---- Calls in calls ------------------------------------------------------ */

static hh_status nested(hh_invocation *call, void *user)
{
    state *it = (state *)user;
    hh_string inner;
    hh_span key;
    if (hh_take(call, hh_to_span(&key)) != HH_OK) {
        return hh_error_status();
    }
    it->calls++;
    if (key.len >= 5) {
        return hh_give(call, hh_strn((const char *)key.data, key.len));
    }
    /* The plugin's function once more, with a longer key. */
    char longer[8];
    memcpy(longer, key.data, key.len);
    longer[key.len] = '+';
    if (hh_call(it->greet_user, hh_to_string(&inner), hh_strn(longer, key.len + 1)) != HH_OK) {
        return hh_error_status();
    }
    /* The outer call's parameter is still what it was. */
    hh_status status = memchr(key.data, '+', key.len) == NULL || key.len > 1
                           ? hh_give(call, hh_strn(inner.data, inner.len))
                           : hh_fail(call, "the key has changed");
    hh_string_free(&inner);
    return status;
}

void host_functions_call_the_plugin_that_called_them(void)
{
    state state = { NULL, 0, 0, 0 };
    hh_string text;
    rig rig = start(no_log, nested, &state);
    state.greet_user = func(&rig, "greet_user", "(str) -> string");
    OK(hh_call(state.greet_user, hh_to_string(&text), hh_str("me")));
    SAME_TEXT(&text, "Hello, Hello, Hello, Hello, me+++!!!!");
    SAME(state.calls, 4);
    OK(hh_func_delete(state.greet_user));
    rig_close(&rig);
}

static hh_status endless(hh_invocation *call, void *user)
{
    state *it = (state *)user;
    hh_string text;
    it->calls++;
    hh_status status = hh_call(it->greet_user, hh_to_string(&text), hh_str("deeper"));
    if (status == HH_OK) {
        hh_string_free(&text);
        return hh_give(call, hh_null());
    }
    return status;
}

void calls_in_calls_have_a_limit(void)
{
    state state = { NULL, 0, 0, 0 };
    hh_string text;
    hh_limits limits = hh_limits_default();
    rig rig = rig_open("host_greeter/host_greeter");
    limits.max_depth = 10;
    OK(hh_linker_limits(rig.linker, &limits));
    OK(hh_linker_func(rig.linker, "host", "log", "(str)", no_log, NULL, NULL));
    OK(hh_linker_func(rig.linker, "host", "now", "() -> i64", now, NULL, NULL));
    OK(hh_linker_func(rig.linker, "host", "lookup", "(str) -> option<string>", endless, &state,
                      NULL));
    rig_start(&rig, NULL);
    state.greet_user = func(&rig, "greet_user", "(str) -> string");
    CHECK(hh_call(state.greet_user, hh_to_string(&text), hh_str("me")) != HH_OK);
    CHECK(strstr(hh_error_message(), "10") != NULL);
    SAME(state.calls, 10);
    OK(hh_func_delete(state.greet_user));
    rig_close(&rig);
}

/* ---- Memory in calls, and what is refused -------------------------------- */

static hh_status uses_memory(hh_invocation *call, void *user)
{
    hh_instance *plugin = hh_invocation_instance(call);
    uint32_t offset;
    char text[6];
    hh_view view;
    hh_string value;
    (void)user;
    CHECK(plugin != NULL);
    OK(hh_instance_malloc(plugin, 6, &offset));
    OK(hh_instance_write(plugin, offset, "inside", 6));
    OK(hh_instance_read(plugin, offset, text, sizeof text));
    CHECK(memcmp(text, "inside", 6) == 0);
    OK(hh_instance_view(plugin, offset, 6, &view));
    CHECK(memcmp(view.data, "inside", 6) == 0);
    OK(hh_view_end(&view));
    OK(hh_instance_take_bytes(plugin, offset, 6, &value)); /* frees the block too */
    hh_status status = hh_give(call, hh_strn(value.data, value.len));
    hh_string_free(&value);
    return status;
}

void host_functions_use_memory_and_heap(void)
{
    hh_string text;
    rig rig = start(no_log, uses_memory, NULL);
    hh_func *f = func(&rig, "greet_user", "(str) -> string");
    OK(hh_call(f, hh_to_string(&text), hh_str("me")));
    SAME_TEXT(&text, "Hello, inside!");
    OK(hh_func_delete(f));
    rig_close(&rig);
}

static hh_status frees_what_is_running(hh_invocation *call, void *user)
{
    state *it = (state *)user;
    FAILS(HH_ERR_BUSY, "do this when the call has returned",
          hh_instance_delete(hh_invocation_instance(call)));
    FAILS(HH_ERR_BUSY, "do this when the call has returned", hh_func_delete(it->greet_user));
    CHECK(strstr(hh_error_message(), "host function") == NULL);
    FAILS(HH_ERR_NULL, "`the result` is NULL", hh_give(call, hh_str(NULL)));
    return hh_give(call, hh_null());
}

void what_is_in_use_is_not_freed(void)
{
    state state = { NULL, 0, 0, 0 };
    hh_string text;
    rig rig = start(no_log, frees_what_is_running, &state);
    state.greet_user = func(&rig, "greet_user", "(str) -> string");
    OK(hh_call(state.greet_user, hh_to_string(&text), hh_str("me")));
    SAME_TEXT(&text, "Hello, stranger!");
    OK(hh_func_delete(state.greet_user));
    rig_close(&rig);
}

static hh_status leaves_a_view_open(hh_invocation *call, void *user)
{
    OK(hh_instance_view(hh_invocation_instance(call), 1024, 16, (hh_view *)user));
    return hh_give(call, hh_null());
}

void a_host_function_must_not_leave_a_view_open(void)
{
    hh_string text;
    hh_view left, copy;
    rig rig = rig_open("host_greeter/host_greeter");
    OK(hh_linker_func(rig.linker, "host", "log", "(str)", no_log, NULL, NULL));
    OK(hh_linker_func(rig.linker, "host", "now", "() -> i64", now, NULL, NULL));
    OK(hh_linker_func(rig.linker, "host", "lookup", "(str) -> option<string>", leaves_a_view_open,
                      &left, NULL));
    rig_start(&rig, NULL);
    hh_func *f = func(&rig, "greet_user", "(str) -> string");
    FAILS(HH_ERR_BUSY, "hh_view_end", hh_call(f, hh_to_string(&text), hh_str("me")));
    OK(hh_func_delete(f));
    OK(hh_instance_clear_poison(rig.plugin));
    OK(hh_instance_fill(rig.plugin, 1024, 0, 0)); /* it has ended */
    copy = left;
    OK(hh_view_end(&copy));
    rig_close(&rig);
    OK(hh_view_end(&left)); /* its instance is gone, which is no matter */
    CHECK(left.data == NULL);
}

/* ---- Failures ------------------------------------------------------------ */

static hh_status fails(hh_invocation *call, void *user)
{
    (void)user;
    return hh_fail(call, "no data base");
}

static hh_status fails_again(hh_invocation *call, void *user)
{
    (void)user;
    FAILS(HH_ERR_ARGUMENT, "which is no error", hh_fail_with(call, HH_OK, "fine"));
    FAILS(HH_ERR_ARGUMENT, "which is no error", hh_fail_with(call, HH_NEED_MEMORY, "fine"));
    FAILS(HH_ERR_TRAP, "an old trap", hh_fail_with(call, HH_ERR_TRAP, "an old trap"));
    CHECK(hh_error_trap() == HH_TRAP_OTHER);
    return hh_fail_with(call, HH_ERR_LINK, "an old error");
}

static hh_status fails_by_a_status(hh_invocation *call, void *user)
{
    hh_engine *engine;
    (void)call;
    (void)user;
    return hh_engine_new("no runtime", NULL, &engine);
}

static hh_status returns_nonsense(hh_invocation *call, void *user)
{
    (void)call;
    (void)user;
    return (hh_status)23;
}

void failures_of_host_functions_come_out_of_the_call(void)
{
    static const struct {
        hh_host_fn function;
        hh_status status;
        const char *part;
    } cases[] = {
        { fails, HH_ERR_HOST, "no data base" },
        { fails_again, HH_ERR_LINK, "an old error" },
        { fails_by_a_status, HH_ERR_UNSUPPORTED, "no runtime" },
        { returns_nonsense, (hh_status)23, NULL },
    };
    hh_string text;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig rig = start(no_log, cases[i].function, NULL);
        hh_func *f = func(&rig, "greet_user", "(str) -> string");
        FAILS(cases[i].status, cases[i].part, hh_call(f, hh_to_string(&text), hh_str("me")));
        CHECK(hh_instance_is_poisoned(rig.plugin));
        FAILS(HH_ERR_POISONED, NULL, hh_call(f, hh_to_string(&text), hh_str("me")));
        OK(hh_instance_clear_poison(rig.plugin));
        CHECK(!hh_instance_is_poisoned(rig.plugin));
        OK(hh_func_delete(f));
        rig_close(&rig);
    }
}
