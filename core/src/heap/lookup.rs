//! From an offset to what lies there.

use super::classes::Class;
use super::error::{InvalidKind, InvalidPointer};
use super::ops::Heap;
use super::stats::Block;
use super::units::{Run, UNIT, Unit};

/// Where a live block is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A slot of a slab.
    Slot { slab: u32, slot: u32, class: Class },
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
}

impl Heap {
    /// The live block that starts at `offset`.
    #[inline(always)]
    pub(super) fn locate(&self, offset: u32) -> Result<Place, InvalidPointer> {
        let place =
            self.extent().unit_of(offset).and_then(|unit| match self.runs.units.get(unit) {
                Unit::Slab { id } => self.slot(id, unit, offset).filter(|&(_, into)| into == 0),
                Unit::Used { len } if offset.is_multiple_of(UNIT) => {
                    Some((Place::Run(Run::new(unit, len)), 0))
                }
                _ => None,
            });
        match place {
            Some((place, _)) => Ok(place),
            None => Err(InvalidPointer { offset, kind: self.what_lies_at(offset) }),
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
        let unit = self.extent().unit_of(offset)?;
        match self.runs.units.get(unit) {
            Unit::Slab { id } => {
                let (place, into) = self.slot(id, unit, offset)?;
                Some(Block { offset: offset.wrapping_sub(into), size: place.size() })
            }
            Unit::Used { .. } | Unit::Back { .. } | Unit::Inside if unit < self.runs.wild() => {
                let run = self.runs.units.run_containing(unit)?;
                let size = Place::Run(run).size();
                Some(Block { offset: self.extent().offset_of(run.start), size })
            }
            _ => None,
        }
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
        Blocks::new(self)
    }

    /// The live slot of a slab that the byte at `offset`, in unit `unit`, belongs to, and how far
    /// into the slot it lies.
    #[inline(always)]
    fn slot(&self, slab: u32, unit: u32, offset: u32) -> Option<(Place, u32)> {
        let class = self.slabs.shape(slab).class;
        let at = unit.wrapping_sub(self.slabs.unit(slab)) * UNIT + offset % UNIT;
        let slot = class.slot_at(at);
        // Behind the last slot there may be a rest; its bits are never set.
        let live = self.slabs.live(slab).checked_shr(slot).unwrap_or(0) & 1 == 1;
        live.then(|| (Place::Slot { slab, slot, class }, at - slot * class.size()))
    }

    #[cold]
    fn what_lies_at(&self, offset: u32) -> InvalidKind {
        let at = u64::from(offset);
        if at < self.extent().base() {
            InvalidKind::BelowHeap { base: self.base() }
        } else if at >= self.top() {
            InvalidKind::BeyondTop { top: self.top() }
        } else if let Some(block) = self.block_containing(offset) {
            InvalidKind::Interior { block: block.offset, size: block.size }
        } else if self.extent().unit_of(offset).is_none() && self.extent().holes() > 0 {
            InvalidKind::Foreign
        } else {
            InvalidKind::NotLive
        }
    }
}

/// Goes through all live blocks by offset.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    heap: &'a Heap,
    /// The next unit to look at.
    unit: u32,
    /// The slab at hand, and its slots that are yet to come.
    slab: u32,
    slots: u64,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(heap: &'a Heap) -> Self {
        Blocks { heap, unit: 0, slab: 0, slots: 0 }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let Heap { runs, slabs, .. } = self.heap;
        loop {
            if self.slots != 0 {
                let slot = self.slots.trailing_zeros();
                self.slots &= self.slots - 1;
                let size = slabs.shape(self.slab).class.size();
                let start = runs.extent.offset_of(slabs.unit(self.slab));
                return Some(Block { offset: start.wrapping_add(slot * size), size });
            }
            if self.unit >= runs.wild() {
                return None;
            }
            let unit = self.unit;
            match runs.units.get(unit) {
                Unit::Used { len } => {
                    self.unit += len;
                    let size = Place::Run(Run::new(unit, len)).size();
                    return Some(Block { offset: runs.extent.offset_of(unit), size });
                }
                Unit::Slab { id } => {
                    self.unit += slabs.shape(id).units;
                    (self.slab, self.slots) = (id, slabs.live(id));
                }
                _ => self.unit += runs.units.free_run_at(unit).map_or(1, |run| run.len),
            }
        }
    }
}
