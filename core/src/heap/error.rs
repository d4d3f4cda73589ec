//! What can go wrong, with the values that made it so.

use core::error::Error;
use core::fmt;

/// Why [`Heap::extend`](super::Heap::extend) refused a range. The heap is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtendError {
    /// The range ends before it starts.
    Inverted {
        /// First byte of the range.
        start: u64,
        /// One past its last byte.
        end: u64,
    },
    /// The range starts below the heap's base.
    BelowBase {
        /// First byte of the range.
        start: u64,
        /// The base the heap was given.
        base: u32,
    },
    /// The range starts below the heap's top: the heap owns those bytes or has passed over them.
    Overlap {
        /// First byte of the range.
        start: u64,
        /// One past the heap's last byte.
        top: u64,
    },
    /// The range ends above the limit for the linear memory.
    BeyondLimit {
        /// One past the last byte of the range.
        end: u64,
        /// The limit.
        max: u64,
    },
    /// The host has no memory left for the heap's bookkeeping.
    HostMemory,
}

impl fmt::Display for ExtendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ExtendError::Inverted { start, end } => write!(
                f,
                "cannot extend the heap by {start:#x}..{end:#x}: the end lies below the start"
            ),
            ExtendError::BelowBase { start, base } => write!(
                f,
                "cannot extend the heap from {start:#x}: that is below the heap base {base:#x}; \
                 start the first extension at the base"
            ),
            ExtendError::Overlap { start, top } => write!(
                f,
                "cannot extend the heap from {start:#x}: it already reaches {top:#x}; start at \
                 the size the memory had before it grew"
            ),
            ExtendError::BeyondLimit { end, max } => write!(
                f,
                "cannot extend the heap to {end:#x}: the limit for this memory is {max:#x} \
                 ({max} bytes); raise HeapConfig::max_memory"
            ),
            ExtendError::HostMemory => {
                f.write_str("cannot extend the heap: the host has no memory left to describe it")
            }
        }
    }
}

impl Error for ExtendError {}

/// Why no block was allocated. Every block is as it was, and so are all counters but that of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllocError {
    /// Not a failure yet: grow the linear memory, [`extend`](super::Heap::extend) the heap by what
    /// the growth brought, and ask again.
    ///
    /// Both numbers are multiples of 65536. If the new memory starts at the heap's top, either of
    /// them is enough. If somebody else grew the memory in between, the next answer may ask once
    /// more; after such a hole, `want_bytes` is enough wherever it lies.
    NeedMemory {
        /// Grow by at least this many bytes.
        min_bytes: u64,
        /// Better grow by this many, so that growth stays rare.
        want_bytes: u64,
    },
    /// The request, or the product of a `calloc`, is larger than any block may be.
    TooLarge {
        /// Bytes asked for.
        requested: u64,
        /// The most that one block may have.
        max: u64,
    },
    /// The linear memory would have to grow past its limit, or the host has no memory left for
    /// bookkeeping.
    OutOfMemory,
    /// As many blocks are live as may be.
    TooManyBlocks {
        /// The limit.
        max: u32,
    },
    /// The live blocks would hold more bytes than they may.
    QuotaExceeded {
        /// Bytes live now.
        live: u64,
        /// Bytes the new block would add.
        requested: u64,
        /// The limit.
        max: u64,
    },
    /// The alignment is zero or not a power of two.
    BadAlignment {
        /// The alignment asked for.
        align: u32,
    },
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            AllocError::NeedMemory { min_bytes, want_bytes } => write!(
                f,
                "the heap needs {min_bytes} more bytes of linear memory (better {want_bytes}): \
                 grow the memory, extend the heap and ask again"
            ),
            AllocError::TooLarge { requested, max } => write!(
                f,
                "a block of {requested} bytes is larger than this heap allows ({max} bytes); \
                 see HeapConfig::max_block and HeapConfig::max_memory"
            ),
            AllocError::OutOfMemory => f.write_str(
                "out of memory: the linear memory may not grow any further; free blocks or raise \
                 HeapConfig::max_memory",
            ),
            AllocError::TooManyBlocks { max } => write!(
                f,
                "{max} blocks are live, the most this heap allows; free some or raise \
                 HeapConfig::max_blocks"
            ),
            AllocError::QuotaExceeded { live, requested, max } => write!(
                f,
                "a block of {requested} bytes on top of {live} live bytes exceeds the quota of \
                 {max} bytes; free blocks or raise HeapConfig::max_live_bytes"
            ),
            AllocError::BadAlignment { align } => {
                write!(f, "alignment {align} is not a power of two")
            }
        }
    }
}

impl Error for AllocError {}

/// An offset that is not the start of a live block. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPointer {
    /// The offset as it was given.
    pub offset: u32,
    /// What lies there instead.
    pub kind: InvalidKind,
}

/// What lies at an [invalid pointer](InvalidPointer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKind {
    /// Memory below the heap: static data, the stack, or nothing.
    BelowHeap {
        /// Where the heap starts.
        base: u32,
    },
    /// Nothing the heap owns: the offset is at or above its top.
    BeyondTop {
        /// One past the heap's last byte.
        top: u64,
    },
    /// Memory between two parts of the heap, which somebody else grew.
    Foreign,
    /// A live block, but not its start.
    Interior {
        /// Where that block starts.
        block: u32,
        /// Its usable size in bytes.
        size: u32,
    },
    /// The block that holds the arguments of a call in progress: lent to the plugin, not its own.
    Lent,
    /// Heap memory with no live block, at a place where one started that was freed: a double
    /// free, or a pointer from before the heap was [reset](super::Heap::reset). For pointers that are
    /// no multiple of 16 it may have been a neighbour that was freed, within the same 16 bytes.
    AlreadyFreed,
    /// Heap memory with no live block, at a place where no block ever started.
    NeverAllocated,
}

impl fmt::Display for InvalidPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        if self.kind == InvalidKind::Lent {
            return write!(
                f,
                "pointer {offset:#x} is the block that holds a call's arguments, which the plugin \
                 only borrows: do not free it"
            );
        }
        write!(f, "pointer {offset:#x} is not a live block: ")?;
        match self.kind {
            InvalidKind::BelowHeap { base } => write!(
                f,
                "it lies below the heap, which starts at {base:#x}; static data and the stack \
                 cannot be freed"
            ),
            InvalidKind::BeyondTop { top } => {
                write!(f, "it lies beyond the heap, which ends at {top:#x}")
            }
            InvalidKind::Foreign => {
                f.write_str("it lies in memory that was grown by somebody else than the heap")
            }
            InvalidKind::Interior { block, size } => write!(
                f,
                "it lies {} bytes into the block of {size} bytes at {block:#x}; pass the start \
                 of the block (an argument of a host's call is borrowed: do not free it)",
                offset.wrapping_sub(block)
            ),
            InvalidKind::Lent | InvalidKind::AlreadyFreed => f.write_str(
                "it was freed already; free each block once, and set its pointer to NULL",
            ),
            InvalidKind::NeverAllocated => f.write_str("no block ever started there"),
        }
    }
}

impl Error for InvalidPointer {}

/// Why [`Heap::realloc`](super::Heap::realloc) failed. The block is still live and unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReallocError {
    /// There is no room for the new size.
    Alloc(AllocError),
    /// The pointer is not a live block.
    Invalid(InvalidPointer),
}

impl fmt::Display for ReallocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReallocError::Alloc(error) => error.fmt(f),
            ReallocError::Invalid(error) => error.fmt(f),
        }
    }
}

impl Error for ReallocError {}

impl From<AllocError> for ReallocError {
    fn from(error: AllocError) -> Self {
        ReallocError::Alloc(error)
    }
}

impl From<InvalidPointer> for ReallocError {
    fn from(error: InvalidPointer) -> Self {
        ReallocError::Invalid(error)
    }
}
