//! Rust allocators that keep their bookkeeping among the blocks: dlmalloc, rlsf and talc, each in
//! an arena of its own.
#![allow(unsafe_code, reason = "allocators of pointers")]

use super::arena::{ARENA, Arena, touch};
use crate::driver::Peer;
use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// The alignment of all blocks.
const ALIGN: usize = 16;

/// The layout of a block.
fn layout(size: usize) -> Layout {
    // SAFETY: 16 is a power of two, and no size here comes near isize::MAX.
    unsafe { Layout::from_size_align_unchecked(size, ALIGN) }
}

/// The crate dlmalloc.
pub(crate) struct Dlmalloc {
    dlmalloc: dlmalloc::Dlmalloc<Pages>,
    arena: Arena,
}

/// An arena's memory in steps of 64 KiB, as linear memory grows.
struct Pages {
    start: usize,
    used: Cell<usize>,
}

// SAFETY: `alloc` hands out each byte of the arena once; the rest is refused, as on wasm.
unsafe impl dlmalloc::Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let size = size.next_multiple_of(self.page_size());
        let start = self.used.get();
        if start + size > ARENA {
            return (null_mut(), 0, 0);
        }
        self.used.set(start + size);
        ((self.start + start) as *mut u8, size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        // The arena is used again after another round.
        false
    }

    fn page_size(&self) -> usize {
        65536
    }
}

impl Dlmalloc {
    /// An allocator in `arena`.
    pub(crate) fn new(arena: Arena) -> Self {
        let pages = Pages { start: arena.start() as usize, used: Cell::new(0) };
        Dlmalloc { dlmalloc: dlmalloc::Dlmalloc::new_with_allocator(pages), arena }
    }

    /// The arena, for the next one.
    pub(crate) fn into_arena(self) -> Arena {
        self.arena
    }
}

impl Peer for Dlmalloc {
    type Block = *mut u8;
    const NONE: *mut u8 = null_mut();

    #[inline]
    fn malloc(&mut self, size: u32) -> *mut u8 {
        // SAFETY: any size will do.
        unsafe { self.dlmalloc.c_malloc(size as usize) }
    }

    #[inline]
    fn free(&mut self, block: *mut u8) {
        // SAFETY: the driver frees what it got from this peer, once.
        unsafe { self.dlmalloc.c_free(block) }
    }

    #[inline]
    fn calloc(&mut self, size: u32) -> *mut u8 {
        // SAFETY: any size will do; the alignment is the one of `c_malloc`.
        unsafe { self.dlmalloc.calloc(size as usize, ALIGN) }
    }

    #[inline]
    fn realloc(&mut self, block: *mut u8, size: u32) -> *mut u8 {
        // SAFETY: the driver passes a live block of this peer and forgets it.
        unsafe { self.dlmalloc.c_realloc(block, size as usize) }
    }

    #[inline]
    fn touch(&mut self, block: *mut u8, size: u32) {
        // SAFETY: the driver passes a live block and its size.
        unsafe { touch(block, size) }
    }

    fn end(&self, block: *mut u8, size: u32) -> Option<u64> {
        Some(self.arena.end(block, size))
    }
}

/// The crate rlsf: TLSF.
pub(crate) struct Rlsf {
    tlsf: rlsf::Tlsf<'static, u32, u32, 26, 32>,
    arena: Arena,
}

impl Rlsf {
    /// An allocator that has all of `arena`.
    pub(crate) fn new(arena: Arena) -> Self {
        let mut tlsf = rlsf::Tlsf::new();
        let start = NonNull::new(arena.start()).expect("not NULL");
        // SAFETY: the arena is nobody else's, and lives as long as the allocator does.
        unsafe { tlsf.insert_free_block_ptr(NonNull::slice_from_raw_parts(start, ARENA)) }
            .expect("room");
        Rlsf { tlsf, arena }
    }

    /// The arena, for the next one.
    pub(crate) fn into_arena(self) -> Arena {
        self.arena
    }
}

impl Peer for Rlsf {
    type Block = *mut u8;
    const NONE: *mut u8 = null_mut();

    #[inline]
    fn malloc(&mut self, size: u32) -> *mut u8 {
        self.tlsf.allocate(layout(size as usize)).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    fn free(&mut self, block: *mut u8) {
        // SAFETY: the driver frees what it got from this peer, once.
        unsafe { self.tlsf.deallocate(NonNull::new_unchecked(block), ALIGN) }
    }

    #[inline]
    fn calloc(&mut self, size: u32) -> *mut u8 {
        let block = self.malloc(size);
        // SAFETY: a new block of this size.
        unsafe { block.write_bytes(0, size as usize) };
        block
    }

    #[inline]
    fn realloc(&mut self, block: *mut u8, size: u32) -> *mut u8 {
        // SAFETY: the driver passes a live block of this peer and forgets it.
        unsafe { self.tlsf.reallocate(NonNull::new_unchecked(block), layout(size as usize)) }
            .map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    fn touch(&mut self, block: *mut u8, size: u32) {
        // SAFETY: the driver passes a live block and its size.
        unsafe { touch(block, size) }
    }

    fn end(&self, block: *mut u8, size: u32) -> Option<u64> {
        Some(self.arena.end(block, size))
    }
}

/// The crate talc. It must be told a block's size when it is freed, so the driver's slots hold
/// sizes as well: cheaper than a header, and what a Rust program does.
pub(crate) struct Talc {
    talc: talc::base::Talc<talc::source::Manual, talc::DefaultBinning>,
    arena: Arena,
}

impl Talc {
    /// An allocator that has all of `arena`.
    pub(crate) fn new(arena: Arena) -> Self {
        let mut talc = talc::base::Talc::new(talc::source::Manual);
        // SAFETY: the arena is nobody else's, and lives as long as the allocator does.
        unsafe { talc.claim(arena.start(), ARENA) }.expect("room");
        Talc { talc, arena }
    }

    /// The arena, for the next one.
    pub(crate) fn into_arena(self) -> Arena {
        self.arena
    }
}

impl Peer for Talc {
    type Block = (*mut u8, u32);
    const NONE: (*mut u8, u32) = (null_mut(), 0);

    #[inline]
    fn malloc(&mut self, size: u32) -> Self::Block {
        // SAFETY: no trace has a size of 0.
        let block = unsafe { self.talc.allocate(layout(size as usize)) };
        (block.map_or(null_mut(), NonNull::as_ptr), size)
    }

    #[inline]
    fn free(&mut self, (block, size): Self::Block) {
        // SAFETY: the driver frees what it got from this peer, once.
        unsafe { self.talc.deallocate(block, layout(size as usize)) }
    }

    #[inline]
    fn calloc(&mut self, size: u32) -> Self::Block {
        let block = self.malloc(size);
        // SAFETY: a new block of this size.
        unsafe { block.0.write_bytes(0, size as usize) };
        block
    }

    #[inline]
    fn realloc(&mut self, (block, old): Self::Block, size: u32) -> Self::Block {
        // SAFETY: the driver passes a live block of this peer, and no size is 0.
        if unsafe { self.talc.try_realloc_in_place(block, layout(old as usize), size as usize) } {
            return (block, size);
        }
        let new = self.malloc(size);
        // SAFETY: both blocks are live and so large; the old one is forgotten by the driver.
        unsafe {
            block.copy_to_nonoverlapping(new.0, old.min(size) as usize);
            self.talc.deallocate(block, layout(old as usize));
        }
        new
    }

    #[inline]
    fn touch(&mut self, block: Self::Block, size: u32) {
        // SAFETY: the driver passes a live block and its size.
        unsafe { touch(block.0, size) }
    }

    fn end(&self, block: Self::Block, size: u32) -> Option<u64> {
        Some(self.arena.end(block.0, size))
    }
}
