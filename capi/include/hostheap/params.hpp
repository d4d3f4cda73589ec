/*
 * Part of hostheap.hpp: parameters, of plugins' functions and of host functions.
 */
#ifndef HOSTHEAP_PARAMS_HPP
#define HOSTHEAP_PARAMS_HPP

#include "base.hpp"

namespace hostheap {
namespace detail {

/* ---- What a type is called, and how it goes across ----------------------- */

/* Scalars: their name, as a value, and where one goes. */
template <class T> struct scalar {
    static constexpr bool is = false;
};
#define HOSTHEAP_SCALAR(type, text, wide, make, to_wide)                                  \
    template <> struct scalar<type> {                                                     \
        static constexpr bool is = true;                                                  \
        static constexpr const char *name = text;                                         \
        using slot = wide;                                                                \
        static hh_value value(type x) { return make(x); }                                 \
        static hh_value to(slot &at) { return to_wide(&at); }                             \
        static type get(const slot &at) { return static_cast<type>(at); }                 \
    };
HOSTHEAP_SCALAR(std::int8_t, "i8", std::int32_t, hh_i32, hh_to_i32)
HOSTHEAP_SCALAR(std::uint8_t, "u8", std::uint32_t, hh_u32, hh_to_u32)
HOSTHEAP_SCALAR(std::int16_t, "i16", std::int32_t, hh_i32, hh_to_i32)
HOSTHEAP_SCALAR(std::uint16_t, "u16", std::uint32_t, hh_u32, hh_to_u32)
HOSTHEAP_SCALAR(std::int32_t, "i32", std::int32_t, hh_i32, hh_to_i32)
HOSTHEAP_SCALAR(std::uint32_t, "u32", std::uint32_t, hh_u32, hh_to_u32)
HOSTHEAP_SCALAR(std::int64_t, "i64", std::int64_t, hh_i64, hh_to_i64)
HOSTHEAP_SCALAR(std::uint64_t, "u64", std::uint64_t, hh_u64, hh_to_u64)
HOSTHEAP_SCALAR(float, "f32", float, hh_f32, hh_to_f32)
HOSTHEAP_SCALAR(double, "f64", double, hh_f64, hh_to_f64)
HOSTHEAP_SCALAR(bool, "bool", bool, hh_bool, hh_to_bool)
HOSTHEAP_SCALAR(char32_t, "char", std::uint32_t, hh_char, hh_to_char)
#undef HOSTHEAP_SCALAR

/* What can stand behind a pointer. */
template <class T>
constexpr bool is_element = scalar<T>::is || is_plain<T> || std::is_same_v<T, pointer>;

template <class T> std::string element_name()
{
    static_assert(is_element<T>, "an element is a scalar, a hostheap::pointer or a plain struct");
    if constexpr (scalar<T>::is) {
        return scalar<T>::name;
    } else if constexpr (std::is_same_v<T, pointer>) {
        return "ptr";
    } else {
        return name_of<T>::value;
    }
}

/*
 * A parameter of the type T:
 *   name()             in a prototype
 *   held               what an argument needs beside itself for the time of the call
 *   lower(x, held)     an argument for a plugin's function
 *   slot, to(slot)     where a host function's parameter goes
 *   missing(slot)      whether the plugin passed NULL
 *   lift(slot)         the parameter
 */
template <class T, class = void> struct param {
    static_assert(!std::is_same_v<T, guest>,
                  "hostheap: the plugin that calls is a host function's first parameter, `guest &`");
    static_assert(std::is_same_v<T, guest> || always_false<T>::value, "hostheap: this type cannot be a parameter; the list of "
                                          "those that can is at the top of hostheap.hpp");
};

struct nothing {};

template <class T> struct param<T, std::enable_if_t<scalar<T>::is>> {
    static std::string name() { return scalar<T>::name; }
    using held = nothing;
    static hh_value lower(T x, held &) { return scalar<T>::value(x); }
    using slot = typename scalar<T>::slot;
    static hh_value to(slot &at) { return scalar<T>::to(at); }
    static T lift(const slot &at) { return scalar<T>::get(at); }
};

/* What comes as a span of bytes. */
struct span_param {
    using held = nothing;
    using slot = hh_span;
    static hh_value to(slot &at) { return hh_to_span(&at); }
    static bool missing(const slot &at) { return at.data == nullptr; }
    static std::string_view view(const slot &at)
    {
        return { static_cast<const char *>(at.data), at.len };
    }
};

template <> struct param<std::string_view> : span_param {
    static std::string name() { return "str"; }
    static hh_value lower(std::string_view x, held &) { return hh_strn(x.data(), x.size()); }
    static std::string_view lift(const slot &at) { return view(at); }
};

template <> struct param<std::string> : span_param {
    static std::string name() { return "str"; }
    static hh_value lower(const std::string &x, held &) { return hh_strn(x.data(), x.size()); }
    static std::string lift(const slot &at) { return std::string(view(at)); }
};

template <> struct param<c_str> : span_param {
    static std::string name() { return "cstr"; }
    static hh_value lower(c_str x, held &) { return hh_cstr(x.text); }
    static c_str lift(const slot &at) { return c_str(static_cast<const char *>(at.data)); }
};

template <class T> struct array_param {
    using held = nothing;
    using slot = hh_span;
    static hh_value to(slot &at)
    {
        static_assert(!std::is_same_v<std::remove_const_t<T>, bool>,
                      "hostheap: a plugin's byte may be neither true nor false; use std::uint8_t for "
                      "the elements");
        return hh_to_array(&at, sizeof(T));
    }
    static bool missing(const slot &at) { return at.data == nullptr; }
    static slice<T> view(const slot &at) { return { static_cast<T *>(at.data), at.len }; }
};

template <class T> struct param<slice<const T>> : array_param<const T> {
    static std::string name() { return "slice<" + element_name<T>() + ">"; }
    static hh_value lower(slice<const T> x, nothing &)
    {
        return hh_array(x.data(), x.size(), sizeof(T));
    }
    static slice<const T> lift(const hh_span &at) { return array_param<const T>::view(at); }
};

template <class T> struct param<slice<T>, std::enable_if_t<!std::is_const_v<T>>> : array_param<T> {
    static std::string name() { return "mut slice<" + element_name<T>() + ">"; }
    static hh_value lower(slice<T> x, nothing &)
    {
        return hh_array_mut(x.data(), x.size(), sizeof(T));
    }
    static slice<T> lift(const hh_span &at) { return array_param<T>::view(at); }
};

template <class T> struct param<out<slice<T>>> : array_param<T> {
    static std::string name() { return "out slice<" + element_name<T>() + ">"; }
    static hh_value lower(out<slice<T>> x, nothing &)
    {
        return hh_array_mut(x.to.data(), x.to.size(), sizeof(T));
    }
    static out<slice<T>> lift(const hh_span &at) { return array_param<T>::view(at); }
};

template <class T> struct param<std::vector<T>, std::enable_if_t<is_element<T>>>
    : array_param<const T> {
    static_assert(!std::is_same_v<T, bool>, "hostheap: std::vector<bool> has no array; use "
                                            "std::uint8_t for the elements");
    static std::string name() { return "slice<" + element_name<T>() + ">"; }
    static hh_value lower(const std::vector<T> &x, nothing &)
    {
        return hh_array(x.data(), x.size(), sizeof(T));
    }
    static std::vector<T> lift(const hh_span &at)
    {
        slice<const T> all = array_param<const T>::view(at);
        return std::vector<T>(all.begin(), all.end());
    }
};

/* Several texts. */
template <class T> struct texts_param {
    static std::string name() { return "slice<str>"; }
    using held = std::vector<hh_span>;
    static hh_value lower(const std::vector<T> &x, held &spans)
    {
        for (std::string_view text : x) {
            spans.push_back({ const_cast<char *>(text.data()), text.size() });
        }
        return hh_list(spans.data(), spans.size());
    }
    using slot = hh_spans;
    static hh_value to(slot &at) { return hh_to_spans(&at); }
    static bool missing(const slot &at) { return at.data == nullptr; }
    static std::vector<T> lift(const slot &at)
    {
        std::vector<T> all;
        for (std::size_t i = 0; i < at.len; i++) {
            all.emplace_back(span_param::view(at.data[i]));
        }
        return all;
    }
};
template <> struct param<std::vector<std::string_view>> : texts_param<std::string_view> {};
template <> struct param<std::vector<std::string>> : texts_param<std::string> {};

/* A plain struct, behind a pointer. */
template <class T>
struct param<T, std::enable_if_t<is_plain<T>>> {
    static std::string name() { return "&" + element_name<T>(); }
    using held = nothing;
    static hh_value lower(const T &x, held &) { return hh_in(&x, sizeof x); }
    using slot = hh_span;
    static hh_value to(slot &at) { return hh_to_array(&at, sizeof(T)); }
    static bool missing(const slot &at) { return at.data == nullptr; }
    static const T &lift(const slot &at) { return *static_cast<const T *>(at.data); }
};

template <class T> struct reference_param {
    static_assert(is_element<T>, "hostheap: only scalars, pointers and plain structs are written "
                                 "through a reference");
    using held = nothing;
    using slot = hh_span;
    static hh_value to(slot &at) { return hh_to_array(&at, sizeof(T)); }
    static bool missing(const slot &at) { return at.data == nullptr; }
    static T &view(const slot &at) { return *static_cast<T *>(at.data); }
};

/* A `const T &` is a T; these are what can be written to. */
template <class T>
struct param<T &, std::enable_if_t<!std::is_const_v<T>>> : reference_param<T> {
    static std::string name() { return "mut " + element_name<T>(); }
    static hh_value lower(T &x, nothing &) { return hh_inout(&x, sizeof x); }
    static T &lift(const hh_span &at) { return reference_param<T>::view(at); }
};
template <class T> struct param<const T &> : param<T> {};

template <class T> struct param<out<T>, std::enable_if_t<is_element<T>>> : reference_param<T> {
    static std::string name() { return "out " + element_name<T>(); }
    static hh_value lower(out<T> x, nothing &) { return hh_inout(x.to, sizeof(T)); }
    static out<T> lift(const hh_span &at) { return reference_param<T>::view(at); }
};

template <> struct param<pointer> {
    static std::string name() { return "ptr"; }
    using held = nothing;
    static hh_value lower(pointer x, held &) { return hh_ptr(x.offset); }
    using slot = std::uint32_t;
    static hh_value to(slot &at) { return hh_to_ptr(&at); }
    static bool missing(slot at) { return at == 0; }
    static pointer lift(slot at) { return pointer{ at }; }
};

template <> struct param<function_pointer> {
    static std::string name() { return "func"; }
    using held = nothing;
    static hh_value lower(function_pointer x, held &) { return hh_fn(x.index); }
    using slot = std::uint32_t;
    static hh_value to(slot &at) { return hh_to_fn(&at); }
    static bool missing(slot at) { return at == 0; }
    static function_pointer lift(slot at) { return function_pointer{ at }; }
};

template <class T> struct param<std::optional<T>> {
    static std::string name() { return "option<" + param<T>::name() + ">"; }
    using held = typename param<T>::held;
    static hh_value lower(const std::optional<T> &x, held &held)
    {
        return x ? param<T>::lower(*x, held) : hh_null();
    }
    using slot = typename param<T>::slot;
    static hh_value to(slot &at) { return param<T>::to(at); }
    static std::optional<T> lift(slot &at)
    {
        return param<T>::missing(at) ? std::nullopt : std::optional<T>(param<T>::lift(at));
    }
};

template <class T> struct param<owned<T>> : param<T> {
    static std::string name() { return "owned<" + param<T>::name() + ">"; }
    static hh_value lower(const owned<T> &x, typename param<T>::held &held)
    {
        return param<T>::lower(x.value, held);
    }
    static owned<T> lift(typename param<T>::slot &at) { return owned<T>{ param<T>::lift(at) }; }
};

} // namespace detail
} // namespace hostheap

#endif
