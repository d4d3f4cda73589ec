/*
 * A plugin that says from which line it asks for each block: it is compiled
 * with HH_CALL_SITES. Each line that allocates is named by a function.
 */
#include "hostheap.h"

static char *kept;

/* What hostheap.h's macros do not see: a call by a library, for example. */
HH_EXPORT("unmarked") char *unmarked(size_t size)
{
    return (malloc)(size);
}

HH_EXPORT("here") uint32_t here(void) { return __LINE__ + 4; }

HH_EXPORT("keep") char *keep(size_t size)
{
    return kept = malloc(size);
}

HH_EXPORT("extend_line") uint32_t extend_line(void) { return __LINE__ + 4; }

HH_EXPORT("extend") char *extend(size_t size)
{
    char *longer = realloc(kept, size);
    if (longer != NULL) {
        kept = longer;
    }
    return longer;
}

HH_EXPORT("drop") void drop(void)
{
    free(kept);
    kept = NULL;
}

HH_EXPORT("aligned") void *aligned(size_t alignment)
{
    void *block = NULL;
    return posix_memalign(&block, alignment, 10) == 0 ? block : NULL;
}

HH_EXPORT("copied") char *copied(void) { return hh_copy("text", 4).ptr; }

HH_EXPORT("zeroed") void *zeroed(void) { return calloc(4, 5); }

/* A file name that lies nowhere, or does not end. */
HH_EXPORT("lie") void *lie(const char *file, uint32_t line)
{
    hh_site(file, line);
    return (malloc)(16);
}
