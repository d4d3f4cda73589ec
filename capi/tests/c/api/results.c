/* Results of a plugin's functions, and the errors that they report. */
#include "check.h"
#include "shapes.h"
#include "tests.h"

void text_results_are_the_callers(void)
{
    rig rig = rig_of("convention/results");
    hh_string text;
    static const char *const echoes[] = { "echo_packed", "echo_struct" };
    for (int i = 0; i < 2; i++) { /* two shapes in C, one prototype */
        hh_func *f = func(&rig, echoes[i], "(str) -> string");
        OK(hh_call(f, hh_to_string(&text), hh_str("Gr\xc3\xbc\xc3\x9f" "e")));
        SAME_TEXT(&text, "Gr\xc3\xbc\xc3\x9f" "e");
        OK(hh_call(f, hh_to_string(&text), hh_str("")));
        SAME_TEXT(&text, "");
        OK(hh_func_delete(f));
    }
    hh_func *f = func(&rig, "static_packed", "() -> string");
    OK(hh_call(f, hh_to_string(&text)));
    SAME_TEXT(&text, "static");
    OK(hh_func_delete(f));
    f = func(&rig, "bad_utf8_struct", "() -> string");
    FAILS(HH_ERR_CONVENTION, "UTF-8", hh_call(f, hh_to_string(&text)));
    OK(hh_func_delete(f));
    f = func(&rig, "bad_utf8_struct", "() -> bytes");
    OK(hh_call(f, hh_to_string(&text)));
    SAME_TEXT(&text, "a\xc0\xaf\xed\xa0\x80" "b");
    OK(hh_func_delete(f));
    f = func(&rig, "c_text_block", "(str) -> cstring");
    OK(hh_call(f, hh_to_string(&text), hh_str("C")));
    SAME_TEXT(&text, "C");
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void optional_results_are_null(void)
{
    rig rig = rig_of("convention/results");
    hh_string text;
    struct point p = { 9, 9 };
    bool present = false;
    hh_func *f = func(&rig, "maybe_struct", "(i32) -> option<string>");
    OK(hh_call(f, hh_to_string(&text), hh_i32(0)));
    CHECK(text.data == NULL && text.len == 0);
    OK(hh_call(f, hh_to_string(&text), hh_i32(1)));
    SAME_TEXT(&text, "");
    OK(hh_call(f, hh_to_string(&text), hh_i32(3)));
    SAME_TEXT(&text, "yes");
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_c_text", "(bool) -> option<cstring>");
    OK(hh_call(f, hh_to_string(&text), hh_bool(false)));
    CHECK(text.data == NULL);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_point", "(bool) -> option<struct point>");
    OK(hh_call(f, hh_to_option_struct(&p, sizeof p, &present), hh_bool(true)));
    CHECK(present && p.x == 3 && p.y == 4);
    OK(hh_call(f, hh_to_option_struct(&p, sizeof p, &present), hh_bool(false)));
    CHECK(!present);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void struct_results_are_copied(void)
{
    rig rig = rig_of("convention/results");
    struct point p;
    struct item item;
    static const char *const names[] = { "point_struct", "point_block" };
    for (int i = 0; i < 2; i++) {
        hh_func *f = func(&rig, names[i], "(f64, f64) -> struct point");
        OK(hh_call(f, hh_to_struct(&p, sizeof p), hh_f64(1), hh_f64(-2)));
        CHECK(p.x == 1 && p.y == -2);
        OK(hh_func_delete(f));
    }
    hh_func *f = func(&rig, "item_struct", "(u32) -> struct item");
    OK(hh_call(f, hh_to_struct(&item, sizeof item), hh_u32(3)));
    CHECK(item.id == 3 && item.weight == 1.5f && item.level == -3 && item.fresh && item.grade == 3);
    OK(hh_func_delete(f));
    f = func(&rig, "point_wild", "() -> struct point");
    FAILS(HH_ERR_CONVENTION, NULL, hh_call(f, hh_to_struct(&p, sizeof p)));
    OK(hh_func_delete(f));
    f = func(&rig, "point_overrun", "() -> struct point");
    FAILS(HH_ERR_CONVENTION, NULL, hh_call(f, hh_to_struct(&p, sizeof p)));
    OK(hh_func_delete(f));
    rig_close(&rig); /* the block of what was refused is freed as well */
}

void array_results_are_the_callers(void)
{
    rig rig = rig_of("convention/results");
    hh_string all;
    int32_t number;
    struct point p;
    hh_func *f = func(&rig, "numbers_packed", "(i32) -> vec<i32>");
    OK(hh_call(f, hh_to_vec(&all, sizeof number), hh_i32(3)));
    SAME(all.len, 3 * sizeof number);
    memcpy(&number, all.data + 2 * sizeof number, sizeof number);
    SAME(number, 3);
    hh_string_free(&all);
    OK(hh_call(f, hh_to_vec(&all, sizeof number), hh_i32(0)));
    CHECK(all.data != NULL && all.len == 0);
    hh_string_free(&all);
    OK(hh_func_delete(f));
    f = func(&rig, "points_struct", "(i32) -> vec<struct point>");
    OK(hh_call(f, hh_to_vec(&all, sizeof p), hh_i32(3)));
    SAME(all.len, 3 * sizeof p);
    memcpy(&p, all.data + 2 * sizeof p, sizeof p);
    CHECK(p.x == 2 && p.y == -2);
    hh_string_free(&all);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_numbers", "(i32) -> option<vec<i32>>");
    OK(hh_call(f, hh_to_vec(&all, sizeof number), hh_i32(-1)));
    CHECK(all.data == NULL);
    OK(hh_func_delete(f));
    f = func(&rig, "numbers_huge", "() -> vec<i32>");
    FAILS(HH_ERR_CONVENTION, NULL, hh_call(f, hh_to_vec(&all, sizeof number)));
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void several_scalars_are_one_result(void)
{
    rig rig = rig_of("convention/results");
    int32_t a, d;
    double b;
    int64_t i64;
    float f32;
    uint32_t c;
    hh_value two[2] = { hh_to_i32(&a), hh_to_f64(&b) };
    hh_value four[4] = { hh_to_i64(&i64), hh_to_f32(&f32), hh_to_u32(&c), hh_to_i32(&d) };
    hh_func *f = func(&rig, "pair", "(i32, f64) -> (i32, f64)");
    OK(hh_call(f, hh_to_tuple(two, 2), hh_i32(4), hh_f64(0.5)));
    CHECK(a == -4 && b == -0.5);
    OK(hh_func_delete(f));
    f = func(&rig, "quad", "(i64, f32, u8, i32) -> (i64, f32, u8, i32)");
    OK(hh_call(f, hh_to_tuple(four, 4), hh_i64(-1), hh_f32(1.5f), hh_u32(200), hh_i32(9)));
    CHECK(i64 == -1 && f32 == 1.5f && c == 200 && d == 9);
    FAILS(HH_ERR_ARGUMENT, "4 destinations",
          hh_call(f, hh_to_tuple(two, 2), hh_i64(-1), hh_f32(1.5f), hh_u32(200), hh_i32(9)));
    /* Numbers of other types are refused too, and nothing is left of what was there. */
    a = 77;
    two[0] = hh_to_i32(&a);
    two[1] = hh_to_i32(&d);
    OK(hh_func_delete(f));
    f = func(&rig, "pair", "(i32, f64) -> (i32, f64)");
    FAILS(HH_ERR_ARGUMENT, "2 destinations: hh_to_i32, hh_to_f64",
          hh_call(f, hh_to_tuple(two, 2), hh_i32(4), hh_f64(0.5)));
    two[1] = hh_to_f64(NULL);
    FAILS(HH_ERR_NULL, NULL, hh_call(f, hh_to_tuple(two, 2), hh_i32(4), hh_f64(0.5)));
    SAME(a, 0);
    two[1] = hh_to_void();
    OK(hh_call(f, hh_to_tuple(two, 2), hh_i32(4), hh_f64(0.5)));
    SAME(a, -4);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void errors_of_a_plugins_have_code_and_message(void)
{
    rig rig = rig_of("convention/results");
    int32_t quotient = 77;
    struct point p;
    hh_string text;
    hh_func *f = func(&rig, "check", "(i32) -> result<()>");
    OK(hh_call(f, hh_to_void(), hh_i32(0)));
    FAILS(HH_ERR_GUEST, "-5", hh_call(f, hh_to_void(), hh_i32(-5)));
    SAME(hh_error_code(), -5);
    OK(hh_func_delete(f));

    f = func(&rig, "divide", "(i32, i32) -> result<i32>");
    FAILS(HH_ERR_GUEST, NULL, hh_call(f, hh_to_i32(&quotient), hh_i32(1), hh_i32(0)));
    SAME(hh_error_code(), 1);
    SAME(quotient, 0);
    OK(hh_call(f, hh_to_i32(&quotient), hh_i32(7), hh_i32(2)));
    SAME(quotient, 3);
    OK(hh_func_delete(f));

    f = func(&rig, "point_checked", "(f64, f64) -> result<struct point>");
    OK(hh_call(f, hh_to_struct(&p, sizeof p), hh_f64(1), hh_f64(2)));
    CHECK(p.x == 1 && p.y == 2);
    FAILS(HH_ERR_GUEST, NULL, hh_call(f, hh_to_struct(&p, sizeof p), hh_f64(-1), hh_f64(2)));
    SAME(hh_error_code(), 2);
    OK(hh_func_delete(f));

    f = func(&rig, "parse", "(str) -> result<string>");
    OK(hh_call(f, hh_to_string(&text), hh_str("0042")));
    SAME_TEXT(&text, "42");
    FAILS(HH_ERR_GUEST, "nothing to parse", hh_call(f, hh_to_string(&text), hh_str("")));
    SAME(hh_error_code(), -4);
    FAILS(HH_ERR_GUEST, "not a digit: x", hh_call(f, hh_to_string(&text), hh_str("4x")));
    SAME(hh_error_code(), 3);
    OK(hh_func_delete(f));

    /* Another failure has no code. */
    FAILS(HH_ERR_LINK, "nobody", hh_instance_func(rig.plugin, "nobody", "()", &f));
    SAME(hh_error_code(), 0);
    rig_close(&rig);
}

/* What lay in a place before: no failed call may leave it there. */
#define USED(variable) memset(&(variable), 0x5a, sizeof(variable))

void nothing_is_left_in_the_places_of_calls_that_fail(void)
{
    rig rig = rig_of("convention/results");
    hh_string text;
    int32_t number;
    double real;
    bool present;
    struct point p;
    hh_func *f = func(&rig, "parse", "(str) -> result<string>");
    USED(text); /* the plugin fails */
    FAILS(HH_ERR_GUEST, NULL, hh_call(f, hh_to_string(&text), hh_str("")));
    CHECK(text.data == NULL && text.len == 0);
    hh_string_free(&text);
    USED(text); /* the arguments do not fit */
    FAILS(HH_ERR_CONVENTION, NULL, hh_call(f, hh_to_string(&text)));
    CHECK(text.data == NULL && text.len == 0);
    USED(number); /* the destination does not */
    FAILS(HH_ERR_ARGUMENT, NULL, hh_call(f, hh_to_i32(&number), hh_str("")));
    SAME(number, 0);
    USED(text); /* there is no function */
    FAILS(HH_ERR_NULL, NULL, hh_call((hh_func *)NULL, hh_to_string(&text), hh_str("")));
    CHECK(text.data == NULL && text.len == 0);
    OK(hh_func_delete(f));

    f = func(&rig, "maybe_point", "(bool) -> option<struct point>");
    present = true;
    FAILS(HH_ERR_CONVENTION, NULL, hh_call(f, hh_to_option_struct(&p, sizeof p, &present)));
    CHECK(!present);
    OK(hh_func_delete(f));

    f = func(&rig, "pair", "(i32, f64) -> (i32, f64)");
    hh_value two[2] = { hh_to_i32(&number), hh_to_f64(&real) };
    USED(number);
    USED(real);
    FAILS(HH_ERR_CONVENTION, NULL, hh_call(f, hh_to_tuple(two, 2), hh_i32(4)));
    SAME(number, 0);
    CHECK(real == 0);
    OK(hh_func_delete(f));
    rig_close(&rig);

    /* A place may be what an argument points to: it is emptied on failure only. */
    rig = rig_of("convention/pointers");
    f = func(&rig, "load_i32", "(&i32) -> i32");
    number = 41;
    OK(hh_call(f, hh_to_i32(&number), hh_in(&number, sizeof number)));
    SAME(number, 41);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* Each message names the argument, what the prototype wants and what came. */
void wrong_values_are_refused_before_the_call(void)
{
    rig rig = rig_of("greeter/greeter");
    hh_string text;
    int32_t i32;
    double f64;
    bool present;
    struct point p;
    hh_func *greet = func(&rig, "greet", "(str) -> string");
    hh_func *average = func(&rig, "average", "(f64, f64) -> f64");

    FAILS(HH_ERR_CONVENTION, "argument", hh_call(greet, hh_to_string(&text)));
    FAILS(HH_ERR_CONVENTION, "argument",
          hh_call(greet, hh_to_string(&text), hh_str("a"), hh_str("b")));
    FAILS(HH_ERR_CONVENTION, "`str`", hh_call(greet, hh_to_string(&text), hh_i32(1)));
    FAILS(HH_ERR_CONVENTION, "`str`", hh_call(greet, hh_to_string(&text), hh_in(&p, sizeof p)));
    FAILS(HH_ERR_CONVENTION, "`str`", hh_call(greet, hh_to_string(&text), hh_array(&p, 1, 16)));
    FAILS(HH_ERR_CONVENTION, "`f64`", hh_call(average, hh_to_f64(&f64), hh_i32(1), hh_f64(2)));
    FAILS(HH_ERR_CONVENTION, "2", hh_call(average, hh_to_f64(&f64), hh_f64(1), hh_f32(2)));
    FAILS(HH_ERR_ARGUMENT, "hh_to_string", hh_call(greet, hh_to_i32(&i32), hh_str("a")));
    FAILS(HH_ERR_ARGUMENT, "hh_to_string",
          hh_call(greet, hh_to_option_struct(&p, sizeof p, &present), hh_str("a")));
    FAILS(HH_ERR_ARGUMENT, "hh_to_f64", hh_call(average, hh_to_string(&text), hh_f64(1), hh_f64(2)));
    /* A place where an argument belongs, and an argument where a place does. */
    FAILS(HH_ERR_ARGUMENT, NULL, hh_call(greet, hh_to_string(&text), hh_to_i32(&i32)));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_call(greet, hh_str("a"), hh_str("a")));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_func_call(greet, NULL, 0));
    FAILS(HH_ERR_NULL, NULL, hh_call(greet, hh_to_string(NULL), hh_str("a")));
    FAILS(HH_ERR_NULL, NULL, hh_call((hh_func *)NULL, hh_to_string(&text), hh_str("a")));
    FAILS(HH_ERR_NULL, NULL, hh_call(greet, hh_to_string(&text), hh_strn(NULL, 3)));

    OK(hh_call(greet, hh_to_string(&text), hh_str("all of you")));
    SAME_TEXT(&text, "Hello, all of you!");
    OK(hh_func_delete(greet));
    OK(hh_func_delete(average));
    rig_close(&rig);
}

void arrays_must_have_elements_of_the_right_size(void)
{
    rig rig = rig_of("convention/pointers");
    const int32_t numbers[2] = { 1, 2 };
    int64_t sum;
    hh_func *f = func(&rig, "sum_i32", "(slice<i32>) -> i64");
    FAILS(HH_ERR_CONVENTION, "4", hh_call(f, hh_to_i64(&sum), hh_array(numbers, 1, 8)));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_call(f, hh_to_i64(&sum), hh_array(numbers, SIZE_MAX / 2, 4)));
    OK(hh_func_delete(f));
    int32_t number;
    f = func(&rig, "load_i32", "(&i32) -> i32");
    FAILS(HH_ERR_CONVENTION, "8 bytes", hh_call(f, hh_to_i32(&number), hh_in(numbers, 8)));
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void signatures_are_checked_when_a_function_is_looked_up(void)
{
    rig rig = rig_of("greeter/greeter");
    hh_func *f = NULL;
    FAILS(HH_ERR_LINK, "greed", hh_instance_func(rig.plugin, "greed", "(str) -> string", &f));
    CHECK(f == NULL);
    FAILS(HH_ERR_LINK, "uint64_t", hh_instance_func(rig.plugin, "greet", "(str, u32) -> string", &f));
    FAILS(HH_ERR_ARGUMENT, "`str`", hh_instance_func(rig.plugin, "greet", "(string) -> string", &f));
    FAILS(HH_ERR_NULL, NULL, hh_instance_func(rig.plugin, NULL, "()", &f));
    FAILS(HH_ERR_NULL, NULL, hh_instance_func(rig.plugin, "greet", "(str) -> string", NULL));
    FAILS(HH_ERR_NULL, NULL, hh_instance_func(NULL, "greet", "(str) -> string", &f));
    FAILS(HH_ERR_ARGUMENT, "UTF-8", hh_instance_func(rig.plugin, "gr\xff", "()", &f));
    rig_close(&rig);
}
