//! The one place where an offset and a length become a range.

use crate::error::OutOfBounds;
use core::ops::Range;

/// Bytes in a WebAssembly page.
///
/// Source: WebAssembly core specification 2.0, "Memory Instances".
pub const PAGE: u64 = 65536;

/// The bytes `offset .. offset + len` of a memory of `size` bytes.
///
/// # Errors
///
/// [`OutOfBounds`] unless `offset + len <= size`, computed without wrapping.
///
/// ```
/// use hostheap_core::memory::range;
/// assert_eq!(range(4, 4, 8), Ok(4..8));
/// assert_eq!(range(8, 0, 8), Ok(8..8)); // nothing at the end is fine
/// assert!(range(9, 0, 8).is_err());
/// assert!(range(u32::MAX, u32::MAX, 65536).is_err());
/// ```
#[inline]
pub fn range(offset: u32, len: u32, size: usize) -> Result<Range<usize>, OutOfBounds> {
    let end = u64::from(offset) + u64::from(len);
    if end <= size as u64 {
        // `end <= size` and `size` is a usize, so both fit.
        Ok(offset as usize..end as usize)
    } else {
        Err(OutOfBounds { offset: offset.into(), len: len.into(), size: size as u64 })
    }
}

/// The least number of whole pages that hold `bytes` bytes.
#[inline]
pub fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE)
}
