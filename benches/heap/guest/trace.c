/*
 * The driver of the traces inside a plugin. The same object file is linked with
 * each allocator, or with none: then malloc and its family are imported.
 *
 * The host writes steps to the array `steps` and calls one of the functions
 * below with their number; nothing but that call is timed.
 */
#include "hostheap.h"

/* Steps that fit in the array; the host asks with capacity(). */
#define STEPS 32768
/* The most slots that a trace has. */
#define SLOTS 50000
/* The size of the pair. */
#define PAIR_SIZE 48

/* Free what is in the slot, then allocate; a size of 0 only frees. */
struct step {
    uint32_t slot;
    uint32_t size;
};

enum kind { CHURN, CALLOC, REALLOC };

static struct step steps[STEPS];
static void *slots[SLOTS];
/* The highest end of any block since the start; only note() looks. */
static uint32_t highest_end;

extern unsigned char __heap_base;
void __wasm_call_ctors(void);

/* Without it, wasm-ld would wrap each export in a call of all constructors. */
HH_EXPORT("_initialize") void initialize(void)
{
    __wasm_call_ctors();
}

HH_EXPORT("steps") uint32_t steps_address(void)
{
    return (uint32_t)(uintptr_t)steps;
}

HH_EXPORT("capacity") uint32_t capacity(void)
{
    return STEPS;
}

HH_EXPORT("heap_base") uint32_t heap_base(void)
{
    return (uint32_t)(uintptr_t)&__heap_base;
}

HH_EXPORT("highest_end") uint32_t get_highest_end(void)
{
    return highest_end;
}

/* Writes one byte in 64. */
static inline void touch(void *block, uint32_t size)
{
    unsigned char *bytes = block;
    for (uint32_t at = 0; at < size; at += 64) {
        bytes[at] = 1;
    }
}

/* The loop over the steps; inlined, so that what is constant costs nothing. */
__attribute__((always_inline))
static inline void run(uint32_t n, enum kind kind, int touched, int noted)
{
    for (uint32_t i = 0; i < n; i++) {
        void **slot = &slots[steps[i].slot];
        uint32_t size = steps[i].size;
        void *block = *slot;
        if (kind == REALLOC && size != 0) {
            block = block != NULL ? realloc(block, size) : malloc(size);
        } else {
            if (block != NULL) {
                free(block);
            }
            block = size == 0       ? NULL
                    : kind == CALLOC ? calloc(1, size)
                                     : malloc(size);
        }
        *slot = block;
        if (touched) {
            touch(block, size);
        }
        if (noted && size != 0) {
            uint32_t end = (uint32_t)(uintptr_t)block + size;
            if (block == NULL) {
                __builtin_trap();
            }
            highest_end = end > highest_end ? end : highest_end;
        }
    }
}

HH_EXPORT("churn") void churn(uint32_t n)
{
    run(n, CHURN, 0, 0);
}

HH_EXPORT("churn_touch") void churn_touch(uint32_t n)
{
    run(n, CHURN, 1, 0);
}

HH_EXPORT("calloc_free") void calloc_free(uint32_t n)
{
    run(n, CALLOC, 0, 0);
}

HH_EXPORT("calloc_free_touch") void calloc_free_touch(uint32_t n)
{
    run(n, CALLOC, 1, 0);
}

HH_EXPORT("resize") void resize(uint32_t n)
{
    run(n, REALLOC, 0, 0);
}

HH_EXPORT("resize_touch") void resize_touch(uint32_t n)
{
    run(n, REALLOC, 1, 0);
}

HH_EXPORT("pair") void pair(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        free(malloc(PAIR_SIZE));
    }
}

HH_EXPORT("pair_touch") void pair_touch(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        void *block = malloc(PAIR_SIZE);
        touch(block, PAIR_SIZE);
        free(block);
    }
}

/* Runs steps and keeps the highest end; traps if a block was refused. */
HH_EXPORT("note_churn") void note_churn(uint32_t n)
{
    run(n, CHURN, 0, 1);
}

HH_EXPORT("note_calloc_free") void note_calloc_free(uint32_t n)
{
    run(n, CALLOC, 0, 1);
}

HH_EXPORT("note_resize") void note_resize(uint32_t n)
{
    run(n, REALLOC, 0, 1);
}
