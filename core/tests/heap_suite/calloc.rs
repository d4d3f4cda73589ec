//! calloc clears what must be cleared, and no more than that.

use hostheap_core::heap::{AllocError, Calloc, Heap, HeapConfig};

use crate::random::Random;

/// A heap and the bytes that blocks have had: 0xee wherever one was, zero elsewhere.
struct Machine {
    heap: Heap,
    memory: Vec<u8>,
    live: Vec<u32>,
    /// How often calloc had nothing to clear, a part, everything.
    cleared: [u32; 3],
}

impl Machine {
    fn new() -> Machine {
        let mut heap = Heap::new(HeapConfig::new(1024).max_memory(16 << 20));
        heap.extend(1024, 65536).unwrap();
        Machine { heap, memory: vec![0; 65536], live: Vec::new(), cleared: [0; 3] }
    }

    fn call<R>(&mut self, mut call: impl FnMut(&mut Heap) -> Result<R, AllocError>) -> Option<R> {
        for _ in 0..3 {
            match call(&mut self.heap) {
                Ok(done) => return Some(done),
                Err(AllocError::NeedMemory { min_bytes, .. }) => {
                    let top = self.heap.top();
                    let len = self.memory.len() as u64 + min_bytes;
                    self.memory.resize(len as usize, 0);
                    self.heap.extend(top, len).unwrap();
                }
                Err(AllocError::OutOfMemory) => return None,
                Err(error) => panic!("{error}"),
            }
        }
        None
    }

    fn bytes(&mut self, offset: u32) -> &mut [u8] {
        let usable = self.heap.usable_size(offset).unwrap();
        &mut self.memory[offset as usize..][..usable as usize]
    }

    fn soil(&mut self, offset: u32) {
        self.bytes(offset).fill(0xee);
        self.live.push(offset);
    }

    fn calloc(&mut self, size: u32) {
        let touched = self.heap.stats().touched_top;
        let Some(block) = self.call(|heap| heap.calloc(1, size)) else { return };
        let Calloc { offset, len_to_zero } = block;
        let bytes = self.bytes(offset);
        let usable = bytes.len();
        bytes[..len_to_zero as usize].fill(0);
        assert!(bytes.iter().all(|&byte| byte == 0), "{block:?} of {size} is not all zeros");
        if touched <= offset.into() {
            assert_eq!(len_to_zero, 0, "nobody has ever touched what lies above {touched:#x}");
        }
        if touched >= u64::from(offset) + usable as u64 {
            assert_eq!(len_to_zero as usize, usable, "all of it may have been in use");
        }
        let kind = match len_to_zero as usize {
            0 => 0,
            len if len < usable => 1,
            _ => 2,
        };
        self.cleared[kind] += 1;
        self.soil(offset);
    }
}

#[test]
fn every_byte_is_zero_after_clearing_what_calloc_says() {
    let mut cleared = [0; 3];
    for seed in 0..if cfg!(miri) { 1 } else { 60 } {
        let machine = churn(seed, if cfg!(miri) { 300 } else { 4000 });
        for (all, times) in cleared.iter_mut().zip(machine.cleared) {
            *all += times;
        }
    }
    println!("nothing, a part, everything to clear: {cleared:?}");
    assert!(cfg!(miri) || cleared.iter().all(|&times| times > 50), "{cleared:?}");
}

fn churn(seed: u64, steps: usize) -> Machine {
    let mut random = Random(seed);
    let mut machine = Machine::new();
    for step in 0..steps {
        let size = random.size();
        // Now and then there are hardly any blocks, so that large ones begin low.
        let goal = [30, 600, 5][step / 500 % 3];
        let block = random.pick(&machine.live);
        match random.below(10) {
            0..3 => machine.calloc(size),
            3..5 => {
                let offset = machine.call(|heap| heap.malloc(size));
                offset.into_iter().for_each(|offset| machine.soil(offset));
            }
            5 => {
                let offset = machine.call(|heap| heap.aligned_alloc(8, size % 128));
                offset.into_iter().for_each(|offset| machine.soil(offset));
            }
            6 if let Some(block) = block => {
                machine.live.retain(|&other| other != block);
                // Only growth fails, and the block is still there then.
                let moved = machine.call(|heap| match heap.realloc(block, size) {
                    Ok(done) => Ok(done.offset()),
                    Err(_) => Ok(block),
                });
                machine.soil(moved.unwrap());
            }
            _ => {}
        }
        while machine.live.len() > goal {
            let block = random.pick(&machine.live).unwrap();
            machine.live.retain(|&other| other != block);
            machine.heap.free(block).unwrap();
        }
    }
    machine.heap.audit().unwrap();
    machine
}

#[test]
fn new_memory_is_not_cleared_and_recycled_memory_is() {
    let mut heap = Heap::new(HeapConfig::new(1024));
    heap.extend(1024, 1 << 20).unwrap();
    for size in [100, 3000, 60_000] {
        let new = heap.calloc(size, 1).unwrap();
        assert_eq!(new.len_to_zero, 0, "{size} bytes of new memory");
        heap.free(new.offset).unwrap();
        let again = heap.calloc(size, 1).unwrap();
        assert_eq!(again.offset, new.offset);
        assert_eq!(again.len_to_zero, heap.usable_size(again.offset).unwrap());
    }
    // The lower part of a block was in use, the upper was not.
    let touched = heap.stats().touched_top;
    let last = heap.blocks().last().unwrap();
    heap.free(last.offset).unwrap();
    let longer = heap.calloc(last.size + 5000, 1).unwrap();
    assert_eq!(u64::from(longer.offset + longer.len_to_zero), touched);
    heap.reset();
    assert_eq!(heap.calloc(1000, 1).unwrap().len_to_zero, 1024, "what a reset frees was in use");
}
