/* What the programs have in common: a text that grows, and how it goes to the host. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))

typedef struct {
    char *bytes;
    size_t length, room;
} text;

static void say(text *to, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        __builtin_trap();
    if (to->length + (size_t)length > to->room) {
        to->room = 2 * to->room + (size_t)length;
        to->bytes = (char *)realloc(to->bytes, to->room);
        if (to->bytes == NULL)
            __builtin_trap();
    }
    memcpy(to->bytes + to->length, line, (size_t)length);
    to->length += (size_t)length;
}

/* A `String` for the host: the pointer in the high half, the length in the low half. The host frees
 * it. */
static int64_t give(text *it)
{
    return (int64_t)((uint64_t)(uintptr_t)it->bytes << 32 | it->length);
}

#endif
