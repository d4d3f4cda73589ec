/*
 * Arguments of host functions: one import from module "host" for each kind, and
 * an export `send_NAME` that calls host.NAME. Results are in hostfns_results.c.
 *
 * The Rust types before each import are the host function's. Structs: shapes.h.
 */
#include "shapes.h"

#define HOST(name) HH_IMPORT("host", name)

/* ---- Scalars: host.NAME(T) -> T, send_NAME(T) -> T ----------------------- */

#define SCALAR(name, type, function)                          \
    HOST(name) type host_##function(type x);                  \
    HH_EXPORT("send_" name) type send_##function(type x)      \
    {                                                         \
        return host_##function(x);                            \
    }

SCALAR("i8", int8_t, i8)
SCALAR("u8", uint8_t, u8)
SCALAR("i16", int16_t, i16)
SCALAR("u16", uint16_t, u16)
SCALAR("i32", int32_t, i32)
SCALAR("u32", uint32_t, u32)
SCALAR("i64", int64_t, i64)
SCALAR("u64", uint64_t, u64)
SCALAR("f32", float, f32)
SCALAR("f64", double, f64)
SCALAR("flag", bool, flag)         /* bool */
SCALAR("letter", uint32_t, letter) /* char */

/*
 * (i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64
 * () -> u64: sends -1, 65535, -3, -4, 0.5, -0.25, true, 'z', 255, -32768,
 * UINT64_MAX, UINT32_MAX.
 */
HOST("twelve")
uint64_t host_twelve(int8_t a, uint16_t b, int32_t c, int64_t d, float e,
                     double f, bool g, uint32_t h, uint8_t i, int16_t j,
                     uint64_t k, uint32_t l);

HH_EXPORT("send_twelve") uint64_t send_twelve(void)
{
    return host_twelve(-1, 65535, -3, -4, 0.5f, -0.25, true, 'z', 255, -32768,
                       UINT64_MAX, UINT32_MAX);
}

/* () -> () */
HOST("nothing") void host_nothing(void);

HH_EXPORT("send_nothing") void send_nothing(void)
{
    host_nothing();
}

/* ---- Strings and slices: what the plugin was given goes on to the host --- */

/* (String or GuestStr) -> u32 */
HOST("text") uint32_t host_text(const char *text, size_t len);

/* (&str) -> u32 */
HH_EXPORT("send_text") uint32_t send_text(const char *text, size_t len)
{
    return host_text(text, len);
}

/* () -> u32: static data, "static". */
HH_EXPORT("send_static_text") uint32_t send_static_text(void)
{
    return host_text("static", 6);
}

/* () -> u32: on the stack, "stack". */
HH_EXPORT("send_stack_text") uint32_t send_stack_text(void)
{
    volatile char text[5] = { 's', 't', 'a', 'c', 'k' };
    return host_text((const char *)(uintptr_t)text, sizeof text);
}

/* () -> u32: no UTF-8. */
HH_EXPORT("send_bad_text") uint32_t send_bad_text(void)
{
    return host_text("a\xc0\xaf", 3);
}

/* () -> u32: beyond the memory. */
HH_EXPORT("send_wild_text") uint32_t send_wild_text(void)
{
    return host_text((const char *)(uintptr_t)0xfffffff0u, 32);
}

/* (Vec<u8> or GuestBytes) -> u32 */
HOST("bytes") uint32_t host_bytes(const uint8_t *bytes, size_t len);

/* (&[u8]) -> u32 */
HH_EXPORT("send_bytes") uint32_t send_bytes(const uint8_t *bytes, size_t len)
{
    return host_bytes(bytes, len);
}

/* (Vec<i32> or GuestSlice<i32>) -> i64 */
HOST("numbers") int64_t host_numbers(const int32_t *numbers, size_t count);

/* (&[i32]) -> i64 */
HH_EXPORT("send_numbers")
int64_t send_numbers(const int32_t *numbers, size_t count)
{
    return host_numbers(numbers, count);
}

/* () -> i64: one byte into static data. */
HH_EXPORT("send_misaligned_numbers") int64_t send_misaligned_numbers(void)
{
    static const char bytes[] = "\0\1\0\0\0\2\0\0"; /* 1 and 2, from byte 1 */
    const volatile char *volatile at = bytes + 1;
    return host_numbers((const int32_t *)(uintptr_t)at, 2);
}

/* () -> i64: as many as make the size wrap around. */
HH_EXPORT("send_huge_numbers") int64_t send_huge_numbers(void)
{
    static const int32_t one = 1;
    return host_numbers(&one, 0x40000001u);
}

/* (Vec<Point> or GuestSlice<Point>) -> f64 */
HOST("points") double host_points(const struct point *points, size_t count);

/* (&[Point]) -> f64 */
HH_EXPORT("send_points")
double send_points(const struct point *points, size_t count)
{
    return host_points(points, count);
}

/* (CString) -> u32 */
HOST("c_text") uint32_t host_c_text(const char *text);

/* (&CStr) -> u32 */
HH_EXPORT("send_c_text") uint32_t send_c_text(const char *text)
{
    return host_c_text(text);
}

/* () -> u32: beyond the memory. */
HH_EXPORT("send_wild_c_text") uint32_t send_wild_c_text(void)
{
    return host_c_text((const char *)(uintptr_t)0xfffffff0u);
}

/* ---- Structs ------------------------------------------------------------- */

/* (Point or GuestPtr<Point>) -> f64 */
HOST("point") double host_point(const struct point *p);

/* (f64, f64) -> f64: a struct on the stack. */
HH_EXPORT("send_point") double send_point(double x, double y)
{
    struct point p = point_of(x, y);
    return host_point(&p);
}

/* () -> f64: NULL. */
HH_EXPORT("send_null_point") double send_null_point(void)
{
    return host_point(NULL);
}

/* (Item) -> i64 */
HOST("item") int64_t host_item(const struct item *i);

/* (u32, u8) -> i64: { id, 1.5, -2, byte, 4 }; the byte may be no bool. */
HH_EXPORT("send_item") int64_t send_item(uint32_t id, uint8_t byte)
{
    struct item i = { id, 1.5f, -2, false, 4 };
    *((volatile uint8_t *)&i + offsetof(struct item, fresh)) = byte;
    return host_item(&i);
}

/* (GuestPtr<Point>, f64, f64): the host adds to x and y. */
HOST("move_point") void host_move_point(struct point *p, double dx, double dy);

/* (f64, f64) -> f64: has (1, 2) moved; returns x * y. */
HH_EXPORT("send_move_point") double send_move_point(double dx, double dy)
{
    struct point p = { 1, 2 };
    host_move_point(&p, dx, dy);
    return p.x * p.y;
}

/* (GuestPtr<i32>): the host adds 1. */
HOST("increment") void host_increment(int32_t *x);

/* (i32) -> i32 */
HH_EXPORT("send_increment") int32_t send_increment(int32_t x)
{
    host_increment(&x);
    return x;
}

/* (GuestSlice<i32>, i32): the host fills it: start, start + 1, ... */
HOST("fill") void host_fill(int32_t *out, size_t count, int32_t start);

/*
 * (i32) -> i64: the sum of 5 that the host filled, and of their neighbours,
 * which it must leave at 0.
 */
HH_EXPORT("send_fill") int64_t send_fill(int32_t start)
{
    int32_t numbers[7] = { 0 };
    int64_t sum = 0;
    host_fill(numbers + 1, 5, start);
    for (int i = 0; i < 7; i++) {
        sum += numbers[i];
    }
    return sum;
}

/* ---- Nullable ------------------------------------------------------------ */

/* (Option<String>) -> i32 */
HOST("maybe_text") int32_t host_maybe_text(const char *text, size_t len);

/* (Option<&str>) -> i32 */
HH_EXPORT("send_maybe_text")
int32_t send_maybe_text(const char *text, size_t len)
{
    return host_maybe_text(text, len);
}

/* (Option<CString>) -> i32 */
HOST("maybe_c_text") int32_t host_maybe_c_text(const char *text);

/* (Option<&CStr>) -> i32 */
HH_EXPORT("send_maybe_c_text") int32_t send_maybe_c_text(const char *text)
{
    return host_maybe_c_text(text);
}

/* (Option<Point>) -> f64 */
HOST("maybe_point") double host_maybe_point(const struct point *p);

/* (bool) -> f64: (3, 4) or NULL. */
HH_EXPORT("send_maybe_point") double send_maybe_point(bool yes)
{
    struct point p = { 3, 4 };
    return host_maybe_point(yes ? &p : NULL);
}

/* ---- Owned: the host frees the block ------------------------------------- */

/* (Owned<String>) -> u32 */
HOST("adopt") uint32_t host_adopt(char *text, size_t len);

/* (&str) -> u32: hands over a copy. */
HH_EXPORT("send_adopt") uint32_t send_adopt(const char *text, size_t len)
{
    hh_bytes copy = hh_copy(text, len);
    return host_adopt(copy.ptr, copy.len);
}

/* () -> u32: hands over static data, which is nobody's to free. */
HH_EXPORT("send_adopt_static") uint32_t send_adopt_static(void)
{
    static char text[] = "static";
    return host_adopt(text, 6);
}

/* (&str) -> u32: hands over its own argument, which is only borrowed. */
HH_EXPORT("send_adopt_borrowed")
uint32_t send_adopt_borrowed(char *text, size_t len)
{
    return host_adopt(text, len);
}

/* () -> u32: hands over the same block twice. */
HH_EXPORT("send_adopt_twice") uint32_t send_adopt_twice(void)
{
    hh_bytes copy = hh_copy("twice", 5);
    char *volatile again = copy.ptr;
    host_adopt(copy.ptr, copy.len);
    return host_adopt(again, copy.len);
}

/* (Owned<Vec<i32>>) -> i64 */
HOST("adopt_numbers")
int64_t host_adopt_numbers(int32_t *numbers, size_t count);

/* (i32) -> i64: hands over 1 to n. */
HH_EXPORT("send_adopt_numbers") int64_t send_adopt_numbers(int32_t n)
{
    int32_t *numbers = hh_must(calloc((size_t)n + 1, sizeof *numbers));
    for (int32_t i = 0; i < n; i++) {
        numbers[i] = i + 1;
    }
    return host_adopt_numbers(numbers, (size_t)n);
}

/* ---- Function pointers --------------------------------------------------- */

/* (FuncPtr<(i32,), i32>, i32) -> i32 */
HOST("call") int32_t host_call(int32_t (*f)(int32_t), int32_t x);

static int32_t triple(int32_t x)
{
    return x * 3;
}

/* (i32) -> i32: the host calls a function that triples. */
HH_EXPORT("send_call") int32_t send_call(int32_t x)
{
    return host_call(triple, x);
}

/* (FuncPtr<(&str,), String>) -> u32 */
HOST("call_text") uint32_t host_call_text(hh_packed (*f)(const char *, size_t));

static hh_packed twice(const char *text, size_t len)
{
    char *out = hh_must(malloc(2 * len + 1));
    memcpy(out, text, len);
    memcpy(out + len, text, len);
    return HH_PACK(out, 2 * len);
}

/* () -> u32: the host calls a function that repeats a text. */
HH_EXPORT("send_call_text") uint32_t send_call_text(void)
{
    return host_call_text(twice);
}
