//! The heap itself: what it consists of, how it gets memory, and how it is emptied.

use alloc::vec::Vec;

use super::config::HeapConfig;
use super::counters::Counters;
use super::error::{AllocError, ExtendError};
use super::extent::Extent;
use super::hardening::Random;
use super::lent::Lent;
use super::magazines::Magazines;
use super::runs::Runs;
use super::slabs::Slabs;
use super::stats::HeapStats;
use super::storage::Storage;
use super::tables::Tables;

/// A heap for one linear memory. See the [module documentation](super) for how it works.
///
/// The heap never touches the memory: it deals in offsets, and the caller grows, zeroes and copies.
/// A heap is a value: clone it to keep its state. The same calls give the same offsets.
///
/// ```
/// use hostheap_core::heap::{AllocError, Heap, HeapConfig};
///
/// let mut memory = vec![0u8; 65536]; // one page; the heap base is 1024
/// let mut heap = Heap::new(HeapConfig::new(1024).max_memory(1 << 20));
/// heap.extend(1024, memory.len() as u64)?;
///
/// let offset = heap.malloc(100)?;
/// memory[offset as usize..][..100].fill(7);
/// heap.free(offset)?;
/// assert!(heap.free(offset).is_err()); // a double free is always found
///
/// // When it needs more memory, the heap says how much.
/// let Err(AllocError::NeedMemory { want_bytes, .. }) = heap.malloc(100_000) else { panic!() };
/// let before = memory.len() as u64;
/// memory.resize((before + want_bytes) as usize, 0);
/// heap.extend(before, before + want_bytes)?;
/// heap.malloc(100_000)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heap<S = Vec<u32>> {
    pub(super) counters: Counters,
    pub(super) magazines: Magazines,
    pub(super) tables: Tables<S>,
    pub(super) runs: Runs,
    pub(super) slabs: Slabs,
    pub(super) config: HeapConfig,
    /// Where the next entry of the quarantine goes, and how many bytes are in it.
    pub(super) quarantine: Ring,
    pub(super) random: Random,
    pub(super) lent: Lent,
    /// How many blocks had been freed when free places were last put together.
    pub(super) trimmed_at: u64,
}

/// A ring of entries in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ring {
    /// Index of the oldest entry.
    pub(super) first: u32,
    pub(super) count: u32,
    /// Bytes of all blocks in it.
    pub(super) bytes: u64,
}

impl Heap {
    /// A heap that owns no memory yet.
    pub fn new(config: HeapConfig) -> Heap {
        Heap::in_storage(config, Vec::new())
    }
}

impl<S: Storage> Heap<S> {
    /// A heap that owns no memory yet, with its bookkeeping in `storage`, which is empty.
    pub fn in_storage(config: HeapConfig, storage: S) -> Heap<S> {
        let runs = Runs::new(&config);
        let counters = Counters::new(&config, runs.extent.base());
        Heap {
            counters,
            magazines: Magazines::new(),
            tables: Tables::new(storage),
            runs,
            slabs: Slabs::new(),
            config,
            quarantine: Ring::default(),
            random: Random::new(config.hardening.placement_seed),
            lent: Lent::default(),
            trimmed_at: 0,
        }
    }

    /// Gives the heap the bytes of linear memory from `start` to `end`, exclusive.
    ///
    /// The first call brings what lies between the heap base and the size of the memory; each later
    /// one brings what a growth added. A `start` above the [top](Heap::top) means that somebody
    /// else grew the memory in between: the heap leaves that hole alone for ever. An empty range is
    /// fine and changes nothing. The bytes are taken to be zero, as linear memory is when it is
    /// new: a [`calloc`](Heap::calloc) relies on it until a byte was part of a block.
    ///
    /// # Errors
    /// The range is inverted, lies below the base or the top or above the limit, or the host has no
    /// memory for bookkeeping. Nothing has changed then.
    pub fn extend(&mut self, start: u64, end: u64) -> Result<(), ExtendError> {
        self.runs.extend(&mut self.tables, &self.config, start, end)
    }

    /// Counts a request as failed that asked for memory and did not get it.
    ///
    /// Whoever answers [`AllocError::NeedMemory`] calls this when the memory could not grow, after
    /// another try if there was [a quarantine](Heap::end_quarantine).
    pub fn growth_refused(&mut self) {
        self.counters.refused(&AllocError::OutOfMemory);
    }

    /// Frees every block in one go. The memory stays with the heap, and so do the peaks.
    ///
    /// It takes time in proportion to the memory that is in use, some 3 % of its bytes; a block
    /// that was live before is [already freed](super::InvalidKind::AlreadyFreed) after.
    pub fn reset(&mut self) {
        self.magazines.clear();
        self.slabs.reset(&mut self.tables);
        self.runs.reset(&mut self.tables);
        self.clear_lent();
        self.quarantine = Ring::default();
        self.random = Random::new(self.config.hardening.placement_seed);
        self.counters.all_given_back();
        self.trimmed_at = self.counters.freed();
    }

    /// What the heap holds and did so far.
    pub fn stats(&self) -> HeapStats {
        let metadata_bytes = self.tables.bytes() + size_of::<Self>() as u64;
        self.counters.stats(&self.runs, &self.tables, metadata_bytes)
    }

    /// Where the heap starts: the base it was given, rounded up to a multiple of 16.
    pub fn base(&self) -> u32 {
        u32::try_from(self.extent().base()).unwrap_or(self.config.base)
    }

    /// One past the last byte that the heap owns, or the base while it owns nothing.
    pub fn top(&self) -> u64 {
        self.extent().top()
    }

    /// What the heap was told when it was made.
    pub fn config(&self) -> &HeapConfig {
        &self.config
    }

    pub(super) fn extent(&self) -> &Extent {
        &self.runs.extent
    }

    /// The largest size that can be asked for.
    pub(super) fn max_block(&self) -> u64 {
        self.config.largest_block(self.extent().base())
    }

    /// The generator of random numbers, if placement is random.
    pub(super) fn random<'a>(
        config: &HeapConfig,
        random: &'a mut Random,
    ) -> Option<&'a mut Random> {
        (config.hardening.placement_seed != 0).then_some(random)
    }
}
