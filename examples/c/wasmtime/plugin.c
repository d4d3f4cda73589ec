/* See plugin.h. The parts come in the order in which one would write them. */
#include "plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Errors -------------------------------------------------------------- */

/* What an example needs: an application would hand errors to its callers, or keep one per thread. */
static char why[1024];

const char *plugin_error(void)
{
    return why;
}

static bool failed(const char *message, size_t len)
{
    snprintf(why, sizeof why, "%.*s", (int)(len < sizeof why ? len : sizeof why - 1), message);
    return false;
}

/* hostheap's functions return a status and keep a message. */
static bool heap_ok(hh_status status)
{
    return status == HH_OK || failed(hh_error_message(), strlen(hh_error_message()));
}

/* wasmtime's return an error, and calls a trap or an error; both are ours to delete. */
static bool wasmtime_ok(wasmtime_error_t *error, wasm_trap_t *trap)
{
    if (error == NULL && trap == NULL) {
        return true;
    }
    wasm_byte_vec_t message;
    if (error != NULL) {
        wasmtime_error_message(error, &message);
        wasmtime_error_delete(error);
    } else {
        wasm_trap_message(trap, &message);
        wasm_trap_delete(trap);
    }
    failed(message.data, message.size);
    wasm_byte_vec_delete(&message);
    return false;
}

/* ---- 1. The memory, as the heap wants it --------------------------------- */

/*
 * The heap keeps its books outside the plugin's memory. It asks for the memory itself only to zero
 * for calloc and to copy for realloc; so it asks anew each time, since growing may move it.
 */
/* [memory] */
static uint8_t *memory_data(void *env, uint64_t *size)
{
    plugin *p = (plugin *)env;
    *size = p->has_memory ? wasmtime_memory_data_size(p->context, &p->memory) : 0;
    return !p->has_memory ? NULL : wasmtime_memory_data(p->context, &p->memory);
}

/* The heap is full: `pages` more of 64 KiB. Saying no is fine: malloc then returns NULL. */
static bool memory_grow(void *env, uint64_t pages)
{
    plugin *p = (plugin *)env;
    uint64_t before;
    wasmtime_error_t *error;
    if (!p->has_memory) {
        return false;
    }
    error = wasmtime_memory_grow(p->context, &p->memory, pages, &before);
    if (error != NULL) {
        wasmtime_error_delete(error);
        return false;
    }
    return true;
}
/* [/memory] */

/* ---- 2. malloc and its family, which the plugin imports ------------------- */

/*
 * One function does for all: `env` is the member's number, and hh_heap_invoke does what C says of
 * that member. wasmtime calls it "unchecked" to pass plain values without their types, which were
 * fixed when the function was defined. wasmtime_linker_define_func passes wasmtime_val_t instead, and
 * costs more than twice as much. Faster still is a function each for malloc and free, which are most calls,
 * by hh_heap_malloc and hh_heap_free: docs/c-bench.md has the figures of all three.
 */
/* [family] */
static wasm_trap_t *family(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                           size_t count)
{
    plugin *p = (plugin *)wasmtime_context_get_data(wasmtime_caller_context(caller));
    uint32_t args[HH_FAMILY_MAX_PARAMS] = { 0 };
    uint32_t result = 0;
    wasmtime_extern_t item;
    if (!p->has_memory && wasmtime_caller_export_get(caller, "memory", strlen("memory"), &item) &&
        item.kind == WASMTIME_EXTERN_MEMORY) {
        /* Its start function allocates: it runs before anybody else can ask for the memory. */
        p->memory = item.of.memory;
        p->has_memory = true;
    }
    for (size_t i = 0; i < count && i < HH_FAMILY_MAX_PARAMS; i++) {
        args[i] = (uint32_t)values[i].i32;
    }
    if (hh_heap_invoke(p->heap, (uint32_t)(uintptr_t)env, args, count, &result) != HH_OK) {
        /* HH_ERR_POINTER: it freed what is no live block. Nothing has changed; a trap ends the call. */
        return wasmtime_trap_new(hh_error_message(), strlen(hh_error_message()));
    }
    values[0].i32 = (int32_t)result; /* free has no result: then nobody looks */
    return NULL;
}
/* [/family] */

/* All parameters and results of the family are i32. */
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

/* [define] */
bool plugin_define_malloc(wasmtime_linker_t *linker)
{
    for (uint32_t i = 0; i < hh_family_count(); i++) {
        hh_family_member member;
        if (!heap_ok(hh_family_at(i, &member))) {
            return false;
        }
        wasm_functype_t *type = type_of(&member);
        wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(
            linker, "env", strlen("env"), member.name, strlen(member.name), type, family,
            (void *)(uintptr_t)i, NULL);
        wasm_functype_delete(type);
        if (!wasmtime_ok(error, NULL)) {
            return false;
        }
    }
    return true;
}
/* [/define] */

/* ---- 3. An instance and its heap ------------------------------------------ */

static bool get_export(plugin *p, const char *name, wasmtime_extern_kind_t kind,
                       wasmtime_extern_t *item)
{
    return wasmtime_instance_export_get(p->context, &p->instance, name, strlen(name), item) &&
           item->kind == kind;
}

bool plugin_func(plugin *p, const char *name, wasmtime_func_t *func)
{
    wasmtime_extern_t item;
    if (!get_export(p, name, WASMTIME_EXTERN_FUNC, &item)) {
        snprintf(why, sizeof why, "the plugin exports no function %s", name);
        return false;
    }
    *func = item.of.func;
    return true;
}

/* [open] */
bool plugin_open(plugin *p, wasm_engine_t *engine, const wasmtime_linker_t *linker,
                 const uint8_t *wasm, size_t len)
{
    /*
     * Where does the heap start? The module's bytes tell: by an exported __heap_base, by where the
     * stack lies, or in the worst case as the end of its memory, which is always safe.
     */
    if (!heap_ok(hh_layout_from_module(wasm, len, &p->layout))) {
        return false;
    }
    if (p->layout.takes_grown_pages) {
        snprintf(why, sizeof why, "the module has an allocator of its own, which takes the memory "
                 "that we grow: there is no safe place for a heap beside it");
        return false;
    }
    p->store = wasmtime_store_new(engine, p, NULL); /* p: what wasmtime_context_get_data returns */
    p->context = wasmtime_store_context(p->store);

    /* There is no memory yet: the heap looks for it when it is first asked for a block. */
    hh_memory memory = { p, memory_data, memory_grow };
    if (!heap_ok(hh_heap_new(p->layout.heap_start, NULL, &memory, &p->heap))) {
        return false;
    }

    wasmtime_module_t *module;
    wasm_trap_t *trap = NULL;
    if (!wasmtime_ok(wasmtime_module_new(engine, wasm, len, &module), NULL)) {
        return false;
    }
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(linker, p->context, module, &p->instance, &trap);
    wasmtime_module_delete(module);
    wasmtime_extern_t item;
    if (!wasmtime_ok(error, trap)) {
        return false;
    }
    if (!get_export(p, "memory", WASMTIME_EXTERN_MEMORY, &item)) {
        return failed("the plugin exports no memory", strlen("the plugin exports no memory"));
    }
    p->memory = item.of.memory;
    p->has_memory = true;

    /* Constructors, if it has any. From here on it may call malloc. */
    return !get_export(p, "_initialize", WASMTIME_EXTERN_FUNC, &item) ||
           plugin_call(p, "_initialize", NULL, 0);
}
/* [/open] */

void plugin_close(plugin *p)
{
    if (p->store != NULL) {
        wasmtime_store_delete(p->store);
    }
    hh_heap_delete(p->heap);
}

/* ---- 4. Calls ------------------------------------------------------------- */

#define MAX_ARGS 4

static wasmtime_val_t i32_val(uint32_t value)
{
    wasmtime_val_t val;
    memset(&val, 0, sizeof val);
    val.kind = WASMTIME_I32;
    val.of.i32 = (int32_t)value;
    return val;
}

/* Calls `func` with numbers; `results` has room for as many values as it returns. */
static bool call(plugin *p, const char *name, const uint32_t *numbers, size_t count,
                 wasmtime_val_t *results, size_t result_count)
{
    wasmtime_func_t func;
    wasmtime_val_t args[MAX_ARGS];
    wasm_trap_t *trap = NULL;
    if (!plugin_func(p, name, &func)) {
        return false;
    }
    if (count > MAX_ARGS) {
        return failed("too many arguments", strlen("too many arguments"));
    }
    for (size_t i = 0; i < count; i++) {
        args[i] = i32_val(numbers[i]);
    }
    wasmtime_error_t *error =
        wasmtime_func_call(p->context, &func, args, count, results, result_count, &trap);
    return wasmtime_ok(error, trap);
}

bool plugin_call(plugin *p, const char *name, const uint32_t *numbers, size_t count)
{
    return call(p, name, numbers, count, NULL, 0);
}

/*
 * Copies what a plugin returned, and frees its block. `packed` may be any number: that the bytes lie
 * in one live block is for us to check, and the heap knows.
 */
static bool take_text(plugin *p, uint64_t packed, char **result, size_t *result_len)
{
    uint32_t offset = (uint32_t)(packed >> 32);
    uint32_t len = (uint32_t)packed;
    hh_heap_block block = { 0, 0 };
    if (len > 0 && !heap_ok(hh_heap_block_at(p->heap, offset, &block))) {
        return false;
    }
    /* In no block: then its offset and size are 0. */
    if ((uint64_t)offset + len > (uint64_t)block.offset + block.size && len > 0) {
        snprintf(why, sizeof why, "the plugin returned %" PRIu32 " bytes at %" PRIu32
                 ", and they are in no block", len, offset);
        return false;
    }
    char *copy = (char *)malloc((size_t)len + 1);
    if (copy == NULL) {
        return failed("out of memory", strlen("out of memory"));
    }
    if (len > 0) {
        memcpy(copy, wasmtime_memory_data(p->context, &p->memory) + offset, len);
    }
    copy[len] = '\0';
    if (len > 0 && !heap_ok(hh_heap_free(p->heap, block.offset))) {
        free(copy);
        return false;
    }
    *result = copy;
    *result_len = len;
    return true;
}

/* [text] */
bool plugin_call_text(plugin *p, const char *name, const char *text, const uint32_t *more,
                      char **result, size_t *result_len)
{
    size_t len = strlen(text);
    uint32_t numbers[3];
    wasmtime_val_t packed;
    if (len > UINT32_MAX) {
        return failed("the text is too long", strlen("the text is too long"));
    }
    /*
     * The argument gets a block without a call into the plugin. It is lent: the plugin can read and
     * write it, and to free it is an error of the plugin's. Its offset is valid until we take it
     * back; a pointer to it would be valid until the memory grows, so there is none.
     */
    if (!heap_ok(hh_heap_lend(p->heap, (uint32_t)len, &numbers[0]))) {
        return false;
    }
    memcpy(wasmtime_memory_data(p->context, &p->memory) + numbers[0], text, len);
    numbers[1] = (uint32_t)len;
    numbers[2] = more != NULL ? *more : 0;
    bool ok = call(p, name, numbers, more != NULL ? 3 : 2, &packed, 1);
    hh_heap_take_back(p->heap, numbers[0]);
    if (ok && packed.kind != WASMTIME_I64) {
        return failed("it returns no packed text", strlen("it returns no packed text"));
    }
    return ok && take_text(p, (uint64_t)packed.of.i64, result, result_len);
}
/* [/text] */
