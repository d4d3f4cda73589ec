//! From an offset to what lies there.

use super::classes::Class;
use super::error::{InvalidKind, InvalidPointer};
use super::heap::Heap;
use super::map::{GRAIN, Run, UNIT, Unit};
use super::slabs::slot_position;
use super::stats::Block;
use super::storage::Storage;

/// Where a block is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A slot of a slab.
    Slot { class: Class, position: u32 },
    /// A run of its own.
    Run(Run),
}

impl Place {
    /// The block's size in bytes.
    #[inline]
    pub(super) fn size(self) -> u32 {
        match self {
            Place::Slot { class, .. } => class.size(),
            Place::Run(run) => run.len.wrapping_mul(UNIT),
        }
    }

    /// Where the block starts.
    #[inline]
    pub(super) fn position(self) -> u32 {
        match self {
            Place::Slot { position, .. } => position,
            Place::Run(run) => run.start.wrapping_mul(UNIT),
        }
    }
}

impl<S: Storage> Heap<S> {
    /// The size of the block that starts at `offset`, if it is one that
    /// [`free_cached`](Self::free_cached) would look at: live, of a class that is aligned to 16.
    #[inline]
    pub(crate) fn small_block(&self, offset: u32) -> Option<u32> {
        let position = self.runs.extent.last_position_of(offset)?;
        if !offset.is_multiple_of(GRAIN) || !self.tables.bits(position).0 {
            return None;
        }
        match self.tables.unit(position / UNIT) {
            Unit::Slab { class, .. } => (!class.is_odd()).then(|| class.size()),
            _ => None,
        }
    }

    /// How many bytes of a block may be used: at least as many as were asked for. NULL has none.
    ///
    /// # Errors
    /// The pointer is not the start of a live block.
    pub fn usable_size(&self, offset: u32) -> Result<u32, InvalidPointer> {
        if offset == 0 {
            return Ok(0);
        }
        let block = self.block_containing(offset).filter(|block| block.offset == offset);
        block.map(|block| block.size).ok_or_else(|| self.invalid(offset))
    }

    /// The live block that starts at `offset` and that its owner may free.
    pub(super) fn locate_own(&self, offset: u32) -> Result<Place, InvalidPointer> {
        let place = self.extent().position_of(&self.tables, offset).and_then(|position| {
            let place = self.place_at(position / UNIT, position)?;
            let own = place.position() == position && self.tables.bits(position).0;
            own.then_some(place)
        });
        place.ok_or_else(|| self.invalid(offset))
    }

    /// The slot or used run that a position lies in, whether or not it is a live block.
    pub(super) fn place_at(&self, unit: u32, position: u32) -> Option<Place> {
        if unit >= self.runs.wild() {
            return None;
        }
        match self.tables.unit(unit) {
            Unit::Slab { class, id } => {
                let at = position.wrapping_sub(self.tables.slab_unit(id) * UNIT);
                let slot = class.slot_at(at);
                // Behind the last slot there may be a rest.
                let inside = slot < self.tables.shape(id).slots;
                let position = position.wrapping_sub(at - slot * class.size());
                inside.then_some(Place::Slot { class, position })
            }
            Unit::Used { .. } | Unit::Back { .. } | Unit::Inside => {
                self.tables.run_containing(unit).map(Place::Run)
            }
            _ => None,
        }
    }

    /// The live block that contains the byte at `offset`, if one does.
    ///
    /// `offset + len` lies in the same block if it is at most [`Block::end`].
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 65536)?;
    /// let offset = heap.malloc(100)?;
    /// let block = heap.block_containing(offset + 99).expect("a live block");
    /// assert_eq!(block.offset, offset);
    /// heap.free(offset)?;
    /// assert_eq!(heap.block_containing(offset + 99), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn block_containing(&self, offset: u32) -> Option<Block> {
        let position = self.extent().position_of(&self.tables, offset)?;
        let place = self.place_at(position / UNIT, position)?;
        let start = offset.wrapping_sub(position.wrapping_sub(place.position()));
        let live = self.tables.bits(place.position()).0 || self.is_lent(start);
        live.then(|| Block { offset: start, size: place.size() })
    }

    /// All live blocks, by offset.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 65536)?;
    /// heap.malloc(100)?;
    /// for block in heap.blocks() {
    ///     println!("leaked: {} bytes at {:#x}", block.size, block.offset);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        Blocks { heap: self, unit: 0, slab: 0, slot: 0, slots: 0 }
    }

    #[cold]
    fn invalid(&self, offset: u32) -> InvalidPointer {
        InvalidPointer { offset, kind: self.what_lies_at(offset) }
    }

    fn what_lies_at(&self, offset: u32) -> InvalidKind {
        let at = u64::from(offset);
        if at < self.extent().base() {
            return InvalidKind::BelowHeap { base: self.base() };
        }
        if at >= self.top() {
            return InvalidKind::BeyondTop { top: self.top() };
        }
        if self.is_lent(offset) {
            return InvalidKind::Lent;
        }
        if let Some(block) = self.block_containing(offset) {
            return InvalidKind::Interior { block: block.offset, size: block.size };
        }
        match self.extent().position_of(&self.tables, offset) {
            Some(position) if position / UNIT < self.extent().units() => {
                // Blocks that are aligned to 8 leave no exact trace.
                let exact = position.is_multiple_of(GRAIN)
                    || self
                        .place_at(position / UNIT, position)
                        .is_some_and(|place| place.position() == position);
                match exact && self.tables.bits(position).1 {
                    true => InvalidKind::AlreadyFreed,
                    false => InvalidKind::NeverAllocated,
                }
            }
            _ if self.extent().holes() > 0 => InvalidKind::Foreign,
            _ => InvalidKind::NeverAllocated,
        }
    }
}

/// Goes through all live blocks by offset.
#[derive(Debug)]
struct Blocks<'a, S> {
    heap: &'a Heap<S>,
    /// The next unit to look at.
    unit: u32,
    /// The slab at hand, the next slot in it, and how many it has.
    slab: u32,
    slot: u32,
    slots: u32,
}

impl<S: Storage> Blocks<'_, S> {
    /// The block at a position, if it is live.
    fn live(&self, position: u32, size: u32) -> Option<Block> {
        let Heap { tables, runs, .. } = self.heap;
        let offset = runs.extent.offset_of(tables, position);
        let live = tables.bits(position).0 || self.heap.is_lent(offset);
        live.then_some(Block { offset, size })
    }
}

impl<S: Storage> Iterator for Blocks<'_, S> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let Heap { runs, tables, .. } = self.heap;
        loop {
            if self.slot < self.slots {
                let class = tables.shape(self.slab).class;
                let position = slot_position(tables, self.slab, class, self.slot);
                self.slot += 1;
                let block = self.live(position, class.size());
                if block.is_some() {
                    return block;
                }
                continue;
            }
            if self.unit >= runs.wild() {
                return None;
            }
            let unit = self.unit;
            match tables.unit(unit) {
                Unit::Used { len } => {
                    self.unit += len;
                    let size = Place::Run(Run::new(unit, len)).size();
                    let block = self.live(unit.wrapping_mul(UNIT), size);
                    if block.is_some() {
                        return block;
                    }
                }
                Unit::Slab { id, .. } => {
                    let shape = tables.shape(id);
                    self.unit += shape.units;
                    (self.slab, self.slot, self.slots) = (id, 0, shape.slots);
                }
                _ => self.unit += tables.free_run_at(unit).map_or(1, |run| run.len),
            }
        }
    }
}
