/*
 * A host that shares structs, arrays and functions with its plugin: the plugin
 * is guest/plugins/cookbook, which knows nothing of this program but the C
 * prototypes of its own functions.
 *
 *     sensors [PLUGIN]
 */
#include <hostheap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [types] */
/* As in the plugin. Only types of a fixed size: a long or a pointer of the
   host's is not one of the plugin's. */
struct sample {
    uint64_t time; /* ms */
    float value;
    uint32_t sensor;
};

struct summary {
    uint64_t from, to;
    double mean;
    uint32_t count;
    uint32_t unused;
};

struct config {
    double gain;
    uint32_t name; /* a pointer of the plugin's is an offset */
    uint32_t name_len;
};

/* [/types] */
static const struct sample samples[] = {
    { 1000, 19.5f, 1 }, { 1010, 23.5f, 2 }, { 1020, 21.0f, 1 }, { 1030, 26.0f, 3 },
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* All that goes wrong here ends the program; errors.c shows the other way. */
static void check(hh_status status, const char *what)
{
    if (status != HH_OK) {
        fprintf(stderr, "%s: %s\n", what, hh_error_message());
        exit(EXIT_FAILURE);
    }
}

static hh_func *function(hh_instance *plugin, const char *name, const char *prototype)
{
    hh_func *f = NULL;
    check(hh_instance_func(plugin, name, prototype, &f), name);
    return f;
}

/* ---- A key-value store, which the plugin uses through three functions ---- */

enum { ENTRIES = 8, LENGTH = 31 };

struct store {
    char keys[ENTRIES][LENGTH + 1];
    char values[ENTRIES][LENGTH + 1];
    uint32_t count;
};

/* Where the key is, or where it would go. */
static uint32_t find(const struct store *store, hh_span key)
{
    uint32_t i = 0;
    while (i < store->count && (strlen(store->keys[i]) != key.len ||
                                memcmp(store->keys[i], key.data, key.len) != 0)) {
        i++;
    }
    return i;
}

/* [kv_get] */
/* kv.get: (str) -> option<string> */
static hh_status kv_get(hh_invocation *call, void *user)
{
    const struct store *store = (const struct store *)user;
    hh_span key; /* a copy that lives until this function returns */
    if (hh_take(call, hh_to_span(&key)) != HH_OK) {
        return hh_error_status();
    }
    uint32_t i = find(store, key);
    /* The plugin gets a block of its own with the text in it, and frees it. */
    return hh_give(call, i < store->count ? hh_str(store->values[i]) : hh_null());
}
/* [/kv_get] */

/* [kv_set] */
/* kv.set: (str, str) */
static hh_status kv_set(hh_invocation *call, void *user)
{
    struct store *store = (struct store *)user;
    hh_span key, value;
    if (hh_take(call, hh_to_span(&key), hh_to_span(&value)) != HH_OK) {
        return hh_error_status();
    }
    uint32_t i = find(store, key);
    if (key.len > LENGTH || value.len > LENGTH || i == ENTRIES) {
        return hh_fail(call, "the store is full"); /* ends the call of the plugin */
    }
    memcpy(store->keys[i], key.data, key.len);
    store->keys[i][key.len] = '\0';
    memcpy(store->values[i], value.data, value.len);
    store->values[i][value.len] = '\0';
    store->count += i == store->count;
    return HH_OK;
}
/* [/kv_set] */

/* kv.count: () -> u32 */
static hh_status kv_count(hh_invocation *call, void *user)
{
    return hh_give(call, hh_u32(((const struct store *)user)->count));
}

static void drop_store(void *user)
{
    printf("the store goes, with %u entries\n", (unsigned)((struct store *)user)->count);
    free(user);
}

/* ---- Functions that the plugin calls back -------------------------------- */

/* (u32, u32) -> i32: by value, the highest first. */
static hh_status compare(hh_invocation *call, void *user)
{
    const struct sample *all = (const struct sample *)user;
    uint32_t a, b;
    if (hh_take(call, hh_to_u32(&a), hh_to_u32(&b)) != HH_OK) {
        return hh_error_status();
    }
    if (a >= SAMPLES || b >= SAMPLES) {
        return hh_fail(call, "no such sample"); /* a plugin's numbers are not trusted */
    }
    return hh_give(call, hh_i32(all[a].value > all[b].value ? -1 : all[a].value < all[b].value));
}

/* (u32) -> bool: whether to go on. */
static hh_status progress(hh_invocation *call, void *user)
{
    uint32_t done;
    if (hh_take(call, hh_to_u32(&done)) != HH_OK) {
        return hh_error_status();
    }
    *(uint32_t *)user = done;
    return hh_give(call, hh_bool(done < 300));
}

/* ---- The calls ----------------------------------------------------------- */

static void structs(hh_instance *plugin)
{
    /* [structs] */
    hh_func *summarize =
        function(plugin, "summarize", "(slice<struct sample>) -> struct summary");
    struct summary s;
    check(hh_call(summarize, hh_to_struct(&s, sizeof s),
                  hh_array(samples, SAMPLES, sizeof samples[0])),
          "summarize");
    printf("%u samples from %lu to %lu ms, mean %g\n", (unsigned)s.count, (unsigned long)s.from,
           (unsigned long)s.to, s.mean);
    hh_func_delete(summarize);

    /* An array of structs as the result: in memory that is ours to free. */
    hh_func *above =
        function(plugin, "above", "(slice<struct sample>, f32) -> vec<struct sample>");
    hh_string found;
    check(hh_call(above, hh_to_vec(&found, sizeof(struct sample)),
                  hh_array(samples, SAMPLES, sizeof samples[0]), hh_f32(22)),
          "above");
    for (size_t at = 0; at < found.len; at += sizeof(struct sample)) {
        struct sample one;
        memcpy(&one, found.data + at, sizeof one);
        printf("sensor %u had %g\n", (unsigned)one.sensor, (double)one.value);
    }
    hh_string_free(&found);
    hh_func_delete(above);
    /* [/structs] */
}

static void buffers(hh_instance *plugin)
{
    uint8_t picture[16] = { 0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120 };
    uint8_t half[4] = { 0 }; /* `out`: what stands here does not get to the plugin */

    hh_func *invert = function(plugin, "invert", "(mut slice<u8>)");
    check(hh_call(invert, hh_to_void(), hh_array_mut(picture, sizeof picture, 1)), "invert");
    hh_func_delete(invert);

    hh_func *halve = function(plugin, "halve", "(bytes, out slice<u8>, u32)");
    check(hh_call(halve, hh_to_void(), hh_bytes(picture, sizeof picture),
                  hh_array_mut(half, sizeof half, 1), hh_u32(4)),
          "halve");
    hh_func_delete(halve);
    printf("half the picture: %d %d %d %d\n", half[0], half[1], half[2], half[3]);
}

static void callbacks(hh_instance *plugin)
{
    uint32_t order[SAMPLES] = { 0, 1, 2, 3 };
    /* [callback] */
    hh_callback *by_value = NULL;
    check(hh_instance_callback(plugin, "(u32, u32) -> i32", compare, (void *)samples, NULL,
                               &by_value),
          "compare");
    hh_func *sort_by = function(plugin, "sort_by", "(mut slice<u32>, func)");
    check(hh_call(sort_by, hh_to_void(), hh_array_mut(order, SAMPLES, sizeof order[0]),
                  hh_closure(by_value)),
          "sort_by");
    hh_func_delete(sort_by);
    hh_callback_delete(by_value);
    /* [/callback] */
    printf("the highest first: %u %u %u %u\n", (unsigned)order[0], (unsigned)order[1],
           (unsigned)order[2], (unsigned)order[3]);

    uint32_t done = 0;
    uint64_t hash = 0;
    hh_callback *stop = NULL;
    check(hh_instance_callback(plugin, "(u32) -> bool", progress, &done, NULL, &stop), "progress");
    hh_func *crunch = function(plugin, "crunch", "(u32, func) -> u64");
    check(hh_call(crunch, hh_to_u64(&hash), hh_u32(1000), hh_closure(stop)), "crunch");
    hh_func_delete(crunch);
    hh_callback_delete(stop);
    printf("stopped after %u rounds\n", (unsigned)done);
}

/* A block that the plugin keeps from call to call. */
static void kept(hh_instance *plugin)
{
    /* [kept] */
    struct config config = { 2.5, 0, 0 };
    double louder = 0;
    hh_block *block = NULL;
    hh_func *configure = function(plugin, "configure", "(option<ptr>)");
    hh_func *amplify = function(plugin, "amplify", "(f64) -> f64");
    check(hh_instance_keep(plugin, &config, sizeof config, &block), "keep");
    check(hh_call(configure, hh_to_void(), hh_kept(block)), "configure");
    check(hh_call(amplify, hh_to_f64(&louder), hh_f64(4)), "amplify");
    printf("4 is %g with the first configuration\n", louder);

    config.gain = 10; /* the block's bytes can be changed between calls */
    check(hh_instance_write(plugin, hh_block_offset(block), &config, sizeof config), "write");
    check(hh_call(amplify, hh_to_f64(&louder), hh_f64(4)), "amplify");
    printf("4 is %g with the second\n", louder);

    check(hh_call(configure, hh_to_void(), hh_null()), "configure");
    hh_block_delete(block); /* the plugin does not look at it any more */
    /* [/kept] */
    hh_func_delete(amplify);
    hh_func_delete(configure);
}

static void host_functions(hh_instance *plugin)
{
    hh_func *rename = function(plugin, "rename", "(str, str) -> result<u32>");
    uint32_t entries = 0;
    check(hh_call(rename, hh_to_u32(&entries), hh_str("city"), hh_str("town")), "rename");
    printf("%u entries after the first rename\n", (unsigned)entries);
    /* The plugin's own error: a code, and the plugin goes on. */
    if (hh_call(rename, hh_to_u32(&entries), hh_str("village"), hh_str("town")) == HH_ERR_GUEST) {
        printf("the second is error %d\n", (int)hh_error_code());
    }
    hh_func_delete(rename);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "guest/plugins/cookbook/cookbook.wasm";
    hh_engine *engine = NULL;
    hh_module *module = NULL;
    hh_linker *linker = NULL;
    hh_instance *plugin = NULL;
    struct store *store = (struct store *)calloc(1, sizeof *store);
    if (store == NULL) {
        return EXIT_FAILURE;
    }
    strcpy(store->keys[0], "city");
    strcpy(store->values[0], "Oslo");
    store->count = 1;

    check(hh_engine_new(getenv("HOSTHEAP_RUNTIME"), NULL, &engine), "engine");
    check(hh_module_load_file(engine, path, NULL, &module), path);
    check(hh_linker_new(engine, &linker), "linker");
    /* [linker] */
    /* All three share the store; it goes with the last of what was given a
       destructor, when neither the linker nor an instance needs it. */
    check(hh_linker_func(linker, "kv", "get", "(str) -> option<string>", kv_get, store, NULL),
          "kv.get");
    check(hh_linker_func(linker, "kv", "set", "(str, str)", kv_set, store, NULL), "kv.set");
    check(hh_linker_func(linker, "kv", "count", "() -> u32", kv_count, store, drop_store),
          "kv.count");
    check(hh_linker_instantiate(linker, module, NULL, &plugin), "instantiate");
    /* [/linker] */
    hh_linker_delete(linker); /* the instance has what it needs */
    hh_module_delete(module);
    hh_engine_delete(engine);

    structs(plugin);
    buffers(plugin);
    callbacks(plugin);
    kept(plugin);
    host_functions(plugin);

    hh_heap_stats heap;
    check(hh_instance_heap_stats(plugin, &heap), "heap");
    printf("%lu blocks allocated, %lu still live\n", (unsigned long)heap.allocated,
           (unsigned long)heap.live_blocks);
    check(hh_instance_delete(plugin), "free");
    return EXIT_SUCCESS;
}
