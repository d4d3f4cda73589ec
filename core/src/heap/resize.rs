//! Changing a block's size: realloc.

use super::allocate::ALIGN;
use super::classes::Class;
use super::error::{AllocError, ReallocError};
use super::heap::Heap;
use super::lookup::Place;
use super::map::{Run, UNIT};
use super::stats::Realloc;
use super::storage::Storage;

impl<S: Storage> Heap<S> {
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
    /// As [`malloc`](Heap::malloc), or the pointer is [invalid](super::InvalidPointer). The block
    /// is live and unchanged then, and so is every other.
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
            Err(ReallocError::Invalid(_)) => self.counters.invalid(),
        }
        result
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
                if self.extend_run(run, size)? {
                    return Ok(in_place);
                }
            }
            // A copy is worth it if it gives back half or more.
            Place::Slot { class, .. } if size <= old => {
                let smaller = Class::for_size(size).filter(|to| to.size() <= class.size() / 2);
                let to = smaller.and_then(|smaller| self.allocate_exactly(smaller, size));
                let Some(to) = to else { return Ok(in_place) };
                self.release(place);
                return Ok(Realloc::Moved { from, to, copy_len: size });
            }
            Place::Slot { .. } => {}
        }
        let cached = self.malloc_cached(size);
        let to = match cached.map_or_else(|| self.allocate(ALIGN, size), Ok) {
            Ok(to) => to,
            Err(error) => return Err(self.cheaper_growth(place, size, error)),
        };
        self.release(place);
        Ok(Realloc::Moved { from, to, copy_len: old })
    }

    fn shrink_run(&mut self, run: Run, len: u32) {
        if len == run.len {
            return;
        }
        let kept = Run::new(run.start, len);
        self.tables.clear_used(run);
        self.tables.mark_used(kept);
        self.runs.release(&mut self.tables, Run::new(kept.end(), run.len - len));
        self.counters.shrunk((run.len - len).wrapping_mul(UNIT));
    }

    /// Extends a large block to `size` bytes, into free units behind it. Answers whether there were
    /// enough.
    fn extend_run(&mut self, run: Run, size: u32) -> Result<bool, AllocError> {
        let len = size.div_ceil(UNIT);
        let more = (len - run.len) * UNIT;
        self.counters.check_bytes(more.into())?;
        if !self.runs.take_at(&mut self.tables, run.end(), len - run.len) {
            return Ok(false);
        }
        self.tables.clear_used(run);
        self.tables.mark_used(Run::new(run.start, len));
        self.counters.grow(size - run.len * UNIT, more);
        Ok(true)
    }

    /// Why a block could not move; a block below the wilderness need not, once the memory grew.
    fn cheaper_growth(&self, place: Place, size: u32, error: AllocError) -> AllocError {
        match place {
            Place::Run(run) if run.end() == self.runs.wild() => {
                let len = size.div_ceil(UNIT);
                self.extent().shortage(&self.tables, &self.config, run.start, len, 1)
            }
            _ => error,
        }
    }
}
