/* docs/convention/callbacks.md */
/* [closures] */
#include "hostheap.h"

typedef int32_t (*compare)(int32_t a, int32_t b);
typedef void (*on_line)(const char *line, size_t len);

HH_EXPORT("sort") void sort(int32_t *numbers, size_t count, compare before)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && before(numbers[j], numbers[j - 1]) < 0; j--) {
            int32_t swapped = numbers[j];
            numbers[j] = numbers[j - 1];
            numbers[j - 1] = swapped;
        }
    }
}

HH_EXPORT("each_line") void each_line(const char *text, size_t len, on_line f)
{
    size_t start = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i == len || text[i] == '\n') {
            f(text + start, i - start);
            start = i + 1;
        }
    }
}

/* A callback that is kept: the host says when it goes. */
static void (*handler)(int32_t event);

HH_EXPORT("on_event") void on_event(void (*f)(int32_t event))
{
    handler = f;
}

HH_EXPORT("fire") void fire(int32_t event)
{
    if (handler != NULL) {
        handler(event);
    }
}
/* [/closures] */

/* [pointers] */
typedef int32_t (*step)(int32_t x);

HH_IMPORT("host", "apply_twice") int32_t host_apply_twice(step f, int32_t x);

static int32_t triple(int32_t x)
{
    return 3 * x;
}

/* A function pointer for the host, as an argument ... */
HH_EXPORT("nine_times") int32_t nine_times(int32_t x)
{
    return host_apply_twice(triple, x);
}

/* ... and as a result. */
HH_EXPORT("get_step") step get_step(void)
{
    return triple;
}
/* [/pointers] */
