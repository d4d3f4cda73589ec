// Calls of plugins' functions: every type as an argument and as a result.
#include <array>
#include <limits>

#include "check.hpp"

using namespace hostheap;

void arguments()
{
    rig r;
    instance plugin = r.start("convention/pointers");
    instance scalars = r.start("convention/scalars");

    CHECK(scalars.call<std::int8_t(std::int8_t)>("same_i8", std::int8_t(-128)) == -128);
    CHECK(scalars.call<std::uint16_t(std::uint16_t)>("same_u16", std::uint16_t(65535)) == 65535);
    CHECK(scalars.call<std::uint64_t(std::uint64_t)>("same_u64", UINT64_MAX) == UINT64_MAX);
    CHECK(scalars.call<float(float)>("same_f32", 0.5f) == 0.5f);
    CHECK(scalars.call<bool(bool)>("same_bool", true));
    CHECK(scalars.call<char32_t(char32_t)>("same_char", U'\U0001f600') == U'\U0001f600');
    scalars.call<void()>("tick");

    CHECK(plugin.call<std::uint32_t(std::string_view)>("text_len", "four") == 4);
    CHECK(plugin.call<std::uint32_t(std::string)>("text_len", std::string("\0\0", 2)) == 2);
    CHECK(plugin.call<std::uint32_t(const std::string &)>("text_len", "") == 0);
    CHECK(plugin.call<std::uint32_t(c_str)>("c_text_len", "seven..") == 7);

    const std::vector<std::int32_t> numbers{ 1, 2, 3 };
    const std::array<std::int32_t, 2> two{ 4, 5 };
    std::int32_t raw[] = { 6, 7 };
    auto sum = plugin.func<std::int64_t(slice<const std::int32_t>)>("sum_i32");
    CHECK(sum(numbers) == 6 && sum(two) == 9 && sum(raw) == 13 && sum({}) == 0);
    CHECK(plugin.call<std::int64_t(const std::vector<std::int32_t> &)>("sum_i32", numbers) == 6);
    CHECK(plugin.call<std::uint32_t(slice<const bool>)>("sum_bool",
                                                        std::array<bool, 3>{ true, false, true }) == 2);

    plugin.call<void(slice<std::int32_t>)>("reverse_i32", raw);
    CHECK(raw[0] == 7 && raw[1] == 6);
    std::vector<std::int32_t> range(4);
    plugin.call<void(out<slice<std::int32_t>>, std::int32_t)>("fill_range", range, 10);
    CHECK(range == std::vector<std::int32_t>{ 10, 11, 12, 13 });

    point p{ 5, 3 };
    CHECK(plugin.call<double(point)>("point_difference", p) == 2);
    CHECK(plugin.call<double(const point &)>("point_by_value", p) == 2);
    plugin.call<void(point &, double, double)>("move_point", p, 1, -1);
    CHECK(p.x == 6 && p.y == 2);
    plugin.call<void(out<point>, double, double)>("fill_point", p, 0.5, 0.25);
    CHECK(p.x == 0.5 && p.y == 0.25);
    std::int32_t n = 41;
    CHECK(plugin.call<std::int32_t(std::int32_t &)>("increment", n) == 41 && n == 42);
    std::vector<point> points{ { 0, 0 }, { 1, 1 } };
    plugin.call<void(slice<point>, double, double)>("move_points", points, 2, 3);
    CHECK(points[1].x == 3 && points[1].y == 4);

    auto maybe = plugin.func<std::int64_t(std::optional<std::string_view>)>("maybe_text_len");
    CHECK(maybe("ab") == 2 && maybe(std::nullopt) == -1);
    auto maybe_x = plugin.func<double(std::optional<point>)>("maybe_point_x");
    CHECK(maybe_x(point{ 7, 8 }) == 7 && maybe_x(std::nullopt) == -1);

    const std::vector<std::string> words{ "one", "", "three" };
    CHECK(plugin.call<std::string(const std::vector<std::string> &, std::string_view)>(
              "join", words, "/") == "one//three");
    const std::vector<std::string_view> views{ "a", "b" };
    CHECK(plugin.call<std::string(std::vector<std::string_view>, std::string_view)>(
              "join", views, "-") == "a-b");

    THROWS(HH_ERR_LINK, "greed", plugin.func<void()>("greed"));
    THROWS(HH_ERR_LINK, "join", plugin.func<void(std::string_view)>("join"));
    THROWS(HH_ERR_ARGUMENT, "UTF-8", plugin.call<std::uint32_t(std::string_view)>("text_len", "\xff"));
}

void results()
{
    rig r;
    instance plugin = r.start("convention/results");
    CHECK(plugin.call<std::string(std::string_view)>("echo_packed", "echo") == "echo");
    CHECK(plugin.call<c_string(std::string_view)>("c_text_block", "C").text == "C");
    CHECK(plugin.call<std::vector<std::uint8_t>()>("bad_utf8_struct").size() == 7);
    auto maybe = plugin.func<std::optional<std::string>(std::int32_t)>("maybe_struct");
    CHECK(!maybe(0) && maybe(1) == "" && maybe(3) == "yes");

    const point p = plugin.call<point(double, double)>("point_struct", 1, 2);
    CHECK(p.x == 1 && p.y == 2);
    const item i = plugin.call<item(std::uint32_t)>("item_struct", 3u);
    CHECK(i.id == 3 && i.weight == 1.5f && i.level == -3 && i.fresh && i.grade == 3);
    auto maybe_point = plugin.func<std::optional<point>(bool)>("maybe_point");
    CHECK(maybe_point(true)->x == 3 && !maybe_point(false));

    CHECK(plugin.call<std::vector<std::int32_t>(std::int32_t)>("numbers_packed", 3) ==
          std::vector<std::int32_t>{ 1, 2, 3 });
    CHECK(plugin.call<std::vector<point>(std::int32_t)>("points_packed", 3)[2].y == -2);
    auto maybe_numbers =
        plugin.func<std::optional<std::vector<std::int32_t>>(std::int32_t)>("maybe_numbers");
    CHECK(!maybe_numbers(-1) && maybe_numbers(0)->empty());

    const auto [a, b] = plugin.call<std::pair<std::int32_t, double>(std::int32_t, double)>(
        "pair", 4, 0.5);
    CHECK(a == -4 && b == -0.5);
    using quad = std::tuple<std::int64_t, float, std::uint8_t, std::int32_t>;
    CHECK(plugin.call<quad(std::int64_t, float, std::uint8_t, std::int32_t)>(
              "quad", -1, 1.5f, std::uint8_t(200), 9) == quad(-1, 1.5f, std::uint8_t(200), 9));

    auto divide = plugin.func<fallible<std::int32_t>(std::int32_t, std::int32_t)>("divide");
    CHECK(divide(7, 2) == 3);
    try {
        divide(1, 0);
        CHECK(false);
    } catch (const guest_error &e) {
        CHECK(e.code() == 1 && e.status() == HH_ERR_GUEST);
    }
    auto parse = plugin.func<fallible<std::string>(std::string_view)>("parse");
    CHECK(parse("0042") == "42");
    THROWS(HH_ERR_GUEST, "not a digit: x", parse("4x"));
    auto check = plugin.func<fallible<void>(std::int32_t)>("check");
    check(0);
    THROWS(HH_ERR_GUEST, "", check(5));
    CHECK(plugin.heap_stats().live_blocks == 0);
}
