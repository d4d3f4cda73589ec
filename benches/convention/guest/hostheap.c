/* The plugin without an allocator. */
#include "hostheap.h"
#include "work.h"

HH_EXPORT("nothing") void nothing(void)
{
}

HH_EXPORT("pass") uint32_t pass(const unsigned char *bytes, size_t len)
{
    return first_byte(bytes, len);
}

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    char *out = hh_must(malloc(greeting_len(len)));
    write_greeting(out, name, len);
    return HH_PACK(out, greeting_len(len));
}

HH_EXPORT("sum") uint64_t sum(const unsigned char *bytes, size_t len)
{
    return sum_of(bytes, len);
}

HH_EXPORT("reverse") hh_packed reverse(const unsigned char *bytes, size_t len)
{
    unsigned char *out = hh_must(malloc(len));
    write_reversed(out, bytes, len);
    return HH_PACK(out, len);
}

HH_EXPORT("fetch") hh_packed fetch(size_t len)
{
    unsigned char *out = hh_must(malloc(len));
    mark(out, len);
    return HH_PACK(out, len);
}

/* The struct as a struct: (out, in) -> (). */
HH_EXPORT("twice") struct eight twice(const struct eight *in)
{
    return doubled(in);
}

/* The struct as 64 bytes, for hosts that know of no structs. */
HH_EXPORT("twice_bytes") hh_packed twice_bytes(const unsigned char *in, size_t len)
{
    if (len != sizeof(struct eight)) {
        __builtin_trap();
    }
    struct eight *out = hh_must(malloc(sizeof *out));
    *out = doubled((const struct eight *)in);
    return HH_PACK(out, sizeof *out);
}

HH_EXPORT("strings") uint64_t strings(const hh_bytes *pieces, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += pieces[i].len;
    }
    return total;
}
