#include "hostheap.h"

#include <cstring>
#include <numeric>
#include <string>
#include <string_view>

// A result is a block from malloc that the host frees; a std::string frees its own.
static hh_packed give(const std::string &text)
{
    const hh_bytes block = hh_copy(text.data(), text.size());
    return HH_PACK(block.ptr, block.len);
}

// A string in, a string out: the name is borrowed for the call.
HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    return give("Hello, " + std::string(name, len) + "!");
}

// Numbers in: `count` of them, borrowed for the call.
HH_EXPORT("sum") int64_t sum(const int32_t *numbers, size_t count)
{
    return std::accumulate(numbers, numbers + count, int64_t{0});
}
