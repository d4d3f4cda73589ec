//! One backend at the table: plays steps and shows what became of it.

use hostheap_core::allocate::OnInvalidPointer;
use hostheap_core::heap::HeapStats;
use hostheap_core::{Error, Limits, LoadOptions, OwnHeap, Result};

use super::script::Step;
use crate::rig::{GuestOf, PluginOf, try_load_with, wasm};
use crate::subject::Subject;

/// What a step gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The result or the error, as text.
    pub text: String,
    /// The result, where it is a number of 32 bits.
    pub value: Option<u32>,
    /// Whether it was an error.
    pub is_error: bool,
}

/// A player, whatever its backend.
pub trait Player {
    /// Its name.
    fn name(&self) -> String;
    /// Plays a step.
    fn play(&mut self, step: &Step) -> Answer;
    /// Its heap's statistics.
    fn stats(&mut self) -> HeapStats;
    /// Shows its memory.
    fn look(&mut self, f: &mut dyn FnMut(&[u8]));
}

/// The guest that all play.
const WAT: &str = include_str!("guest.wat");

/// A player on a subject.
#[derive(Debug)]
pub struct Seat<S: Subject> {
    plugin: PluginOf<S, u32>,
}

impl<S: Subject> Seat<S> {
    /// With limits that depend on the seed.
    pub fn new(seed: u64) -> Self {
        let policy =
            if seed.is_multiple_of(3) { OnInvalidPointer::Ignore } else { OnInvalidPointer::Trap };
        let limits = Limits::new()
            .on_invalid_pointer(policy)
            .max_blocks(if seed.is_multiple_of(5) { 12 } else { 10_000 })
            .max_heap_bytes(if seed.is_multiple_of(7) { 30_000 } else { 1 << 32 })
            .max_transfer(20_000)
            .max_depth(5);
        let options = LoadOptions::new().max_memory(12 << 16).own_heap(OwnHeap::Ignore);
        let plugin = try_load_with::<S, u32>(&wasm(WAT), &options, 0, |linker| {
            linker.limits(limits);
            let echo = |_: &mut GuestOf<'_, S, u32>, text: String| text.repeat(2);
            let sum = |guest: &mut GuestOf<'_, S, u32>, bytes: Vec<u8>| {
                *guest.state_mut() += 1;
                bytes.iter().fold(*guest.state(), |sum, byte| sum * 31 % 65_521 + u32::from(*byte))
            };
            let fail = |_: &mut GuestOf<'_, S, u32>, n: u32| -> Result<()> {
                match n % 4 {
                    0 => Ok(()),
                    1 => Err(Error::host(format!("host error {n}"))),
                    2 => Err(Error::Unbound),
                    _ => Err(Error::runtime(n)),
                }
            };
            let nest = |guest: &mut GuestOf<'_, S, u32>, n: u32| -> Result<u32> {
                let block: u32 = guest.call("malloc", (n * 100,))?;
                match n {
                    0 => Ok(block),
                    _ => guest.call("nest", (n - 1,)),
                }
            };
            let defined = linker
                .func("host", "echo", echo)
                .and_then(|linker| linker.func("host", "sum", sum))
                .and_then(|linker| linker.func("host", "fail", fail))
                .and_then(|linker| linker.func("host", "nest", nest));
            defined.expect("each name is registered once");
        });
        match plugin {
            Ok(plugin) => Seat { plugin },
            Err(error) => panic!("{}: {error}", S::name()),
        }
    }

    fn answer<R: std::fmt::Debug>(
        &mut self,
        result: Result<R>,
        value: impl FnOnce(&R) -> Option<u32>,
    ) -> Answer {
        let mut guest = self.plugin.guest();
        let poisoned = guest.is_poisoned();
        // The guest keeps nothing that a trap could leave half done.
        guest.clear_poison();
        match result {
            Ok(result) => {
                Answer { text: format!("{result:?}"), value: value(&result), is_error: false }
            }
            Err(error) => {
                let text = format!("error, poisoned {poisoned}: {error}");
                Answer { text, value: None, is_error: true }
            }
        }
    }
}

impl<S: Subject> Player for Seat<S> {
    fn name(&self) -> String {
        S::name()
    }

    fn play(&mut self, step: &Step) -> Answer {
        match step {
            Step::One(export, a) => {
                let result = self.plugin.call::<_, u32>(export, (*a,));
                self.answer(result, |value| Some(*value))
            }
            Step::Two(export, a, b) => {
                let result = self.plugin.call::<_, u32>(export, (*a, *b));
                self.answer(result, |value| Some(*value))
            }
            Step::Three(export, a, b, c) => {
                let result = self.plugin.call::<_, u32>(export, (*a, *b, *c));
                self.answer(result, |value| Some(*value))
            }
            Step::Do(export, a) => {
                let result = self.plugin.call::<_, ()>(export, (*a,));
                self.answer(result, |()| None)
            }
            Step::Give(export, offset, len) => {
                let result = self.plugin.call::<_, Vec<u8>>(export, (*offset, *len));
                self.answer(result, |_| None)
            }
            Step::Text(export, text) => {
                let result = self.plugin.call::<_, String>(export, (text,));
                self.answer(result, |_| None)
            }
            Step::Bytes(export, bytes) => {
                let result = self.plugin.call::<_, u32>(export, (bytes,));
                self.answer(result, |_| None)
            }
        }
    }

    fn stats(&mut self) -> HeapStats {
        self.plugin.heap_stats()
    }

    fn look(&mut self, f: &mut dyn FnMut(&[u8])) {
        let guest = self.plugin.guest();
        f(guest.memory().expect("a plugin has a memory"));
    }
}
