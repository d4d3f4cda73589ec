//! Modes that make a plugin's mistakes show, chosen when a heap is made.

/// What a heap does beyond its duty. Everything is off by default, and costs nothing then.
///
/// ```
/// use hostheap_core::heap::{Hardening, Heap, HeapConfig};
///
/// let hardening = Hardening { quarantine_blocks: 100, ..Hardening::default() };
/// let mut heap = Heap::new(HeapConfig::new(1024).hardening(hardening));
/// heap.extend(1024, 65536)?;
/// let block = heap.malloc(40)?;
/// heap.free(block)?;
/// assert_ne!(heap.malloc(40)?, block, "a freed block is not used again at once");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardening {
    /// How many freed blocks wait before their memory is used again, in the order they were freed.
    /// A use after free is less likely to meet somebody else's block. They wait no longer when
    /// memory runs out.
    pub quarantine_blocks: u32,
    /// The most bytes that wait. 0 sets no limit beside the number of blocks.
    pub quarantine_bytes: u32,
    /// Whoever serves the heap fills new blocks with [`JUNK_NEW`](Self::JUNK_NEW), and freed ones
    /// with [`JUNK_FREED`](Self::JUNK_FREED): uninitialised and stale reads are easy to recognise.
    pub junk_fill: bool,
    /// Whoever serves the heap fills freed blocks with zeros: what a plugin has freed is gone.
    pub zero_on_free: bool,
    /// Blocks are placed at random, in an order that follows from this seed, so that a plugin
    /// that writes past a block does not always hit the same neighbour. 0 is off.
    pub placement_seed: u64,
}

impl Hardening {
    /// What new blocks are filled with.
    pub const JUNK_NEW: u8 = 0xa5;
    /// What freed blocks are filled with.
    pub const JUNK_FREED: u8 = 0x5a;

    /// Whether anything is on.
    pub fn is_on(&self) -> bool {
        *self != Hardening { quarantine_bytes: self.quarantine_bytes, ..Hardening::default() }
    }

    /// What new blocks are filled with, if with anything.
    pub fn fill_new(&self) -> Option<u8> {
        self.junk_fill.then_some(Self::JUNK_NEW)
    }

    /// What freed blocks are filled with, if with anything. Zeros win over junk.
    pub fn fill_freed(&self) -> Option<u8> {
        match (self.zero_on_free, self.junk_fill) {
            (true, _) => Some(0),
            (false, true) => Some(Self::JUNK_FREED),
            (false, false) => None,
        }
    }
}

/// Random numbers that follow from a seed (splitmix64).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        // The upper half scaled down: no division, and no bias that placement could show.
        (((z >> 32) * u64::from(end)) >> 32) as u32
    }
}
