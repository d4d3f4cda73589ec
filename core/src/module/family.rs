//! malloc and its family by the names that C libraries give them.

use core::fmt;

use crate::FuncType;
use crate::types::func_type;

/// A function of malloc's family.
///
/// ```
/// use hostheap_core::module::Member;
///
/// assert_eq!(Member::from_name("dlfree"), Some(Member::Free));
/// assert_eq!(Member::Calloc.func_type().to_string(), "(i32, i32) -> i32");
/// assert_eq!(Member::UsableSize.to_string(), "malloc_usable_size");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Member {
    /// `void *malloc(size_t size)`
    Malloc,
    /// `void free(void *p)`
    Free,
    /// `void *calloc(size_t count, size_t size)`
    Calloc,
    /// `void *realloc(void *p, size_t size)`
    Realloc,
    /// `void *reallocarray(void *p, size_t count, size_t size)`
    ReallocArray,
    /// `void *aligned_alloc(size_t align, size_t size)`
    AlignedAlloc,
    /// `void *memalign(size_t align, size_t size)`
    Memalign,
    /// `int posix_memalign(void **out, size_t align, size_t size)`
    PosixMemalign,
    /// `size_t malloc_usable_size(void *p)`
    UsableSize,
}

impl Member {
    /// All of them, in the order of [`imports::family`](crate::imports::family).
    pub const ALL: [Member; 9] = [
        Member::Malloc,
        Member::Free,
        Member::Calloc,
        Member::Realloc,
        Member::ReallocArray,
        Member::AlignedAlloc,
        Member::Memalign,
        Member::PosixMemalign,
        Member::UsableSize,
    ];

    /// The name in C, under which a host provides it.
    pub fn name(self) -> &'static str {
        match self {
            Member::Malloc => "malloc",
            Member::Free => "free",
            Member::Calloc => "calloc",
            Member::Realloc => "realloc",
            Member::ReallocArray => "reallocarray",
            Member::AlignedAlloc => "aligned_alloc",
            Member::Memalign => "memalign",
            Member::PosixMemalign => "posix_memalign",
            Member::UsableSize => "malloc_usable_size",
        }
    }

    /// Its type on wasm32.
    pub fn func_type(self) -> FuncType {
        match self {
            Member::Malloc | Member::UsableSize => func_type::<(i32,), i32>(),
            Member::Free => func_type::<(i32,), ()>(),
            Member::Calloc | Member::Realloc | Member::AlignedAlloc | Member::Memalign => {
                func_type::<(i32, i32), i32>()
            }
            Member::ReallocArray | Member::PosixMemalign => func_type::<(i32, i32, i32), i32>(),
        }
    }

    /// The member of exactly this name.
    ///
    /// ```
    /// use hostheap_core::module::Member;
    ///
    /// assert_eq!(Member::named("calloc"), Some(Member::Calloc));
    /// assert_eq!(Member::named("dlcalloc"), None);
    /// ```
    pub fn named(name: &str) -> Option<Member> {
        Member::ALL.into_iter().find(|member| member.name() == name)
    }

    /// The member that a C library means by a name: its own, or one of the further names that
    /// wasi-libc, musl, dlmalloc, Emscripten and Zig have for the same function.
    ///
    /// Sources: wasi-libc `dlmalloc/src/wrapper.c`, musl `src/malloc`, Emscripten
    /// `system/lib/dlmalloc.c`, `emmalloc.c`, Zig `lib/c/malloc.zig`.
    pub fn from_name(name: &str) -> Option<Member> {
        // Zig names its functions by their files.
        let name = name.strip_prefix("c.malloc.").unwrap_or(name);
        if let Some(member) = Member::named(name) {
            return Some(member);
        }
        Some(match name {
            "__libc_malloc"
            | "__libc_malloc_impl"
            | "__default_malloc"
            | "__simple_malloc"
            | "dlmalloc"
            | "emscripten_builtin_malloc"
            | "emmalloc_malloc" => Member::Malloc,
            "__libc_free" | "dlfree" | "emscripten_builtin_free" | "emmalloc_free" => Member::Free,
            "__libc_calloc" | "dlcalloc" | "emscripten_builtin_calloc" | "emmalloc_calloc" => {
                Member::Calloc
            }
            "__libc_realloc" | "dlrealloc" | "emscripten_builtin_realloc" | "emmalloc_realloc" => {
                Member::Realloc
            }
            "emmalloc_aligned_alloc" => Member::AlignedAlloc,
            "__libc_memalign"
            | "dlmemalign"
            | "emscripten_builtin_memalign"
            | "emmalloc_memalign" => Member::Memalign,
            "__posix_memalign" | "dlposix_memalign" | "emmalloc_posix_memalign" => {
                Member::PosixMemalign
            }
            "dlmalloc_usable_size" | "emmalloc_usable_size" => Member::UsableSize,
            _ => return None,
        })
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_what_the_host_provides() {
        let members = Member::ALL.map(|member| (member.name(), member.func_type()));
        assert_eq!(members, crate::imports::family());
    }

    #[test]
    fn every_name_leads_back() {
        for member in Member::ALL {
            assert_eq!(Member::from_name(member.name()), Some(member));
        }
        assert_eq!(Member::from_name("c.malloc.realloc"), Some(Member::Realloc));
        assert_eq!(Member::from_name("_malloc"), None);
        assert_eq!(Member::from_name("_Znwm"), None);
    }
}
