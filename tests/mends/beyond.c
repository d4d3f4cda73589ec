#include "hostheap.h"

/* A heap base of the plugin's own, beyond the memory that it starts with. */
HH_EXPORT("heap_base") size_t heap_base(void)
{
    return 2000000;
}

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    return HH_PACK(name, len);
}
