/*
 * Part of hostheap.hpp: functions of C++ that plugins call.
 */
#ifndef HOSTHEAP_HOST_HPP
#define HOSTHEAP_HOST_HPP

#include <functional>
#include <memory>

#include "results.hpp"

namespace hostheap {
namespace detail {

/* A host function without its type. */
class host_function {
public:
    host_function() = default;
    host_function(const host_function &) = delete;
    host_function &operator=(const host_function &) = delete;
    virtual ~host_function() = default;
    virtual hh_status run(hh_invocation *call) = 0;
};

/* What was thrown becomes what hostheap.h knows: a status with its message. */
inline hh_status fail_with_current_exception(hh_invocation *call) noexcept
{
    try {
        throw;
    } catch (const guest_error &e) {
        /* One that the plugin was to see, where its prototype has no room for it; or another's. */
        const bool last = hh_error_status() == HH_ERR_GUEST && hh_error_code() == e.code() &&
                          std::strcmp(hh_error_message(), e.what()) == 0;
        return last ? hh_fail_with(call, HH_ERR_GUEST, e.what()) : hh_fail(call, e.what());
    } catch (const error &e) {
        /* Recorded again: it may have been caught long before this call, and thrown once more. */
        return hh_fail_with(call, e.status(), e.what());
    } catch (const std::exception &e) {
        return hh_fail(call, e.what());
    } catch (...) {
        return hh_fail(call, "an exception that is no std::exception");
    }
}

} // namespace detail
} // namespace hostheap

extern "C" {
inline hh_status hostheap_hpp_run(hh_invocation *call, void *user)
{
    try {
        return static_cast<hostheap::detail::host_function *>(user)->run(call);
    } catch (...) {
        return hostheap::detail::fail_with_current_exception(call);
    }
}
inline void hostheap_hpp_drop(void *user)
{
    delete static_cast<hostheap::detail::host_function *>(user);
}
}

namespace hostheap {
namespace detail {

template <class R, class Run> hh_status give_result_of(hh_invocation *call, Run &&run)
{
    if constexpr (std::is_void_v<R>) {
        run();
        return HH_OK;
    } else {
        return result<R>::give(call, run());
    }
}

template <class R> struct is_fallible : std::false_type {};
template <class T> struct is_fallible<fallible<T>> : std::true_type {};

/* `F` takes a guest first, and then `A`. */
template <class F, class R, class... A> class typed_host_function final : public host_function {
public:
    explicit typed_host_function(F f) : f_(std::move(f)) {}
    hh_status run(hh_invocation *call) override
    {
        return run_with(call, std::index_sequence_for<A...>{});
    }

private:
    template <std::size_t... I> hh_status run_with(hh_invocation *call, std::index_sequence<I...>)
    {
        std::tuple<typename param<A>::slot...> slots{};
        const std::array<hh_value, sizeof...(A)> places{ param<A>::to(std::get<I>(slots))... };
        check(hh_invocation_take(call, places.data(), places.size()));
        auto run = [&]() -> R {
            return f_(hh_invocation_instance(call), param<A>::lift(std::get<I>(slots))...);
        };
        if constexpr (is_fallible<R>::value) {
            try {
                return give_result_of<R>(call, run);
            } catch (const guest_error &e) {
                return hh_give_error(call, e.code(), e.what());
            }
        } else {
            return give_result_of<R>(call, run);
        }
    }

    F f_;
};

/* What is given to hostheap.h for a function of C++. */
struct host_function_parts {
    std::string prototype;
    std::unique_ptr<host_function> function;
};

template <class R, class... A, class F> host_function_parts host_function_of(F f)
{
    return { prototype<R, A...>(),
             std::make_unique<typed_host_function<F, R, A...>>(std::move(f)) };
}

/* With the plugin as its first parameter. */
template <class R, class G, class... A, class = std::enable_if_t<std::is_same_v<G, guest>>>
host_function_parts host_function_for(std::function<R(G &, A...)> f)
{
    return host_function_of<R, A...>([f = std::move(f)](hh_instance *raw, auto &&...a) -> R {
        G plugin(raw);
        return f(plugin, std::forward<decltype(a)>(a)...);
    });
}

template <class R, class... A> host_function_parts host_function_for(std::function<R(A...)> f)
{
    return host_function_of<R, A...>([f = std::move(f)](hh_instance *, auto &&...a) -> R {
        return f(std::forward<decltype(a)>(a)...);
    });
}

} // namespace detail
} // namespace hostheap

#endif
