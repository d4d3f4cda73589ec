// The least that uses the library, as a program of somebody else's: for tests of how it is installed.
#include <hostheap.h>

#include <stdio.h>
#include <string.h>

int main(void) {
    hh_heap *heap = NULL;
    hh_need need;
    uint32_t offset = 0;
    if (strcmp(hh_version(), HH_VERSION) != 0 || hh_heap_new(1024, NULL, NULL, &heap) != HH_OK ||
        hh_heap_extend(heap, 1024, HH_PAGE) != HH_OK ||
        hh_heap_try_malloc(heap, 100, &offset, &need) != HH_OK) {
        fprintf(stderr, "%s\n", hh_error_message());
        return 1;
    }
    printf("hostheap %s: a block at %u\n", hh_version(), (unsigned)offset);
    return hh_heap_delete(heap) == HH_OK ? 0 : 1;
}
