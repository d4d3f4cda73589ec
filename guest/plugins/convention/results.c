/*
 * Results: each shape, each place that they may lie in, and those that a host
 * must refuse. Tuples are in tuples.h, and as several values in results_mv.c.
 *
 * Structs: see shapes.h.
 */
#include "shapes.h"
#include "tuples.h"

/* Where no memory is. */
static void *wild(void)
{
    return (void *)(uintptr_t)0xfffffff0u;
}

static hh_packed packed(hh_bytes bytes)
{
    return HH_PACK(bytes.ptr, bytes.len);
}

/* Bytes that are no UTF-8. */
static const char bad_utf8[] = "a\xc0\xaf\xed\xa0\x80" "b";

/* ---- Strings ------------------------------------------------------------- */

/* (&str) -> String: packed. */
HH_EXPORT("echo_packed") hh_packed echo_packed(const char *text, size_t len)
{
    return packed(hh_copy(text, len));
}

/* (&str) -> String: a struct. */
HH_EXPORT("echo_struct") hh_bytes echo_struct(const char *text, size_t len)
{
    return hh_copy(text, len);
}

/* () -> String: static data, packed. */
HH_EXPORT("static_packed") hh_packed static_packed(void)
{
    return packed(hh_static("static"));
}

/* () -> String: static data, a struct. */
HH_EXPORT("static_struct") hh_bytes static_struct(void)
{
    return hh_static("static");
}

/*
 * (i32) -> Option<String>: None for 0, Some("") for 1 (a block) and 2 (static
 * data), else Some("yes").
 */
HH_EXPORT("maybe_struct") hh_bytes maybe_struct(int32_t which)
{
    return which == 0   ? hh_none()
           : which == 1 ? hh_copy("", 0)
           : which == 2 ? hh_static("")
                        : hh_copy("yes", 3);
}

/* (i32) -> Option<String>: the same, packed. */
HH_EXPORT("maybe_packed") hh_packed maybe_packed(int32_t which)
{
    return packed(maybe_struct(which));
}

/* () -> String, Vec<u8>: no UTF-8. */
HH_EXPORT("bad_utf8_struct") hh_bytes bad_utf8_struct(void)
{
    return hh_copy(bad_utf8, sizeof bad_utf8 - 1);
}

/* () -> Option<String>: NULL, but 16 long. */
HH_EXPORT("null_with_length") hh_bytes null_with_length(void)
{
    return hh_bytes_of(NULL, 16);
}

/* () -> String, Vec<T>: wild, as a struct. */
HH_EXPORT("wild_struct") hh_bytes wild_struct(void)
{
    return hh_bytes_of(wild(), 4);
}

/* ---- C strings ----------------------------------------------------------- */

/* (&str) -> CString: a block. The text must be without a NUL. */
HH_EXPORT("c_text_block") char *c_text_block(const char *text, size_t len)
{
    char *out = hh_must(malloc(len + 1));
    memcpy(out, text, len);
    out[len] = '\0';
    return out;
}

/* () -> CString: static data. */
HH_EXPORT("c_text_static") const char *c_text_static(void)
{
    return "static";
}

/* () -> CString, Option<CString>: NULL. */
HH_EXPORT("c_text_null") const char *c_text_null(void)
{
    return NULL;
}

/* (bool) -> Option<CString> */
HH_EXPORT("maybe_c_text") const char *maybe_c_text(bool yes)
{
    return yes ? c_text_block("yes", 3) : NULL;
}

/* () -> CString: the middle of a block, "cdef". */
HH_EXPORT("c_text_interior") char *c_text_interior(void)
{
    return c_text_block("abcdef", 6) + 2;
}

/* () -> CString: a block without a NUL, and what lies behind is not its own. */
HH_EXPORT("c_text_unterminated") char *c_text_unterminated(void)
{
    char *out = hh_must(malloc(16));
    memset(out, 'x', malloc_usable_size(out));
    return out;
}

/* () -> CString: no UTF-8, which is fine here. */
HH_EXPORT("c_text_bad_utf8") char *c_text_bad_utf8(void)
{
    return c_text_block(bad_utf8, sizeof bad_utf8 - 1);
}

/* () -> CString: beyond the memory. */
HH_EXPORT("c_text_wild") char *c_text_wild(void)
{
    return wild();
}

/* () -> CString: a block that is freed already. */
HH_EXPORT("c_text_freed") char *c_text_freed(void)
{
    char *out = c_text_block("freed", 5);
    free(out);
    return out;
}

/* ---- Structs ------------------------------------------------------------- */

/* (f64, f64) -> Point: struct return. */
HH_EXPORT("point_struct") struct point point_struct(double x, double y)
{
    return point_of(x, y);
}

/* (f64, f64) -> Point: a block. */
HH_EXPORT("point_block") struct point *point_block(double x, double y)
{
    return new_point(x, y);
}

static struct point origin = { 1.5, -2.5 };

/* () -> Point: static data, (1.5, -2.5). */
HH_EXPORT("point_static") struct point *point_static(void)
{
    return &origin;
}

/* () -> Point, Option<Point>: NULL. */
HH_EXPORT("point_null") struct point *point_null(void)
{
    return NULL;
}

/* (bool) -> Option<Point>: (3, 4). */
HH_EXPORT("maybe_point") struct point *maybe_point(bool yes)
{
    return yes ? new_point(3, 4) : NULL;
}

/* () -> Point: the second of two in a block, (3, 4). */
HH_EXPORT("point_interior") struct point *point_interior(void)
{
    struct point *points = hh_must(calloc(2, sizeof *points));
    points[1] = point_of(3, 4);
    return &points[1];
}

/* () -> Point: one byte into a block, which a double must not lie at. */
HH_EXPORT("point_misaligned") void *point_misaligned(void)
{
    return (char *)hh_must(calloc(1, 64)) + 1;
}

/* () -> Point: the last 8 bytes of a block. */
HH_EXPORT("point_overrun") void *point_overrun(void)
{
    char *block = hh_must(calloc(1, 64));
    return block + malloc_usable_size(block) - 8;
}

/* () -> Point: beyond the memory. */
HH_EXPORT("point_wild") void *point_wild(void)
{
    return wild();
}

/* () -> Point: a block that is freed already. */
HH_EXPORT("point_freed") struct point *point_freed(void)
{
    struct point *p = new_point(1, 2);
    free(p);
    return p;
}

/* (u8, f64) -> Padded: struct return. */
HH_EXPORT("padded_struct")
struct padded padded_struct(uint8_t tag, double value)
{
    struct padded out = { tag, value };
    return out;
}

/* (u32) -> Item: { id, id / 2, -id, id odd, id }, struct return. */
HH_EXPORT("item_struct") struct item item_struct(uint32_t id)
{
    struct item out = { id, (float)id / 2, (int16_t)(0 - id), id % 2 == 1,
                        (uint8_t)id };
    return out;
}

/* (u32, u8) -> Item: a block; the second is the byte at `fresh`. */
HH_EXPORT("item_with_byte")
struct item *item_with_byte(uint32_t id, uint8_t byte)
{
    struct item *out = hh_must(malloc(sizeof *out));
    *out = item_struct(id);
    *((volatile uint8_t *)out + offsetof(struct item, fresh)) = byte;
    return out;
}

/* ---- Arrays: the length is in elements ----------------------------------- */

static hh_bytes counted(int32_t n)
{
    int32_t *block = hh_must(calloc((size_t)n + 1, sizeof *block));
    for (int32_t i = 0; i < n; i++) {
        block[i] = i + 1;
    }
    return hh_bytes_of(block, (size_t)n);
}

/* (i32) -> Vec<i32>: 1 to n, packed. */
HH_EXPORT("numbers_packed") hh_packed numbers_packed(int32_t n)
{
    return packed(counted(n));
}

/* (i32) -> Vec<i32>: 1 to n, a struct. */
HH_EXPORT("numbers_struct") hh_bytes numbers_struct(int32_t n)
{
    return counted(n);
}

/* (i32) -> Vec<u8>: 1 to n. */
HH_EXPORT("bytes_packed") hh_packed bytes_packed(int32_t n)
{
    char *block = hh_must(malloc((size_t)n + 1));
    for (int32_t i = 0; i < n; i++) {
        block[i] = (char)(i + 1);
    }
    return HH_PACK(block, n);
}

/* (i32) -> Vec<i16>: -1 to -n. */
HH_EXPORT("shorts_packed") hh_packed shorts_packed(int32_t n)
{
    int16_t *block = hh_must(calloc((size_t)n + 1, sizeof *block));
    for (int32_t i = 0; i < n; i++) {
        block[i] = (int16_t)(-1 - i);
    }
    return HH_PACK(block, n);
}

/* (i32) -> Vec<f64>: 0.5, 1, 1.5, ... */
HH_EXPORT("doubles_packed") hh_packed doubles_packed(int32_t n)
{
    double *block = hh_must(calloc((size_t)n + 1, sizeof *block));
    for (int32_t i = 0; i < n; i++) {
        block[i] = (i + 1) / 2.0;
    }
    return HH_PACK(block, n);
}

/* (i32) -> Vec<Point>: (0, 0), (1, -1), (2, -2), ... */
HH_EXPORT("points_packed") hh_packed points_packed(int32_t n)
{
    struct point *block = hh_must(calloc((size_t)n + 1, sizeof *block));
    for (int32_t i = 0; i < n; i++) {
        block[i] = point_of(i, -i);
    }
    return HH_PACK(block, n);
}

/* (i32) -> Vec<Point>: the same, a struct. */
HH_EXPORT("points_struct") hh_bytes points_struct(int32_t n)
{
    return hh_unpack(points_packed(n));
}

/* () -> Vec<bool>: true, false, true. */
HH_EXPORT("bools_packed") hh_packed bools_packed(void)
{
    return packed(hh_copy("\1\0\1", 3));
}

/* () -> Vec<bool>: 1, 2: the second is none. */
HH_EXPORT("bools_bad") hh_packed bools_bad(void)
{
    return packed(hh_copy("\1\2", 2));
}

/* () -> Vec<i32>: static data: 10, 20, 30. */
HH_EXPORT("numbers_static") hh_packed numbers_static(void)
{
    static const int32_t numbers[] = { 10, 20, 30 };
    return HH_PACK(numbers, 3);
}

/* (i32) -> Option<Vec<i32>>: None for -1, else 1 to n. */
HH_EXPORT("maybe_numbers") hh_packed maybe_numbers(int32_t n)
{
    return n == -1 ? packed(hh_none()) : numbers_packed(n);
}

/* () -> Vec<i32>: the last two of 1 to 4, within the block: 3, 4. */
HH_EXPORT("numbers_interior") hh_packed numbers_interior(void)
{
    return HH_PACK(counted(4).ptr + 2 * sizeof(int32_t), 2);
}

/* () -> Vec<i32>: one byte into a block. */
HH_EXPORT("numbers_misaligned") hh_packed numbers_misaligned(void)
{
    return HH_PACK(counted(8).ptr + 1, 2);
}

/* () -> Vec<i32>: as many elements as the block has bytes. */
HH_EXPORT("numbers_too_long") hh_packed numbers_too_long(void)
{
    char *block = hh_must(calloc(1, 64));
    return HH_PACK(block, malloc_usable_size(block));
}

/* () -> Vec<i32>: as many as make the size wrap around to 4. */
HH_EXPORT("numbers_huge") hh_packed numbers_huge(void)
{
    return HH_PACK(counted(8).ptr, 0x40000001u);
}

/* () -> Vec<i32>: beyond the memory. */
HH_EXPORT("numbers_wild") hh_packed numbers_wild(void)
{
    return HH_PACK(wild(), 4);
}

/* () -> Vec<i32>: a block that is freed already. */
HH_EXPORT("numbers_freed") hh_packed numbers_freed(void)
{
    hh_bytes out = counted(4);
    free(out.ptr);
    return packed(out);
}

/* ---- Errors -------------------------------------------------------------- */

/* Codes of this plugin's own. */
enum { DIVISION_BY_ZERO = 1, OVERFLOW = 2, NOT_A_DIGIT = 3, EMPTY = -4 };

/* (i32) -> Result<(), GuestError>: x itself is the code. */
HH_EXPORT("check") int32_t check(int32_t x)
{
    return x;
}

/* (i32, i32) -> Result<i32, GuestError> */
HH_EXPORT("divide") int32_t divide(int32_t *out, int32_t a, int32_t b)
{
    if (b == 0) {
        return DIVISION_BY_ZERO;
    }
    if (a == INT32_MIN && b == -1) {
        return OVERFLOW;
    }
    *out = a / b;
    return HH_OK;
}

/* (u8, u8) -> Result<u8, GuestError> */
HH_EXPORT("add_u8_checked")
int32_t add_u8_checked(uint8_t *out, uint8_t a, uint8_t b)
{
    if (a + b > 255) {
        return OVERFLOW;
    }
    *out = (uint8_t)(a + b);
    return HH_OK;
}

/* (f64, f64) -> Result<f64, GuestError> */
HH_EXPORT("ratio") int32_t ratio(double *out, double a, double b)
{
    if (b == 0) {
        return DIVISION_BY_ZERO;
    }
    *out = a / b;
    return HH_OK;
}

/* (i64) -> Result<i64, GuestError>: twice x. */
HH_EXPORT("twice_checked") int32_t twice_checked(int64_t *out, int64_t x)
{
    if (x > INT64_MAX / 2 || x < INT64_MIN / 2) {
        return OVERFLOW;
    }
    *out = x * 2;
    return HH_OK;
}

/* (u8) -> Result<bool, GuestError>: the byte, a bool or not. */
HH_EXPORT("bool_byte") int32_t bool_byte(uint8_t *out, uint8_t byte)
{
    *out = byte;
    return HH_OK;
}

/* (f64, f64) -> Result<Point, GuestError>: negative ones are an error. */
HH_EXPORT("point_checked")
int32_t point_checked(struct point *out, double x, double y)
{
    if (x < 0 || y < 0) {
        return OVERFLOW;
    }
    *out = point_of(x, y);
    return HH_OK;
}

/*
 * (&str) -> Result<String, GuestError>: the digits without leading zeros, in a
 * block. Errors: EMPTY (-4) "nothing to parse", static; NOT_A_DIGIT (3)
 * "not a digit: C", a block; OVERFLOW (2), no message, from 10 digits on.
 */
HH_EXPORT("parse")
int32_t parse(hh_bytes *out, const char *text, size_t len)
{
    static const char no_digit[] = "not a digit: ";
    if (len == 0) {
        return hh_fail(out, EMPTY, "nothing to parse");
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            *out = hh_copy(no_digit, sizeof no_digit); /* with its NUL */
            out->ptr[sizeof no_digit - 1] = text[i];
            return NOT_A_DIGIT;
        }
    }
    while (len > 1 && *text == '0') {
        text++;
        len--;
    }
    if (len > 9) {
        return hh_fail(out, OVERFLOW, NULL);
    }
    *out = hh_copy(text, len);
    return HH_OK;
}

/* (bool) -> Result<String, GuestError>: "static", or 7 and "went wrong". */
HH_EXPORT("static_checked") int32_t static_checked(hh_bytes *out, bool good)
{
    if (!good) {
        return hh_fail(out, 7, "went wrong");
    }
    *out = hh_static("static");
    return HH_OK;
}

/* (i32) -> Result<Vec<i32>, GuestError>: 1 to n; -1 and "negative". */
HH_EXPORT("numbers_checked") int32_t numbers_checked(hh_bytes *out, int32_t n)
{
    if (n < 0) {
        return hh_fail(out, -1, "negative");
    }
    *out = counted(n);
    return HH_OK;
}

/* (bool) -> Result<String, GuestError>: wild; the code is 5 if not good. */
HH_EXPORT("wild_checked") int32_t wild_checked(hh_bytes *out, bool good)
{
    *out = wild_struct();
    return good ? HH_OK : 5;
}

/* (bool) -> Result<String, GuestError>: no UTF-8, in a block. */
HH_EXPORT("bad_utf8_checked")
int32_t bad_utf8_checked(hh_bytes *out, bool good)
{
    *out = bad_utf8_struct();
    return good ? HH_OK : 5;
}

/* (i32) -> Result<i32 or Point or String, GuestError>: leaves *out alone. */
HH_EXPORT("untouched_checked")
int32_t untouched_checked(void *out, int32_t code)
{
    (void)out;
    return code;
}

/* (u32) -> Result<String, GuestError>: error 9 with `len` bytes of 'm'. */
HH_EXPORT("long_message") int32_t long_message(hh_bytes *out, uint32_t len)
{
    *out = hh_bytes_of(hh_must(malloc(len + 1)), len);
    memset(out->ptr, 'm', len);
    return 9;
}

/* () -> Result<i32, GuestError>: traps. */
HH_EXPORT("trap_checked") int32_t trap_checked(int32_t *out)
{
    (void)out;
    __builtin_trap();
}
