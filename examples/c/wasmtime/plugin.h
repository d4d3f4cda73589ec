/*
 * A plugin on the official C API of wasmtime, whose malloc is libhostheap's bare heap.
 *
 * plugin.c is what you would copy into an application of your own: how to find where the heap
 * starts, grow the memory, give the plugin its malloc, pass it a string and take one back.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <hostheap.h>
#include <wasmtime.h>

/* One instance of a module. It must stay where it is: the heap and the store point to it. */
typedef struct plugin {
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_instance_t instance;
    wasmtime_memory_t memory; /* its linear memory, once it is known */
    bool has_memory;
    hh_layout layout;         /* what its bytes say: above all, where the heap may start */
    hh_heap *heap;            /* which of its memory is in use */
} plugin;

/*
 * Gives `linker` malloc and its family, once, for all plugins that it will instantiate. False if
 * that failed, as all functions below; then plugin_error says why.
 */
bool plugin_define_malloc(wasmtime_linker_t *linker);

/*
 * Makes a plugin of a module's bytes. Fill *p with zeros before; plugin_close frees what it has, after
 * a failure too.
 */
bool plugin_open(plugin *p, wasm_engine_t *engine, const wasmtime_linker_t *linker,
                 const uint8_t *wasm, size_t len);
void plugin_close(plugin *p);

/* One of the plugin's functions. */
bool plugin_func(plugin *p, const char *name, wasmtime_func_t *func);

/*
 * Calls `packed NAME(const char *text, size_t len, MORE)`, which returns a string. `more` is one more
 * number for functions that take one, or NULL. *result is a copy, and yours: free(*result).
 */
bool plugin_call_text(plugin *p, const char *name, const char *text, const uint32_t *more,
                      char **result, size_t *result_len);

/* Calls a function that takes numbers, at most 4, and returns nothing. */
bool plugin_call(plugin *p, const char *name, const uint32_t *numbers, size_t count);

/* Why the last function failed; valid until the next one does. */
const char *plugin_error(void);

#endif
