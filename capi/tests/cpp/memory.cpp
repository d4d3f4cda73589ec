// Memory, blocks, handles, and the bare heap.
#include <memory>
#include <optional>
#include <type_traits>

#include <hostheap/heap.hpp>

#include "check.hpp"

using namespace hostheap;

void memory()
{
    rig r;
    instance plugin = r.start("misbehaver/misbehaver");
    const pointer p = plugin.malloc(64);
    CHECK(plugin.usable_size(p) >= 64);
    plugin.write(p, point{ 1, 2 });
    CHECK(plugin.read<point>(p).y == 2);
    {
        view<double> numbers = plugin.view<double>(p, 2);
        CHECK(numbers[0] == 1 && numbers.size() == 2);
        numbers[1] = 7;
        THROWS(HH_ERR_BUSY, "hh_view_end", plugin.malloc(8));
        view<double> moved = std::move(numbers);
        THROWS(HH_ERR_BUSY, "hh_view_end", plugin.malloc(8));
        CHECK(moved[1] == 7);
    }
    CHECK(plugin.read<point>(p).y == 7);
    const pointer q = plugin.realloc(p, 5000);
    CHECK(plugin.read<point>(q).y == 7);
    THROWS(HH_ERR_BOUNDS, "", plugin.read<point>(pointer{ 0xfffffff0u }));
    THROWS(HH_ERR_ARGUMENT, "aligned", plugin.view<double>(pointer{ q.offset + 1 }, 1));
    THROWS(HH_ERR_BOUNDS, "", plugin.view<double>(q, SIZE_MAX / 2));
    CHECK(plugin.blocks().size() == 1 && plugin.blocks()[0].offset == q.offset);
    plugin.free(q);
    THROWS(HH_ERR_POINTER, "", plugin.free(q));
    CHECK(plugin.heap_stats().live_blocks == 0 && plugin.memory_size() % 65536 == 0);

    rig other;
    other.linker.func("host", "poke", [] {});
    instance owner = other.start("convention/ownership");
    block kept = owner.keep(std::int64_t(77));
    owner.call<void(const block &)>("remember", kept);
    CHECK(owner.call<std::uint8_t()>("recall") == 77);
    owner.write(kept.at(), std::int64_t(78));
    CHECK(owner.call<std::uint8_t()>("recall") == 78 && kept.size() == 8);
}

void handles()
{
    static_assert(!std::is_copy_constructible_v<instance> && !std::is_copy_constructible_v<engine>);
    static_assert(std::is_nothrow_move_constructible_v<instance>);
    rig r;
    int user = 5;
    hostheap::module m = r.engine.load_file("guest/plugins/greeter/greeter.wasm");
    CHECK(m.layout().heap_start % 16 == 0 && m.layout().heap_start > 0 && m.report() == nullptr);
    const linked l = r.linker.link(m);
    instance a = l.instantiate(&user), b = l.instantiate();
    CHECK(a.user<int>() == &user && b.user<int>() == nullptr);
    instance moved = std::move(a);
    CHECK(moved.call<std::string(std::string_view)>("greet", "you") == "Hello, you!");
    b = std::move(moved);
    CHECK(b.user<int>() == &user);
    THROWS(HH_ERR_IO, "no such file", r.engine.load_file("no such file"));
    const std::uint8_t text[] = { 't', 'e', 'x', 't' };
    THROWS(HH_ERR_MODULE, "", r.engine.load(text));
    THROWS(HH_ERR_UNSUPPORTED, "v8", engine("v8"));
}

namespace {

struct vector_memory final : hostheap::memory {
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(65536);
    bool broken = false;
    std::uint8_t *data(std::uint64_t &size) override
    {
        size = bytes.size();
        return bytes.data();
    }
    bool grow(std::uint64_t pages) override
    {
        if (broken) {
            throw std::bad_alloc();
        }
        bytes.resize(bytes.size() + pages * 65536);
        return true;
    }
};

} // namespace

void views_outlive_instances()
{
    auto state = std::make_shared<int>(0);
    {
        std::optional<view<std::uint8_t>> first, last;
        {
            rig r;
            r.linker.func("host", "log", [state](std::string_view) {})
                .func("host", "now", [] { return std::int64_t(0); })
                .func("host", "lookup",
                      [](std::string_view) { return std::optional<std::string>(); });
            instance plugin = r.start("host_greeter/host_greeter");
            const pointer p = plugin.malloc(2);
            plugin.write(p, std::uint16_t(0x2a2a));
            first.emplace(plugin.view<std::uint8_t>(p, 1));
            last.emplace(plugin.view<std::uint8_t>(p, 2));
        }
        first.reset();
        CHECK((*last)[1] == 42 && state.use_count() == 2);
    }
    CHECK(state.use_count() == 1); /* freed with its last view */
}

void bare_heap()
{
    vector_memory m;
    heap h(1024, m);
    const pointer a = h.malloc(100);
    m.bytes[a.offset] = 'a';
    const pointer b = h.realloc(a, 100000);
    CHECK(m.bytes[b.offset] == 'a' && m.bytes.size() > 65536);
    CHECK(h.usable_size(b) >= 100000 && h.stats().live_blocks == 1 && h.blocks().size() == 1);
    const heap_snapshot before = h.snapshot();
    h.free(b);
    THROWS(HH_ERR_POINTER, "freed already", h.free(b));
    h.restore(before);
    h.free(b);
    const std::uint32_t size[] = { 40 };
    const std::uint32_t p[] = { h.invoke(HH_FAMILY_MALLOC, size) };
    h.invoke(HH_FAMILY_FREE, p);
    THROWS(HH_ERR_POINTER, "", h.invoke(HH_FAMILY_FREE, p));
    const pointer lent = h.lend(16);
    THROWS(HH_ERR_POINTER, "", h.invoke(HH_FAMILY_FREE, slice<const std::uint32_t>(&lent.offset, 1)));
    h.take_back(lent);
    CHECK(h.aligned_alloc(256, 10).offset % 256 == 0);
    CHECK(m.bytes[h.calloc(4, 4).offset] == 0);
    h.reset();
    m.broken = true;
    THROWS(HH_ERR_MEMORY, "", h.malloc(1000000)); /* what its memory throws stays inside */
}
