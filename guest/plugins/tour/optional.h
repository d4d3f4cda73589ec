/* docs/convention/optional.md */
/* [plugin] */
#include <stdbool.h>
#include "hostheap.h"

HH_EXPORT("title") hh_packed title(const char *name, size_t len)
{
    static const char nobody[] = "nobody";
    return name == NULL ? HH_PACK(nobody, 6) : HH_PACK(name, len);
}

/* The square, and the cube if there is a place for it. */
HH_EXPORT("powers") int32_t powers(int32_t x, int32_t *cube)
{
    if (cube != NULL) {
        *cube = x * x * x;
    }
    return x * x;
}

HH_EXPORT("nickname") hh_packed nickname(uint32_t id)
{
    switch (id) {
    case 0:
        return 0; /* None */
    case 1:
        return HH_PACK("", 0); /* Some(""): any pointer but NULL */
    default:
        return HH_PACK("Ada", 3);
    }
}

struct size {
    uint32_t width, height;
};

HH_EXPORT("icon_size") const struct size *icon_size(bool small)
{
    static const struct size it = { 16, 16 };
    return small ? &it : NULL;
}
/* [/plugin] */
