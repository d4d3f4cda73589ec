#include "hostheap.h"

/* Exported by its C++ name. */
__attribute__((used, visibility("default")))
hh_packed greet(const char *name, size_t len)
{
    return HH_PACK(name, len);
}
