//! A long random run over real bytes: what a block holds survives whatever happens around it.

use hostheap_core::heap::{AllocError, Heap, HeapConfig, Realloc, ReallocError};

use crate::random::Random;

struct Machine {
    heap: Heap,
    memory: Vec<u8>,
    /// Offset, requested size, and the byte the block is filled with.
    live: Vec<(u32, u32, u8)>,
}

impl Machine {
    fn grow(&mut self, bytes: u64) {
        let before = self.memory.len() as u64;
        self.memory.resize((before + bytes) as usize, 0xee);
        self.heap.extend(before, before + bytes).unwrap();
    }

    fn with_growth<T>(&mut self, call: impl Fn(&mut Heap) -> Result<T, AllocError>) -> T {
        for _ in 0..3 {
            match call(&mut self.heap) {
                Ok(done) => return done,
                Err(AllocError::NeedMemory { want_bytes, .. }) => self.grow(want_bytes),
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the heap asks for memory without end");
    }

    fn bytes(&mut self, offset: u32, size: u32) -> &mut [u8] {
        &mut self.memory[offset as usize..][..size as usize]
    }

    fn expect(&mut self, block: (u32, u32, u8)) {
        let (offset, size, fill) = block;
        assert!(
            self.bytes(offset, size).iter().all(|&byte| byte == fill),
            "{block:x?} was changed"
        );
    }
}

fn churn(seed: u64, steps: u64, blocks: usize) {
    let steps = if cfg!(miri) { 500 } else { steps };
    let mut random = Random(seed);
    let memory = vec![0xee; 65536];
    let mut heap = Heap::new(HeapConfig::new(1024));
    heap.extend(1024, 65536).unwrap();
    let mut machine = Machine { heap, memory, live: Vec::new() };
    for step in 0..steps {
        let pick = random.below(machine.live.len().max(1) as u64) as usize;
        match random.below(10) {
            0..5 if machine.live.len() < blocks => {
                let (size, fill) = (random.size(), step as u8);
                let offset = if random.below(4) == 0 {
                    let block = machine.with_growth(|heap| heap.calloc(size, 1));
                    machine.bytes(block.offset, block.len_to_zero).fill(0);
                    block.offset
                } else {
                    machine.with_growth(|heap| heap.malloc(size))
                };
                machine.bytes(offset, size).fill(fill);
                machine.live.push((offset, size, fill));
            }
            0..8 if !machine.live.is_empty() => {
                let block = machine.live.swap_remove(pick);
                machine.expect(block);
                machine.heap.free(block.0).unwrap();
                assert!(machine.heap.free(block.0).is_err());
            }
            8.. if !machine.live.is_empty() => {
                let (from, old, fill) = machine.live.swap_remove(pick);
                let size = random.size();
                let done = machine.with_growth(|heap| {
                    heap.realloc(from, size).map_err(|error| match error {
                        ReallocError::Alloc(error) => error,
                        other => panic!("{other}"),
                    })
                });
                if let Realloc::Moved { from, to, copy_len } = done {
                    let (from, to) = (from as usize, to as usize);
                    machine.memory.copy_within(from..from + copy_len as usize, to);
                }
                machine.expect((done.offset(), old.min(size), fill));
                machine.bytes(done.offset(), size).fill(fill);
                machine.live.push((done.offset(), size, fill));
            }
            _ => {}
        }
        // Somebody else grows the memory now and then.
        if step % 50_000 == 49_999 {
            let more = machine.memory.len() + 65536;
            machine.memory.resize(more, 0xee);
        }
        if step % 10_000 == 0 {
            machine.heap.audit().unwrap();
        }
    }
    machine.heap.audit().unwrap();
    for block in std::mem::take(&mut machine.live) {
        machine.expect(block);
        machine.heap.free(block.0).unwrap();
    }
    machine.heap.audit().unwrap();
    assert_eq!(machine.heap.stats().live_blocks, 0);
}

#[test]
fn bytes_survive_a_long_run_with_few_blocks() {
    churn(1, 150_000, 60);
}

#[test]
fn bytes_survive_a_long_run_with_many_blocks() {
    churn(2, 250_000, 5_000);
}
