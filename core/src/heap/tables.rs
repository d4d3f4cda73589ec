//! The tables in a heap's storage.

use super::steps::Steps;
use super::storage::{Storage, StorageFull};

/// A table, in the order of the storage. The map comes last: it is the largest and grows most
/// often, and an index beyond it is beyond the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Parts of the heap before the last hole, two words each.
    Regions,
    /// Offsets of lent blocks.
    Lent,
    /// Blocks that the host keeps, by offset: two words each, the other being the generation.
    Kept,
    /// Positions of blocks whose reuse is delayed.
    Quarantine,
    /// Records of slabs.
    Slabs,
    /// What each unit and each possible block start is.
    Map,
}

const TABLES: usize = 6;

/// A storage and where its tables lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tables<S> {
    /// First word of each table; a table reaches to the next one at most.
    at: [u32; TABLES],
    /// Words in use.
    len: [u32; TABLES],
    storage: S,
    steps: Steps,
}

impl<S: Storage> Tables<S> {
    /// Empty tables.
    pub(super) const fn new(storage: S) -> Self {
        Tables { at: [0; TABLES], len: [0; TABLES], storage, steps: Steps::new() }
    }

    #[inline]
    pub(super) fn len(&self, table: Table) -> u32 {
        self.len[table as usize]
    }

    /// Host memory taken, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.storage.bytes()
    }

    /// Words read and written so far, in builds with debug assertions. Moving whole tables to make
    /// room for others does not count.
    pub(super) fn steps(&self) -> u64 {
        self.steps.total()
    }

    /// Reads a word. Beyond the storage, which no invariant allows, there are zeros.
    #[inline]
    pub(super) fn get(&self, table: Table, index: u32) -> u32 {
        debug_assert!(index < self.len(table), "word {index} of {table:?}");
        self.steps.count(1);
        let at = self.at[table as usize] as usize + index as usize;
        self.storage.words().get(at).copied().unwrap_or(0)
    }

    /// Writes a word. Beyond the storage, which no invariant allows, nothing happens.
    #[inline]
    pub(super) fn set(&mut self, table: Table, index: u32, word: u32) {
        debug_assert!(index < self.len(table), "word {index} of {table:?}");
        self.steps.count(1);
        let at = self.at[table as usize] as usize + index as usize;
        if let Some(place) = self.storage.words_mut().get_mut(at) {
            *place = word;
        }
    }

    /// Four words of the map, or `None` beyond its end. `index` counts fours.
    #[inline(always)]
    pub(super) fn map_chunk(&self, index: u32) -> Option<&[u32; 4]> {
        self.steps.count(1);
        let at = (self.at[Table::Map as usize] / 4 + index) as usize;
        self.storage.words().as_chunks().0.get(at)
    }

    /// Four words of the map, writable.
    #[inline(always)]
    pub(super) fn map_chunk_mut(&mut self, index: u32) -> Option<&mut [u32; 4]> {
        self.steps.count(1);
        let at = (self.at[Table::Map as usize] / 4 + index) as usize;
        self.storage.words_mut().as_chunks_mut().0.get_mut(at)
    }

    /// A table's words.
    pub(super) fn words(&self, table: Table) -> &[u32] {
        self.steps.count(self.len(table) as usize);
        let at = self.at[table as usize] as usize;
        self.storage.words().get(at..at + self.len(table) as usize).unwrap_or(&[])
    }

    /// Sets the words `from..to` of a table to zero.
    pub(super) fn clear(&mut self, table: Table, from: u32, to: u32) {
        self.steps.count(to.saturating_sub(from) as usize);
        let at = self.at[table as usize] as usize;
        if let Some(words) = self.storage.words_mut().get_mut(at + from as usize..at + to as usize)
        {
            words.fill(0);
        }
    }

    /// Makes a table shorter; it keeps its room.
    pub(super) fn truncate(&mut self, table: Table, len: u32) {
        let now = self.len(table);
        self.clear(table, len.min(now), now);
        self.len[table as usize] = len.min(now);
    }

    /// Makes room for `len` words in a table, so that growing to it cannot fail.
    pub(super) fn reserve(&mut self, table: Table, len: u32) -> Result<(), StorageFull> {
        let index = table as usize;
        let Some(&next) = self.at.get(index + 1) else {
            // The last table's room is the storage's own.
            return Ok(());
        };
        let room = next - self.at[index];
        if len <= room {
            return Ok(());
        }
        // All later tables move up. Growing by a part of the table keeps that rare.
        // The map stays at a multiple of four.
        let more = (len - room).max(room / 8).max(8);
        let more = more.checked_next_multiple_of(4).ok_or(StorageFull)?;
        let old_end = self.storage.words().len();
        u32::try_from(old_end + more as usize).map_err(|_| StorageFull)?;
        self.storage.grow(old_end + more as usize)?;
        let words = self.storage.words_mut();
        words.copy_within(next as usize..old_end, (next + more) as usize);
        words[next as usize..(next + more) as usize].fill(0);
        for at in &mut self.at[index + 1..] {
            *at += more;
        }
        Ok(())
    }

    /// Makes a table `len` words long, if it is shorter. New words are zero.
    pub(super) fn grow(&mut self, table: Table, len: u32) -> Result<(), StorageFull> {
        if len <= self.len(table) {
            return Ok(());
        }
        self.reserve(table, len)?;
        if table as usize == TABLES - 1 {
            let end = self.at[table as usize] as usize + len as usize;
            self.storage.grow(end)?;
        }
        self.len[table as usize] = len;
        Ok(())
    }

    /// Makes a gap of `count` words at `index`, which hold anything.
    pub(super) fn insert(
        &mut self,
        table: Table,
        index: u32,
        count: u32,
    ) -> Result<(), StorageFull> {
        let len = self.len(table);
        self.grow(table, len + count)?;
        let at = self.at[table as usize] as usize;
        let (from, to, end) =
            (at + index as usize, at + (index + count) as usize, at + len as usize);
        self.steps.count(end - from);
        self.storage.words_mut().copy_within(from..end, to);
        Ok(())
    }

    /// Takes `count` words at `index` out.
    pub(super) fn remove(&mut self, table: Table, index: u32, count: u32) {
        let len = self.len(table);
        let at = self.at[table as usize] as usize;
        let (to, from, end) =
            (at + index as usize, at + (index + count) as usize, at + len as usize);
        self.steps.count(end - from);
        self.storage.words_mut().copy_within(from..end, to);
        self.truncate(table, len - count);
    }

    /// Appends a word.
    pub(super) fn push(&mut self, table: Table, word: u32) -> Result<(), StorageFull> {
        let len = self.len(table);
        self.grow(table, len + 1)?;
        self.set(table, len, word);
        Ok(())
    }
}
