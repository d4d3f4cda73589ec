// What most plugins are: constants, data, .bss, a stack frame, function pointers, strings.
//
//   BSS=n      bytes of .bss besides (default 4000)
//   NO_DATA    no initialised data: .bss is all there is
//   FAMILY     the malloc family's members are imported from the host and called
#include "corpus.h"

#ifndef BSS
#define BSS 4000
#endif

static char buffer[BSS];

#ifndef NO_DATA
static int calls[4] = {1, 2, 3, 4};
static const char *const names[] = {"malloc", "realloc", "a longer string constant"};

static int twice(int a) { return a * 2; }
static int negated(int a) { return -a; }
static int (*operations[])(int) = {twice, negated};
#endif

EXPORT(run) int run(int n) {
    volatile int frame[24];
    frame[n & 15] = n;
    buffer[(unsigned)n % BSS] += 1;
#ifndef NO_DATA
    calls[n & 3] += 1;
    frame[n & 7] += operations[n & 1](names[(unsigned)n % 3][n & 3]) + calls[0];
#endif
    return frame[n & 15] + buffer[(unsigned)n % BSS];
}

#ifdef FAMILY
EXPORT(take) void *take(unsigned size) { return malloc(size); }
EXPORT(give) void give(void *block) { free(block); }
EXPORT(resize) void *resize(void *block, unsigned size) { return realloc(block, size); }
EXPORT(zeroed) void *zeroed(unsigned size) { return calloc(size, 1); }
#endif
