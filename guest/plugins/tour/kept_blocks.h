/* docs/convention/kept-blocks.md */
/* [plugin] */
#include "hostheap.h"

static const double *table;
static size_t table_len;

/* The host keeps the table until it says otherwise. */
HH_EXPORT("set_table") void set_table(const double *values, size_t len)
{
    table = values;
    table_len = len;
}

HH_EXPORT("look_up") double look_up(double x)
{
    size_t i = x <= 0 ? 0 : (size_t)x;
    if (i + 1 >= table_len) {
        return table_len > 0 ? table[table_len - 1] : 0;
    }
    double part = x - (double)i;
    return table[i] * (1 - part) + table[i + 1] * part;
}
/* [/plugin] */
