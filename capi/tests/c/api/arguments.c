/* Text, arrays, structs and NULL as arguments. */
#include "check.h"
#include "shapes.h"
#include "tests.h"

static uint32_t hash(const char *text, size_t len)
{
    uint32_t h = 0;
    for (size_t i = 0; i < len; i++) {
        h = 31 * h + (unsigned char)text[i];
    }
    return h;
}

void text_and_bytes_are_lent_for_a_call(void)
{
    rig rig = rig_of("convention/pointers");
    static const char text[] = "Gr\xc3\xbc\xc3\x9f" "e, \0NUL";
    uint32_t u32;
    hh_func *f = func(&rig, "text_hash", "(str) -> u32");
    OK(hh_call(f, hh_to_u32(&u32), hh_str("you")));
    SAME(u32, hash("you", 3));
    OK(hh_call(f, hh_to_u32(&u32), hh_str("")));
    SAME(u32, 0);
    OK(hh_call(f, hh_to_u32(&u32), hh_strn(text, sizeof text - 1)));
    SAME(u32, hash(text, sizeof text - 1));
    OK(hh_call(f, hh_to_u32(&u32), hh_strn(NULL, 0)));
    SAME(u32, 0);
    FAILS(HH_ERR_ARGUMENT, "UTF-8", hh_call(f, hh_to_u32(&u32), hh_str("a\xff")));
    OK(hh_func_delete(f));

    f = func(&rig, "text_hash", "(bytes) -> u32");
    OK(hh_call(f, hh_to_u32(&u32), hh_bytes("a\xff", 2)));
    SAME(u32, hash("a\xff", 2));
    OK(hh_func_delete(f));

    f = func(&rig, "c_text_hash", "(cstr) -> u32");
    OK(hh_call(f, hh_to_u32(&u32), hh_cstr("not UTF-8: \xff")));
    SAME(u32, hash("not UTF-8: \xff", 12));
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void arrays_of_every_scalar_are_lent_for_a_call(void)
{
    rig rig = rig_of("convention/pointers");

#define SUM(type, c_type, result, to, c_result)                                      \
    do {                                                                             \
        const c_type all[] = { 1, 2, 100 };                                          \
        c_result sum = 0;                                                            \
        hh_func *f = func(&rig, "sum_" type, "(slice<" type ">) -> " result);        \
        OK(hh_call(f, to(&sum), hh_array(all, 3, sizeof all[0])));                   \
        CHECK(sum == 103);                                                           \
        OK(hh_call(f, to(&sum), hh_array(NULL, 0, sizeof all[0])));                  \
        CHECK(sum == 0);                                                             \
        OK(hh_func_delete(f));                                                         \
    } while (0)

    SUM("i8", int8_t, "i64", hh_to_i64, int64_t);
    SUM("u8", uint8_t, "u64", hh_to_u64, uint64_t);
    SUM("i16", int16_t, "i64", hh_to_i64, int64_t);
    SUM("u16", uint16_t, "u64", hh_to_u64, uint64_t);
    SUM("i32", int32_t, "i64", hh_to_i64, int64_t);
    SUM("u32", uint32_t, "u64", hh_to_u64, uint64_t);
    SUM("i64", int64_t, "i64", hh_to_i64, int64_t);
    SUM("u64", uint64_t, "u64", hh_to_u64, uint64_t);
    SUM("f32", float, "f32", hh_to_f32, float);
    SUM("f64", double, "f64", hh_to_f64, double);
#undef SUM

    const bool flags[] = { true, false, true };
    uint32_t set;
    hh_func *f = func(&rig, "sum_bool", "(slice<bool>) -> u32");
    OK(hh_call(f, hh_to_u32(&set), hh_array(flags, 3, sizeof flags[0])));
    SAME(set, 2);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void arrays_of_structs_are_lent_for_a_call(void)
{
    rig rig = rig_of("convention/pointers");
    const struct point points[] = { { 1, 2 }, { 3, 4 } };
    const struct item items[] = { { 1, 0.5f, -2, true, 4 }, { 9, 9, 9, false, 9 } };
    double sum;
    hh_func *f = func(&rig, "sum_points", "(slice<struct point>) -> f64");
    OK(hh_call(f, hh_to_f64(&sum), hh_array(points, 2, sizeof points[0])));
    CHECK(sum == 14);
    OK(hh_func_delete(f));
    f = func(&rig, "sum_items", "(slice<struct item>) -> f64");
    OK(hh_call(f, hh_to_f64(&sum), hh_array(items, 2, sizeof items[0])));
    CHECK(sum == 3.5);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void what_a_plugin_writes_to_an_array_comes_back(void)
{
    rig rig = rig_of("convention/pointers");
    int32_t numbers[5] = { 1, 2, 3, 4, 5 };
    double doubles[2] = { 1.5, -2 };
    struct point points[2] = { { 0, 0 }, { 1, 1 } };
    uint32_t count;

    hh_func *f = func(&rig, "reverse_i32", "(mut slice<i32>)");
    OK(hh_call(f, hh_to_void(), hh_array_mut(numbers, 5, sizeof numbers[0])));
    CHECK(numbers[0] == 5 && numbers[2] == 3 && numbers[4] == 1);
    OK(hh_func_delete(f));

    f = func(&rig, "scale", "(mut slice<f64>, f64)");
    OK(hh_call(f, hh_to_void(), hh_array_mut(doubles, 2, sizeof doubles[0]), hh_f64(2)));
    CHECK(doubles[0] == 3 && doubles[1] == -4);
    OK(hh_func_delete(f));

    f = func(&rig, "move_points", "(mut slice<struct point>, f64, f64)");
    OK(hh_call(f, hh_to_void(), hh_array_mut(points, 2, sizeof points[0]), hh_f64(1), hh_f64(2)));
    CHECK(points[0].x == 1 && points[0].y == 2 && points[1].x == 2 && points[1].y == 3);
    OK(hh_func_delete(f));

    f = func(&rig, "fill_range", "(out slice<i32>, i32)");
    OK(hh_call(f, hh_to_void(), hh_array_mut(numbers, 5, sizeof numbers[0]), hh_i32(10)));
    CHECK(numbers[0] == 10 && numbers[4] == 14);
    OK(hh_func_delete(f));

    const int32_t from[3] = { 7, 8, 9 };
    f = func(&rig, "copy_i32", "(slice<i32>, mut slice<i32>) -> u32");
    OK(hh_call(f, hh_to_u32(&count), hh_array(from, 3, sizeof from[0]),
               hh_array_mut(numbers, 5, sizeof numbers[0])));
    SAME(count, 3);
    CHECK(numbers[0] == 7 && numbers[2] == 9 && numbers[3] == 13);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void structs_go_by_pointer_and_by_value(void)
{
    rig rig = rig_of("convention/pointers");
    const struct point p = { 5, 3 };
    const struct item item = { 7, 1.5f, -3, true, 9 };
    double f64;
    int64_t digest;
    hh_func *f = func(&rig, "point_difference", "(&struct point) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_in(&p, sizeof p)));
    CHECK(f64 == 2);
    OK(hh_func_delete(f));
    f = func(&rig, "point_by_value", "(&struct point) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_in(&p, sizeof p)));
    CHECK(f64 == 2);
    OK(hh_func_delete(f));
    f = func(&rig, "item_digest", "(&struct item) -> i64");
    OK(hh_call(f, hh_to_i64(&digest), hh_in(&item, sizeof item)));
    SAME(digest, ((7 * 100 - 3) * 1000 + 9) * 2 + 1);
    OK(hh_func_delete(f));
    f = func(&rig, "load_i32", "(&i32) -> i32");
    const int32_t number = -12;
    int32_t i32;
    OK(hh_call(f, hh_to_i32(&i32), hh_in(&number, sizeof number)));
    SAME(i32, -12);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void out_parameters_are_written(void)
{
    rig rig = rig_of("convention/pointers");
    int32_t number = 41, before, quotient = 0, rest = 0;
    int64_t square = 0;
    struct point p = { 1, 2 };
    struct item item = { 0, 0, 0, false, 0 };
    hh_func *f = func(&rig, "increment", "(mut i32) -> i32");
    OK(hh_call(f, hh_to_i32(&before), hh_inout(&number, sizeof number)));
    CHECK(number == 42 && before == 41);
    OK(hh_func_delete(f));
    f = func(&rig, "move_point", "(mut struct point, f64, f64)");
    OK(hh_call(f, hh_to_void(), hh_inout(&p, sizeof p), hh_f64(1), hh_f64(-1)));
    CHECK(p.x == 2 && p.y == 1);
    OK(hh_func_delete(f));
    f = func(&rig, "square", "(out i64, i64)");
    OK(hh_call(f, hh_to_void(), hh_inout(&square, sizeof square), hh_i64(-9)));
    SAME(square, 81);
    OK(hh_func_delete(f));
    f = func(&rig, "fill_item", "(out struct item, u32)");
    OK(hh_call(f, hh_to_void(), hh_inout(&item, sizeof item), hh_u32(7)));
    CHECK(item.id == 7 && item.weight == 3.5f && item.level == -7 && item.fresh && item.grade == 7);
    OK(hh_func_delete(f));
    f = func(&rig, "quotient_and_rest", "(&i32, out i32, out i32)");
    const int32_t seven = 7;
    OK(hh_call(f, hh_to_void(), hh_in(&seven, sizeof seven), hh_inout(&quotient, sizeof quotient),
               hh_inout(&rest, sizeof rest)));
    CHECK(quotient == 3 && rest == 1);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void null_is_passed_where_the_prototype_allows_it(void)
{
    rig rig = rig_of("convention/pointers");
    int64_t i64;
    int32_t i32, squared = 0;
    double f64;
    hh_func *f = func(&rig, "maybe_text_len", "(option<str>) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_null()));
    SAME(i64, -1);
    OK(hh_call(f, hh_to_i64(&i64), hh_str("")));
    SAME(i64, 0);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_c_text_len", "(option<cstr>) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_null()));
    SAME(i64, -1);
    OK(hh_call(f, hh_to_i64(&i64), hh_cstr("four")));
    SAME(i64, 4);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_sum", "(option<slice<i32>>) -> i64");
    OK(hh_call(f, hh_to_i64(&i64), hh_null()));
    SAME(i64, -1);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_point_x", "(option<&struct point>) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_null()));
    CHECK(f64 == -1);
    OK(hh_func_delete(f));
    f = func(&rig, "maybe_square", "(i32, option<out i32>) -> i32");
    OK(hh_call(f, hh_to_i32(&i32), hh_i32(5), hh_null()));
    SAME(i32, 10);
    OK(hh_call(f, hh_to_i32(&i32), hh_i32(5), hh_inout(&squared, sizeof squared)));
    SAME(squared, 25);
    OK(hh_func_delete(f));
    /* And nowhere else. */
    f = func(&rig, "text_len", "(str) -> u32");
    uint32_t u32;
    FAILS(HH_ERR_CONVENTION, "parameter 1", hh_call(f, hh_to_u32(&u32), hh_null()));
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void several_texts_are_one_argument(void)
{
    rig rig = rig_of("convention/pointers");
    char one[] = "one", two[] = "two", three[] = "\xff";
    const hh_span texts[] = { { one, 3 }, { two, 3 }, { NULL, 0 } };
    const hh_span bytes[] = { { one, 3 }, { three, 1 } };
    hh_string joined;
    hh_func *f = func(&rig, "join", "(slice<str>, str) -> string");
    OK(hh_call(f, hh_to_string(&joined), hh_list(texts, 3), hh_str(", ")));
    SAME_TEXT(&joined, "one, two, ");
    OK(hh_call(f, hh_to_string(&joined), hh_list(NULL, 0), hh_str(", ")));
    SAME_TEXT(&joined, "");
    FAILS(HH_ERR_CONVENTION, "UTF-8",
          hh_call(f, hh_to_string(&joined), hh_list(bytes, 2), hh_str("")));
    OK(hh_func_delete(f));

    f = func(&rig, "nth", "(slice<bytes>, u32) -> option<bytes>");
    OK(hh_call(f, hh_to_string(&joined), hh_list(bytes, 2), hh_u32(1)));
    SAME_TEXT(&joined, "\xff");
    OK(hh_call(f, hh_to_string(&joined), hh_list(bytes, 2), hh_u32(2)));
    CHECK(joined.data == NULL && joined.len == 0);
    hh_string_free(&joined);
    OK(hh_func_delete(f));
    rig_close(&rig);
}

void owned_arguments_are_the_plugins_to_free(void)
{
    rig rig = rig_open("convention/ownership");
    int pokes = 0;
    uint32_t sum;
    hh_string back;
    OK(hh_linker_func(rig.linker, "host", "poke", "()", count_call, &pokes, NULL));
    rig_start(&rig, NULL);

    hh_func *f = func(&rig, "consume", "(owned<str>) -> u32");
    OK(hh_call(f, hh_to_u32(&sum), hh_str("abc")));
    SAME(sum, 'a' + 'b' + 'c');
    OK(hh_func_delete(f));
    const int32_t numbers[3] = { 1, 2, 3 };
    int64_t total;
    f = func(&rig, "consume_numbers", "(owned<slice<i32>>) -> i64");
    OK(hh_call(f, hh_to_i64(&total), hh_array(numbers, 3, sizeof numbers[0])));
    SAME(total, 6);
    OK(hh_func_delete(f));
    const struct point p = { 1, 2 };
    double f64;
    f = func(&rig, "consume_point", "(owned<&struct point>) -> f64");
    OK(hh_call(f, hh_to_f64(&f64), hh_in(&p, sizeof p)));
    CHECK(f64 == 3);
    OK(hh_func_delete(f));
    SAME(live_blocks(&rig), 0);

    f = func(&rig, "give_back", "(owned<str>) -> string");
    OK(hh_call(f, hh_to_string(&back), hh_str("the very block")));
    SAME_TEXT(&back, "the very block");
    OK(hh_func_delete(f));

    /* What the plugin does not free stays, and is seen. */
    f = func(&rig, "lose", "(owned<str>)");
    OK(hh_call(f, hh_to_void(), hh_str("lost")));
    OK(hh_func_delete(f));
    rig_close_with(&rig, 1);
}

void borrowed_arguments_cannot_be_freed_by_the_plugin(void)
{
    rig rig = rig_open("convention/ownership");
    int pokes = 0;
    OK(hh_linker_func(rig.linker, "host", "poke", "()", count_call, &pokes, NULL));
    rig_start(&rig, NULL);
    hh_func *f = func(&rig, "free_borrowed", "(str)");
    FAILS(HH_ERR_POINTER, NULL, hh_call(f, hh_to_void(), hh_str("mine")));
    OK(hh_func_delete(f));
    rig_close(&rig);
}

/* As render_request in the plugin has them: pointers are offsets. */
struct header {
    uint32_t name, name_len, value, value_len;
};
struct request {
    uint32_t id, path, path_len, headers, header_count, agent, weights, weight_count;
};

/* One block holds the struct and all that it points to: its host lays it out. */
void structs_with_pointers_are_laid_out_by_the_host(void)
{
    static const char texts[] = "/indexHostexample.orgcurl"; /* and its NUL */
    rig rig = rig_of("convention/pointers");
    hh_string rendered;
    hh_view view;
    uint32_t block, size = sizeof(struct request) + sizeof(struct header) + sizeof texts;
    OK(hh_instance_malloc(rig.plugin, size, &block));
    const uint32_t headers = block + (uint32_t)sizeof(struct request);
    const uint32_t text = headers + (uint32_t)sizeof(struct header);
    const struct header header = { text + 6, 4, text + 10, 11 };
    const struct request request = { 7, text, 6, headers, 1, text + 21, 0, 0 };
    OK(hh_instance_view(rig.plugin, block, size, &view));
    memcpy(view.data, &request, sizeof request);
    memcpy(view.data + (headers - block), &header, sizeof header);
    memcpy(view.data + (text - block), texts, sizeof texts);
    OK(hh_view_end(&view));
    hh_func *f = func(&rig, "render_request", "(ptr) -> string");
    OK(hh_call(f, hh_to_string(&rendered), hh_ptr(block)));
    SAME_TEXT(&rendered, "/index\nHost: example.org\nby curl\n");
    OK(hh_func_delete(f));
    OK(hh_instance_free(rig.plugin, block));
    rig_close(&rig);
}
