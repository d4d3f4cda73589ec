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
// handle is set to NULL, a string to none, and an offset to 0, so that nothing stands there that could
// be taken for a result. A place for a result need not be initialised.
//
// No pointer is NULL unless its function says that it may be; a NULL that is not allowed is
// HH_ERR_NULL. The library does not abort, exit or print, and it calls your functions only as said.
//
// Ownership
// ---------
// - What is passed to the library is read during the call and not kept, unless its function says so.
// - A handle (hh_engine *, hh_heap *, …) that a function gives is the caller's, who frees it by the
//   function of its type: hh_heap_free and so on. NULL is fine there. A second time is HH_ERR_HANDLE
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
//   another one is HH_ERR_THREAD.
// - A heap is used by one thread at a time; which one may change, as with any lock of yours.
// - Errors are kept for each thread.
//
// What you promise
// ----------------
// - Pointers point to what their type says, in the number that is said beside them, for as long as it is
//   said, and nobody changes it meanwhile.
// - Options structs are made by their …_default function, which sets struct_size: a program that was
//   compiled with an older header goes on working.
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
// it, never free it.
const char *hh_error_message(void);

// The status of the last call of this thread that failed; HH_OK if none did.
hh_status hh_error_status(void);

// The plugin's own code of the last failure, if that was HH_ERR_GUEST; otherwise 0.
int32_t hh_error_code(void);

// Why the plugin trapped, if the last failure was HH_ERR_TRAP; otherwise HH_TRAP_NONE.
hh_trap hh_error_trap(void);

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

// The options that apply where NULL is given.
hh_heap_options hh_heap_options_default(void);

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
// functions, and leaves growing, zeroing and copying to the caller.
//
// `*heap` is the caller's, who frees it by `hh_heap_free`; NULL on failure.
hh_status hh_heap_new(uint32_t base, const hh_heap_options *options, const hh_memory *memory,
    hh_heap **heap);

// Destroys a heap. The linear memory stays as it is. NULL is fine; a second time is HH_ERR_HANDLE,
// and HH_ERR_BUSY while one of its functions runs.
hh_status hh_heap_free(hh_heap *heap);

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
hh_status hh_heap_free_block(hh_heap *heap, uint32_t offset);

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
// `*snapshot` is the caller's, who frees it by `hh_heap_snapshot_free`; NULL on failure. It does not
// need the heap to live.
hh_status hh_heap_take_snapshot(hh_heap *heap, hh_heap_snapshot **snapshot);

// Goes back to a snapshot of this heap; the caller brings back the bytes of linear memory. What the
// heap was given since stays with it, as linear memory cannot shrink.
//
// HH_ERR_MISMATCH for a snapshot of a heap with another base or other limits; HH_ERR_BUSY while blocks
// are lent, or if some were when it was taken. Nothing has changed then.
hh_status hh_heap_restore(hh_heap *heap, const hh_heap_snapshot *snapshot);

// Frees a snapshot. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_heap_snapshot_free(hh_heap_snapshot *snapshot);

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
    // The most that it may have: 4 GiB if the module declares no maximum.
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
// HH_ERR_MODULE if it is no module, or one whose memory a host cannot manage.
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
// `*contract` is the caller's, who frees it by `hh_contract_free`; NULL on failure.
hh_status hh_contract_new(const char *name, hh_contract **contract);

// Makes a contract of the text of its file, which plugin authors can have as well. HH_ERR_ARGUMENT
// with line and column if the text is no contract.
//
// `*contract` is the caller's, who frees it by `hh_contract_free`; NULL on failure.
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
// `*report` is the caller's, who frees it by `hh_report_free`; NULL on failure.
hh_status hh_contract_check(hh_contract *contract, const uint8_t *wasm, size_t len,
    hh_report **report);

// A header in C for plugin authors: what they may import and must export.
//
// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_contract_header(hh_contract *contract, hh_string *out);

// The imports it allows, a name a line, for wasm-ld's --allow-undefined-file.
//
// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_contract_allow_file(hh_contract *contract, hh_string *out);

// The contract's file, which `hh_contract_from_toml` reads.
//
// `*out` is the caller's, who frees it by `hh_string_free`; none on failure.
hh_status hh_contract_to_toml(hh_contract *contract, hh_string *out);

// Frees a contract. NULL is fine; a second time is HH_ERR_HANDLE.
hh_status hh_contract_free(hh_contract *contract);

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
hh_status hh_report_free(hh_report *report);

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
    hh_contract *contract;
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

// The options that apply where NULL is given.
hh_load_options hh_load_options_default(void);

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

#ifdef __cplusplus
} // extern "C"
#endif

#endif // HOSTHEAP_H
