#include "hostheap.h"

static char arena[4096];
static size_t used;

HH_EXPORT("__heap_base") char *my_heap_base(void)
{
    return arena + used;
}

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    used += len;
    return HH_PACK(name, len);
}
