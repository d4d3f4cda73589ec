/* docs/convention/structs.md */
/* [plugin] */
#include <stdbool.h>
#include "hostheap.h"

struct point {
    double x, y;
};

struct item {
    uint32_t id;
    int16_t level;
    bool fresh;
    uint8_t grade;
};

HH_EXPORT("taxi") double taxi(const struct point *p)
{
    return (p->x < 0 ? -p->x : p->x) + (p->y < 0 ? -p->y : p->y);
}

/* By value: the same wasm type, so the same call in Rust. */
HH_EXPORT("mirrored") struct point mirrored(struct point p)
{
    struct point m = { p.y, p.x };
    return m;
}

HH_EXPORT("move_all") void move_all(struct point *points, size_t count, double dx)
{
    for (size_t i = 0; i < count; i++) {
        points[i].x += dx;
    }
}

HH_EXPORT("promote") void promote(struct item *it)
{
    it->level += 1;
    it->fresh = false;
}

/* A pointer to one in a new block: the host copies it and frees the block. */
HH_EXPORT("new_item") struct item *new_item(uint32_t id)
{
    struct item *it = hh_must(calloc(1, sizeof *it));
    it->id = id;
    it->fresh = true;
    return it;
}
/* [/plugin] */

HH_EXPORT("broken_item") struct item *broken_item(void)
{
    struct item *it = hh_must(malloc(sizeof *it));
    memset(it, 7, sizeof *it);
    return it;
}
