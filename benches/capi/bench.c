/*
 * libhostheap's bare heap on the wasmtime C API, against a malloc inside the plugin.
 *
 *     bench [--quick] DIRECTORY       DIRECTORY has the plugins; `run` puts them there
 *
 * All sides take turns, round after round, so that what the machine does meanwhile hits all alike.
 * Prints tables in Markdown: medians over the rounds, and the median of the ratios within each round.
 */
#define _POSIX_C_SOURCE 200809L

#include "side.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MOST_SIDES = 8,
    MOST_ROUNDS = 301,
    PAIRS = 10000,
    SLOTS = 500,
    STEPS = 10000,
    PASSES = 2000,
    ARGUMENT = 64
};

/* Of this thread's time on a processor: what else the machine does is not counted. */
static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, by_size);
    return numbers[count / 2];
}

/* ---- A table ------------------------------------------------------------- */

/* One line: what it is called, and one turn of it, which takes some time for `units` things. */
typedef struct contender {
    const char *name;
    side *s;
    wasmtime_func_t func;
    wasmtime_func_t guest_malloc, guest_free;
    void (*turn)(struct contender *);
    double units;
    double ns[MOST_ROUNDS];
} contender;

/* Measures all, the first being what the others are compared with, and prints them. */
static void table(const char *title, contender *all, size_t count, size_t rounds)
{
    double ratios[MOST_ROUNDS];
    for (size_t i = 0; i < count; i++) {
        all[i].turn(&all[i]); /* warm */
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            double start = now_ns();
            all[i].turn(&all[i]);
            all[i].ns[round] = (now_ns() - start) / all[i].units;
        }
    }
    printf("\n| %s | ns | ratio |\n|---|---:|---:|\n", title);
    for (size_t i = count; i-- > 0;) { /* the first last: sorting spoils the rounds' order */
        for (size_t round = 0; round < rounds; round++) {
            ratios[round] = all[i].ns[round] / all[0].ns[round];
        }
        all[i].units = median(ratios, rounds);
    }
    for (size_t i = 0; i < count; i++) {
        printf("| %s | %.1f | %.2f |\n", all[i].name, median(all[i].ns, rounds), all[i].units);
    }
}

/* ---- malloc and free by the plugin ---------------------------------------- */

static void pairs(contender *c)
{
    side_call_i32(c->s, &c->func, PAIRS);
}

static void churn(contender *c)
{
    side_call_i32(c->s, &c->func, STEPS);
}

/* The same on every machine. */
static uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* Trace D of benches/heap: mostly some 60 bytes, one in 200 between 1 and 32 KiB. */
static uint32_t next_size(uint64_t *state)
{
    double fraction = next_random(state) / 4294967296.0;
    if (next_random(state) % 200 == 0) {
        return (uint32_t)(1024.0 * pow(32.0, fraction));
    }
    return 1 + (uint32_t)(-60.0 * log(1.0 - fraction));
}

/* Writes steps where the plugin reads them: free what is in a slot, allocate another. */
static void write_steps(side *s, uint32_t count, bool fill)
{
    wasmtime_func_t steps = side_func(s, "steps"), capacity = side_func(s, "capacity");
    uint32_t at = side_call_i32(s, &steps, 0);
    uint64_t random = 0x686f737468656170u;
    if (side_call_i32(s, &capacity, 0) < count) {
        die("churn", "the plugin has no room for that many steps");
    }
    uint8_t *to = wasmtime_memory_data(s->context, &s->memory) + at;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t step[2];
        step[0] = fill ? i : next_random(&random) % SLOTS;
        step[1] = next_size(&random);
        memcpy(to + (size_t)i * sizeof step, step, sizeof step);
    }
}

static const char *const BOUND_AS[BINDINGS] = {
    "wasi-libc's dlmalloc in the plugin",
    "two host calls that do nothing",
    "hostheap, unchecked, a function each",
    "hostheap, unchecked, `hh_heap_invoke`",
    "hostheap, `wasmtime_linker_define_func`",
    "hostheap, `wasmtime_func_new`",
};

static void by_the_plugin(wasm_engine_t *engine, const char *imports, const char *own,
                          size_t rounds)
{
    static side sides[BINDINGS];
    static contender all[BINDINGS];
    for (int how = 0; how < BINDINGS; how++) {
        side_open(&sides[how], engine, (binding)how, how == IN_GUEST ? own : imports);
        all[how].name = BOUND_AS[how];
        all[how].s = &sides[how];
        all[how].func = side_func(&sides[how], "pair");
        all[how].turn = pairs;
        all[how].units = PAIRS;
    }
    table("a pair: `free(malloc(48))`", all, BINDINGS, rounds);

    for (int how = 0; how < BINDINGS; how++) {
        wasmtime_func_t func = side_func(&sides[how], "churn");
        write_steps(&sides[how], SLOTS, true);
        side_call_i32(&sides[how], &func, SLOTS);
        write_steps(&sides[how], STEPS, false);
        all[how].func = func;
        all[how].turn = churn;
        all[how].units = STEPS;
    }
    table("a step of churn: `free`, `malloc`, 500 blocks live", all, BINDINGS, rounds);

    for (int how = 0; how < BINDINGS; how++) {
        if (how != IN_GUEST && how != NOTHING) {
            size_t live = 0;
            check_heap("blocks", hh_heap_blocks(sides[how].heap, NULL, 0, &live));
            if (live != SLOTS) {
                die("churn", "the number of live blocks is wrong");
            }
        }
        side_close(&sides[how]);
    }
}

/* ---- An argument of 64 bytes ---------------------------------------------- */

static const uint8_t TEXT[ARGUMENT] = { 7 };

static void place_and_call(contender *c, uint32_t offset)
{
    wasmtime_val_raw_t values[2];
    memcpy(wasmtime_memory_data(c->s->context, &c->s->memory) + offset, TEXT, ARGUMENT);
    values[0].i32 = (int32_t)offset;
    values[1].i32 = ARGUMENT;
    side_call(c->s, &c->func, values, 2);
    if (values[0].i32 != TEXT[0]) {
        die("pass", "the plugin saw other bytes");
    }
}

static void pass_by_guest(contender *c)
{
    for (int i = 0; i < PASSES; i++) {
        uint32_t offset = side_call_i32(c->s, &c->guest_malloc, ARGUMENT);
        place_and_call(c, offset);
        side_call_i32(c->s, &c->guest_free, offset);
    }
}

static void pass_by_lending(contender *c)
{
    for (int i = 0; i < PASSES; i++) {
        uint32_t offset;
        check_heap("lend", hh_heap_lend(c->s->heap, ARGUMENT, &offset));
        place_and_call(c, offset);
        check_heap("take back", hh_heap_take_back(c->s->heap, offset));
    }
}

static void pass_by_malloc(contender *c)
{
    for (int i = 0; i < PASSES; i++) {
        uint32_t offset;
        check_heap("malloc", hh_heap_malloc(c->s->heap, ARGUMENT, &offset));
        place_and_call(c, offset);
        check_heap("free", hh_heap_free(c->s->heap, offset));
    }
}

static void call_nothing(contender *c)
{
    for (int i = 0; i < PASSES; i++) {
        side_call_i32(c->s, &c->func, 0);
    }
}

static void by_the_host(wasm_engine_t *engine, const char *imports, const char *own, size_t rounds)
{
    static side guest, ours;
    static contender all[4];
    static const struct {
        const char *name, *func;
        void (*turn)(contender *);
    } rows[4] = {
        { "the plugin's own `malloc` and `free`, called", "pass", pass_by_guest },
        { "`hh_heap_lend`, `hh_heap_take_back`", "pass", pass_by_lending },
        { "`hh_heap_malloc`, `hh_heap_free`", "pass", pass_by_malloc },
        { "a call without an argument, which does nothing", "nothing", call_nothing },
    };
    side_open(&guest, engine, IN_GUEST, own);
    side_open(&ours, engine, INVOKE, imports);
    for (int i = 0; i < 4; i++) {
        side *s = i == 0 ? &guest : &ours;
        all[i].name = rows[i].name;
        all[i].s = s;
        all[i].func = side_func(s, rows[i].func);
        all[i].turn = rows[i].turn;
        all[i].units = PASSES;
    }
    all[0].guest_malloc = side_func(&guest, "malloc");
    all[0].guest_free = side_func(&guest, "free");
    table("a call with an argument of 64 bytes: a place for it, copy, call, free", all, 4, rounds);
    side_close(&guest);
    side_close(&ours);
}

int main(int argc, char **argv)
{
    bool quick = argc == 3 && strcmp(argv[1], "--quick") == 0;
    if (argc != 2 && !quick) {
        fprintf(stderr, "usage: %s [--quick] DIRECTORY\n", argv[0]);
        return 2;
    }
    static const char *const names[4] = { "imports", "wasi-libc", "hostheap", "by_hand" };
    char paths[4][4096];
    for (int i = 0; i < 4; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s.wasm", argv[argc - 1], names[i]);
    }
    size_t rounds = quick ? 3 : MOST_ROUNDS;
    wasm_engine_t *engine = wasm_engine_new();
    by_the_plugin(engine, paths[0], paths[1], rounds);
    by_the_host(engine, paths[2], paths[3], rounds);
    wasm_engine_delete(engine);
    return 0;
}
