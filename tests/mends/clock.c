#include <stdint.h>
#include <stddef.h>
#include <time.h>

__attribute__((export_name("greet")))
uint64_t greet(const char *name, size_t len)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(uintptr_t)name << 32 | (len & ~(size_t)now.tv_nsec);
}
