/* docs/convention/owned.md */
/* [plugin] */
#include "hostheap.h"

static hh_bytes stack[8];
static size_t depth;

/* Agreed: the text is handed over. Its block is the plugin's from now on. */
HH_EXPORT("push") void push(char *text, size_t len)
{
    if (depth == 8) {
        free(text);
        return;
    }
    stack[depth++] = hh_bytes_of(text, len);
}

/* The block goes to the host as a result, and the host frees it. */
HH_EXPORT("pop") hh_packed pop(void)
{
    if (depth == 0) {
        return 0;
    }
    depth--;
    return HH_PACK(stack[depth].ptr, stack[depth].len);
}
/* [/plugin] */

HH_EXPORT("free_argument") void free_argument(char *text, size_t len)
{
    (void)len;
    free(text);
}
