//! Blocks that the plugin may use and not free.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::allocate;

use super::{failed, hh_heap, with};
use crate::boundary::{entry, vacant};
use crate::status::hh_status;

/// Allocates a block as `hh_heap_malloc` does, which the plugin cannot free or reallocate until it is
/// taken back: for the arguments of a call, which a plugin borrows. The latest that was lent is best
/// taken back first.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_lend(
    heap: Option<&hh_heap>,
    size: u32,
    out: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let out = vacant("out", out, 0)?;
        *out = with(heap, |inner| allocate::lend(&mut inner.context()?, size).map_err(failed))?;
        Ok(())
    })
}

/// Takes a lent block back, and frees it. Nothing happens if no block is lent at this offset, as after
/// a reset. Works with and without `hh_memory`.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_take_back(heap: Option<&hh_heap>, offset: u32) -> hh_status {
    entry(|| {
        with(heap, |inner| {
            match inner.memory {
                Some(_) => allocate::take_back(&mut inner.context()?, offset),
                None => inner.state.heap.take_back(offset),
            }
            Ok(())
        })
    })
}
