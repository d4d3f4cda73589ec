/*
 * The structs that the plugins of this directory share with their hosts. In
 * Rust, each #[repr(C)]:
 *
 *     struct Point { x: f64, y: f64 }
 *     struct Item { id: u32, weight: f32, level: i16, fresh: bool, grade: u8 }
 *     struct Padded { tag: u8, pad: [u8; 7], value: f64 }
 */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdbool.h>

#include "hostheap.h"

/* 16 bytes. */
struct point {
    double x, y;
};

/* 12 bytes, without a gap; `fresh` has invalid values. */
struct item {
    uint32_t id;
    float weight;
    int16_t level;
    bool fresh;
    uint8_t grade;
};

/* 16 bytes, 7 of them a gap. */
struct padded {
    uint8_t tag;
    double value;
};

static inline struct point point_of(double x, double y)
{
    struct point p = { x, y };
    return p;
}

static inline struct point *new_point(double x, double y)
{
    struct point *p = hh_must(malloc(sizeof *p));
    *p = point_of(x, y);
    return p;
}

#endif
