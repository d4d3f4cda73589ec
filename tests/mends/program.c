#include <stdint.h>
#include <stddef.h>

static const char *greeting = "hello";

__attribute__((export_name("greet")))
uint64_t greet(const char *name, size_t len)
{
    return len > 0 ? (uint64_t)(uintptr_t)name << 32 | len : (uint64_t)(uintptr_t)greeting << 32 | 5;
}

#ifdef CTOR
__attribute__((constructor)) static void construct(void)
{
    greeting = "good day";
}
#endif

int main(void)
{
    return greeting[0] == 'h';
}
