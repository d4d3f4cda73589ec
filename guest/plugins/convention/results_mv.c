/*
 * Results of several values, by the multi-value ABI:
 * -mmultivalue -Xclang -target-abi -Xclang experimental-mv
 */
#include "tuples.h"

/* (&str) -> String: (pointer, length). */
HH_EXPORT("echo") hh_bytes echo(const char *text, size_t len)
{
    return hh_copy(text, len);
}

/* () -> String: static data. */
HH_EXPORT("static_text") hh_bytes static_text(void)
{
    return hh_static("static");
}

/* (bool) -> Option<String> */
HH_EXPORT("maybe_text") hh_bytes maybe_text(bool yes)
{
    return yes ? hh_copy("yes", 3) : hh_none();
}

/* (i32) -> Vec<i32>: 1 to n. */
HH_EXPORT("numbers") hh_bytes numbers(int32_t n)
{
    int32_t *block = hh_must(calloc((size_t)n + 1, sizeof *block));
    for (int32_t i = 0; i < n; i++) {
        block[i] = i + 1;
    }
    return hh_bytes_of(block, (size_t)n);
}

/* () -> String: beyond the memory. */
HH_EXPORT("wild_text") hh_bytes wild_text(void)
{
    return hh_bytes_of((void *)(uintptr_t)0xfffffff0u, 32);
}
