#include "hostheap.h"

void log_line(const char *line, size_t len);

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    log_line(name, len);
    return HH_PACK(name, len);
}
