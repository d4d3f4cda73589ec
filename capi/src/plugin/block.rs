//! Blocks that the host keeps in a plugin's memory beyond a call.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::cell::Cell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;
use std::rc::Rc;

use hostheap_core::convention::GuestBlock;

use super::arguments::InUse;
use super::instance::{hh_instance, shared};
use super::shared::Shared;
use crate::boundary::thread::Bound;
use crate::boundary::{Array, ArrayMut, Handle, Owned, answer, entry, hand_out, needed, vacant};
use crate::status::{Fail, hh_status};

/// A block of a plugin's memory that the host keeps until it frees it. As an argument (hh_kept) it is a
/// pointer, which the plugin may store and use until then, and cannot free.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_block(Bound<Block>);

#[derive(Debug)]
struct Block {
    shared: Rc<Shared>,
    inner: GuestBlock,
    in_use: Cell<u32>,
}

impl Handle for hh_block {
    const NAME: &'static str = "hh_block";
}

impl hh_block {
    /// As an argument for `instance`, in use until the second is dropped.
    pub(crate) fn used(
        &self,
        what: &str,
        instance: &Rc<Shared>,
    ) -> Result<(&GuestBlock, InUse<'_>), Fail> {
        let block = self.0.get()?;
        block.shared.same(instance, what, Self::NAME)?;
        Ok((&block.inner, InUse::new(&block.in_use)))
    }
}

/// Copies `len` bytes from `data` into a block of the plugin's memory that the host keeps.
///
/// `*block` is the caller's, who frees it by hh_block_delete; NULL on failure. HH_ERR_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_keep(
    instance: Option<&hh_instance>,
    data: Array<'_, c_void>,
    len: u32,
    block: Option<&mut MaybeUninit<*mut hh_block>>,
) -> hh_status {
    entry(|| {
        let place = vacant("block", block, ptr::null_mut())?;
        let shared = shared(instance)?;
        let data = data.bytes("data", len as usize)?;
        let inner = shared.with(|guest| Ok(guest.keep(data)?))?;
        let block = Block { shared: shared.clone(), inner, in_use: Cell::new(0) };
        *place = hand_out(Box::new(hh_block(Bound::new(block))));
        Ok(())
    })
}

/// Where the block lies in the plugin's memory; 0 for NULL, and on another thread.
#[unsafe(no_mangle)]
pub extern "C" fn hh_block_offset(block: Option<&hh_block>) -> u32 {
    answer(0, || block.and_then(|block| block.0.get().ok()).map_or(0, |block| block.inner.offset()))
}

/// How many bytes it has; 0 for NULL, and on another thread.
#[unsafe(no_mangle)]
pub extern "C" fn hh_block_len(block: Option<&hh_block>) -> u32 {
    answer(0, || block.and_then(|block| block.0.get().ok()).map_or(0, |block| block.inner.size()))
}

/// Reads `len` bytes of a block, from its byte `at` on, to `to`. HH_ERR_BOUNDS unless it has them.
#[unsafe(no_mangle)]
pub extern "C" fn hh_block_read(
    block: Option<&hh_block>,
    at: u32,
    to: ArrayMut<'_, c_void>,
    len: u32,
) -> hh_status {
    entry(|| {
        let block = needed("block", block)?.0.get()?;
        let to = to.bytes("to", len as usize)?;
        block.bytes(at, len, &mut |bytes| {
            to.write_copy_of_slice(bytes);
        })
    })
}

/// Writes `len` bytes from `from` to a block, from its byte `at` on. HH_ERR_BOUNDS unless it has room
/// for them.
#[unsafe(no_mangle)]
pub extern "C" fn hh_block_write(
    block: Option<&hh_block>,
    at: u32,
    from: Array<'_, c_void>,
    len: u32,
) -> hh_status {
    entry(|| {
        let block = needed("block", block)?.0.get()?;
        let from = from.bytes("from", len as usize)?;
        block.bytes(at, len, &mut |bytes| bytes.copy_from_slice(from))
    })
}

impl Block {
    fn bytes(&self, at: u32, len: u32, f: &mut dyn FnMut(&mut [u8])) -> Result<(), Fail> {
        let end = u64::from(at) + u64::from(len);
        if end > self.inner.size().into() {
            let size = self.inner.size();
            let message = format!("access of {len} bytes at {at} of a block of {size} bytes");
            return Err(Fail::new(hh_status::HH_ERR_BOUNDS, message));
        }
        let range = at as usize..end as usize;
        self.shared
            .with(|guest| Ok(guest.kept(&self.inner, &mut |bytes| f(&mut bytes[range.clone()]))?))
    }
}

/// Makes the block the plugin's own, which frees it from now on, and frees the handle. `*offset` (may
/// be NULL) is where it lies. On failure the handle is as it was.
#[unsafe(no_mangle)]
pub extern "C" fn hh_block_give(
    block: Owned<hh_block>,
    offset: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let block = needed("block", block.take_if(|block| idle(block.0.get()?))?)?;
        // Asked before it is given, so that the handle is C's again, at the same address, where this
        // fails.
        let ask =
            |block: &Block| block.shared.with(|guest| Ok(guest.kept(&block.inner, &mut |_| {})?));
        if let Err(fail) = block.0.get().and_then(ask) {
            hand_out(block);
            return Err(fail);
        }
        let Block { shared, inner, .. } = block.0.into_inner()?;
        let given = shared.with(|guest| Ok(guest.give(inner)?))?;
        if let Some(offset) = offset {
            offset.write(given);
        }
        Ok(())
    })
}

/// Frees a block, and its bytes in the plugin's memory at once. NULL is fine; a second time is HH_ERR_HANDLE.
/// HH_ERR_BUSY while it is an argument of a call in progress, or while a view is open;
/// HH_ERR_THREAD on another thread than the instance's. After its instance was freed, this frees the
/// handle.
#[unsafe(no_mangle)]
pub extern "C" fn hh_block_delete(block: Owned<hh_block>) -> hh_status {
    entry(|| {
        let taken = block.take_if(|block| {
            let block = block.0.get()?;
            idle(block)?;
            block.shared.views().none_open()
        })?;
        let Some(block) = taken else { return Ok(()) };
        let Block { shared, inner, .. } = block.0.into_inner()?;
        let mut inner = Some(inner);
        // Where the plugin is not at hand, the block is freed when it is next used.
        let _ = shared.with(|guest| match inner.take() {
            Some(block) => Ok(guest.release(block)?),
            None => Ok(()),
        });
        Ok(())
    })
}

fn idle(block: &Block) -> Result<(), Fail> {
    match block.in_use.get() {
        0 => Ok(()),
        _ => Err(Fail::until_returned()),
    }
}
