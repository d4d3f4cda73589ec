// Runs the tests of the C++ headers: HOSTHEAP_RUNTIME=wasmi wrapper
#include "check.hpp"

void fail(const std::string &what, const char *file, int line)
{
    std::cerr << file << ':' << line << ": " << what << std::endl;
    std::exit(EXIT_FAILURE);
}

int main()
{
    struct {
        const char *name;
        void (*run)();
    } const tests[] = {
        { "arguments", arguments },   { "results", results },   { "host_functions", host_functions },
        { "exceptions", exceptions }, { "callbacks", callbacks }, { "memory", memory },
        { "handles", handles },       { "bare_heap", bare_heap },
        { "views_outlive_instances", views_outlive_instances },
    };
    for (const auto &test : tests) {
        try {
            test.run();
        } catch (const std::exception &e) {
            fail(std::string(test.name) + " threw: " + e.what(), __FILE__, __LINE__);
        }
        std::cout << "ok " << test.name << std::endl;
    }
    return EXIT_SUCCESS;
}
