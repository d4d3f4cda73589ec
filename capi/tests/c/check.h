// What the tests in C have in common: checks that say where they failed.
#ifndef CHECK_H
#define CHECK_H

#include <hostheap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s is false; the last error was: %s\n", __FILE__, __LINE__, \
                    #condition, hh_error_message()); \
            exit(1); \
        } \
    } while (0)

// Compares the status, and says which one it was.
#define STATUS(expected, call) \
    do { \
        hh_status status_ = (call); \
        if (status_ != (expected)) { \
            fprintf(stderr, "%s:%d: %s is %d instead of %s; the last error was: %s\n", __FILE__, \
                    __LINE__, #call, (int)status_, #expected, hh_error_message()); \
            exit(1); \
        } \
    } while (0)

#define OK(call) STATUS(HH_OK, call)

// The last error has this in its message, so that it says what to do.
#define SAYS(text) CHECK(strstr(hh_error_message(), text) != NULL)

#endif
