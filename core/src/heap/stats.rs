//! What a heap reports about itself, and what its operations answer.

use alloc::vec::Vec;

use super::classes::Class;
use super::heap::Heap;
use super::lookup::Place;
use super::map::{UNIT, Unit};
use super::storage::Storage;

/// A heap's counters. Block bytes are [usable sizes](super::Heap::usable_size), so that the sums
/// are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapStats {
    /// Bytes in live blocks.
    pub live_bytes: u64,
    /// Blocks live now.
    pub live_blocks: u32,
    /// The most bytes that were ever live at once.
    pub peak_bytes: u64,
    /// The most blocks that were ever live at once.
    pub peak_blocks: u32,
    /// Blocks handed out so far, by whichever operation.
    pub allocated: u64,
    /// Blocks taken back so far, those of a reset included.
    pub freed: u64,
    /// Bytes asked for so far, by whichever operation that gave a block.
    pub requested_bytes: u64,
    /// Usable bytes that were given for them: the difference is what rounding costs.
    pub granted_bytes: u64,
    /// Requests refused so far, those included for which the memory could not grow
    /// ([`Heap::growth_refused`](super::Heap::growth_refused)).
    pub failed: u64,
    /// Frees and reallocs of something that was not a live block.
    pub invalid_frees: u64,
    /// Bytes of linear memory that the heap owns.
    pub owned_bytes: u64,
    /// Bytes between the heap's base and its top that it does not own.
    pub hole_bytes: u64,
    /// One past the last byte that was ever in use: how far the heap really needed to reach.
    pub touched_top: u64,
    /// One past the heap's last byte.
    pub top: u64,
    /// Bytes of host memory that bookkeeping takes.
    pub metadata_bytes: u64,
}

/// A live block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Where it starts.
    pub offset: u32,
    /// Its usable size in bytes.
    pub size: u32,
}

impl Block {
    /// One past the last byte; up to 4 GiB, which no offset can hold.
    pub fn end(self) -> u64 {
        u64::from(self.offset) + u64::from(self.size)
    }
}

/// What [`Heap::calloc`](super::Heap::calloc) allocated. The memory is zero once the caller has
/// written `len_to_zero` zeros at `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the block holds old bytes until the caller has zeroed them"]
pub struct Calloc {
    /// Where the block starts.
    pub offset: u32,
    /// How many bytes the caller has to set to zero, from the start of the block.
    pub len_to_zero: u32,
}

/// What became of a block in [`Heap::realloc`](super::Heap::realloc).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a moved block has its bytes only after the caller has copied them"]
pub enum Realloc {
    /// The block is where it was, or is a new one made from NULL; there is nothing to copy.
    InPlace {
        /// Where the block starts.
        offset: u32,
    },
    /// The block moved: the caller copies `copy_len` bytes from `from` to `to`. The two do not
    /// overlap. The old block is free already, so copy before the next operation.
    Moved {
        /// Where the block was.
        from: u32,
        /// Where it is now.
        to: u32,
        /// How many bytes to copy.
        copy_len: u32,
    },
}

impl Realloc {
    /// Where the block starts now.
    pub fn offset(self) -> u32 {
        match self {
            Realloc::InPlace { offset } => offset,
            Realloc::Moved { to, .. } => to,
        }
    }
}

/// How one size class of small blocks is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassStats {
    /// Size of the class's blocks in bytes.
    pub block_size: u32,
    /// Live blocks.
    pub live: u32,
    /// Free slots in slabs and at hand, which only blocks of this class fit (and smaller ones that
    /// find no other place).
    pub free: u32,
    /// Blocks whose reuse is delayed.
    pub quarantined: u32,
    /// Bytes of linear memory in the class's slabs.
    pub slab_bytes: u64,
}

impl<S: Storage> Heap<S> {
    /// How the size classes that have slabs are used. Goes through all slabs.
    ///
    /// ```
    /// # use hostheap_core::heap::{Heap, HeapConfig};
    /// # let mut heap = Heap::new(HeapConfig::new(1024));
    /// # heap.extend(1024, 65536)?;
    /// heap.malloc(40)?;
    /// let classes = heap.classes();
    /// assert_eq!((classes[0].block_size, classes[0].live), (48, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn classes(&self) -> Vec<ClassStats> {
        let mut classes: Vec<ClassStats> = Class::all()
            .map(|class| ClassStats {
                block_size: class.size(),
                live: self.slabs.in_use(class),
                free: 0,
                quarantined: 0,
                slab_bytes: 0,
            })
            .collect();
        let mut unit = 0;
        while unit < self.runs.wild() {
            let len = match self.tables.unit(unit) {
                Unit::Slab { class, id } => {
                    let stats = &mut classes[class.index()];
                    let shape = self.tables.shape(id);
                    stats.slab_bytes += u64::from(shape.units) * u64::from(UNIT);
                    stats.free += self.tables.available(id).count_ones();
                    shape.units
                }
                Unit::Used { len } => len,
                _ => self.tables.free_run_at(unit).map_or(1, |run| run.len),
            };
            unit += len;
        }
        let spare = self.idle_spare().map(|(class, _)| class);
        for class in Class::all() {
            let stats = &mut classes[class.index()];
            let spare = u32::from(spare == Some(class));
            let at_hand = self.magazines.slots(class).len() as u32 + spare;
            stats.live -= at_hand;
            stats.free += at_hand;
        }
        for place in self.quarantined() {
            if let Place::Slot { class, .. } = place {
                classes[class.index()].live -= 1;
                classes[class.index()].quarantined += 1;
            }
        }
        classes.retain(|class| class.slab_bytes > 0);
        classes.sort_by_key(|class| class.block_size);
        classes
    }
}
