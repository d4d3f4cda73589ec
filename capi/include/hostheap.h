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

// --------------------------------------------------------------------------------------------------
// Handles: what the library makes, and only it looks into
// --------------------------------------------------------------------------------------------------

// A heap for one linear memory. All its bookkeeping is in the host's own memory, so that nothing a
// plugin writes can mislead it. One thread at a time may use it. Made by `hh_heap_new`.
typedef struct hh_heap hh_heap;

// A heap's state at one moment. It never changes, so threads may share it. Made by
// `hh_heap_take_snapshot`.
typedef struct hh_heap_snapshot hh_heap_snapshot;

// What a host lets plugins import, and what it asks of them. Threads may share it. Made by
// `hh_contract_new` or `hh_contract_from_toml`.
//
// Prototypes are text, such as "(str, u32) -> string".
typedef struct hh_contract hh_contract;

// All that a contract has to say about a module. It never changes, so threads may share it. Made by
// `hh_contract_check`.
typedef struct hh_report hh_report;

// A runtime with its settings: loads modules. Threads may share it. What was made with it does not
// need the handle any more: free it when you like.
typedef struct hh_engine hh_engine;

// A plugin, examined and compiled. It never changes, so threads may share it.
typedef struct hh_module hh_module;

// A function of an instance, found and checked once for many calls.
typedef struct hh_func hh_func;

// A call of a host function, from when the plugin made it until the function returns. Never keep it
// for longer. It belongs to the thread that runs the function.
typedef struct hh_invocation hh_invocation;

// A module with all its imports resolved, which makes any number of instances. Threads may share it.
typedef struct hh_linked hh_linked;

// The host functions that plugins may import. The malloc family (module "env") is always among them.
// Threads may share it.
typedef struct hh_linker hh_linker;

// A running plugin, with its memory and its heap. The handle works between calls and inside host
// functions that the plugin calls.
//
// It belongs to the thread that made it, with all functions, blocks and callbacks of it: everywhere
// else they are HH_ERR_THREAD. Freeing it frees everything that the plugin ever held; functions,
// blocks and callbacks of it must be freed all the same, and are HH_ERR_HANDLE until then.
typedef struct hh_instance hh_instance;

// A block of a plugin's memory that the host keeps until it frees it. As an argument (hh_kept) it is a
// pointer, which the plugin may store and use until then, and cannot free.
typedef struct hh_block hh_block;

// A function of the host's that the plugin can call through a function pointer, until it is freed. As
// an argument (hh_closure) it is that pointer, which the plugin may store.
//
// A call through the pointer after the callback was freed ends with HH_ERR_CONVENTION, as long as its
// place in the table is free. The place is used again by later callbacks of the same signature: then
// the stale pointer calls that one. Free a callback only when the plugin has dropped its pointer.
typedef struct hh_callback hh_callback;

// --------------------------------------------------------------------------------------------------
// Errors
// --------------------------------------------------------------------------------------------------

// How a call went. 0 is success; otherwise `hh_error_message` says in words what went wrong, and
// what to do about it.
enum hh_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It went well.
    HH_OK = 0,
    // A pointer that must not be NULL is NULL.
    HH_ERR_NULL = 1,
    // An argument has a value that is none: text that is not UTF-8, an index too high, a number
    // that means nothing, a value of another type than the function's.
    HH_ERR_ARGUMENT = 2,
    // A handle that is not live was to be destroyed: most likely it was destroyed before.
    HH_ERR_HANDLE = 3,
    // The instance or heap is in use: by a call in progress, or by an open view.
    HH_ERR_BUSY = 4,
    // An instance was used by another thread than the one that made it.
    HH_ERR_THREAD = 5,
    // A file could not be read.
    HH_ERR_IO = 6,
    // The bytes are no module, or one that cannot be a plugin.
    HH_ERR_MODULE = 7,
    // The module breaks the contract. `hh_error_message` has all that is wrong.
    HH_ERR_CONTRACT = 8,
    // An import or export is missing or has another type.
    HH_ERR_LINK = 9,
    // The plugin trapped. `hh_error_trap` says why. It refuses further calls.
    HH_ERR_TRAP = 10,
    // An access outside linear memory; nothing was read or written.
    HH_ERR_BOUNDS = 11,
    // Linear memory could not grow.
    HH_ERR_GROW = 12,
    // The function table does not hold what was asked of it.
    HH_ERR_TABLE = 13,
    // The heap could not satisfy the request: out of memory, or past a limit.
    HH_ERR_MEMORY = 14,
    // A pointer that is not the start of a live block was freed, reallocated or measured. Nothing
    // has changed.
    HH_ERR_POINTER = 15,
    // An argument or a result broke the calling convention.
    HH_ERR_CONVENTION = 16,
    // Things of different engines or instances were used together.
    HH_ERR_MISMATCH = 17,
    // The plugin trapped earlier, and is not called again: make a new instance.
    HH_ERR_POISONED = 18,
    // The runtime, or this build of the library, cannot do that.
    HH_ERR_UNSUPPORTED = 19,
    // A host function failed: `hh_error_message` is its own message.
    HH_ERR_HOST = 20,
    // The plugin's function returned an error of its own, as its prototype allows. `hh_error_code`
    // is its code. The plugin goes on.
    HH_ERR_GUEST = 21,
    // The runtime failed, in its own words.
    HH_ERR_RUNTIME = 22,
    // A mistake of this library: please report it. What it was done to should be destroyed.
    HH_ERR_PANIC = 23,
    // Not an error, but the answer of `hh_heap_try_malloc` and its like: grow the memory and ask
    // again.
    HH_NEED_MEMORY = 24,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hh_status hh_status;
#else
typedef int32_t hh_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Why a plugin trapped.
enum hh_trap
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It did not trap.
    HH_TRAP_NONE = 0,
    // For a reason that has no name here.
    HH_TRAP_OTHER = 1,
    // It executed `unreachable`: an abort, a failed assertion, a panic.
    HH_TRAP_UNREACHABLE = 2,
    // A load or store outside linear memory.
    HH_TRAP_MEMORY_OUT_OF_BOUNDS = 3,
    // A table access or an indirect call with an index outside the table.
    HH_TRAP_TABLE_OUT_OF_BOUNDS = 4,
    // A call through a function pointer that is NULL or was never set.
    HH_TRAP_INDIRECT_CALL_TO_NULL = 5,
    // A call through a pointer to a function of another type.
    HH_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 6,
    // Integer division or remainder by zero.
    HH_TRAP_INTEGER_DIVISION_BY_ZERO = 7,
    // An integer result that does not fit.
    HH_TRAP_INTEGER_OVERFLOW = 8,
    // A NaN converted to an integer.
    HH_TRAP_BAD_CONVERSION_TO_INTEGER = 9,
    // Its calls went too deep.
    HH_TRAP_STACK_OVERFLOW = 10,
    // Its fuel ran out.
    HH_TRAP_OUT_OF_FUEL = 11,
    // The host interrupted it.
    HH_TRAP_INTERRUPTED = 12,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hh_trap hh_trap;
#else
typedef uint32_t hh_trap;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What went wrong in the last call of this thread that failed, in words, with what to do about it;
// "" if none did. UTF-8. It is valid until the next call of this thread that fails: copy it to keep
// it, never free it. While a thread ends (in a handler of atexit, say) calls may fail, but their
// messages may not be kept: then it says only that.
const char *hh_error_message(void);

// The status of the last call of this thread that failed; HH_OK if none did, or if the thread is
// ending and it was not kept.
hh_status hh_error_status(void);

// The name of a status: "HH_ERR_TRAP" and so on, and "unknown status" for a number that is none. Static:
// never free it.
const char *hh_status_name(int32_t status);

// The plugin's own code of the last failure, if that was HH_ERR_GUEST; otherwise 0.
int32_t hh_error_code(void);

// Why the plugin trapped, if the last failure was HH_ERR_TRAP; otherwise HH_TRAP_NONE.
hh_trap hh_error_trap(void);

// What the runtime itself said of the trap, if the last failure was HH_ERR_TRAP: its own words and, on
// runtimes with the capability `trap_backtrace`, the functions of the plugin's that were on the stack.
// Otherwise "". UTF-8, on several lines; valid as long as `hh_error_message`.
const char *hh_error_detail(void);

// --------------------------------------------------------------------------------------------------
// The library
// --------------------------------------------------------------------------------------------------

// The version of the library that is linked, as in "0.1.0". Compare with `HH_VERSION`, which is the
// header's. Static: never free it.
const char *hh_version(void);

// --------------------------------------------------------------------------------------------------
// Strings
// --------------------------------------------------------------------------------------------------

// Bytes that the library hands to its caller, who frees them by `hh_string_free`. A NUL byte that is
// not counted follows them, so that text can be used as C's.
//
// Read the fields, and leave them as they are: they say what is to be freed. A copy of the struct is
// the same string: free one of them.
typedef struct hh_string {
    // The bytes; NULL if there is no string.
    char *data;
    // How many they are, without the NUL byte after them.
    size_t len;
} hh_string;

// Frees a string of the library's, and sets it to none: a second time does nothing. NULL is fine.
void hh_string_free(hh_string *string);

// --------------------------------------------------------------------------------------------------
// The bare heap: for hosts that embed a runtime by themselves
// --------------------------------------------------------------------------------------------------

// Limits of a heap, and what it does to make mistakes show. Made by `hh_heap_options_default`; all
// sizes are bytes.
typedef struct hh_heap_options {
    // The size of this struct, set by `hh_heap_options_default`.
    size_t struct_size;
    // How far the memory may reach, at most 4 GiB: the heap never asks for more. 4 GiB by default.
    uint64_t max_memory;
    // How much of the memory the heap takes when it first looks at it: what lies between its base and
    // there. `hh_layout.memory_bytes` is right for a plugin that may grow its memory before that;
    // what others grew is never the heap's. UINT64_MAX, the default, is all there is. A heap without
    // `hh_memory` is told by `hh_heap_extend` instead.
    uint64_t initial_memory;
    // The most bytes in live blocks. UINT64_MAX by default.
    uint64_t max_live_bytes;
    // The least bytes by which the memory grows: 65536 by default.
    uint64_t growth_least_bytes;
    // The most bytes by which it grows at once, unless one block needs more: 16 MiB by default.
    uint64_t growth_most_bytes;
    // Blocks are placed at random, in an order that follows from this seed, so that a plugin which
    // writes past a block does not always hit the same neighbour. 0, the default, is off.
    uint64_t placement_seed;
    // The most blocks at once, which bounds the bookkeeping too. UINT32_MAX by default.
    uint32_t max_blocks;
    // The most bytes of one block. UINT32_MAX by default.
    uint32_t max_block;
    // The memory grows by this part of what the heap has: 32, the default, is a thirty-second; 0 is
    // the least bytes each time.
    uint32_t growth_part;
    // How many freed blocks wait before their memory is used again. 0, the default, is none.
    uint32_t quarantine_blocks;
    // The most bytes that wait; 0, the default, sets no limit beside the number of blocks.
    uint32_t quarantine_bytes;
    // New blocks are filled with 0xa5, freed ones with 0x5a, so that their wrong use shows. Off by
    // default. Needs `hh_memory`: whoever does without fills blocks themselves.
    bool junk_fill;
    // Freed blocks are filled with zeros. Off by default. Needs `hh_memory` too.
    bool zero_on_free;
    // A free, realloc or malloc_usable_size of what is no live block does nothing but count, where
    // a plugin asks for it (`hh_heap_invoke`); otherwise it is HH_ERR_POINTER. Off by default.
    bool ignore_invalid_pointers;
} hh_heap_options;

// A linear memory, as whoever embeds a runtime gets at it. All functions are called with `env`, on
// the thread that uses the heap, and only while a function of the heap runs. They must not use the
// same heap: that is HH_ERR_BUSY.
typedef struct hh_memory {
    // Yours. It must live as long as the heap.
    void *env;
    // Where the memory starts, with its size in bytes in `*size`; NULL if there is no memory yet.
    // The library asks anew whenever it reads or writes, and keeps no pointer beyond the call. Like
    // `wasm_memory_data` with `wasm_memory_data_size`.
    uint8_t *(*data)(void *env, uint64_t *size);
    // Grows the memory by `pages` pages of 65536 bytes, and says whether it could. NULL for a memory
    // that cannot grow. Like `wasm_memory_grow`.
    bool (*grow)(void *env, uint64_t pages);
} hh_memory;

// Writes the options that apply where NULL is given to a struct of `size` bytes, and nothing behind
// them. Use `hh_heap_options_default` instead, which tells it the size that the struct has in this header.
void hh_heap_options_init(hh_heap_options *options, size_t size);

// Makes a heap. It starts at offset `base` of a linear memory, rounded up to a multiple of 16: the
// `heap_start` of `hh_layout_from_module`. With `options` NULL it has no limit but the memory's.
//
// With `memory`, the heap grows, zeroes and copies by itself, through the functions in it, of which
// `data` must not be NULL. The struct is copied; what its `env` points to must live as long as the
// heap. It looks at the memory when it first needs it: the heap may be made before the memory is
// there, and owns what lies between `base` and the memory's end at that moment (see
// `hh_heap_options.initial_memory`).
//
// With `memory` NULL it is told of memory by `hh_heap_extend`, is used by the `hh_heap_try_…`
// functions, and leaves growing, zeroing and copying to the caller. HH_ERR_ARGUMENT for `junk_fill` and
// `zero_on_free` then, which it could not do.
//
// `*heap` is the caller's, who frees it by `hh_heap_delete`; NULL on failure.
hh_status hh_heap_new(uint32_t base, const hh_heap_options *options, const hh_memory *memory,
    hh_heap **heap);

// Destroys a heap. The linear memory stays as it is. NULL is fine; a second time is HH_ERR_HANDLE,
// and HH_ERR_BUSY while one of its functions runs.
hh_status hh_heap_delete(hh_heap *heap);

// --------------------------------------------------------------------------------------------------
// The bare heap: malloc's family for plugins
// --------------------------------------------------------------------------------------------------

// `void *malloc(size_t size)`
#define HH_FAMILY_MALLOC 0

// `void free(void *p)`
#define HH_FAMILY_FREE 1

// `void *calloc(size_t count, size_t size)`
#define HH_FAMILY_CALLOC 2

// `void *realloc(void *p, size_t size)`
#define HH_FAMILY_REALLOC 3

// `void *reallocarray(void *p, size_t count, size_t size)`
#define HH_FAMILY_REALLOCARRAY 4

// `void *aligned_alloc(size_t align, size_t size)`
#define HH_FAMILY_ALIGNED_ALLOC 5

// `void *memalign(size_t align, size_t size)`
#define HH_FAMILY_MEMALIGN 6

// `int posix_memalign(void **out, size_t align, size_t size)`
#define HH_FAMILY_POSIX_MEMALIGN 7

// `size_t malloc_usable_size(void *p)`
#define HH_FAMILY_MALLOC_USABLE_SIZE 8

// The most parameters that a member has.
#define HH_FAMILY_MAX_PARAMS 3

// What `hh_family_find` answers for a name that is none of the family.
#define HH_FAMILY_NONE UINT32_MAX

// A function that plugins import from module "env", in place of their own allocator's.
typedef struct hh_family_member {
    // Its name in C and in the import. Static: never free it.
    const char *name;
    // How many parameters it has, each an i32 in wasm.
    uint32_t params;
    // Whether it has a result, an i32 in wasm; `free` has none.
    bool has_result;
} hh_family_member;

// How many members the family has. They are numbered from 0, as the HH_FAMILY_… constants are.
uint32_t hh_family_count(void);

// Describes a member, for a host that defines all of them in a loop. HH_ERR_ARGUMENT if there is none
// with this number.
hh_status hh_family_at(uint32_t index, hh_family_member *out);

// The number of the member with this name; HH_FAMILY_NONE if there is none.
uint32_t hh_family_find(const char *name);

// Does what a member of the family does when a plugin calls it, so that one host function binds them
// all: `arguments` are the call's, as many as `hh_family_member.params` says, and `*result` is what it
// returns. `result` may be NULL for `free`, which returns nothing; it is 0 then.
//
// C's rules hold towards the plugin: where there is no memory it gets NULL (or ENOMEM from
// posix_memalign), and the status is HH_OK. Any other status is a reason to trap: HH_ERR_POINTER for
// a free, realloc or malloc_usable_size of what is no live block, unless the heap ignores those;
// HH_ERR_BOUNDS for a posix_memalign to a place outside memory.
hh_status hh_heap_invoke(hh_heap *heap, uint32_t member, const uint32_t *arguments, size_t count,
    uint32_t *result);

// --------------------------------------------------------------------------------------------------
// The bare heap: malloc's family for the host
// --------------------------------------------------------------------------------------------------

// Allocates a block of at least `size` bytes at a multiple of 16, growing the memory as needed.
// Zero bytes are a block too. The bytes are what they were.
//
// `*out` is its offset in linear memory. On failure it is 0, which is NULL for a plugin:
// HH_ERR_MEMORY if there is no room within the limits, HH_ERR_BOUNDS if there is no memory yet.
hh_status hh_heap_malloc(hh_heap *heap, uint32_t size, uint32_t *out);

// The same for `count * size` bytes, all zero. A product beyond 32 bits is HH_ERR_MEMORY.
hh_status hh_heap_calloc(hh_heap *heap, uint32_t count, uint32_t size, uint32_t *out);

// Gives the block at `offset` another size, and moves it with its bytes if need be: `*out` is where
// it is then. Offset 0 is a new block; size 0 shrinks to the smallest block, which is still to be
// freed. On failure `*out` is 0 and the block is as it was; HH_ERR_POINTER if it is none.
hh_status hh_heap_realloc(hh_heap *heap, uint32_t offset, uint32_t size, uint32_t *out);

// The same for `count * size` bytes. A product beyond 32 bits is HH_ERR_MEMORY.
hh_status hh_heap_reallocarray(hh_heap *heap, uint32_t offset, uint32_t count, uint32_t size,
    uint32_t *out);

// Allocates a block of at least `size` bytes at a multiple of `align`, a power of two; another
// alignment is HH_ERR_MEMORY, as it is for C's aligned_alloc. The size need not be a multiple of it.
hh_status hh_heap_aligned_alloc(hh_heap *heap, uint32_t align, uint32_t size, uint32_t *out);

// Frees the block at `offset`. Offset 0 is fine and does nothing. What is not the start of a live
// block is HH_ERR_POINTER, with certainty, and nothing has changed: a block that was freed already,
// the inside of one, static data, memory of others.
//
// For a plugin that frees, `hh_heap_invoke` is right. Works with and without `hh_memory`.
hh_status hh_heap_free(hh_heap *heap, uint32_t offset);

// How many bytes of the block at `offset` may be used: at least as many as were asked for. 0 for
// offset 0. HH_ERR_POINTER if it is not the start of a live block.
hh_status hh_heap_usable_size(hh_heap *heap, uint32_t offset, uint32_t *out);

// Allocates a block as `hh_heap_malloc` does, which the plugin cannot free or reallocate until it is
// taken back: for the arguments of a call, which a plugin borrows. The latest that was lent is best
// taken back first.
hh_status hh_heap_lend(hh_heap *heap, uint32_t size, uint32_t *out);

// Takes a lent block back, and frees it. Nothing happens if no block is lent at this offset, as after
// a reset. Works with and without `hh_memory`.
hh_status hh_heap_take_back(hh_heap *heap, uint32_t offset);

// --------------------------------------------------------------------------------------------------
// The bare heap: what is in it, and going back
// --------------------------------------------------------------------------------------------------

// What a heap holds and did so far. Bytes of blocks are usable sizes.
typedef struct hh_heap_stats {
    // Bytes in live blocks.
    uint64_t live_bytes;
    // Blocks live now.
    uint64_t live_blocks;
    // The most bytes that were ever live at once.
    uint64_t peak_bytes;
    // The most blocks that were ever live at once.
    uint64_t peak_blocks;
    // Blocks handed out so far.
    uint64_t allocated;
    // Blocks taken back so far, those of a reset included.
    uint64_t freed;
    // Bytes asked for so far.
    uint64_t requested_bytes;
    // Usable bytes that were given for them: the difference is what rounding costs.
    uint64_t granted_bytes;
    // Requests refused so far.
    uint64_t failed;
    // Frees and reallocs of what was no live block.
    uint64_t invalid_frees;
    // Bytes of linear memory that the heap owns.
    uint64_t owned_bytes;
    // Bytes between its base and its top that others grew.
    uint64_t hole_bytes;
    // One past the last byte that was ever in use.
    uint64_t touched_top;
    // One past its last byte.
    uint64_t top;
    // Bytes of host memory that bookkeeping takes.
    uint64_t metadata_bytes;
    // 0, until a later version has a use for it.
    uint64_t reserved[5];
} hh_heap_stats;

// A live block.
typedef struct hh_heap_block {
    // Where it starts; 0 for no block.
    uint32_t offset;
    // Its usable size in bytes.
    uint32_t size;
} hh_heap_block;

// Reads a heap's counters.
hh_status hh_heap_statistics(hh_heap *heap, hh_heap_stats *out);

// Lists the live blocks by offset, such as what a plugin has leaked: the first `max` of them in
// `blocks`, and in `*count` how many there are, which may be more. With `max` 0 it only counts, and
// `blocks` may be NULL.
hh_status hh_heap_blocks(hh_heap *heap, hh_heap_block *blocks, size_t max, size_t *count);

// Finds the live block that the byte at `offset` lies in. `*out` is all 0 if it lies in none, which is
// no failure.
hh_status hh_heap_block_at(hh_heap *heap, uint32_t offset, hh_heap_block *out);

// Frees every block in one go. The memory stays with the heap, and so do the peaks. Lent blocks are
// lent no longer.
hh_status hh_heap_reset(hh_heap *heap);

// Where the heap starts: the base that it was given, rounded up to a multiple of 16. 0 for NULL, and
// while one of the heap's functions runs.
uint32_t hh_heap_base(hh_heap *heap);

// One past the last byte that the heap owns; its base while it owns nothing. 0 for NULL, and while
// one of the heap's functions runs.
uint64_t hh_heap_top(hh_heap *heap);

// Notes a heap's present state, to go back to it. Keep a copy of the linear memory beside it.
//
// `*snapshot` is the caller's, who frees it by `hh_heap_snapshot_delete`; NULL on failure. It does not
// need the heap to live.
hh_status hh_heap_take_snapshot(hh_heap *heap, hh_heap_snapshot **snapshot);

// Goes back to a snapshot of this heap; the caller brings back the bytes of linear memory. What the
// heap was given since stays with it, as linear memory cannot shrink.
//
// HH_ERR_MISMATCH for a snapshot of a heap with another base or other limits; HH_ERR_BUSY while blocks
// are lent, or if some were when it was taken. Nothing has changed then.
hh_status hh_heap_restore(hh_heap *heap, const hh_heap_snapshot *snapshot);

// Frees a snapshot. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_heap_snapshot_delete(hh_heap_snapshot *snapshot);

// --------------------------------------------------------------------------------------------------
// The bare heap in two steps: without callbacks
// --------------------------------------------------------------------------------------------------

// By how much to grow the memory. Both numbers are multiples of 65536.
typedef struct hh_need {
    // The least bytes that will do.
    uint64_t min_bytes;
    // Better this many, so that growth stays rare.
    uint64_t want_bytes;
} hh_need;

// What became of a block in `hh_heap_try_realloc`.
typedef struct hh_resized {
    // Where the block is now.
    uint32_t offset;
    // Where it was. The same as `offset` if it has not moved or is new.
    uint32_t from;
    // How many bytes the caller copies from `from` to `offset`, before anything else is done with the
    // heap. The two do not overlap. 0 if the block has not moved.
    uint32_t copy_len;
} hh_resized;

// Allocates a block of at least `size` bytes at a multiple of 16: `*out` is its offset.
//
// HH_NEED_MEMORY says that the memory must grow first: grow it by `need->want_bytes` or at least by
// `need->min_bytes`, tell the heap by `hh_heap_extend`, and ask again. It may be answered so once more
// if somebody else grew the memory in between. If the memory cannot grow, tell the heap by
// `hh_heap_growth_refused`.
//
// All functions of this kind answer `*out` 0 and `*need` 0 where there is nothing to say.
hh_status hh_heap_try_malloc(hh_heap *heap, uint32_t size, uint32_t *out, hh_need *need);

// The same for `count * size` bytes, of which the caller sets the first `*len_to_zero` to zero; the
// others are zero already, as linear memory is when it is new. A product beyond 32 bits is
// HH_ERR_MEMORY.
hh_status hh_heap_try_calloc(hh_heap *heap, uint32_t count, uint32_t size, uint32_t *out,
    uint32_t *len_to_zero, hh_need *need);

// Gives the block at `offset` another size; if it moved, the caller copies its bytes, as `*out` says.
// Offset 0 is a new block; size 0 shrinks to the smallest. HH_ERR_POINTER if it is no live block. The
// block is as it was unless the status is HH_OK.
hh_status hh_heap_try_realloc(hh_heap *heap, uint32_t offset, uint32_t size, hh_resized *out,
    hh_need *need);

// `hh_heap_try_malloc` at a multiple of `align`, a power of two; another one is HH_ERR_MEMORY.
hh_status hh_heap_try_aligned_alloc(hh_heap *heap, uint32_t align, uint32_t size, uint32_t *out,
    hh_need *need);

// `hh_heap_try_malloc` of a block that the plugin cannot free until `hh_heap_take_back`, as
// `hh_heap_lend` gives.
hh_status hh_heap_try_lend(hh_heap *heap, uint32_t size, uint32_t *out, hh_need *need);

// Gives a heap the bytes of linear memory from `start` to `end`, exclusive: at first those from its
// base to the memory's end, later what each growth added. A `start` above its top means that somebody
// else grew the memory in between, and leaves that for ever alone. The bytes are taken to be zero, as
// new memory is.
//
// HH_ERR_ARGUMENT, with nothing changed, for a range that is inverted, below the base or the top, or
// beyond the limit; HH_ERR_MEMORY if the host has no memory for the bookkeeping. A heap with
// `hh_memory` does this itself.
hh_status hh_heap_extend(hh_heap *heap, uint64_t start, uint64_t end);

// Tells a heap that the memory could not grow, so that it counts the request as failed. Before that,
// `hh_heap_end_quarantine` may have freed enough to ask once more.
hh_status hh_heap_growth_refused(hh_heap *heap);

// Makes the memory of all freed blocks available that wait in quarantine. `*any` says whether there
// were any.
hh_status hh_heap_end_quarantine(hh_heap *heap, bool *any);

// --------------------------------------------------------------------------------------------------
// Modules: where the heap may start
// --------------------------------------------------------------------------------------------------

// The heap base is the linker's own value.
#define HH_CERTAINTY_EXACT 0

// The heap base is the end of the declared memory, which is safe. The linker's value lies between the
// end of data and stack and there.
#define HH_CERTAINTY_BOUNDED 1

// The heap base is the end of the declared memory, which is safe. How much stays unused below it is
// not known.
#define HH_CERTAINTY_FALLBACK 2

// The heap base is the value of an exported global, `__heap_base`.
#define HH_FOUND_BY_GLOBAL 0

// It is what an exported function returns.
#define HH_FOUND_BY_FUNCTION 1

// It is the initial stack pointer: the stack lies above the data.
#define HH_FOUND_BY_STACK_POINTER 2

// It is the exported `__data_end`: the stack lies below the data.
#define HH_FOUND_BY_DATA_END 3

// It is the end of the declared memory.
#define HH_FOUND_BY_MEMORY_END 4

// The module neither imports nor has an allocator.
#define HH_ALLOCATOR_NONE 0

// The module imports malloc and its family.
#define HH_ALLOCATOR_HOST 1

// The module has its own allocator and exports it.
#define HH_ALLOCATOR_EXPORTED 2

// The module has its own allocator and does not export it.
#define HH_ALLOCATOR_HIDDEN 3

// The module imports malloc and has an allocator of its own as well.
#define HH_ALLOCATOR_TWO 4

// A value of `hh_layout` that is not known.
#define HH_UNKNOWN UINT64_MAX

// What stands where in a module's memory when it starts. Offsets and sizes are bytes.
typedef struct hh_layout {
    // First byte that a heap may use, by the module's own account: a multiple of 16, never 0. It may be
    // the end of the memory, and often is.
    uint32_t heap_base;
    // Where the host's heap starts: `heap_base`, or above all that the module starts with if it has
    // an allocator of its own. Give this to `hh_heap_new`.
    uint32_t heap_start;
    // How good `heap_base` is: HH_CERTAINTY_…. All are safe.
    uint32_t certainty;
    // How it is known: HH_FOUND_BY_….
    uint32_t found_by;
    // Size of the memory at the start.
    uint64_t memory_bytes;
    // The most that the module declares that it may have: 4 GiB if it declares no maximum. What
    // `hh_load_options.max_memory` allows may be less.
    uint64_t memory_max;
    // Bytes that a heap can ever have: from `heap_start` to `memory_max`. 0 if the memory is full.
    uint64_t heap_room;
    // First byte of the data segments; HH_UNKNOWN without any of known place.
    uint64_t data_start;
    // One past their last byte; HH_UNKNOWN without any of known place. `.bss` may reach further.
    uint64_t data_end;
    // End of all static data with `.bss`, if `__data_end` is exported; HH_UNKNOWN otherwise.
    uint64_t static_end;
    // Where the stack starts, which grows down; HH_UNKNOWN if that is not known.
    uint64_t stack_pointer;
    // Whose heaps are in the memory: HH_ALLOCATOR_….
    uint32_t allocator;
    // Whether an allocator of the module's own may take pages that the host grew: there is no safe
    // place for another heap then.
    bool takes_grown_pages;
    // Whether the memory is imported. `hh_prepare` makes it the module's own.
    bool memory_imported;
    // Whether the module has a start function, which runs while it is instantiated. `hh_prepare`
    // makes it an export.
    bool has_start;
    // Whether the place of every data segment is known.
    bool data_known;
    // 0, until a later version has a use for it.
    uint64_t reserved[4];
} hh_layout;

// Finds out where the heap of a module may start, from its `len` bytes in the binary format: never by
// a guess, and with the evidence. Nothing is run or compiled.
//
// HH_ERR_MODULE, with `*out` all 0, if it is no module, or one whose memory a host cannot manage.
hh_status hh_layout_from_module(const uint8_t *wasm, size_t len, hh_layout *out);

// Says in words what is known of a module: memory, heap base with its evidence, allocators, imports,
// exports, who made it, and all that is wrong with it. HH_ERR_MODULE only if the bytes are no module.
//
// `*text` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_module_describe(const uint8_t *wasm, size_t len, hh_string *text);

// --------------------------------------------------------------------------------------------------
// Contracts
// --------------------------------------------------------------------------------------------------

// Say nothing about it.
#define HH_POLICY_ALLOW 0

// Report it; the module passes.
#define HH_POLICY_WARN 1

// The module does not pass.
#define HH_POLICY_REFUSE 2

// Makes a contract that asks for nothing and allows the malloc family. `name` stands in reports.
//
// `*contract` is the caller's, who frees it by `hh_contract_delete`; NULL on failure.
hh_status hh_contract_new(const char *name, hh_contract **contract);

// Makes a contract of the text of its file, which plugin authors can have as well. HH_ERR_ARGUMENT
// with line and column if the text is no contract.
//
// `*contract` is the caller's, who frees it by `hh_contract_delete`; NULL on failure.
hh_status hh_contract_from_toml(const char *text, hh_contract **contract);

// Allows plugins to import a host function.
hh_status hh_contract_import(hh_contract *contract, const char *module, const char *name,
    const char *prototype);

// Requires plugins to export a function.
hh_status hh_contract_export(hh_contract *contract, const char *name, const char *prototype);

// Names a function that plugins may export; if they do it must have this prototype.
hh_status hh_contract_optional_export(hh_contract *contract, const char *name,
    const char *prototype);

// Allows only these members of the malloc family, such as "malloc" and "free". With `count` 0, none.
hh_status hh_contract_family(hh_contract *contract, const char *const *names, size_t count);

// Limits the memory that a plugin may start with, and the maximum that it may declare, in bytes;
// UINT64_MAX sets no limit, and leaves one that was set before. `growable` says whether the memory
// must be able to grow.
hh_status hh_contract_memory(hh_contract *contract, uint64_t max_initial_bytes,
    uint64_t max_maximum_bytes, bool growable);

// Says what to do about something that a host could live with: HH_POLICY_…. `matter` is
// "second_allocator", "legacy", "start", "unknown_layout", "extra_exports", "command" or
// "wrapped_exports", as in a contract's file.
hh_status hh_contract_policy(hh_contract *contract, const char *matter, uint32_t policy);

// Says what to do about all imports from WASI: HH_POLICY_…; they are refused otherwise.
hh_status hh_contract_wasi(hh_contract *contract, uint32_t policy);

// Allows these calls of WASI's, such as "fd_write", and refuses others.
hh_status hh_contract_wasi_only(hh_contract *contract, const char *const *calls, size_t count);

// Defines the structs in its prototypes, in C, for `hh_contract_header`.
hh_status hh_contract_c_types(hh_contract *contract, const char *definitions);

// Checks a module, `len` bytes in the binary format: everything that is wrong with it for this host,
// with what mends it. The status is HH_OK whatever the report says: ask `hh_report_passes`.
//
// `*report` is the caller's, who frees it by `hh_report_delete`; NULL on failure.
hh_status hh_contract_check(const hh_contract *contract, const uint8_t *wasm, size_t len,
    hh_report **report);

// A header in C for plugin authors: what they may import and must export.
//
// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_contract_header(const hh_contract *contract, hh_string *out);

// The imports from module "env" that it allows, a name a line, for wasm-ld's
// --allow-undefined-file. Others need the attributes of the header.
//
// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_contract_allow_file(const hh_contract *contract, hh_string *out);

// The contract's file, which `hh_contract_from_toml` reads.
//
// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_contract_to_toml(const hh_contract *contract, hh_string *out);

// Frees a contract. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_contract_delete(hh_contract *contract);

// --------------------------------------------------------------------------------------------------
// Reports
// --------------------------------------------------------------------------------------------------

// For information.
#define HH_SEVERITY_NOTE 0

// The module works, but something about it is bad.
#define HH_SEVERITY_WARNING 1

// The module breaks the contract.
#define HH_SEVERITY_ERROR 2

// One thing about a module. All texts are UTF-8 without line breaks; they belong to the report and
// live as long as it.
typedef struct hh_finding {
    // What kind of finding it is: a stable name such as "missing-export".
    const char *code;
    // What it is about, such as "export `greet`".
    const char *subject;
    // What was found.
    const char *found;
    // What the contract, or the host, expects instead; "" if nothing in particular.
    const char *expected;
    // Why that matters; "" if it goes without saying.
    const char *reason;
    // How many mends there are: see `hh_report_mend`.
    size_t mends;
    // How bad it is: HH_SEVERITY_….
    uint32_t severity;
} hh_finding;

// What mends a finding. The texts belong to the report and live as long as it.
typedef struct hh_mend {
    // For whose plugins it is, such as "clang"; "" if the toolchain does not matter.
    const char *toolchain;
    // Where it is done: "compile", "link", "source" or "host".
    const char *place;
    // The exact text to add to the command line or the source; NULL if there is none.
    const char *flag;
    // The exact text to take off the command line; NULL if there is none.
    const char *without;
    // What to do, in words; may be "".
    const char *text;
} hh_mend;

// Whether the module keeps to the contract: there are no errors. False for NULL.
bool hh_report_passes(const hh_report *report);

// How many findings are listed. 0 for NULL.
size_t hh_report_count(const hh_report *report);

// How many findings of a severity there are, those included that are too many of their kind to be
// listed. 0 for NULL and for what is no severity.
uint64_t hh_report_severities(const hh_report *report, uint32_t severity);

// The finding at an index, errors first. HH_ERR_ARGUMENT for an index that is too high.
hh_status hh_report_at(const hh_report *report, size_t index, hh_finding *out);

// What mends the finding at an index, by its own index. HH_ERR_ARGUMENT for one that is too high.
hh_status hh_report_mend(const hh_report *report, size_t index, size_t mend, hh_mend *out);

// The whole report for people to read: each finding with what was found, what is expected, why, and
// what mends it.
//
// `*text` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_report_text(const hh_report *report, hh_string *text);

// Frees a report. NULL is fine; a second time is HH_ERR_HANDLE. What `hh_module_report` answers belongs
// to its module: do not free it.
hh_status hh_report_delete(hh_report *report);

// --------------------------------------------------------------------------------------------------
// Modules: how they are loaded, and rewritten
// --------------------------------------------------------------------------------------------------

// Do with an allocator inside the plugin what is safe: use it if its functions are known by name, put
// the host's heap above it if it takes only what it grew, refuse the plugin otherwise.
#define HH_OWN_HEAP_AUTO 0

// Put the host's heap above what the plugin starts with, whatever its allocator does.
#define HH_OWN_HEAP_ABOVE 1

// Refuse a plugin that has an allocator inside.
#define HH_OWN_HEAP_REFUSE 2

// Put the host's heap at the heap base all the same: for a plugin that grows its memory for other
// reasons.
#define HH_OWN_HEAP_IGNORE 3

// How a module is loaded. Made by `hh_load_options_default`.
typedef struct hh_load_options {
    // The size of this struct, set by `hh_load_options_default`.
    size_t struct_size;
    // The most bytes of linear memory, however much the plugin declares; rounded down to whole pages.
    // It is written into the module, so that it holds against the plugin's own `memory.grow` too.
    // UINT64_MAX, the default, leaves what the plugin declares.
    uint64_t max_memory;
    // The most elements of all its tables together. UINT64_MAX is no limit; a million by default.
    uint64_t max_table_elements;
    // Elements that its function table can grow by, for callbacks. 256 by default.
    uint32_t callback_slots;
    // What to do with an allocator inside the plugin that it does not export: HH_OWN_HEAP_….
    uint32_t own_heap;
    // The exports that allocate and free, for a plugin that brings its own allocator under other names
    // than malloc and free. Both NULL, the default, or neither. Read during the call only.
    const char *malloc_name;
    // See `malloc_name`.
    const char *free_name;
    // What the plugin may import and must export; NULL, the default, for no contract. Read during the
    // call only.
    const hh_contract *contract;
} hh_load_options;

// A module as a runtime should load it, and what its host must know. Freed by `hh_prepared_free`.
typedef struct hh_prepared {
    // The module in the binary format.
    hh_string wasm;
    // Name under which the memory is exported.
    hh_string memory_export;
    // Name under which the function table is exported; none if the module has no such table.
    hh_string table_export;
    // Name of a function `void (void)` that must be called once after instantiation, when malloc
    // works, and before all else; none if there is none.
    hh_string start_export;
    // Names of the plugin's own malloc and free, if these serve it; none if the host's heap does.
    hh_string malloc_export;
    // See `malloc_export`.
    hh_string free_export;
    // What was changed, a line each; empty if nothing was.
    hh_string notes;
    // Where the host's heap starts: for `hh_heap_new`.
    uint32_t heap_start;
    // Whether the host's heap may be used: false if an allocator inside may take the memory that the
    // host grows, and for a plugin that is served by its own.
    bool heap_usable;
    // Size of the memory at the start, for `hh_heap_options.initial_memory`, in bytes.
    uint64_t memory_bytes;
    // The most that it can have, for `hh_heap_options.max_memory`, in bytes.
    uint64_t memory_max;
} hh_prepared;

// Writes the options that apply where NULL is given to a struct of `size` bytes, and nothing behind
// them. Use `hh_load_options_default` instead, which tells it the size that the struct has in this header.
void hh_load_options_init(hh_load_options *options, size_t size);

// Makes of a module what this library's own loader gives to its runtimes, for hosts that embed one by
// themselves: the memory is exported and the module's own, its start function is an export, the
// limits of `options` are written into it. NULL for `options` means the defaults.
//
// HH_ERR_MODULE if it is no module that could be a plugin; HH_ERR_CONTRACT if it breaks the contract;
// HH_ERR_LINK if it does not export the allocator that the options name. `*out` holds nothing then.
hh_status hh_prepare(const uint8_t *wasm, size_t len, const hh_load_options *options,
    hh_prepared *out);

// Frees all that is in a prepared module, and empties it: a second time does nothing. NULL is fine.
void hh_prepared_free(hh_prepared *prepared);

// Takes a module's own malloc family out and lets it import the host's, without its source: so a
// plugin that was built with an allocator becomes one without. It does so only if it is proved that
// nothing that stays in the module depends on the allocator; otherwise it is HH_ERR_MODULE, and the
// message says what is in the way and what to do instead.
//
// `*out` is the new module, and `*report` says what was done and proved, a line each. Both are the
// caller's, who frees them by `hh_string_free`; none on failure. `report` may be NULL.
hh_status hh_externalize(const uint8_t *wasm, size_t len, hh_string *out, hh_string *report);

#ifndef HOSTHEAP_BARE

// --------------------------------------------------------------------------------------------------
// Runtimes and engines
// --------------------------------------------------------------------------------------------------

// Settings of an engine. Made by `hh_engine_options_default`.
typedef struct hh_engine_options {
    // The size of this struct, set by `hh_engine_options_default`.
    size_t struct_size;
    // Bytes of address space to reserve for each linear memory, so that growth within them does not
    // move it; 0 makes memory move on every growth. UINT64_MAX is the runtime's default.
    uint64_t memory_reservation;
    // Bytes of stack that plugins may use; each runtime has a least size. 0 is the runtime's default.
    size_t max_stack;
} hh_engine_options;

// What a runtime can do.
typedef struct hh_capabilities {
    // It compiles to machine code: needs a processor it knows, and executable memory.
    bool native_code;
    // It obeys `hh_engine_options.memory_reservation`.
    bool memory_reservation;
    // Linear memory moves when it grows, by default.
    bool moves_memory;
    // It obeys `hh_engine_options.max_stack`.
    bool max_stack;
    // Messages of traps name the plugin's functions that were on the stack.
    bool trap_backtrace;
    // It resolves imports once for many instances: hh_linker_link pays.
    bool prelinks;
} hh_capabilities;

// Writes the settings that apply where NULL is given to a struct of `size` bytes, and nothing behind
// them. Use `hh_engine_options_default` instead, which tells it the size that the struct has in this header.
void hh_engine_options_init(hh_engine_options *options, size_t size);

// How many runtimes this library has.
uint32_t hh_runtime_count(void);

// The name of a runtime, such as "wasmtime"; the default is at index 0. NULL from `hh_runtime_count()`
// on. Static: never free it.
const char *hh_runtime_name(uint32_t index);

// Makes an engine of the runtime of that name; NULL is the default one. `options` may be NULL.
//
// `*engine` is the caller's, who frees it by hh_engine_delete; NULL on failure. HH_ERR_UNSUPPORTED for a
// runtime that this library does not have, and for a setting that the runtime does not have.
hh_status hh_engine_new(const char *runtime, const hh_engine_options *options, hh_engine **engine);

// The name of an engine's runtime; NULL for NULL. Static: never free it.
const char *hh_engine_runtime(const hh_engine *engine);

// What an engine's runtime can do.
hh_status hh_engine_capabilities(const hh_engine *engine, hh_capabilities *out);

// Frees an engine; modules, linkers and instances that were made with it go on. NULL is fine; a second
// time is HH_ERR_HANDLE.
hh_status hh_engine_delete(hh_engine *engine);

// --------------------------------------------------------------------------------------------------
// Modules
// --------------------------------------------------------------------------------------------------

// A function.
#define HH_EXTERN_FUNC 0

// A linear memory.
#define HH_EXTERN_MEMORY 1

// A global variable.
#define HH_EXTERN_GLOBAL 2

// A table.
#define HH_EXTERN_TABLE 3

// An exception tag, or what a later version knows.
#define HH_EXTERN_OTHER 4

// Something that a module imports or exports. The texts belong to the module and live as long as it.
typedef struct hh_extern {
    // First part of an import's name; "" for an export.
    const char *module;
    // Its name.
    const char *name;
    // Its type in words: "function (i32) -> i32", "memory of 131072 bytes, at most 1048576".
    const char *type;
    // What it is: HH_EXTERN_….
    uint32_t kind;
} hh_extern;

// Examines and compiles a plugin, from its `len` bytes in the binary format. `options` may be NULL.
//
// `*module` is the caller's, who frees it by hh_module_delete; NULL on failure. The bytes are not needed
// any more. HH_ERR_MODULE if it cannot be a plugin; HH_ERR_CONTRACT if it breaks the contract, with
// everything that is wrong; HH_ERR_LINK if it does not export the allocator that the options name;
// HH_ERR_RUNTIME if the runtime does not accept it.
hh_status hh_module_load(const hh_engine *engine, const uint8_t *wasm, size_t len,
    const hh_load_options *options, hh_module **module);

// The same for a file of that name. HH_ERR_IO if it cannot be read.
hh_status hh_module_load_file(const hh_engine *engine, const char *path,
    const hh_load_options *options, hh_module **module);

// What stands where in the module's memory when it starts, and where the heap does.
hh_status hh_module_layout(const hh_module *module, hh_layout *out);

// Whose allocator manages the module's memory, in words: "the host's heap", or which exports of its
// own. Belongs to the module and lives as long as it. NULL for NULL.
const char *hh_module_allocator(const hh_module *module);

// Whether the host's heap serves the module; false if it brings its own malloc and free, and for NULL.
bool hh_module_uses_host_heap(const hh_module *module);

// What the contract that the module was loaded with has to say about it: no errors, perhaps warnings.
// NULL without a contract. Belongs to the module and lives as long as it: never free it.
const hh_report *hh_module_report(const hh_module *module);

// What was changed in the module before it was compiled, and why, a line each; "" if nothing was.
//
// `*text` is the caller's, who frees it by hh_string_free; none on failure.
hh_status hh_module_rewrites(const hh_module *module, hh_string *text);

// How many imports the module has; 0 for NULL.
size_t hh_module_import_count(const hh_module *module);

// An import of the module. HH_ERR_ARGUMENT from hh_module_import_count() on.
hh_status hh_module_import_at(const hh_module *module, size_t index, hh_extern *out);

// How many exports the module has; 0 for NULL.
size_t hh_module_export_count(const hh_module *module);

// An export of the module. HH_ERR_ARGUMENT from hh_module_export_count() on.
hh_status hh_module_export_at(const hh_module *module, size_t index, hh_extern *out);

// Frees a module; what was linked with it goes on. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_module_delete(hh_module *module);

// --------------------------------------------------------------------------------------------------
// Calls of plugins
// --------------------------------------------------------------------------------------------------

// What an `hh_value` is. Only the functions at the end of this header need to know.
enum hh_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Of `hh_null`.
    HH_KIND_NULL = 0,
    // Of `hh_i32`.
    HH_KIND_I32 = 1,
    // Of `hh_u32`.
    HH_KIND_U32 = 2,
    // Of `hh_i64`.
    HH_KIND_I64 = 3,
    // Of `hh_u64`.
    HH_KIND_U64 = 4,
    // Of `hh_f32`.
    HH_KIND_F32 = 5,
    // Of `hh_f64`.
    HH_KIND_F64 = 6,
    // Of `hh_bool`.
    HH_KIND_BOOL = 7,
    // Of `hh_char`.
    HH_KIND_CHAR = 8,
    // Of `hh_str` and `hh_strn`.
    HH_KIND_STR = 9,
    // Of `hh_bytes`.
    HH_KIND_BYTES = 10,
    // Of `hh_cstr`.
    HH_KIND_CSTR = 11,
    // Of `hh_array`.
    HH_KIND_ARRAY = 12,
    // Of `hh_array_mut`.
    HH_KIND_ARRAY_MUT = 13,
    // Of `hh_in`.
    HH_KIND_IN = 14,
    // Of `hh_inout`.
    HH_KIND_INOUT = 15,
    // Of `hh_list`.
    HH_KIND_LIST = 16,
    // Of `hh_ptr`.
    HH_KIND_PTR = 17,
    // Of `hh_fn`.
    HH_KIND_FN = 18,
    // Of `hh_kept`.
    HH_KIND_KEPT = 19,
    // Of `hh_closure`.
    HH_KIND_CLOSURE = 20,
    // Of `hh_to_void`.
    HH_KIND_TO_VOID = 64,
    // Of `hh_to_i32`.
    HH_KIND_TO_I32 = 65,
    // Of `hh_to_u32`.
    HH_KIND_TO_U32 = 66,
    // Of `hh_to_i64`.
    HH_KIND_TO_I64 = 67,
    // Of `hh_to_u64`.
    HH_KIND_TO_U64 = 68,
    // Of `hh_to_f32`.
    HH_KIND_TO_F32 = 69,
    // Of `hh_to_f64`.
    HH_KIND_TO_F64 = 70,
    // Of `hh_to_bool`.
    HH_KIND_TO_BOOL = 71,
    // Of `hh_to_char`.
    HH_KIND_TO_CHAR = 72,
    // Of `hh_to_string`.
    HH_KIND_TO_STRING = 73,
    // Of `hh_to_vec`.
    HH_KIND_TO_VEC = 74,
    // Of `hh_to_struct`.
    HH_KIND_TO_STRUCT = 75,
    // Of `hh_to_option_struct`.
    HH_KIND_TO_OPTION_STRUCT = 76,
    // Of `hh_to_ptr`.
    HH_KIND_TO_PTR = 77,
    // Of `hh_to_fn`.
    HH_KIND_TO_FN = 78,
    // Of `hh_to_tuple`.
    HH_KIND_TO_TUPLE = 79,
    // Of `hh_to_span`.
    HH_KIND_TO_SPAN = 80,
    // Of `hh_to_array`.
    HH_KIND_TO_ARRAY = 81,
    // Of `hh_to_spans`.
    HH_KIND_TO_SPANS = 82,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hh_kind hh_kind;
#else
typedef uint32_t hh_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// An argument of a call, or where its result goes. Made by `hh_i32`, `hh_str`, `hh_to_string` and
// the other functions at the end of this header, and only by those: its fields are private. It
// owns nothing; what it points to must stay until the call returns.
typedef struct hh_value {
    // Private: an `hh_kind`.
    uint32_t kind;
    // Private: bytes of a struct, or of an element.
    uint32_t size;
    // Private: a number; or how many elements or bytes `data` points to.
    uint64_t bits;
    // Private.
    void *data;
    // Private.
    void *more;
} hh_value;

// Bytes that somebody else owns: `len` elements at `data`. `data` is NULL for none.
typedef struct hh_span {
    // The first of them. Never freed through this.
    void *data;
    // How many there are: bytes, unless it says otherwise.
    size_t len;
} hh_span;

// Several of them, for `slice<str>` and `slice<bytes>`.
typedef struct hh_spans {
    // The first of them. Never freed through this.
    const hh_span *data;
    // How many there are.
    size_t len;
} hh_spans;

// Finds an exported function, and checks its signature once for many calls: "(str, u32) -> string".
// The types and what they are in C stand in the guide of the calling convention.
//
// `*func` is the caller's, who frees it by hh_func_delete; NULL on failure. It belongs to the
// instance's thread. HH_ERR_LINK if there is no such function, or if it has another type, with the C
// prototypes that would fit; HH_ERR_ARGUMENT for a signature that is none, and says where.
hh_status hh_instance_func(hh_instance *instance, const char *name, const char *signature,
    hh_func **func);

// Finds the function behind a function pointer of the plugin's: an index of its function table, as
// hh_to_fn gives. The pointer is looked at once: it stays the same function whatever the plugin puts
// into its table later.
//
// `*func` as for hh_instance_func. HH_ERR_TABLE if there is no function at `index`.
hh_status hh_instance_func_at(hh_instance *instance, uint32_t index, const char *signature,
    hh_func **func);

// Calls a function. Use the macro hh_call instead, which counts the values: the first one is the
// destination of the result (hh_to_…), the others are the arguments.
//
// What arguments point to is copied into the plugin, and what it may write to (hh_array_mut, hh_inout)
// is copied back; those must not overlap any other argument, and nobody else may touch them until
// the call returns. A result in the plugin's memory has been copied and freed there. On
// failure the destination is set to none, NULL, 0 or false; a struct stays as it was.
//
// Before the plugin runs: HH_ERR_CONVENTION if the arguments are not those of the signature (another
// number of them, another type, a number that its type does not have, a wrong size of a struct or
// element); HH_ERR_ARGUMENT if the destination is not for the signature's result, or if a value is none
// in itself (text that is not UTF-8, no character, too large, overlapping what is written to, an
// argument where a destination belongs or the other way round); HH_ERR_MISMATCH for a block or callback
// of another instance.
//
// Afterwards: HH_ERR_TRAP, HH_ERR_HOST and what a host function returned, if that is how the call
// ended, and the instance is poisoned then; HH_ERR_GUEST if the function returned an error of its own,
// with hh_error_code; HH_ERR_CONVENTION if its result is no value of its type.
hh_status hh_func_call(hh_func *func, const hh_value *values, size_t count);

// Frees a function's handle; the plugin's function is as it was. NULL is fine; a second time is
// HH_ERR_HANDLE. HH_ERR_BUSY while it is being called; HH_ERR_THREAD on another thread than the
// instance's.
hh_status hh_func_delete(hh_func *func);

// --------------------------------------------------------------------------------------------------
// Host functions, and linking
// --------------------------------------------------------------------------------------------------

// What each plugin may use, beyond the size of its memory (`hh_load_options.max_memory`), and what
// its heap does to make its mistakes show. Made by `hh_limits_default`.
typedef struct hh_limits {
    // The size of this struct, set by `hh_limits_default`.
    size_t struct_size;
    // The most live bytes that the plugin's heap may hold; its malloc returns NULL beyond. 4 GiB by
    // default.
    uint64_t max_heap_bytes;
    // The least bytes by which its memory grows for the heap: 65536 by default.
    uint64_t growth_least_bytes;
    // The most bytes by which it grows at once, unless one block needs more: 16 MiB by default.
    uint64_t growth_most_bytes;
    // Blocks are placed at random, in an order that follows from this seed, so that a plugin which
    // writes past a block does not always hit the same neighbour. 0, the default, is off.
    uint64_t placement_seed;
    // The most live blocks; malloc returns NULL beyond. It bounds the host's own bookkeeping. 16 Mi
    // by default.
    uint32_t max_blocks;
    // The most bytes of one block. 2 GiB - 1 by default, and never more.
    uint32_t max_block;
    // The most bytes that one string or buffer may have on its way to the host. 256 MiB by default.
    uint32_t max_transfer;
    // The most calls of the plugin that may be in progress at once, each made by a host function
    // that the one before called. It bounds the host's own stack. 64 by default.
    //
    // Each takes stack of the thread: 22 KiB on wasmi in a debug build of this library for x86-64, so
    // that 64 of them take 1.4 MiB, beside what the host functions themselves use. Runtimes that compile
    // may put the plugin's own frames there too. A thread that runs out of stack ends the process: on
    // one with 1 MiB or less lower this, or give the thread more.
    uint32_t max_depth;
    // The memory grows by this part of what the heap has: 32, the default, is a thirty-second; 0 is
    // the least bytes each time.
    uint32_t growth_part;
    // How many freed blocks wait before their memory is used again. 0, the default, is none.
    uint32_t quarantine_blocks;
    // The most bytes that wait; 0, the default, sets no limit beside the number of blocks.
    uint32_t quarantine_bytes;
    // New blocks are filled with 0xa5, freed ones with 0x5a, so that their wrong use shows. Off by
    // default.
    bool junk_fill;
    // Freed blocks are filled with zeros. Off by default.
    bool zero_on_free;
    // A plugin's free, realloc or malloc_usable_size of what is no live block does nothing but count;
    // otherwise the plugin traps with HH_ERR_POINTER. Off by default.
    bool ignore_invalid_pointers;
} hh_limits;

// A host function: plugins call it, and it calls this library with `call` to get at its parameters
// (hh_take), to give its result (hh_give), and at the plugin (hh_invocation_instance). `user` is what
// it was registered with.
//
// HH_OK lets the plugin go on. Any other status ends the plugin's function too: the call that led
// here fails with that status and with the message of the function of this library that returned it
// (hh_fail, hh_fail_with, or any that failed). The plugin is poisoned then.
//
// It runs on the thread that called the plugin; where instances on several threads have it, on
// several at once. It must return: longjmp, C++ exceptions, thread exit and coroutine switches past
// this library are forbidden.
typedef hh_status (*hh_host_fn)(hh_invocation *call, void *user);

// Frees a `user` pointer: called once, when nothing can use it any more.
typedef void (*hh_drop_fn)(void *user);

// Takes the next `count` parameters of the call, in order, to where `values` say. Use the macro
// hh_take instead, which counts them.
//
// hh_to_void() skips a parameter.
//
// HH_ERR_ARGUMENT if there are not as many, if one is of another type than its destination, which the
// message says, or if what is written to the destination could not go back, as hh_to_array's does;
// HH_ERR_CONVENTION if the size of a struct or element cannot be, or if what the plugin passed is no
// value of its type; HH_ERR_BOUNDS, HH_ERR_POINTER if it lies where nothing can.
//
// What came before it has been taken, and the others have not. On failure all of the `values` are set
// to none, NULL, 0 or false, and strings that were there already are freed; only structs may have been
// written.
hh_status hh_invocation_take(hh_invocation *call, const hh_value *values, size_t count);

// Gives the result of the call: one value, or those of a tuple. Use the macro hh_give instead, which
// counts them. What the values point to is copied at once. A function without a result gives none.
//
// HH_ERR_ARGUMENT or HH_ERR_CONVENTION if the prototype says that the result is of another type;
// HH_ERR_MISMATCH for a block or callback of another instance.
hh_status hh_invocation_give(hh_invocation *call, const hh_value *values, size_t count);

// Gives the plugin an error of the host function's, where its prototype is `result<…>`: the plugin
// goes on, with `code`, which must not be 0, and a message if the prototype has room for one
// (NULL: none). `return hh_give_error(call, 2, "no such user");` is a success for the library.
hh_status hh_give_error(hh_invocation *call, int32_t code, const char *message);

// Fails the call: `return hh_fail(call, "the database is gone");`. The call that led to this host
// function fails with HH_ERR_HOST and this message, and the plugin is poisoned. Returns HH_ERR_HOST.
// `message` is UTF-8, and copied.
hh_status hh_fail(hh_invocation *call, const char *message);

// Fails the call with an error that was caught before: `status`, such as `hh_error_status` said, and
// `message`, which is UTF-8 and copied. It is for wrappers that turn errors of this library into
// exceptions and back. The call that led to this host function fails with both, and the plugin is
// poisoned. Returns `status`.
//
// If it is this thread's last error, hh_error_trap, hh_error_detail and hh_error_code stay what they are;
// otherwise they are HH_TRAP_OTHER for HH_ERR_TRAP, "" and 0. HH_ERR_ARGUMENT if `status` is that of no
// error: HH_OK, HH_NEED_MEMORY or an unknown number.
hh_status hh_fail_with(hh_invocation *call, int32_t status, const char *message);

// How many parameters the call has, as its prototype counts them.
size_t hh_invocation_count(const hh_invocation *call);

// The instance that made the call: everything works with it as it does outside, and calls may nest.
// NULL for a call that is NULL or another thread's. Borrowed: do not free it here. While an instance's
// start functions run it is valid until they have returned.
hh_instance *hh_invocation_instance(const hh_invocation *call);

// Writes the limits that apply where NULL is given to a struct of `size` bytes, and nothing behind
// them. Use `hh_limits_default` instead, which tells it the size that the struct has in this header.
void hh_limits_init(hh_limits *options, size_t size);

// Makes a linker that offers plugins the malloc family and nothing else.
//
// `*linker` is the caller's, who frees it by hh_linker_delete; NULL on failure.
hh_status hh_linker_new(const hh_engine *engine, hh_linker **linker);

// Sets what each plugin may use that is linked from now on. NULL sets the defaults. The struct is
// copied.
hh_status hh_linker_limits(hh_linker *linker, const hh_limits *limits);

// Whether to remember from which line of its source a plugin asked for each block, for plugins that say
// so: those in C that were compiled with HH_CALL_SITES of the kit for plugins. hh_instance_call_site
// tells it. Holds for what is linked from now on; their malloc and free take longer then.
hh_status hh_linker_call_sites(hh_linker *linker, bool wanted);

// Offers plugins a host function by the import name `module`.`name`, with its signature as text:
// "(str, u32) -> string". A function registered under a name of the malloc family replaces that
// member. Whether it fits the type that a plugin imports it with is checked when that is linked.
//
// `function` gets `user` with each call. `drop` (may be NULL) is called once with `user` when the
// function cannot be called any more: when the linker and all that was linked by it, with all its
// instances, are freed, by the thread that frees the last of them; or before this returns, if it
// fails.
//
// HH_ERR_LINK if the name is taken; HH_ERR_ARGUMENT for a signature that is none, and says where.
hh_status hh_linker_func(hh_linker *linker, const char *module, const char *name,
    const char *signature, hh_host_fn function, void *user, hh_drop_fn drop);

// Resolves a module's imports, once for all its instances.
//
// `*linked` is the caller's, who frees it by hh_linked_delete; NULL on failure. It needs neither the
// linker nor the module any more. HH_ERR_LINK with all imports that are missing or have another
// type; HH_ERR_MISMATCH for a module of another engine.
hh_status hh_linker_link(const hh_linker *linker, const hh_module *module, hh_linked **linked);

// Makes an instance: hh_linker_link and hh_linked_instantiate in one go.
hh_status hh_linker_instantiate(const hh_linker *linker, const hh_module *module, void *user,
    hh_instance **instance);

// Makes an instance, with memory and heap of its own, for this thread. Before this returns, the
// plugin's start function has run, and its `_initialize` if it has one; host functions that they call
// have an instance already, which is valid beyond them only if this succeeds.
//
// `user` is what hh_instance_user gives; the library does not look at it. `*instance` is the
// caller's, who frees it by hh_instance_delete; NULL on failure. It does not need `linked` any more.
hh_status hh_linked_instantiate(const hh_linked *linked, void *user, hh_instance **instance);

// Frees a linker; what was linked by it goes on. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_linker_delete(hh_linker *linker);

// Frees what was linked; its instances go on. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_linked_delete(hh_linked *linked);

// --------------------------------------------------------------------------------------------------
// Instances
// --------------------------------------------------------------------------------------------------

// The pointer that the instance was made with; NULL for an instance that is NULL or another
// thread's.
void *hh_instance_user(const hh_instance *instance);

// Whether calls are refused (HH_ERR_POISONED) because the plugin trapped, or a host function failed,
// in the middle of a call. False for an instance that is NULL, another thread's, or in use.
bool hh_instance_is_poisoned(const hh_instance *instance);

// Allows calls again after a trap. The heap is consistent after any trap, but what the plugin itself
// was doing is half done: its data may be inconsistent, and its stack pointer is where the trap left
// it. Use this only if you know that the plugin can bear it; otherwise make a new instance.
hh_status hh_instance_clear_poison(hh_instance *instance);

// Frees an instance, with everything that the plugin held. NULL is fine; a second time is
// HH_ERR_HANDLE. HH_ERR_BUSY in a host function that it called, and while a view of it is open;
// HH_ERR_THREAD on another thread than its own.
hh_status hh_instance_delete(hh_instance *instance);

// --------------------------------------------------------------------------------------------------
// An instance's memory
// --------------------------------------------------------------------------------------------------

// A view of a plugin's linear memory, open from `hh_instance_view` to `hh_view_end`. Read and write
// `data[0]` to `data[len - 1]` in between; the other fields are private. Numbers in it are
// little-endian, and lie at addresses that may not be aligned for them.
typedef struct hh_view {
    // Where the bytes are; NULL when the view has ended.
    uint8_t *data;
    // How many there are.
    size_t len;
    // Private: the thread that it is open on.
    uint64_t thread;
    // Private: which view it is. Neither number is a pointer, so that a copy, or a view that was ended
    // by force, is harmless whatever became of its instance.
    uint64_t serial;
} hh_view;

// Reads `len` bytes of a plugin's memory at `offset` to `to`.
//
// HH_ERR_BOUNDS unless all of them exist; `to` is untouched then.
hh_status hh_instance_read(hh_instance *instance, uint32_t offset, void *to, uint32_t len);

// Writes `len` bytes from `from` to a plugin's memory at `offset`.
//
// HH_ERR_BOUNDS unless the memory has all of them; it is untouched then.
hh_status hh_instance_write(hh_instance *instance, uint32_t offset, const void *from, uint32_t len);

// Sets `len` bytes of a plugin's memory at `offset` to `byte`.
//
// HH_ERR_BOUNDS unless all of them exist; the memory is untouched then.
hh_status hh_instance_fill(hh_instance *instance, uint32_t offset, uint8_t byte, uint32_t len);

// Copies `len` bytes within a plugin's memory, as memmove does: the ranges may overlap.
//
// HH_ERR_BOUNDS unless all of them exist; the memory is untouched then.
hh_status hh_instance_move(hh_instance *instance, uint32_t to, uint32_t from, uint32_t len);

// The size of a plugin's memory in bytes: a multiple of 65536, up to 4 GiB. A plugin may grow it
// whenever it runs.
hh_status hh_instance_memory_size(hh_instance *instance, uint64_t *size);

// Grows a plugin's memory by at least `bytes`, in whole pages of 65536, and gives its size before in
// `*before` (may be NULL). The new bytes are the caller's: the plugin's heap takes only what it grew
// itself, and grows by itself when it needs to.
//
// HH_ERR_GROW if the memory's maximum or the host's memory do not allow it; nothing has changed then.
hh_status hh_instance_memory_grow(hh_instance *instance, uint64_t bytes, uint64_t *before);

// Reads `len` bytes at `offset` that the plugin gives away, and frees the block that they lie in, as
// the convention does for a result: for plugins that return an offset and a length as plain
// numbers. Static data is copied only.
//
// `*bytes` is the caller's, who frees it by hh_string_free; none on failure. HH_ERR_CONVENTION if the
// bytes lie neither in one live block nor in static data.
hh_status hh_instance_take_bytes(hh_instance *instance, uint32_t offset, uint32_t len,
    hh_string *bytes);

// Reads the NUL-terminated text at `offset` of a plugin's memory: for `ptr` results and fields of
// structs that are `char *` there. The plugin's bytes stay as they are.
//
// `*text` is the caller's, who frees it by hh_string_free; none on failure, and for offset 0. It may
// be anything but UTF-8. HH_ERR_BOUNDS if there is no NUL byte within `max` bytes or before the
// memory's end.
hh_status hh_instance_read_text(hh_instance *instance, uint32_t offset, uint32_t max,
    hh_string *text);

// Opens a view of `len` bytes of a plugin's memory at `offset`: `view->data` points straight into
// it.
//
// Until hh_view_end, whatever could move or change the memory is HH_ERR_BUSY: calls, allocations,
// reads and writes by copy, and freeing the instance. A host function that returns with an open view
// fails with HH_ERR_BUSY, and the view has ended. Several views may be open at once, also of the
// same bytes.
//
// `instance` is not kept; `view` is yours. HH_ERR_BOUNDS unless all of the bytes exist.
hh_status hh_instance_view(hh_instance *instance, uint32_t offset, uint32_t len, hh_view *view);

// Ends a view. Its `data` is NULL then. A second time does nothing, nor does a copy of a view that has
// ended, by force or by the original: a copy is the same view, and must not be used any more either.
// NULL is fine. HH_ERR_THREAD on another thread than the instance's.
hh_status hh_view_end(hh_view *view);

// Reads an exported global: `hh_instance_global(plugin, "limit", hh_to_i32(&limit))`. A variable of
// C is a global that holds its address: read that, and then the memory there.
//
// HH_ERR_LINK if there is no such global; HH_ERR_ARGUMENT if its type is not the destination's:
// hh_to_i32 or hh_to_u32, hh_to_i64 or hh_to_u64, hh_to_f32, hh_to_f64.
hh_status hh_instance_global(hh_instance *instance, const char *name, hh_value destination);

// Sets an exported mutable global: `hh_instance_set_global(plugin, "limit", hh_i32(100))`.
//
// HH_ERR_LINK if there is no such global, or if it is immutable or of another type; HH_ERR_ARGUMENT
// for a value that is none of hh_i32, hh_u32, hh_i64, hh_u64, hh_f32, hh_f64.
hh_status hh_instance_set_global(hh_instance *instance, const char *name, hh_value value);

// --------------------------------------------------------------------------------------------------
// An instance's heap
// --------------------------------------------------------------------------------------------------

// A new block of the plugin's heap, as its own malloc would give: `size` bytes at a multiple of 16,
// whose content is anything. Whoever is told of it frees it. In a plugin that brings its own malloc,
// this calls it.
//
// `*offset` is where it lies in the plugin's memory; 0 on failure. HH_ERR_MEMORY if there is no more
// memory, or past a limit.
hh_status hh_instance_malloc(hh_instance *instance, uint32_t size, uint32_t *offset);

// The same for `count * size` bytes that are zero.
hh_status hh_instance_calloc(hh_instance *instance, uint32_t count, uint32_t size,
    uint32_t *offset);

// The same as hh_instance_malloc at a multiple of `align`, a power of two. HH_ERR_UNSUPPORTED in a
// plugin that brings its own malloc.
hh_status hh_instance_aligned_alloc(hh_instance *instance, uint32_t align, uint32_t size,
    uint32_t *offset);

// Gives the block at `offset` another size, and moves it with its bytes if need be: `*moved` is where
// it is then. An `offset` of 0 is a new block.
//
// `*moved` is 0 on failure, and the block as it was: HH_ERR_MEMORY; HH_ERR_POINTER unless `offset` is
// the start of a live block; HH_ERR_UNSUPPORTED in a plugin that brings its own malloc.
hh_status hh_instance_realloc(hh_instance *instance, uint32_t offset, uint32_t size,
    uint32_t *moved);

// Frees a block, as the plugin's own free would; 0 is nothing.
//
// HH_ERR_POINTER unless `offset` is the start of a live block, also for one that a call in progress
// lent or that the host keeps; nothing has changed then.
hh_status hh_instance_free(hh_instance *instance, uint32_t offset);

// The bytes that the block at `offset` has room for, at least as many as were asked for; 0 for 0.
//
// HH_ERR_POINTER unless `offset` is the start of a live block; HH_ERR_UNSUPPORTED in a plugin that
// brings its own malloc.
hh_status hh_instance_usable_size(hh_instance *instance, uint32_t offset, uint32_t *size);

// Reads the counters of a plugin's heap. All are 0 for a plugin that brings its own malloc.
hh_status hh_instance_heap_stats(hh_instance *instance, hh_heap_stats *out);

// Lists the live blocks of a plugin's heap by offset, such as what it has leaked: the first `max` of
// them in `blocks`, and in `*count` how many there are, which may be more. With `max` 0 it only
// counts, and `blocks` may be NULL.
hh_status hh_instance_blocks(hh_instance *instance, hh_heap_block *blocks, size_t max,
    size_t *count);

// Finds the live block that the byte at `offset` lies in. `*out` is all 0 if it lies in none, which is
// no failure.
hh_status hh_instance_block_at(hh_instance *instance, uint32_t offset, hh_heap_block *out);

// From which line of the plugin's source the live block at `offset` was asked for: its file to `*file`,
// which is the caller's to free, and the line, from 1, to `*line`. No string and 0, which is no failure,
// if the plugin did not say, if nobody wanted to know (hh_linker_call_sites), or if no live block starts
// there.
hh_status hh_instance_call_site(hh_instance *instance, uint32_t offset, hh_string *file,
    uint32_t *line);

// --------------------------------------------------------------------------------------------------
// What the host keeps in an instance: blocks and callbacks
// --------------------------------------------------------------------------------------------------

// Copies `len` bytes from `data` into a block of the plugin's memory that the host keeps.
//
// `*block` is the caller's, who frees it by hh_block_delete; NULL on failure. HH_ERR_MEMORY.
hh_status hh_instance_keep(hh_instance *instance, const void *data, uint32_t len, hh_block **block);

// Where the block lies in the plugin's memory; 0 for NULL, and on another thread.
uint32_t hh_block_offset(const hh_block *block);

// How many bytes it has; 0 for NULL, and on another thread.
uint32_t hh_block_len(const hh_block *block);

// Reads `len` bytes of a block, from its byte `at` on, to `to`. HH_ERR_BOUNDS unless it has them.
hh_status hh_block_read(hh_block *block, uint32_t at, void *to, uint32_t len);

// Writes `len` bytes from `from` to a block, from its byte `at` on. HH_ERR_BOUNDS unless it has room
// for them.
hh_status hh_block_write(hh_block *block, uint32_t at, const void *from, uint32_t len);

// Makes the block the plugin's own, which frees it from now on, and frees the handle. `*offset` (may
// be NULL) is where it lies. On failure the handle is as it was.
hh_status hh_block_give(hh_block *block, uint32_t *offset);

// Frees a block, and its bytes in the plugin's memory at once. NULL is fine; a second time is HH_ERR_HANDLE.
// HH_ERR_BUSY while it is an argument of a call in progress, or while a view is open;
// HH_ERR_THREAD on another thread than the instance's. After its instance was freed, this frees the
// handle.
hh_status hh_block_delete(hh_block *block);

// Puts a function of the host's into the plugin's function table: "(ptr, ptr) -> i32" is what qsort
// wants. It is called like any other host function.
//
// `drop` (may be NULL) is called once with `user`: by hh_callback_delete, by hh_instance_delete if that
// comes first, or before this returns, if it fails.
//
// `*callback` is the caller's, who frees it by hh_callback_delete; NULL on failure. HH_ERR_TABLE if the
// plugin has no function table, or no more room in it (`hh_load_options.callback_slots`).
hh_status hh_instance_callback(hh_instance *instance, const char *signature, hh_host_fn function,
    void *user, hh_drop_fn drop, hh_callback **callback);

// The function pointer: an index into the plugin's function table, for fields of structs. 0 for NULL,
// and on another thread.
uint32_t hh_callback_index(const hh_callback *callback);

// Frees a callback: the plugin's pointer to it is stale from then on (see hh_callback for what a call
// through it does), and its `drop` runs before this returns. Only if the callback itself is running, or
// if this is called while the library frees another one's `user`, it runs when that has ended, at the
// plugin's next use at the latest.
//
// NULL is fine; a second time is HH_ERR_HANDLE. HH_ERR_BUSY while it is an argument of a call in
// progress; HH_ERR_THREAD on another thread than the instance's. After its instance was freed, this
// frees the handle.
hh_status hh_callback_delete(hh_callback *callback);

#endif // HOSTHEAP_BARE

#ifdef __cplusplus
} // extern "C"
#endif

// --------------------------------------------------------------------------------------------------
// Options: what applies where NULL is given
// --------------------------------------------------------------------------------------------------
//
// These are of the header, so that the library learns the size that the structs have in it.

// The options of a heap that apply where NULL is given.
static inline hh_heap_options hh_heap_options_default(void)
{
    hh_heap_options options;
    hh_heap_options_init(&options, sizeof options);
    return options;
}

// The options of loading that apply where NULL is given.
static inline hh_load_options hh_load_options_default(void)
{
    hh_load_options options;
    hh_load_options_init(&options, sizeof options);
    return options;
}

#ifndef HOSTHEAP_BARE

// --------------------------------------------------------------------------------------------------
// Options of the plugin API: what applies where NULL is given
// --------------------------------------------------------------------------------------------------

// The settings of an engine that apply where NULL is given.
static inline hh_engine_options hh_engine_options_default(void)
{
    hh_engine_options options;
    hh_engine_options_init(&options, sizeof options);
    return options;
}

// The limits that apply where NULL is given.
static inline hh_limits hh_limits_default(void)
{
    hh_limits options;
    hh_limits_init(&options, sizeof options);
    return options;
}

// --------------------------------------------------------------------------------------------------
// Values: arguments, and where results go
// --------------------------------------------------------------------------------------------------
//
// | in the signature | argument | destination of hh_call | destination of hh_take |
// |---|---|---|---|
// | i8 i16 i32, u8 u16 u32, i64, u64 | hh_i32 hh_u32 hh_i64 hh_u64 | hh_to_i32 hh_to_u32 hh_to_i64 hh_to_u64 | the same |
// | f32 f64 bool char | hh_f32 hh_f64 hh_bool hh_char | hh_to_f32 hh_to_f64 hh_to_bool hh_to_char | the same |
// | str | hh_str hh_strn | | hh_to_span hh_to_string |
// | bytes | hh_bytes | hh_to_string | hh_to_span hh_to_string |
// | cstr | hh_cstr | | hh_to_span hh_to_string |
// | slice<T> | hh_array | | hh_to_array hh_to_vec |
// | mut slice<T>, out slice<T> | hh_array_mut | | hh_to_array |
// | slice<str>, slice<bytes> | hh_list | | hh_to_spans |
// | &T | hh_in | | hh_to_struct hh_to_array |
// | mut T, out T | hh_inout | | hh_to_array |
// | ptr | hh_ptr hh_kept | hh_to_ptr | hh_to_ptr |
// | func | hh_fn hh_closure | hh_to_fn | hh_to_fn |
// | option<...> | the same, or hh_null() | the same: data NULL, 0 | the same: data NULL, 0 |
// | string, cstring | hh_str hh_strn; hh_cstr | hh_to_string | |
// | vec<T> | hh_array | hh_to_vec | |
// | struct s | hh_in | hh_to_struct | |
// | option<struct s> | hh_in, hh_null() | hh_to_option_struct | |
// | (i32, f64) | one value for each number | hh_to_tuple | |
// | result<...> | what is in it, or hh_give_error | what is in it; HH_ERR_GUEST | |
// | nothing | | hh_to_void() | |
//
// An integer fits every integer type that has its value: hh_i32(7) may be passed as a u8. The type of a
// destination is the result's. Structs and elements of arrays are as the plugin's C compiler lays them
// out (wasm32: pointers and size_t are uint32_t, little-endian).

static inline hh_value hh_value_make(uint32_t kind, size_t size, uint64_t bits, const void *data,
                                     void *more)
{
    hh_value value;
    // What does not fit is larger than any plugin's memory, and is refused.
    value.kind = kind;
    value.size = (uint64_t)size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    value.bits = bits;
    // The library writes to what the functions with a pointer that is not const were given.
    memcpy(&value.data, &data, sizeof value.data);
    value.more = more;
    return value;
}

// Arguments
// ---------

// An int8_t, int16_t or int32_t.
static inline hh_value hh_i32(int32_t number)
{
    return hh_value_make(HH_KIND_I32, 0, (uint64_t)(int64_t)number, NULL, NULL);
}

// A uint8_t, uint16_t or uint32_t.
static inline hh_value hh_u32(uint32_t number)
{
    return hh_value_make(HH_KIND_U32, 0, number, NULL, NULL);
}

// An int64_t.
static inline hh_value hh_i64(int64_t number)
{
    return hh_value_make(HH_KIND_I64, 0, (uint64_t)number, NULL, NULL);
}

// A uint64_t.
static inline hh_value hh_u64(uint64_t number)
{
    return hh_value_make(HH_KIND_U64, 0, number, NULL, NULL);
}

// A float.
static inline hh_value hh_f32(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return hh_value_make(HH_KIND_F32, 0, bits, NULL, NULL);
}

// A double.
static inline hh_value hh_f64(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return hh_value_make(HH_KIND_F64, 0, bits, NULL, NULL);
}

// A bool.
static inline hh_value hh_bool(bool truth)
{
    return hh_value_make(HH_KIND_BOOL, 0, truth ? 1 : 0, NULL, NULL);
}

// A Unicode character, by its code point.
static inline hh_value hh_char(uint32_t code_point)
{
    return hh_value_make(HH_KIND_CHAR, 0, code_point, NULL, NULL);
}

// Text: UTF-8 that ends with a NUL byte. NULL is an error; hh_null() is for none.
static inline hh_value hh_str(const char *text)
{
    return hh_value_make(HH_KIND_STR, 0, text == NULL ? UINT64_MAX : strlen(text), text, NULL);
}

// Text: `len` bytes of UTF-8, which may have NUL bytes in it.
static inline hh_value hh_strn(const char *text, size_t len)
{
    return hh_value_make(HH_KIND_STR, 0, len, text, NULL);
}

// `len` bytes of anything.
static inline hh_value hh_bytes(const void *data, size_t len)
{
    return hh_value_make(HH_KIND_BYTES, 0, len, data, NULL);
}

// Text that ends with a NUL byte in the plugin too, of any encoding.
static inline hh_value hh_cstr(const char *text)
{
    return hh_value_make(HH_KIND_CSTR, 0, 0, text, NULL);
}

// `count` elements of `element_size` bytes: hh_array(xs, 3, sizeof xs[0]).
static inline hh_value hh_array(const void *data, size_t count, size_t element_size)
{
    return hh_value_make(HH_KIND_ARRAY, element_size, count, data, NULL);
}

// The same, which the plugin writes to: `data` has what it left there when the call has returned. Even
// for `out` it must be initialised. Until then nobody else reads or writes it, the host's own functions
// that the plugin calls meanwhile included.
static inline hh_value hh_array_mut(void *data, size_t count, size_t element_size)
{
    return hh_value_make(HH_KIND_ARRAY_MUT, element_size, count, data, NULL);
}

// A struct or a number behind a pointer: hh_in(&point, sizeof point).
static inline hh_value hh_in(const void *data, size_t size)
{
    return hh_value_make(HH_KIND_IN, size, 0, data, NULL);
}

// The same, which the plugin writes to, under the conditions of hh_array_mut: even for `out` it must be
// initialised, and nobody else touches it until the call has returned.
static inline hh_value hh_inout(void *data, size_t size)
{
    return hh_value_make(HH_KIND_INOUT, size, 0, data, NULL);
}

// Several texts or buffers, each with its length in bytes.
static inline hh_value hh_list(const hh_span *list, size_t count)
{
    return hh_value_make(HH_KIND_LIST, 0, count, list, NULL);
}

// An offset in the plugin's memory: a pointer of its own.
static inline hh_value hh_ptr(uint32_t offset)
{
    return hh_value_make(HH_KIND_PTR, 0, offset, NULL, NULL);
}

// A function pointer of the plugin's.
static inline hh_value hh_fn(uint32_t index)
{
    return hh_value_make(HH_KIND_FN, 0, index, NULL, NULL);
}

// A block that the host keeps, as a pointer.
static inline hh_value hh_kept(const hh_block *block)
{
    return hh_value_make(HH_KIND_KEPT, 0, 0, block, NULL);
}

// A callback, as a function pointer.
static inline hh_value hh_closure(const hh_callback *callback)
{
    return hh_value_make(HH_KIND_CLOSURE, 0, 0, callback, NULL);
}

// None, for option<...>.
static inline hh_value hh_null(void)
{
    return hh_value_make(HH_KIND_NULL, 0, 0, NULL, NULL);
}

// Destinations
// ------------

// No result, or one that does not matter; in hh_take, a parameter that does not, of any type. In hh_call
// a struct, a vec of structs and what option and result have of these cannot be ignored: the library has
// to know their size, so give them a place.
static inline hh_value hh_to_void(void)
{
    return hh_value_make(HH_KIND_TO_VOID, 0, 0, NULL, NULL);
}

// An i8, i16 or i32.
static inline hh_value hh_to_i32(int32_t *place)
{
    return hh_value_make(HH_KIND_TO_I32, 0, 0, place, NULL);
}

// A u8, u16 or u32.
static inline hh_value hh_to_u32(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_U32, 0, 0, place, NULL);
}

// An i64.
static inline hh_value hh_to_i64(int64_t *place)
{
    return hh_value_make(HH_KIND_TO_I64, 0, 0, place, NULL);
}

// A u64.
static inline hh_value hh_to_u64(uint64_t *place)
{
    return hh_value_make(HH_KIND_TO_U64, 0, 0, place, NULL);
}

// An f32.
static inline hh_value hh_to_f32(float *place)
{
    return hh_value_make(HH_KIND_TO_F32, 0, 0, place, NULL);
}

// An f64.
static inline hh_value hh_to_f64(double *place)
{
    return hh_value_make(HH_KIND_TO_F64, 0, 0, place, NULL);
}

// A bool.
static inline hh_value hh_to_bool(bool *place)
{
    return hh_value_make(HH_KIND_TO_BOOL, 0, 0, place, NULL);
}

// A char: its code point.
static inline hh_value hh_to_char(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_CHAR, 0, 0, place, NULL);
}

// Text or bytes, which are the caller's then: hh_string_free. `data` is NULL for none.
static inline hh_value hh_to_string(hh_string *place)
{
    return hh_value_make(HH_KIND_TO_STRING, 1, 0, place, NULL);
}

// Elements of `element_size` bytes, which are the caller's then: hh_string_free. Its `len` is in bytes,
// and its `data` aligned for any byte only: copy the elements out. `data` is NULL for none.
static inline hh_value hh_to_vec(hh_string *place, size_t element_size)
{
    return hh_value_make(HH_KIND_TO_VEC, element_size, 0, place, NULL);
}

// A struct of `size` bytes: hh_to_struct(&point, sizeof point).
static inline hh_value hh_to_struct(void *place, size_t size)
{
    return hh_value_make(HH_KIND_TO_STRUCT, size, 0, place, NULL);
}

// A struct that may be missing: `*present` says whether it is there.
static inline hh_value hh_to_option_struct(void *place, size_t size, bool *present)
{
    return hh_value_make(HH_KIND_TO_OPTION_STRUCT, size, 0, place, present);
}

// A pointer into the plugin's memory, which nobody has checked yet; 0 for none.
static inline hh_value hh_to_ptr(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_PTR, 0, 0, place, NULL);
}

// A function pointer of the plugin's, for hh_instance_func_at; 0 for none.
static inline hh_value hh_to_fn(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_FN, 0, 0, place, NULL);
}

// Two to four numbers: `places` are as many destinations.
static inline hh_value hh_to_tuple(const hh_value *places, size_t count)
{
    return hh_value_make(HH_KIND_TO_TUPLE, 0, count, places, NULL);
}

// Destinations of hh_take only. What they point to is the library's, a copy of the plugin's bytes, and
// valid until the host function returns.

// Text or bytes, with a NUL byte after them that `len` does not count. `data` is NULL for none.
static inline hh_value hh_to_span(hh_span *place)
{
    return hh_value_make(HH_KIND_TO_SPAN, 1, 0, place, NULL);
}

// Elements of `element_size` bytes; `len` is how many. For `mut` and `out` parameters, what is written
// there goes back to the plugin when the function returns HH_OK. What is behind one pointer (&T, mut T,
// out T) is one element. `data` is aligned as what malloc gives: for every type of C that fits.
static inline hh_value hh_to_array(hh_span *place, size_t element_size)
{
    return hh_value_make(HH_KIND_TO_ARRAY, element_size, 0, place, NULL);
}

// Several texts or buffers.
static inline hh_value hh_to_spans(hh_spans *place)
{
    return hh_value_make(HH_KIND_TO_SPANS, 0, 0, place, NULL);
}

// Calls
// -----

#ifndef __cplusplus

// The values as an array, and their number; the second time they stand there they are not evaluated.
#define HH_VALUES(...)                                                                             \
    ((const hh_value[]){__VA_ARGS__}), (sizeof((const hh_value[]){__VA_ARGS__}) / sizeof(hh_value))

// hh_call(func, destination, arguments...) calls a function of a plugin: see hh_func_call.
//
//     hh_string hello;
//     if (hh_call(greet, hh_to_string(&hello), hh_str("World")) != HH_OK) { ... hh_error_message() ... }
#define hh_call(func, ...) hh_func_call((func), HH_VALUES(__VA_ARGS__))

// hh_take(invocation, destinations...) takes the parameters of a host function, in order: see
// hh_invocation_take.
#define hh_take(call, ...) hh_invocation_take((call), HH_VALUES(__VA_ARGS__))

// hh_give(invocation, value) gives the result of a host function; the numbers of a tuple are several
// values: see hh_invocation_give.
//
//     return hh_give(invocation, hh_str("Ada"));
#define hh_give(call, ...) hh_invocation_give((call), HH_VALUES(__VA_ARGS__))

#else // The same in C++.

template <class... Values>
inline hh_status hh_call(hh_func *func, Values... values)
{
    const hh_value list[] = {values...};
    return hh_func_call(func, list, sizeof...(values));
}

template <class... Values>
inline hh_status hh_take(hh_invocation *call, Values... values)
{
    const hh_value list[] = {values...};
    return hh_invocation_take(call, list, sizeof...(values));
}

template <class... Values>
inline hh_status hh_give(hh_invocation *call, Values... values)
{
    const hh_value list[] = {values...};
    return hh_invocation_give(call, list, sizeof...(values));
}

#endif

#endif // HOSTHEAP_BARE

#endif // HOSTHEAP_H
