/*
 * Part of hostheap.hpp: results, of plugins' functions and of host functions.
 */
#ifndef HOSTHEAP_RESULTS_HPP
#define HOSTHEAP_RESULTS_HPP

#include <array>

#include "params.hpp"

namespace hostheap {
namespace detail {

/*
 * A result of the type T:
 *   name()             in a prototype
 *   slot, to(slot)     where a plugin's result goes
 *   get(slot)          the result
 *   give(call, x)      a host function's result
 */
template <class T, class = void> struct result {
    static_assert(always_false<T>::value, "hostheap: this type cannot be a result; the list of "
                                          "those that can is at the top of hostheap.hpp");
};

template <class T> struct result<T, std::enable_if_t<scalar<T>::is>> {
    static std::string name() { return scalar<T>::name; }
    using slot = typename scalar<T>::slot;
    static hh_value to(slot &at) { return scalar<T>::to(at); }
    static T get(const slot &at) { return scalar<T>::get(at); }
    static hh_status give(hh_invocation *call, T x) { return hh_give(call, scalar<T>::value(x)); }
};

template <> struct result<std::string> {
    static std::string name() { return "string"; }
    using slot = bytes;
    static hh_value to(slot &at) { return hh_to_string(at.place()); }
    static bool missing(const slot &at) { return at.none(); }
    static std::string get(const slot &at) { return at.text(); }
    static hh_status give(hh_invocation *call, const std::string &x)
    {
        return hh_give(call, hh_strn(x.data(), x.size()));
    }
};

template <> struct result<c_string> {
    static std::string name() { return "cstring"; }
    using slot = bytes;
    static hh_value to(slot &at) { return hh_to_string(at.place()); }
    static bool missing(const slot &at) { return at.none(); }
    static c_string get(const slot &at) { return c_string{ at.text() }; }
    static hh_status give(hh_invocation *call, const c_string &x)
    {
        return hh_give(call, hh_cstr(x.text.c_str()));
    }
};

template <class T> struct result<std::vector<T>> {
    static_assert(!std::is_same_v<T, bool>, "hostheap: std::vector<bool> has no array; use "
                                            "std::uint8_t for the elements");
    static std::string name() { return "vec<" + element_name<T>() + ">"; }
    using slot = bytes;
    static hh_value to(slot &at) { return hh_to_vec(at.place(), sizeof(T)); }
    static bool missing(const slot &at) { return at.none(); }
    static std::vector<T> get(const slot &at) { return at.template elements<T>(); }
    static hh_status give(hh_invocation *call, const std::vector<T> &x)
    {
        return hh_give(call, hh_array(x.data(), x.size(), sizeof(T)));
    }
};

template <class T>
struct result<T, std::enable_if_t<is_plain<T>>> {
    static std::string name() { return element_name<T>(); }
    struct slot {
        T value;
        bool present;
    };
    static hh_value to(slot &at) { return hh_to_struct(&at.value, sizeof(T)); }
    static T get(const slot &at) { return at.value; }
    static hh_status give(hh_invocation *call, const T &x)
    {
        return hh_give(call, hh_in(&x, sizeof x));
    }
};

template <> struct result<pointer> {
    static std::string name() { return "ptr"; }
    using slot = std::uint32_t;
    static hh_value to(slot &at) { return hh_to_ptr(&at); }
    static pointer get(slot at) { return pointer{ at }; }
    static hh_status give(hh_invocation *call, pointer x)
    {
        return hh_give(call, hh_ptr(x.offset));
    }
};

template <> struct result<function_pointer> {
    static std::string name() { return "func"; }
    using slot = std::uint32_t;
    static hh_value to(slot &at) { return hh_to_fn(&at); }
    static bool missing(slot at) { return at == 0; }
    static function_pointer get(slot at) { return function_pointer{ at }; }
    static hh_status give(hh_invocation *call, function_pointer x)
    {
        return hh_give(call, hh_fn(x.index));
    }
};

template <class T> struct result<std::optional<T>> {
    static std::string name() { return "option<" + result<T>::name() + ">"; }
    using slot = typename result<T>::slot;
    static hh_value to(slot &at)
    {
        if constexpr (is_plain<T>) {
            return hh_to_option_struct(&at.value, sizeof(T), &at.present);
        } else {
            return result<T>::to(at);
        }
    }
    static std::optional<T> get(const slot &at)
    {
        bool none;
        if constexpr (is_plain<T>) {
            none = !at.present;
        } else {
            none = result<T>::missing(at);
        }
        return none ? std::nullopt : std::optional<T>(result<T>::get(at));
    }
    static hh_status give(hh_invocation *call, const std::optional<T> &x)
    {
        return x ? result<T>::give(call, *x) : hh_give(call, hh_null());
    }
};

template <class... T> struct result<std::tuple<T...>> {
    static_assert(sizeof...(T) >= 2 && sizeof...(T) <= 4 && (scalar<T>::is && ...),
                  "hostheap: a tuple has two to four scalars");
    static std::string name()
    {
        std::string all;
        ((all += (all.empty() ? "(" : ", "), all += scalar<T>::name), ...);
        return all + ")";
    }
    struct slot {
        std::tuple<typename scalar<T>::slot...> values;
        std::array<hh_value, sizeof...(T)> places;
    };
    static hh_value to(slot &at)
    {
        at.places = std::apply(
            [](auto &...value) { return std::array<hh_value, sizeof...(T)>{ scalar<T>::to(value)... }; },
            at.values);
        return hh_to_tuple(at.places.data(), at.places.size());
    }
    static std::tuple<T...> get(const slot &at)
    {
        return std::apply(
            [](const auto &...value) { return std::tuple<T...>{ scalar<T>::get(value)... }; },
            at.values);
    }
    static hh_status give(hh_invocation *call, const std::tuple<T...> &x)
    {
        return std::apply(
            [&](const auto &...value) { return hh_give(call, scalar<T>::value(value)...); },
            x);
    }
};
template <class A, class B> struct result<std::pair<A, B>> : result<std::tuple<A, B>> {
    using tuple = result<std::tuple<A, B>>;
    static std::pair<A, B> get(const typename tuple::slot &at)
    {
        auto [a, b] = tuple::get(at);
        return { a, b };
    }
};

template <> struct result<void> {
    static std::string name() { return "()"; }
    using slot = nothing;
    static hh_value to(slot &) { return hh_to_void(); }
    static void get(const slot &) {}
};

/* The library itself turns the plugin's error into HH_ERR_GUEST. */
template <class T> struct result<fallible<T>> {
    static std::string name() { return "result<" + result<T>::name() + ">"; }
    using slot = typename result<T>::slot;
    static hh_value to(slot &at) { return result<T>::to(at); }
    static T get(const slot &at) { return result<T>::get(at); }
    static hh_status give(hh_invocation *call, const fallible<T> &x)
    {
        return result<T>::give(call, x.value);
    }
};
template <> struct result<fallible<void>> : result<void> {
    static std::string name() { return "result<()>"; }
    static hh_status give(hh_invocation *call, const fallible<void> &)
    {
        (void)call;
        return HH_OK;
    }
};

/* What a call of a plugin's function returns. */
template <class R> struct returned {
    using type = R;
};
template <class T> struct returned<fallible<T>> {
    using type = T;
};

template <class R, class... A> std::string prototype()
{
    std::string text;
    ((text += (text.empty() ? "(" : ", "), text += param<A>::name()), ...);
    return (text.empty() ? "(" : text) + ") -> " + result<R>::name();
}

template <class F> struct prototype_of;
template <class R, class... A> struct prototype_of<R(A...)> {
    static std::string text() { return prototype<R, A...>(); }
};

} // namespace detail
} // namespace hostheap

#endif
