/*
 * The kit's plugin in C: what ../contract.toml says. One source for builds with
 * a libc and without one.
 */
#include "hostheap.h"

typedef struct point {
    double x, y;
} point;

HH_IMPORT("host", "tell") void host_tell(const char *text, size_t len);
HH_IMPORT("host", "ask") hh_packed host_ask(const char *question, size_t len);

/* ---- Values in and out --------------------------------------------------- */

/* The three texts one behind the other in a new block. */
static hh_bytes join(hh_bytes a, hh_bytes b, hh_bytes c)
{
    size_t len = a.len + b.len + c.len;
    char *out = (char *)hh_must(malloc(len > 0 ? len : 1));
    memcpy(out, a.ptr, a.len);
    memcpy(out + a.len, b.ptr, b.len);
    memcpy(out + a.len + b.len, c.ptr, c.len);
    return hh_bytes_of(out, len);
}

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    hh_bytes out = join(hh_static("Hello, "), hh_bytes_of(name, len), hh_static("!"));
    return HH_PACK(out.ptr, out.len);
}

HH_EXPORT("shout") hh_packed shout(const char *text, size_t len)
{
    hh_bytes out = hh_copy(text, len);
    for (size_t i = 0; i < len; i++) {
        if (out.ptr[i] >= 'a' && out.ptr[i] <= 'z') {
            out.ptr[i] -= 'a' - 'A';
        }
    }
    return HH_PACK(out.ptr, out.len);
}

HH_EXPORT("reverse") hh_packed reverse(const uint8_t *data, size_t len)
{
    hh_bytes out = hh_copy(data, len);
    for (size_t i = 0; i < len; i++) {
        out.ptr[i] = (char)data[len - 1 - i];
    }
    return HH_PACK(out.ptr, out.len);
}

HH_EXPORT("sum") int64_t sum(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}

HH_EXPORT("scale") void scale(double *numbers, size_t count, double factor)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] *= factor;
    }
}

HH_EXPORT("middle") point middle(const point *a, const point *b)
{
    point between = {(a->x + b->x) / 2, (a->y + b->y) / 2};
    return between;
}

HH_EXPORT("longest") hh_packed longest(const hh_bytes *texts, size_t count)
{
    hh_bytes found = hh_static("");
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > found.len) {
            found = texts[i];
        }
    }
    /* The texts are borrowed for the call: a copy goes back. */
    hh_bytes out = hh_copy(found.ptr, found.len);
    return HH_PACK(out.ptr, out.len);
}

/* Whether `text` is a decimal number that fits. */
static int read_number(const char *text, size_t len, int64_t *out)
{
    int negative = len > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    int64_t value = 0;
    if (at == len) {
        return 0;
    }
    for (; at < len; at++) {
        int digit = text[at] - '0';
        if (digit < 0 || digit > 9) {
            return 0;
        }
        /* Downwards, as the least number has no counterpart above. Rounding is
           towards zero, and so is the bound. */
        if (value < (INT64_MIN + digit) / 10) {
            return 0;
        }
        value = value * 10 - digit;
    }
    if (!negative && value == INT64_MIN) {
        return 0;
    }
    *out = negative ? value : -value;
    return 1;
}

HH_EXPORT("parse") int32_t parse(hh_bytes *out, const char *text, size_t len)
{
    int64_t value;
    char digits[20];
    size_t at = sizeof digits;
    if (!read_number(text, len, &value)) {
        *out = join(hh_static("not a number: "), hh_bytes_of(text, len), hh_static(""));
        return 2;
    }
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    *out = hh_copy(digits + at, sizeof digits - at);
    return HH_OK;
}

HH_EXPORT("apply") int32_t apply(int32_t (*f)(int32_t), int32_t x)
{
    return f(f(x));
}

/* ---- State --------------------------------------------------------------- */

static uint32_t calls;

HH_EXPORT("count") uint32_t count(void)
{
    return ++calls;
}

static hh_bytes remembered; /* ptr NULL: nothing yet */

HH_EXPORT("remember") void remember(const char *text, size_t len)
{
    free(remembered.ptr);
    remembered = hh_copy(text, len);
}

HH_EXPORT("recall") hh_packed recall(void)
{
    if (remembered.ptr == NULL) {
        return HH_PACK(NULL, 0);
    }
    hh_bytes out = hh_copy(remembered.ptr, remembered.len);
    return HH_PACK(out.ptr, out.len);
}

/* ---- Calls of the host --------------------------------------------------- */

HH_EXPORT("say") void say(const char *text, size_t len)
{
    hh_bytes line = join(hh_static("["), hh_bytes_of(text, len), hh_static("]"));
    host_tell(line.ptr, line.len);
    free(line.ptr);
}

HH_EXPORT("consult") hh_packed consult(const char *question, size_t len)
{
    hh_bytes answer = hh_unpack(host_ask(question, len));
    if (answer.ptr == NULL) {
        return HH_PACK("no answer", 9); /* static data: the host leaves it alone */
    }
    hh_bytes out = join(hh_static("host says: "), answer, hh_static(""));
    free(answer.ptr); /* the block was the plugin's */
    return HH_PACK(out.ptr, out.len);
}

/* ---- The allocator ------------------------------------------------------- */

HH_EXPORT("exhaust") uint32_t exhaust(uint32_t block_bytes)
{
    /* The blocks are a list in themselves. */
    struct link {
        struct link *next;
    } *first = NULL;
    uint32_t blocks = 0;
    size_t size = block_bytes < sizeof *first ? sizeof *first : block_bytes;
    for (;;) {
        struct link *block = (struct link *)malloc(size);
        if (block == NULL) {
            break;
        }
        block->next = first;
        first = block;
        blocks++;
    }
    while (first != NULL) {
        struct link *next = first->next;
        free(first);
        first = next;
    }
    return blocks;
}

HH_EXPORT("collect") uint64_t collect(uint32_t amount)
{
    uint32_t *numbers = NULL;
    size_t room = 0;
    uint64_t total = 0;
    for (uint32_t i = 0; i < amount; i++) {
        if (i == room) {
            room = room == 0 ? 4 : 2 * room;
            numbers = (uint32_t *)hh_must(reallocarray(numbers, room, sizeof *numbers));
        }
        numbers[i] = i;
    }
    for (uint32_t i = 0; i < amount; i++) {
        total += numbers[i];
    }
    free(numbers);
    return total;
}

HH_EXPORT("aligned") uint32_t aligned(uint32_t alignment)
{
    void *block = hh_must(aligned_alloc(alignment, 100));
    uint32_t rest = (uint32_t)((uintptr_t)block % alignment);
    memset(block, 0xaa, 100);
    free(block);
    return rest;
}

/* ---- The end ------------------------------------------------------------- */

HH_EXPORT("fail") void fail(const char *message, size_t len)
{
    hh_bytes line = join(hh_static("failed: "), hh_bytes_of(message, len), hh_static(""));
    host_tell(line.ptr, line.len);
    __builtin_trap();
}
