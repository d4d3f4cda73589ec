// The kit's plugin in C++: what ../contract.toml says, with std::string and std::vector.
#include <algorithm>
#include <charconv>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "hostheap.h"

// Outside of the namespace without a name: what has a type from there is not exported, and imports have
// external linkage.
struct point {
    double x, y;
};

HH_IMPORT("host", "tell") void host_tell(const char *text, size_t len);
HH_IMPORT("host", "ask") hh_packed host_ask(const char *question, size_t len);

namespace {

/// A string's text as a block for the host, which frees it.
hh_bytes block(std::string_view text)
{
    return hh_copy(text.data(), text.size());
}

hh_packed packed(std::string_view text)
{
    hh_bytes out = block(text);
    return HH_PACK(out.ptr, out.len);
}

// An object whose constructor allocates: made before the first call.
const std::string no_answer = std::string("no answer") + std::string(40, '.');

uint32_t calls;
bool remembers;
std::string remembered;

} // namespace

HH_EXPORT("greet") hh_packed greet(const char *name, size_t len)
{
    std::string out;
    out.reserve(len + 8); // or it would be there twice while it grows
    out.append("Hello, ").append(name, len).append("!");
    return packed(out);
}

HH_EXPORT("shout") hh_packed shout(const char *text, size_t len)
{
    std::string out(text, len);
    for (char &letter : out) {
        if (letter >= 'a' && letter <= 'z') {
            letter -= 'a' - 'A';
        }
    }
    return packed(out);
}

HH_EXPORT("reverse") hh_packed reverse(const char *data, size_t len)
{
    return packed(std::string(std::reverse_iterator(data + len), std::reverse_iterator(data)));
}

HH_EXPORT("sum") int64_t sum(const int32_t *numbers, size_t count)
{
    int64_t total = 0;
    std::for_each(numbers, numbers + count, [&](int32_t number) { total += number; });
    return total;
}

HH_EXPORT("scale") void scale(double *numbers, size_t count, double factor)
{
    std::for_each(numbers, numbers + count, [=](double &number) { number *= factor; });
}

HH_EXPORT("middle") point middle(const point *a, const point *b)
{
    return {(a->x + b->x) / 2, (a->y + b->y) / 2};
}

HH_EXPORT("longest") hh_packed longest(const hh_bytes *texts, size_t count)
{
    std::string_view found;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > found.size()) {
            found = {texts[i].ptr, texts[i].len};
        }
    }
    return packed(found);
}

HH_EXPORT("parse") int32_t parse(hh_bytes *out, const char *text, size_t len)
{
    int64_t value;
    auto [end, error] = std::from_chars(text, text + len, value);
    if (error != std::errc() || end != text + len) {
        *out = block("not a number: " + std::string(text, len));
        return 2;
    }
    *out = block(std::to_string(value));
    return HH_OK;
}

HH_EXPORT("apply") int32_t apply(int32_t (*f)(int32_t), int32_t x)
{
    return f(f(x));
}

HH_EXPORT("count") uint32_t count()
{
    return ++calls;
}

HH_EXPORT("remember") void remember(const char *text, size_t len)
{
    remembered.assign(text, len);
    remembers = true;
}

HH_EXPORT("recall") hh_packed recall()
{
    return remembers ? packed(remembered) : HH_PACK(nullptr, 0);
}

HH_EXPORT("say") void say(const char *text, size_t len)
{
    std::string line = "[" + std::string(text, len) + "]";
    host_tell(line.data(), line.size());
}

HH_EXPORT("consult") hh_packed consult(const char *question, size_t len)
{
    hh_bytes answer = hh_unpack(host_ask(question, len));
    if (answer.ptr == nullptr) {
        return packed(std::string_view(no_answer).substr(0, 9));
    }
    std::string out = "host says: " + std::string(answer.ptr, answer.len);
    free(answer.ptr); // the block was the plugin's
    return packed(out);
}

HH_EXPORT("exhaust") uint32_t exhaust(uint32_t block_bytes)
{
    // The blocks are a list in themselves: a vector of them would trap for want of memory.
    struct link {
        link *next;
    } *first = nullptr;
    uint32_t blocks = 0;
    size_t size = std::max<size_t>(block_bytes, sizeof(link));
    while (void *block = operator new(size, std::nothrow)) {
        first = new (block) link{first};
        blocks++;
    }
    while (first != nullptr) {
        link *next = first->next;
        operator delete(first);
        first = next;
    }
    return blocks;
}

HH_EXPORT("collect") uint64_t collect(uint32_t amount)
{
    std::vector<uint32_t> numbers;
    for (uint32_t i = 0; i < amount; i++) {
        numbers.push_back(i);
    }
    uint64_t total = 0;
    for (uint32_t number : numbers) {
        total += number;
    }
    return total;
}

HH_EXPORT("aligned") uint32_t aligned(uint32_t alignment)
{
    std::align_val_t to{alignment};
    void *block = operator new(100, to);
    uint32_t rest = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(block) % alignment);
    memset(block, 0xaa, 100);
    operator delete(block, to);
    return rest;
}

HH_EXPORT("fail") void fail(const char *message, size_t len)
{
    std::string line = "failed: " + std::string(message, len);
    host_tell(line.data(), line.size());
    __builtin_trap();
}
