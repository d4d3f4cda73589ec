//! The linear memory of a runtime that the library does not know, as a [`Context`] of core's.

use hostheap_core::allocate::{HasHeap, OnInvalidPointer};
use hostheap_core::error::GrowError;
use hostheap_core::heap::Heap;
use hostheap_core::memory::{PAGE, pages};
use hostheap_core::{Context, Error, Result};

use crate::abi::abi;
use crate::boundary::{Memory, User};

/// A linear memory, as whoever embeds a runtime gets at it. All functions are called with `env`, on
/// the thread that uses the heap, and only while a function of the heap runs. They must not use the
/// same heap: that is HH_ERR_BUSY.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_memory {
    /// Yours. It must live as long as the heap.
    env: User,
    /// Where the memory starts, with its size in bytes in `*size`; NULL if there is no memory yet.
    /// The library asks anew whenever it reads or writes, and keeps no pointer beyond the call. Like
    /// `wasm_memory_data` with `wasm_memory_data_size`.
    data: Option<extern "C" fn(env: User, size: &mut u64) -> Memory>,
    /// Grows the memory by `pages` pages of 65536 bytes, and says whether it could. NULL for a memory
    /// that cannot grow. Like `wasm_memory_grow`.
    grow: Option<extern "C" fn(env: User, pages: u64) -> bool>,
}

abi!(hh_memory: 24 { env: 0, data: 8, grow: 16 });

/// A heap and what it is told about mistakes.
#[derive(Debug)]
pub(super) struct State {
    pub(super) heap: Heap,
    pub(super) on_invalid_pointer: OnInvalidPointer,
}

impl HasHeap for State {
    fn heap(&self) -> &Heap {
        &self.heap
    }
    fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }
    fn on_invalid_pointer(&self) -> OnInvalidPointer {
        self.on_invalid_pointer
    }
}

/// A heap with its memory.
#[derive(Debug)]
pub(super) struct HeapContext<'a> {
    pub(super) state: &'a mut State,
    pub(super) memory: hh_memory,
}

impl hh_memory {
    pub(super) fn has_data(&self) -> bool {
        self.data.is_some()
    }

    /// Where the memory is now, and how many bytes it has. NULL if it is not there.
    fn now(&self) -> (Memory, u64) {
        let mut size = 0;
        let start = match self.data {
            Some(data) => data(self.env, &mut size),
            None => Memory::NONE,
        };
        (start, size)
    }

    /// How many bytes it has, if it is there.
    pub(super) fn size(&self) -> Option<u64> {
        let (start, size) = self.now();
        (!start.is_null()).then_some(size)
    }
}

impl Context for HeapContext<'_> {
    type State = State;

    fn memory(&self) -> Result<&[u8]> {
        let (start, size) = self.memory.now();
        start.bytes(&self.memory, size).ok_or(Error::Unbound)
    }

    fn memory_mut(&mut self) -> Result<&mut [u8]> {
        let (start, size) = self.memory.now();
        start.bytes_mut(&mut self.memory, size).ok_or(Error::Unbound)
    }

    fn split_mut(&mut self) -> Result<(&mut [u8], &mut State)> {
        let (start, size) = self.memory.now();
        let bytes = start.bytes_mut(&mut self.memory, size).ok_or(Error::Unbound)?;
        Ok((bytes, self.state))
    }

    #[inline]
    fn state(&self) -> &State {
        self.state
    }

    #[inline]
    fn state_mut(&mut self) -> &mut State {
        self.state
    }

    fn grow(&mut self, bytes: u64) -> Result<u64> {
        let before = self.memory_size()?;
        let grown = self.memory.grow.is_some_and(|grow| grow(self.memory.env, pages(bytes)));
        // A function that claims what is not true must not make the heap hand out what is not there.
        let enough = before.saturating_add(pages(bytes).saturating_mul(PAGE));
        match grown && self.memory_size()? >= enough {
            true => Ok(before),
            false => Err(Error::Grow(GrowError { size: before, additional: bytes, max: None })),
        }
    }

    fn memory_size(&self) -> Result<u64> {
        self.memory.size().ok_or(Error::Unbound)
    }
}
