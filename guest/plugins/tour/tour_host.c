/* docs/convention/host-functions.md */
/* [plugin] */
#include <stdbool.h>
#include "hostheap.h"

struct stats {
    double min, max;
};

HH_IMPORT("host", "log") void host_log(const char *text, size_t len);
HH_IMPORT("host", "setting") hh_bytes host_setting(const char *name, size_t len);
HH_IMPORT("host", "stats") struct stats host_stats(const double *numbers, size_t count);
HH_IMPORT("host", "fill") void host_fill(uint8_t *buffer, size_t len, uint8_t byte);
HH_IMPORT("host", "publish") void host_publish(char *text, size_t len); /* takes the block */
HH_IMPORT("host", "open") int32_t host_open(hh_bytes *out, const char *path, size_t len);

HH_EXPORT("run") double run(void)
{
    static const char name[] = "unit", path[] = "/missing";

    hh_bytes unit = host_setting(name, 4); /* a block: the plugin's, to be freed */
    if (unit.ptr != NULL) {                /* None is NULL */
        host_log(unit.ptr, unit.len);      /* lent for the call */
        free(unit.ptr);
    }

    uint8_t buffer[4];
    host_fill(buffer, sizeof buffer, '*'); /* the host writes to the plugin's stack */
    host_log((const char *)buffer, sizeof buffer);

    hh_bytes news = hh_copy("news", 4);
    host_publish(news.ptr, news.len); /* the host's now: not to be freed here */

    hh_bytes out;
    if (host_open(&out, path, 8) != HH_OK) {
        host_log(out.ptr, out.len); /* the message */
    }
    free(out.ptr); /* message or value, a block either way */

    const double numbers[] = { 3, -1, 2 };
    struct stats s = host_stats(numbers, 3);
    return s.max - s.min;
}
/* [/plugin] */

/* For the errors on the page. */
HH_EXPORT("log_wild") void log_wild(void)
{
    host_log((const char *)0xfffffff0, 8);
}
