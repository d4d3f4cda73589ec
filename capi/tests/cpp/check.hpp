// What the tests of the C++ headers share.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdlib>
#include <iostream>
#include <string>

#include <hostheap.hpp>

#define CHECK(...) check_that((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
/* The expression throws a hostheap::error with this status and `part` in its message. */
#define THROWS(expected, part, ...) \
    check_throws([&] { (void)(__VA_ARGS__); }, expected, part, #__VA_ARGS__, __FILE__, __LINE__)

[[noreturn]] void fail(const std::string &what, const char *file, int line);

inline void check_that(bool holds, const char *what, const char *file, int line)
{
    if (!holds) {
        fail(what, file, line);
    }
}

template <class F>
void check_throws(F f, hh_status expected, const std::string &part, const char *what,
                  const char *file, int line)
{
    try {
        f();
    } catch (const hostheap::error &e) {
        if (e.status() != expected || std::string(e.what()).find(part) == std::string::npos) {
            fail(std::string(what) + " threw " + std::to_string(e.status()) + ": " + e.what(), file,
                 line);
        }
        return;
    }
    fail(std::string(what) + " threw nothing", file, line);
}

/* An instance of a plugin with the linker that the test prepared. */
struct rig {
    hostheap::engine engine;
    hostheap::linker linker;
    explicit rig() : engine(std::getenv("HOSTHEAP_RUNTIME")), linker(engine) {}
    hostheap::instance start(const std::string &name)
    {
        return linker.instantiate(engine.load_file("guest/plugins/" + name + ".wasm"));
    }
};

struct point {
    double x, y;
};
struct item {
    std::uint32_t id;
    float weight;
    std::int16_t level;
    bool fresh;
    std::uint8_t grade;
};
HOSTHEAP_STRUCT(point);
HOSTHEAP_STRUCT(item);

void arguments();
void results();
void host_functions();
void exceptions();
void errors_are_thrown_again();
void callbacks();
void memory();
void handles();
void bare_heap();
void views_outlive_instances();

#endif
