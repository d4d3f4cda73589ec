/*
 * Greeter: the plugin to try first. Strings and arrays in, strings out,
 * and some arithmetic. It imports the malloc family and nothing else.
 */
#include "greeting.h"

/* ---- Strings ------------------------------------------------------------- */

/* "Hello, NAME!", packed. */
HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    hh_bytes out = greeting(name, len);
    return HH_PACK(out.ptr, out.len);
}

/* The same as a struct; greeter_mv.c returns it as two results. */
HH_EXPORT("greet_struct") hh_bytes greet_struct(const char *name, size_t len)
{
    return greeting(name, len);
}

/* The text with ASCII letters in upper case; all other bytes stay. */
HH_EXPORT("shout") hh_packed shout(const char *text, size_t len)
{
    if (len == 0) {
        return HH_PACK(NULL, 0);
    }
    char *out = hh_must(malloc(len));
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return HH_PACK(out, len);
}

/* The bytes in reverse order. */
HH_EXPORT("reverse") hh_packed reverse(const char *bytes, size_t len)
{
    if (len == 0) {
        return HH_PACK(NULL, 0);
    }
    char *out = hh_must(malloc(len));
    for (size_t i = 0; i < len; i++) {
        out[i] = bytes[len - 1 - i];
    }
    return HH_PACK(out, len);
}

/* A string that grows at its end, doubling its block as needed. */
typedef struct {
    char *ptr;
    size_t len;
    size_t capacity;
} builder;

static void append(builder *b, const char *bytes, size_t len)
{
    size_t need = b->len + len;
    if (need < len) {
        __builtin_trap();
    }
    if (need > b->capacity) {
        size_t doubled = b->capacity <= SIZE_MAX / 2 ? b->capacity * 2 : need;
        size_t capacity = doubled > need ? doubled : need;
        b->ptr = hh_must(realloc(b->ptr, capacity));
        b->capacity = capacity;
    }
    memcpy(b->ptr + b->len, bytes, len);
    b->len = need;
}

/*
 * The name `times` times over. It knows the length beforehand, and grows step
 * by step all the same: it is here to exercise realloc.
 */
HH_EXPORT("repeat")
hh_packed repeat(const char *name, size_t len, uint32_t times)
{
    builder out = { NULL, 0, 0 };
    if (len > 0) {
        for (uint32_t i = 0; i < times; i++) {
            append(&out, name, len);
        }
    }
    return HH_PACK(out.ptr, out.len);
}

/* ---- Numbers ------------------------------------------------------------- */

/* a + b, wrapping around. */
HH_EXPORT("add") int32_t add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

HH_EXPORT("average") double average(double a, double b)
{
    return (a + b) / 2;
}

/* The nth Fibonacci number: exact up to n = 92, then modulo 2^64. */
HH_EXPORT("fib") int64_t fib(int64_t n)
{
    uint64_t a = 0;
    uint64_t b = 1;
    for (; n > 0; n--) {
        uint64_t next = a + b;
        a = b;
        b = next;
    }
    return (int64_t)a;
}

/* ---- Arrays of numbers --------------------------------------------------- */

/* The sum of `count` numbers. */
HH_EXPORT("sum") int64_t sum(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}

/* Multiplies each number in place: an argument that the host copies back. */
HH_EXPORT("scale") void scale(double *numbers, size_t count, double factor)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] *= factor;
    }
}
