#include "hostheap.h"

void _start(void)
{
}

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    return HH_PACK(name, len);
}
