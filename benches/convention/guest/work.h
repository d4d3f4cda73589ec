/* What the plugins in C do, whoever's convention they are called by. */
#ifndef WORK_H
#define WORK_H

#include <stddef.h>
#include <stdint.h>

/* A struct of 64 bytes. */
struct eight {
    double value[8];
};

/* A string in an array of strings. */
struct piece {
    const char *ptr;
    size_t len;
};

static const char before[] = { 'H', 'e', 'l', 'l', 'o', ',', ' ' };

/* How much room the greeting takes. */
static inline size_t greeting_len(size_t len)
{
    return sizeof before + len + 1;
}

static inline void write_greeting(char *out, const char *name, size_t len)
{
    __builtin_memcpy(out, before, sizeof before);
    __builtin_memcpy(out + sizeof before, name, len);
    out[sizeof before + len] = '!';
}

static inline uint32_t first_byte(const unsigned char *bytes, size_t len)
{
    return len > 0 ? bytes[0] : 0;
}

static inline uint64_t sum_of(const unsigned char *bytes, size_t len)
{
    uint64_t total = 0;
    for (size_t i = 0; i < len; i++) {
        total += bytes[i];
    }
    return total;
}

static inline void write_reversed(unsigned char *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = bytes[len - 1 - i];
    }
}

/* Two bytes tell whether the host got the block: writing all would hide how fast it is read. */
static inline void mark(unsigned char *out, size_t len)
{
    if (len > 0) {
        out[0] = 1;
        out[len - 1] = 2;
    }
}

static inline struct eight doubled(const struct eight *in)
{
    struct eight out;
    for (int i = 0; i < 8; i++) {
        out.value[i] = in->value[i] * 2;
    }
    return out;
}

#endif
