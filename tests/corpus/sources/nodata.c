// No data at all: a function of its arguments. With STACK it has a frame, so there is a stack
// pointer; with BSS (bytes) a buffer that no data segment shows.
#include "corpus.h"

#ifdef BSS
static volatile char buffer[BSS];
#endif

EXPORT(mix) int mix(int a, int b) {
    unsigned mixed = (unsigned)a * 2654435761u ^ (unsigned)b;
#ifdef STACK
    volatile unsigned frame[16];
    frame[mixed & 15] = mixed;
    mixed += frame[a & 15];
#endif
#ifdef BSS
    buffer[mixed % BSS] += 1;
    mixed += (unsigned)buffer[0];
#endif
    return (int)mixed;
}
