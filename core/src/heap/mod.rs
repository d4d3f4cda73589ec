//! The allocator: `malloc` and its family over offsets into a linear memory.
//!
//! A [`Heap`] decides where blocks lie. It never reads or writes the memory, so whatever a plugin
//! does to its bytes, it cannot mislead the heap: an offset that is not exactly the start of a live
//! block is recognised with certainty. Growing, zeroing and copying are the caller's part.
//!
//! # How it works
//!
//! The memory is cut into units of 256 bytes. The *map* has a word for each, and two bits for every
//! 16 bytes: *live*, a block starts here, and *seen*, one ever did.
//!
//! ```text
//! linear memory   | data, stack |slab of 48 |  large block   | free run |slab|  wilderness |
//!                 0             base                                                      top
//! unit words                    |S S S|U . B . B . . .|N P L . L|S S|0 0 0 0|
//!                                |     |               |         wild
//!                    +-----------+     +- its length   +- links of its bin
//!                    v
//! slab records    | unit, slots, units, class, next, prev, available slots | ...
//! magazines       | a few free slots at hand, for each class
//! ```
//!
//! - A *small* block, up to 2048 bytes, is a slot in a slab: a run of units cut into slots of one
//!   of 47 size classes. Most come from the class's *magazine* and go back to it, with no look at
//!   the slab; slots move between the two several at a time.
//! - A *large* block is a run of units of its own.
//! - Free runs lie in bins by length, two levels with bitmaps as in TLSF, linked through the unit
//!   words; neighbours join at once. The *wilderness* is the free run at the top: it is in no bin,
//!   is used last, and grows with the memory.
//! - When nothing fits, the answer is [`AllocError::NeedMemory`]: the caller grows the memory,
//!   calls [`Heap::extend`] and asks again. What others have grown in between stays a hole.
//!
//! Every operation takes a bounded number of steps: constant, or the logarithm of a length or of
//! the number of holes. Freeing never needs host memory. All state is integers that refer to each
//! other by index: fixed tables, and one array of words in a [`Storage`].
//!
//! The chapter `docs/heap.md` tells more: guarantees, limits, hardening, and what was tried.

mod allocate;
mod bins;
mod check;
mod classes;
mod config;
mod counters;
mod error;
mod extent;
mod hardening;
#[expect(clippy::module_inception, reason = "the type and its module are both called heap")]
mod heap;
mod lent;
mod lookup;
mod magazines;
mod map;
mod release;
mod resize;
mod runs;
mod slabs;
mod snapshot;
mod stats;
mod steps;
mod storage;
mod tables;

pub use config::{Growth, HeapConfig};
pub use error::{AllocError, ExtendError, InvalidKind, InvalidPointer, ReallocError};
pub use hardening::Hardening;
pub use heap::Heap;
pub use snapshot::{HeapSnapshot, RestoreError};
pub use stats::{Block, Calloc, ClassStats, HeapStats, Realloc};
pub use storage::{Storage, StorageFull};

/// A WebAssembly page, in bytes.
const PAGE: u64 = 65536;
