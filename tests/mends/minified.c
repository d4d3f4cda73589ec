#include <emscripten.h>
#include <stdint.h>
#include <stddef.h>

void log_line(const char *line, size_t len);

EMSCRIPTEN_KEEPALIVE uint64_t greet(const char *name, size_t len)
{
    log_line(name, len);
    return (uint64_t)(uintptr_t)name << 32 | len;
}
