/*
 * The plugin that brings its malloc along, wasi-libc's dlmalloc, and exports it:
 * the usual way. The functions named *_into write to a buffer that the host keeps,
 * and return how long the result is, whether it fitted or not.
 */
#include "work.h"

#define EXPORT(name) __attribute__((export_name(name), used, visibility("default")))

void *malloc(size_t size);

typedef uint64_t packed;

static packed pack(void *ptr, size_t len)
{
    return (packed)(uintptr_t)ptr << 32 | (packed)len;
}

static void *must_malloc(size_t size)
{
    void *block = malloc(size);
    if (block == NULL) {
        __builtin_trap();
    }
    return block;
}

/*
 * There are no constructors; but where nobody mentions them, wasm-ld wraps every
 * export in a function that runs them and the destructors, at each call.
 */
void __wasm_call_ctors(void);

EXPORT("_initialize") void initialize(void)
{
    __wasm_call_ctors();
}

EXPORT("nothing") void nothing(void)
{
}

EXPORT("pass") uint32_t pass(const unsigned char *bytes, size_t len)
{
    return first_byte(bytes, len);
}

EXPORT("greet") packed greet(const char *name, size_t len)
{
    char *out = must_malloc(greeting_len(len));
    write_greeting(out, name, len);
    return pack(out, greeting_len(len));
}

EXPORT("greet_into") size_t greet_into(const char *name, size_t len, char *out, size_t room)
{
    if (greeting_len(len) <= room) {
        write_greeting(out, name, len);
    }
    return greeting_len(len);
}

EXPORT("sum") uint64_t sum(const unsigned char *bytes, size_t len)
{
    return sum_of(bytes, len);
}

EXPORT("reverse") packed reverse(const unsigned char *bytes, size_t len)
{
    unsigned char *out = must_malloc(len);
    write_reversed(out, bytes, len);
    return pack(out, len);
}

EXPORT("reverse_into")
size_t reverse_into(const unsigned char *bytes, size_t len, unsigned char *out, size_t room)
{
    if (len <= room) {
        write_reversed(out, bytes, len);
    }
    return len;
}

EXPORT("fetch") packed fetch(size_t len)
{
    unsigned char *out = must_malloc(len);
    mark(out, len);
    return pack(out, len);
}

EXPORT("fetch_into") size_t fetch_into(size_t len, unsigned char *out, size_t room)
{
    if (len <= room) {
        mark(out, len);
    }
    return len;
}

EXPORT("twice") struct eight twice(const struct eight *in)
{
    return doubled(in);
}

EXPORT("strings") uint64_t strings(const struct piece *pieces, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += pieces[i].len;
    }
    return total;
}
