/*
 * Cookbook: the plugin of docs/cookbook.md, which shows what stands between
 * [name] and [/name]. Its host is examples/cookbook.
 */
/* [strings] */
#include <stdbool.h>
#include "hostheap.h"

/* "  many   words " -> "many words" */
HH_EXPORT("tidy") hh_packed tidy(const char *text, size_t len)
{
    char *out = hh_must(malloc(len + 1)); /* never longer than what came */
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool space = text[i] == ' ';
        if (!space || (n > 0 && out[n - 1] != ' ')) {
            out[n++] = text[i];
        }
    }
    n -= n > 0 && out[n - 1] == ' ';
    return HH_PACK(out, n); /* part of the block: the host frees all of it */
}
/* [/strings] */

/* [image] */
/* In place: the host gets the pixels back. */
HH_EXPORT("invert") void invert(uint8_t *pixels, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        pixels[i] = (uint8_t)(255 - pixels[i]);
    }
}

/* From one buffer to another, half as wide and high; `out` is only written. */
HH_EXPORT("halve") void halve(const uint8_t *pixels, size_t len, uint8_t *out,
                              size_t out_len, uint32_t width)
{
    if (width < 2 || out_len < width / 2 * (len / width / 2)) {
        __builtin_trap(); /* the host's mistake: never write past a buffer */
    }
    for (size_t y = 0; y + 1 < len / width; y += 2) {
        for (size_t x = 0; x + 1 < width; x += 2) {
            const uint8_t *p = pixels + y * width + x;
            *out++ = (uint8_t)((p[0] + p[1] + p[width] + p[width + 1]) / 4);
        }
    }
}
/* [/image] */

/* [structs] */
struct sample {
    uint64_t time; /* ms */
    float value;
    uint32_t sensor;
};

struct summary {
    uint64_t from, to;
    double mean;
    uint32_t count;
    uint32_t unused; /* C would pad here: a field that both sides see */
};

HH_EXPORT("summarize")
struct summary summarize(const struct sample *samples, size_t count)
{
    struct summary s = { UINT64_MAX, 0, 0, (uint32_t)count, 0 };
    for (size_t i = 0; i < count; i++) {
        s.from = samples[i].time < s.from ? samples[i].time : s.from;
        s.to = samples[i].time > s.to ? samples[i].time : s.to;
        s.mean += (double)samples[i].value / (double)count;
    }
    return s;
}

/* An array of structs as the result: the length is in elements. */
HH_EXPORT("above") hh_packed above(const struct sample *samples, size_t count, float limit)
{
    struct sample *found = hh_must(malloc(count * sizeof *found + 1));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (samples[i].value > limit) {
            found[n++] = samples[i];
        }
    }
    return HH_PACK(found, n);
}
/* [/structs] */

/* [errors] */
enum { NO_EQUALS = 1, NO_KEY = 2 };

/* "key = value" -> "value" */
HH_EXPORT("value_of") int32_t value_of(hh_bytes *out, const char *line, size_t len)
{
    size_t at = 0;
    while (at < len && line[at] != '=') {
        at++;
    }
    if (at == len) {
        return hh_fail(out, NO_EQUALS, "expected KEY = VALUE");
    }
    if (at == 0) {
        return hh_fail(out, NO_KEY, "nothing before the =");
    }
    at++;
    while (at < len && line[at] == ' ') {
        at++;
    }
    *out = hh_copy(line + at, len - at);
    return HH_OK;
}
/* [/errors] */

/* [config] */
struct config {
    double gain;
    const char *name; /* in the same block */
    uint32_t name_len;
};

static const struct config *config; /* the host keeps it; it may change between calls */

HH_EXPORT("configure") void configure(const struct config *c)
{
    config = c;
}

HH_EXPORT("amplify") double amplify(double x)
{
    return config != NULL ? x * config->gain : x;
}

HH_EXPORT("config_name") hh_packed config_name(void)
{
    return config != NULL ? HH_PACK(config->name, config->name_len) : 0;
}
/* [/config] */

/* [module] */
HH_IMPORT("kv", "get") hh_bytes kv_get(const char *key, size_t len);
HH_IMPORT("kv", "set")
void kv_set(const char *key, size_t key_len, const char *value, size_t value_len);
HH_IMPORT("kv", "count") uint32_t kv_count(void);

/* Moves a value to another key; how many keys there are then. */
HH_EXPORT("rename") int32_t rename_key(uint32_t *out, const char *from, size_t from_len,
                                       const char *to, size_t to_len)
{
    hh_bytes value = kv_get(from, from_len);
    if (value.ptr == NULL) {
        return 1;
    }
    kv_set(to, to_len, value.ptr, value.len);
    free(value.ptr); /* what a host function returns is the plugin's to free */
    *out = kv_count();
    return HH_OK;
}
/* [/module] */

/* [callbacks] */
/* Sorts indices, so that nothing large moves; the host knows what is behind them. */
HH_EXPORT("sort_by") void sort_by(uint32_t *indices, size_t count,
                                  int32_t (*compare)(uint32_t a, uint32_t b))
{
    for (size_t i = 1; i < count; i++) {
        uint32_t moved = indices[i];
        size_t j = i;
        for (; j > 0 && compare(moved, indices[j - 1]) < 0; j--) {
            indices[j] = indices[j - 1];
        }
        indices[j] = moved;
    }
}

/* Says how far it is; stops when the host says so. */
HH_EXPORT("crunch") uint64_t crunch(uint32_t rounds, bool (*progress)(uint32_t done))
{
    uint64_t h = 1;
    for (uint32_t i = 1; i <= rounds; i++) {
        h = h * 6364136223846793005u + i;
        if (i % 100 == 0 && !progress(i)) {
            break;
        }
    }
    return h;
}
/* [/callbacks] */
