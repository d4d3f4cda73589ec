// The smallest host in C++, with a host function for its plugin.
//
//     greet [NAME [DIRECTORY]]
//
// A C++ type for each function says what crosses; everything is freed by its owner's destructor, and
// what fails is a hostheap::error.
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include <hostheap.hpp>

int main(int argc, char **argv)
try {
    const std::string name = argc > 1 ? argv[1] : "World";
    const std::string plugins = argc > 2 ? argv[2] : "guest/plugins";

    // [plugin]
    hostheap::engine engine(std::getenv("HOSTHEAP_RUNTIME"));
    hostheap::module greeter = engine.load_file(plugins + "/greeter/greeter.wasm");
    hostheap::instance plugin = hostheap::linker(engine).instantiate(greeter);

    auto greet = plugin.func<std::string(std::string_view)>("greet");
    auto scale = plugin.func<void(hostheap::slice<double>, double)>("scale");
    double numbers[] = { 1, 2.5 };
    scale(numbers, 2);
    std::cout << greet(name) << ' ' << numbers[0] << ' ' << numbers[1] << '\n';
    // [/plugin]

    // Host functions are lambdas; what they throw comes out of the plugin's call.
    hostheap::linker linker(engine);
    linker.func("host", "log", [](std::string_view line) { std::cout << "log: " << line << '\n'; })
        .func("host", "now", []() -> std::int64_t { return 1700000000000; })
        .func("host", "lookup", [](std::string_view key) -> std::optional<std::string> {
            if (key == "me") {
                return "Ada";
            }
            if (key == "nobody") {
                return std::nullopt;
            }
            throw std::runtime_error("who is " + std::string(key) + "?");
        });
    hostheap::instance host_greeter =
        linker.instantiate(engine.load_file(plugins + "/host_greeter/host_greeter.wasm"));
    auto greet_user = host_greeter.func<std::string(std::string_view)>("greet_user");
    std::cout << greet_user("me") << '\n' << greet_user("nobody") << '\n';
    try {
        greet_user("you");
    } catch (const hostheap::error &e) {
        std::cout << hh_status_name(e.status()) << ": " << e.what() << '\n';
    }
    return EXIT_SUCCESS;
} catch (const hostheap::error &e) {
    std::cerr << hh_status_name(e.status()) << ": " << e.what() << '\n';
    return EXIT_FAILURE;
}
