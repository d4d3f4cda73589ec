#include "hostheap.h"

/* Misspelt, and defined nowhere. */
void undefined_log_lnie(const char *line, size_t len);

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    undefined_log_lnie(name, len);
    return HH_PACK(name, len);
}
