/* Legacy with names of its own for its allocator, which a host must be told. */
#define EXPORT_MALLOC "plugin_alloc"
#define EXPORT_FREE "plugin_dealloc"

#include "legacy.c"
