/*
 * family.c: the older name of what hostheap.c does in builds with a libc. Compile
 * one of the two, not both.
 */
#include "hostheap.c"
