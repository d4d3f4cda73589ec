#include "side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Failing ------------------------------------------------------------- */

void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void check(const char *what, wasmtime_error_t *error, wasm_trap_t *trap)
{
    wasm_byte_vec_t message;
    if (error == NULL && trap == NULL) {
        return;
    }
    if (error != NULL) {
        wasmtime_error_message(error, &message);
    } else {
        wasm_trap_message(trap, &message);
    }
    fprintf(stderr, "%s: %.*s\n", what, (int)message.size, message.data);
    exit(1);
}

void check_heap(const char *what, hh_status status)
{
    if (status != HH_OK) {
        die(what, hh_error_message());
    }
}

/* ---- The memory ---------------------------------------------------------- */

static uint8_t *memory_data(void *env, uint64_t *size)
{
    side *s = (side *)env;
    *size = wasmtime_memory_data_size(s->context, &s->memory);
    return wasmtime_memory_data(s->context, &s->memory);
}

static bool memory_grow(void *env, uint64_t pages)
{
    side *s = (side *)env;
    uint64_t before;
    wasmtime_error_t *error = wasmtime_memory_grow(s->context, &s->memory, pages, &before);
    if (error != NULL) {
        wasmtime_error_delete(error);
    }
    return error == NULL;
}

/* ---- The bindings -------------------------------------------------------- */

static side *side_of(wasmtime_caller_t *caller)
{
    return (side *)wasmtime_context_get_data(wasmtime_caller_context(caller));
}

static wasm_trap_t *refused(void)
{
    const char *why = hh_error_message();
    return wasmtime_trap_new(why, strlen(why));
}

static wasm_trap_t *nothing(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                            size_t count)
{
    (void)env;
    (void)caller;
    (void)count;
    values[0].i32 = 65536;
    return NULL;
}

static wasm_trap_t *direct_malloc(void *env, wasmtime_caller_t *caller,
                                  wasmtime_val_raw_t *values, size_t count)
{
    uint32_t offset = 0;
    hh_status status = hh_heap_malloc((hh_heap *)env, (uint32_t)values[0].i32, &offset);
    (void)caller;
    (void)count;
    if (status != HH_OK && status != HH_ERR_MEMORY) {
        return refused();
    }
    values[0].i32 = (int32_t)offset;
    return NULL;
}

static wasm_trap_t *direct_free(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                                size_t count)
{
    (void)caller;
    (void)count;
    if (hh_heap_free((hh_heap *)env, (uint32_t)values[0].i32) != HH_OK) {
        return refused();
    }
    return NULL;
}

static wasm_trap_t *invoke(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                           size_t count)
{
    uint32_t args[3] = { 0 };
    uint32_t result = 0;
    for (size_t i = 0; i < count && i < 3; i++) {
        args[i] = (uint32_t)values[i].i32;
    }
    if (hh_heap_invoke(side_of(caller)->heap, (uint32_t)(uintptr_t)env, args, count, &result) !=
        HH_OK) {
        return refused();
    }
    values[0].i32 = (int32_t)result;
    return NULL;
}

static wasm_trap_t *checked(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *values,
                            size_t count, wasmtime_val_t *results, size_t result_count)
{
    uint32_t args[3] = { 0 };
    uint32_t result = 0;
    for (size_t i = 0; i < count && i < 3; i++) {
        args[i] = (uint32_t)values[i].of.i32;
    }
    if (hh_heap_invoke(side_of(caller)->heap, (uint32_t)(uintptr_t)env, args, count, &result) !=
        HH_OK) {
        return refused();
    }
    if (result_count > 0) {
        results[0].kind = WASMTIME_I32;
        results[0].of.i32 = (int32_t)result;
    }
    return NULL;
}

static wasm_functype_t *type_of(const hh_family_member *member)
{
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new_uninitialized(&params, member->params);
    for (size_t i = 0; i < params.size; i++) {
        params.data[i] = wasm_valtype_new_i32();
    }
    wasm_valtype_vec_new_uninitialized(&results, member->has_result ? 1 : 0);
    for (size_t i = 0; i < results.size; i++) {
        results.data[i] = wasm_valtype_new_i32();
    }
    return wasm_functype_new(&params, &results);
}

static void bind(side *s, uint32_t number, const hh_family_member *member)
{
    const char *name = member->name;
    void *env = (void *)(uintptr_t)number;
    wasm_functype_t *type = type_of(member);
    wasmtime_func_unchecked_callback_t function = s->how == NOTHING ? nothing : invoke;
    wasmtime_extern_t item;
    wasmtime_error_t *error;
    if (s->how == DIRECT && strcmp(name, "malloc") == 0) {
        function = direct_malloc;
        env = s->heap;
    }
    if (s->how == DIRECT && strcmp(name, "free") == 0) {
        function = direct_free;
        env = s->heap;
    }
    if (s->how == FUNC_NEW) {
        item.kind = WASMTIME_EXTERN_FUNC;
        wasmtime_func_new(s->context, type, checked, env, NULL, &item.of.func);
        error = wasmtime_linker_define(s->linker, s->context, "env", 3, name, strlen(name), &item);
    } else if (s->how == CHECKED) {
        error = wasmtime_linker_define_func(s->linker, "env", 3, name, strlen(name), type, checked,
                                            env, NULL);
    } else {
        error = wasmtime_linker_define_func_unchecked(s->linker, "env", 3, name, strlen(name), type,
                                                      function, env, NULL);
    }
    check(name, error, NULL);
    wasm_functype_delete(type);
}

/* ---- Instances ----------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *len)
{
    enum { MOST = 1 << 20 };
    uint8_t *bytes = (uint8_t *)malloc(MOST);
    FILE *file = fopen(path, "rb");
    if (bytes == NULL || file == NULL) {
        die(path, "cannot be read");
    }
    *len = fread(bytes, 1, MOST, file);
    fclose(file);
    return bytes;
}

void side_open(side *s, wasm_engine_t *engine, binding how, const char *path)
{
    size_t len;
    uint8_t *wasm = read_file(path, &len);
    wasmtime_module_t *module;
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;

    memset(s, 0, sizeof *s);
    s->how = how;
    s->store = wasmtime_store_new(engine, s, NULL);
    s->context = wasmtime_store_context(s->store);
    s->linker = wasmtime_linker_new(engine);
    if (how != IN_GUEST) {
        hh_layout layout;
        hh_memory memory = { s, memory_data, memory_grow };
        check_heap(path, hh_layout_from_module(wasm, len, &layout));
        check_heap(path, hh_heap_new(layout.heap_start, NULL, &memory, &s->heap));
        for (uint32_t i = 0; i < hh_family_count(); i++) {
            hh_family_member member;
            check_heap("the family", hh_family_at(i, &member));
            bind(s, i, &member);
        }
    }
    check(path, wasmtime_module_new(engine, wasm, len, &module), NULL);
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(s->linker, s->context, module, &s->instance, &trap);
    check(path, error, trap);
    wasmtime_module_delete(module);
    free(wasm);

    if (!wasmtime_instance_export_get(s->context, &s->instance, "memory", 6, &item) ||
        item.kind != WASMTIME_EXTERN_MEMORY) {
        die(path, "exports no memory");
    }
    s->memory = item.of.memory;
    if (wasmtime_instance_export_get(s->context, &s->instance, "_initialize", 11, &item)) {
        side_call_i32(s, &item.of.func, 0);
    }
}

void side_close(side *s)
{
    wasmtime_linker_delete(s->linker);
    wasmtime_store_delete(s->store);
    check_heap("the heap", hh_heap_delete(s->heap));
}

wasmtime_func_t side_func(side *s, const char *name)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(s->context, &s->instance, name, strlen(name), &item) ||
        item.kind != WASMTIME_EXTERN_FUNC) {
        die(name, "is not exported");
    }
    return item.of.func;
}

void side_call(side *s, const wasmtime_func_t *func, wasmtime_val_raw_t *values, size_t count)
{
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_func_call_unchecked(s->context, func, values, count, &trap);
    if (error != NULL || trap != NULL) {
        check("a call", error, trap);
    }
}

uint32_t side_call_i32(side *s, const wasmtime_func_t *func, uint32_t argument)
{
    wasmtime_val_raw_t value;
    value.i32 = (int32_t)argument;
    side_call(s, func, &value, 1);
    return (uint32_t)value.i32;
}
