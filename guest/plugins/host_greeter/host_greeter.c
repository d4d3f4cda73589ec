/*
 * Host greeter: a plugin that calls functions of its host. Besides the malloc
 * family it imports three from module "host":
 *
 *   log(text, len)                 write one line to the host's log
 *   now() -> i64                   milliseconds since the Unix epoch
 *   lookup(key, len) -> packed     the value for a key, in a block that belongs
 *                                  to the plugin; pointer NULL if there is none
 */
#include "hostheap.h"

HH_IMPORT("host", "log") void host_log(const char *text, size_t len);
HH_IMPORT("host", "now") int64_t host_now(void);
HH_IMPORT("host", "lookup") hh_packed host_lookup(const char *key, size_t len);

/* "-9223372036854775808", the longest number, without a NUL. */
#define MAX_DIGITS 20

/* Writes `number` in decimal at the end of `out`; returns where it begins. */
static char *decimal(char out[MAX_DIGITS], int64_t number)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *at = out + MAX_DIGITS;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--at = '-';
    }
    return at;
}

/* Bytes that somebody else owns. */
typedef struct {
    const char *ptr;
    size_t len;
} view;

static view literal(const char *string)
{
    view bytes = { string, strlen(string) };
    return bytes;
}

/* The three parts one after another, in a block of their own. */
static hh_bytes join(view a, view b, view c)
{
    hh_bytes out;
    size_t ab = a.len + b.len;
    out.len = ab + c.len;
    if (ab < a.len || out.len < ab) {
        __builtin_trap(); /* a sum wrapped around */
    }
    out.ptr = hh_must(malloc(out.len > 0 ? out.len : 1));
    memcpy(out.ptr, a.ptr, a.len);
    memcpy(out.ptr + a.len, b.ptr, b.len);
    memcpy(out.ptr + ab, c.ptr, c.len);
    return out;
}

/* The host's time in decimal. */
HH_EXPORT("stamp") hh_packed stamp(void)
{
    char digits[MAX_DIGITS];
    char *at = decimal(digits, host_now());
    size_t len = (size_t)(digits + MAX_DIGITS - at);
    char *out = hh_must(malloc(len));
    memcpy(out, at, len);
    return HH_PACK(out, len);
}

/* Logs "[TIME] TEXT". */
HH_EXPORT("say") void say(const char *text, size_t len)
{
    char stamp[1 + MAX_DIGITS + 2];
    char *after = stamp + 1 + MAX_DIGITS;
    char *at = decimal(stamp + 1, host_now());
    *--at = '[';
    after[0] = ']';
    after[1] = ' ';

    view time = { at, (size_t)(after + 2 - at) };
    view rest = { text, len };
    hh_bytes line = join(time, rest, literal(""));
    host_log(line.ptr, line.len); /* borrowed by the host, still ours */
    free(line.ptr);
}

/*
 * "Hello, VALUE!" with the host's value for `key`, or "Hello, stranger!" if it
 * has none. Logs the greeting too.
 */
HH_EXPORT("greet_user") hh_packed greet_user(const char *key, size_t len)
{
    hh_bytes found = hh_unpack(host_lookup(key, len));
    view name = { found.ptr, found.len };
    if (found.ptr == NULL) {
        name = literal("stranger");
    }
    hh_bytes out = join(literal("Hello, "), name, literal("!"));

    free(found.ptr); /* what a host function returns is ours to free */
    host_log(out.ptr, out.len);
    return HH_PACK(out.ptr, out.len);
}
