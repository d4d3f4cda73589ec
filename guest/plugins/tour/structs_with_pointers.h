/* docs/convention/structs-with-pointers.md */
/* [plugin] */
#include "hostheap.h"

struct header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

struct request {
    uint32_t id;
    const char *path; /* not terminated */
    size_t path_len;
    const struct header *headers;
    size_t header_count;
    const char *agent; /* terminated, or NULL */
};

/* The value of a header, if the request has it. */
HH_EXPORT("header") hh_packed header(const struct request *r, const char *name, size_t len)
{
    for (size_t i = 0; i < r->header_count; i++) {
        const struct header *h = &r->headers[i];
        if (h->name_len == len && memcmp(h->name, name, len) == 0) {
            return HH_PACK(h->value, h->value_len);
        }
    }
    return 0; /* NULL: None */
}

HH_EXPORT("request_size") uint32_t request_size(const struct request *r)
{
    return r->path_len + (r->agent != NULL ? strlen(r->agent) : 0);
}
/* [/plugin] */
