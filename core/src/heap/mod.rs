//! The allocator: `malloc` and its family over offsets into a linear memory.
//!
//! A [`Heap`] decides where blocks lie. It never reads or writes the memory, so whatever a plugin
//! does to its bytes, it cannot mislead the heap: an offset that is not exactly the start of a live
//! block is recognised with certainty. Growing, zeroing and copying are the caller's part.
//!
//! # How it works
//!
//! The memory is cut into units of 128 bytes, and a table has one word for each.
//!
//! ```text
//! linear memory   | data, stack |slab of 48 |  large block   | free run |slab|  wilderness |
//!                 0             base                                                      top
//! unit table                    |S S S|U . B . B . . .|N P L . L|S S|0 0 0 0|
//!                                |     |               |         wild
//!                    +-----------+     +- its length   +- links of its bin
//!                    v
//! slab records    | unit, shape, next, prev, live bits | ...
//! ```
//!
//! - A *small* block, up to 1024 bytes, is a slot in a slab: a run of units cut into slots of one
//!   of 32 size classes, with a bit for each slot. Each class has a list of its slabs with a free
//!   slot. Slabs grow with the use of their class, from 256 bytes to 4 KiB.
//! - A *large* block is a run of units of its own.
//! - Free runs lie in bins by length, two levels with bitmaps as in TLSF, linked through the unit
//!   table; neighbours join at once. The *wilderness* is the free run at the top: it is in no bin,
//!   is used last, and grows with the memory.
//! - When nothing fits, the answer is [`AllocError::NeedMemory`]: the caller grows the memory,
//!   calls [`Heap::extend`] and asks again. What others have grown in between stays a hole.
//!
//! Every operation takes a bounded number of steps: constant, or the logarithm of a length or of
//! the number of holes. Freeing never needs host memory. All state is flat tables of 32-bit words
//! that refer to each other by index, behind one small type.

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
