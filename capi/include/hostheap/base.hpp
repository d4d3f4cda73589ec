/*
 * Part of hostheap.hpp: errors, the types that C++ has not, and owned handles.
 */
#ifndef HOSTHEAP_BASE_HPP
#define HOSTHEAP_BASE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../hostheap.h"

namespace hostheap {

/* ---- Errors -------------------------------------------------------------- */

/* What a function of hostheap.h reports: what() is hh_error_message(). */
class error : public std::runtime_error {
public:
    error(hh_status status, const std::string &message, hh_trap trap = HH_TRAP_NONE,
          std::string detail = "")
        : std::runtime_error(message), status_(status), trap_(trap), detail_(std::move(detail))
    {
    }
    hh_status status() const noexcept { return status_; }
    /* Why the plugin trapped, if the status is HH_ERR_TRAP. */
    hh_trap trap() const noexcept { return trap_; }
    /* What the runtime said of the trap: hh_error_detail(). */
    const std::string &detail() const noexcept { return detail_; }

private:
    hh_status status_;
    hh_trap trap_;
    std::string detail_;
};

/*
 * An error of a function whose result is fallible<X>: the plugin's own, with its code; or thrown by
 * a host function for the plugin to see. The code is not 0.
 */
class guest_error : public error {
public:
    explicit guest_error(std::int32_t code, const std::string &message = "")
        : error(HH_ERR_GUEST, message), code_(code)
    {
    }
    std::int32_t code() const noexcept { return code_; }

private:
    std::int32_t code_;
};

/* Throws unless the status is HH_OK. The message is this thread's last. */
inline void check(hh_status status)
{
    if (status == HH_OK) {
        return;
    }
    if (status == HH_ERR_GUEST) {
        throw guest_error(hh_error_code(), hh_error_message());
    }
    throw error(status, hh_error_message(), hh_error_trap(), hh_error_detail());
}

/* ---- Types that C++ has not ---------------------------------------------- */

/* Elements that somebody else owns: std::span, which C++17 has not. */
template <class T> class slice {
public:
    constexpr slice() noexcept = default;
    constexpr slice(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N> constexpr slice(T (&array)[N]) noexcept : data_(array), size_(N) {}
    /* Whatever has data() and size(): vectors, arrays, strings, other slices. */
    template <class C, class = std::enable_if_t<
                           std::is_convertible_v<decltype(std::declval<C &>().data()), T *> &&
                           sizeof(*std::declval<C &>().data()) == sizeof(T)>>
    constexpr slice(C &&container) noexcept : data_(container.data()), size_(container.size())
    {
    }
    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t i) const noexcept { return data_[i]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/* Written by the function that is called, and not read: out<T>, out<slice<T>>. */
template <class T> struct out {
    out(T &place) noexcept : to(&place) {}
    T *to;
};
template <class T> struct out<slice<T>> {
    template <class C, class = std::enable_if_t<!std::is_same_v<std::decay_t<C>, out> &&
                                                std::is_constructible_v<slice<T>, C &>>>
    out(C &&container) noexcept : to(container)
    {
    }
    slice<T> to;
};

/* Handed over: the plugin frees the block, or the host function's library does. */
template <class T> struct owned {
    T value;
};

/* Text that ends with a NUL, as a parameter and as a result. */
struct c_str {
    const char *text = nullptr;
    c_str() = default;
    c_str(const char *terminated) noexcept : text(terminated) {}
    c_str(const std::string &string) noexcept : text(string.c_str()) {}
};
struct c_string {
    std::string text;
};

/* An offset into the plugin's memory; 0 is NULL. */
struct pointer {
    std::uint32_t offset = 0;
};

/* An index into the plugin's function table; 0 is NULL. See guest::func_at. */
struct function_pointer {
    std::uint32_t index = 0;
};

/* The result of a function that reports errors by a code: result<X>. */
template <class T> struct fallible {
    T value;
    fallible(T it) : value(std::move(it)) {}
};
template <> struct fallible<void> {};

/*
 * A struct's name in C, for messages and contracts. HOSTHEAP_STRUCT(point), outside all namespaces,
 * gives it the name `struct point`.
 */
template <class T> struct name_of {
    static constexpr const char *value = "object";
};
#define HOSTHEAP_STRUCT(type)                                 \
    template <> struct hostheap::name_of<type> {              \
        static constexpr const char *value = "struct " #type; \
    }

template <class F> class func;
template <class F> class callback;
class block;
class guest;

/* ---- Handles ------------------------------------------------------------- */

namespace detail {

/* Types with a meaning of their own here, which are no plain structs whatever their layout. */
template <class T> struct has_meaning : std::false_type {};
template <class T> struct has_meaning<slice<T>> : std::true_type {};
template <class T> struct has_meaning<out<T>> : std::true_type {};
template <class T> struct has_meaning<owned<T>> : std::true_type {};
template <class T> struct has_meaning<fallible<T>> : std::true_type {};
template <class T> struct has_meaning<std::optional<T>> : std::true_type {};
template <class A, class B> struct has_meaning<std::pair<A, B>> : std::true_type {};
template <class... T> struct has_meaning<std::tuple<T...>> : std::true_type {};
template <> struct has_meaning<std::string_view> : std::true_type {};
template <> struct has_meaning<c_str> : std::true_type {};
template <> struct has_meaning<pointer> : std::true_type {};
template <> struct has_meaning<function_pointer> : std::true_type {};
template <> struct has_meaning<guest> : std::true_type {};
/* They hold pointers of the host's. */
template <> struct has_meaning<hh_span> : std::true_type {};
template <> struct has_meaning<hh_spans> : std::true_type {};
template <> struct has_meaning<hh_string> : std::true_type {};
template <> struct has_meaning<hh_view> : std::true_type {};
template <> struct has_meaning<hh_value> : std::true_type {};

template <class T>
constexpr bool is_plain = std::is_class_v<T> && std::is_trivially_copyable_v<T> &&
                          std::is_standard_layout_v<T> && !has_meaning<T>::value;

template <class T> struct always_false : std::false_type {};

/* Owns a handle, which `Free` frees. */
template <class T, hh_status (*Free)(T *)> class handle {
public:
    explicit handle(T *raw = nullptr) noexcept : raw_(raw) {}
    handle(handle &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    handle &operator=(handle &&other) noexcept
    {
        if (this != &other) {
            Free(std::exchange(raw_, std::exchange(other.raw_, nullptr)));
        }
        return *this;
    }
    ~handle() { Free(raw_); }
    T *get() const noexcept { return raw_; }
    T **place() noexcept { return &raw_; }
    /* Frees it now, and says what hostheap.h says: an error leaves it as it is. */
    void free()
    {
        check(Free(raw_));
        raw_ = nullptr;
    }

private:
    T *raw_;
};

/* Bytes that the library allocated for us. */
class bytes {
public:
    bytes() noexcept : raw_{ nullptr, 0 } {}
    bytes(const bytes &) = delete;
    bytes &operator=(const bytes &) = delete;
    ~bytes() { hh_string_free(&raw_); }
    hh_string *place() noexcept { return &raw_; }
    bool none() const noexcept { return raw_.data == nullptr; }
    std::string text() const { return none() ? std::string() : std::string(raw_.data, raw_.len); }
    template <class T> std::vector<T> elements() const
    {
        std::vector<T> all(raw_.len / sizeof(T));
        if (!all.empty()) {
            std::memcpy(all.data(), raw_.data, all.size() * sizeof(T));
        }
        return all;
    }

private:
    hh_string raw_;
};

} // namespace detail
} // namespace hostheap

#endif
