/*
 * Ctors: a reactor whose constructor allocates, so that malloc is called before
 * any export: from `_initialize`, which the host runs once after instantiation.
 */
#include "hostheap.h"

HH_INITIALIZER

static char *motto_text; /* a block that lives as long as the plugin */
static size_t motto_len;
static uint32_t times_constructed;

__attribute__((constructor)) static void prepare(void)
{
    static const char text[] = "made before main";
    times_constructed++;
    motto_len = sizeof text - 1;
    motto_text = hh_must(malloc(motto_len));
    memcpy(motto_text, text, motto_len);
}

/* How often the constructor has run: 1 under a host that does it right. */
HH_EXPORT("constructed") uint32_t constructed(void)
{
    return times_constructed;
}

/* A copy of the text that the constructor made; empty if it never ran. */
HH_EXPORT("motto") hh_packed motto(void)
{
    if (motto_text == NULL) {
        return HH_PACK(NULL, 0);
    }
    char *out = hh_must(malloc(motto_len));
    memcpy(out, motto_text, motto_len);
    return HH_PACK(out, motto_len);
}
