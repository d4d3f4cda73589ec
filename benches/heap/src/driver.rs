//! Running a trace on an allocator. The same code for every peer, compiled for each.

use crate::trace::{Kind, PAIR_SIZE, Step, Trace};

/// An allocator that takes part.
///
/// Every block is aligned to 16 bytes, as C's malloc promises.
pub(crate) trait Peer {
    /// A block: an offset, a pointer, whatever the allocator needs to free it.
    type Block: Copy + PartialEq;
    /// Stands for no block.
    const NONE: Self::Block;

    /// Allocates.
    fn malloc(&mut self, size: u32) -> Self::Block;
    /// Frees a block.
    fn free(&mut self, block: Self::Block);
    /// Allocates; all bytes are zero if there are bytes.
    fn calloc(&mut self, size: u32) -> Self::Block;
    /// Changes the size of a block.
    fn realloc(&mut self, block: Self::Block, size: u32) -> Self::Block;
    /// Writes one byte in 64 of the block's `size` bytes.
    fn touch(&mut self, block: Self::Block, size: u32);
    /// Where a block of `size` bytes ends, counted from the heap's base; `None` if the allocator
    /// does not live in one arena.
    fn end(&self, block: Self::Block, size: u32) -> Option<u64>;
    /// Host memory that bookkeeping takes, and the bytes that the heap spans, if it tells.
    fn metadata(&self) -> Option<(u64, u64)> {
        None
    }
}

/// An allocator in the middle of a trace.
#[derive(Debug)]
pub(crate) struct Run<P: Peer> {
    /// The allocator.
    pub(crate) peer: P,
    slots: Vec<P::Block>,
}

impl<P: Peer> Run<P> {
    /// An allocator whose slots are empty.
    pub(crate) fn new(peer: P, trace: &Trace) -> Self {
        Run { peer, slots: vec![P::NONE; trace.slots] }
    }

    /// Runs the warm-up.
    pub(crate) fn warm_up(&mut self, trace: &Trace, touch: bool) {
        let kind = match trace.row.kind() {
            Kind::Pair => Kind::Churn,
            kind => kind,
        };
        self.steps(kind, &trace.warm_up, touch);
    }

    /// Runs the timed steps.
    pub(crate) fn timed(&mut self, trace: &Trace, touch: bool) {
        self.steps(trace.row.kind(), &trace.timed, touch);
    }

    /// Runs steps.
    pub(crate) fn steps(&mut self, kind: Kind, steps: &[Step], touch: bool) {
        match (kind, touch) {
            (Kind::Churn, false) => self.churn::<false, false>(steps),
            (Kind::Churn, true) => self.churn::<true, false>(steps),
            (Kind::Calloc, false) => self.churn::<false, true>(steps),
            (Kind::Calloc, true) => self.churn::<true, true>(steps),
            (Kind::Realloc, false) => self.realloc::<false>(steps),
            (Kind::Realloc, true) => self.realloc::<true>(steps),
            (Kind::Pair, false) => self.pair::<false>(steps.len()),
            (Kind::Pair, true) => self.pair::<true>(steps.len()),
        }
    }

    #[inline(never)]
    fn churn<const TOUCH: bool, const CALLOC: bool>(&mut self, steps: &[Step]) {
        for step in steps {
            let slot = &mut self.slots[step.slot as usize];
            if *slot != P::NONE {
                self.peer.free(*slot);
            }
            *slot = if step.size == 0 {
                P::NONE
            } else {
                let block =
                    if CALLOC { self.peer.calloc(step.size) } else { self.peer.malloc(step.size) };
                if TOUCH {
                    self.peer.touch(block, step.size);
                }
                block
            };
        }
    }

    #[inline(never)]
    fn realloc<const TOUCH: bool>(&mut self, steps: &[Step]) {
        for step in steps {
            let slot = &mut self.slots[step.slot as usize];
            if step.size == 0 {
                self.peer.free(*slot);
                *slot = P::NONE;
                continue;
            }
            *slot = if *slot == P::NONE {
                self.peer.malloc(step.size)
            } else {
                self.peer.realloc(*slot, step.size)
            };
            if TOUCH {
                self.peer.touch(*slot, step.size);
            }
        }
    }

    #[inline(never)]
    fn pair<const TOUCH: bool>(&mut self, times: usize) {
        for _ in 0..times {
            let block = self.peer.malloc(PAIR_SIZE);
            if TOUCH {
                self.peer.touch(block, PAIR_SIZE);
            }
            self.peer.free(block);
        }
    }

    /// Frees all that is in the slots.
    pub(crate) fn empty(&mut self) {
        for slot in &mut self.slots {
            if *slot != P::NONE {
                self.peer.free(*slot);
                *slot = P::NONE;
            }
        }
    }
}

/// How much memory a trace took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Space {
    /// The highest end of any block, from the heap's base.
    pub(crate) highest_end: u64,
    /// The most bytes that were asked for and live at once.
    pub(crate) peak_requested: u64,
    /// Host memory that bookkeeping takes at the end.
    pub(crate) metadata: Option<u64>,
    /// Bytes that the heap owns at the end.
    pub(crate) extent: Option<u64>,
}

impl Space {
    /// Memory used over memory asked for, less one.
    pub(crate) fn waste(&self) -> f64 {
        self.highest_end as f64 / self.peak_requested as f64 - 1.0
    }
}

/// Runs a whole trace step by step and notes what memory it takes.
pub(crate) fn space<P: Peer>(peer: P, trace: &Trace) -> (P, Option<Space>) {
    let mut run = Run::new(peer, trace);
    let mut space = Space { peak_requested: trace.peak_requested(), ..Space::default() };
    let (kind, timed) = match trace.row.kind() {
        Kind::Pair => (Kind::Churn, &[][..]),
        kind => (kind, &trace.timed[..]),
    };
    for step in trace.warm_up.iter().chain(timed) {
        run.steps(kind, std::slice::from_ref(step), false);
        if step.size > 0 {
            let Some(end) = run.peer.end(run.slots[step.slot as usize], step.size) else {
                run.empty();
                return (run.peer, None);
            };
            space.highest_end = space.highest_end.max(end);
        }
    }
    if let Some((metadata, extent)) = run.peer.metadata() {
        (space.metadata, space.extent) = (Some(metadata), Some(extent));
    }
    run.empty();
    (run.peer, Some(space))
}
