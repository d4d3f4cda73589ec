/*
 * The greeting as two results, pointer and length. The source is that of
 * greet_struct; what differs is the ABI it is compiled for:
 * -mmultivalue -Xclang -target-abi -Xclang experimental-mv
 */
#include "greeting.h"

HH_EXPORT("greet_pair") hh_bytes greet_pair(const char *name, size_t len)
{
    return greeting(name, len);
}
