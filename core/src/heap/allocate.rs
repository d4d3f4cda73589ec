//! Handing out blocks: malloc, aligned_alloc, calloc.

use super::PAGE;
use super::classes::Class;
use super::error::AllocError;
use super::heap::Heap;
use super::map::UNIT;
use super::slabs::NoSlab;
use super::stats::Calloc;
use super::storage::Storage;

/// What every block is aligned to, unless its owner asks for less.
pub(super) const ALIGN: u32 = 16;

/// A class with fewer slots in use than this has no slab made for it while a slightly coarser one
/// has a slot available.
const BORROW_BELOW: u32 = 4;

impl<S: Storage> Heap<S> {
    /// Allocates a block of at least `size` bytes, aligned to 16.
    ///
    /// Zero bytes give a block of their own, which can be freed. The memory is not cleared.
    ///
    /// # Errors
    /// [`AllocError::NeedMemory`] asks for growth; the others mean that there is no such block.
    /// No block has changed in either case.
    #[inline]
    pub fn malloc(&mut self, size: u32) -> Result<u32, AllocError> {
        match self.malloc_cached(size) {
            Some(offset) => Ok(offset),
            None => self.malloc_uncached(size),
        }
    }

    /// `malloc` where the class's magazine is empty, or the block makes a new peak.
    #[inline(never)]
    pub(crate) fn malloc_uncached(&mut self, size: u32) -> Result<u32, AllocError> {
        if size <= self.counters.small_max() {
            let class = Class::for_small(size);
            if let Some(offset) = self.take_exactly(class, size) {
                return Ok(offset);
            }
        }
        self.aligned_alloc(ALIGN, size)
    }

    /// `malloc` as far as it gets without a look at the slabs: from the class's magazine.
    #[inline(always)]
    pub(crate) fn malloc_cached(&mut self, size: u32) -> Option<u32> {
        if size > self.counters.small_max() {
            return None;
        }
        let class = Class::for_small(size);
        let position = self.magazines.latest(class)?;
        let mut spot = self.tables.spot(position)?;
        if !self.counters.take_below_peak(size, class.size()) {
            return None;
        }
        spot.set_live();
        self.magazines.drop_latest(class);
        Some(self.extent().offset_of(&self.tables, position))
    }

    /// A slot from the class's magazine, if it has one and the quotas allow it.
    fn take_cached(&mut self, class: Class, size: u32) -> Option<u32> {
        let position = self.magazines.latest(class)?;
        if !self.counters.take(size, class.size()) {
            return None;
        }
        self.magazines.drop_latest(class);
        Some(self.start_to_live(position))
    }

    /// Allocates a block of at least `size` bytes, aligned to `align`, which is any power of two.
    /// The size need not be a multiple of it. An alignment of 8 or less may save 8 bytes.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 4 << 20)?;
    /// let offset = heap.aligned_alloc(1 << 20, 24)?;
    /// assert_eq!(offset % (1 << 20), 0);
    /// let offset = heap.aligned_alloc(8, 24)?;
    /// assert_eq!(heap.usable_size(offset)?, 24);
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

    /// Allocates a block of at least `count * size` bytes that the caller then zeroes, as far as
    /// they are not zero already.
    ///
    /// Memory that was in no block yet is zero, unless the plugin wrote where it has no business.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut memory = vec![0u8; 65536];
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, memory.len() as u64)?;
    /// let block = heap.calloc(10, 12)?;
    /// memory[block.offset as usize..][..block.len_to_zero as usize].fill(0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`malloc`](Heap::malloc); a product above 32 bits is [`AllocError::TooLarge`].
    #[inline]
    pub fn calloc(&mut self, count: u32, size: u32) -> Result<Calloc, AllocError> {
        match count.checked_mul(size).and_then(|bytes| self.calloc_cached(bytes)) {
            Some(block) => Ok(block),
            None => self.calloc_uncached(count, size),
        }
    }

    /// `calloc` from the magazine of the class. All of the block is to be cleared, because all of
    /// it may be used.
    #[inline(always)]
    pub(crate) fn calloc_cached(&mut self, bytes: u32) -> Option<Calloc> {
        let offset = self.malloc_cached(bytes)?;
        Some(Calloc { offset, len_to_zero: Class::for_small(bytes).size() })
    }

    #[inline(never)]
    fn calloc_uncached(&mut self, count: u32, size: u32) -> Result<Calloc, AllocError> {
        let requested = u64::from(count) * u64::from(size);
        let untouched = self.runs.untouched();
        let result = u32::try_from(requested)
            .map_err(|_| AllocError::TooLarge { requested, max: self.max_block() })
            .and_then(|bytes| self.allocate(ALIGN, bytes));
        match result {
            Ok(offset) => {
                let usable = self.usable_size(offset).unwrap_or(0);
                let used_before = match self.extent().unit_of(&self.tables, offset) {
                    Some(unit) => u64::from(untouched.saturating_sub(unit)) * u64::from(UNIT),
                    None => u64::MAX,
                };
                Ok(Calloc { offset, len_to_zero: u64::from(usable).min(used_before) as u32 })
            }
            Err(error) => {
                self.counters.refused(&error);
                Err(error)
            }
        }
    }

    pub(super) fn allocate(&mut self, align: u32, size: u32) -> Result<u32, AllocError> {
        if !align.is_power_of_two() {
            return Err(AllocError::BadAlignment { align });
        }
        let max = self.max_block();
        if u64::from(size) > max {
            return Err(AllocError::TooLarge { requested: size.into(), max });
        }
        let class = match align {
            ALIGN => Class::for_size(size),
            _ if align <= UNIT => Class::for_layout(align, size),
            _ => None,
        };
        let allocate = |this: &mut Self| match class {
            Some(class) => this.allocate_small(class, align, size),
            None => this.allocate_run(size, align.div_ceil(UNIT)),
        };
        // Before the heap reaches further up, and before memory grows or a request fails, whatever
        // was kept back is given up.
        self.runs.stay_below_fresh(self.is_worth_trimming());
        let first = match allocate(self) {
            Err(AllocError::NeedMemory { .. }) if self.runs.stays_below_fresh() => {
                self.trim();
                self.runs.stay_below_fresh(false);
                allocate(self)
            }
            first => first,
        };
        self.runs.stay_below_fresh(false);
        match first {
            Err(AllocError::NeedMemory { .. }) if self.trim() => allocate(self),
            Err(AllocError::OutOfMemory) if self.end_quarantine() | self.trim() => allocate(self),
            result => result,
        }
    }

    fn allocate_small(&mut self, class: Class, align: u32, size: u32) -> Result<u32, AllocError> {
        self.counters.check(class.size().into())?;
        if let Some(offset) = self.take_exactly(class, size) {
            return Ok(offset);
        }
        let slab = self.slab_for(class, align)?;
        // A borrowed slot is of another class.
        let class = self.tables.shape(slab).class;
        self.take_exactly(class, size).ok_or(AllocError::OutOfMemory)
    }

    /// A block of this class, if it has a slot at hand or in a slab, and the quotas allow it.
    fn take_exactly(&mut self, class: Class, size: u32) -> Option<u32> {
        if let Some(offset) = self.take_cached(class, size) {
            return Some(offset);
        }
        let slab = self.slabs.partial(class)?;
        self.take_from_slab(slab, class, size)
    }

    /// Takes the lowest slot of a slab that has one available, and fetches more into the class's
    /// magazine, which is empty. `None` if the quotas do not allow it.
    #[inline]
    fn take_from_slab(&mut self, slab: u32, class: Class, size: u32) -> Option<u32> {
        if !self.counters.take(size, class.size()) {
            return None;
        }
        let Heap { slabs, tables, magazines, config, random, .. } = self;
        let position = match config.hardening.is_on() {
            true => slabs.take_slot(tables, slab, class, Self::random(config, random)),
            false => {
                let more = magazines.refill(class, slabs.in_use(class));
                slabs.take_slots(tables, slab, class, more, |position| {
                    magazines.push(class, position);
                })
            }
        };
        Some(self.start_to_live(position))
    }

    /// A block of exactly this class, if there is one without growth.
    pub(super) fn allocate_exactly(&mut self, class: Class, size: u32) -> Option<u32> {
        if let Some(offset) = self.take_exactly(class, size) {
            return Some(offset);
        }
        self.counters.check(class.size().into()).ok()?;
        let Heap { slabs, tables, runs, config, random, .. } = self;
        slabs.open(tables, runs, class, Self::random(config, random)).ok()?;
        self.take_exactly(class, size)
    }

    /// A block that was counted starts to live. Answers its offset.
    #[inline]
    fn start_to_live(&mut self, position: u32) -> u32 {
        if let Some(mut spot) = self.tables.spot(position) {
            spot.set_live();
        }
        self.extent().offset_of(&self.tables, position)
    }

    /// A slab with an available slot for a class that has none.
    #[cold]
    fn slab_for(&mut self, class: Class, align: u32) -> Result<u32, AllocError> {
        if self.slabs.in_use(class) < BORROW_BELOW
            && let Some(slab) = self.coarser_slab(class, align, class.size() + class.size() / 4)
        {
            return Ok(slab);
        }
        let Heap { slabs, tables, runs, config, random, .. } = self;
        let random = Self::random(config, random);
        let shortage = match slabs.open(tables, runs, class, random) {
            Ok(slab) => return Ok(slab),
            Err(NoSlab::Host) => AllocError::OutOfMemory,
            Err(NoSlab::Units(len)) => self.shortage(len, 1),
        };
        // A slot that is too large is still better than none.
        match shortage {
            AllocError::OutOfMemory => self.coarser_slab(class, align, u32::MAX).ok_or(shortage),
            _ => Err(shortage),
        }
    }

    /// A slab with an available slot in a coarser class, of at most `limit` bytes.
    fn coarser_slab(&self, class: Class, align: u32, limit: u32) -> Option<u32> {
        class
            .coarser()
            .take_while(|coarser| coarser.size() <= limit)
            .filter(|coarser| coarser.size().is_multiple_of(align))
            .find_map(|coarser| {
                let slab = self.slabs.partial(coarser)?;
                self.counters.check(coarser.size().into()).is_ok().then_some(slab)
            })
    }

    fn allocate_run(&mut self, size: u32, align: u32) -> Result<u32, AllocError> {
        let len = size.max(1).div_ceil(UNIT);
        self.counters.check(u64::from(len) * u64::from(UNIT))?;
        let Heap { tables, runs, config, random, .. } = self;
        let Some(run) = runs.take(tables, len, align, Self::random(config, random)) else {
            return Err(self.shortage(len, align));
        };
        self.tables.mark_used(run);
        self.counters.take(size, len.wrapping_mul(UNIT));
        Ok(self.start_to_live(run.start.wrapping_mul(UNIT)))
    }

    /// What it takes to get a run from the wilderness.
    fn shortage(&self, len: u32, align: u32) -> AllocError {
        if self.runs.stays_below_fresh() {
            // Nobody sees this: there is another try.
            return AllocError::NeedMemory { min_bytes: PAGE, want_bytes: PAGE };
        }
        self.extent().shortage(&self.tables, &self.config, self.runs.wild(), len, align)
    }

    /// Whether so much was freed since the last trimming that another one would pay.
    fn is_worth_trimming(&self) -> bool {
        let freed = self.counters.freed().wrapping_sub(self.trimmed_at);
        freed >= 16 + u64::from(self.magazines.total_room())
    }

    /// Gives all slots in magazines, and the spare, back to their slabs. Answers whether there were
    /// any.
    fn trim(&mut self) -> bool {
        self.trimmed_at = self.counters.freed();
        let mut any = self.drop_spare();
        let Heap { magazines, slabs, tables, runs, .. } = self;
        for class in Class::all() {
            while let Some(position) = magazines.latest(class) {
                magazines.drop_latest(class);
                slabs.release_slot(tables, runs, position);
                any = true;
            }
        }
        any
    }
}
