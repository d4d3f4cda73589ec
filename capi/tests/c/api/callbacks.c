/* Functions of the host's in a plugin's table, and the plugin's own. */
#include "check.h"
#include "tests.h"

static hh_status never(hh_invocation *call, void *user)
{
    (void)user;
    return hh_fail(call, "this function is not part of the test");
}

static rig start(void)
{
    rig rig = rig_open("convention/callbacks");
    OK(hh_linker_func(rig.linker, "host", "call_me", "(func, i32) -> i32", never, NULL, NULL));
    OK(hh_linker_func(rig.linker, "host", "poke", "()", never, NULL, NULL));
    rig_start(&rig, NULL);
    return rig;
}

static hh_status add_to(hh_invocation *call, void *user)
{
    int32_t x;
    if (hh_take(call, hh_to_i32(&x)) != HH_OK) {
        return hh_error_status();
    }
    return hh_give(call, hh_i32(x + *(const int *)user));
}

static hh_status compare(hh_invocation *call, void *user)
{
    int32_t a, b;
    if (hh_take(call, hh_to_i32(&a), hh_to_i32(&b)) != HH_OK) {
        return hh_error_status();
    }
    ++*(int *)user;
    return hh_give(call, hh_i32(a < b ? -1 : a > b));
}

static hh_status collect(hh_invocation *call, void *user)
{
    hh_span word;
    char *all = (char *)user;
    if (hh_take(call, hh_to_span(&word)) != HH_OK) {
        return hh_error_status();
    }
    size_t len = strlen(all);
    memcpy(all + len, word.data, word.len);
    all[len + word.len] = '/';
    all[len + word.len + 1] = '\0';
    return HH_OK;
}

void plugins_call_functions_that_they_are_given(void)
{
    rig rig = start();
    int32_t numbers[4] = { 3, 1, 4, 1 };
    int compared = 0, ten = 10;
    char words[64] = "";
    int32_t x;
    hh_callback *by_size = NULL, *plus_ten = NULL, *each = NULL;

    OK(hh_instance_callback(rig.plugin, "(i32, i32) -> i32", compare, &compared, NULL, &by_size));
    hh_func *f = func(&rig, "sort", "(mut slice<i32>, func)");
    OK(hh_call(f, hh_to_void(), hh_array_mut(numbers, 4, sizeof numbers[0]), hh_closure(by_size)));
    CHECK(numbers[0] == 1 && numbers[1] == 1 && numbers[2] == 3 && numbers[3] == 4);
    CHECK(compared > 0);
    OK(hh_func_delete(f));

    OK(hh_instance_callback(rig.plugin, "(str)", collect, words, NULL, &each));
    f = func(&rig, "each_word", "(str, func)");
    OK(hh_call(f, hh_to_void(), hh_str("not one word"), hh_closure(each)));
    CHECK(strcmp(words, "not/one/word/") == 0);
    OK(hh_func_delete(f));

    OK(hh_instance_callback(rig.plugin, "(i32) -> i32", add_to, &ten, NULL, &plus_ten));
    f = func(&rig, "compose", "(func, func, i32) -> i32");
    OK(hh_call(f, hh_to_i32(&x), hh_closure(plus_ten), hh_closure(plus_ten), hh_i32(1)));
    SAME(x, 21);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_apply", "(option<func>, i32) -> i32");
    OK(hh_call(f, hh_to_i32(&x), hh_closure(plus_ten), hh_i32(2)));
    SAME(x, 12);
    OK(hh_call(f, hh_to_i32(&x), hh_null(), hh_i32(2)));
    SAME(x, -1);
    /* By its index it is a pointer like any other. */
    OK(hh_call(f, hh_to_i32(&x), hh_fn(hh_callback_index(plus_ten)), hh_i32(3)));
    SAME(x, 13);
    OK(hh_func_delete(f));

    OK(hh_callback_delete(by_size));
    OK(hh_callback_delete(plus_ten));
    OK(hh_callback_delete(each));
    rig_close(&rig);
}

void callbacks_are_destroyed_exactly_once(void)
{
    int one = 0, two = 0, refused = 0;
    rig rig = start();
    hh_callback *a = NULL, *b = NULL, *none = NULL;
    OK(hh_instance_callback(rig.plugin, "()", count_call, &one, count_drop, &a));
    OK(hh_instance_callback(rig.plugin, "()", count_call, &two, count_drop, &b));
    FAILS(HH_ERR_ARGUMENT, NULL,
          hh_instance_callback(rig.plugin, "(nonsense)", count_call, &refused, count_drop, &none));
    CHECK(none == NULL && refused == 1);

    hh_func *f = func(&rig, "call_times", "(func, u32)");
    OK(hh_call(f, hh_to_void(), hh_closure(a), hh_u32(3)));
    SAME(one, 3);
    OK(hh_callback_delete(a));
    SAME(one, 4); /* at once */
    FAILS(HH_ERR_HANDLE, NULL, hh_callback_delete(a));
    OK(hh_callback_delete(NULL));
    OK(hh_call(f, hh_to_void(), hh_closure(b), hh_u32(2)));
    CHECK(one == 4 && two == 2);
    OK(hh_func_delete(f));
    rig_close(&rig); /* b is still there: it goes with its instance */
    SAME(two, 3);
    OK(hh_callback_delete(b));
    SAME(two, 3);
}

void a_freed_callback_is_a_trap_and_not_another_function(void)
{
    int calls = 0;
    rig rig = start();
    hh_callback *handler = NULL;
    int ten = 10;
    int32_t x;
    OK(hh_instance_callback(rig.plugin, "(i32) -> i32", add_to, &ten, NULL, &handler));
    hh_func *set = func(&rig, "set_handler", "(option<func>)");
    hh_func *fire = func(&rig, "fire", "(i32) -> i32");
    OK(hh_call(set, hh_to_void(), hh_closure(handler)));
    OK(hh_call(fire, hh_to_i32(&x), hh_i32(5)));
    SAME(x, 15);
    OK(hh_callback_delete(handler));
    CHECK(hh_call(fire, hh_to_i32(&x), hh_i32(5)) != HH_OK);
    OK(hh_instance_clear_poison(rig.plugin));

    /* Another one does not take its place for the plugin, whatever its type. */
    OK(hh_instance_callback(rig.plugin, "()", count_call, &calls, NULL, &handler));
    CHECK(hh_call(fire, hh_to_i32(&x), hh_i32(5)) != HH_OK);
    OK(hh_instance_clear_poison(rig.plugin));
    SAME(calls, 0);
    OK(hh_callback_delete(handler));
    OK(hh_func_delete(set));
    OK(hh_func_delete(fire));
    rig_close(&rig);
}

void the_plugins_function_pointers_are_called(void)
{
    rig rig = start();
    uint32_t index;
    int32_t x;
    hh_string text;
    hh_func *f = NULL;
    hh_func *get_op = func(&rig, "get_op", "(u8) -> option<func>");
    OK(hh_call(get_op, hh_to_fn(&index), hh_u32('-')));
    CHECK(index != 0);
    OK(hh_instance_func_at(rig.plugin, index, "(i32, i32) -> i32", &f));
    OK(hh_call(f, hh_to_i32(&x), hh_i32(50), hh_i32(8)));
    SAME(x, 42);
    OK(hh_func_delete(f));
    FAILS(HH_ERR_LINK, "uint64_t (*f)", hh_instance_func_at(rig.plugin, index, "(str) -> string", &f));
    FAILS(HH_ERR_TABLE, NULL, hh_instance_func_at(rig.plugin, 0, "()", &f));
    FAILS(HH_ERR_TABLE, NULL, hh_instance_func_at(rig.plugin, UINT32_MAX, "()", &f));
    OK(hh_call(get_op, hh_to_fn(&index), hh_u32('?')));
    SAME(index, 0);
    OK(hh_func_delete(get_op));

    hh_func *get_shout = func(&rig, "get_shout", "() -> func");
    OK(hh_call(get_shout, hh_to_fn(&index)));
    OK(hh_func_delete(get_shout));
    OK(hh_instance_func_at(rig.plugin, index, "(str) -> string", &f));
    OK(hh_call(f, hh_to_string(&text), hh_str("loud")));
    SAME_TEXT(&text, "LOUD");
    OK(hh_func_delete(f));
    rig_close(&rig);
}

static hh_status fails(hh_invocation *call, void *user)
{
    (void)user;
    return hh_fail(call, "not today");
}

void callbacks_that_fail_end_the_call(void)
{
    rig rig = start();
    hh_callback *callback = NULL;
    OK(hh_instance_callback(rig.plugin, "()", fails, NULL, NULL, &callback));
    hh_func *f = func(&rig, "call_holding", "(func)");
    FAILS(HH_ERR_HOST, "not today", hh_call(f, hh_to_void(), hh_closure(callback)));
    OK(hh_func_delete(f));
    OK(hh_callback_delete(callback));
    rig_close_with(&rig, 1); /* the block that it held */
}
