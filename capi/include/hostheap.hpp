/*
 * hostheap.hpp: libhostheap for C++17. A header over hostheap.h, nothing to link besides.
 *
 *     hostheap::engine engine;
 *     hostheap::module greeter = engine.load_file("greeter.wasm");
 *     hostheap::instance plugin = hostheap::linker(engine).instantiate(greeter);
 *
 *     auto greet = plugin.func<std::string(std::string_view)>("greet");
 *     std::cout << greet("World") << '\n';
 *
 * A function's C++ type says what the plugin's C prototype must be; they are compared once, when it
 * is looked up. The types, and what hostheap calls them:
 *
 *     bool, std::int8_t ... std::uint64_t, float, double    bool, i8 ... u64, f32, f64
 *     char32_t                                              char
 *     std::string_view, std::string                         str
 *     c_str                                                 cstr
 *     slice<const T>, std::vector<T>                        slice<T>, bytes
 *     slice<T>, out<slice<T>>                               mut slice<T>, out slice<T>
 *     std::vector<std::string_view>, std::vector<std::string>    slice<str>
 *     T, const T &  of a plain struct                       &T
 *     T &, out<T>   of a plain struct or a scalar           mut T, out T
 *     pointer, const block &                                ptr
 *     function_pointer, const callback<F> &                 func
 *     std::optional<X>, owned<X>                            option<X>, owned<X>
 *
 * and as results
 *
 *     void, scalars, pointer, function_pointer              the same
 *     std::string, c_string                                 string, cstring
 *     std::vector<T>                                        vec<T>, bytes
 *     T of a plain struct                                   struct T
 *     std::pair<A, B>, std::tuple<A, ...> of scalars        (A, B)
 *     std::optional<X>                                      option<X>
 *     fallible<X>                                           result<X>: a guest_error is thrown
 *
 * What fails throws hostheap::error, with the status and the message of hostheap.h. Host functions
 * and callbacks are functions of C++ too; what they throw fails the plugin's call, and comes out of
 * the call that it came from: no exception passes through the library or through a plugin.
 *
 * Objects own their handles and can be moved. Destroy an instance after its functions, callbacks
 * and blocks, as the order of declaration has it; one with an open view is freed when the view ends.
 * Threads are as in hostheap.h.
 *
 * Written with `hostheap::` in front of it, `module` is no keyword, as it would be at the start of a
 * line in C++20. The bare heap, for hosts with a runtime of their own, is in hostheap/heap.hpp.
 */
#ifndef HOSTHEAP_HPP
#define HOSTHEAP_HPP

#if !(defined(__cplusplus) && __cplusplus >= 201703L) && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#error "hostheap.hpp is for C++17 or newer"
#endif

#include "hostheap/guest.hpp"

namespace hostheap {

/* A running plugin. */
class instance : public guest {
public:
    instance(instance &&other) noexcept : guest(std::exchange(other.raw_, nullptr)) {}
    instance &operator=(instance &&other) noexcept
    {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~instance() { detail::free_instance(raw_); }

private:
    friend class linker;
    friend class linked;
    instance() = default;
};

class engine;

/* A plugin's code, compiled. */
class module {
public:
    hh_module *get() const noexcept { return handle_.get(); }
    /* What stands where in its memory, and where the heap starts. */
    hh_layout layout() const
    {
        hh_layout layout;
        check(hh_module_layout(handle_.get(), &layout));
        return layout;
    }
    /* What its contract has to say about it; nullptr without one. It lives as long as the module. */
    const hh_report *report() const noexcept { return hh_module_report(handle_.get()); }

private:
    friend class engine;
    explicit module() = default;
    detail::handle<hh_module, hh_module_delete> handle_;
};

/* A runtime. */
class engine {
public:
    /* The default one of those compiled in, or the one of that name. */
    explicit engine(const char *runtime = nullptr, const hh_engine_options *options = nullptr)
    {
        check(hh_engine_new(runtime, options, handle_.place()));
    }
    hostheap::module load(slice<const std::uint8_t> wasm, const hh_load_options *options = nullptr) const
    {
        hostheap::module m;
        check(hh_module_load(handle_.get(), wasm.data(), wasm.size(), options, m.handle_.place()));
        return m;
    }
    hostheap::module load_file(const std::string &path, const hh_load_options *options = nullptr) const
    {
        hostheap::module m;
        check(hh_module_load_file(handle_.get(), path.c_str(), options, m.handle_.place()));
        return m;
    }
    const char *runtime() const noexcept { return hh_engine_runtime(handle_.get()); }
    hh_engine *get() const noexcept { return handle_.get(); }

private:
    detail::handle<hh_engine, hh_engine_delete> handle_;
};

/* A module and its host functions, checked against each other once for many instances. */
class linked {
public:
    instance instantiate(void *user = nullptr) const
    {
        instance i;
        check(hh_linked_instantiate(handle_.get(), user, &i.raw_));
        return i;
    }

private:
    friend class linker;
    linked() = default;
    detail::handle<hh_linked, hh_linked_delete> handle_;
};

/* The host functions that plugins may import. */
class linker {
public:
    explicit linker(const engine &engine)
    {
        check(hh_linker_new(engine.get(), handle_.place()));
    }
    linker &limits(const hh_limits &limits)
    {
        check(hh_linker_limits(handle_.get(), &limits));
        return *this;
    }
    /*
     * Anything that can be called and is not overloaded: a function, a lambda, a std::function. Its
     * first parameter may be a `guest &`, which is the plugin that calls.
     */
    template <class F> linker &func(const char *module, const char *name, F f)
    {
        detail::host_function_parts parts =
            detail::host_function_for(std::function(std::move(f)));
        check(hh_linker_func(handle_.get(), module, name, parts.prototype.c_str(),
                             hostheap_hpp_run, parts.function.release(), hostheap_hpp_drop));
        return *this;
    }
    linked link(const module &module) const
    {
        linked l;
        check(hh_linker_link(handle_.get(), module.get(), l.handle_.place()));
        return l;
    }
    instance instantiate(const module &module, void *user = nullptr) const
    {
        instance i;
        check(hh_linker_instantiate(handle_.get(), module.get(), user, &i.raw_));
        return i;
    }
    hh_linker *get() const noexcept { return handle_.get(); }

private:
    detail::handle<hh_linker, hh_linker_delete> handle_;
};

} // namespace hostheap

#endif
