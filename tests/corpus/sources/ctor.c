// A constructor that allocates, called by a reactor's _initialize, before any other export.
#include "corpus.h"

void __wasm_call_ctors(void);

static char *greeting;
static const char text[] = "made before the first call";

__attribute__((constructor)) static void make(void) {
    greeting = malloc(sizeof text);
    for (unsigned i = 0; greeting && i < sizeof text; i++)
        greeting[i] = text[i];
}

EXPORT(_initialize) void initialize(void) { __wasm_call_ctors(); }
EXPORT(greeting) const char *get(void) { return greeting; }
