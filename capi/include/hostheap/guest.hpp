/*
 * Part of hostheap.hpp: a plugin, its functions, and what the host keeps in it.
 */
#ifndef HOSTHEAP_GUEST_HPP
#define HOSTHEAP_GUEST_HPP

#include <new>

#include "host.hpp"

namespace hostheap {

namespace detail {

/*
 * Instances that were destroyed while a view of theirs was open, which hostheap.h refuses: the end of
 * the view frees them. An instance and its views belong to one thread. Without a destructor, so that
 * views in static variables can use it to the end.
 */
struct orphan {
    hh_instance *raw;
    orphan *next;
};
inline thread_local orphan *orphans = nullptr;

inline void free_instance(hh_instance *raw) noexcept
{
    if (hh_instance_delete(raw) == HH_ERR_BUSY) {
        if (orphan *added = new (std::nothrow) orphan{ raw, orphans }) {
            orphans = added;
        }
    }
}

/* What is freed may destroy other instances and views: the list is not used meanwhile. */
inline void free_orphans() noexcept
{
    for (orphan *all = std::exchange(orphans, nullptr); all != nullptr;) {
        orphan *next = all->next;
        free_instance(all->raw);
        delete std::exchange(all, next);
    }
}

/* Bytes of so many elements. No memory of a plugin's has more than 32 bits can tell. */
template <class T> std::uint32_t length(std::size_t count)
{
    if (count > UINT32_MAX / sizeof(T)) {
        throw error(HH_ERR_BOUNDS, "more elements than a plugin's memory can hold");
    }
    return static_cast<std::uint32_t>(count * sizeof(T));
}

} // namespace detail

/* ---- What outlives a call ------------------------------------------------ */

/* A function of a plugin's: name and prototype are checked once, the calls are typed. */
template <class R, class... A> class func<R(A...)> {
public:
    typename detail::returned<R>::type operator()(A... a) const
    {
        return call(std::index_sequence_for<A...>{}, a...);
    }
    hh_func *get() const noexcept { return handle_.get(); }

private:
    friend class guest;
    func() = default;

    template <std::size_t... I, class... X>
    typename detail::returned<R>::type call(std::index_sequence<I...>, X &...a) const
    {
        std::tuple<typename detail::param<A>::held...> held;
        typename detail::result<R>::slot slot{};
        const hh_value values[] = { detail::result<R>::to(slot),
                                    detail::param<A>::lower(a, std::get<I>(held))... };
        check(hh_func_call(handle_.get(), values, 1 + sizeof...(A)));
        return detail::result<R>::get(slot);
    }

    detail::handle<hh_func, hh_func_delete> handle_;
};

/* A function of the host's in a plugin's function table. */
template <class R, class... A> class callback<R(A...)> {
public:
    hh_callback *get() const noexcept { return handle_.get(); }

private:
    friend class guest;
    callback() = default;
    detail::handle<hh_callback, hh_callback_delete> handle_;
};

/* A block in a plugin's memory that the host keeps from call to call. */
class block {
public:
    pointer at() const noexcept { return pointer{ hh_block_offset(handle_.get()) }; }
    std::uint32_t size() const noexcept { return hh_block_len(handle_.get()); }
    hh_block *get() const noexcept { return handle_.get(); }

private:
    friend class guest;
    block() = default;
    detail::handle<hh_block, hh_block_delete> handle_;
};

/*
 * Elements in a plugin's memory, without a copy. While it is there, whatever could move or change
 * the memory throws HH_ERR_BUSY. It may outlive the instance, whose memory is then freed with its
 * last view.
 */
template <class T> class view : public slice<T> {
public:
    view(view &&other) noexcept : slice<T>(other), raw_(std::exchange(other.raw_, hh_view{})) {}
    view &operator=(view &&) = delete;
    ~view()
    {
        if (raw_.data != nullptr) {
            hh_view_end(&raw_);
            detail::free_orphans();
        }
    }

private:
    friend class guest;
    view(hh_view raw, std::size_t count)
        : slice<T>(reinterpret_cast<T *>(raw.data), count), raw_(raw)
    {
    }
    hh_view raw_;
};

/* ---- Plugins ------------------------------------------------------------- */

/* A plugin, as its instance and as its host functions see it. It owns nothing. */
class guest {
public:
    explicit guest(hh_instance *raw = nullptr) noexcept : raw_(raw) {}
    hh_instance *get() const noexcept { return raw_; }

    /* Functions */

    template <class F> hostheap::func<F> func(const char *name)
    {
        hostheap::func<F> f;
        check(hh_instance_func(raw_, name, detail::prototype_of<F>::text().c_str(),
                               f.handle_.place()));
        return f;
    }
    /* The function that a function pointer of the plugin's points to. */
    template <class F> hostheap::func<F> func_at(function_pointer at)
    {
        hostheap::func<F> f;
        check(hh_instance_func_at(raw_, at.index, detail::prototype_of<F>::text().c_str(),
                                  f.handle_.place()));
        return f;
    }
    /* Looks a function up and calls it once. */
    template <class F, class... A> auto call(const char *name, A &&...a)
    {
        return func<F>(name)(std::forward<A>(a)...);
    }
    /* A function of the host's that the plugin can be given a pointer to. */
    template <class F> auto callback(F f)
    {
        return callback_of(std::function(std::move(f)));
    }

    /* Memory */

    /* Copies a value into a block that stays when the call is over. */
    template <class T> block keep(const T &value)
    {
        static_assert(detail::is_element<T>, "hostheap: only scalars and plain structs are kept");
        return keep(&value, sizeof value);
    }
    template <class T> block keep(slice<const T> values)
    {
        return keep(values.data(), detail::length<T>(values.size()));
    }
    pointer malloc(std::uint32_t size)
    {
        pointer p;
        check(hh_instance_malloc(raw_, size, &p.offset));
        return p;
    }
    pointer realloc(pointer p, std::uint32_t size)
    {
        check(hh_instance_realloc(raw_, p.offset, size, &p.offset));
        return p;
    }
    void free(pointer p) { check(hh_instance_free(raw_, p.offset)); }
    std::uint32_t usable_size(pointer p)
    {
        std::uint32_t size;
        check(hh_instance_usable_size(raw_, p.offset, &size));
        return size;
    }
    template <class T> T read(pointer p)
    {
        T value{};
        read(p, slice<T>(&value, 1));
        return value;
    }
    template <class T> void read(pointer p, slice<T> to)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        check(hh_instance_read(raw_, p.offset, to.data(), detail::length<T>(to.size())));
    }
    template <class T> void write(pointer p, const T &value)
    {
        write(p, slice<const T>(&value, 1));
    }
    template <class T> void write(pointer p, slice<const T> from)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        check(hh_instance_write(raw_, p.offset, from.data(), detail::length<T>(from.size())));
    }
    template <class T> hostheap::view<T> view(pointer p, std::size_t count)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        if (p.offset % alignof(T) != 0) {
            throw error(HH_ERR_ARGUMENT, "a view of elements that are not aligned");
        }
        hh_view raw;
        check(hh_instance_view(raw_, p.offset, detail::length<T>(count), &raw));
        return hostheap::view<T>(raw, count);
    }
    std::uint64_t memory_size()
    {
        std::uint64_t bytes;
        check(hh_instance_memory_size(raw_, &bytes));
        return bytes;
    }

    /* The heap */

    hh_heap_stats heap_stats()
    {
        hh_heap_stats stats;
        check(hh_instance_heap_stats(raw_, &stats));
        return stats;
    }
    /* All live blocks: what is left when nothing should be is a leak. */
    std::vector<hh_heap_block> blocks()
    {
        std::size_t count;
        check(hh_instance_blocks(raw_, nullptr, 0, &count));
        std::vector<hh_heap_block> all(count);
        check(hh_instance_blocks(raw_, all.data(), all.size(), &count));
        return all;
    }

    /* State */

    bool poisoned() const noexcept { return hh_instance_is_poisoned(raw_); }
    void clear_poison() { check(hh_instance_clear_poison(raw_)); }
    /* What the plugin was instantiated with. */
    template <class T> T *user() { return static_cast<T *>(hh_instance_user(raw_)); }

protected:
    hh_instance *raw_;

private:
    block keep(const void *data, std::uint32_t len)
    {
        block kept;
        check(hh_instance_keep(raw_, data, len, kept.handle_.place()));
        return kept;
    }
    template <class R, class... A> auto callback_of(std::function<R(guest &, A...)> f)
    {
        return callback_of<R(A...)>(detail::host_function_for(std::move(f)));
    }
    template <class R, class... A> auto callback_of(std::function<R(A...)> f)
    {
        return callback_of<R(A...)>(detail::host_function_for(std::move(f)));
    }
    template <class F> hostheap::callback<F> callback_of(detail::host_function_parts parts)
    {
        hostheap::callback<F> made;
        check(hh_instance_callback(raw_, parts.prototype.c_str(), hostheap_hpp_run,
                                   parts.function.release(), hostheap_hpp_drop,
                                   made.handle_.place()));
        return made;
    }
};

/* ---- Handles as parameters ----------------------------------------------- */

namespace detail {

template <> struct param<block> {
    static std::string name() { return "ptr"; }
    using held = nothing;
    static hh_value lower(const block &x, held &) { return hh_kept(x.get()); }
};

template <class F> struct param<callback<F>> {
    static std::string name() { return "func"; }
    using held = nothing;
    static hh_value lower(const callback<F> &x, held &) { return hh_closure(x.get()); }
};

} // namespace detail

} // namespace hostheap

#endif
