/*
 * The structs of guest/plugins/convention/shapes.h, as a host has them.
 */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdbool.h>
#include <stdint.h>

struct point {
    double x, y;
};

struct item {
    uint32_t id;
    float weight;
    int16_t level;
    bool fresh;
    uint8_t grade;
};

#endif
