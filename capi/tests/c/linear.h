// A linear memory for tests that have no runtime.
#ifndef LINEAR_H
#define LINEAR_H

#include "check.h"

// A linear memory as a runtime has one: it moves whenever it grows.
typedef struct linear {
    uint8_t *bytes;
    uint64_t size;
    uint64_t max;
    unsigned grown; // how often
} linear;

static uint8_t *linear_data(void *env, uint64_t *size) {
    linear *memory = (linear *)env;
    *size = memory->size;
    return memory->bytes;
}

static bool linear_grow(void *env, uint64_t pages) {
    linear *memory = (linear *)env;
    uint64_t size = memory->size + pages * HH_PAGE;
    uint8_t *bytes;
    if (size > memory->max) {
        return false;
    }
    bytes = (uint8_t *)malloc((size_t)size);
    if (bytes == NULL) {
        return false;
    }
    if (memory->size > 0) {
        memcpy(bytes, memory->bytes, (size_t)memory->size);
    }
    memset(bytes + memory->size, 0, (size_t)(size - memory->size));
    free(memory->bytes);
    memory->bytes = bytes;
    memory->size = size;
    memory->grown++;
    return true;
}

// One of some pages, which may have so many at most.
static linear linear_of(uint64_t pages, uint64_t max_pages) {
    linear memory = {NULL, 0, 0, 0};
    memory.max = max_pages * HH_PAGE;
    CHECK(linear_grow(&memory, pages));
    memory.grown = 0;
    return memory;
}

#endif
