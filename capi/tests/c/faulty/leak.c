/* Loses a string of the library's: for the test that leaks are found. */
#include <hostheap.h>
#include <stdlib.h>

int main(void)
{
    static const uint8_t wasm[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    hh_string text;
    if (hh_module_describe(wasm, sizeof wasm, &text) != HH_OK) {
        abort();
    }
    text.data = NULL;
    return 0;
}
