// Functions of C++ that plugins call, what they throw, and callbacks.
#include <memory>

#include "check.hpp"

using namespace hostheap;

namespace {

std::int32_t free_function(guest &plugin, std::int32_t x)
{
    CHECK(plugin.get() != nullptr);
    return x + 1;
}

/* All imports of hostfns; each does what the test looks for. */
void link(linker &l, std::vector<std::string> &log)
{
    const auto same = [](auto x) { return x; };
    l.func("host", "i8", [same](std::int8_t x) { return same(x); })
        .func("host", "u8", [](std::uint8_t x) { return x; })
        .func("host", "i16", [](std::int16_t x) { return x; })
        .func("host", "u16", [](std::uint16_t x) { return x; })
        .func("host", "i32", free_function)
        .func("host", "u32", [](std::uint32_t x) { return x; })
        .func("host", "i64", [](std::int64_t x) { return x; })
        .func("host", "u64", [](std::uint64_t x) { return x; })
        .func("host", "f32", [](float x) { return x; })
        .func("host", "f64", [](double x) { return x; })
        .func("host", "flag", [](bool x) { return !x; })
        .func("host", "letter", [](char32_t x) { return x; })
        .func("host", "twelve",
              [](std::int8_t a, std::uint16_t, std::int32_t, std::int64_t, float, double, bool,
                 char32_t h, std::uint8_t, std::int16_t, std::uint64_t k, std::uint32_t) {
                  return a == -1 && h == U'z' ? k : 0;
              })
        .func("host", "nothing", [&log] { log.push_back("nothing"); })
        .func("host", "text",
              [&log](std::string text) {
                  log.push_back(text);
                  return static_cast<std::uint32_t>(text.size());
              })
        .func("host", "bytes",
              [](slice<const std::uint8_t> bytes) {
                  return static_cast<std::uint32_t>(bytes.size());
              })
        .func("host", "numbers",
              [](std::vector<std::int32_t> numbers) {
                  std::int64_t sum = 0;
                  for (std::int32_t n : numbers) {
                      sum += n;
                  }
                  return sum;
              })
        .func("host", "points",
              [](slice<const point> points) {
                  double sum = 0;
                  for (const point &p : points) {
                      sum += p.x * p.y;
                  }
                  return sum;
              })
        .func("host", "c_text",
              [](c_str text) { return static_cast<std::uint32_t>(std::strlen(text.text)); })
        .func("host", "point", [](const point &p) { return p.x - p.y; })
        .func("host", "item", [](item i) { return static_cast<std::int64_t>(i.id); })
        .func("host", "move_point",
              [](point &p, double dx, double dy) {
                  p.x += dx;
                  p.y += dy;
              })
        .func("host", "increment", [](std::int32_t &x) { x++; })
        .func("host", "fill",
              [](slice<std::int32_t> all, std::int32_t start) {
                  for (std::int32_t &x : all) {
                      x = start++;
                  }
              })
        .func("host", "maybe_text",
              [](std::optional<std::string_view> text) {
                  return text ? static_cast<std::int32_t>(text->size()) : -1;
              })
        .func("host", "maybe_c_text",
              [](std::optional<c_str> text) { return text ? 1 : -1; })
        .func("host", "maybe_point",
              [](std::optional<point> p) { return p ? p->x - p->y : -100; })
        .func("host", "adopt",
              [](owned<std::string_view> text) {
                  return static_cast<std::uint32_t>(text.value.size());
              })
        .func("host", "adopt_numbers",
              [](owned<std::vector<std::int32_t>> numbers) {
                  return static_cast<std::int64_t>(numbers.value.size());
              })
        .func("host", "call",
              [](guest &plugin, function_pointer f, std::int32_t x) {
                  return plugin.func_at<std::int32_t(std::int32_t)>(f)(x);
              })
        .func("host", "call_text", [](guest &plugin, function_pointer f) {
            const auto twice = plugin.func_at<std::string(std::string_view)>(f);
            return static_cast<std::uint32_t>(twice("abc").size());
        });
}

} // namespace

void host_functions()
{
    rig r;
    std::vector<std::string> log;
    link(r.linker, log);
    instance plugin = r.start("convention/hostfns");
    CHECK(plugin.call<std::int8_t(std::int8_t)>("send_i8", std::int8_t(-5)) == -5);
    CHECK(plugin.call<std::int32_t(std::int32_t)>("send_i32", 41) == 42);
    CHECK(plugin.call<std::uint64_t(std::uint64_t)>("send_u64", UINT64_MAX) == UINT64_MAX);
    CHECK(plugin.call<float(float)>("send_f32", 1.5f) == 1.5f);
    CHECK(!plugin.call<bool(bool)>("send_flag", true));
    CHECK(plugin.call<char32_t(char32_t)>("send_letter", U'x') == U'x');
    CHECK(plugin.call<std::uint64_t()>("send_twelve") == UINT64_MAX);
    plugin.call<void()>("send_nothing");
    CHECK(plugin.call<std::uint32_t(std::string_view)>("send_text", "hello") == 5);
    CHECK(log == std::vector<std::string>{ "nothing", "hello" });
    const std::vector<std::uint8_t> bytes{ 0, 255 };
    CHECK(plugin.call<std::uint32_t(slice<const std::uint8_t>)>("send_bytes", bytes) == 2);
    const std::int32_t numbers[] = { 1, 2, 3 };
    CHECK(plugin.call<std::int64_t(slice<const std::int32_t>)>("send_numbers", numbers) == 6);
    const point points[] = { { 1, 2 }, { 3, 4 } };
    CHECK(plugin.call<double(slice<const point>)>("send_points", points) == 14);
    CHECK(plugin.call<std::uint32_t(c_str)>("send_c_text", "four") == 4);
    CHECK(plugin.call<double(double, double)>("send_point", 5, 3) == 2);
    CHECK(plugin.call<std::int64_t(std::uint32_t, std::uint8_t)>("send_item", 9u, std::uint8_t(1)) == 9);
    CHECK(plugin.call<double(double, double)>("send_move_point", 2, 3) == 15);
    CHECK(plugin.call<std::int32_t(std::int32_t)>("send_increment", 1) == 2);
    CHECK(plugin.call<std::int64_t(std::int32_t)>("send_fill", 10) == 60);
    auto maybe = plugin.func<std::int32_t(std::optional<std::string_view>)>("send_maybe_text");
    CHECK(maybe(std::nullopt) == -1 && maybe("ab") == 2);
    CHECK(plugin.call<std::int32_t(std::optional<c_str>)>("send_maybe_c_text", std::nullopt) == -1);
    auto maybe_point = plugin.func<double(bool)>("send_maybe_point");
    CHECK(maybe_point(true) == -1 && maybe_point(false) == -100);
    CHECK(plugin.call<std::uint32_t(std::string_view)>("send_adopt", "four") == 4);
    CHECK(plugin.call<std::int64_t(std::int32_t)>("send_adopt_numbers", 7) == 7);
    CHECK(plugin.call<std::int32_t(std::int32_t)>("send_call", 14) == 42);
    CHECK(plugin.call<std::uint32_t()>("send_call_text") == 6);
    CHECK(plugin.heap_stats().live_blocks == 0);
}

namespace {

/* A host whose functions throw what the key says. */
instance start_thrower(rig &r, guest *inner = nullptr, std::exception_ptr saved = nullptr)
{
    r.linker.func("host", "log", [](std::string_view) {})
        .func("host", "now", [] { return std::int64_t(0); })
        .func("host", "lookup", [inner, saved](std::string_view key) -> std::optional<std::string> {
            if (key == "runtime_error") {
                throw std::runtime_error("the data base is gone");
            }
            if (key == "int") {
                throw 7;
            }
            if (key == "inner" && inner != nullptr) {
                inner->call<void()>("trap"); /* an error of hostheap's own */
            }
            if (key == "saved") {
                std::rethrow_exception(saved);
            }
            if (key == "bad_alloc") {
                throw std::bad_alloc();
            }
            return std::string(key);
        });
    return r.start("host_greeter/host_greeter");
}

} // namespace

/* An error caught before the call is thrown in it: it is reported as it was. */
void errors_are_thrown_again()
{
    rig r, later, other;
    instance misbehaver = other.start("misbehaver/misbehaver");
    std::exception_ptr saved;
    try {
        misbehaver.call<void()>("trap");
    } catch (const error &) {
        saved = std::current_exception();
    }
    instance plugin = start_thrower(r, nullptr, saved);
    try {
        plugin.call<std::string(std::string_view)>("greet_user", "saved");
        CHECK(false);
    } catch (const error &e) {
        CHECK(e.status() == HH_ERR_TRAP && e.trap() == HH_TRAP_UNREACHABLE);
        CHECK(std::string(e.what()).find("unreachable") != std::string::npos);
    }
    /* Something else has failed since: status and message are still its own. */
    instance second = start_thrower(later, nullptr, saved);
    THROWS(HH_ERR_LINK, "", second.func<void()>("missing"));
    THROWS(HH_ERR_TRAP, "unreachable",
           second.call<std::string(std::string_view)>("greet_user", "saved"));
}

void exceptions()
{
    errors_are_thrown_again();
    rig r, other;
    instance misbehaver = other.start("misbehaver/misbehaver");
    instance plugin = start_thrower(r, &misbehaver);
    auto greet = plugin.func<std::string(std::string_view)>("greet_user");
    CHECK(greet("me") == "Hello, me!");
    THROWS(HH_ERR_HOST, "the data base is gone", greet("runtime_error"));
    CHECK(plugin.poisoned());
    THROWS(HH_ERR_POISONED, "", greet("me"));
    plugin.clear_poison();
    THROWS(HH_ERR_HOST, "no std::exception", greet("int"));
    plugin.clear_poison();
    THROWS(HH_ERR_HOST, "", greet("bad_alloc"));
    plugin.clear_poison();
    /* An error of an inner call is what the outer one reports, trap and all. */
    try {
        greet("inner");
        CHECK(false);
    } catch (const error &e) {
        CHECK(e.status() == HH_ERR_TRAP && e.trap() == HH_TRAP_UNREACHABLE);
    }

    /* Errors for the plugin: result<...>. */
    rig results;
    results.linker.func("host", "text", [](std::uint32_t) { return std::string(); })
        .func("host", "text_packed", [](std::uint32_t n) { return "text " + std::to_string(n); })
        .func("host", "maybe_text", [](std::uint32_t) { return std::optional<std::string>(); })
        .func("host", "maybe_text_packed", [](std::uint32_t) { return std::optional<std::string>(); })
        .func("host", "c_text", [](std::uint32_t) { return c_string{ "C" }; })
        .func("host", "maybe_c_text", [](std::uint32_t) { return std::optional<c_string>(); })
        .func("host", "numbers", [](std::uint32_t n) { return std::vector<std::int32_t>(n, 2); })
        .func("host", "numbers_packed", [](std::uint32_t n) { return std::vector<std::int32_t>(n, 3); })
        .func("host", "maybe_numbers",
              [](std::uint32_t) { return std::optional<std::vector<std::int32_t>>(); })
        .func("host", "points", [](std::uint32_t n) { return std::vector<point>(n, point{ 2, 3 }); })
        .func("host", "point", [](double x, double y) { return point{ x, y }; })
        .func("host", "point_block", [](double x, double y) { return point{ x, y }; })
        .func("host", "maybe_point",
              [](bool yes) { return yes ? std::optional<point>({ 7, 2 }) : std::nullopt; })
        .func("host", "item", [](std::uint32_t id) { return item{ id, 0, 1, true, 2 }; })
        .func("host", "pair", [](std::int32_t a, double b) { return std::make_pair(a, b); })
        .func("host", "quad",
              [](std::int64_t a) {
                  return std::make_tuple(a, 0.5f, std::uint8_t(7), std::int32_t(-1));
              })
        .func("host", "try_check",
              [](std::int32_t x) -> fallible<void> {
                  if (x != 0) {
                      throw guest_error(x);
                  }
                  return {};
              })
        .func("host", "try_divide",
              [](std::int32_t a, std::int32_t b) -> fallible<std::int32_t> {
                  return b != 0 ? a / b : throw guest_error(3);
              })
        .func("host", "try_point",
              [](bool yes) -> fallible<point> {
                  return yes ? point{ 7, 2 } : throw guest_error(4);
              })
        .func("host", "try_text",
              [](std::string_view text) -> fallible<std::string> {
                  return text.empty() ? throw guest_error(5, "nothing") : std::string(text);
              })
        .func("host", "try_numbers", [](std::int32_t n) -> fallible<std::vector<std::int32_t>> {
            return std::vector<std::int32_t>(static_cast<std::size_t>(n), 1);
        });
    instance gets = results.start("convention/hostfns_results");
    CHECK(gets.call<std::string(std::uint32_t)>("pass_text", 1u).empty());
    CHECK(gets.call<std::int64_t(std::uint32_t)>("get_numbers", 4u) == 8);
    CHECK(gets.call<std::int64_t(std::uint32_t)>("get_maybe_numbers", 4u) == -1);
    CHECK(gets.call<double(std::uint32_t)>("get_points", 2u) == 12);
    CHECK(gets.call<double(double, double)>("get_point", 5, 3) == 2);
    CHECK(gets.call<double(bool)>("get_maybe_point", true) == 5);
    CHECK(gets.call<double(std::int32_t, double)>("get_pair", 4, 0.5) == 4.5);
    CHECK(gets.call<double(std::int64_t)>("get_quad", 100) == 106.5);
    CHECK(gets.call<std::int32_t(std::int32_t)>("get_try_check", 0) == 0);
    CHECK(gets.call<std::int32_t(std::int32_t)>("get_try_check", -9) == -9000);
    CHECK(gets.call<std::int32_t(std::int32_t, std::int32_t)>("get_try_divide", 6, 2) == 3);
    CHECK(gets.call<double(bool)>("get_try_point", false) == 4000);
    auto pass = gets.func<fallible<std::string>(std::string_view)>("pass_try_text");
    CHECK(pass("through") == "through");
    THROWS(HH_ERR_GUEST, "nothing", pass(""));
    CHECK(gets.call<std::int64_t(std::int32_t)>("get_try_numbers", 3) == 3);
}

void callbacks()
{
    rig r;
    r.linker.func("host", "call_me", [](function_pointer, std::int32_t) { return 0; })
        .func("host", "poke", [] {});
    auto owned_state = std::make_shared<int>(0);
    {
        instance plugin = r.start("convention/callbacks");
        auto by_size = plugin.callback([](std::int32_t a, std::int32_t b) { return a - b; });
        std::vector<std::int32_t> numbers{ 3, 1, 2 };
        plugin.call<void(slice<std::int32_t>, const decltype(by_size) &)>("sort", numbers, by_size);
        CHECK(numbers == std::vector<std::int32_t>{ 1, 2, 3 });

        std::vector<std::string> words;
        auto collect = plugin.callback([&](std::string_view word) { words.emplace_back(word); });
        plugin.call<void(std::string_view, const callback<void(std::string_view)> &)>(
            "each_word", "two words", collect);
        CHECK(words == std::vector<std::string>{ "two", "words" });

        auto kept = plugin.callback([owned_state](std::int32_t x) { return *owned_state += x; });
        plugin.call<void(const decltype(kept) &)>("set_handler", kept);
        CHECK(plugin.call<std::int32_t(std::int32_t)>("fire", 5) == 5);
        CHECK(owned_state.use_count() > 1);

        auto throws = plugin.callback([](std::int32_t) -> std::int32_t {
            throw std::runtime_error("not today");
        });
        THROWS(HH_ERR_HOST, "not today",
               plugin.call<std::int32_t(std::optional<function_pointer>, std::int32_t)>(
                   "maybe_apply", function_pointer{ hh_callback_index(throws.get()) }, 1));
        plugin.clear_poison();

        const auto sign = plugin.func<std::optional<function_pointer>(std::uint8_t)>("get_op");
        CHECK(!sign(std::uint8_t('?')));
        const auto minus = plugin.func_at<std::int32_t(std::int32_t, std::int32_t)>(
            *sign(std::uint8_t('-')));
        CHECK(minus(50, 8) == 42);
    }
    CHECK(owned_state.use_count() == 1); /* destroyed with the callback */
}
