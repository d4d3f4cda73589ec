//! The crate talc. Freeing needs the size, so each block has a header of 8 bytes for it.

use crate::linear;
use core::alloc::Layout;
use core::ptr::{NonNull, addr_of_mut, null_mut};
use talc::base::Talc;
use talc::base::binning::Binning;
use talc::source::Source;
use talc::wasm::WasmBinning;

/// As talc's own `WasmGrowAndExtend`, but it begins with the memory that is there at first.
#[derive(Debug)]
struct Grow {
    end: Option<NonNull<u8>>,
}

// SAFETY: claims and extends with memory that is new, and allocates nothing.
unsafe impl Source for Grow {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let Some(end) = talc.source.end.take() else {
            let (start, end) = linear::first();
            // SAFETY: from the heap's base on the memory is nobody's.
            talc.source.end = unsafe { talc.claim(start as *mut u8, end - start) };
            return talc.source.end.map(|_| ()).ok_or(());
        };
        let (start, new_end) = linear::grow(layout.size() + 64).ok_or(())?;
        // SAFETY: the memory is new, and begins where the heap's ends, if nobody else grows it.
        talc.source.end = unsafe {
            if start - end.as_ptr() as usize <= 16 {
                Some(talc.extend(end, new_end as *mut u8))
            } else {
                talc.claim(start as *mut u8, new_end - start)
            }
        };
        Ok(())
    }
}

static mut HEAP: Talc<Grow, WasmBinning> = Talc::new(Grow { end: None });

/// Bytes of the header, and the alignment.
const HEADER: usize = 8;

fn heap() -> &'static mut Talc<Grow, WasmBinning> {
    // SAFETY: a plugin has one thread, and no function below calls another with the reference.
    unsafe { &mut *addr_of_mut!(HEAP) }
}

/// The layout of a block with its header.
fn layout(size: usize) -> Layout {
    // SAFETY: 8 is a power of two, and the sizes of the traces are far below the limit.
    unsafe { Layout::from_size_align_unchecked(size + HEADER, HEADER) }
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    // SAFETY: with the header the size is not 0.
    match unsafe { heap().allocate(layout(size)) } {
        // SAFETY: the block begins with room for the header.
        Some(start) => unsafe {
            start.cast().write(size);
            start.as_ptr().add(HEADER)
        },
        None => null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    if block.is_null() {
        return;
    }
    // SAFETY: C's contract: the block is from `malloc` or `realloc`, and has a header.
    unsafe {
        let start = block.sub(HEADER);
        let size = start.cast::<usize>().read();
        heap().deallocate(start, layout(size));
    }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let block = malloc(count * size);
    if !block.is_null() {
        // SAFETY: a new block of this size.
        unsafe { block.write_bytes(0, count * size) }
    }
    block
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        return malloc(size);
    }
    // SAFETY: as in `free`; the new block is at least as long as what is copied.
    unsafe {
        let start = block.sub(HEADER);
        let old = start.cast::<usize>().read();
        if heap().try_realloc_in_place(start, layout(old), size + HEADER) {
            start.cast::<usize>().write(size);
            return block;
        }
        let new = malloc(size);
        if !new.is_null() {
            block.copy_to_nonoverlapping(new, old.min(size));
            heap().deallocate(start, layout(old));
        }
        new
    }
}

/// One of talc's dependencies wants a global allocator to link. Nothing allocates from it.
struct Nothing;

// SAFETY: always says that there is no memory.
unsafe impl core::alloc::GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static NOTHING: Nothing = Nothing;
