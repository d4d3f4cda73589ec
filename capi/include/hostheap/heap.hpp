/*
 * hostheap/heap.hpp: the bare heap for C++17, for hosts that embed a runtime by themselves. It needs
 * no runtime in the library, and does not include the rest of hostheap.hpp.
 *
 *     struct my_memory : hostheap::memory { ... };       // what your runtime has
 *     hostheap::heap heap(layout.heap_start, memory);
 *     // in the host function for each import of the family:
 *     result = heap.invoke(member, arguments);           // throws: trap the plugin
 */
#ifndef HOSTHEAP_HEAP_HPP
#define HOSTHEAP_HEAP_HPP

#include "base.hpp"

namespace hostheap {

/* A linear memory, as the embedder gets at it. What it throws is taken for no memory. */
class memory {
public:
    virtual ~memory() = default;
    /* Where it starts now, and its size in bytes; nullptr if it is not there yet. */
    virtual std::uint8_t *data(std::uint64_t &size) = 0;
    /* Grows it by so many pages of 65536 bytes, if it can. */
    virtual bool grow(std::uint64_t pages) = 0;
};

} // namespace hostheap

extern "C" {
inline std::uint8_t *hostheap_hpp_data(void *env, std::uint64_t *size)
{
    try {
        return static_cast<hostheap::memory *>(env)->data(*size);
    } catch (...) {
        *size = 0;
        return nullptr;
    }
}
inline bool hostheap_hpp_grow(void *env, std::uint64_t pages)
{
    try {
        return static_cast<hostheap::memory *>(env)->grow(pages);
    } catch (...) {
        return false;
    }
}
}

namespace hostheap {

/* Where a module's heap may start, from its bytes. */
inline hh_layout layout_of(slice<const std::uint8_t> wasm)
{
    hh_layout layout;
    check(hh_layout_from_module(wasm.data(), wasm.size(), &layout));
    return layout;
}

/* A heap's state at one moment. */
class heap_snapshot {
private:
    friend class heap;
    heap_snapshot() = default;
    detail::handle<hh_heap_snapshot, hh_heap_snapshot_delete> handle_;
};

/* Malloc and its family over a linear memory. Offsets are bytes in it; 0 is NULL. */
class heap {
public:
    /* The memory must outlive it. */
    heap(std::uint32_t base, memory &memory, const hh_heap_options *options = nullptr)
    {
        const hh_memory access = { &memory, hostheap_hpp_data, hostheap_hpp_grow };
        check(hh_heap_new(base, options, &access, handle_.place()));
    }

    pointer malloc(std::uint32_t size)
    {
        pointer p;
        check(hh_heap_malloc(get(), size, &p.offset));
        return p;
    }
    pointer calloc(std::uint32_t count, std::uint32_t size)
    {
        pointer p;
        check(hh_heap_calloc(get(), count, size, &p.offset));
        return p;
    }
    pointer realloc(pointer p, std::uint32_t size)
    {
        pointer moved;
        check(hh_heap_realloc(get(), p.offset, size, &moved.offset));
        return moved;
    }
    pointer aligned_alloc(std::uint32_t align, std::uint32_t size)
    {
        pointer p;
        check(hh_heap_aligned_alloc(get(), align, size, &p.offset));
        return p;
    }
    void free(pointer p) { check(hh_heap_free(get(), p.offset)); }
    std::uint32_t usable_size(pointer p) const
    {
        std::uint32_t size;
        check(hh_heap_usable_size(get(), p.offset, &size));
        return size;
    }
    /* What a member of the family (HH_FAMILY_...) does for a plugin; see hh_heap_invoke. */
    std::uint32_t invoke(std::uint32_t member, slice<const std::uint32_t> arguments)
    {
        std::uint32_t result = 0;
        check(hh_heap_invoke(get(), member, arguments.data(), arguments.size(), &result));
        return result;
    }
    /* A block that the plugin cannot free, until it is taken back. */
    pointer lend(std::uint32_t size)
    {
        pointer p;
        check(hh_heap_lend(get(), size, &p.offset));
        return p;
    }
    void take_back(pointer p) { check(hh_heap_take_back(get(), p.offset)); }

    hh_heap_stats stats() const
    {
        hh_heap_stats stats;
        check(hh_heap_statistics(get(), &stats));
        return stats;
    }
    std::vector<hh_heap_block> blocks() const
    {
        std::size_t count;
        check(hh_heap_blocks(get(), nullptr, 0, &count));
        std::vector<hh_heap_block> all(count);
        check(hh_heap_blocks(get(), all.data(), all.size(), &count));
        return all;
    }
    heap_snapshot snapshot() const
    {
        heap_snapshot s;
        check(hh_heap_take_snapshot(get(), s.handle_.place()));
        return s;
    }
    void restore(const heap_snapshot &s) { check(hh_heap_restore(get(), s.handle_.get())); }
    void reset() { check(hh_heap_reset(get())); }

    hh_heap *get() const noexcept { return handle_.get(); }

private:
    detail::handle<hh_heap, hh_heap_delete> handle_;
};

} // namespace hostheap

#endif
