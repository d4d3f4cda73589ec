//! What a plugin may import of malloc's family.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;

use hostheap_core::module::Member;

use crate::abi::abi;
use crate::boundary::{Text, answer, entry, put};
use crate::status::{Fail, hh_status};

/// `void *malloc(size_t size)`
pub const HH_FAMILY_MALLOC: u32 = 0;
/// `void free(void *p)`
pub const HH_FAMILY_FREE: u32 = 1;
/// `void *calloc(size_t count, size_t size)`
pub const HH_FAMILY_CALLOC: u32 = 2;
/// `void *realloc(void *p, size_t size)`
pub const HH_FAMILY_REALLOC: u32 = 3;
/// `void *reallocarray(void *p, size_t count, size_t size)`
pub const HH_FAMILY_REALLOCARRAY: u32 = 4;
/// `void *aligned_alloc(size_t align, size_t size)`
pub const HH_FAMILY_ALIGNED_ALLOC: u32 = 5;
/// `void *memalign(size_t align, size_t size)`
pub const HH_FAMILY_MEMALIGN: u32 = 6;
/// `int posix_memalign(void **out, size_t align, size_t size)`
pub const HH_FAMILY_POSIX_MEMALIGN: u32 = 7;
/// `size_t malloc_usable_size(void *p)`
pub const HH_FAMILY_MALLOC_USABLE_SIZE: u32 = 8;
/// The most parameters that a member has.
pub const HH_FAMILY_MAX_PARAMS: u32 = 3;
/// What `hh_family_find` answers for a name that is none of the family.
pub const HH_FAMILY_NONE: u32 = u32::MAX;

/// A function that plugins import from module "env", in place of their own allocator's.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_family_member {
    /// Its name in C and in the import. Static: never free it.
    name: *const c_char,
    /// How many parameters it has, each an i32 in wasm.
    params: u32,
    /// Whether it has a result, an i32 in wasm; `free` has none.
    has_result: bool,
}

abi!(hh_family_member: 16 { name: 0, params: 8, has_result: 12 });

/// The member of the family with this number.
pub(super) fn member(index: u32) -> Result<Member, Fail> {
    let member = usize::try_from(index).ok().and_then(|index| Member::ALL.get(index));
    member.copied().ok_or_else(|| {
        Fail::argument(format!(
            "{index} is no member of malloc's family: it has {}, numbered from 0",
            Member::ALL.len()
        ))
    })
}

/// How many members the family has. They are numbered from 0, as the HH_FAMILY_… constants are.
#[unsafe(no_mangle)]
pub extern "C" fn hh_family_count() -> u32 {
    answer(0, || u32::try_from(Member::ALL.len()).unwrap_or(0))
}

/// Describes a member, for a host that defines all of them in a loop. HH_ERR_ARGUMENT if there is none
/// with this number.
#[unsafe(no_mangle)]
pub extern "C" fn hh_family_at(
    index: u32,
    out: Option<&mut MaybeUninit<hh_family_member>>,
) -> hh_status {
    entry(|| {
        let member = member(index)?;
        let (params, has_result) = shape(member);
        put("out", out, hh_family_member { name: name(member).as_ptr(), params, has_result })
    })
}

/// The number of the member with this name; HH_FAMILY_NONE if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn hh_family_find(name: Text<'_>) -> u32 {
    answer(HH_FAMILY_NONE, || {
        let name = name.c_str().and_then(|name| name.to_str().ok());
        let index = name.and_then(|name| Member::ALL.iter().position(|it| it.name() == name));
        index.and_then(|index| u32::try_from(index).ok()).unwrap_or(HH_FAMILY_NONE)
    })
}

/// How many parameters a member has, and whether it has a result. (Its `FuncType` is made on the heap,
/// too slow for each call.)
pub(super) fn shape(member: Member) -> (u32, bool) {
    match member {
        Member::Free => (1, false),
        Member::Malloc | Member::UsableSize => (1, true),
        Member::ReallocArray | Member::PosixMemalign => (3, true),
        _ => (2, true),
    }
}

fn name(member: Member) -> &'static CStr {
    match member {
        Member::Malloc => c"malloc",
        Member::Free => c"free",
        Member::Calloc => c"calloc",
        Member::Realloc => c"realloc",
        Member::ReallocArray => c"reallocarray",
        Member::AlignedAlloc => c"aligned_alloc",
        Member::Memalign => c"memalign",
        Member::PosixMemalign => c"posix_memalign",
        Member::UsableSize => c"malloc_usable_size",
        _ => c"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_numbered_and_shaped_as_core_has_them() {
        for (index, member) in (0..).zip(Member::ALL) {
            assert_eq!(self::member(index).unwrap(), member);
            assert_eq!(name(member).to_str(), Ok(member.name()));
            let ty = member.func_type();
            assert_eq!(shape(member), (ty.params.len() as u32, !ty.results.is_empty()), "{member}");
        }
        let most = Member::ALL.into_iter().map(|member| shape(member).0).max();
        assert_eq!(most, Some(HH_FAMILY_MAX_PARAMS));
        assert_eq!(HH_FAMILY_MALLOC_USABLE_SIZE, hh_family_count() - 1);
        assert_eq!(member(HH_FAMILY_POSIX_MEMALIGN).unwrap(), Member::PosixMemalign);
        assert_eq!(member(9).unwrap_err().status, hh_status::HH_ERR_ARGUMENT);
    }
}
