/* docs/convention/c-strings.md */
/* [plugin] */
#include <stdbool.h>
#include "hostheap.h"

HH_EXPORT("is_absolute") bool is_absolute(const char *path)
{
    return path[0] == '/';
}

/* The part behind the last slash, in a block of its own. */
HH_EXPORT("base_name") char *base_name(const char *path)
{
    size_t len = strlen(path), start = len;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    char *name = hh_must(malloc(len - start + 1));
    memcpy(name, path + start, len - start + 1); /* the NUL too */
    return name;                                 /* the host copies it and frees the block */
}

HH_EXPORT("separator") const char *separator(void)
{
    return "/"; /* static data: copied only */
}
/* [/plugin] */

HH_EXPORT("unterminated") char *unterminated(void)
{
    char *block = hh_must(malloc(4));
    memset(block, 'x', 16); /* all of the 16 that a block of 4 has */
    return block;
}

HH_EXPORT("no_name") char *no_name(void)
{
    return NULL;
}
