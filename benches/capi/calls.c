/*
 * Calls through the C API: reads lines of "WHAT N", does WHAT N times, and writes how many nanoseconds
 * that took. benches/benches/c_calls.rs is at the other end, and does the same in Rust.
 *
 *     calls RUNTIME GUEST.wasm GREETER.wasm
 *
 * After the build: benches/capi/run.
 */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void check(hh_status status, const char *what)
{
    if (status != HH_OK) {
        fprintf(stderr, "%s: %s\n", what, hh_error_message());
        exit(EXIT_FAILURE);
    }
}

/* host.get: (i32) -> i32 */
static hh_status get(hh_invocation *call, void *user)
{
    int32_t number;
    (void)user;
    if (hh_take(call, hh_to_i32(&number)) != HH_OK) {
        return hh_error_status();
    }
    return hh_give(call, hh_i32(number));
}

/* host.put: (i32) */
static hh_status put(hh_invocation *call, void *user)
{
    int32_t number;
    (void)user;
    return hh_take(call, hh_to_i32(&number));
}

static hh_instance *load(hh_engine *engine, const char *path)
{
    hh_module *module = NULL;
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    check(hh_module_load_file(engine, path, NULL, &module), path);
    check(hh_linker_new(engine, &linker), "linker");
    check(hh_linker_func(linker, "host", "get", "(i32) -> i32", get, NULL, NULL), "get");
    check(hh_linker_func(linker, "host", "put", "(i32)", put, NULL, NULL), "put");
    check(hh_linker_instantiate(linker, module, NULL, &plugin), path);
    return plugin;
}

static hh_func *function(hh_instance *plugin, const char *name, const char *prototype)
{
    hh_func *f = NULL;
    check(hh_instance_func(plugin, name, prototype, &f), name);
    return f;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s RUNTIME GUEST.wasm GREETER.wasm\n", argv[0]);
        return 2;
    }
    hh_engine *engine = NULL;
    check(hh_engine_new(argv[1], NULL, &engine), argv[1]);
    hh_instance *guest = load(engine, argv[2]);
    hh_instance *greeter = load(engine, argv[3]);
    hh_func *nothing = function(guest, "nothing", "()");
    hh_func *add = function(guest, "add", "(i32, i32) -> i32");
    hh_func *first_byte = function(guest, "first_byte", "(bytes) -> i32");
    hh_func *gets_n = function(guest, "gets", "(u32)");
    hh_func *greet = function(greeter, "greet", "(str) -> string");

    char what[32];
    unsigned long n;
    char bytes[64] = { 1 };
    int32_t number = 0;
    while (scanf("%31s %lu", what, &n) == 2) {
        const long long start = now();
        if (strcmp(what, "nothing") == 0) {
            for (unsigned long i = 0; i < n; i++) {
                check(hh_call(nothing, hh_to_void()), what);
            }
        } else if (strcmp(what, "add") == 0) {
            for (unsigned long i = 0; i < n; i++) {
                check(hh_call(add, hh_to_i32(&number), hh_i32((int32_t)(i & 255)), hh_i32(1)), what);
            }
        } else if (strcmp(what, "pass") == 0) {
            for (unsigned long i = 0; i < n; i++) {
                check(hh_call(first_byte, hh_to_i32(&number), hh_bytes(bytes, sizeof bytes)), what);
            }
        } else if (strcmp(what, "gets") == 0) {
            check(hh_call(gets_n, hh_to_void(), hh_u32((uint32_t)n)), what);
        } else if (strcmp(what, "greet") == 0) {
            for (unsigned long i = 0; i < n; i++) {
                hh_string hello;
                check(hh_call(greet, hh_to_string(&hello), hh_strn("World", 5)), what);
                hh_string_free(&hello);
            }
        } else {
            fprintf(stderr, "what is %s?\n", what);
            return 2;
        }
        printf("%lld\n", now() - start);
        fflush(stdout);
    }
    hh_func_delete(greet);
    hh_func_delete(gets_n);
    hh_func_delete(first_byte);
    hh_func_delete(add);
    hh_func_delete(nothing);
    hh_instance_delete(greeter);
    hh_instance_delete(guest);
    hh_engine_delete(engine);
    return EXIT_SUCCESS;
}
