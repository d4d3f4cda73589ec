//! The heap's storage: tables of 32-bit words, addressed by index.
//!
//! Everything whose size depends on the guest lives in one of these. Nothing in it is a host
//! address, so a table may be copied, moved, or be kept elsewhere.

use alloc::vec::Vec;

/// The host has no memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostMemory;

/// A growable table of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(Vec<u32>);

impl Words {
    pub(super) const fn new() -> Self {
        Words(Vec::new())
    }

    pub(super) fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// Reads a word. Past the end, which no invariant allows, there are zeros.
    #[inline]
    pub(super) fn get(&self, index: u32) -> u32 {
        debug_assert!(index < self.len(), "word {index} of {}", self.len());
        self.0.get(index as usize).copied().unwrap_or(0)
    }

    /// Writes a word. Past the end, which no invariant allows, nothing happens.
    #[inline]
    pub(super) fn set(&mut self, index: u32, word: u32) {
        debug_assert!(index < self.len(), "word {index} of {}", self.len());
        if let Some(place) = self.0.get_mut(index as usize) {
            *place = word;
        }
    }

    /// Makes room for a table of `len` words in all, so that growing to it cannot fail.
    pub(super) fn reserve(&mut self, len: u32) -> Result<(), HostMemory> {
        let len = len as usize;
        if len <= self.0.capacity() {
            return Ok(());
        }
        // A little more than asked for: few reallocations, and little memory lies idle. (`Vec`
        // itself would double.)
        let goal = len.saturating_add(len / 16).saturating_add(16);
        let more = goal.saturating_sub(self.0.len());
        self.0.try_reserve_exact(more).map_err(|_| HostMemory)
    }

    /// Grows the table with zeros to `len` words.
    pub(super) fn grow(&mut self, len: u32) -> Result<(), HostMemory> {
        self.reserve(len)?;
        if len > self.len() {
            self.0.resize(len as usize, 0);
        }
        Ok(())
    }

    /// Sets the first `len` words to zero.
    pub(super) fn clear(&mut self, len: u32) {
        if let Some(words) = self.0.get_mut(..len as usize) {
            words.fill(0);
        }
    }

    /// Makes the table empty. It keeps its room.
    pub(super) fn truncate(&mut self) {
        self.0.clear();
    }

    /// Host memory taken, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.0.capacity() as u64 * 4
    }
}
