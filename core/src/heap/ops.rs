//! The heap's operations.

use super::classes::Class;
use super::config::HeapConfig;
use super::error::{AllocError, ExtendError, InvalidPointer, ReallocError};
use super::extent::Extent;
use super::lent::Lent;
use super::lookup::Place;
use super::runs::Runs;
use super::slabs::{NoSlab, Slabs};
use super::stats::{Calloc, Counters, HeapStats, Realloc};
use super::units::{Run, UNIT};

/// Every block is aligned to this many bytes.
const ALIGN: u32 = 16;

/// A class with fewer live blocks than this has no slab made for it while a slightly coarser one
/// has a slot free.
const BORROW_BELOW: u32 = 4;

/// A heap for one linear memory. See the [module documentation](super) for how it works.
///
/// The heap never touches the memory: it deals in offsets, and the caller grows, zeroes and copies.
/// A heap is a value: clone it to take a snapshot. The same calls give the same offsets.
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
pub struct Heap {
    pub(super) config: HeapConfig,
    pub(super) runs: Runs,
    pub(super) slabs: Slabs,
    pub(super) counters: Counters,
    pub(super) lent: Lent,
}

impl Heap {
    /// A heap that owns no memory yet.
    pub fn new(config: HeapConfig) -> Heap {
        let counters = Counters::default();
        let (runs, slabs) = (Runs::new(&config), Slabs::new());
        Heap { config, runs, slabs, counters, lent: Lent::default() }
    }

    /// Gives the heap the bytes of linear memory from `start` to `end`, exclusive.
    ///
    /// The first call brings what lies between the heap base and the size of the memory; each later
    /// one brings what a growth added. A `start` above the [top](Heap::top) means that somebody
    /// else grew the memory in between: the heap leaves that hole alone for ever. An empty range is
    /// fine and changes nothing.
    ///
    /// # Errors
    /// The range is inverted, lies below the base or the top or above the limit, or the host has no
    /// memory for bookkeeping. Nothing has changed then.
    pub fn extend(&mut self, start: u64, end: u64) -> Result<(), ExtendError> {
        self.runs.extend(&self.config, start, end)
    }

    /// Counts a request as failed that asked for memory and did not get it.
    ///
    /// Whoever answers [`AllocError::NeedMemory`] calls this when the memory could not grow.
    pub fn growth_refused(&mut self) {
        self.counters.refused(&AllocError::OutOfMemory);
    }

    /// Allocates a block of at least `size` bytes, aligned to 16.
    ///
    /// Zero bytes give a block of their own, which can be freed. The memory is not cleared.
    ///
    /// # Errors
    /// [`AllocError::NeedMemory`] asks for growth; the others mean that there is no such block.
    /// Nothing has changed in either case.
    #[inline]
    pub fn malloc(&mut self, size: u32) -> Result<u32, AllocError> {
        self.aligned_alloc(ALIGN, size)
    }

    /// Allocates a block of at least `size` bytes, aligned to `align`, which is any power of two.
    /// The size need not be a multiple of it.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 4 << 20)?;
    /// let offset = heap.aligned_alloc(1 << 20, 24)?;
    /// assert_eq!(offset % (1 << 20), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`malloc`](Heap::malloc), and [`AllocError::BadAlignment`].
    pub fn aligned_alloc(&mut self, align: u32, size: u32) -> Result<u32, AllocError> {
        let result = self.allocate(align, size);
        if let Err(error) = &result {
            self.counters.refused(error);
        }
        result
    }

    /// Allocates a block of at least `count * size` bytes that the caller then zeroes.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut memory = vec![1u8; 65536];
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, memory.len() as u64)?;
    /// let block = heap.calloc(10, 12)?;
    /// memory[block.offset as usize..][..block.len_to_zero as usize].fill(0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`malloc`](Heap::malloc); a product above 32 bits is [`AllocError::TooLarge`].
    pub fn calloc(&mut self, count: u32, size: u32) -> Result<Calloc, AllocError> {
        let requested = u64::from(count) * u64::from(size);
        let result = u32::try_from(requested)
            .map_err(|_| AllocError::TooLarge { requested, max: self.max_block() })
            .and_then(|bytes| self.allocate(ALIGN, bytes));
        match result {
            // The guest may have written to memory that was in no block, so nothing is known to be
            // zero; and all of the block is cleared, because all of it may be used.
            Ok(offset) => Ok(Calloc { offset, len_to_zero: self.usable_size(offset).unwrap_or(0) }),
            Err(error) => {
                self.counters.refused(&error);
                Err(error)
            }
        }
    }

    /// Changes the size of a block; the caller copies if it [moved](Realloc::Moved).
    ///
    /// NULL gives a new block. A size of 0, for which C has no meaning, shrinks the block to the
    /// smallest: the pointer that comes back must be freed. Shrinking never fails. A block that
    /// moves is aligned to 16, whatever it was before, and for a moment it counts twice against the
    /// quotas, since both copies are there while the bytes are copied.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig, Realloc};
    /// # let mut memory = vec![1u8; 65536];
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, memory.len() as u64)?;
    /// let block = heap.malloc(20)?;
    /// let resized = heap.realloc(block, 500)?;
    /// if let Realloc::Moved { from, to, copy_len } = resized {
    ///     memory.copy_within(from as usize..(from + copy_len) as usize, to as usize);
    /// }
    /// heap.free(resized.offset())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`malloc`](Heap::malloc), or the pointer is [invalid](InvalidPointer). The block is live
    /// and unchanged then, and so is everything else.
    pub fn realloc(&mut self, offset: u32, size: u32) -> Result<Realloc, ReallocError> {
        let result = match offset {
            0 => self
                .allocate(ALIGN, size)
                .map(|offset| Realloc::InPlace { offset })
                .map_err(ReallocError::Alloc),
            _ => self
                .locate_own(offset)
                .map_err(ReallocError::Invalid)
                .and_then(|place| self.resize(offset, place, size).map_err(ReallocError::Alloc)),
        };
        match &result {
            Ok(_) => {}
            Err(ReallocError::Alloc(error)) => self.counters.refused(error),
            Err(ReallocError::Invalid(_)) => self.counters.invalid_frees += 1,
        }
        result
    }

    /// Frees a block. NULL is fine and does nothing.
    ///
    /// # Errors
    /// The pointer is not the start of a live block. That is certain, and nothing has changed.
    pub fn free(&mut self, offset: u32) -> Result<(), InvalidPointer> {
        if offset == 0 {
            return Ok(());
        }
        match self.locate_own(offset) {
            Ok(place) => {
                self.release(place);
                Ok(())
            }
            Err(error) => {
                self.counters.invalid_frees += 1;
                Err(error)
            }
        }
    }

    /// How many bytes of a block may be used: at least as many as were asked for. NULL has none.
    ///
    /// # Errors
    /// The pointer is not the start of a live block.
    pub fn usable_size(&self, offset: u32) -> Result<u32, InvalidPointer> {
        match offset {
            0 => Ok(0),
            _ => self.locate(offset).map(Place::size),
        }
    }

    /// Frees every block in one go. The memory stays with the heap, and so do the peaks.
    pub fn reset(&mut self) {
        self.slabs.reset();
        self.runs.reset();
        self.lent.clear();
        self.counters.freed += u64::from(self.counters.live_blocks);
        self.counters.live_blocks = 0;
        self.counters.live_bytes = 0;
    }

    /// What the heap holds and did so far.
    pub fn stats(&self) -> HeapStats {
        let extent = &self.runs.extent;
        let tables =
            self.runs.units.bytes() + extent.bytes() + self.slabs.bytes() + self.lent.bytes();
        self.counters.stats(extent, tables + size_of::<Heap>() as u64)
    }

    /// Where the heap starts: the base it was given, rounded up to a multiple of 16.
    pub fn base(&self) -> u32 {
        u32::try_from(self.extent().base()).unwrap_or(self.config.base)
    }

    /// One past the last byte that the heap owns, or the base while it owns nothing.
    pub fn top(&self) -> u64 {
        self.extent().top()
    }

    pub(super) fn extent(&self) -> &Extent {
        &self.runs.extent
    }

    /// The largest size that can be asked for.
    fn max_block(&self) -> u64 {
        let memory = self.config.max_memory.saturating_sub(self.extent().base());
        memory.min(self.config.max_block.into())
    }

    #[inline(always)]
    fn allocate(&mut self, align: u32, size: u32) -> Result<u32, AllocError> {
        if !align.is_power_of_two() {
            return Err(AllocError::BadAlignment { align });
        }
        let max = self.max_block();
        if u64::from(size) > max {
            return Err(AllocError::TooLarge { requested: size.into(), max });
        }
        let class = match align {
            1..=ALIGN => Class::for_size(size),
            _ if align <= UNIT => Class::for_layout(align, size),
            _ => None,
        };
        match class {
            Some(class) => self.allocate_small(class, align),
            None => self.allocate_run(size.max(1).div_ceil(UNIT), align.div_ceil(UNIT)),
        }
    }

    #[inline(always)]
    fn allocate_small(&mut self, class: Class, align: u32) -> Result<u32, AllocError> {
        self.admit(class.size().into())?;
        let slab = match self.slabs.partial(class) {
            Some(slab) => slab,
            None => self.slab_for(class, align)?,
        };
        Ok(self.take_slot(slab))
    }

    #[inline(always)]
    fn take_slot(&mut self, slab: u32) -> u32 {
        let size = self.slabs.shape(slab).class.size();
        let start = self.extent().offset_of(self.slabs.unit(slab));
        let slot = self.slabs.take_slot(slab);
        self.counters.taken(size.into());
        start.wrapping_add(slot * size)
    }

    /// A slab with a free slot for a class that has none.
    #[cold]
    fn slab_for(&mut self, class: Class, align: u32) -> Result<u32, AllocError> {
        if self.slabs.live_in(class) < BORROW_BELOW
            && let Some(slab) = self.coarser_slab(class, align, class.size() + class.size() / 4)
        {
            return Ok(slab);
        }
        let shortage = match self.slabs.open(&mut self.runs, class) {
            Ok(slab) => return Ok(slab),
            Err(NoSlab::Host) => AllocError::OutOfMemory,
            Err(NoSlab::Units(len)) => {
                self.extent().shortage(&self.config, self.runs.wild(), len, 1)
            }
        };
        // A slot that is too large is still better than none.
        match shortage {
            AllocError::OutOfMemory => self.coarser_slab(class, align, u32::MAX).ok_or(shortage),
            _ => Err(shortage),
        }
    }

    /// A slab with a free slot in a coarser class, of at most `limit` bytes.
    fn coarser_slab(&self, class: Class, align: u32, limit: u32) -> Option<u32> {
        class
            .and_coarser()
            .skip(1)
            .take_while(|coarser| coarser.size() <= limit)
            .filter(|coarser| coarser.size().is_multiple_of(align))
            .find_map(|coarser| {
                self.slabs.partial(coarser).filter(|_| self.admit(coarser.size().into()).is_ok())
            })
    }

    #[inline(never)]
    fn allocate_run(&mut self, len: u32, align: u32) -> Result<u32, AllocError> {
        let bytes = u64::from(len) * u64::from(UNIT);
        self.admit(bytes)?;
        let Some(run) = self.runs.take(len, align) else {
            return Err(self.extent().shortage(&self.config, self.runs.wild(), len, align));
        };
        self.runs.units.mark_used(run);
        self.counters.taken(bytes);
        Ok(self.extent().offset_of(run.start))
    }

    #[inline(always)]
    fn release(&mut self, place: Place) {
        match place {
            Place::Slot { slab, slot, .. } => {
                self.slabs.release_slot(&mut self.runs, slab, slot);
            }
            Place::Run(run) => {
                self.runs.units.clear_used(run);
                self.runs.release(run);
            }
        }
        self.counters.given_back(place.size().into());
    }

    fn resize(&mut self, from: u32, place: Place, size: u32) -> Result<Realloc, AllocError> {
        let max = self.max_block();
        let old = place.size();
        if size > old && u64::from(size) > max {
            return Err(AllocError::TooLarge { requested: size.into(), max });
        }
        let in_place = Realloc::InPlace { offset: from };
        match place {
            Place::Run(run) => {
                let len = size.max(1).div_ceil(UNIT);
                if len <= run.len {
                    self.shrink_run(run, len);
                    return Ok(in_place);
                }
                if self.extend_run(run, len)? {
                    return Ok(in_place);
                }
            }
            Place::Slot { class, .. } if size <= old => {
                let Some(to) = self.smaller_slot(class, size) else { return Ok(in_place) };
                self.release(place);
                return Ok(Realloc::Moved { from, to, copy_len: size });
            }
            Place::Slot { .. } => {}
        }
        let to = match self.allocate(ALIGN, size) {
            Ok(to) => to,
            Err(error) => return Err(self.cheaper_growth(place, size, error)),
        };
        self.release(place);
        Ok(Realloc::Moved { from, to, copy_len: old })
    }

    /// A slot for a small block that shrinks, if a copy is worth it: it gives back half or more.
    fn smaller_slot(&mut self, class: Class, size: u32) -> Option<u32> {
        let smaller = Class::for_size(size).filter(|to| to.size() <= class.size() / 2)?;
        self.admit(smaller.size().into()).ok()?;
        let slab = match self.slabs.partial(smaller) {
            Some(slab) => slab,
            None => self.slabs.open(&mut self.runs, smaller).ok()?,
        };
        Some(self.take_slot(slab))
    }

    fn shrink_run(&mut self, run: Run, len: u32) {
        if len == run.len {
            return;
        }
        let kept = Run::new(run.start, len);
        self.runs.units.clear_used(run);
        self.runs.units.mark_used(kept);
        self.runs.release(Run::new(kept.end(), run.len - len));
        self.counters.live_bytes -= u64::from(run.len - len) * u64::from(UNIT);
    }

    /// Extends a large block into free units behind it. Answers whether there were enough.
    fn extend_run(&mut self, run: Run, len: u32) -> Result<bool, AllocError> {
        let more = u64::from(len - run.len) * u64::from(UNIT);
        self.admit_bytes(more)?;
        if !self.runs.take_at(run.end(), len - run.len) {
            return Ok(false);
        }
        self.runs.units.clear_used(run);
        self.runs.units.mark_used(Run::new(run.start, len));
        self.counters.grown(more);
        Ok(true)
    }

    /// Why a block could not move; a block below the wilderness need not, once the memory grew.
    fn cheaper_growth(&self, place: Place, size: u32, error: AllocError) -> AllocError {
        match place {
            Place::Run(run) if run.end() == self.runs.wild() => {
                self.extent().shortage(&self.config, run.start, size.div_ceil(UNIT), 1)
            }
            _ => error,
        }
    }

    /// Checks the quotas for one more block.
    #[inline]
    fn admit(&self, bytes: u64) -> Result<(), AllocError> {
        let max = self.config.max_blocks;
        if self.counters.live_blocks >= max {
            return Err(AllocError::TooManyBlocks { max });
        }
        self.admit_bytes(bytes)
    }

    #[inline]
    fn admit_bytes(&self, requested: u64) -> Result<(), AllocError> {
        let (live, max) = (self.counters.live_bytes, self.config.max_live_bytes);
        match live.saturating_add(requested) <= max {
            true => Ok(()),
            false => Err(AllocError::QuotaExceeded { live, requested, max }),
        }
    }
}
