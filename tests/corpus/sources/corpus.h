// Shared by the sources in C and C++. The members of the malloc family are imports.
#pragma once

#define EXPORT(name) __attribute__((export_name(#name)))
#define HOST(name) __attribute__((import_module("env"), import_name(#name)))

#ifdef __cplusplus
extern "C" {
#endif

#ifndef HAS_LIBC
typedef __SIZE_TYPE__ size_t;
HOST(malloc) void *malloc(size_t size);
HOST(calloc) void *calloc(size_t count, size_t size);
HOST(realloc) void *realloc(void *block, size_t size);
HOST(free) void free(void *block);
#endif

#ifdef __cplusplus
}
#endif
