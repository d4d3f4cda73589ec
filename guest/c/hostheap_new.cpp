/*
 * hostheap_new.cpp: new and delete over the host's malloc. A plugin in C++
 * compiles it instead of hostheap.c, which it includes.
 *
 * Without a library (-ffreestanding) it is what gives a plugin new and delete,
 * in all their forms, and the few functions that compilers call for static
 * objects and virtual ones. With a library it replaces the library's new, whose
 * way to fail brings printf, and with it calls of WASI, into the plugin.
 *
 * new traps if there is no memory, as plugins have no exceptions;
 * new(std::nothrow) answers NULL.
 */
#include "hostheap.c"

#if HH_HOSTED || __has_include(<new>)
#include <new>
#endif

namespace {

void *allocate(size_t size)
{
    return malloc(size > 0 ? size : 1);
}

void *allocate(size_t size, std::align_val_t alignment)
{
    return aligned_alloc(static_cast<size_t>(alignment), size > 0 ? size : 1);
}

} // namespace

#define NOTHROW const std::nothrow_t &
#define ALIGNED std::align_val_t

void *operator new(size_t size) { return hh_must(allocate(size)); }
void *operator new[](size_t size) { return hh_must(allocate(size)); }
void *operator new(size_t size, NOTHROW) noexcept { return allocate(size); }
void *operator new[](size_t size, NOTHROW) noexcept { return allocate(size); }
void *operator new(size_t size, ALIGNED to) { return hh_must(allocate(size, to)); }
void *operator new[](size_t size, ALIGNED to) { return hh_must(allocate(size, to)); }
void *operator new(size_t size, ALIGNED to, NOTHROW) noexcept { return allocate(size, to); }
void *operator new[](size_t size, ALIGNED to, NOTHROW) noexcept { return allocate(size, to); }

void operator delete(void *block) noexcept { free(block); }
void operator delete[](void *block) noexcept { free(block); }
void operator delete(void *block, NOTHROW) noexcept { free(block); }
void operator delete[](void *block, NOTHROW) noexcept { free(block); }
void operator delete(void *block, size_t) noexcept { free(block); }
void operator delete[](void *block, size_t) noexcept { free(block); }
void operator delete(void *block, ALIGNED) noexcept { free(block); }
void operator delete[](void *block, ALIGNED) noexcept { free(block); }
void operator delete(void *block, ALIGNED, NOTHROW) noexcept { free(block); }
void operator delete[](void *block, ALIGNED, NOTHROW) noexcept { free(block); }
void operator delete(void *block, size_t, ALIGNED) noexcept { free(block); }
void operator delete[](void *block, size_t, ALIGNED) noexcept { free(block); }

#if HH_HOSTED && __has_include(<__verbose_abort>)

/* What libc++ calls in place of an exception, such as for a string that gets too
   long. Its own prints. Whether it is noexcept depends on the version. */
#include <__verbose_abort>
[[noreturn]] void std::__libcpp_verbose_abort(const char *, ...)
    noexcept(noexcept(std::__libcpp_verbose_abort("")))
{
    __builtin_trap();
}

#endif

#if !HH_HOSTED

/* Weak: a plugin, or a library linked with it, may have its own. */
#define RUNTIME extern "C" __attribute__((weak))

#if !__has_include(<new>)
namespace std {
__attribute__((weak)) extern const nothrow_t nothrow{};
}
#endif

/* A virtual function without a body was called. */
RUNTIME void __cxa_pure_virtual(void) { __builtin_trap(); }

/* Static objects of functions are made at the first call. Plugins have no
   threads; the first byte says that one was made. */
RUNTIME int __cxa_guard_acquire(unsigned char *guard) { return *guard == 0; }
RUNTIME void __cxa_guard_release(unsigned char *guard) { *guard = 1; }
RUNTIME void __cxa_guard_abort(unsigned char *) {}

/* Static objects are not destroyed: a plugin's end is its memory's. */
RUNTIME int __cxa_atexit(void (*)(void *), void *, void *) { return 0; }
RUNTIME void *__dso_handle = nullptr;

#endif
