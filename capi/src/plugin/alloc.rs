//! malloc and its family, on the plugin's heap, from the host.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use super::instance::{hh_instance, shared};
use super::shared::Shared;
use crate::boundary::{entry, vacant};
use crate::status::{Fail, hh_status};

/// A new block of the plugin's heap, as its own malloc would give: `size` bytes at a multiple of 16,
/// whose content is anything. Whoever is told of it frees it. In a plugin that brings its own malloc,
/// this calls it.
///
/// `*offset` is where it lies in the plugin's memory; 0 on failure. HH_ERR_MEMORY if there is no more
/// memory, or past a limit.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_malloc(
    instance: Option<&hh_instance>,
    size: u32,
    offset: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let place = vacant("offset", offset, 0)?;
        *place = shared(instance)?.with(|guest| Ok(guest.malloc(size)?))?;
        Ok(())
    })
}

/// The same for `count * size` bytes that are zero.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_calloc(
    instance: Option<&hh_instance>,
    count: u32,
    size: u32,
    offset: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let place = vacant("offset", offset, 0)?;
        let shared = shared(instance)?;
        *place = shared.with(|guest| {
            if !shared.has_own_allocator() {
                return Ok(guest.calloc(count, size)?);
            }
            let bytes = count.checked_mul(size).ok_or_else(|| {
                let message = format!("{count} times {size} bytes are more than a memory has");
                Fail::new(hh_status::HH_ERR_MEMORY, message)
            })?;
            let offset = guest.malloc(bytes)?;
            guest.bytes(offset, bytes, &mut |bytes| bytes.fill(0))?;
            Ok(offset)
        })?;
        Ok(())
    })
}

/// The same as hh_instance_malloc at a multiple of `align`, a power of two. HH_ERR_UNSUPPORTED in a
/// plugin that brings its own malloc.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_aligned_alloc(
    instance: Option<&hh_instance>,
    align: u32,
    size: u32,
    offset: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let place = vacant("offset", offset, 0)?;
        let shared = shared(instance)?;
        on_our_heap(shared, "aligned_alloc")?;
        *place = shared.with(|guest| Ok(guest.aligned_alloc(align, size)?))?;
        Ok(())
    })
}

/// Gives the block at `offset` another size, and moves it with its bytes if need be: `*moved` is where
/// it is then. An `offset` of 0 is a new block.
///
/// `*moved` is 0 on failure, and the block as it was: HH_ERR_MEMORY; HH_ERR_POINTER unless `offset` is
/// the start of a live block; HH_ERR_UNSUPPORTED in a plugin that brings its own malloc.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_realloc(
    instance: Option<&hh_instance>,
    offset: u32,
    size: u32,
    moved: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let place = vacant("moved", moved, 0)?;
        let shared = shared(instance)?;
        on_our_heap(shared, "realloc")?;
        *place = shared.with(|guest| Ok(guest.realloc(offset, size)?))?;
        Ok(())
    })
}

/// Frees a block, as the plugin's own free would; 0 is nothing.
///
/// HH_ERR_POINTER unless `offset` is the start of a live block, also for one that a call in progress
/// lent or that the host keeps; nothing has changed then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_free(instance: Option<&hh_instance>, offset: u32) -> hh_status {
    entry(|| shared(instance)?.with(|guest| Ok(guest.free(offset)?)))
}

/// The bytes that the block at `offset` has room for, at least as many as were asked for; 0 for 0.
///
/// HH_ERR_POINTER unless `offset` is the start of a live block; HH_ERR_UNSUPPORTED in a plugin that
/// brings its own malloc.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_usable_size(
    instance: Option<&hh_instance>,
    offset: u32,
    size: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let place = vacant("size", size, 0)?;
        let shared = shared(instance)?;
        on_our_heap(shared, "malloc_usable_size")?;
        *place = shared.ask(|guest| Ok(guest.usable_size(offset)?))?;
        Ok(())
    })
}

fn on_our_heap(shared: &Shared, what: &str) -> Result<(), Fail> {
    if !shared.has_own_allocator() {
        return Ok(());
    }
    let message = format!(
        "this plugin brings its own malloc and free, and the host knows no {what} of it: let the \
         plugin import malloc, or call an export of its own"
    );
    Err(Fail::new(hh_status::HH_ERR_UNSUPPORTED, message))
}
