// C++ with libc++: a static std::string, a std::vector that grows.
#include <string>
#include <vector>
#define HAS_LIBC
#include "corpus.h"

static std::string greeting = "a string too long for the small string optimisation";
static std::vector<std::string> all;

extern "C" EXPORT(take) void *take(size_t size) { return operator new(size); }
extern "C" EXPORT(give) void give(void *block) { operator delete(block); }
extern "C" EXPORT(add) int add(int n) {
    all.push_back(greeting.substr((unsigned)n % greeting.size()));
    return (int)all.size();
}
