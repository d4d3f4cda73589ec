//! Linear memory by copy, and the plugin's globals.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::ffi::c_void;
use core::mem::MaybeUninit;

use super::instance::{hh_instance, shared};
use crate::boundary::{Array, ArrayMut, entry, hh_string, put, vacant};
use crate::status::{Fail, hh_status};

/// Reads `len` bytes of a plugin's memory at `offset` to `to`.
///
/// HH_ERR_BOUNDS unless all of them exist; `to` is untouched then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_read(
    instance: Option<&hh_instance>,
    offset: u32,
    to: ArrayMut<'_, c_void>,
    len: u32,
) -> hh_status {
    entry(|| {
        let shared = shared(instance)?;
        let to = to.bytes("to", len as usize)?;
        shared.with(|guest| {
            Ok(guest.bytes(offset, len, &mut |bytes| {
                to.write_copy_of_slice(bytes);
            })?)
        })
    })
}

/// Writes `len` bytes from `from` to a plugin's memory at `offset`.
///
/// HH_ERR_BOUNDS unless the memory has all of them; it is untouched then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_write(
    instance: Option<&hh_instance>,
    offset: u32,
    from: Array<'_, c_void>,
    len: u32,
) -> hh_status {
    entry(|| {
        let shared = shared(instance)?;
        let from = from.bytes("from", len as usize)?;
        shared.with(|guest| Ok(guest.bytes(offset, len, &mut |bytes| bytes.copy_from_slice(from))?))
    })
}

/// Sets `len` bytes of a plugin's memory at `offset` to `byte`.
///
/// HH_ERR_BOUNDS unless all of them exist; the memory is untouched then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_fill(
    instance: Option<&hh_instance>,
    offset: u32,
    byte: u8,
    len: u32,
) -> hh_status {
    entry(|| {
        shared(instance)?.with(|guest| Ok(guest.bytes(offset, len, &mut |bytes| bytes.fill(byte))?))
    })
}

/// Copies `len` bytes within a plugin's memory, as memmove does: the ranges may overlap.
///
/// HH_ERR_BOUNDS unless all of them exist; the memory is untouched then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_move(
    instance: Option<&hh_instance>,
    to: u32,
    from: u32,
    len: u32,
) -> hh_status {
    entry(|| shared(instance)?.with(|guest| Ok(guest.copy_within(from, to, len)?)))
}

/// The size of a plugin's memory in bytes: a multiple of 65536, up to 4 GiB. A plugin may grow it
/// whenever it runs.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_memory_size(
    instance: Option<&hh_instance>,
    size: Option<&mut MaybeUninit<u64>>,
) -> hh_status {
    entry(|| {
        let shared = shared(instance)?;
        let bytes = match shared.views().memory_size() {
            Some(bytes) => bytes,
            None => shared.ask(|guest| Ok(guest.memory_size()?))?,
        };
        put("size", size, bytes)
    })
}

/// Grows a plugin's memory by at least `bytes`, in whole pages of 65536, and gives its size before in
/// `*before` (may be NULL). The new bytes are the caller's: the plugin's heap takes only what it grew
/// itself, and grows by itself when it needs to.
///
/// HH_ERR_GROW if the memory's maximum or the host's memory do not allow it; nothing has changed then.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_memory_grow(
    instance: Option<&hh_instance>,
    bytes: u64,
    before: Option<&mut MaybeUninit<u64>>,
) -> hh_status {
    entry(|| {
        let size = shared(instance)?.with(|guest| Ok(guest.memory_grow(bytes)?))?;
        if let Some(before) = before {
            before.write(size);
        }
        Ok(())
    })
}

/// Reads `len` bytes at `offset` that the plugin gives away, and frees the block that they lie in, as
/// the convention does for a result: for plugins that return an offset and a length as plain
/// numbers. Static data is copied only.
///
/// `*bytes` is the caller's, who frees it by hh_string_free; none on failure. HH_ERR_CONVENTION if the
/// bytes lie neither in one live block nor in static data.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_take_bytes(
    instance: Option<&hh_instance>,
    offset: u32,
    len: u32,
    bytes: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    entry(|| {
        let place = vacant("bytes", bytes, hh_string::NONE)?;
        let taken = shared(instance)?.with(|guest| Ok(guest.take_bytes(offset, len)?))?;
        *place = hh_string::give(taken);
        Ok(())
    })
}

/// Reads the NUL-terminated text at `offset` of a plugin's memory: for `ptr` results and fields of
/// structs that are `char *` there. The plugin's bytes stay as they are.
///
/// `*text` is the caller's, who frees it by hh_string_free; none on failure, and for offset 0. It may
/// be anything but UTF-8. HH_ERR_BOUNDS if there is no NUL byte within `max` bytes or before the
/// memory's end.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_read_text(
    instance: Option<&hh_instance>,
    offset: u32,
    max: u32,
    text: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    entry(|| {
        let place = vacant("text", text, hh_string::NONE)?;
        let shared = shared(instance)?;
        if offset == 0 {
            return Ok(());
        }
        let found = shared.with(|guest| {
            let room = guest.memory_size()?.saturating_sub(offset.into()).min(max.into());
            let mut found = None;
            guest.bytes(offset, u32::try_from(room).unwrap_or(u32::MAX), &mut |bytes| {
                found = bytes.iter().position(|byte| *byte == 0).map(|end| bytes[..end].to_vec());
            })?;
            Ok(found)
        })?;
        let found = found.ok_or_else(|| {
            let message =
                format!("no NUL byte ends the text at offset {offset} within {max} bytes");
            Fail::new(hh_status::HH_ERR_BOUNDS, message)
        })?;
        *place = hh_string::give(found);
        Ok(())
    })
}
