/* Host functions: what plugins pass to them. */
#include "check.h"
#include "shapes.h"
#include "tests.h"

/* Fails a host function whose parameters are not what the test sent. */
#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            return hh_fail(call, "not so: " #condition); \
        } \
    } while (0)
#define TAKE(...) \
    do { \
        if (hh_take(call, __VA_ARGS__) != HH_OK) { \
            return hh_error_status(); \
        } \
    } while (0)

/* The plugin imports all of these; a test brings those that it is about. */
static hh_status never(hh_invocation *call, void *user)
{
    (void)user;
    return hh_fail(call, "this function is not part of the test");
}

static const struct {
    const char *name, *prototype;
} imports[] = {
    { "i8", "(i8) -> i8" },
    { "u8", "(u8) -> u8" },
    { "i16", "(i16) -> i16" },
    { "u16", "(u16) -> u16" },
    { "i32", "(i32) -> i32" },
    { "u32", "(u32) -> u32" },
    { "i64", "(i64) -> i64" },
    { "u64", "(u64) -> u64" },
    { "f32", "(f32) -> f32" },
    { "f64", "(f64) -> f64" },
    { "flag", "(bool) -> bool" },
    { "letter", "(char) -> char" },
    { "twelve", "(i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64" },
    { "nothing", "()" },
    { "text", "(str) -> u32" },
    { "bytes", "(bytes) -> u32" },
    { "numbers", "(slice<i32>) -> i64" },
    { "points", "(slice<struct point>) -> f64" },
    { "c_text", "(cstr) -> u32" },
    { "point", "(&struct point) -> f64" },
    { "item", "(&struct item) -> i64" },
    { "move_point", "(mut struct point, f64, f64)" },
    { "increment", "(mut i32)" },
    { "fill", "(mut slice<i32>, i32)" },
    { "maybe_text", "(option<str>) -> i32" },
    { "maybe_c_text", "(option<cstr>) -> i32" },
    { "maybe_point", "(option<&struct point>) -> f64" },
    { "adopt", "(owned<str>) -> u32" },
    { "adopt_numbers", "(owned<slice<i32>>) -> i64" },
    { "call", "(func, i32) -> i32" },
    { "call_text", "(func) -> u32" },
};

typedef struct {
    const char *name;
    hh_host_fn function;
} host;

static rig start(const host *hosts, size_t count, void *user)
{
    rig rig = rig_open("convention/hostfns");
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        hh_host_fn function = never;
        for (size_t j = 0; j < count; j++) {
            if (strcmp(hosts[j].name, imports[i].name) == 0) {
                function = hosts[j].function;
            }
        }
        OK(hh_linker_func(rig.linker, "host", imports[i].name, imports[i].prototype, function, user,
                          NULL));
    }
    rig_start(&rig, NULL);
    return rig;
}

/* ---- Scalars ------------------------------------------------------------- */

static hh_status same_i32(hh_invocation *call, void *user)
{
    int32_t x;
    (void)user;
    TAKE(hh_to_i32(&x));
    return hh_give(call, hh_i32(x));
}

static hh_status same_u32(hh_invocation *call, void *user)
{
    uint32_t x;
    (void)user;
    TAKE(hh_to_u32(&x));
    return hh_give(call, hh_u32(x));
}

static hh_status same_i64(hh_invocation *call, void *user)
{
    int64_t x;
    (void)user;
    TAKE(hh_to_i64(&x));
    return hh_give(call, hh_i64(x));
}

static hh_status same_u64(hh_invocation *call, void *user)
{
    uint64_t x;
    (void)user;
    TAKE(hh_to_u64(&x));
    return hh_give(call, hh_u64(x));
}

static hh_status same_f32(hh_invocation *call, void *user)
{
    float x;
    (void)user;
    TAKE(hh_to_f32(&x));
    return hh_give(call, hh_f32(x));
}

static hh_status same_f64(hh_invocation *call, void *user)
{
    double x;
    (void)user;
    TAKE(hh_to_f64(&x));
    return hh_give(call, hh_f64(x));
}

static hh_status same_bool(hh_invocation *call, void *user)
{
    bool x;
    (void)user;
    TAKE(hh_to_bool(&x));
    return hh_give(call, hh_bool(x));
}

static hh_status same_char(hh_invocation *call, void *user)
{
    uint32_t x;
    (void)user;
    TAKE(hh_to_char(&x));
    return hh_give(call, hh_char(x));
}

static hh_status twelve(hh_invocation *call, void *user)
{
    int32_t a, c, j;
    uint32_t b, h, i, l;
    int64_t d;
    float e;
    double f;
    bool g;
    uint64_t k;
    (void)user;
    SAME(hh_invocation_count(call), 12);
    TAKE(hh_to_i32(&a), hh_to_u32(&b), hh_to_i32(&c), hh_to_i64(&d), hh_to_f32(&e), hh_to_f64(&f));
    TAKE(hh_to_bool(&g), hh_to_char(&h), hh_to_u32(&i), hh_to_i32(&j), hh_to_u64(&k), hh_to_u32(&l));
    EXPECT(a == -1 && b == 65535 && c == -3 && d == -4 && e == 0.5f && f == -0.25 && g);
    EXPECT(h == 'z' && i == 255 && j == -32768 && k == UINT64_MAX && l == UINT32_MAX);
    return hh_give(call, hh_u64(12));
}

void host_functions_take_and_give_every_scalar(void)
{
    static const host hosts[] = {
        { "i8", same_i32 },     { "u8", same_u32 },      { "i16", same_i32 }, { "u16", same_u32 },
        { "i32", same_i32 },    { "u32", same_u32 },     { "i64", same_i64 }, { "u64", same_u64 },
        { "f32", same_f32 },    { "f64", same_f64 },     { "flag", same_bool },
        { "letter", same_char }, { "twelve", twelve },
    };
    rig rig = start(hosts, sizeof hosts / sizeof hosts[0], NULL);
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    bool yes;

#define SENT(name, prototype, to, value, place, expected) \
    do { \
        hh_func *f = func(&rig, "send_" name, prototype); \
        OK(hh_call(f, to(&place), value)); \
        CHECK(place == (expected)); \
        OK(hh_func_delete(f)); \
    } while (0)

    SENT("i8", "(i8) -> i8", hh_to_i32, hh_i32(-128), i32, -128);
    SENT("u8", "(u8) -> u8", hh_to_u32, hh_u32(255), u32, 255);
    SENT("i16", "(i16) -> i16", hh_to_i32, hh_i32(-300), i32, -300);
    SENT("u16", "(u16) -> u16", hh_to_u32, hh_u32(65535), u32, 65535);
    SENT("i32", "(i32) -> i32", hh_to_i32, hh_i32(INT32_MIN), i32, INT32_MIN);
    SENT("u32", "(u32) -> u32", hh_to_u32, hh_u32(UINT32_MAX), u32, UINT32_MAX);
    SENT("i64", "(i64) -> i64", hh_to_i64, hh_i64(INT64_MIN), i64, INT64_MIN);
    SENT("u64", "(u64) -> u64", hh_to_u64, hh_u64(UINT64_MAX), u64, UINT64_MAX);
    SENT("f32", "(f32) -> f32", hh_to_f32, hh_f32(1.5f), f32, 1.5f);
    SENT("f64", "(f64) -> f64", hh_to_f64, hh_f64(-1e300), f64, -1e300);
    SENT("flag", "(bool) -> bool", hh_to_bool, hh_bool(true), yes, true);
    SENT("letter", "(char) -> char", hh_to_char, hh_char(0x1f600), u32, 0x1f600);
#undef SENT
    hh_func *f = func(&rig, "send_twelve", "() -> u64");
    OK(hh_call(f, hh_to_u64(&u64)));
    SAME(u64, 12);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* ---- Text, arrays, structs ----------------------------------------------- */

/* What came, for the test to see. */
typedef struct {
    char text[32];
    size_t len;
} seen;

static hh_status text_len(hh_invocation *call, void *user)
{
    seen *it = (seen *)user;
    hh_span text;
    TAKE(hh_to_span(&text));
    EXPECT(text.len < sizeof it->text);
    it->len = text.len;
    memcpy(it->text, text.data, text.len);
    it->text[text.len] = '\0';
    return hh_give(call, hh_u32((uint32_t)text.len));
}

static hh_status maybe_len(hh_invocation *call, void *user)
{
    hh_span text;
    (void)user;
    TAKE(hh_to_span(&text));
    return hh_give(call, hh_i32(text.data != NULL ? (int32_t)text.len : -1));
}

void host_functions_take_text_and_bytes(void)
{
    static const host hosts[] = {
        { "text", text_len },        { "bytes", text_len },         { "c_text", text_len },
        { "maybe_text", maybe_len }, { "maybe_c_text", maybe_len },
    };
    seen it;
    uint32_t len;
    int32_t maybe;
    rig rig = start(hosts, sizeof hosts / sizeof hosts[0], &it);

    hh_func *f = func(&rig, "send_text", "(str) -> u32");
    OK(hh_call(f, hh_to_u32(&len), hh_str("Gr\xc3\xbc\xc3\x9f" "e")));
    CHECK(len == 7 && strcmp(it.text, "Gr\xc3\xbc\xc3\x9f" "e") == 0);
    OK(hh_call(f, hh_to_u32(&len), hh_str("")));
    CHECK(len == 0 && it.len == 0);
    OK(hh_func_delete(f));
    f = func(&rig, "send_bytes", "(bytes) -> u32");
    OK(hh_call(f, hh_to_u32(&len), hh_bytes("\xff\0\xfe", 3)));
    CHECK(len == 3 && memcmp(it.text, "\xff\0\xfe", 3) == 0);
    OK(hh_func_delete(f));
    f = func(&rig, "send_c_text", "(cstr) -> u32");
    OK(hh_call(f, hh_to_u32(&len), hh_cstr("C text")));
    CHECK(len == 6 && strcmp(it.text, "C text") == 0);
    OK(hh_func_delete(f));

    f = func(&rig, "send_maybe_text", "(option<str>) -> i32");
    OK(hh_call(f, hh_to_i32(&maybe), hh_null()));
    SAME(maybe, -1);
    OK(hh_call(f, hh_to_i32(&maybe), hh_str("")));
    SAME(maybe, 0);
    OK(hh_func_delete(f));
    f = func(&rig, "send_maybe_c_text", "(option<cstr>) -> i32");
    OK(hh_call(f, hh_to_i32(&maybe), hh_null()));
    SAME(maybe, -1);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

static hh_status join(hh_invocation *call, void *user)
{
    char *joined = (char *)user;
    hh_spans texts;
    TAKE(hh_to_spans(&texts));
    EXPECT(texts.len <= 3);
    *joined = '\0';
    for (size_t i = 0; i < texts.len; i++) {
        EXPECT(texts.data[i].len < 8);
        strncat(joined, (const char *)texts.data[i].data, texts.data[i].len);
        strcat(joined, ";");
    }
    return hh_give(call, hh_i64((int64_t)texts.len));
}

/* The plugin hands on what it got: an array of pointers and lengths is like any other to it. */
void host_functions_take_several_texts(void)
{
    char joined[32];
    int64_t count = 0;
    hh_span texts[3] = { { (void *)"one", 3 }, { NULL, 0 }, { (void *)"three", 5 } };
    rig rig = rig_open("convention/hostfns");
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        bool it = strcmp(imports[i].name, "numbers") == 0;
        OK(hh_linker_func(rig.linker, "host", imports[i].name,
                          it ? "(slice<str>) -> i64" : imports[i].prototype, it ? join : never,
                          joined, NULL));
    }
    rig_start(&rig, NULL);
    hh_func *f = func(&rig, "send_numbers", "(slice<str>) -> i64");
    OK(hh_call(f, hh_to_i64(&count), hh_list(texts, 3)));
    CHECK(count == 3 && strcmp(joined, "one;;three;") == 0);
    OK(hh_call(f, hh_to_i64(&count), hh_list(texts, 0)));
    CHECK(count == 0 && joined[0] == '\0');
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void what_a_plugin_passes_is_checked_first(void)
{
    static const host hosts[] = { { "text", text_len }, { "c_text", text_len } };
    seen it;
    uint32_t len;
    rig rig = start(hosts, sizeof hosts / sizeof hosts[0], &it);
    static const struct {
        const char *name;
        hh_status status;
        const char *part;
    } bad[] = {
        { "send_bad_text", HH_ERR_CONVENTION, "UTF-8" },
        { "send_wild_text", HH_ERR_BOUNDS, "outside linear memory" },
        { "send_wild_c_text", HH_ERR_CONVENTION, "NUL" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hh_func *f = func(&rig, bad[i].name, "() -> u32");
        FAILS(bad[i].status, bad[i].part, hh_call(f, hh_to_u32(&len)));
        OK(hh_func_delete(f));
        CHECK(hh_instance_is_poisoned(rig.plugin));
        OK(hh_instance_clear_poison(rig.plugin));
    }
    rig_close(&rig);
}

static hh_status sum(hh_invocation *call, void *user)
{
    hh_span numbers;
    int64_t total = 0;
    (void)user;
    TAKE(hh_to_array(&numbers, sizeof(int32_t)));
    for (size_t i = 0; i < numbers.len; i++) {
        total += ((const int32_t *)numbers.data)[i];
    }
    return hh_give(call, hh_i64(total));
}

static hh_status sum_points(hh_invocation *call, void *user)
{
    hh_span points;
    double total = 0;
    (void)user;
    TAKE(hh_to_array(&points, sizeof(struct point)));
    for (size_t i = 0; i < points.len; i++) {
        const struct point *p = (const struct point *)points.data + i;
        total += p->x * p->y;
    }
    return hh_give(call, hh_f64(total));
}

static hh_status point_difference(hh_invocation *call, void *user)
{
    struct point p;
    (void)user;
    TAKE(hh_to_struct(&p, sizeof p));
    return hh_give(call, hh_f64(p.x - p.y));
}

static hh_status item_id(hh_invocation *call, void *user)
{
    struct item item;
    (void)user;
    TAKE(hh_to_struct(&item, sizeof item));
    EXPECT(item.weight == 1.5f && item.level == -2 && item.grade == 4);
    return hh_give(call, hh_i64(item.fresh ? (int64_t)item.id : -1));
}

static hh_status maybe_difference(hh_invocation *call, void *user)
{
    struct point p = { 0, 1 };
    bool present = false;
    (void)user;
    TAKE(hh_to_option_struct(&p, sizeof p, &present));
    return hh_give(call, hh_f64(present ? p.x - p.y : -100));
}

void host_functions_take_arrays_and_structs(void)
{
    static const host hosts[] = {
        { "numbers", sum },           { "points", sum_points }, { "point", point_difference },
        { "item", item_id },          { "maybe_point", maybe_difference },
    };
    const int32_t numbers[3] = { 1, -2, 30 };
    const struct point points[2] = { { 1, 2 }, { 3, 4 } };
    int64_t i64;
    double f64;
    rig rig = start(hosts, sizeof hosts / sizeof hosts[0], NULL);

    hh_func *f = func(&rig, "send_numbers", "(slice<i32>) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_array(numbers, 3, sizeof numbers[0])));
    SAME(i64, 29);
    OK(hh_func_delete(f));
    f = func(&rig, "send_points", "(slice<struct point>) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_array(points, 2, sizeof points[0])));
    CHECK(f64 == 14);
    OK(hh_func_delete(f));
    f = func(&rig, "send_point", "(f64, f64) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_f64(5), hh_f64(3)));
    CHECK(f64 == 2);
    OK(hh_func_delete(f));
    f = func(&rig, "send_item", "(u32, u8) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_u32(77), hh_u32(1)));
    SAME(i64, 77);
    OK(hh_func_delete(f));
    f = func(&rig, "send_maybe_point", "(bool) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_bool(true)));
    CHECK(f64 == -1);
    OK(hh_call(f, hh_to_f64(&f64), hh_bool(false)));
    CHECK(f64 == -100);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* ---- What a host function writes to -------------------------------------- */

static hh_status move_point(hh_invocation *call, void *user)
{
    hh_span p;
    struct point copy;
    bool present;
    double dx, dy;
    (void)user;
    /* What is written to a copy would be lost. */
    FAILS(HH_ERR_ARGUMENT, "use hh_to_array", hh_take(call, hh_to_struct(&copy, sizeof copy)));
    FAILS(HH_ERR_ARGUMENT, "use hh_to_array",
          hh_take(call, hh_to_option_struct(&copy, sizeof copy, &present)));
    TAKE(hh_to_array(&p, sizeof(struct point)), hh_to_f64(&dx), hh_to_f64(&dy));
    SAME(p.len, 1);
    ((struct point *)p.data)->x += dx;
    ((struct point *)p.data)->y += dy;
    return HH_OK;
}

static hh_status increment(hh_invocation *call, void *user)
{
    hh_span x;
    hh_string copy;
    (void)user;
    FAILS(HH_ERR_ARGUMENT, "use hh_to_array", hh_take(call, hh_to_string(&copy)));
    TAKE(hh_to_array(&x, sizeof(int32_t)));
    ++*(int32_t *)x.data;
    return HH_OK;
}

static hh_status fill(hh_invocation *call, void *user)
{
    hh_span out;
    hh_string copy;
    int32_t start_at;
    (void)user;
    FAILS(HH_ERR_ARGUMENT, "use hh_to_array", hh_take(call, hh_to_vec(&copy, sizeof(int32_t))));
    TAKE(hh_to_array(&out, sizeof(int32_t)), hh_to_i32(&start_at));
    for (size_t i = 0; i < out.len; i++) {
        ((int32_t *)out.data)[i] = start_at + (int32_t)i;
    }
    return HH_OK;
}

/* A parameter is skipped whatever it is: no size is said. */
static hh_status skips_the_point(hh_invocation *call, void *user)
{
    double *moves = (double *)user;
    TAKE(hh_to_void(), hh_to_f64(&moves[0]), hh_to_f64(&moves[1]));
    return HH_OK;
}

void what_a_host_function_writes_goes_back(void)
{
    static const host hosts[] = {
        { "move_point", move_point },
        { "increment", increment },
        { "fill", fill },
    };
    double f64;
    int32_t i32;
    int64_t i64;
    rig rig = start(hosts, sizeof hosts / sizeof hosts[0], NULL);
    hh_func *f = func(&rig, "send_move_point", "(f64, f64) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_f64(2), hh_f64(3)));
    CHECK(f64 == 15);
    OK(hh_func_delete(f));
    f = func(&rig, "send_increment", "(i32) -> i32");
    OK(hh_call(f, hh_to_i32(&i32), hh_i32(41)));
    SAME(i32, 42);
    OK(hh_func_delete(f));
    f = func(&rig, "send_fill", "(i32) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_i32(10)));
    SAME(i64, 60);
    OK(hh_func_delete(f));
    rig_close(&rig);

    static const host skipping[] = { { "move_point", skips_the_point } };
    double moves[2] = { 0, 0 }, unmoved;
    rig = start(skipping, 1, moves);
    f = func(&rig, "send_move_point", "(f64, f64) -> f64");
    OK(hh_call(f, hh_to_f64(&unmoved), hh_f64(2), hh_f64(3)));
    CHECK(moves[0] == 2 && moves[1] == 3 && unmoved != f64);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* ---- Whose block, whose function ----------------------------------------- */

static hh_status adopt(hh_invocation *call, void *user)
{
    hh_span text;
    if (user != NULL) { /* skipped, or not even looked at: freed all the same */
        if (*(int *)user == 2) {
            TAKE(hh_to_void());
        }
        return hh_give(call, hh_u32(1));
    }
    TAKE(hh_to_span(&text));
    return hh_give(call, hh_u32((uint32_t)text.len));
}

void owned_parameters_are_freed_taken_or_not(void)
{
    static const host hosts[] = { { "adopt", adopt }, { "adopt_numbers", sum } };
    uint32_t len;
    int64_t total;
    for (int i = 0; i < 3; i++) {
        int ignore = i;
        rig rig = start(hosts, sizeof hosts / sizeof hosts[0], i == 0 ? NULL : &ignore);
        hh_func *f = func(&rig, "send_adopt", "(str) -> u32");
        OK(hh_call(f, hh_to_u32(&len), hh_str("four")));
        SAME(len, i == 0 ? 4 : 1);
        OK(hh_func_delete(f));
        f = func(&rig, "send_adopt_numbers", "(i32) -> i64");
        OK(hh_call(f, hh_to_i64(&total), hh_i32(4)));
        SAME(total, 10);
        OK(hh_func_delete(f));
        rig_close(&rig);
    }
}

/* (func, i32) -> i32: calls it. */
static hh_status call_it(hh_invocation *call, void *user)
{
    uint32_t index;
    int32_t x;
    hh_func *f = NULL;
    (void)user;
    TAKE(hh_to_fn(&index), hh_to_i32(&x));
    if (hh_instance_func_at(hh_invocation_instance(call), index, "(i32) -> i32", &f) != HH_OK) {
        return hh_error_status();
    }
    hh_status status = hh_call(f, hh_to_i32(&x), hh_i32(x));
    OK(hh_func_delete(f));
    return status == HH_OK ? hh_give(call, hh_i32(x)) : status;
}

void host_functions_call_the_plugins_function_pointers(void)
{
    static const host hosts[] = { { "call", call_it } };
    int32_t x;
    rig rig = start(hosts, 1, NULL);
    hh_func *f = func(&rig, "send_call", "(i32) -> i32");
    OK(hh_call(f, hh_to_i32(&x), hh_i32(14)));
    SAME(x, 42);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* ---- Mistakes of a host function's --------------------------------------- */

static hh_status takes_another_type(hh_invocation *call, void *user)
{
    int32_t x;
    (void)user;
    FAILS(HH_ERR_ARGUMENT, "str", hh_take(call, hh_to_i32(&x)));
    hh_span text; /* it is still there */
    TAKE(hh_to_span(&text));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_take(call, hh_to_i32(&x)));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_take(call, hh_i32(1)));
    return hh_give(call, hh_u32((uint32_t)text.len));
}

static hh_status gives_another_type(hh_invocation *call, void *user)
{
    (void)user;
    CHECK(hh_give(call, hh_str("text")) != HH_OK);
    return hh_error_status();
}

static hh_status gives_nothing(hh_invocation *call, void *user)
{
    (void)call;
    (void)user;
    return HH_OK;
}

static hh_status counts(hh_invocation *call, void *user)
{
    ++*(int *)user;
    return hh_give(call, hh_u32(4));
}

void a_destination_that_does_not_fit_is_refused_before_the_call(void)
{
    static const host hosts[] = { { "text", counts } };
    int calls = 0, number = 0;
    uint32_t len = 77;
    hh_string text;
    rig rig = start(hosts, 1, &calls);
    hh_func *f = func(&rig, "send_text", "(str) -> u32");
    FAILS(HH_ERR_ARGUMENT, "use hh_to_u32", hh_call(f, hh_to_i32(&number), hh_str("text")));
    FAILS(HH_ERR_ARGUMENT, "use hh_to_u32", hh_call(f, hh_to_string(&text), hh_str("text")));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_call(f, hh_str("text")));
    FAILS(HH_ERR_NULL, NULL, hh_call(f, hh_to_u32(NULL), hh_str("text")));
    SAME(calls, 0); /* the plugin did not run */
    OK(hh_call(f, hh_to_u32(&len), hh_str("text")));
    SAME(len, 4);
    SAME(calls, 1);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* Takes its only parameter, and then one that is not there. */
static hh_status takes_too_many(hh_invocation *call, void *user)
{
    hh_string text, more;
    hh_span span;
    hh_spans spans;
    (void)user;
    memset(&text, 0x5a, sizeof text);
    memset(&more, 0x5a, sizeof more);
    memset(&span, 0x5a, sizeof span);
    memset(&spans, 0x5a, sizeof spans);
    /* The sanitizers see whether the text is freed. */
    FAILS(HH_ERR_ARGUMENT, "all of them were taken",
          hh_take(call, hh_to_string(&text), hh_to_string(&more), hh_to_span(&span),
                  hh_to_spans(&spans)));
    CHECK(text.data == NULL && text.len == 0 && more.data == NULL && more.len == 0);
    CHECK(span.data == NULL && span.len == 0 && spans.data == NULL && spans.len == 0);
    memset(&text, 0x5a, sizeof text);
    FAILS(HH_ERR_NULL, NULL, hh_take((hh_invocation *)NULL, hh_to_string(&text)));
    CHECK(text.data == NULL && text.len == 0);
    return hh_give(call, hh_u32(9));
}

void parameters_that_are_taken_in_vain_are_freed(void)
{
    static const host hosts[] = { { "text", takes_too_many } };
    uint32_t len;
    rig rig = start(hosts, 1, NULL);
    hh_func *f = func(&rig, "send_text", "(str) -> u32");
    OK(hh_call(f, hh_to_u32(&len), hh_str("text")));
    SAME(len, 9);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void mistakes_in_host_functions_are_reported(void)
{
    static const host hosts[] = {
        { "text", takes_another_type },
        { "bytes", gives_another_type },
        { "c_text", gives_nothing },
    };
    uint32_t len;
    rig rig = start(hosts, sizeof hosts / sizeof hosts[0], NULL);
    hh_func *f = func(&rig, "send_text", "(str) -> u32");
    OK(hh_call(f, hh_to_u32(&len), hh_str("text")));
    SAME(len, 4);
    OK(hh_func_delete(f));
    f = func(&rig, "send_bytes", "(bytes) -> u32");
    FAILS(HH_ERR_CONVENTION, "u32", hh_call(f, hh_to_u32(&len), hh_bytes("text", 4)));
    OK(hh_func_delete(f));
    OK(hh_instance_clear_poison(rig.plugin));
    f = func(&rig, "send_c_text", "(cstr) -> u32");
    FAILS(HH_ERR_CONVENTION, "`host.c_text` returned HH_OK, and nothing was given",
          hh_call(f, hh_to_u32(&len), hh_cstr("text")));
    OK(hh_func_delete(f));
    rig_close(&rig);
}
