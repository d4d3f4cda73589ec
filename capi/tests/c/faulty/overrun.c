/* Reads past the end of a string of the library's: for the test that this is found. */
#include <hostheap.h>
#include <stdlib.h>

int main(void)
{
    static const uint8_t wasm[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    hh_string text;
    if (hh_module_describe(wasm, sizeof wasm, &text) != HH_OK) {
        abort();
    }
    volatile char beyond = text.data[text.len + 1]; /* the NUL is at text.len */
    int odd = beyond & 1;
    hh_string_free(&text);
    return odd ? 1 : 2;
}
