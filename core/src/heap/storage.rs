//! The heap's storage: one array of 32-bit words, cut into tables.
//!
//! Everything whose size depends on the guest lives here, addressed by index. Nothing in it is a
//! host address, so the array may be copied, moved, or lie in another memory altogether.

use alloc::vec::Vec;

/// Where a heap keeps its tables: an array of 32-bit words that can grow.
///
/// The array is all that a heap needs beside its own fixed-size fields, and both hold nothing but
/// integers that refer to each other by index. [`Heap`](super::Heap) uses a `Vec<u32>`; another
/// storage may have a fixed size, or be a view of memory that is shared with other code.
///
/// ```
/// use hostheap_core::heap::{Heap, HeapConfig, Storage, StorageFull};
///
/// /// Bookkeeping that never takes more than 32 KiB of host memory.
/// #[derive(Debug)]
/// struct Fixed {
///     words: [u32; 8192],
///     len: usize,
/// }
///
/// impl Storage for Fixed {
///     fn words(&self) -> &[u32] {
///         &self.words[..self.len]
///     }
///     fn words_mut(&mut self) -> &mut [u32] {
///         &mut self.words[..self.len]
///     }
///     fn grow(&mut self, len: usize) -> Result<(), StorageFull> {
///         if len > self.words.len() {
///             return Err(StorageFull);
///         }
///         self.len = self.len.max(len);
///         Ok(())
///     }
///     fn bytes(&self) -> u64 {
///         size_of_val(&self.words) as u64
///     }
/// }
///
/// let fixed = Fixed { words: [0; 8192], len: 0 };
/// let mut heap = Heap::in_storage(HeapConfig::new(1024), fixed);
/// heap.extend(1024, 65536)?;
/// let block = heap.malloc(100)?;
/// heap.free(block)?;
/// assert!(heap.extend(65536, 1 << 30).is_err(), "a table for a gigabyte does not fit");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Storage {
    /// The words there are.
    fn words(&self) -> &[u32];

    /// The words there are, writable.
    fn words_mut(&mut self) -> &mut [u32];

    /// Makes the array `len` words long, if it is shorter. New words are zero.
    ///
    /// # Errors
    /// There is no room; the array is as it was.
    fn grow(&mut self, len: usize) -> Result<(), StorageFull>;

    /// Host memory taken, in bytes.
    fn bytes(&self) -> u64;
}

/// A [`Storage`] has no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageFull;

impl core::fmt::Display for StorageFull {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the host has no memory left for the heap's bookkeeping")
    }
}

impl core::error::Error for StorageFull {}

impl Storage for Vec<u32> {
    #[inline]
    fn words(&self) -> &[u32] {
        self
    }

    #[inline]
    fn words_mut(&mut self) -> &mut [u32] {
        self
    }

    fn grow(&mut self, len: usize) -> Result<(), StorageFull> {
        if len > self.capacity() {
            // A little more than asked for: few reallocations, and little memory lies idle.
            // (`Vec` itself would double.)
            let goal = len.saturating_add(len / 32).saturating_add(32);
            self.try_reserve_exact(goal.saturating_sub(self.len())).map_err(|_| StorageFull)?;
        }
        if len > self.len() {
            self.resize(len, 0);
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.capacity() as u64 * 4
    }
}
