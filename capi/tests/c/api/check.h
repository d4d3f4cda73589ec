/*
 * What the tests share: a test is a function of the list in tests.h, which fails
 * by ending the program.
 */
#ifndef CHECK_H
#define CHECK_H

#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Claims -------------------------------------------------------------- */

/* The condition holds. */
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
/* The call went well. */
#define OK(call) check_status((call), HH_OK, NULL, #call, __FILE__, __LINE__)
/* The call failed with this status, and `part` is in the message. */
#define FAILS(status, part, call) check_status((call), (status), (part), #call, __FILE__, __LINE__)
/* Two numbers, two texts are the same. */
#define SAME(a, b) check_same((int64_t)(a), (int64_t)(b), #a, __FILE__, __LINE__)
#define SAME_TEXT(text, expected) check_text((text), (expected), #text, __FILE__, __LINE__)

void check(bool holds, const char *what, const char *file, int line);
void check_status(hh_status status, hh_status expected, const char *part, const char *what,
                  const char *file, int line);
void check_same(int64_t a, int64_t b, const char *what, const char *file, int line);
/* Compares, and frees. */
void check_text(hh_string *text, const char *expected, const char *what, const char *file, int line);

#ifndef HOSTHEAP_BARE /* what comes needs a runtime */

/* ---- What most tests need ------------------------------------------------ */

/* The runtime that is tested. */
extern const char *test_runtime;

/* An engine of that runtime. */
hh_engine *new_engine(void);
/* The path of a plugin, such as "greeter/greeter": valid until the next call. */
const char *plugin_path(const char *name);
/* A plugin's bytes, to be freed. */
uint8_t *plugin_bytes(const char *name, size_t *len);
hh_module *load(hh_engine *engine, const char *name);

/* A plugin with what it needs. */
typedef struct {
    hh_engine *engine;
    hh_module *module;
    hh_linker *linker;
    hh_instance *plugin;
} rig;

/* An engine, a module and a linker: the host functions are the test's. */
rig rig_open(const char *name);
/* And now the instance, with a pointer of the test's. */
void rig_start(rig *rig, void *user);
/* Both at once, for plugins that import nothing but the malloc family. */
rig rig_of(const char *name);
/* Frees all; nothing may be live in the plugin's heap. */
void rig_close(rig *rig);
/* The same, with what the test lost there on purpose. */
void rig_close_with(rig *rig, uint32_t live_blocks);

/* A function that must be there. */
hh_func *func(const rig *rig, const char *name, const char *prototype);
uint32_t live_blocks(const rig *rig);

/* A host function whose `user` counts how often it was called, or destroyed. */
hh_status count_call(hh_invocation *call, void *user);
void count_drop(void *user);

#endif

#endif
