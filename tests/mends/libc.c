/* A plugin with a libc, and so with its malloc. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

__attribute__((export_name("greet")))
uint64_t greet(const char *name, size_t len)
{
    char *out = strndup(name, len);
    return (uint64_t)(uintptr_t)out << 32 | len;
}
