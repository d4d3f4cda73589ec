//! What an instance's heap holds.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::MaybeUninit;

use hostheap_core::heap::Heap;

use super::instance::{hh_instance, shared};
use crate::boundary::{ArrayMut, entry, hh_string, vacant};
use crate::heap::blocks::{hh_heap_block, hh_heap_stats};
use crate::status::{Fail, hh_status};

/// Does something with the heap of an instance; a view of the memory may be open.
fn with(instance: Option<&hh_instance>, f: &mut dyn FnMut(&Heap)) -> Result<(), Fail> {
    shared(instance)?.ask(|guest| {
        guest.heap(f);
        Ok(())
    })
}

/// Reads the counters of a plugin's heap. All are 0 for a plugin that brings its own malloc.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_heap_stats(
    instance: Option<&hh_instance>,
    out: Option<&mut MaybeUninit<hh_heap_stats>>,
) -> hh_status {
    entry(|| {
        let place = vacant("out", out, hh_heap_stats::default())?;
        with(instance, &mut |heap| *place = heap.stats().into())
    })
}

/// Lists the live blocks of a plugin's heap by offset, such as what it has leaked: the first `max` of
/// them in `blocks`, and in `*count` how many there are, which may be more. With `max` 0 it only
/// counts, and `blocks` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_blocks(
    instance: Option<&hh_instance>,
    blocks: ArrayMut<'_, hh_heap_block>,
    max: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> hh_status {
    entry(|| {
        let count = vacant("count", count, 0)?;
        let mut room = blocks.room("blocks", max)?.iter_mut();
        with(instance, &mut |heap| {
            *count = heap.blocks().fold(0, |count: usize, block| {
                if let Some(place) = room.next() {
                    place.write(block.into());
                }
                count + 1
            });
        })
    })
}

/// Finds the live block that the byte at `offset` lies in. `*out` is all 0 if it lies in none, which is
/// no failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_block_at(
    instance: Option<&hh_instance>,
    offset: u32,
    out: Option<&mut MaybeUninit<hh_heap_block>>,
) -> hh_status {
    entry(|| {
        let place = vacant("out", out, hh_heap_block::default())?;
        with(instance, &mut |heap| {
            *place = heap.block_containing(offset).map(hh_heap_block::from).unwrap_or_default();
        })
    })
}

/// From which line of the plugin's source the live block at `offset` was asked for: its file to `*file`,
/// which is the caller's to free, and the line, from 1, to `*line`. No string and 0, which is no failure,
/// if the plugin did not say, if nobody wanted to know (hh_linker_call_sites), or if no live block starts
/// there.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_call_site(
    instance: Option<&hh_instance>,
    offset: u32,
    file: Option<&mut MaybeUninit<hh_string>>,
    line: Option<&mut MaybeUninit<u32>>,
) -> hh_status {
    entry(|| {
        let (file, line) = (vacant("file", file, hh_string::NONE)?, vacant("line", line, 0)?);
        shared(instance)?.ask(|guest| {
            if let Some(site) = guest.call_site(offset) {
                (*file, *line) = (hh_string::give(site.file), site.line);
            }
            Ok(())
        })
    })
}
