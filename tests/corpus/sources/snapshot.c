// A constructor that fills memory above __heap_base, as an allocator would. After wasm-ctor-eval (or
// Wizer) that memory is a data segment: live bytes above the linker's heap base.
#include "corpus.h"

void __wasm_call_ctors(void);
extern unsigned char __heap_base;
static unsigned char *block;
static const char text[] = "built before the module was shipped";

__attribute__((constructor)) static void make(void) {
    block = &__heap_base + 256;
    for (unsigned i = 0; i < sizeof text; i++)
        block[i] = (unsigned char)text[i];
}

EXPORT(_initialize) void initialize(void) { __wasm_call_ctors(); }
EXPORT(built) const unsigned char *get(void) { return block; }
