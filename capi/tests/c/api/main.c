/*
 * Runs the tests in C: all of them, or those that are named.
 *
 *     HOSTHEAP_RUNTIME=wasmi api [TEST...]
 *
 * Prints "ok NAME" for each. The first failure ends it.
 */
#include "check.h"
#include "tests.h"

#define ENTRY(name) { #name, name },
static const struct {
    const char *name;
    void (*run)(void);
} tests[] = { TESTS(ENTRY) };

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(name, argv[i]) == 0) {
            return true;
        }
    }
    return argc <= 1;
}

int main(int argc, char **argv)
{
    int count = 0;
#ifndef HOSTHEAP_BARE
    test_runtime = getenv("HOSTHEAP_RUNTIME");
#endif
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (wanted(tests[i].name, argc, argv)) {
            tests[i].run();
            printf("ok %s\n", tests[i].name);
            fflush(stdout);
            count++;
        }
    }
    if (count == 0) {
        fprintf(stderr, "there is no such test\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
