// hostheap.h: WebAssembly plugins without an allocator, and the heap that serves them.
//
// Made from the source of libhostheap; see CONTRIBUTING.md for how. MIT OR Apache-2.0.
//
// What is here
// ------------
// A plugin imports malloc and its family from module "env", and the host implements them natively,
// with all bookkeeping in the host's own memory. There are two ways to have that in C:
//
// - The plugin API loads plugins on a runtime that the library brings along, and calls them with
//   strings, arrays and structs: hh_engine_new, hh_module_load, hh_linker_new, hh_instance_func,
//   hh_call.
// - The bare heap is for hosts that embed a runtime by themselves: hh_layout_from_module says where
//   the heap may start, hh_heap_new makes one, and hh_heap_invoke serves all imports of the family.
//   It needs no runtime. A library that was built without any has only this; with HOSTHEAP_BARE
//   defined before this header is included, the header has only this too.
//
// Errors
// ------
// A function that can fail answers an hh_status, of which HH_OK is 0. hh_error_message says what went
// wrong in the last call of this thread that failed, and what to do about it.
//
// Results come through pointers, the last parameters. They are written on success; on failure a
// handle is set to NULL, a string to none, and a number to 0, so that nothing stands there that could
// be taken for a result; only structs may stay as they were. A place for a result need not be
// initialised.
//
// No pointer is NULL unless its function says that it may be; a NULL that is not allowed is
// HH_ERR_NULL. The library does not abort, exit or print, and it calls your functions only as said.
//
// Ownership
// ---------
// - What is passed to the library is read during the call and not kept, unless its function says so.
// - A handle (hh_engine *, hh_heap *, …) that a function gives is the caller's, who frees it by the
//   function of its type: hh_heap_delete and so on. NULL is fine there. A second time is HH_ERR_HANDLE
//   and harms nothing, as long as no new handle lies at the same address; any other use of a handle
//   that was freed is undefined.
// - A string (hh_string) that a function gives is the caller's too: hh_string_free.
// - Texts (const char *) that a function gives belong to what they were asked of, and live as long as
//   that, unless said otherwise.
// - Texts are UTF-8 and end with a NUL byte.
//
// Threads
// -------
// - Different handles may be used by different threads at once.
// - Engines, modules, contracts, reports and linked modules may be shared between threads, and so may
//   linkers once no functions are added any more.
// - An instance, with its functions, blocks and callbacks, belongs to the thread that made it: use by
//   another one is HH_ERR_THREAD. Free it before that thread ends: nobody else ever can.
// - A handle is freed by one thread, when no other one uses it. If two try at once, one of them frees it
//   and the other one has HH_ERR_HANDLE.
// - A heap is used by one thread at a time; which one may change, as with any lock of yours.
// - Errors are kept for each thread.
//
// What you promise
// ----------------
// - Pointers point to what their type says, in the number that is said beside them, for as long as it is
//   said, and nobody changes it meanwhile. What hh_array_mut and hh_inout point to nobody even reads
//   until the call has returned; your own functions that the plugin calls are somebody too.
// - Options structs are made by their …_default function, which sets struct_size to the size that this
//   header knows. The library writes and reads no more than that, so that a program that was compiled
//   with an older header goes on working.
// - longjmp, exceptions of C++ and other ways of unwinding never cross the library: a function of yours
//   that it calls returns, or does not return at all. An exception that tries ends the process.
// - No function of yours that the library calls uses what is in use at that moment; where that shows it
//   is HH_ERR_BUSY.
//
// Offsets, sizes, pages
// ---------------------
// An offset is a uint32_t: bytes from the start of linear memory, what a plugin calls a pointer. 0 is its
// NULL. Sizes are bytes. A page is HH_PAGE bytes. Data in linear memory is little-endian.

#ifndef HOSTHEAP_H
#define HOSTHEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The version of this header. The library's is hh_version().
#define HH_VERSION_MAJOR 0
#define HH_VERSION_MINOR 1
#define HH_VERSION_PATCH 0
#define HH_VERSION "0.1.0"

// Bytes of a page of linear memory.
#define HH_PAGE 65536u

// The module from which plugins import malloc and its family.
#define HH_FAMILY_MODULE "env"

#ifdef __cplusplus
extern "C" {
#endif
