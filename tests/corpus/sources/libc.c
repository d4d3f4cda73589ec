// A plugin on a libc: whose malloc it gets, the link decides.
//
//   MAIN      a command instead of a reactor
//   IMPORTS   the host's malloc is called as well, under another C name: two heaps in one memory
//   STDIO     printf
#include <stdlib.h>
#include <string.h>
#ifdef STDIO
#include <stdio.h>
#endif
#define HAS_LIBC
#include "corpus.h"

#ifdef IMPORTS
HOST(malloc) void *host_malloc(size_t size);
HOST(free) void host_free(void *block);
EXPORT(take_host) void *take_host(size_t size) { return host_malloc(size); }
EXPORT(give_host) void give_host(void *block) { host_free(block); }
#endif

static char last[200];
static const char *const words[] = {"one", "two", "three"};

EXPORT(take) void *take(size_t size) { return malloc(size); }
EXPORT(give) void give(void *block) { free(block); }
EXPORT(resize) void *resize(void *block, size_t size) { return realloc(block, size); }

EXPORT(copy) char *copy(int n) {
    const char *word = words[(unsigned)n % 3];
    strcpy(last, word);
#ifdef STDIO
    printf("%s\n", last);
#endif
    char *block = malloc(strlen(word) + 1);
    return block ? strcpy(block, last) : 0;
}

#ifdef MAIN
int main(int argc, char **argv) { return copy(argc) == argv[0]; }
#endif
