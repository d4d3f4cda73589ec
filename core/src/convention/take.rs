//! Taking what a plugin returned: whose memory it is, whether it may be read, and freeing it.

use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;

use super::element::{self, Element};
use super::error::ConventionError;
use super::lift::LiftLimits;
use crate::allocate::HasHeap;
use crate::context::Context;
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// A pointer and a length that a plugin returned, or is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) offset: u32,
    /// In elements.
    pub(crate) len: u32,
}

impl Returned {
    /// From `offset << 32 | length`.
    #[inline]
    pub(crate) fn from_packed(packed: i64) -> Self {
        let packed = packed.cast_unsigned();
        Returned { offset: (packed >> 32) as u32, len: packed as u32 }
    }

    /// To `offset << 32 | length`.
    #[inline]
    pub(crate) fn to_packed(self) -> i64 {
        (u64::from(self.offset) << 32 | u64::from(self.len)).cast_signed()
    }

    /// From `struct { T *ptr; size_t len; }`.
    #[inline]
    pub(crate) fn from_struct([a, b, c, d, e, f, g, h]: [u8; 8]) -> Self {
        Returned { offset: u32::from_le_bytes([a, b, c, d]), len: u32::from_le_bytes([e, f, g, h]) }
    }

    /// To `struct { T *ptr; size_t len; }`.
    #[inline]
    pub(crate) fn to_struct(self) -> [u8; 8] {
        let mut pair = [0; 8];
        pair[..4].copy_from_slice(&self.offset.to_le_bytes());
        pair[4..].copy_from_slice(&self.len.to_le_bytes());
        pair
    }
}

/// What a pointer and a length of a plugin's become on the host.
pub trait FromPair: Sized {
    /// The C type of an element.
    const C_ELEMENT: &'static str;
    /// Bytes that an element takes.
    const SIZE: u32;

    /// Copies what a plugin returned, and frees its block.
    ///
    /// # Errors
    ///
    /// [`Error::Convention`](crate::Error::Convention) if it does not lie where it may, is too
    /// long, is misaligned or is no value of this type.
    fn take<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        offset: u32,
        len: u32,
    ) -> Result<Self>;
}

impl FromPair for String {
    const C_ELEMENT: &'static str = "char";
    const SIZE: u32 = 1;

    #[inline(always)]
    fn take<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        offset: u32,
        len: u32,
    ) -> Result<Self> {
        take(guest, offset, len.into(), |bytes| Ok(text(bytes, offset)?.into()))
    }
}

impl<E: Element> FromPair for Vec<E> {
    const C_ELEMENT: &'static str = E::C_NAME;
    const SIZE: u32 = element::size::<E>();

    #[inline(always)]
    fn take<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        offset: u32,
        len: u32,
    ) -> Result<Self> {
        let bytes = u64::from(len) * u64::from(Self::SIZE);
        take(guest, offset, bytes, |bytes| {
            if len > 0 {
                element::check_aligned::<E>(offset)?;
            }
            element::read_all(bytes, offset)
        })
    }
}

/// Copies returned bytes with `copy` and frees the block they lie in.
///
/// They must lie in one live block, which is freed as a whole; or in arguments that are lent to the
/// plugin, which their own calls free; or in static data.
#[inline(always)]
pub(crate) fn take<B: Runtime, T: Send + 'static, R>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    len: u64,
    copy: impl FnOnce(&[u8]) -> Result<R, ConventionError>,
) -> Result<R> {
    // Mostly it is a small block, whole: that costs one look at the heap.
    let small = guest.state_of_plugin().heap().small_block(offset);
    if small.is_some_and(|size| len <= size.into()) {
        let result = copy_out(guest, offset, len, copy);
        guest.free(offset)?;
        return result;
    }
    let (owned, end) = whose(guest, offset, len);
    let result = match end {
        Err(error) => Err(error.into()),
        Ok(()) => copy_out(guest, offset, len, copy),
    };
    // Also if the result was of no use: it was the host's, and nothing may leak.
    if let Some(block) = owned {
        guest.free(block)?;
    }
    result
}

#[inline(always)]
fn copy_out<B: Runtime, T: Send + 'static, R>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    len: u64,
    copy: impl FnOnce(&[u8]) -> Result<R, ConventionError>,
) -> Result<R> {
    let max = guest.state_of_plugin().max_transfer();
    match u32::try_from(len) {
        Ok(len) if len <= max => Ok(copy(guest.context().bytes(offset, len)?)?),
        _ => Err(ConventionError::TooLong { len, max }.into()),
    }
}

/// The same for a NUL-terminated string.
pub(crate) fn take_c_string<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
) -> Result<CString> {
    if offset == 0 {
        return Err(ConventionError::NullPointer { of: "char" }.into());
    }
    let (owned, end) = reach(guest, offset);
    let max = guest.state_of_plugin().max_transfer();
    let result = match end {
        None => Err(ConventionError::ResultNotInBlock { offset, len: 1 }.into()),
        Some(end) => copy_c_string(guest, offset, end, max),
    };
    if let Some(block) = owned {
        guest.free(block)?;
    }
    result
}

/// Copies the NUL-terminated string at `offset`, whose NUL must lie below `end`.
pub(crate) fn copy_c_string<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    end: u64,
    max: u32,
) -> Result<CString> {
    let limit = guest.state_of_plugin().max_transfer();
    let all = guest.context().memory()?;
    let end = end.min(all.len() as u64);
    // One more than may be copied, for the NUL.
    let searched = end.saturating_sub(offset.into()).min(u64::from(max) + 1);
    let bytes = all.get(offset as usize..(u64::from(offset) + searched) as usize).unwrap_or(&[]);
    match bytes.iter().position(|&byte| byte == 0) {
        Some(nul) => {
            let text = CString::new(&bytes[..nul]);
            text.map_err(|_| ConventionError::NotTerminated { offset, searched }.into())
        }
        None if searched > u64::from(max) => {
            // With what came before it: what is left of the limit is nobody's setting.
            Err(ConventionError::TooLong { len: searched, max: limit }.into())
        }
        None => Err(ConventionError::NotTerminated { offset, searched }.into()),
    }
}

/// The block that comes with returned bytes and is the host's to free, and whether the bytes lie
/// where they may.
fn whose<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    len: u64,
) -> (Option<u32>, Result<(), ConventionError>) {
    let end = u64::from(offset) + len;
    let elsewhere = ConventionError::ResultNotInBlock { offset, len };
    let state = guest.state_of_plugin();
    if state.is_legacy() {
        return whose_legacy(guest, offset, len);
    }
    let heap = state.heap();
    if let Some(block) = heap.block_containing(offset) {
        // An empty result may point anywhere; only at a block's own start does it hand it over.
        let owned = !heap.is_lent(block.offset) && (len > 0 || offset == block.offset);
        let lies_well = if end <= block.end() {
            Ok(())
        } else {
            let (block, size) = (block.offset, block.size);
            Err(ConventionError::ResultOverrunsBlock { offset, len, block, size })
        };
        return (owned.then_some(block.offset), lies_well);
    }
    let lies_well = if len == 0 {
        guest.context().memory_size().is_ok_and(|size| u64::from(offset) <= size)
    } else {
        let data = state.static_data();
        offset >= data.start && end <= u64::from(data.end)
    };
    (None, if lies_well { Ok(()) } else { Err(elsewhere) })
}

/// The same for a plugin with an allocator of its own, whose blocks nobody else knows: what is
/// neither static data nor lent is taken for the start of a block.
#[cold]
fn whose_legacy<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    len: u64,
) -> (Option<u32>, Result<(), ConventionError>) {
    let end = u64::from(offset) + len;
    let size = guest.context().memory_size().unwrap_or(0);
    let state = guest.state_of_plugin();
    let owned = offset != 0 && !state.static_data().contains(&offset) && !state.lends(offset);
    if end > size || (offset == 0 && len > 0) {
        return (None, Err(ConventionError::ResultNotInBlock { offset, len }));
    }
    (owned.then_some(offset), Ok(()))
}

/// The block that comes with a returned pointer, and the end of what it may point into.
fn reach<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
) -> (Option<u32>, Option<u64>) {
    let state = guest.state_of_plugin();
    if !state.is_legacy()
        && let Some(block) = state.heap().block_containing(offset)
    {
        let owned = !state.heap().is_lent(block.offset);
        return (owned.then_some(block.offset), Some(block.end()));
    }
    let data = state.static_data();
    if data.contains(&offset) {
        return (None, Some(data.end.into()));
    }
    if state.is_legacy() {
        let (owned, lies_well) = whose_legacy(guest, offset, 1);
        return (owned, lies_well.ok().map(|()| u64::MAX));
    }
    (None, None)
}

/// Text from bytes that lie at `offset` in linear memory.
#[inline]
pub(crate) fn text(bytes: &[u8], offset: u32) -> Result<&str, ConventionError> {
    core::str::from_utf8(bytes).map_err(|e| ConventionError::NotUtf8 {
        offset,
        len: bytes.len() as u32,
        valid_up_to: e.valid_up_to(),
    })
}

#[inline]
pub(crate) fn to_char(v: i32) -> Result<char, ConventionError> {
    let value = v.cast_unsigned();
    char::from_u32(value).ok_or(ConventionError::NotChar { value })
}
