/* Of Emscripten's <malloc.h>, what emmalloc.c needs. */
#pragma once
#include <stddef.h>

struct mallinfo {
    int arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks,
        fordblks, keepcost;
};
