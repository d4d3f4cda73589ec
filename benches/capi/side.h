/* What is compared: one plugin in a store of its own, with its malloc bound in one of several ways. */
#ifndef SIDE_H
#define SIDE_H

#include <hostheap.h>
#include <wasmtime.h>

typedef enum binding {
    IN_GUEST,  /* the plugin brings its malloc along; nothing is bound */
    NOTHING,   /* malloc returns a constant, free does nothing: what two host calls cost */
    DIRECT,    /* unchecked; malloc and free have a function each, whose env is the heap */
    INVOKE,    /* unchecked; hh_heap_invoke does for all, as in examples/c/wasmtime */
    CHECKED,   /* wasmtime_linker_define_func, with hh_heap_invoke */
    FUNC_NEW,  /* wasmtime_func_new and wasmtime_linker_define, with hh_heap_invoke */
    BINDINGS
} binding;

typedef struct side {
    binding how;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_linker_t *linker;
    wasmtime_instance_t instance;
    wasmtime_memory_t memory;
    hh_heap *heap;
} side;

/* Everything below ends the program if it fails: there is nothing to measure then. */
void die(const char *what, const char *why);
void check(const char *what, wasmtime_error_t *error, wasm_trap_t *trap);
void check_heap(const char *what, hh_status status);

/* Instantiates the module in the file. The side stays where it is. */
void side_open(side *s, wasm_engine_t *engine, binding how, const char *path);
void side_close(side *s);

wasmtime_func_t side_func(side *s, const char *name);

/* Calls unchecked: `values` holds the arguments, then the results. */
void side_call(side *s, const wasmtime_func_t *func, wasmtime_val_raw_t *values, size_t count);

/* Calls a function with one i32, or none, that returns an i32, or nothing. */
uint32_t side_call_i32(side *s, const wasmtime_func_t *func, uint32_t argument);

#endif
