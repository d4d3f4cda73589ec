/* Host functions: what they give to plugins. */
#include "check.h"
#include "shapes.h"
#include "tests.h"

/* The hash that the plugin makes of a text, or -1 for NULL. */
static int64_t hash(const char *text)
{
    uint32_t h = 0;
    for (; *text != '\0'; text++) {
        h = 31 * h + (unsigned char)*text;
    }
    return h;
}

/* Takes the one parameter; a host function fails if that does. */
#define TAKE(...)                                     \
    do {                                              \
        if (hh_take(call, __VA_ARGS__) != HH_OK) {    \
            return hh_error_status();                 \
        }                                             \
    } while (0)

/* (u32) -> string, cstring, option<...>: "text N"; none for 0. */
static hh_status give_text(hh_invocation *call, void *user)
{
    uint32_t n;
    char text[16];
    (void)user;
    TAKE(hh_to_u32(&n));
    snprintf(text, sizeof text, "text %u", (unsigned)n);
    return hh_give(call, hh_strn(text, strlen(text))); /* copied at once */
}

static hh_status give_maybe_text(hh_invocation *call, void *user)
{
    uint32_t n;
    (void)user;
    TAKE(hh_to_u32(&n));
    return hh_give(call, n > 0 ? hh_str("there") : hh_null());
}

static hh_status give_c_text(hh_invocation *call, void *user)
{
    uint32_t n;
    (void)user;
    TAKE(hh_to_u32(&n));
    return hh_give(call, n > 0 ? hh_cstr("C text") : hh_null());
}

/* (u32) -> vec<i32>, option<vec<i32>>: 1 to n; none for 0. */
static hh_status give_numbers(hh_invocation *call, void *user)
{
    uint32_t n;
    int32_t numbers[8];
    (void)user;
    TAKE(hh_to_u32(&n));
    for (uint32_t i = 0; i < n && i < 8; i++) {
        numbers[i] = (int32_t)i + 1;
    }
    return hh_give(call, n > 0 ? hh_array(numbers, n, sizeof numbers[0]) : hh_null());
}

static hh_status give_points(hh_invocation *call, void *user)
{
    static const struct point points[2] = { { 1, 2 }, { 3, 4 } };
    (void)user;
    return hh_give(call, hh_array(points, 2, sizeof points[0]));
}

static hh_status give_point(hh_invocation *call, void *user)
{
    struct point p;
    (void)user;
    TAKE(hh_to_f64(&p.x), hh_to_f64(&p.y));
    return hh_give(call, hh_in(&p, sizeof p));
}

static hh_status give_maybe_point(hh_invocation *call, void *user)
{
    static const struct point p = { 7, 2 };
    bool yes;
    (void)user;
    TAKE(hh_to_bool(&yes));
    return hh_give(call, yes ? hh_in(&p, sizeof p) : hh_null());
}

static hh_status give_item(hh_invocation *call, void *user)
{
    struct item item = { 0, 1.5f, -3, true, 9 };
    (void)user;
    TAKE(hh_to_u32(&item.id));
    return hh_give(call, hh_in(&item, sizeof item));
}

static hh_status give_pair(hh_invocation *call, void *user)
{
    int32_t a;
    double b;
    (void)user;
    TAKE(hh_to_i32(&a), hh_to_f64(&b));
    return hh_give(call, hh_i32(a), hh_f64(b)); /* a tuple: as many values */
}

static hh_status give_quad(hh_invocation *call, void *user)
{
    int64_t a;
    (void)user;
    TAKE(hh_to_i64(&a));
    return hh_give(call, hh_i64(a), hh_f32(0.5f), hh_u32(7), hh_i32(-1));
}

/* ---- result<...> --------------------------------------------------------- */

static hh_status try_check(hh_invocation *call, void *user)
{
    int32_t x;
    (void)user;
    TAKE(hh_to_i32(&x));
    return x == 0 ? HH_OK : hh_give_error(call, x, NULL);
}

static hh_status try_divide(hh_invocation *call, void *user)
{
    int32_t a, b;
    (void)user;
    TAKE(hh_to_i32(&a), hh_to_i32(&b));
    return b == 0 ? hh_give_error(call, 3, NULL) : hh_give(call, hh_i32(a / b));
}

static hh_status try_point(hh_invocation *call, void *user)
{
    static const struct point p = { 7, 2 };
    bool yes;
    (void)user;
    TAKE(hh_to_bool(&yes));
    return yes ? hh_give(call, hh_in(&p, sizeof p)) : hh_give_error(call, 4, NULL);
}

static hh_status try_text(hh_invocation *call, void *user)
{
    hh_span text;
    (void)user;
    TAKE(hh_to_span(&text));
    if (text.len == 0) {
        return hh_give_error(call, 5, "nothing");
    }
    return hh_give(call, hh_strn((const char *)text.data, text.len));
}

static hh_status try_numbers(hh_invocation *call, void *user)
{
    static const int32_t numbers[3] = { 1, 2, 3 };
    int32_t n;
    (void)user;
    TAKE(hh_to_i32(&n));
    if (n < 0 || n > 3) {
        return hh_give_error(call, 6, "out of range");
    }
    return hh_give(call, hh_array(numbers, (size_t)n, sizeof numbers[0]));
}

static const struct {
    const char *name, *prototype;
    hh_host_fn function;
} imports[] = {
    { "text", "(u32) -> string", give_text },
    { "text_packed", "(u32) -> string", give_text },
    { "maybe_text", "(u32) -> option<string>", give_maybe_text },
    { "maybe_text_packed", "(u32) -> option<string>", give_maybe_text },
    { "c_text", "(u32) -> cstring", give_c_text },
    { "maybe_c_text", "(u32) -> option<cstring>", give_c_text },
    { "numbers", "(u32) -> vec<i32>", give_numbers },
    { "numbers_packed", "(u32) -> vec<i32>", give_numbers },
    { "maybe_numbers", "(u32) -> option<vec<i32>>", give_numbers },
    { "points", "(u32) -> vec<struct point>", give_points },
    { "point", "(f64, f64) -> struct point", give_point },
    { "point_block", "(f64, f64) -> struct point", give_point },
    { "maybe_point", "(bool) -> option<struct point>", give_maybe_point },
    { "item", "(u32) -> struct item", give_item },
    { "pair", "(i32, f64) -> (i32, f64)", give_pair },
    { "quad", "(i64) -> (i64, f32, u8, i32)", give_quad },
    { "try_check", "(i32) -> result<()>", try_check },
    { "try_divide", "(i32, i32) -> result<i32>", try_divide },
    { "try_point", "(bool) -> result<struct point>", try_point },
    { "try_text", "(str) -> result<string>", try_text },
    { "try_numbers", "(i32) -> result<vec<i32>>", try_numbers },
};

static rig start(void)
{
    rig rig = rig_open("convention/hostfns_results");
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        OK(hh_linker_func(rig.linker, "host", imports[i].name, imports[i].prototype,
                          imports[i].function, NULL, NULL));
    }
    rig_start(&rig, NULL);
    return rig;
}

static int64_t call_i64(const rig *rig, const char *name, uint32_t n)
{
    int64_t result;
    hh_func *f = func(rig, name, "(u32) -> i64");
    OK(hh_call(f, hh_to_i64(&result), hh_u32(n)));
    OK(hh_func_delete(f));
    return result;
}

static double call_f64(const rig *rig, const char *name, const char *prototype, hh_value a,
                       hh_value b)
{
    double result;
    hh_func *f = func(rig, name, prototype);
    OK(hh_call(f, hh_to_f64(&result), a, b));
    OK(hh_func_delete(f));
    return result;
}

void host_functions_give_text(void)
{
    rig rig = start();
    SAME(call_i64(&rig, "get_text", 7), hash("text 7"));
    SAME(call_i64(&rig, "get_text_packed", 8), hash("text 8"));
    SAME(call_i64(&rig, "get_maybe_text", 1), hash("there"));
    SAME(call_i64(&rig, "get_maybe_text", 0), -1);
    SAME(call_i64(&rig, "get_maybe_text_packed", 0), -1);
    SAME(call_i64(&rig, "get_c_text", 1), hash("C text"));
    SAME(call_i64(&rig, "get_maybe_c_text", 1), hash("C text"));
    SAME(call_i64(&rig, "get_maybe_c_text", 0), -1);

    /* The plugin passes on the very block that it was given. */
    hh_string text;
    hh_func *f = func(&rig, "pass_text", "(u32) -> string");
    OK(hh_call(f, hh_to_string(&text), hh_u32(3)));
    SAME_TEXT(&text, "text 3");
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void host_functions_give_arrays_structs_and_tuples(void)
{
    rig rig = start();
    double f64;
    SAME(call_i64(&rig, "get_numbers", 4), 10);
    SAME(call_i64(&rig, "get_numbers_packed", 3), 6);
    SAME(call_i64(&rig, "get_maybe_numbers", 0), -1);
    SAME(call_i64(&rig, "get_maybe_numbers", 2), 3);
    hh_func *f = func(&rig, "get_points", "(u32) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_u32(2)));
    CHECK(f64 == 14);
    OK(hh_func_delete(f));
    CHECK(call_f64(&rig, "get_point", "(f64, f64) -> f64", hh_f64(5), hh_f64(3)) == 2);
    CHECK(call_f64(&rig, "get_point_block", "(f64, f64) -> f64", hh_f64(5), hh_f64(4)) == 1);
    f = func(&rig, "get_maybe_point", "(bool) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_bool(true)));
    CHECK(f64 == 5);
    OK(hh_call(f, hh_to_f64(&f64), hh_bool(false)));
    CHECK(f64 == -1);
    OK(hh_func_delete(f));
    SAME(call_i64(&rig, "get_item", 7), ((7 * 100 - 3) * 1000 + 9) * 2 + 1);
    CHECK(call_f64(&rig, "get_pair", "(i32, f64) -> f64", hh_i32(4), hh_f64(0.5)) == 4.5);
    f = func(&rig, "get_quad", "(i64) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_i64(100)));
    CHECK(f64 == 106.5);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void host_functions_give_errors_that_the_plugin_sees(void)
{
    rig rig = start();
    int32_t i32;
    int64_t i64;
    double f64;
    hh_string text;
    hh_func *f = func(&rig, "get_try_check", "(i32) -> i32");
    OK(hh_call(f, hh_to_i32(&i32), hh_i32(0)));
    SAME(i32, 0);
    OK(hh_call(f, hh_to_i32(&i32), hh_i32(-9)));
    SAME(i32, -9000);
    OK(hh_func_delete(f));
    f = func(&rig, "get_try_point", "(bool) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_bool(true)));
    CHECK(f64 == 5);
    OK(hh_call(f, hh_to_f64(&f64), hh_bool(false)));
    CHECK(f64 == 4000);
    OK(hh_func_delete(f));
    f = func(&rig, "get_try_numbers", "(i32) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_i32(3)));
    SAME(i64, 6);
    OK(hh_call(f, hh_to_i64(&i64), hh_i32(-1)));
    SAME(i64, 6000);
    OK(hh_func_delete(f));
    /* From the host through the plugin to the host. */
    f = func(&rig, "pass_try_text", "(str) -> result<string>");
    OK(hh_call(f, hh_to_string(&text), hh_str("there and back")));
    SAME_TEXT(&text, "there and back");
    FAILS(HH_ERR_GUEST, "nothing", hh_call(f, hh_to_string(&text), hh_str("")));
    SAME(hh_error_code(), 5);
    OK(hh_func_delete(f));
    f = func(&rig, "wild_try_divide", "(i32, i32) -> result<i32>");
    FAILS(HH_ERR_BOUNDS, NULL, hh_call(f, hh_to_i32(&i32), hh_i32(6), hh_i32(2)));
    OK(hh_func_delete(f));
    rig_close(&rig);
}
