#include "hostheap.h"

HH_EXPORT("sum") int32_t sum(int32_t x1, int32_t x2)
{
    return x1 + x2;
}
