/*
 * Pointers as arguments: strings, slices, structs, out-parameters, NULL, arrays
 * of strings, structs with pointers inside. All of them are borrowed.
 *
 * Structs: see shapes.h.
 */
#include "shapes.h"

/* ---- Strings ------------------------------------------------------------- */

/* (&str) -> u32 */
HH_EXPORT("text_len") size_t text_len(const char *text, size_t len)
{
    (void)text;
    return len;
}

/* (&str) -> u32, (&[u8]) -> u32: h = 31 * h + byte, modulo 2^32. */
HH_EXPORT("text_hash") uint32_t text_hash(const char *text, size_t len)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < len; i++) {
        hash = 31 * hash + (unsigned char)text[i];
    }
    return hash;
}

/* (&CStr) -> u32: its length; NULL traps. */
HH_EXPORT("c_text_len") size_t c_text_len(const char *text)
{
    if (text == NULL) {
        __builtin_trap();
    }
    return strlen(text);
}

/* (&CStr) -> u32: like text_hash, over the bytes before the NUL. */
HH_EXPORT("c_text_hash") uint32_t c_text_hash(const char *text)
{
    return text_hash(text, strlen(text));
}

/* (&CStr) -> u8: the first byte; 0 if there is none. */
HH_EXPORT("c_text_first") uint8_t c_text_first(const char *text)
{
    return (uint8_t)text[0];
}

/* (&CStr) -> u8: the last byte before the NUL; 0 if there is none. */
HH_EXPORT("c_text_last") uint8_t c_text_last(const char *text)
{
    size_t len = strlen(text);
    return len > 0 ? (uint8_t)text[len - 1] : 0;
}

/* ---- Slices: (&[T]) -> the sum ------------------------------------------- */

#define SUM(export, name, type, total_type)                \
    HH_EXPORT(export)                                      \
    total_type name(const type *numbers, size_t count)     \
    {                                                      \
        total_type total = 0;                              \
        for (size_t i = 0; i < count; i++) {               \
            total += numbers[i];                           \
        }                                                  \
        return total;                                      \
    }

SUM("sum_i8", sum_i8, int8_t, int64_t)     /* (&[i8]) -> i64 */
SUM("sum_u8", sum_u8, uint8_t, uint64_t)   /* (&[u8]) -> u64 */
SUM("sum_i16", sum_i16, int16_t, int64_t)  /* (&[i16]) -> i64 */
SUM("sum_u16", sum_u16, uint16_t, uint64_t)
SUM("sum_i32", sum_i32, int32_t, int64_t)  /* (&[i32]) -> i64 */
SUM("sum_u32", sum_u32, uint32_t, uint64_t)
SUM("sum_i64", sum_i64, int64_t, int64_t)  /* (&[i64]) -> i64 */
SUM("sum_u64", sum_u64, uint64_t, uint64_t)
SUM("sum_f32", sum_f32, float, float)      /* (&[f32]) -> f32 */
SUM("sum_f64", sum_f64, double, double)    /* (&[f64]) -> f64 */
SUM("sum_bool", sum_bool, bool, uint32_t)  /* (&[bool]) -> u32: those set */

/* (&[Point]) -> f64: the sum of all x * y. */
HH_EXPORT("sum_points")
double sum_points(const struct point *points, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += points[i].x * points[i].y;
    }
    return total;
}

/* (&[Item]) -> f64: of all that are fresh, id + weight + level + grade. */
HH_EXPORT("sum_items")
double sum_items(const struct item *items, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].fresh) {
            total += items[i].id + (double)items[i].weight + items[i].level +
                     items[i].grade;
        }
    }
    return total;
}

/* (&[Padded]) -> f64: the sum of all tag * value. */
HH_EXPORT("sum_padded")
double sum_padded(const struct padded *all, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += all[i].tag * all[i].value;
    }
    return total;
}

/* (&[GuestPtr<i32>]) -> i64: the sum of what they point to, NULL for 0. */
HH_EXPORT("sum_pointed")
int64_t sum_pointed(const int32_t *const *pointers, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += pointers[i] != NULL ? *pointers[i] : 0;
    }
    return total;
}

/* (&[f64], &[f64]) -> f64: the dot product; -1 if the lengths differ. */
HH_EXPORT("dot")
double dot(const double *a, size_t a_len, const double *b, size_t b_len)
{
    double total = 0;
    if (a_len != b_len) {
        return -1;
    }
    for (size_t i = 0; i < a_len; i++) {
        total += a[i] * b[i];
    }
    return total;
}

/*
 * (u8, &str, i64, &[u16], f64, &CStr, bool, &Point) -> f64
 * The sum of all: lengths of strings, elements, x and y.
 */
HH_EXPORT("mixed")
double mixed(uint8_t a, const char *text, size_t len, int64_t b,
             const uint16_t *numbers, size_t count, double c,
             const char *c_text, bool d, const struct point *p)
{
    (void)text;
    return a + (double)len + (double)b + (double)sum_u16(numbers, count) + c +
           (double)strlen(c_text) + d + p->x + p->y;
}

/* ---- One element behind a pointer ---------------------------------------- */

/* (&i32) -> i32: the value. */
HH_EXPORT("load_i32") int32_t load_i32(const int32_t *x)
{
    return *x;
}

/* (&f64) -> f64: the value. */
HH_EXPORT("load_f64") double load_f64(const double *x)
{
    return *x;
}

/* (&Point) -> f64: x - y. */
HH_EXPORT("point_difference") double point_difference(const struct point *p)
{
    return p->x - p->y;
}

/* (&Point) -> f64: the same, the struct by value. */
HH_EXPORT("point_by_value") double point_by_value(struct point p)
{
    return p.x - p.y;
}

/* (&Padded) -> f64: tag + value. */
HH_EXPORT("padded_sum") double padded_sum(const struct padded *p)
{
    return p->tag + p->value;
}

/* (&Item) -> i64: ((id * 100 + level) * 1000 + grade) * 2 + fresh. */
HH_EXPORT("item_digest") int64_t item_digest(const struct item *i)
{
    return (((int64_t)i->id * 100 + i->level) * 1000 + i->grade) * 2 + i->fresh;
}

/* ---- Mutable: what stands there goes back to the host -------------------- */

/* (&mut i32) -> i32: adds 1; returns what it was. */
HH_EXPORT("increment") int32_t increment(int32_t *x)
{
    int32_t before = *x;
    *x = (int32_t)((uint32_t)before + 1);
    return before;
}

/* (&mut u8) */
HH_EXPORT("increment_u8") void increment_u8(uint8_t *x)
{
    (*x)++;
}

/* (&mut f64) */
HH_EXPORT("halve") void halve(double *x)
{
    *x /= 2;
}

/* (&mut bool): the byte as it is given, for values that no bool has. */
HH_EXPORT("set_bool_byte") void set_bool_byte(uint8_t *x, uint32_t byte)
{
    *x = (uint8_t)byte;
}

/* (&mut Point, f64, f64): adds to x and y. */
HH_EXPORT("move_point")
void move_point(struct point *p, double dx, double dy)
{
    p->x += dx;
    p->y += dy;
}

/* (&mut i32, &mut i32) */
HH_EXPORT("swap") void swap(int32_t *a, int32_t *b)
{
    int32_t was = *a;
    *a = *b;
    *b = was;
}

/* (&mut [u8]): reverses the order. */
HH_EXPORT("reverse_bytes") void reverse_bytes(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t was = bytes[i];
        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = was;
    }
}

/* (&mut [i32]): reverses the order. */
HH_EXPORT("reverse_i32") void reverse_i32(int32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        swap(&numbers[i], &numbers[count - 1 - i]);
    }
}

/* (&mut [f64], f64): multiplies each. */
HH_EXPORT("scale") void scale(double *numbers, size_t count, double factor)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] *= factor;
    }
}

/* (&mut [Point], f64, f64): moves each. */
HH_EXPORT("move_points")
void move_points(struct point *points, size_t count, double dx, double dy)
{
    for (size_t i = 0; i < count; i++) {
        move_point(&points[i], dx, dy);
    }
}

/* (&[i32], &mut [i32]) -> u32: copies what fits; returns how many that is. */
HH_EXPORT("copy_i32")
size_t copy_i32(const int32_t *from, size_t from_len, int32_t *to,
                size_t to_len)
{
    size_t count = from_len < to_len ? from_len : to_len;
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
    return count;
}

/* (&mut [i32], u32): negates the first n, then traps. */
HH_EXPORT("negate_and_trap")
void negate_and_trap(int32_t *numbers, size_t count, uint32_t n)
{
    for (size_t i = 0; i < count && i < n; i++) {
        ((volatile int32_t *)numbers)[i] = -numbers[i];
    }
    __builtin_trap();
}

/* ---- Out-parameters: written, not read ----------------------------------- */

/* (Out(&mut i64), i64): the square. */
HH_EXPORT("square") void square(int64_t *out, int64_t x)
{
    *out = x * x;
}

/* (Out(&mut Point), f64, f64) */
HH_EXPORT("fill_point") void fill_point(struct point *out, double x, double y)
{
    *out = point_of(x, y);
}

/* (Out(&mut Item), u32): { id, id / 2, -id, id odd, id } */
HH_EXPORT("fill_item") void fill_item(struct item *out, uint32_t id)
{
    out->id = id;
    out->weight = (float)id / 2;
    out->level = (int16_t)(0 - id);
    out->fresh = id % 2 == 1;
    out->grade = (uint8_t)id;
}

/* (Out(&mut [i32]), i32): start, start + 1, ... */
HH_EXPORT("fill_range")
void fill_range(int32_t *out, size_t count, int32_t start)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (int32_t)((uint32_t)start + i);
    }
}

/* (Out(&mut [u8]), u32) -> u32: writes at most n bytes 'x'; how many. */
HH_EXPORT("fill_some")
size_t fill_some(char *out, size_t capacity, uint32_t n)
{
    size_t len = n < capacity ? n : capacity;
    memset(out, 'x', len);
    return len;
}

/* (&i32, Out(&mut i32), Out(&mut i32)): 7 / 2 is 3 and 1. */
HH_EXPORT("quotient_and_rest")
void quotient_and_rest(const int32_t *x, int32_t *quotient, int32_t *rest)
{
    *quotient = *x / 2;
    *rest = *x % 2;
}

/* ---- Nullable: -1 for None ----------------------------------------------- */

/* (Option<&str>) -> i64: the length. */
HH_EXPORT("maybe_text_len")
int64_t maybe_text_len(const char *text, size_t len)
{
    return text != NULL ? (int64_t)len : len == 0 ? -1 : -2;
}

/* (Option<&CStr>) -> i64: the length. */
HH_EXPORT("maybe_c_text_len") int64_t maybe_c_text_len(const char *text)
{
    return text != NULL ? (int64_t)strlen(text) : -1;
}

/* (Option<&[i32]>) -> i64: the sum. */
HH_EXPORT("maybe_sum")
int64_t maybe_sum(const int32_t *numbers, size_t count)
{
    return numbers != NULL ? sum_i32(numbers, count) : count == 0 ? -1 : -2;
}

/* (Option<&Point>) -> f64: x. */
HH_EXPORT("maybe_point_x") double maybe_point_x(const struct point *p)
{
    return p != NULL ? p->x : -1;
}

/* (Option<&mut i32>) -> i32: adds 1; returns what it was. */
HH_EXPORT("maybe_increment") int32_t maybe_increment(int32_t *x)
{
    return x != NULL ? increment(x) : -1;
}

/* (Option<&mut [i32]>) -> i32: reverses; returns the length. */
HH_EXPORT("maybe_reverse")
int32_t maybe_reverse(int32_t *numbers, size_t count)
{
    if (numbers == NULL) {
        return count == 0 ? -1 : -2;
    }
    reverse_i32(numbers, count);
    return (int32_t)count;
}

/* (i32, Option<Out(&mut i32)>) -> i32: twice x; and x squared if asked for. */
HH_EXPORT("maybe_square") int32_t maybe_square(int32_t x, int32_t *squared)
{
    if (squared != NULL) {
        *squared = x * x;
    }
    return 2 * x;
}

/* (Option<&[&str]>) -> i64: how many. */
HH_EXPORT("maybe_count_texts")
int64_t maybe_count_texts(const hh_bytes *texts, size_t count)
{
    return texts != NULL ? (int64_t)count : count == 0 ? -1 : -2;
}

/* ---- Arrays of strings --------------------------------------------------- */

/* (&[&str]) -> u32: the sum of the lengths. */
HH_EXPORT("total_len") size_t total_len(const hh_bytes *texts, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += texts[i].len;
    }
    return total;
}

/* (&[&str], &str) -> String */
HH_EXPORT("join")
hh_packed join(const hh_bytes *texts, size_t count, const char *between,
               size_t between_len)
{
    size_t gaps = count > 0 ? count - 1 : 0;
    size_t len = total_len(texts, count) + gaps * between_len;
    char *out = hh_must(malloc(len > 0 ? len : 1));
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            memcpy(at, between, between_len);
            at += between_len;
        }
        memcpy(at, texts[i].ptr, texts[i].len);
        at += texts[i].len;
    }
    return HH_PACK(out, len);
}

/* (&[&[u8]], u32) -> Option<Vec<u8>>: a copy of the nth, if there is one. */
HH_EXPORT("nth")
hh_packed nth(const hh_bytes *texts, size_t count, uint32_t n)
{
    if (n >= count) {
        return HH_PACK(NULL, 0);
    }
    return HH_PACK(hh_copy(texts[n].ptr, texts[n].len).ptr, texts[n].len);
}

/* ---- A struct with pointers inside --------------------------------------- */

struct header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/*
 * In Rust, for Compose: { id: u32, path: GuestPtr<u8>, path_len: u32, headers:
 * GuestPtr<RawHeader>, header_count: u32, agent: GuestPtr<u8>, weights:
 * GuestPtr<f64>, weight_count: u32 }
 */
struct request {
    uint32_t id;
    const char *path;
    size_t path_len;
    const struct header *headers;
    size_t header_count;
    const char *agent; /* with a NUL, or NULL */
    const double *weights;
    size_t weight_count;
};

/* Writes at *at, if that is not NULL, and moves it on; returns the length. */
static size_t put(char **at, const char *text, size_t len)
{
    if (*at != NULL) {
        memcpy(*at, text, len);
        *at += len;
    }
    return len;
}

static size_t put_request(char *at, const struct request *r)
{
    size_t len = put(&at, r->path, r->path_len) + put(&at, "\n", 1);
    for (size_t i = 0; i < r->header_count; i++) {
        const struct header *h = &r->headers[i];
        len += put(&at, h->name, h->name_len) + put(&at, ": ", 2) +
               put(&at, h->value, h->value_len) + put(&at, "\n", 1);
    }
    if (r->agent != NULL) {
        len += put(&at, "by ", 3) + put(&at, r->agent, strlen(r->agent)) +
               put(&at, "\n", 1);
    }
    return len;
}

/*
 * (Composed(&Request)) -> String: "PATH\n", then "NAME: VALUE\n" for each
 * header, then "by AGENT\n" if there is one.
 */
HH_EXPORT("render_request")
hh_packed render_request(const struct request *r)
{
    size_t len = put_request(NULL, r);
    char *out = hh_must(malloc(len));
    put_request(out, r);
    return HH_PACK(out, len);
}

/* (Composed(&Request)) -> f64: id + the sum of the weights. */
HH_EXPORT("request_weight") double request_weight(const struct request *r)
{
    return r->id + sum_f64(r->weights, r->weight_count);
}

/* (Composed(&Request), &str) -> Option<String>: a header's value. */
HH_EXPORT("header_value")
hh_packed header_value(const struct request *r, const char *name, size_t len)
{
    for (size_t i = 0; i < r->header_count; i++) {
        const struct header *h = &r->headers[i];
        if (h->name_len == len && memcmp(h->name, name, len) == 0) {
            return HH_PACK(hh_copy(h->value, h->value_len).ptr, h->value_len);
        }
    }
    return HH_PACK(NULL, 0);
}

static bool aligned(const void *p, size_t alignment)
{
    return (uintptr_t)p % alignment == 0;
}

/* (Composed(&Request)) -> bool: whether all is aligned as C has it. */
HH_EXPORT("request_is_aligned")
bool request_is_aligned(const struct request *r)
{
    return aligned(r, 4) && aligned(r->headers, 4) && aligned(r->weights, 8);
}

/* (Option<Composed(&Request)>) -> i64: its id; -1 for None. */
HH_EXPORT("maybe_request_id") int64_t maybe_request_id(const struct request *r)
{
    return r != NULL ? (int64_t)r->id : -1;
}

/* ---- Addresses ----------------------------------------------------------- */

/* (&T, &CStr, &mut T, ...) -> u32: where it lies. */
HH_EXPORT("address") uint32_t address(const void *p)
{
    return (uint32_t)(uintptr_t)p;
}

/* (&str, &[T], &mut [T], ...) -> u32: where it lies. */
HH_EXPORT("slice_address")
uint32_t slice_address(const void *p, size_t count)
{
    (void)count;
    return address(p);
}

/* (&[T], &[T]) -> u32: how far apart they lie. */
HH_EXPORT("slice_distance")
uint32_t slice_distance(const void *a, size_t a_len, const void *b,
                        size_t b_len)
{
    (void)a_len;
    (void)b_len;
    return address(a) > address(b) ? address(a) - address(b)
                                   : address(b) - address(a);
}
