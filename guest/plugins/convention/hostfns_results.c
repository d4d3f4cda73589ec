/*
 * Results of host functions: one import from module "host" for each shape, and
 * an export `get_NAME` that calls host.NAME, says what came back, and frees
 * what is the plugin's.
 *
 * The Rust types before each import are the host function's results. Structs:
 * see shapes.h. Results as several values are in hostfns_mv.c.
 */
#include "shapes.h"

#define HOST(name) HH_IMPORT("host", name)

/* h = 31 * h + byte, modulo 2^32. */
static uint32_t hash(const char *bytes, size_t len)
{
    uint32_t h = 0;
    for (size_t i = 0; i < len; i++) {
        h = 31 * h + (unsigned char)bytes[i];
    }
    return h;
}

/* The hash of a result, which is freed; -1 for NULL, -2 if it has a length. */
static int64_t consume(hh_bytes text)
{
    if (text.ptr == NULL) {
        return text.len == 0 ? -1 : -2;
    }
    uint32_t h = hash(text.ptr, text.len);
    free(text.ptr);
    return h;
}

/* ---- Strings: (u32) -> i64, the hash of what the host has for it --------- */

/* String, &'static str, Cow<str> as a struct. */
HOST("text") hh_bytes host_text(uint32_t n);

HH_EXPORT("get_text") int64_t get_text(uint32_t n)
{
    return consume(host_text(n));
}

/* (u32) -> String: the very block of the host. */
HH_EXPORT("pass_text") hh_packed pass_text(uint32_t n)
{
    hh_bytes text = host_text(n);
    return HH_PACK(text.ptr, text.len);
}

/* String packed. */
HOST("text_packed") hh_packed host_text_packed(uint32_t n);

HH_EXPORT("get_text_packed") int64_t get_text_packed(uint32_t n)
{
    return consume(hh_unpack(host_text_packed(n)));
}

/* Option<String> as a struct; -1 for None. */
HOST("maybe_text") hh_bytes host_maybe_text(uint32_t n);

HH_EXPORT("get_maybe_text") int64_t get_maybe_text(uint32_t n)
{
    return consume(host_maybe_text(n));
}

/* Option<String> packed; -1 for None. */
HOST("maybe_text_packed") hh_packed host_maybe_text_packed(uint32_t n);

HH_EXPORT("get_maybe_text_packed") int64_t get_maybe_text_packed(uint32_t n)
{
    return consume(hh_unpack(host_maybe_text_packed(n)));
}

/* CString. */
HOST("c_text") char *host_c_text(uint32_t n);

HH_EXPORT("get_c_text") int64_t get_c_text(uint32_t n)
{
    char *text = host_c_text(n);
    return consume(hh_bytes_of(text, strlen(text)));
}

/* Option<CString>; -1 for None. */
HOST("maybe_c_text") char *host_maybe_c_text(uint32_t n);

HH_EXPORT("get_maybe_c_text") int64_t get_maybe_c_text(uint32_t n)
{
    char *text = host_maybe_c_text(n);
    return text != NULL ? consume(hh_bytes_of(text, strlen(text))) : -1;
}

/* ---- Arrays: (u32) -> the sum -------------------------------------------- */

static int64_t sum(hh_bytes array)
{
    const int32_t *numbers = (const int32_t *)(void *)array.ptr;
    int64_t total = 0;
    for (size_t i = 0; i < array.len; i++) {
        total += numbers[i];
    }
    free(array.ptr);
    return total;
}

/* Vec<i32> as a struct. */
HOST("numbers") hh_bytes host_numbers(uint32_t n);

HH_EXPORT("get_numbers") int64_t get_numbers(uint32_t n)
{
    return sum(host_numbers(n));
}

/* Vec<i32> packed. */
HOST("numbers_packed") hh_packed host_numbers_packed(uint32_t n);

HH_EXPORT("get_numbers_packed") int64_t get_numbers_packed(uint32_t n)
{
    return sum(hh_unpack(host_numbers_packed(n)));
}

/* Option<Vec<i32>> as a struct; -1 for None. */
HOST("maybe_numbers") hh_bytes host_maybe_numbers(uint32_t n);

HH_EXPORT("get_maybe_numbers") int64_t get_maybe_numbers(uint32_t n)
{
    hh_bytes array = host_maybe_numbers(n);
    return array.ptr != NULL ? sum(array) : -1;
}

/* Vec<Point> as a struct: the sum of all x * y. */
HOST("points") hh_bytes host_points(uint32_t n);

HH_EXPORT("get_points") double get_points(uint32_t n)
{
    hh_bytes array = host_points(n);
    const struct point *points = (const struct point *)(void *)array.ptr;
    double total = 0;
    for (size_t i = 0; i < array.len; i++) {
        total += points[i].x * points[i].y;
    }
    free(array.ptr);
    return total;
}

/* ---- Structs ------------------------------------------------------------- */

/* (f64, f64) -> Point as a struct: x - y. */
HOST("point") struct point host_point(double x, double y);

HH_EXPORT("get_point") double get_point(double x, double y)
{
    struct point p = host_point(x, y);
    return p.x - p.y;
}

/* (f64, f64) -> Point in a block: x - y. */
HOST("point_block") struct point *host_point_block(double x, double y);

HH_EXPORT("get_point_block") double get_point_block(double x, double y)
{
    struct point *p = host_point_block(x, y);
    double difference = p->x - p->y;
    free(p);
    return difference;
}

/* (bool) -> Option<Point>: x - y; -1 for None. */
HOST("maybe_point") struct point *host_maybe_point(bool yes);

HH_EXPORT("get_maybe_point") double get_maybe_point(bool yes)
{
    struct point *p = host_maybe_point(yes);
    if (p == NULL) {
        return -1;
    }
    double difference = p->x - p->y;
    free(p);
    return difference;
}

/* (u32) -> Item as a struct: as item_digest in pointers.c. */
HOST("item") struct item host_item(uint32_t id);

HH_EXPORT("get_item") int64_t get_item(uint32_t id)
{
    struct item i = host_item(id);
    return (((int64_t)i.id * 100 + i.level) * 1000 + i.grade) * 2 + i.fresh;
}

/* ---- Tuples -------------------------------------------------------------- */

struct pair {
    int32_t a;
    double b;
};

/* (i32, f64) -> (i32, f64): a + b. */
HOST("pair") struct pair host_pair(int32_t a, double b);

HH_EXPORT("get_pair") double get_pair(int32_t a, double b)
{
    struct pair p = host_pair(a, b);
    return p.a + p.b;
}

struct quad {
    int64_t a;
    float b;
    uint8_t c;
    int32_t d;
};

/* (i64) -> (i64, f32, u8, i32): the sum of all. */
HOST("quad") struct quad host_quad(int64_t a);

HH_EXPORT("get_quad") double get_quad(int64_t a)
{
    struct quad q = host_quad(a);
    return (double)q.a + (double)q.b + q.c + q.d;
}

/* ---- Errors: the value, or the code times 1000 --------------------------- */

/* (i32) -> Fallible<()> */
HOST("try_check") int32_t host_try_check(int32_t x);

HH_EXPORT("get_try_check") int32_t get_try_check(int32_t x)
{
    return 1000 * host_try_check(x);
}

/* (i32, i32) -> Fallible<i32> */
HOST("try_divide") int32_t host_try_divide(int32_t *out, int32_t a, int32_t b);

HH_EXPORT("get_try_divide") int32_t get_try_divide(int32_t a, int32_t b)
{
    int32_t out = -1;
    int32_t code = host_try_divide(&out, a, b);
    return code == HH_OK ? out : 1000 * code;
}

/* (bool) -> Fallible<Point>: x - y. */
HOST("try_point") int32_t host_try_point(struct point *out, bool yes);

HH_EXPORT("get_try_point") double get_try_point(bool yes)
{
    struct point out;
    int32_t code = host_try_point(&out, yes);
    return code == HH_OK ? out.x - out.y : 1000 * code;
}

/* (&str) -> Fallible<String> */
HOST("try_text")
int32_t host_try_text(hh_bytes *out, const char *text, size_t len);

/*
 * (&str) -> i64: the hash of the value, or of the message, and then minus 2^32
 * times the code; -1 and so on if there is no message.
 */
HH_EXPORT("get_try_text")
int64_t get_try_text(const char *text, size_t len)
{
    hh_bytes out = hh_none();
    int64_t code = host_try_text(&out, text, len);
    return consume(out) - code * 0x100000000;
}

/* (&str) -> Result<String, GuestError>: passes on what came, block and all. */
HH_EXPORT("pass_try_text")
int32_t pass_try_text(hh_bytes *out, const char *text, size_t len)
{
    *out = hh_none();
    return host_try_text(out, text, len);
}

/* (i32) -> Fallible<Vec<i32>>: the sum. */
HOST("try_numbers") int32_t host_try_numbers(hh_bytes *out, int32_t n);

HH_EXPORT("get_try_numbers") int64_t get_try_numbers(int32_t n)
{
    hh_bytes out = hh_none();
    int32_t code = host_try_numbers(&out, n);
    if (code != HH_OK) {
        free(out.ptr);
        return 1000 * (int64_t)code;
    }
    return sum(out);
}

/*
 * (i32, i32) -> Result<i32, GuestError>: host.try_divide with `out` beyond the
 * memory, which must be refused.
 */
HH_EXPORT("wild_try_divide")
int32_t wild_try_divide(int32_t *out, int32_t a, int32_t b)
{
    (void)out;
    return host_try_divide((int32_t *)(uintptr_t)0xfffffff0u, a, b);
}
