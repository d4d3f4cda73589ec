/* docs/convention/errors.md */
/* [plugin] */
#include "hostheap.h"

enum { EMPTY = 1, NOT_A_DIGIT = 2 };

/* Result<(), GuestError>: only a code. */
HH_EXPORT("check") int32_t check(const char *text, size_t len)
{
    if (len == 0) {
        return EMPTY;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return NOT_A_DIGIT;
        }
    }
    return HH_OK;
}

/* Result<u64, GuestError>: the value behind the FIRST parameter. */
HH_EXPORT("parse") int32_t parse(uint64_t *out, const char *text, size_t len)
{
    int32_t code = check(text, len);
    if (code != HH_OK) {
        return code; /* *out may stay as it is */
    }
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        *out = *out * 10 + (uint64_t)(text[i] - '0');
    }
    return HH_OK;
}

/* Result<String, GuestError>: *out is the text, or the message. */
HH_EXPORT("double_digits") int32_t double_digits(hh_bytes *out, const char *text, size_t len)
{
    switch (check(text, len)) {
    case EMPTY:
        return hh_fail(out, EMPTY, "nothing to double");
    case NOT_A_DIGIT:
        return hh_fail(out, NOT_A_DIGIT, "digits only, please");
    }
    char *twice = hh_must(malloc(2 * len));
    for (size_t i = 0; i < len; i++) {
        twice[2 * i] = twice[2 * i + 1] = text[i];
    }
    *out = hh_bytes_of(twice, 2 * len);
    return HH_OK;
}
/* [/plugin] */

HH_EXPORT("divide_or_trap") int32_t divide_or_trap(int32_t a, int32_t b)
{
    return a / b;
}
