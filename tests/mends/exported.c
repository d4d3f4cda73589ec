#include "hostheap.h"

static const char tag[] = "static data";

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    return len > 0 ? HH_PACK(name, len) : HH_PACK(tag, sizeof tag - 1);
}
