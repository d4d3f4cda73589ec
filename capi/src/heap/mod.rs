//! The bare heap: malloc and its family over a linear memory that the caller manages.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::{MaybeUninit, offset_of};
use std::cell::{RefCell, RefMut};

use hostheap_core::Error;
use hostheap_core::allocate::OnInvalidPointer;
use hostheap_core::heap::{Growth, Hardening, Heap, HeapConfig};

use crate::abi::abi;
use crate::boundary::{
    Chosen, Handle, Options, Owned, ToChoose, answer, entry, hand_out, needed, vacant,
};
use crate::status::{Fail, hh_status};

pub mod blocks;
pub mod calls;
pub mod family;
pub mod invoke;
pub mod lent;
pub mod memory;
pub mod snapshot;
pub mod two_step;

use memory::{HeapContext, State, hh_memory};

/// A heap for one linear memory. All its bookkeeping is in the host's own memory, so that nothing a
/// plugin writes can mislead it. One thread at a time may use it. Made by `hh_heap_new`.
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_heap(RefCell<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    memory: Option<hh_memory>,
    /// How far up the heap may take what it finds when it first looks, while it has not looked yet.
    not_looked_yet: Option<u64>,
}

impl Handle for hh_heap {
    const NAME: &'static str = "hh_heap";
}

/// Limits of a heap, and what it does to make mistakes show. Made by `hh_heap_options_default`; all
/// sizes are bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_heap_options {
    /// The size of this struct, set by `hh_heap_options_default`.
    struct_size: usize,
    /// How far the memory may reach, at most 4 GiB: the heap never asks for more. 4 GiB by default.
    max_memory: u64,
    /// How much of the memory the heap takes when it first looks at it: what lies between its base and
    /// there. `hh_layout.memory_bytes` is right for a plugin that may grow its memory before that;
    /// what others grew is never the heap's. UINT64_MAX, the default, is all there is. A heap without
    /// `hh_memory` is told by `hh_heap_extend` instead.
    initial_memory: u64,
    /// The most bytes in live blocks. UINT64_MAX by default.
    max_live_bytes: u64,
    /// The least bytes by which the memory grows: 65536 by default.
    growth_least_bytes: u64,
    /// The most bytes by which it grows at once, unless one block needs more: 16 MiB by default.
    growth_most_bytes: u64,
    /// Blocks are placed at random, in an order that follows from this seed, so that a plugin which
    /// writes past a block does not always hit the same neighbour. 0, the default, is off.
    placement_seed: u64,
    /// The most blocks at once, which bounds the bookkeeping too. UINT32_MAX by default.
    max_blocks: u32,
    /// The most bytes of one block. UINT32_MAX by default.
    max_block: u32,
    /// The memory grows by this part of what the heap has: 32, the default, is a thirty-second; 0 is
    /// the least bytes each time.
    growth_part: u32,
    /// How many freed blocks wait before their memory is used again. 0, the default, is none.
    quarantine_blocks: u32,
    /// The most bytes that wait; 0, the default, sets no limit beside the number of blocks.
    quarantine_bytes: u32,
    /// New blocks are filled with 0xa5, freed ones with 0x5a, so that their wrong use shows. Off by
    /// default. Needs `hh_memory`: whoever does without fills blocks themselves.
    junk_fill: bool,
    /// Freed blocks are filled with zeros. Off by default. Needs `hh_memory` too.
    zero_on_free: bool,
    /// A free, realloc or malloc_usable_size of what is no live block does nothing but count, where
    /// a plugin asks for it (`hh_heap_invoke`); otherwise it is HH_ERR_POINTER. Off by default.
    ignore_invalid_pointers: bool,
}

abi!(hh_heap_options: 80 {
    struct_size: 0, max_memory: 8, initial_memory: 16, max_live_bytes: 24, growth_least_bytes: 32,
    growth_most_bytes: 40, placement_seed: 48, max_blocks: 56, max_block: 60, growth_part: 64,
    quarantine_blocks: 68, quarantine_bytes: 72, junk_fill: 76, zero_on_free: 77,
    ignore_invalid_pointers: 78,
});

impl Options for hh_heap_options {
    const NAME: &'static str = "hh_heap_options";
    const SIZE_AT: usize = offset_of!(hh_heap_options, struct_size);
    const SIZES: &'static [usize] = &[size_of::<Self>()];

    fn defaults() -> Self {
        let growth = Growth::default();
        hh_heap_options {
            struct_size: size_of::<Self>(),
            max_memory: 1 << 32,
            initial_memory: u64::MAX,
            max_live_bytes: u64::MAX,
            growth_least_bytes: growth.least_bytes,
            growth_most_bytes: growth.most_bytes,
            placement_seed: 0,
            max_blocks: u32::MAX,
            max_block: u32::MAX,
            growth_part: growth.part,
            quarantine_blocks: 0,
            quarantine_bytes: 0,
            junk_fill: false,
            zero_on_free: false,
            ignore_invalid_pointers: false,
        }
    }
}

impl hh_heap_options {
    fn config(&self, base: u32) -> HeapConfig {
        HeapConfig::new(base)
            .max_memory(self.max_memory)
            .max_live_bytes(self.max_live_bytes)
            .max_blocks(self.max_blocks)
            .max_block(self.max_block)
            .growth(Growth {
                least_bytes: self.growth_least_bytes,
                part: self.growth_part,
                most_bytes: self.growth_most_bytes,
            })
            .hardening(Hardening {
                quarantine_blocks: self.quarantine_blocks,
                quarantine_bytes: self.quarantine_bytes,
                junk_fill: self.junk_fill,
                zero_on_free: self.zero_on_free,
                placement_seed: self.placement_seed,
            })
    }

    /// A heap without memory cannot fill it.
    fn check_without_memory(&self) -> Result<(), Fail> {
        let option = match (self.junk_fill, self.zero_on_free) {
            (false, false) => return Ok(()),
            (true, _) => "junk_fill",
            (false, true) => "zero_on_free",
        };
        let message = format!(
            "hh_heap_options.{option} needs a hh_memory: a heap without one never touches the memory, \
             so give hh_heap_new one, or fill blocks yourself and leave the option off"
        );
        Err(Fail::argument(message))
    }

    fn on_invalid_pointer(&self) -> OnInvalidPointer {
        match self.ignore_invalid_pointers {
            true => OnInvalidPointer::Ignore,
            false => OnInvalidPointer::Trap,
        }
    }
}

/// Writes the options that apply where NULL is given to a struct of `size` bytes, and nothing behind
/// them. Use `hh_heap_options_default` instead, which tells it the size that the struct has in this header.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_options_init(options: ToChoose<'_, hh_heap_options>, size: usize) {
    answer((), || options.init(size));
}

/// Makes a heap. It starts at offset `base` of a linear memory, rounded up to a multiple of 16: the
/// `heap_start` of `hh_layout_from_module`. With `options` NULL it has no limit but the memory's.
///
/// With `memory`, the heap grows, zeroes and copies by itself, through the functions in it, of which
/// `data` must not be NULL. The struct is copied; what its `env` points to must live as long as the
/// heap. It looks at the memory when it first needs it: the heap may be made before the memory is
/// there, and owns what lies between `base` and the memory's end at that moment (see
/// `hh_heap_options.initial_memory`).
///
/// With `memory` NULL it is told of memory by `hh_heap_extend`, is used by the `hh_heap_try_…`
/// functions, and leaves growing, zeroing and copying to the caller. HH_ERR_ARGUMENT for `junk_fill` and
/// `zero_on_free` then, which it could not do.
///
/// `*heap` is the caller's, who frees it by `hh_heap_delete`; NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_new(
    base: u32,
    options: Chosen<'_, hh_heap_options>,
    memory: Option<&hh_memory>,
    heap: Option<&mut MaybeUninit<*mut hh_heap>>,
) -> hh_status {
    entry(|| {
        let place = vacant("heap", heap, core::ptr::null_mut())?;
        let options = options.read()?;
        if memory.is_some_and(|memory| !memory.has_data()) {
            return Err(Fail::null("memory->data"));
        }
        if memory.is_none() {
            options.check_without_memory()?;
        }
        let state = State {
            heap: Heap::new(options.config(base)),
            on_invalid_pointer: options.on_invalid_pointer(),
        };
        let not_looked_yet =
            memory.is_some().then_some(options.initial_memory.min(options.max_memory));
        let inner = Inner { state, memory: memory.copied(), not_looked_yet };
        *place = hand_out(Box::new(hh_heap(RefCell::new(inner))));
        Ok(())
    })
}

/// Destroys a heap. The linear memory stays as it is. NULL is fine; a second time is HH_ERR_HANDLE,
/// and HH_ERR_BUSY while one of its functions runs.
#[unsafe(no_mangle)]
pub extern "C" fn hh_heap_delete(heap: Owned<hh_heap>) -> hh_status {
    entry(|| heap.take_if(|heap| heap.inner().map(drop)).map(drop))
}

impl hh_heap {
    /// What is in it, unless one of its functions is in progress.
    #[inline]
    fn inner(&self) -> Result<RefMut<'_, Inner>, Fail> {
        self.0.try_borrow_mut().map_err(|_| Fail::busy("hh_heap"))
    }
}

impl hh_heap {
    /// The same where it serves itself, without a word about why if it does not.
    #[inline(always)]
    fn with_memory(&self) -> Option<RefMut<'_, Inner>> {
        let inner = self.0.try_borrow_mut().ok()?;
        inner.memory.is_some().then_some(inner)
    }
}

/// Does something with a heap.
#[inline]
fn with<R>(
    heap: Option<&hh_heap>,
    f: impl FnOnce(&mut Inner) -> Result<R, Fail>,
) -> Result<R, Fail> {
    f(&mut *needed("heap", heap)?.inner()?)
}

impl Inner {
    /// The heap with its memory.
    #[inline]
    fn context(&mut self) -> Result<HeapContext<'_>, Fail> {
        if self.not_looked_yet.is_some() {
            self.look();
        }
        match self.memory {
            Some(memory) => Ok(HeapContext { state: &mut self.state, memory }),
            None => Err(Fail::new(
                hh_status::HH_ERR_UNSUPPORTED,
                "this heap was made without hh_memory and cannot grow by itself: use hh_heap_try_… \
                 instead, or give hh_heap_new a hh_memory",
            )),
        }
    }

    /// Takes over what lies between the heap's base and the memory's end, once there is a memory.
    #[cold]
    fn look(&mut self) {
        let (Some(most), Some(memory)) = (self.not_looked_yet, self.memory) else { return };
        let Some(size) = memory.size() else { return };
        self.not_looked_yet = None;
        let heap = &mut self.state.heap;
        let start = heap.top();
        let end = size.min(most);
        // A memory that ends below the base has nothing for the heap yet; and if there is no room for
        // its bookkeeping, the first request says so.
        if start < end {
            let _ = heap.extend(start, end);
        }
    }
}

/// A failure in a heap's memory, in this library's words.
fn failed(error: Error) -> Fail {
    match error {
        Error::Unbound => Fail::new(
            hh_status::HH_ERR_BOUNDS,
            "there is no linear memory yet: hh_memory.data answered NULL; instantiate the module \
             first, and see that data finds its memory",
        ),
        other => Fail::of_heap(other),
    }
}
