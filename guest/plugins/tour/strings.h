/* docs/convention/strings.md */
/* [plugin] */
#include "hostheap.h"

HH_EXPORT("vowels") uint32_t vowels(const char *text, size_t len)
{
    uint32_t found = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i] | 32;
        found += c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
    }
    return found;
}

HH_EXPORT("repeat") hh_packed repeat(const char *text, size_t len, uint32_t times)
{
    char *out = hh_must(malloc(len * times + 1));
    for (uint32_t i = 0; i < times; i++) {
        memcpy(out + i * len, text, len);
    }
    return HH_PACK(out, len * times); /* the host copies it, and frees the block */
}

/* Several strings: an array of pointers and lengths. */
HH_EXPORT("longest") hh_packed longest(const hh_bytes *texts, size_t count)
{
    hh_bytes best = { NULL, 0 };
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > best.len) {
            best = texts[i];
        }
    }
    return HH_PACK(best.ptr, best.len); /* a piece of an argument: copied, not freed */
}
/* [/plugin] */

HH_EXPORT("latin1") hh_packed latin1(void)
{
    static const char text[] = "caf\xe9";
    return HH_PACK(text, sizeof text - 1);
}

HH_EXPORT("stack_text") hh_packed stack_text(void)
{
    volatile char text[8] = "gone";
    return HH_PACK(text, 4);
}
