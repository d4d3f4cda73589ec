//! A host without a runtime: linear memory in a vector, and the heap in the state beside it.

use std::ops::Range;

use hostheap_core::allocate::HasHeap;
use hostheap_core::error::GrowError;
use hostheap_core::heap::{Heap, HeapConfig};
use hostheap_core::{Context, Error, Result};

const PAGE: u64 = 65536;

#[derive(Clone, Debug)]
pub(crate) struct State(pub(crate) Heap);

impl HasHeap for State {
    fn heap(&self) -> &Heap {
        &self.0
    }
    fn heap_mut(&mut self) -> &mut Heap {
        &mut self.0
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) memory: Vec<u8>,
    pub(crate) state: State,
    /// Where the memory ends for good.
    pub(crate) max_memory: u64,
    /// Growths so far, refused ones included.
    pub(crate) growths: u64,
    /// Which of them are refused, the first being 0.
    pub(crate) refuse: Range<u64>,
}

impl Host {
    /// One page of zeros.
    pub(crate) fn new(config: HeapConfig) -> Host {
        let mut heap = Heap::new(config);
        heap.extend(heap.base().into(), PAGE).unwrap();
        Host {
            memory: vec![0; PAGE as usize],
            state: State(heap),
            max_memory: 1 << 24,
            growths: 0,
            refuse: 0..0,
        }
    }

    pub(crate) fn heap(&self) -> &Heap {
        &self.state.0
    }
}

impl Context for Host {
    type State = State;

    fn memory(&self) -> Result<&[u8]> {
        Ok(&self.memory)
    }
    fn memory_mut(&mut self) -> Result<&mut [u8]> {
        Ok(&mut self.memory)
    }
    fn split_mut(&mut self) -> Result<(&mut [u8], &mut State)> {
        Ok((&mut self.memory, &mut self.state))
    }
    fn state(&self) -> &State {
        &self.state
    }
    fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }
    fn grow(&mut self, bytes: u64) -> Result<u64> {
        let size = self.memory.len() as u64;
        let bytes = bytes.next_multiple_of(PAGE);
        let refused = self.refuse.contains(&self.growths);
        self.growths += 1;
        if refused || size + bytes > self.max_memory {
            let max = Some(self.max_memory);
            return Err(Error::Grow(GrowError { size, additional: bytes, max }));
        }
        self.memory.resize((size + bytes) as usize, 0);
        Ok(size)
    }
}
