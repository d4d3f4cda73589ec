//! The family as a plugin calls it.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::imports;

use super::family::{member, shape};
use super::{failed, hh_heap, with};
use crate::boundary::{Array, entry, needed};
use crate::status::{Fail, hh_status};

/// Does what a member of the family does when a plugin calls it, so that one host function binds them
/// all: `arguments` are the call's, as many as `hh_family_member.params` says, and `*result` is what it
/// returns. `result` may be NULL for `free`, which returns nothing; it is 0 then.
///
/// C's rules hold towards the plugin: where there is no memory it gets NULL (or ENOMEM from
/// posix_memalign), and the status is HH_OK. Any other status is a reason to trap: HH_ERR_POINTER for
/// a free, realloc or malloc_usable_size of what is no live block, unless the heap ignores those;
/// HH_ERR_BOUNDS for a posix_memalign to a place outside memory.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_invoke(
    heap: Option<&hh_heap>,
    member: u32,
    arguments: Array<'_, u32>,
    count: usize,
    result: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let result = result.map(|place| place.write(0));
        let heap = needed("heap", heap)?;
        let member = self::member(member)?;
        let (params, has_result) = shape(member);
        if result.is_none() && has_result {
            return Err(Fail::null("result"));
        }
        let arguments = arguments.slice("arguments", count)?;
        if u32::try_from(count) != Ok(params) {
            return Err(Fail::argument(format!(
                "{member} has {params} parameters, and {count} arguments were given"
            )));
        }
        let answer = with(Some(heap), |inner| {
            imports::invoke(&mut inner.context()?, member, arguments).map_err(failed)
        })?;
        if let Some(result) = result {
            *result = answer;
        }
        Ok(())
    })
}
